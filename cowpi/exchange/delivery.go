package exchange

import (
	"bytes"
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

const maxDataBlock = conversation.MaxDataBlock

// Assigned is what one participant is told of the prekeys that were assigned
// between it and one peer (SPEC.md, 6.4).
type Assigned struct {
	Peer   identity.ID
	Theirs Prekey     // the peer's, for the participant to use
	Mine   pair.KeyID // the participant's own, given to the peer
}

// Delivery is index i of a conversation as one participant gets it. Head is the
// highest index that the provider has for it; all else must be the same from
// every provider.
type Delivery struct {
	Sid      suite.Hash
	Index    uint64
	Head     uint64
	Before   suite.Hash // h_{i-1}
	Data     []byte
	Block    []byte // nil for the author
	Assigned []Assigned
}

// Equal says whether two providers delivered the same.
func (m Delivery) Equal(o Delivery) bool {
	if m.Sid != o.Sid || m.Index != o.Index || m.Before != o.Before ||
		!bytes.Equal(m.Data, o.Data) || !bytes.Equal(m.Block, o.Block) || len(m.Assigned) != len(o.Assigned) {
		return false
	}
	for i := range m.Assigned {
		if m.Assigned[i] != o.Assigned[i] {
			return false
		}
	}
	return true
}

func (Delivery) tag() byte { return tagDelivery }
func (m Delivery) encode(w *wire.Writer) {
	w.Fixed(m.Sid[:]).U64(m.Index).U64(m.Head).Fixed(m.Before[:]).Field(m.Data)
	if m.Block == nil {
		EncodeBlocks(w, nil)
	} else {
		EncodeBlocks(w, [][]byte{m.Block})
	}
	w.Count(len(m.Assigned))
	for _, a := range m.Assigned {
		w.Fixed(a.Peer.Field()).Fixed(a.Theirs.ID[:]).Fixed(a.Theirs.Y[:]).Fixed(a.Mine[:])
	}
}
func readDelivery(s suite.Suite, r *wire.Reader) (Message, error) {
	m := Delivery{Sid: wire.Array32[suite.Hash](r, "sid"), Index: r.U64("index"), Head: r.U64("head"),
		Before: wire.Array32[suite.Hash](r, "digest before"), Data: r.Bytes("data block", maxDataBlock)}
	blocks, err := ReadBlocks(s, r)
	if err != nil {
		return nil, err
	}
	if len(blocks) > 1 {
		r.Fail("block", "%d blocks for one participant", len(blocks))
	}
	if len(blocks) == 1 {
		m.Block = blocks[0]
	}
	for range r.Count("assigned", conversation.MaxRoster, identity.IDFieldSize+48) {
		m.Assigned = append(m.Assigned, Assigned{identity.ReadID(r, "peer"), readPrekey(s, r),
			wire.Array8[pair.KeyID](r, "own prekey")})
	}
	for i := 1; i < len(m.Assigned); i++ {
		if m.Assigned[i-1].Peer >= m.Assigned[i].Peer {
			return nil, refuteOrder("delivery: peers are not in strictly ascending order")
		}
	}
	return m, nil
}

// Ack: the user has processed the conversation up to and including Index, or
// will never need what is before it. It moves the provider's cursor.
type Ack struct {
	Sid   suite.Hash
	Index uint64
}

func (Ack) tag() byte               { return tagAck }
func (m Ack) encode(w *wire.Writer) { w.Fixed(m.Sid[:]).U64(m.Index) }
func readAck(_ suite.Suite, r *wire.Reader) (Message, error) {
	return Ack{wire.Array32[suite.Hash](r, "sid"), r.U64("index")}, nil
}

// HeadOf names the highest index that a provider has for the user.
type HeadOf struct {
	Sid  suite.Hash
	Head uint64
}

// Welcome is the first thing that a provider says on a connection.
type Welcome struct {
	Batch    uint32   // the user's prekey batches that it holds, up to this one
	Stock    uint32   // how many prekeys are left, as far as it knows
	Handouts uint64   // length of the user's hand-out log
	Heads    []HeadOf // conversations with deliveries that wait for the user
}

func (Welcome) tag() byte { return tagWelcome }
func (m Welcome) encode(w *wire.Writer) {
	w.U32(m.Batch).U32(m.Stock).U64(m.Handouts).Count(len(m.Heads))
	for _, h := range m.Heads {
		w.Fixed(h.Sid[:]).U64(h.Head)
	}
}
func readWelcome(_ suite.Suite, r *wire.Reader) (Message, error) {
	m := Welcome{Batch: r.U32("batch"), Stock: r.U32("stock"), Handouts: r.U64("handouts")}
	for range r.Count("heads", MaxHeads, 40) {
		m.Heads = append(m.Heads, HeadOf{wire.Array32[suite.Hash](r, "sid"), r.U64("head")})
	}
	return m, nil
}

// Reason is why a provider does not take an upload or answer a fetch.
type Reason uint8

// The reasons. Those from ReasonAuthExpired on are matters of Admission.
const (
	ReasonInvalid     Reason = 1 // Valid says no, against committed state
	ReasonAuthExpired Reason = 2 // the authentication key is not known any more
	ReasonAuthWrong   Reason = 3 // the authentication block does not verify
	ReasonUnknownUser Reason = 4 // not registered, or never seen
	ReasonKeyDiffers  Reason = 5 // an added entry's key is not the registered one
	ReasonNoStock     Reason = 6 // no prekeys left for a user
	ReasonPrekey      Reason = 7 // a named prekey is not this author's to use
	ReasonTooLarge    Reason = 8
	ReasonTooMany     Reason = 9 // uploads in flight, fetches outstanding
	ReasonRate        Reason = 10
	ReasonProviderSet Reason = 11 // another provider set, or none of the set's mirrors
)

var reasonNames = map[Reason]string{
	ReasonInvalid: "not valid", ReasonAuthExpired: "authentication key expired", ReasonAuthWrong: "authentication fails",
	ReasonUnknownUser: "unknown user", ReasonKeyDiffers: "key differs from the registered one",
	ReasonNoStock: "no prekeys in stock", ReasonPrekey: "prekey may not be used", ReasonTooLarge: "too large",
	ReasonTooMany: "too many at once", ReasonRate: "too fast", ReasonProviderSet: "another provider set",
}

func (r Reason) String() string {
	if s, ok := reasonNames[r]; ok {
		return s
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

func readReason(r *wire.Reader) Reason {
	v := Reason(r.U8("reason"))
	if _, ok := reasonNames[v]; !ok {
		r.Fail("reason", "%d is unknown", uint8(v))
	}
	return v
}

// readUser reads an id field that may be empty: all zeros.
func readUser(r *wire.Reader) identity.ID {
	return readOptionalID(r, "user")
}

func readOptionalID(r *wire.Reader, field string) identity.ID {
	var b [identity.IDFieldSize]byte
	r.Fixed(field, b[:])
	if b == [identity.IDFieldSize]byte{} {
		return ""
	}
	if r.Failed() {
		return ""
	}
	inner := wire.NewReader(field, b[:])
	id := identity.ReadID(inner, field)
	if inner.Failed() {
		r.Refute(fault.W2, field, "not a well-formed id")
	}
	return id
}

// Refused says that an upload was not taken: judged by the state that had just
// processed up to Index in Epoch. It resolves nothing by itself.
type Refused struct {
	Sid    suite.Hash
	Upload suite.Hash // the identity of the upload
	Seq    uint64
	Index  uint64
	Epoch  uint32
	Reason Reason
	User   identity.ID // whose keys or stock are the reason, or empty
	From   identity.ID // the provider that refuses
}

func (Refused) tag() byte { return tagRefused }
func (m Refused) encode(w *wire.Writer) {
	w.Fixed(m.Sid[:]).Fixed(m.Upload[:]).U64(m.Seq).U64(m.Index).U32(m.Epoch).
		U8(uint8(m.Reason)).Fixed(m.User.Field()).Fixed(m.From.Field())
}
func readRefused(_ suite.Suite, r *wire.Reader) (Message, error) {
	return Refused{wire.Array32[suite.Hash](r, "sid"), wire.Array32[suite.Hash](r, "upload"),
		r.U64("seq"), r.U64("index"), r.U32("epoch"), readReason(r), readUser(r), identity.ReadID(r, "from")}, nil
}

// Seen answers an upload that is accepted already.
type Seen struct {
	Sid suite.Hash
	Seq uint64 // the author's last accepted in the current epoch
}

func (Seen) tag() byte               { return tagSeen }
func (m Seen) encode(w *wire.Writer) { w.Fixed(m.Sid[:]).U64(m.Seq) }
func readSeen(_ suite.Suite, r *wire.Reader) (Message, error) {
	return Seen{wire.Array32[suite.Hash](r, "sid"), r.U64("seq")}, nil
}

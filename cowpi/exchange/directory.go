package exchange

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Prekeys is one batch of a user's stock. Batches are numbered from 1 without
// gaps, except below a withdrawal; the same list goes to every provider.
type Prekeys struct {
	Batch uint32
	List  []Prekey
}

func (Prekeys) tag() byte { return tagPrekeys }
func (p Prekeys) encode(w *wire.Writer) {
	w.U32(p.Batch).Count(len(p.List))
	for _, k := range p.List {
		w.Fixed(k.ID[:]).Fixed(k.Y[:])
	}
}
func readPrekeys(s suite.Suite, r *wire.Reader) (Message, error) {
	p := Prekeys{Batch: r.U32("batch")}
	for range r.Count("prekeys", MaxPrekeys, 40) {
		p.List = append(p.List, readPrekey(s, r))
	}
	return p, nil
}

// Withdraw takes all prekeys of batches up to and including Batch out of stock.
type Withdraw struct{ Batch uint32 }

func (Withdraw) tag() byte               { return tagWithdraw }
func (m Withdraw) encode(w *wire.Writer) { w.U32(m.Batch) }
func readWithdraw(_ suite.Suite, r *wire.Reader) (Message, error) {
	return Withdraw{r.U32("batch")}, nil
}

// Fetch asks for the key and one prekey of each id, for use in one conversation.
// It goes to every provider. Asking again gets the same answer. Sid is the
// purpose of the prekeys, conversation.DataBlock.Purpose: the Sid for an UPDATE;
// for a SETUP, whose Sid needs the fetched keys, a hash of its nonce. At admission
// providers compare a prekey's hand-out with the Purpose of the block.
type Fetch struct {
	ID  FetchID
	Sid suite.Hash
	IDs []identity.ID // ascending, no repeats
}

func (Fetch) tag() byte { return tagFetch }
func (m Fetch) encode(w *wire.Writer) {
	w.Fixed(m.ID[:]).Fixed(m.Sid[:]).Count(len(m.IDs))
	for _, id := range m.IDs {
		w.Fixed(id.Field())
	}
}
func readFetch(_ suite.Suite, r *wire.Reader) (Message, error) {
	m := Fetch{ID: wire.Array16[FetchID](r, "fetch id"), Sid: wire.Array32[suite.Hash](r, "sid")}
	for range r.Count("ids", MaxFetch, identity.IDFieldSize) {
		m.IDs = append(m.IDs, identity.ReadID(r, "id"))
	}
	for i := 1; i < len(m.IDs); i++ {
		if m.IDs[i-1] >= m.IDs[i] {
			return nil, refuteOrder("fetch: ids are not in strictly ascending order")
		}
	}
	return m, nil
}

// FetchedKey is one answer: the registered key of a user and one prekey.
type FetchedKey struct {
	identity.Party
	Prekey Prekey
}

// Fetched answers a Fetch, in the order of its ids.
type Fetched struct {
	ID   FetchID
	Keys []FetchedKey
}

func (Fetched) tag() byte { return tagFetched }
func (m Fetched) encode(w *wire.Writer) {
	w.Fixed(m.ID[:]).Count(len(m.Keys))
	for _, k := range m.Keys {
		w.Fixed(k.ID.Field()).Fixed(k.Key[:]).Fixed(k.Prekey.ID[:]).Fixed(k.Prekey.Y[:])
	}
}
func readFetched(s suite.Suite, r *wire.Reader) (Message, error) {
	m := Fetched{ID: wire.Array16[FetchID](r, "fetch id")}
	for range r.Count("keys", MaxFetch, identity.IDFieldSize+72) {
		m.Keys = append(m.Keys, FetchedKey{
			identity.Party{ID: identity.ReadID(r, "id"), Key: identity.ReadPoint(r, s, "key")}, readPrekey(s, r)})
	}
	return m, nil
}

// FetchFailed says that a Fetch cannot be answered, because of which user.
type FetchFailed struct {
	ID     FetchID
	Reason Reason
	User   identity.ID
}

func (FetchFailed) tag() byte { return tagFetchFailed }
func (m FetchFailed) encode(w *wire.Writer) {
	w.Fixed(m.ID[:]).U8(uint8(m.Reason)).Fixed(m.User.Field())
}
func readFetchFailed(_ suite.Suite, r *wire.Reader) (Message, error) {
	return FetchFailed{wire.Array16[FetchID](r, "fetch id"), readReason(r), readUser(r)}, nil
}

// HandoutKind says what became of a prekey.
type HandoutKind uint8

// The kinds of entries in a hand-out log.
const (
	HandoutFetched   HandoutKind = 1 // given to To, for Sid
	HandoutAssigned  HandoutKind = 2 // assigned to To, for Sid
	HandoutExpired   HandoutKind = 3 // was fetched and not used in time
	HandoutWithdrawn HandoutKind = 4 // withdrawn by its owner
)

// Handout is one entry of the log of one owner's prekeys.
type Handout struct {
	Kind   HandoutKind
	Prekey pair.KeyID
	To     identity.ID // fetched, assigned; else empty
	Sid    suite.Hash  // fetched, assigned; else zero
}

func (h Handout) encode(w *wire.Writer) {
	w.U8(uint8(h.Kind)).Fixed(h.Prekey[:])
	if h.Kind == HandoutFetched || h.Kind == HandoutAssigned {
		w.Fixed(h.To.Field()).Fixed(h.Sid[:])
	}
}

func readHandout(r *wire.Reader) Handout {
	h := Handout{Kind: HandoutKind(r.U8("kind")), Prekey: wire.Array8[pair.KeyID](r, "prekey id")}
	switch h.Kind {
	case HandoutFetched, HandoutAssigned:
		h.To = identity.ReadID(r, "to")
		h.Sid = wire.Array32[suite.Hash](r, "sid")
	case HandoutExpired, HandoutWithdrawn:
	default:
		r.Fail("kind", "%d is unknown", h.Kind)
	}
	return h
}

// Encode returns the encoding of one entry, as it enters the digest of the log.
func (h Handout) Encode() []byte {
	w := wire.NewWriter(128)
	h.encode(w)
	return w.Bytes()
}

// ParseHandout reverses Encode, for stores.
func ParseHandout(data []byte) (Handout, error) {
	r := wire.NewReader("handout", data)
	h := readHandout(r)
	if err := r.Done(); err != nil {
		return Handout{}, err
	}
	return h, nil
}

// Handouts is a stretch of the log, from position First on (the first entry ever
// is 1). At equal positions all providers must tell the same.
type Handouts struct {
	First uint64
	List  []Handout
}

func (Handouts) tag() byte { return tagHandouts }
func (m Handouts) encode(w *wire.Writer) {
	w.U64(m.First).Count(len(m.List))
	for _, h := range m.List {
		h.encode(w)
	}
}
func readHandouts(_ suite.Suite, r *wire.Reader) (Message, error) {
	m := Handouts{First: r.U64("first")}
	for range r.Count("handouts", MaxHandouts, 9) {
		m.List = append(m.List, readHandout(r))
	}
	return m, nil
}

// HandoutAck: the user has processed the log up to and including a position.
type HandoutAck struct{ Position uint64 }

func (HandoutAck) tag() byte               { return tagHandoutAck }
func (m HandoutAck) encode(w *wire.Writer) { w.U64(m.Position) }
func readHandoutAck(_ suite.Suite, r *wire.Reader) (Message, error) {
	return HandoutAck{r.U64("position")}, nil
}

// LowStock says how many prekeys of the user are left, when they get few.
type LowStock struct{ Count uint32 }

func (LowStock) tag() byte               { return tagLowStock }
func (m LowStock) encode(w *wire.Writer) { w.U32(m.Count) }
func readLowStock(_ suite.Suite, r *wire.Reader) (Message, error) {
	return LowStock{r.U32("count")}, nil
}

// Stocked says that a provider holds a user's batches up to and including Batch.
type Stocked struct{ Batch uint32 }

func (Stocked) tag() byte               { return tagStocked }
func (m Stocked) encode(w *wire.Writer) { w.U32(m.Batch) }
func readStocked(_ suite.Suite, r *wire.Reader) (Message, error) {
	return Stocked{r.U32("batch")}, nil
}

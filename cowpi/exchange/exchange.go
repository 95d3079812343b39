// Package exchange is what users and providers say to each other inside the
// frames of a channel (SPEC.md, sections 6 and 9): uploads with their
// authentication, deliveries, prekeys, fetches, and the small words around them.
//
// A message is one type byte and its fields. [Parse] is canonical and bounded:
// what it accepts encodes to the same bytes. All types are values.
package exchange

import (
	"bytes"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Bounds on what one message holds; a provider enforces more (SPEC.md, 9.6).
const (
	MaxPrekeys  = 2048 // in one Prekeys message
	MaxFetch    = 1024 // ids in one Fetch
	MaxHandouts = 4096 // in one Handouts message
	MaxHeads    = 20000
	MaxBlocks   = 2 * 1024
)

// FetchID names a Fetch: 16 random bytes of its user.
type FetchID [16]byte

// Message is anything that user and provider say to each other.
type Message interface {
	tag() byte
	encode(w *wire.Writer)
}

// Encode returns the encoding of a message.
func Encode(m Message) []byte {
	w := wire.NewWriter(roomFor(m))
	w.U8(m.tag())
	m.encode(w)
	return w.Bytes()
}

// roomFor guesses the size of an encoding, so that large ones are not copied while
// they grow.
func roomFor(m Message) int {
	if u, ok := m.(Upload); ok {
		return 16 + len(u.Data) + BlocksSize(u.Blocks) + len(u.Auths)*40
	}
	return 256
}

// BlocksSize is the size of all blocks together.
func BlocksSize(blocks [][]byte) (n int) {
	for _, b := range blocks {
		n += len(b)
	}
	return n
}

// Parse decodes a message. Failures are evidence under W1 to W3, P1.
func Parse(s suite.Suite, data []byte) (Message, error) {
	r := wire.NewReader("message", data)
	tag := r.U8("type")
	read, ok := readers[tag]
	if !ok {
		r.Fail("type", "%d is unknown", tag)
		return nil, r.Done()
	}
	m, err := read(s, r)
	if err != nil && !r.Failed() {
		return nil, err // a reader stops here, so bytes left over say nothing
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

var readers = map[byte]func(suite.Suite, *wire.Reader) (Message, error){
	tagPrekeys:     readPrekeys,
	tagWithdraw:    readWithdraw,
	tagFetch:       readFetch,
	tagUpload:      readUpload,
	tagAck:         readAck,
	tagHandoutAck:  readHandoutAck,
	tagWelcome:     readWelcome,
	tagStocked:     readStocked,
	tagFetched:     readFetched,
	tagFetchFailed: readFetchFailed,
	tagHandouts:    readHandouts,
	tagLowStock:    readLowStock,
	tagDelivery:    readDelivery,
	tagRefused:     readRefused,
	tagSeen:        readSeen,
}

// The type bytes: from users below 16, from providers from 16 on.
const (
	tagPrekeys    = 1
	tagWithdraw   = 2
	tagFetch      = 3
	tagUpload     = 4
	tagAck        = 5
	tagHandoutAck = 6

	tagWelcome     = 16
	tagStocked     = 17
	tagFetched     = 18
	tagFetchFailed = 19
	tagHandouts    = 20
	tagLowStock    = 21
	tagDelivery    = 22
	tagRefused     = 23
	tagSeen        = 24
)

// FromUser says whether a message is one that users send; providers send the others.
func FromUser(m Message) bool { return m.tag() < tagWelcome }

// Prekey is a public NAXOS ephemeral that is used once.
type Prekey struct {
	ID pair.KeyID
	Y  suite.Point
}

func readPrekey(s suite.Suite, r *wire.Reader) Prekey {
	return Prekey{wire.Array8[pair.KeyID](r, "prekey id"), identity.ReadPoint(r, s, "prekey")}
}

// Upload is one data block with all its blocks, and an authentication block for
// each provider in the order of the set. The router gets all of it.
type Upload struct {
	Data   []byte   // the data block, encoded
	Blocks [][]byte // in the order of conversation.Recipients
	Auths  []Auth
}

// Auth authenticates an upload to one provider (SPEC.md, 9.1).
type Auth struct {
	KeyID [8]byte // which connection's authentication key
	MAC   suite.Hash
}

// ID is the identity of an upload: the hash of its data block and blocks.
// Authentication blocks are not part of it, so they can be made anew.
func (u Upload) ID(s suite.Suite) suite.Hash {
	return UploadID(s, conversation.HashOf(s, u.Data), u.Blocks)
}

// UploadID is Upload.ID for a data block whose hash is known.
func UploadID(s suite.Suite, data suite.Hash, blocks [][]byte) suite.Hash {
	w := wire.NewWriter(BlocksSize(blocks) + 4*len(blocks))
	for _, b := range blocks {
		w.Field(b)
	}
	return s.Hash("upload", data[:], w.Bytes())
}

// Authenticate makes the block for a provider with whom ak is shared.
func Authenticate(s suite.Suite, ak suite.Key, keyID [8]byte, sid, upload suite.Hash) Auth {
	// What a suite gets to see moves to the heap: here in one piece.
	in := &struct {
		ak          suite.Key
		sid, upload suite.Hash
		fields      [2][]byte
	}{ak: ak, sid: sid, upload: upload}
	defer suite.Wipe(&in.ak)
	in.fields = [...][]byte{in.ak[:], in.sid[:]}
	key := s.KDF("auth sid", suite.KeySize, in.fields[:]...)
	defer clear(key)
	in.fields = [...][]byte{key, in.upload[:]}
	return Auth{keyID, suite.Hash(s.KDF("auth", suite.KeySize, in.fields[:]...))}
}

func (Upload) tag() byte { return tagUpload }

func (u Upload) encode(w *wire.Writer) {
	w.Field(u.Data)
	EncodeBlocks(w, u.Blocks)
	w.Count(len(u.Auths))
	for _, a := range u.Auths {
		w.Fixed(a.KeyID[:]).Fixed(a.MAC[:])
	}
}

func readUpload(s suite.Suite, r *wire.Reader) (Message, error) {
	u := Upload{Data: r.Bytes("data block", maxDataBlock)}
	var err error
	if u.Blocks, err = ReadBlocks(s, r); err != nil {
		return nil, err
	}
	for range r.Count("auths", identity.MaxProviders, 40) {
		u.Auths = append(u.Auths, Auth{wire.Array8[[8]byte](r, "auth key id"), wire.Array32[suite.Hash](r, "auth")})
	}
	return u, nil
}

// EncodeBlocks writes a count and the blocks; each tells its own size by its form.
func EncodeBlocks(w *wire.Writer, blocks [][]byte) {
	w.Count(len(blocks))
	for _, b := range blocks {
		w.Fixed(b)
	}
}

// ReadBlocks reverses EncodeBlocks. A block of no form, or with a key that is not
// well formed, is evidence under P1 or W3.
func ReadBlocks(s suite.Suite, r *wire.Reader) ([][]byte, error) {
	n := r.Count("blocks", MaxBlocks, pair.ContinueSize)
	var blocks [][]byte
	for range n {
		b, err := readBlock(s, r)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func readBlock(s suite.Suite, r *wire.Reader) ([]byte, error) {
	form := r.U8("block form")
	size := pair.SizeOf(form)
	if size == 0 {
		r.Fail("block form", "%d is unknown", form)
		return nil, nil
	}
	b := append([]byte{form}, r.Take("block", size-1)...)
	if r.Failed() {
		return nil, nil
	}
	_, err := pair.ParseHeader(s, b)
	return b, err
}

// Same says whether two uploads are the same but for their authentication.
func (u Upload) Same(o Upload) bool {
	if !bytes.Equal(u.Data, o.Data) || len(u.Blocks) != len(o.Blocks) {
		return false
	}
	for i := range u.Blocks {
		if !bytes.Equal(u.Blocks[i], o.Blocks[i]) {
			return false
		}
	}
	return true
}

func refuteOrder(what string) error { return fault.Refute(fault.W1, "%s", what) }

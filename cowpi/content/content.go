// Package content seals and opens the text of a MSG (SPEC.md, 8.3). The key k_m
// reaches each recipient in its block; com commits to it, so that no author can
// make one sealed text open to two. All functions are pure.
package content

import (
	"crypto/subtle"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// TextID is chosen once per text and kept when the text is written anew.
type TextID [16]byte

const (
	overhead = 16 + 4
	// MaxText bounds a text, in bytes.
	MaxText = 60000
)

// Plain is what a text decrypts to.
type Plain struct {
	ID   TextID
	Text []byte
}

// SealedSize is the size of C for a text of n bytes.
func SealedSize(n int) int { return wire.Padme(overhead+n) + suite.TagSize }

// Commit returns com for k_m.
func Commit(s suite.Suite, km suite.Key) suite.Hash {
	return suite.Hash(s.KDF("com", suite.KeySize, km[:]))
}

// Seal fills com and C of a MSG whose other fields are set, and fixes its encoding.
// The text must be at most MaxText bytes long.
func Seal(s suite.Suite, d *conversation.DataBlock, km suite.Key, p Plain) error {
	if len(p.Text) > MaxText {
		return fault.Misusef("send", "text of %d bytes, at most %d allowed", len(p.Text), MaxText)
	}
	d.Com = Commit(s, km)
	w := wire.NewWriter(wire.Padme(overhead + len(p.Text)))
	w.Fixed(p.ID[:]).Field(p.Text)
	plain := w.Bytes()
	plain = append(plain, make([]byte, wire.Padme(len(plain))-len(plain))...)
	d.Sealed = s.Seal(nil, "text", textKey(s, km), [suite.NonceSize]byte{}, plain, d.Header(s))
	d.Seal(s)
	return nil
}

// Fits is check C1: k_m is what com commits to. If it is not, the block that
// carried it is bad, and only its recipient knows.
func Fits(s suite.Suite, d *conversation.DataBlock, km suite.Key) error {
	com := Commit(s, km)
	if subtle.ConstantTimeCompare(com[:], d.Com[:]) != 1 {
		return fault.Refute(fault.C1, "k_m does not fit com")
	}
	return nil
}

// Open opens C with a k_m that fits: check C2. When it fails, it fails for every
// recipient alike, so nobody stops: the text is shown as unreadable.
func Open(s suite.Suite, d *conversation.DataBlock, km suite.Key) (Plain, error) {
	plain, ok := s.Open("text", textKey(s, km), [suite.NonceSize]byte{}, d.Sealed, d.Header(s))
	if !ok {
		return Plain{}, fault.Refute(fault.C2, "the seal of the text does not open")
	}
	r := wire.NewReader("text", plain)
	p := Plain{ID: wire.Array16[TextID](r, "text id"), Text: r.Bytes("text", MaxText)}
	rest := r.Rest("padding")
	if r.Failed() || len(plain) != wire.Padme(overhead+len(p.Text)) {
		return Plain{}, fault.Refute(fault.C2, "the padding of the text has the wrong size")
	}
	for _, b := range rest {
		if b != 0 {
			return Plain{}, fault.Refute(fault.C2, "the padding of the text is not zero")
		}
	}
	return p, nil
}

// Digest is what is remembered of a shown text, to report a repeat.
func (p Plain) Digest(s suite.Suite) suite.Hash {
	return s.Hash("shown text", p.ID[:], p.Text)
}

func textKey(s suite.Suite, km suite.Key) suite.Key {
	return suite.Key(s.KDF("enc", suite.KeySize, km[:]))
}

package suite

import (
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding"

	"golang.org/x/crypto/chacha20poly1305"
)

// kdf fills out with HKDF-SHA-256 (RFC 5869): the label is the salt, the list
// of fields the input keying material, info is empty.
//
// It computes what crypto/hkdf computes, and a test compares the two. It is here
// because the chain step is most of the cost of a message, and coins are a good part
// of what a first one costs beyond its multiplications: it allocates nothing, and
// hashes labels and keys once.
func kdf(out []byte, purpose Purpose, fields ...[]byte) {
	if len(out) > MaxKDFBytes {
		panic("suite: KDF output too long")
	}
	salt := salts[purpose]
	if salt == nil {
		salt = newSalt(purpose)
	}
	var list [512]byte
	t := salt.hmac(appendFields(list[:0], fields))
	var prk hmacKey
	prk.set(t[:])

	var block [sha256.Size + 1]byte
	for counter, n := byte(1), 0; n < len(out); counter++ {
		in := block[:0]
		if counter > 1 {
			in = append(in, t[:]...)
		}
		t = prk.hmac(append(in, counter))
		n += copy(out[n:], t[:])
	}
}

// salts are those of the purposes that every text meets. Others are made when they
// are asked for.
var salts = func() map[Purpose]*hmacKey {
	out := map[Purpose]*hmacKey{}
	for _, p := range []Purpose{"coins", "H1", "H2", "chain", "com", "enc", "auth sid", "auth", "frame chain"} {
		out[p] = newSalt(p)
	}
	return out
}()

// newSalt is the label of a purpose as a key of HMAC.
func newSalt(p Purpose) *hmacKey {
	label := []byte(labelPrefix + string(p))
	if len(label) > sha256.BlockSize {
		short := sha256.Sum256(label)
		label = short[:]
	}
	k := new(hmacKey)
	k.set(label)
	return k
}

// hmacKey is a key of HMAC-SHA-256 (RFC 2104): the states of its two hashes after
// the padded key.
type hmacKey struct{ inner, outer hashState }

// set takes a key of at most a block.
func (k *hmacKey) set(key []byte) {
	k.inner.absorb(key, innerPad)
	k.outer.absorb(key, outerPad)
}

func (k *hmacKey) hmac(message []byte) [sha256.Size]byte {
	digest := k.inner.sum(message)
	return k.outer.sum(digest[:])
}

// hashState is a state of SHA-256, as the standard library lets it be kept and
// taken up again: in 108 bytes.
type hashState struct {
	bytes [112]byte
	size  int
}

// absorb makes it the state after a padded key.
func (s *hashState) absorb(key []byte, block [sha256.BlockSize]byte) {
	subtle.XORBytes(block[:], block[:], key)
	h := sha256.New()
	h.Write(block[:])
	b, err := h.(encoding.BinaryAppender).AppendBinary(s.bytes[:0])
	if s.size = len(b); err != nil || s.size > len(s.bytes) {
		panic("suite: this SHA-256 has another kind of state")
	}
}

// sum is the hash of what was absorbed and a message.
func (s *hashState) sum(message []byte) (out [sha256.Size]byte) {
	h := sha256.New()
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(s.bytes[:s.size]); err != nil {
		panic("suite: " + err.Error()) // the state is of its own making
	}
	h.Write(message)
	h.Sum(out[:0])
	return out
}

// The constants of RFC 2104.
var innerPad, outerPad = repeat(0x36), repeat(0x5c)

func repeat(b byte) (out [sha256.BlockSize]byte) {
	for i := range out {
		out[i] = b
	}
	return out
}

func aead(key Key) cipher.AEAD {
	a, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic("suite: " + err.Error()) // the key has the right size by its type
	}
	return a
}

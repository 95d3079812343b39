package suite

import (
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"

	"golang.org/x/crypto/chacha20poly1305"
)

// kdf fills out with HKDF-SHA-256 (RFC 5869): the label is the salt, the list
// of fields the input keying material, info is empty.
//
// It computes what crypto/hkdf computes, without its dozen allocations: the
// chain step is most of the cost of a message, and a test compares the two.
func kdf(out []byte, purpose Purpose, fields ...[]byte) {
	if len(out) > MaxKDFBytes {
		panic("suite: KDF output too long")
	}
	var labelBuf [96]byte
	label := append(append(labelBuf[:0], labelPrefix...), purpose...)
	var listBuf [512]byte
	prk := hmac(label, appendFields(listBuf[:0], fields))

	var block [sha256.Size + 1]byte
	var t [sha256.Size]byte
	for counter, n := byte(1), 0; n < len(out); counter++ {
		in := block[:0]
		if counter > 1 {
			in = append(in, t[:]...)
		}
		t = hmac(prk[:], append(in, counter))
		n += copy(out[n:], t[:])
	}
}

// hmac is HMAC-SHA-256 (RFC 2104) in one shot.
func hmac(key, message []byte) [sha256.Size]byte {
	if len(key) > sha256.BlockSize {
		short := sha256.Sum256(key)
		key = short[:]
	}
	var pad [sha256.BlockSize]byte
	copy(pad[:], key)
	var buf [640]byte
	inner := buf[:sha256.BlockSize]
	subtle.XORBytes(inner, pad[:], innerPad[:])
	digest := sha256.Sum256(append(inner, message...))

	var outer [sha256.BlockSize + sha256.Size]byte
	subtle.XORBytes(outer[:], pad[:], outerPad[:])
	copy(outer[sha256.BlockSize:], digest[:])
	return sha256.Sum256(outer[:])
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

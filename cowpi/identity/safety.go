package identity

import (
	"bytes"
	"crypto/subtle"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

const (
	// CodeDigits is how many decimal digits people compare.
	CodeDigits = 60
	// QRSize is the size of the bytes in a QR code: a version and a hash.
	QRSize = 1 + suite.KeySize

	qrVersion   = 1
	groupDigits = 5
	groupBytes  = 16 // 128 bits taken modulo 100,000: a bias below 2^-111
	groups      = CodeDigits / groupDigits
)

// Code is 60 decimal digits for people to compare, by eye or aloud: some 199
// bits. It is public, comparable with ==, and safe to share. The zero value is
// no code. SPEC.md, section 10.2.
type Code struct{ digits [CodeDigits]byte }

// Digits returns the 60 digits without spaces.
func (c Code) Digits() string { return string(c.digits[:]) }

// String returns the digits as twelve groups of five.
func (c Code) String() string {
	b := make([]byte, 0, CodeDigits+groups-1)
	for g := range groups {
		if g > 0 {
			b = append(b, ' ')
		}
		b = append(b, c.digits[g*groupDigits:(g+1)*groupDigits]...)
	}
	return string(b)
}

// newCode spreads a hash over the digits: each group is 16 bytes of a KDF, as a
// big-endian number, modulo 100,000.
func newCode(s suite.Suite, purpose suite.Purpose, h suite.Hash) Code {
	var c Code
	out := s.KDF(purpose, groups*groupBytes, h[:])
	for g := range groups {
		rest := uint32(0)
		for _, b := range out[g*groupBytes : (g+1)*groupBytes] {
			rest = (rest<<8 | uint32(b)) % 100000
		}
		for i := groupDigits - 1; i >= 0; i-- {
			c.digits[g*groupDigits+i] = '0' + byte(rest%10)
			rest /= 10
		}
	}
	return c
}

// Number is the safety number of a pair of users: equal on both sides exactly if
// both see the same two ids with the same two keys. It is public, comparable with
// ==, and safe to share. The zero value is no number. SPEC.md, section 10.2.
type Number struct {
	Code
	hash suite.Hash
}

// SafetyNumber is the number of the pair a, b, in whichever order: the two are
// sorted by id, then by key.
func SafetyNumber(s suite.Suite, a, b Party) Number {
	a, b = sorted(a, b)
	h := s.Hash("safety number", a.ID.Field(), a.Key[:], b.ID.Field(), b.Key[:])
	return Number{newCode(s, "safety number", h), h}
}

// QR returns what a QR code shows: a version byte and 32 bytes of hash. Both
// sides show the same.
func (n Number) QR() []byte { return append([]byte{qrVersion}, n.hash[:]...) }

// CheckQR compares scanned bytes with the number, in constant time. Errors are
// evidence: U1 for bytes that are no QR code of ours, U3 for another number: the
// other side sees another key, or it is the code of another pair.
func (n Number) CheckQR(scanned []byte) error {
	if len(scanned) != QRSize || scanned[0] != qrVersion {
		return fault.Refute(fault.U1, "the scanned bytes are no safety number of version %d", qrVersion)
	}
	if subtle.ConstantTimeCompare(scanned[1:], n.hash[:]) != 1 {
		return fault.Refute(fault.U3, "the scanned safety number is another")
	}
	return nil
}

// ConversationCode is the code of a conversation digest h_i. Equal codes for one
// index mean equal conversations up to it, even where every provider is corrupt.
func ConversationCode(s suite.Suite, digest suite.Hash) Code {
	return newCode(s, "conversation code", digest)
}

// sorted orders two parties by id, then by key. Both are public.
func sorted(a, b Party) (Party, Party) {
	if b.ID < a.ID || b.ID == a.ID && bytes.Compare(b.Key[:], a.Key[:]) < 0 {
		return b, a
	}
	return a, b
}

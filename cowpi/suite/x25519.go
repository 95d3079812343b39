package suite

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/cloudflare/circl/dh/x25519"
)

// DefaultName and DefaultID name the default suite in labels and on the wire.
const (
	DefaultName = "X25519-SHA256-ChaChaPoly"
	DefaultID   = 1
)

// Default is X25519, SHA-256, HKDF-SHA-256 and ChaCha20-Poly1305 (SPEC.md, 2.2).
var Default Suite = x25519Suite{}

// Errors of CheckPoint and DH.
var (
	ErrNotCanonical = errors.New("suite: point is not in canonical form")
	ErrSmallOrder   = errors.New("suite: point has small order")
)

type x25519Suite struct{}

func (x25519Suite) ID() uint16   { return DefaultID }
func (x25519Suite) Name() string { return DefaultName }

const labelPrefix = "CoWPI/1 " + DefaultName + " "

func (s x25519Suite) Coins(seed Seed, a Scalar, counter uint64, purpose Purpose, index uint32) Coin {
	var n [12]byte
	binary.BigEndian.PutUint64(n[:8], counter)
	binary.BigEndian.PutUint32(n[8:], index)
	var out Coin
	kdf(out[:], "coins", seed[:], a[:], n[:], []byte(purpose))
	return out
}

func (s x25519Suite) H1(esk Coin, a Scalar) Scalar {
	var x Scalar
	kdf(x[:], "H1", esk[:], a[:])
	return x
}

func (x25519Suite) Public(x Scalar) Point {
	var p, k x25519.Key
	k = x25519.Key(x)
	x25519.KeyGen(&p, &k)
	return Point(p)
}

func (x25519Suite) DH(x Scalar, p Point) (Point, error) {
	var out, k, q x25519.Key
	k, q = x25519.Key(x), x25519.Key(p)
	if !x25519.Shared(&out, &k, &q) {
		return Point{}, ErrSmallOrder
	}
	// Shared looks at its input; the neutral element as a result is refused too.
	if subtle.ConstantTimeCompare(out[:], make([]byte, KeySize)) == 1 {
		return Point{}, ErrSmallOrder
	}
	return Point(out), nil
}

func (x25519Suite) Hash(purpose Purpose, fields ...[]byte) Hash {
	var stack [512]byte
	b := appendLabel(stack[:0], purpose)
	size := len(b)
	for _, f := range fields {
		size += 4 + len(f)
	}
	if size <= len(stack) {
		return sha256.Sum256(appendFields(b, fields))
	}
	h := sha256.New() // for long inputs, which are not worth a copy
	h.Write(b)
	for _, f := range fields {
		h.Write(binary.BigEndian.AppendUint32(b[:0], uint32(len(f))))
		h.Write(f)
	}
	return Hash(h.Sum(b[:0]))
}

func (x25519Suite) KDF(purpose Purpose, n int, fields ...[]byte) []byte {
	out := make([]byte, n)
	kdf(out, purpose, fields...)
	return out
}

func (x25519Suite) Seal(dst []byte, purpose Purpose, key Key, nonce [NonceSize]byte, plaintext []byte, ad ...[]byte) []byte {
	in := sealInputs.Get().(*sealInput)
	defer sealInputs.Put(in)
	in.set(nonce, purpose, ad)
	return aead(key).Seal(dst, in.nonce[:], plaintext, in.ad)
}

func (x25519Suite) Open(purpose Purpose, key Key, nonce [NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	in := sealInputs.Get().(*sealInput)
	defer sealInputs.Put(in)
	in.set(nonce, purpose, ad)
	plain, err := aead(key).Open(nil, in.nonce[:], sealed, in.ad)
	return plain, err == nil
}

// sealInput is a nonce and associated data. Both are public: nothing secret is left
// in the pool.
type sealInput struct {
	nonce [NonceSize]byte
	ad    []byte
}

func (in *sealInput) set(nonce [NonceSize]byte, purpose Purpose, ad [][]byte) {
	in.nonce, in.ad = nonce, appendFields(appendLabel(in.ad[:0], purpose), ad)
}

var sealInputs = sync.Pool{New: func() any { return new(sealInput) }}

// appendLabel appends the label of a purpose as a field: its length, then
// "CoWPI/1 <suite> <purpose>".
func appendLabel(b []byte, p Purpose) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(labelPrefix)+len(p)))
	return append(append(b, labelPrefix...), p...)
}

// appendFields appends each field behind its length.
func appendFields(b []byte, fields [][]byte) []byte {
	for _, f := range fields {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
	}
	return b
}

package cowpitest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"

	"cowpi.example/cowpi/suite"
)

// Cheap is a suite without any security, for exploring schedules: the group is
// that of integers modulo a 61-bit prime, and sealing hides nothing but notices
// every change. What depends on the shape of the protocol behaves as with the
// default suite, some twenty times faster.
var Cheap suite.Suite = cheap{}

type cheap struct{}

const (
	cheapPrime     = 1<<61 - 1
	cheapGenerator = 37
)

func (cheap) ID() uint16   { return 0xfffe }
func (cheap) Name() string { return "Cheap" }

func digest(kind byte, purpose suite.Purpose, fields ...[]byte) [32]byte {
	var stack [768]byte
	b := append(stack[:0], kind, byte(len(purpose)))
	b = append(b, purpose...)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return sha256.Sum256(b)
}

func (cheap) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	var n [12]byte
	binary.BigEndian.PutUint64(n[:], counter)
	binary.BigEndian.PutUint32(n[8:], index)
	return digest('c', purpose, seed[:], a[:], n[:])
}

func (cheap) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	return digest('1', "", esk[:], a[:])
}

func mulmod(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	_, r := bits.Div64(hi%cheapPrime, lo, cheapPrime)
	return r
}

func power(base, e uint64) uint64 {
	r := uint64(1)
	for ; e > 0; e >>= 1 {
		if e&1 == 1 {
			r = mulmod(r, base)
		}
		base = mulmod(base, base)
	}
	return r
}

// exponent takes 32 bits of a scalar: enough not to repeat within a test.
func exponent(x suite.Scalar) uint64 { return uint64(binary.BigEndian.Uint32(x[:])) | 1<<33 }

func point(v uint64) (p suite.Point) {
	p[0] = 0xc4 // so that no point looks like zeros
	binary.BigEndian.PutUint64(p[24:], v)
	return p
}

func (cheap) Public(x suite.Scalar) suite.Point { return point(power(cheapGenerator, exponent(x))) }

var errCheapPoint = errors.New("cowpitest: not a point of the cheap suite")

func (cheap) CheckPoint(p suite.Point) error {
	if v := binary.BigEndian.Uint64(p[24:]); v < 2 || v >= cheapPrime-1 || p != point(v) {
		return errCheapPoint
	}
	return nil
}

func (c cheap) DH(x suite.Scalar, p suite.Point) (suite.Point, error) {
	if err := c.CheckPoint(p); err != nil {
		return suite.Point{}, err
	}
	return point(power(binary.BigEndian.Uint64(p[24:]), exponent(x))), nil
}

func (cheap) Map(purpose suite.Purpose, fields ...[]byte) suite.Point {
	d := digest('m', purpose, fields...)
	return point(2 + binary.BigEndian.Uint64(d[:])%(cheapPrime-4))
}

func (cheap) Hash(purpose suite.Purpose, fields ...[]byte) suite.Hash {
	return digest('h', purpose, fields...)
}

func (cheap) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	d := digest('k', purpose, fields...)
	out := make([]byte, 0, n+32)
	for i := byte(0); len(out) < n; i++ {
		b := d
		if i > 0 {
			b = digest('k', "more", d[:], []byte{i})
		}
		out = append(out, b[:]...)
	}
	return out[:n]
}

func cheapTag(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad [][]byte) []byte {
	fields := append([][]byte{key[:], nonce[:], plain}, ad...)
	d := digest('s', purpose, fields...)
	return d[:suite.TagSize]
}

func (cheap) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	tag := cheapTag(purpose, key, nonce, plain, ad)
	return append(append(dst, plain...), tag...)
}

func (cheap) Open(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	n := len(sealed) - suite.TagSize
	if n < 0 || string(cheapTag(purpose, key, nonce, sealed[:n], ad)) != string(sealed[n:]) {
		return nil, false
	}
	return append([]byte(nil), sealed[:n]...), true
}

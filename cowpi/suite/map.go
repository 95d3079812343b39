package suite

import (
	fp "github.com/cloudflare/circl/math/fp25519"
)

// curveA is the Montgomery coefficient of Curve25519, 486662 = 0x76d06.
var curveA = fp.Elt{0x06, 0x6d, 0x07}

// Map hashes to a point with Elligator 2 (RFC 9380, section 6.7.1, the
// u-coordinate only). Nobody knows its discrete logarithm. SPEC.md, 10.2.
func (s x25519Suite) Map(purpose Purpose, fields ...[]byte) Point {
	h := s.Hash(purpose, fields...)
	return elligator2(h)
}

// elligator2 maps 32 bytes, taken modulo 2^255, to a u-coordinate:
// u = -A/(1+2r^2) if that is on the curve, else -A-u.
func elligator2(r [KeySize]byte) Point {
	r[KeySize-1] &= 0x7f
	var t, u, w, neg, root fp.Elt
	one := fp.Elt{1}
	e := fp.Elt(r)
	fp.Modp(&e)
	fp.Sqr(&t, &e)
	fp.Add(&t, &t, &t)
	fp.Add(&t, &t, &one) // 1 + 2r^2, never 0: -1/2 is not a square modulo p
	fp.Inv(&t, &t)
	fp.Neg(&neg, &curveA)
	fp.Mul(&u, &neg, &t) // u = -A/(1+2r^2)

	fp.Add(&w, &u, &curveA) // w = u(u(u+A)+1)
	fp.Mul(&w, &w, &u)
	fp.Add(&w, &w, &one)
	fp.Mul(&w, &w, &u)
	if !fp.InvSqrt(&root, &w, &one) {
		fp.Sub(&u, &neg, &u)
	}
	fp.Modp(&u)
	return Point(u)
}

// Package naxos is the authenticated key exchange (SPEC.md, section 4) under
// every chain and channel: NAXOS by LaMacchia, Lauter and Mityagin (2007), with
// the context, ids and keys of both sides bound into the key.
//
// All functions are pure; Ephemeral holds a secret.
package naxos

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Ephemeral is the secret half of a one-time key: 32 coins. The exponent is
// H1(esk, a), so whoever reads esk alone learns nothing. esk is used for nothing
// else.
type Ephemeral struct{ ESK suite.Coin }

// exponent returns H1(esk, a).
func (e Ephemeral) exponent(s suite.Suite, self identity.Self) suite.Scalar {
	return s.H1(e.ESK, self.Secret)
}

// Public returns X = [H1(esk, a)]G: one fixed-base multiplication.
func (e Ephemeral) Public(s suite.Suite, self identity.Self) suite.Point {
	x := e.exponent(s, self)
	defer suite.Wipe(&x)
	return s.Public(x)
}

// Peer is the other side: its id, long-term key, and one-time public key.
type Peer struct {
	identity.Party
	Ephemeral suite.Point
}

// Initiate makes a fresh one-time key from coins and returns it with the shared
// key: one fixed-base and three variable-base multiplications. The secret half
// of the one-time key is gone when it returns.
func Initiate(s suite.Suite, self identity.Self, coin suite.Coin, peer Peer, context []byte) (suite.Point, suite.Key, error) {
	x := Ephemeral{coin}.exponent(s, self)
	defer suite.Wipe(&x)
	X := s.Public(x)
	K, err := initiate(s, self, x, X, peer, context)
	return X, K, err
}

// InitiateWith is the initiator's computation for a one-time key own that was
// made before, with public half X: three variable-base multiplications. It is
// for exchanges whose context covers X; all others call Initiate. The caller
// wipes own.
func InitiateWith(s suite.Suite, self identity.Self, own Ephemeral, X suite.Point, peer Peer, context []byte) (suite.Key, error) {
	x := own.exponent(s, self)
	defer suite.Wipe(&x)
	return initiate(s, self, x, X, peer, context)
}

// initiate is the initiator's computation with the exponent x of X.
func initiate(s suite.Suite, self identity.Self, x suite.Scalar, X suite.Point, peer Peer, context []byte) (suite.Key, error) {
	aY, err := s.DH(self.Secret, peer.Ephemeral)
	if err != nil {
		return suite.Key{}, err
	}
	xB, err := s.DH(x, peer.Key)
	if err != nil {
		return suite.Key{}, err
	}
	xY, err := s.DH(x, peer.Ephemeral)
	if err != nil {
		return suite.Key{}, err
	}
	return h2(s, context, self.Party(), peer.Party, X, peer.Ephemeral, aY, xB, xY), nil
}

// Respond computes the key that an initiator with one-time key peer.Ephemeral
// made for our one-time key own, whose public half is Y: three variable-base
// multiplications.
func Respond(s suite.Suite, self identity.Self, own Ephemeral, Y suite.Point, peer Peer, context []byte) (suite.Key, error) {
	y := own.exponent(s, self)
	defer suite.Wipe(&y)
	yA, err := s.DH(y, peer.Key)
	if err != nil {
		return suite.Key{}, err
	}
	bX, err := s.DH(self.Secret, peer.Ephemeral)
	if err != nil {
		return suite.Key{}, err
	}
	yX, err := s.DH(y, peer.Ephemeral)
	if err != nil {
		return suite.Key{}, err
	}
	return h2(s, context, peer.Party, self.Party(), peer.Ephemeral, Y, yA, bX, yX), nil
}

// h2 is H2 of SPEC.md, section 4: initiator first, then responder, then the
// three shared points in the initiator's order.
func h2(s suite.Suite, context []byte, ini, res identity.Party, X, Y, aY, xB, xY suite.Point) suite.Key {
	// What a suite gets to see moves to the heap: here in one piece.
	in := &struct {
		ini, res [identity.IDFieldSize]byte
		points   [7]suite.Point
		fields   [10][]byte
	}{points: [...]suite.Point{ini.Key, res.Key, X, Y, aY, xB, xY}}
	copy(in.ini[:], ini.ID.Field())
	copy(in.res[:], res.ID.Field())
	p := &in.points
	in.fields = [...][]byte{context, in.ini[:], p[0][:], in.res[:], p[1][:], p[2][:], p[3][:], p[4][:], p[5][:], p[6][:]}
	out := s.KDF("H2", suite.KeySize, in.fields[:]...)
	K := suite.Key(out)
	clear(out)
	clear(p[4:])
	return K
}

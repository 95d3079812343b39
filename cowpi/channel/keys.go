package channel

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// derive is a KDF with one key of output; it leaves no copy behind.
func derive(s suite.Suite, purpose suite.Purpose, fields ...[]byte) suite.Key {
	out := s.KDF(purpose, suite.KeySize, fields...)
	k := suite.Key(out)
	clear(out)
	return k
}

// shares are the two Diffie-Hellman values under t1 and t2: ephemeral with
// ephemeral, and the client's ephemeral with the server's long-term key.
type shares struct{ ee, es suite.Point }

// newShares computes [x]P and [y]Q.
func newShares(s suite.Suite, x suite.Scalar, p suite.Point, y suite.Scalar, q suite.Point) (shares, error) {
	ee, err := s.DH(x, p)
	if err != nil {
		return shares{}, refute(fault.W3, "ephemeral key", err)
	}
	es, err := s.DH(y, q)
	if err != nil {
		return shares{}, refute(fault.W3, "ephemeral or long-term key", err)
	}
	return shares{ee, es}, nil
}

// key derives t1 or t2, bound to the hash of the handshake so far.
func (x *shares) key(s suite.Suite, purpose suite.Purpose, t suite.Hash) suite.Key {
	return derive(s, purpose, x.ee[:], x.es[:], t[:])
}

func (x *shares) wipe() {
	suite.Wipe(&x.ee)
	suite.Wipe(&x.es)
}

// The hashes T1, T2 and T3 of SPEC.md, section 5.
func hash1(s suite.Suite, msg1, E []byte) suite.Hash { return s.Hash("handshake 1", msg1, E) }

func hash2(s suite.Suite, msg1, msg2 []byte) suite.Hash {
	return s.Hash("handshake 2", msg1, msg2)
}

func hash3(s suite.Suite, msg1, msg2, msg3 []byte) suite.Hash {
	return s.Hash("handshake 3", msg1, msg2, msg3)
}

// naxosContext binds K to its use and to the whole handshake.
func naxosContext(t3 suite.Hash) []byte {
	return wire.NewWriter(64).Field([]byte("channel")).Field(t3[:]).Bytes()
}

// authKey is AK, the authentication key of a connection, and its id.
type authKey struct {
	key suite.Key
	id  [8]byte
}

// AuthKeyID names an authentication key, in public.
func AuthKeyID(s suite.Suite, ak suite.Key) [8]byte { return [8]byte(s.KDF("auth key id", 8, ak[:])) }

// session is what one handshake yields.
type session struct {
	auth     authKey
	c2s, s2c suite.Key // the chains' first keys, client to server and back
}

// newSession derives a session from K, and wipes K.
func newSession(s suite.Suite, K *suite.Key) session {
	defer suite.Wipe(K)
	var out session
	out.auth.key = derive(s, "auth key", K[:])
	out.auth.id = AuthKeyID(s, out.auth.key)
	out.c2s = derive(s, "client chain", K[:])
	out.s2c = derive(s, "provider chain", K[:])
	return out
}

func (x *session) wipe() {
	suite.Wipe(&x.auth.key)
	suite.Wipe(&x.c2s)
	suite.Wipe(&x.s2c)
}

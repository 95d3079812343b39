package channel

import (
	"bytes"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Answering is a provider that has answered msg1 and waits for msg3. It holds
// t2 and the secret of its one-time key, no longer that of its ephemeral key:
// drop it when the connection ends.
type Answering struct {
	suite suite.Suite
	self  identity.Self
	t2    suite.Key
	own   naxos.Ephemeral
	Y     suite.Point
	msg1  [Msg1Size]byte
	msg2  [Msg2Size]byte
}

// Accept answers msg1 with msg2, of Msg2Size bytes. Anybody can make it do so:
// it costs two fixed-base and two variable-base multiplications. It checks W1
// and W3; a misuse is an id of one's own that is not well formed.
// SPEC.md, section 5.
func Accept(s suite.Suite, self identity.Self, msg1 []byte, coins suite.Coins) (Answering, []byte, error) {
	if !self.ID.Valid() {
		return Answering{}, nil, fault.Misusef("accept", "id %q is not well formed", self.ID)
	}
	if err := checkSize("handshake message 1", msg1, Msg1Size); err != nil {
		return Answering{}, nil, err
	}
	client := suite.Point(msg1)
	if err := checkPoint(s, client, "ephemeral key in message 1"); err != nil {
		return Answering{}, nil, err
	}
	e := suite.Scalar(coins.Draw(coinEphemeral, 0))
	defer suite.Wipe(&e)
	dh, err := newShares(s, e, client, self.Secret, client)
	if err != nil {
		return Answering{}, nil, err
	}
	defer dh.wipe()

	a := Answering{suite: s, self: self, msg1: client}
	a.own.ESK = coins.Draw(coinNAXOS, 0)
	defer suite.Wipe(&a.own.ESK) // of this copy: the returned one is made first
	defer suite.Wipe(&a.t2)
	a.Y = a.own.Public(s, self)
	E := s.Public(e)
	t := hash1(s, msg1, E[:])
	t1 := dh.key(s, "handshake key 1", t)
	defer suite.Wipe(&t1)
	hello := wire.NewWriter(helloSize).Fixed(self.ID.Field()).Fixed(a.Y[:]).Bytes()
	msg2 := s.Seal(bytes.Clone(E[:]), "handshake 2", t1, [suite.NonceSize]byte{}, hello, t[:])
	a.msg2 = [Msg2Size]byte(msg2)
	a.t2 = dh.key(s, "handshake key 2", hash2(s, msg1, msg2))
	return a, msg2, nil
}

// Finish takes msg3 and returns the channel. [Conn.Peer] tells whom the client
// claims to be; it has proved it when its first frame opens, and no data can be
// sent before. Finish checks W1, W3, H3 and H4; that one of the earlier messages
// was changed on its way shows here as H3. SPEC.md, section 5.
func (a Answering) Finish(msg3 []byte) (Conn, error) {
	if a.suite == nil {
		return Conn{}, fault.Misusef("finish", "nothing was accepted")
	}
	peer, X, err := a.read(msg3)
	if err != nil {
		return Conn{}, err
	}
	ses, err := a.agree(peer, X, msg3)
	if err != nil {
		return Conn{}, err
	}
	defer ses.wipe()
	return Conn{
		suite: a.suite, self: a.self, role: RoleProvider,
		peer: peer,
		auth: ses.auth,
		send: chain{key: ses.s2c},
		recv: chain{key: ses.c2s},
	}, nil
}

// read opens msg3: who the client says it is, and X_c.
func (a *Answering) read(msg3 []byte) (Peer, suite.Point, error) {
	if err := checkSize("handshake message 3", msg3, Msg3Size); err != nil {
		return Peer{}, suite.Point{}, err
	}
	t := hash2(a.suite, a.msg1[:], a.msg2[:])
	plain, ok := a.suite.Open("handshake 3", a.t2, [suite.NonceSize]byte{}, msg3, t[:])
	if !ok {
		return Peer{}, suite.Point{}, fault.Refute(fault.H3, "message 3 does not open")
	}
	return ReadMsg3(a.suite, plain)
}

// ReadMsg3 reads what is sealed in message 3: who the client says it is, and X_c.
// It checks H4 and W3.
func ReadMsg3(s suite.Suite, plain []byte) (Peer, suite.Point, error) {
	peer, X, err := decodeMsg3(plain)
	if err == nil {
		err = checkPoint(s, peer.Key, "long-term key in message 3")
	}
	if err == nil {
		err = checkPoint(s, X, "one-time key in message 3")
	}
	if err != nil {
		return Peer{}, suite.Point{}, err
	}
	return peer, X, nil
}

// decodeMsg3 reads the plaintext of msg3: check H4. Keys are still unchecked.
func decodeMsg3(plain []byte) (Peer, suite.Point, error) {
	r := wire.NewReader("handshake message 3", plain)
	var p Peer
	p.Role = Role(r.U8("role"))
	if p.Role != RoleUser && p.Role != RoleRouter {
		r.Fail("role", "%d is no client's role", p.Role)
	}
	p.ID = identity.ReadID(r, "client")
	p.Key = wire.Array32[suite.Point](r, "long-term key")
	X := wire.Array32[suite.Point](r, "one-time key")
	if err := r.Done(); err != nil {
		return Peer{}, suite.Point{}, refute(fault.H4, "role or id of the client", err)
	}
	return p, X, nil
}

// agree computes the session with a client that says it is peer.
func (a *Answering) agree(peer Peer, X suite.Point, msg3 []byte) (session, error) {
	t3 := hash3(a.suite, a.msg1[:], a.msg2[:], msg3)
	K, err := naxos.Respond(a.suite, a.self, a.own, a.Y, naxos.Peer{Party: peer.Party, Ephemeral: X}, naxosContext(t3))
	if err != nil {
		return session{}, refute(fault.W3, "key exchange with the client", err)
	}
	return newSession(a.suite, &K), nil
}

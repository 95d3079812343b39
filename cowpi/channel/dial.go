package channel

import (
	"bytes"
	"crypto/subtle"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Dialling is a client that has sent msg1 and waits for msg2. It holds the
// secret of its ephemeral key: drop it when the connection ends.
type Dialling struct {
	suite    suite.Suite
	self     identity.Self
	role     Role
	provider identity.Party
	e        suite.Scalar
	msg1     [Msg1Size]byte
}

// Dial starts a handshake with a provider whose key is known, and returns msg1,
// of Msg1Size bytes. The error is a *fault.Misuse: a role that is not a client's,
// or an id or a key that is not well formed. SPEC.md, section 5.
func Dial(s suite.Suite, self identity.Self, role Role, provider identity.Party, coins suite.Coins) (Dialling, []byte, error) {
	if role != RoleUser && role != RoleRouter {
		return Dialling{}, nil, fault.Misusef("dial", "a client is a user or a router, not a %s", role)
	}
	for _, id := range []identity.ID{self.ID, provider.ID} {
		if !id.Valid() {
			return Dialling{}, nil, fault.Misusef("dial", "id %q is not well formed", id)
		}
	}
	if err := s.CheckPoint(provider.Key); err != nil {
		return Dialling{}, nil, fault.Misusef("dial", "key of provider %q: %v", provider.ID, err)
	}
	d := Dialling{suite: s, self: self, role: role, provider: provider}
	d.e = suite.Scalar(coins.Draw(coinEphemeral, 0))
	d.msg1 = s.Public(d.e)
	return d, bytes.Clone(d.msg1[:]), nil
}

// Finish takes msg2 and returns the channel, not yet confirmed, with what is to
// be sent: msg3, of Msg3Size bytes, and the first frame, which is empty and
// confirms the client to the provider. It checks W1, W3, H1 and H2; a message
// that was changed on its way, msg1 too, fails H1. SPEC.md, section 5.
func (d Dialling) Finish(msg2 []byte, coins suite.Coins) (Conn, [][]byte, error) {
	if d.suite == nil {
		return Conn{}, nil, fault.Misusef("finish", "nothing was dialled")
	}
	ses, msg3, err := d.finish(msg2, coins)
	if err != nil {
		return Conn{}, nil, err
	}
	defer ses.wipe()
	c := Conn{
		suite: d.suite, self: d.self, role: d.role,
		peer: Peer{d.provider, RoleProvider},
		auth: ses.auth,
		send: chain{key: ses.c2s},
		recv: chain{key: ses.s2c},
	}
	send, frame, err := c.send.seal(c.suite, kindData, nil)
	if err != nil {
		return Conn{}, nil, err
	}
	c.send = send
	return c, [][]byte{msg3, frame}, nil
}

// finish is the client's computation; the inner handshake uses it too.
func (d *Dialling) finish(msg2 []byte, coins suite.Coins) (session, []byte, error) {
	s := d.suite
	if err := checkSize("handshake message 2", msg2, Msg2Size); err != nil {
		return session{}, nil, err
	}
	E := suite.Point(msg2[:suite.KeySize])
	if err := checkPoint(s, E, "ephemeral key in message 2"); err != nil {
		return session{}, nil, err
	}
	dh, err := newShares(s, d.e, E, d.e, d.provider.Key)
	if err != nil {
		return session{}, nil, err
	}
	defer dh.wipe()

	Y, err := d.openHello(&dh, E, msg2)
	if err != nil {
		return session{}, nil, err
	}
	own := naxos.Ephemeral{ESK: coins.Draw(coinNAXOS, 0)}
	defer suite.Wipe(&own.ESK)
	X := own.Public(s, d.self)
	msg3 := d.sealMsg3(&dh, X, msg2)

	t3 := hash3(s, d.msg1[:], msg2, msg3)
	K, err := naxos.InitiateWith(s, d.self, own, X, naxos.Peer{Party: d.provider, Ephemeral: Y}, naxosContext(t3))
	if err != nil {
		return session{}, nil, refute(fault.W3, "key exchange with the provider", err)
	}
	return newSession(s, &K), msg3, nil
}

// openHello opens the provider's part of msg2 and returns Y_s: checks H1 and H2.
func (d *Dialling) openHello(dh *shares, E suite.Point, msg2 []byte) (suite.Point, error) {
	s := d.suite
	t := hash1(s, d.msg1[:], E[:])
	t1 := dh.key(s, "handshake key 1", t)
	defer suite.Wipe(&t1)
	plain, ok := s.Open("handshake 2", t1, [suite.NonceSize]byte{}, msg2[suite.KeySize:], t[:])
	if !ok {
		return suite.Point{}, fault.Refute(fault.H1, "message 2 does not open under the key of provider %q", d.provider.ID)
	}
	id, Y, err := readHello(plain)
	if err != nil {
		return suite.Point{}, err
	}
	// The key was authenticated, the id was not: two names for one key would
	// otherwise let each pass for the other.
	if subtle.ConstantTimeCompare(id, d.provider.ID.Field()) != 1 {
		return suite.Point{}, fault.Refute(fault.H2, "dialled %q, the answer names another provider", d.provider.ID)
	}
	return Y, checkPoint(s, Y, "one-time key in message 2")
}

// readHello reads the plaintext of msg2: the id field and Y_s, both unchecked.
func readHello(plain []byte) (id []byte, Y suite.Point, err error) {
	r := wire.NewReader("handshake message 2", plain)
	id = r.Take("provider", identity.IDFieldSize)
	Y = wire.Array32[suite.Point](r, "one-time key")
	return id, Y, r.Done()
}

// ReadMsg2 reads what is sealed in message 2, for whoever was shown it opened: who
// the server says it is, and Y_s. It checks W1 to W3.
func ReadMsg2(s suite.Suite, plain []byte) (identity.ID, suite.Point, error) {
	field, Y, err := readHello(plain)
	if err != nil {
		return "", suite.Point{}, err
	}
	r := wire.NewReader("handshake message 2", field)
	id := identity.ReadID(r, "provider")
	if err := r.Done(); err != nil {
		return "", suite.Point{}, err
	}
	return id, Y, checkPoint(s, Y, "one-time key in message 2")
}

// sealMsg3 names the client to the provider alone.
func (d *Dialling) sealMsg3(dh *shares, X suite.Point, msg2 []byte) []byte {
	s := d.suite
	t := hash2(s, d.msg1[:], msg2)
	t2 := dh.key(s, "handshake key 2", t)
	defer suite.Wipe(&t2)
	plain := wire.NewWriter(Msg3Size).U8(uint8(d.role)).
		Fixed(d.self.ID.Field()).Fixed(d.self.Key[:]).Fixed(X[:]).Bytes()
	// The nonce is fixed: t2 covers fresh keys of both sides and seals once.
	return s.Seal(make([]byte, 0, Msg3Size), "handshake 3", t2, [suite.NonceSize]byte{}, plain, t[:])
}

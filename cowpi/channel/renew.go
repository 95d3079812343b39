package channel

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// renewal is where an inner handshake stands (SPEC.md, section 5). The messages
// are those of the outer one, each in a frame; data flows on all the while.
//
//	client                                      server
//
//	Renew: awaitReply   --- msg1 ----------->
//	                    <-- msg2 ------------   awaitFinish
//	awaitDone           --- msg3 ----------->   awaitClient (opens under the
//	    (sends under    ~~~ first, empty ~~~>                new keys)
//	     the new keys)  <-- done ------------   renewed (sends under the new
//	awaitServer         <~~ first, empty ~~~~            keys)
//	    (opens under
//	     the new keys)
//	renewed
//
// Each side switches its directions where the other one does, because links keep
// order. The empty first frame under the new keys shows the peer that its maker
// has them: only then does AK change. The server changes first and answers
// afterwards, so that it knows each AK that a client uses, even when an upload
// reaches it by another way than this channel.
type renewal interface{ expects() string }

type (
	// awaitReply: a client that has sent msg1.
	awaitReply struct{ d Dialling }
	// awaitDone: a client that has sent msg3. It still opens under the old keys.
	awaitDone struct {
		auth authKey
		recv suite.Key
	}
	// awaitServer: a client, before the server's first frame under the new keys.
	awaitServer struct{ auth authKey }
	// awaitFinish: a server that has sent msg2.
	awaitFinish struct{ a Answering }
	// awaitClient: a server, before the client's first frame under the new keys.
	// It still seals under the old keys.
	awaitClient struct {
		auth authKey
		send suite.Key
	}
)

func (awaitReply) expects() string  { return "message 2" }
func (awaitDone) expects() string   { return "the end of the old keys" }
func (awaitServer) expects() string { return "an empty frame under the new keys" }
func (awaitFinish) expects() string { return "message 3" }
func (awaitClient) expects() string { return "an empty frame under the new keys" }

// NeedsRenewal tells a client that a direction has seen RenewAfter frames under
// the present keys, and that no inner handshake is under way.
func (c Conn) NeedsRenewal() bool {
	return c.role != RoleProvider && c.confirmed && c.renewal == nil &&
		(c.send.n >= RenewAfter || c.recv.n >= RenewAfter)
}

// Renewing says whether an inner handshake is under way.
func (c Conn) Renewing() bool { return c.renewal != nil }

// Renew starts an inner handshake and returns the frame to send: new keys in both
// directions, and a new AK when Open reports it. Only a client may, on a confirmed
// channel, one handshake at a time; all else is a misuse. A provider that wants
// one asks its client by means of its own.
func (c Conn) Renew(coins suite.Coins) (Conn, []byte, error) {
	switch {
	case c.role == RoleProvider:
		return c, nil, fault.Misusef("renew", "only a client can")
	case !c.confirmed:
		return c, nil, fault.Misusef("renew", "the channel is not confirmed")
	case c.renewal != nil:
		return c, nil, fault.Misusef("renew", "an inner handshake is under way")
	}
	d, msg1, err := Dial(c.suite, c.self, c.role, c.peer.Party, coins)
	if err != nil {
		return c, nil, err
	}
	next, frame, err := c.sealed(kindHandshake, msg1)
	if err != nil {
		return c, nil, err
	}
	next.renewal = awaitReply{d}
	suite.Wipe(&d.e)
	return next, frame, nil
}

// handshake handles a message of an inner handshake: check F4, its order, by the
// length of the message, and then the checks of the message itself. c is a copy
// that the caller drops upon an error.
func (c Conn) handshake(msg []byte, coins suite.Coins) (Conn, Opened, error) {
	switch w := c.renewal.(type) {
	case nil:
		if c.role == RoleProvider && len(msg) == Msg1Size {
			return c.answer(msg, coins)
		}
		return c, Opened{}, fault.Refute(fault.F4, "no message of %d bytes was expected", len(msg))
	case awaitReply:
		if len(msg) == Msg2Size {
			return c.reply(w, msg, coins)
		}
	case awaitFinish:
		if len(msg) == Msg3Size {
			return c.finish(w, msg)
		}
	case awaitDone:
		if len(msg) == 0 {
			c.recv = chain{key: w.recv}
			c.renewal = awaitServer{w.auth}
			return c, Opened{}, nil
		}
	}
	return c, Opened{}, fault.Refute(fault.F4, "%s was expected, not %d bytes", c.renewal.expects(), len(msg))
}

// answer is the server's move upon msg1.
func (c Conn) answer(msg1 []byte, coins suite.Coins) (Conn, Opened, error) {
	a, msg2, err := Accept(c.suite, c.self, msg1, coins)
	if err != nil {
		return c, Opened{}, err
	}
	c, frame, err := c.sealed(kindHandshake, msg2)
	if err != nil {
		return c, Opened{}, err
	}
	c.renewal = awaitFinish{a}
	return c, Opened{Replies: [][]byte{frame}}, nil
}

// reply is the client's move upon msg2: msg3 is the last frame under its old key.
func (c Conn) reply(w awaitReply, msg2 []byte, coins suite.Coins) (Conn, Opened, error) {
	ses, msg3, err := w.d.finish(msg2, coins)
	if err != nil {
		return c, Opened{}, err
	}
	defer ses.wipe()
	defer suite.Wipe(&w.d.e)
	c, last, err := c.sealed(kindHandshake, msg3)
	if err != nil {
		return c, Opened{}, err
	}
	c.send = chain{key: ses.c2s}
	c, first, err := c.sealed(kindData, nil)
	if err != nil {
		return c, Opened{}, err
	}
	c.renewal = awaitDone{ses.auth, ses.s2c}
	return c, Opened{Replies: [][]byte{last, first}}, nil
}

// finish is the server's move upon msg3. The peer must be the one of the channel:
// check F4.
func (c Conn) finish(w awaitFinish, msg3 []byte) (Conn, Opened, error) {
	peer, X, err := w.a.read(msg3)
	if err != nil {
		return c, Opened{}, err
	}
	if peer != c.peer {
		return c, Opened{}, fault.Refute(fault.F4, "%s %q became %s %q, or changed its key", c.peer.Role, c.peer.ID, peer.Role, peer.ID)
	}
	ses, err := w.a.agree(peer, X, msg3)
	if err != nil {
		return c, Opened{}, err
	}
	defer ses.wipe()
	c.recv = chain{key: ses.c2s}
	c.renewal = awaitClient{ses.auth, ses.s2c}
	return c, Opened{}, nil
}

// first handles the peer's first frame under the new keys, which is empty: check
// F4. Upon it the server sends done, the last frame under its old key, and its
// own first one.
func (c Conn) first(k kind, payload []byte) (Conn, Opened, error) {
	if k != kindData || len(payload) != 0 {
		return c, Opened{}, fault.Refute(fault.F4, "%s was expected", c.renewal.expects())
	}
	out := Opened{Renewed: true}
	switch w := c.renewal.(type) {
	case awaitServer:
		c.auth = w.auth
	case awaitClient:
		next, done, err := c.sealed(kindHandshake, nil)
		if err != nil {
			return c, Opened{}, err
		}
		next.send = chain{key: w.send}
		next, first, err := next.sealed(kindData, nil)
		if err != nil {
			return c, Opened{}, err
		}
		c, out.Replies = next, [][]byte{done, first}
		c.auth = w.auth
	default:
		return c, Opened{}, fault.Bugf("channel: first frame under new keys in state %T", w)
	}
	c.renewal = nil
	return c, out, nil
}

package channel

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// ErrExhausted is returned by [Conn.Seal] when the keys of this direction have
// been used for as many frames as they may be. A client renews them; a provider
// can only wait for that, or end the connection. It is a *fault.Misuse.
var ErrExhausted error = &fault.Misuse{Op: "seal", What: "the keys of this direction are used up: renew them first"}

// Conn is a channel after its handshake: a chain of keys in each direction. It
// is a value; see the package comment. It holds secrets: drop it when the
// connection ends, it cannot be resumed. SPEC.md, section 5.
type Conn struct {
	suite      suite.Suite
	self       identity.Self
	role       Role // our own
	peer       Peer
	auth       authKey
	send, recv chain
	confirmed  bool
	renewal    renewal // nil: none under way
}

// Opened is what a frame brought.
type Opened struct {
	Data      []byte // the payload, if HasData
	HasData   bool
	Replies   [][]byte // frames to send now, in order, before any other
	Confirmed bool     // this frame confirmed the channel: data may flow, AK may be used
	Renewed   bool     // this frame completed an inner handshake: AK is a new one, to be stored before Replies go out
}

// Peer is who is at the other end. Before the channel is confirmed it is a mere
// claim.
func (c Conn) Peer() Peer { return c.peer }

// Role is our own role.
func (c Conn) Role() Role { return c.role }

// Confirmed says whether the peer has shown that it has the keys.
func (c Conn) Confirmed() bool { return c.confirmed }

// AK is the authentication key of this connection. It is not to be used before
// the channel is confirmed. A new one takes its place when Opened.Renewed is set:
// on the provider's side first, which must know it before it sends the replies.
func (c Conn) AK() suite.Key { return c.auth.key }

// AuthKeyID names AK, in public.
func (c Conn) AuthKeyID() [8]byte { return c.auth.id }

// Seal returns a frame with a payload of at most MaxPayload bytes. An empty
// payload is allowed: the peer sees that it opens, and no data. Errors are
// misuses: before confirmation (check H5 forbids it), over size, and ErrExhausted.
func (c Conn) Seal(payload []byte) (Conn, []byte, error) {
	if !c.confirmed {
		return c, nil, fault.Misusef("seal", "no data before the channel is confirmed")
	}
	if len(payload) > MaxPayload {
		return c, nil, fault.Misusef("seal", "payload of %d bytes, at most %d allowed", len(payload), MaxPayload)
	}
	if c.send.n >= MaxFrames-reserved {
		return c, nil, ErrExhausted
	}
	return c.sealed(kindData, payload)
}

// sealed advances the sending chain.
func (c Conn) sealed(k kind, payload []byte) (Conn, []byte, error) {
	send, frame, err := c.send.seal(c.suite, k, payload)
	if err != nil {
		return c, nil, err
	}
	c.send = send
	return c, frame, nil
}

// Open takes the next frame of the peer. It may bring data, confirm the channel,
// or move an inner handshake on, whose replies are to be sent at once. coins are
// drawn for an inner handshake only. It checks W1, H5, F1, F2, F4, and for messages
// of an inner handshake what the outer one checks.
func (c Conn) Open(frame []byte, coins suite.Coins) (Conn, Opened, error) {
	if c.suite == nil {
		return c, Opened{}, fault.Misusef("open", "there is no channel")
	}
	recv, k, payload, err := c.recv.open(c.suite, frame)
	if err != nil {
		return c, Opened{}, err
	}
	next := c
	next.recv = recv
	next, out, err := next.take(k, payload, coins)
	if err != nil {
		return c, Opened{}, err
	}
	return next, out, nil
}

// take handles a frame that opened.
func (c Conn) take(k kind, payload []byte, coins suite.Coins) (Conn, Opened, error) {
	if !c.confirmed {
		return c.confirm(k, payload)
	}
	switch c.renewal.(type) {
	case awaitServer, awaitClient:
		return c.first(k, payload)
	}
	if k == kindHandshake {
		return c.handshake(payload, coins)
	}
	return c, data(payload), nil
}

func data(payload []byte) Opened {
	if len(payload) == 0 {
		return Opened{}
	}
	return Opened{Data: payload, HasData: true}
}

// confirm handles the peer's first frame: check H5. The client's is empty: it
// writes it before it knows that the provider has the keys. The provider's comes
// after that and may carry data.
func (c Conn) confirm(k kind, payload []byte) (Conn, Opened, error) {
	if k != kindData {
		return c, Opened{}, fault.Refute(fault.H5, "an inner handshake before confirmation")
	}
	if c.role == RoleProvider && len(payload) != 0 {
		return c, Opened{}, fault.Refute(fault.H5, "the client's first frame carries data")
	}
	c.confirmed = true
	out := data(payload)
	out.Confirmed = true
	return c, out, nil
}

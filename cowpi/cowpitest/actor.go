package cowpitest

import (
	"encoding/binary"
	"errors"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Actor is the far end of one connection of a machine under test, played by the
// test: it has the keys of the party that it plays, completes handshakes, and
// says whatever bytes it is told to under the right keys. Zero when not connected.
type Actor struct {
	suite     suite.Suite
	self      identity.Self
	dialling  *channel.Dialling
	answering *channel.Answering
	conn      *channel.Conn
	step      uint64
	Heard     [][]byte // payloads that the machine said, in order
	Stubborn  bool     // as a provider: never lets the channel be renewed
	Mute      bool     // says nothing by itself; what it would have said is kept
	kept      []byte
}

// NewActor plays a party.
func NewActor(s suite.Suite, self identity.Self) *Actor { return &Actor{suite: s, self: self} }

func (a *Actor) coins() suite.Coins {
	a.step++
	var seed suite.Seed
	binary.BigEndian.PutUint64(seed[:], a.step)
	return suite.NewCoins(a.suite, seed, a.self.Secret, a.step)
}

// Dial begins a connection as a client and returns the first message.
func (a *Actor) Dial(role channel.Role, to identity.Party) ([]byte, error) {
	a.hangUp()
	d, msg1, err := channel.Dial(a.suite, a.self, role, to, a.coins())
	a.dialling = &d
	return msg1, err
}

// hangUp forgets the connection.
func (a *Actor) hangUp() { a.dialling, a.answering, a.conn = nil, nil, nil }

// Up says whether the actor has the keys of the connection.
func (a *Actor) Up() bool { return a.conn != nil }

// Take takes a message of the machine and returns what the protocol answers.
func (a *Actor) Take(data []byte) ([][]byte, error) {
	switch {
	case a.conn != nil:
		conn, o, err := a.conn.Open(data, a.coins())
		if err != nil {
			return nil, err
		}
		if o.HasData {
			a.Heard = append(a.Heard, o.Data)
		}
		if a.Stubborn && len(o.Replies) > 0 {
			return nil, nil // as if it had not heard: the old connection goes on
		}
		a.conn = &conn
		return o.Replies, nil
	case a.dialling != nil:
		conn, msgs, err := a.dialling.Finish(data, a.coins())
		if err != nil {
			return nil, err
		}
		a.conn, a.dialling = &conn, nil
		return msgs, nil
	case a.answering != nil:
		conn, err := a.answering.Finish(data)
		if err != nil {
			return nil, err
		}
		a.conn, a.answering = &conn, nil
		return nil, nil
	}
	b, msg2, err := channel.Accept(a.suite, a.self, data, a.coins())
	if err != nil {
		return nil, err
	}
	a.answering = &b
	if a.Mute {
		a.kept = msg2
		return nil, nil
	}
	return [][]byte{msg2}, nil
}

// Say seals a payload: any bytes.
func (a *Actor) Say(payload []byte) ([]byte, error) {
	if a.conn == nil {
		return nil, errors.New("cowpitest: the actor is not connected")
	}
	conn, frame, err := a.conn.Seal(payload)
	if err == nil {
		a.conn = &conn
	}
	return frame, err
}

// Authenticate makes the authentication block of an upload under the key of this
// connection.
func (a *Actor) Authenticate(sid, upload suite.Hash) exchange.Auth {
	if a.conn == nil {
		return exchange.Auth{}
	}
	return exchange.Authenticate(a.suite, a.conn.AK(), a.conn.AuthKeyID(), sid, upload)
}

package verify

import (
	"cmp"
	"maps"
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// The directions of a connection.
const (
	down = 0 // to the client
	up   = 1 // to the server
)

// side is one direction of a connection.
type side struct {
	sent    int   // messages
	arrived int   //
	frames  int   // under the present keys
	flying  []any // what has not arrived: what its arrival means to us, or nil
}

// conn is an open connection.
type conn struct {
	number         uint64
	client, server identity.ID
	base           identity.ID // the server's name in the set
	place          int         // and its place
	link           bool        // the client is the router
	sides          [2]side
	renewal        renewal
	last           map[suite.Hash]uint64 // the last index delivered of each conversation, plus one
	uploads        recent
}

func (c *conn) subject() Subject { return Subject{Conn: c.number} }

func (v *verifier) connected(r transcript.Connected) {
	s := Subject{Conn: r.Conn}
	good := r.Conn > v.lastConn && v.conns[r.Conn] == nil
	if !v.judge(ConnectionOrder, good, s, "connection %d comes after %d", r.Conn, v.lastConn) {
		return
	}
	v.lastConn = r.Conn
	base, place := v.base(r.Server)
	if !v.judge(ConnectionOrder, place >= 0, s.by(r.Server), "the server is not of the provider set") {
		return
	}
	c := &conn{number: r.Conn, client: r.Client, server: r.Server, base: base, place: place, last: map[suite.Hash]uint64{}}
	_, client := v.base(r.Client)
	c.link = client == 0 && place > 0
	if client >= 0 && !c.link {
		v.fail(ConnectionOrder, s.by(r.Client), "a provider dials that is not the router, or not a mirror")
	}
	v.conns[r.Conn] = c
}

func direction(toServer bool) int {
	if toServer {
		return up
	}
	return down
}

func (v *verifier) sent(r transcript.Sent) {
	c := v.conns[r.Conn]
	if !v.judge(ConnectionOpen, c != nil, Subject{Conn: r.Conn}, "something is sent on it, and it is not open") {
		return
	}
	d := direction(r.ToServer)
	n := c.sides[d].sent
	c.sides[d].sent++
	cargo := v.message(c, d, n, r)
	c.sides[d].flying = append(c.sides[d].flying, cargo)
}

func (v *verifier) delivered(r transcript.Delivered) {
	c := v.conns[r.Conn]
	if !v.judge(ConnectionOpen, c != nil, Subject{Conn: r.Conn}, "something arrives on it, and it is not open") {
		return
	}
	x := &c.sides[direction(r.ToServer)]
	if !v.judge(ArrivalOrder, len(x.flying) > 0, c.subject(), "something arrives that was not sent") {
		return
	}
	cargo := x.flying[0]
	x.flying[0] = nil
	x.flying = x.flying[1:]
	x.arrived++
	v.arrived(c, cargo)
}

// message judges message number n of one direction, and returns what its arrival
// will mean.
func (v *verifier) message(c *conn, d, n int, r transcript.Sent) any {
	switch {
	case d == up && n == 0:
		v.hello(c, r)
	case d == down && n == 0:
		v.inOrder(HandshakeForm, c, c.sides[up].arrived >= 1, "message 2 before message 1 arrived")
		v.handshake(c, d, r.Bytes, r.Opened, false)
	case d == up && n == 1:
		v.inOrder(HandshakeForm, c, c.sides[down].arrived >= 1, "message 3 before message 2 arrived")
		v.handshake(c, d, r.Bytes, r.Opened, false)
	default:
		return v.frame(c, d, n, r)
	}
	return nil
}

func (v *verifier) inOrder(check Check, c *conn, good bool, words string) {
	v.judge(check, good, c.subject(), "%s", words)
}

// hello judges message 1 of a handshake.
func (v *verifier) hello(c *conn, r transcript.Sent) {
	if !v.judge(HandshakeForm, r.Opened.Kind == transcript.Hello && len(r.Bytes) == channel.Msg1Size, c.subject(),
		"the first message, of %d bytes, is no message 1 of a handshake", len(r.Bytes)) {
		return
	}
	v.point(c, r.Bytes, "message 1")
}

// point judges a one-time key that stands first in a message.
func (v *verifier) point(c *conn, b []byte, where string) {
	if len(b) < suite.KeySize {
		return
	}
	err := v.suite.CheckPoint(suite.Point(b[:suite.KeySize]))
	v.judge(HandshakePoints, err == nil, c.subject(), "the key in %s: %v", where, err)
}

// handshake judges message 2 or 3, of the outer or an inner handshake.
func (v *verifier) handshake(c *conn, d int, bytes []byte, o transcript.Opened, inner bool) {
	want, name := channel.Msg2Size, "message 2"
	if d == up {
		want, name = channel.Msg3Size, "message 3"
	}
	plain := o.Plain
	if inner {
		plain = o.Inner
	}
	if !v.judge(HandshakeForm, len(bytes) == want && (inner || o.Kind == transcript.Handshake || o.Kind == transcript.Dark), c.subject(),
		"a message of kind %d and %d bytes, where %s of a handshake is due", o.Kind, len(bytes), name) {
		return
	}
	if d == down {
		v.point(c, bytes, name)
	}
	if len(plain) == 0 {
		v.cannot(Opened, c.subject(), "a handshake message was not opened")
		return
	}
	v.ok(Opened)
	if d == down {
		sealed := len(bytes) - suite.KeySize - suite.TagSize
		v.judge(HandshakeForm, len(plain) == sealed, c.subject(), "%d bytes are said to be sealed in %d", len(plain), sealed)
		id, _, err := channel.ReadMsg2(v.suite, plain)
		v.identityOf(c, err, id == c.base, "message 2 names %q, the server is %q", id, c.base)
		return
	}
	v.judge(HandshakeForm, len(plain)+suite.TagSize == len(bytes), c.subject(), "%d bytes are said to be sealed in %d", len(plain), len(bytes)-suite.TagSize)
	peer, _, err := channel.ReadMsg3(v.suite, plain)
	if !v.identityOf(c, err, peer.ID == c.client && (peer.Role == channel.RoleRouter) == c.link,
		"message 3 names %s %q, the client is %q", peer.Role, peer.ID, c.client) {
		return
	}
	key, known := v.users[peer.ID][c.base]
	if c.link {
		key, known = v.set.At(0).Key, true
	}
	v.judge(HandshakeIdentity, known && key == peer.Key, c.subject().of(peer.ID), "the key in message 3 is not the one that %s has registered", c.base)
	v.secrets.sawKey(peer.ID, peer.Key)
}

func (v *verifier) identityOf(c *conn, err error, same bool, format string, args ...any) bool {
	if err != nil {
		v.fail(HandshakeIdentity, c.subject(), "what is sealed in the handshake: %v", err)
		return false
	}
	v.ok(HandshakePoints)
	return v.judge(HandshakeIdentity, same, c.subject(), format, args...)
}

// recent remembers the last so many hashes.
type recent struct {
	list []suite.Hash
	gone bool // some were forgotten
}

const maxRecent = 4096

func (r *recent) add(h suite.Hash) {
	if slices.Contains(r.list[max(0, len(r.list)-64):], h) {
		return
	}
	if len(r.list) == maxRecent {
		r.list = slices.Delete(r.list, 0, maxRecent/2)
		r.gone = true
	}
	r.list = append(r.list, h)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func sortedHashes[V any](m map[suite.Hash]V) []suite.Hash {
	return slices.SortedFunc(maps.Keys(m), func(a, b suite.Hash) int { return slices.Compare(a[:], b[:]) })
}

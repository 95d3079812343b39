package game

import (
	"encoding/binary"
	"slices"
	"sync"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Crossed is a message that was put on a wire: whoever owns the network saw it.
type Crossed struct {
	Letter cowpitest.Letter
	At     uint64 // the clock
}

// ears hear all that crosses the network, for the adversary, and what honest people's
// machines do, for the challenger. They are the network's tap and its suite.
type ears struct {
	suite.Suite
	next    cowpitest.Tap // told of everything as well; may be nil
	net     *cowpitest.Net
	crossed []Crossed
	ends    map[uint64][2]string // of wires: client, server
	uploads []exchange.Upload    // as the router got them
	lives   *lives
	frame   []byte  // what was inside the frame that was opened last
	opened  insides // in the step that is under way
	before  insides // in the step before
	took    []took
	misread []misread
	drawing sync.Mutex
	tapped  bool // the random sources are known: draws are noted
	draws   []Draw
}

// Draw is a coin that somebody drew, as one knows it who knows the random source and
// not the long-term secret: what went into it but for that (SPEC.md, 2.3).
type Draw struct {
	Seed    suite.Seed
	Counter uint64
	Purpose suite.Purpose
	Index   uint32
}

// Coins implements suite.Suite.
func (e *ears) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	if e.tapped { // blocks are made by several at once
		e.drawing.Lock()
		e.draws = append(e.draws, Draw{seed, counter, purpose, index})
		e.drawing.Unlock()
	}
	return e.Suite.Coins(seed, a, counter, purpose, index)
}

func newEars(s suite.Suite, next cowpitest.Tap) *ears {
	e := &ears{Suite: s, next: next, ends: map[uint64][2]string{}}
	e.lives = newLives(s)
	return e
}

// copied are the ears of a trial, with what was heard before it. keys says whether
// lives of keys count in it.
func (e *ears) copied(s suite.Suite, keys bool) *ears {
	d := &ears{Suite: s, crossed: slices.Clip(e.crossed), ends: map[uint64][2]string{}, uploads: slices.Clip(e.uploads)}
	for k, v := range e.ends {
		d.ends[k] = v
	}
	if keys {
		d.lives = e.lives.copied()
	}
	return d
}

// Open implements suite.Suite.
func (e *ears) Open(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	plain, ok := e.Suite.Open(purpose, key, nonce, sealed, ad...)
	switch purpose {
	case "frame", "handshake 2", "handshake 3":
		e.frame = nil
		if ok && purpose == "frame" {
			e.frame = slices.Clone(plain)
		}
	}
	if ok {
		e.opens(purpose, plain, ad)
	}
	return plain, ok
}

// upload notes an upload that somebody sent: the router can open it.
func (e *ears) upload(u exchange.Upload) exchange.Upload {
	e.uploads = append(e.uploads, u)
	return u
}

// Began implements cowpitest.Tap.
func (e *ears) Began(n *cowpitest.Net) {
	e.net = n
	if e.next != nil {
		e.next.Began(n)
	}
}

// Stepped implements cowpitest.Tap.
func (e *ears) Stepped(node string, in any, records []store.Record, err error) {
	if e.next != nil {
		e.next.Stepped(node, in, records, err)
	}
	if _, received := in.(cowpi.Received); e.lives != nil && err == nil && e.net.User(node) != nil {
		var told exchange.Message
		if received {
			told = e.told()
		}
		e.lives.stepped(identity.ID(node), told, records)
	}
	e.frame = nil
	e.before, e.opened = e.opened, insides{}
}

// told is what the frame that was opened last says, as far as lives depend on it.
func (e *ears) told() exchange.Message {
	if len(e.frame) < 6 || e.frame[0] != 0 {
		return nil
	}
	n := binary.BigEndian.Uint32(e.frame[1:])
	if n == 0 || int(n) > len(e.frame)-5 || !slices.Contains(counting, e.frame[5]) {
		return nil
	}
	m, err := exchange.Parse(e.Suite, e.frame[5:5+n])
	if err != nil {
		return nil
	}
	return m
}

// counting are the types of those messages: Fetched, Handouts, Delivery (SPEC.md, 9.2).
var counting = []byte{18, 20, 22}

// Committed implements cowpitest.Tap.
func (e *ears) Committed(user string, events []cowpi.Event) {
	if e.next != nil {
		e.next.Committed(user, events)
	}
	e.takes(identity.ID(user), events)
	if e.lives != nil {
		e.lives.committed(identity.ID(user), events)
	}
}

// Connected implements cowpitest.Tap.
func (e *ears) Connected(wire uint64, client, server string) {
	if e.next != nil {
		e.next.Connected(wire, client, server)
	}
	e.ends[wire] = [2]string{client, server}
}

// Sent implements cowpitest.Tap.
func (e *ears) Sent(wire uint64, toServer bool, bytes []byte) {
	if e.next != nil {
		e.next.Sent(wire, toServer, bytes)
	}
	ends := e.ends[wire]
	e.crossed = append(e.crossed, Crossed{cowpitest.Letter{Wire: wire, Client: ends[0], Server: ends[1], ToServer: toServer, Bytes: bytes}, e.net.Now})
}

// Delivered implements cowpitest.Tap.
func (e *ears) Delivered(wire uint64, toServer bool, bytes []byte) {
	if e.next != nil {
		e.next.Delivered(wire, toServer, bytes)
	}
}

// Closed implements cowpitest.Tap.
func (e *ears) Closed(wire uint64) {
	if e.next != nil {
		e.next.Closed(wire)
	}
}

// Crashed implements cowpitest.Tap.
func (e *ears) Crashed(node string) {
	if e.next != nil {
		e.next.Crashed(node)
	}
}

// Restored implements cowpitest.Tap.
func (e *ears) Restored(node string) {
	if e.next != nil {
		e.next.Restored(node)
	}
}

// Saved implements cowpitest.Tap.
func (e *ears) Saved(node string) {
	if e.next != nil {
		e.next.Saved(node)
	}
}

package judge

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// replay runs the programs of all providers once more, on a suite that opens what
// the transcript opens and knows no key. A provider says nothing that does not
// follow from what it was told, but for the keys of its handshakes: so every byte
// that it said can be compared.
type replay struct {
	suite.Suite
	st      *story
	nodes   map[identity.ID]*node
	macs    map[authOf]suite.Hash // by which key, of what
	keyIDs  map[session][8]byte
	current *said             // the message that is being opened
	conn    uint64            // the connection in whose handshake we are
	agreed  map[uint64]uint32 // sessions of each connection so far
	sealed  map[string][]byte // what came out of Seal -> what went in
	now     uint64
	closed  map[uint64]bool // connections that are gone
	corrupt map[identity.ID]bool
	wrong   []string
	unsure  string // why nothing can be said
}

// node is one provider.
type node struct {
	id      identity.ID
	config  provider.Config
	machine *provider.Provider
	store   *store.Memory
	backup  *store.Memory
	expect  []provider.Send
	woken   uint64 // when it was woken to say that, if it was
	wake    uint64 // when it wants to be woken
	dials   map[int]bool
}

// The router calls its end of a connection to a mirror by another number.
const dialled = 1 << 40

func judgeProviders(e Evidence) Opinion {
	c := e.cache
	c.replay.Do(func() {
		r := newReplay(e.story(), e.Corrupt)
		if r.unsure == "" {
			r.run()
		}
		c.faults, c.unsure = r.wrong, r.unsure
	})
	if c.unsure != "" {
		return cannotTell("the providers' programs cannot be run again: %s", c.unsure)
	}
	return contradictions(c.faults)
}

func newReplay(st *story, corrupt []identity.ID) *replay {
	r := &replay{Suite: st.suite, st: st, nodes: map[identity.ID]*node{}, macs: map[authOf]suite.Hash{}, keyIDs: map[session][8]byte{},
		agreed: map[uint64]uint32{}, sealed: map[string][]byte{}, closed: map[uint64]bool{}, corrupt: map[identity.ID]bool{}, now: cowpitest.Start}
	for _, id := range corrupt {
		r.corrupt[id] = true
	}
	set, err := identity.UnsafeProviders(r, st.head.Providers...)
	if err != nil {
		r.say("the provider set: %v", err)
		return r
	}
	if st.head.SuiteID != st.suite.ID() || st.head.Suite != st.suite.Name() {
		r.say("the header names suite %d %q", st.head.SuiteID, st.head.Suite)
	}
	for i := range set.Len() {
		p := set.At(i)
		r.nodes[p.ID] = &node{id: p.ID, store: &store.Memory{}, config: provider.Config{Suite: r,
			Self: identity.Self{ID: p.ID, Key: p.Key}, Providers: set, Limits: limits(st)}}
	}
	r.learn()
	for i := range set.Len() {
		r.start(r.nodes[set.At(i).ID])
	}
	return r
}

// limits are what the providers allow. They are public, but not part of a
// transcript: test networks with small stocks call a quarter of one low.
func limits(st *story) (l provider.Limits) {
	for _, m := range st.all {
		if p, ok := m.message.(exchange.Prekeys); ok {
			if n := len(p.List); n < 1000 {
				l.LowStock = max(1, n/4)
			}
			break
		}
	}
	return l
}

func (r *replay) say(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *replay) start(n *node) {
	var err error
	n.wake, n.dials = 0, map[int]bool{}
	if n.id == r.st.head.Providers[0].ID {
		n.machine, err = provider.NewRouter(n.config)
	} else {
		n.machine, err = provider.NewMirror(n.config)
	}
	if err != nil {
		r.say("%s: %v", n.id, err)
		n.machine = nil
		return
	}
	r.step(n, provider.Tick{})
}

func (r *replay) step(n *node, in provider.Input) {
	if n == nil || n.machine == nil {
		return
	}
	r.settled(n)
	out, err := n.machine.Step(n.store, in, suite.Seed{}, r.now)
	if err != nil {
		r.say("%s: %v", n.id, err)
		return
	}
	n.store.Commit(out.Records)
	for _, ev := range out.Events {
		if f, ok := ev.(provider.Fault); ok && len(r.corrupt) == 0 {
			r.say("%s would have hung up: %v", n.id, f.Err)
		}
	}
	for _, ef := range out.Effects {
		switch x := ef.(type) {
		case provider.Send:
			if !r.closed[uint64(x.Conn)&^dialled] {
				n.expect = append(n.expect, x)
			}
		case provider.WakeAt:
			n.wake = x.Time
		case provider.Dial:
			n.dials[x.Mirror] = true
		}
	}
}

// settled says that a provider has said all that it had to say.
func (r *replay) settled(n *node) {
	if len(n.expect) > 0 && !r.corrupt[n.id] {
		r.say("%s did not say %d messages that it had to say", n.id, len(n.expect))
	}
	n.expect, n.woken = nil, 0
}

// clock lets time pass: who asked for it is woken, just then.
func (r *replay) clock(now uint64) {
	for {
		var next *node
		for _, p := range r.st.head.Providers {
			if n := r.nodes[p.ID]; n != nil && n.wake != 0 && n.wake <= now && (next == nil || n.wake < next.wake) {
				next = n
			}
		}
		if next == nil {
			break
		}
		r.now, next.wake = max(r.now, next.wake), 0
		r.step(next, provider.Tick{})
		next.woken = r.now
	}
	r.now = now
}

// run goes through the transcript.
func (r *replay) run() {
	for i, rec := range r.st.records {
		if len(r.wrong) > 20 {
			return
		}
		if !r.st.head.Timed {
			r.now += 20
		}
		switch rec := rec.(type) {
		case transcript.Clock:
			r.clock(rec.Now)
		case transcript.Registered:
			r.step(r.nodes[rec.Provider], provider.Register{User: rec.User})
		case transcript.Connected:
			r.step(r.nodes[rec.Server], provider.Opened{Conn: provider.ConnID(rec.Conn)})
			if at, ok := r.st.providers[rec.Client]; ok && at == 0 {
				r.linkUp(r.nodes[rec.Client], r.st.providers[rec.Server], rec.Conn)
			}
		case transcript.Closed:
			r.gone(rec.Conn)
		case transcript.Crashed:
			if n := r.nodes[rec.Node]; n != nil {
				n.expect = nil
				r.start(n)
			}
		case transcript.Saved:
			if n := r.nodes[rec.Node]; n != nil {
				n.backup = n.store.Clone()
			}
		case transcript.Restored:
			n := r.nodes[rec.Node]
			if n == nil || n.backup == nil {
				r.say("%q comes back from a backup that it has not", rec.Node)
				continue
			}
			n.store, n.expect = n.backup.Clone(), nil
			r.start(n)
		case transcript.Sent:
			if m := r.st.sent[i]; m != nil {
				r.compare(m)
			}
		case transcript.Delivered:
			m := r.st.delivered[i]
			if m == nil || r.nodes[m.to] == nil {
				continue
			}
			conn := m.conn.number
			r.current, r.conn = m, conn
			if !m.toServer {
				conn |= dialled
			}
			r.step(r.nodes[m.to], provider.Received{Conn: provider.ConnID(conn), Bytes: m.bytes})
		}
	}
	for _, p := range r.st.head.Providers {
		r.settled(r.nodes[p.ID])
	}
}

// linkUp connects the router to a mirror: not before it asked for that.
func (r *replay) linkUp(n *node, mirror int, conn uint64) {
	if r.st.head.Timed && !n.dials[mirror] && !r.corrupt[n.id] {
		r.say("%s did not ask for connection %d at %d", n.id, conn, r.now)
	}
	delete(n.dials, mirror)
	r.conn = conn
	r.step(n, provider.LinkUp{Mirror: mirror, Conn: provider.ConnID(conn | dialled)})
}

func (r *replay) gone(conn uint64) {
	c := r.st.conns[conn]
	if c == nil {
		return
	}
	r.closed[conn] = true
	r.step(r.nodes[c.server], provider.Closed{Conn: provider.ConnID(conn)})
	if !c.user {
		r.step(r.nodes[c.client], provider.Closed{Conn: provider.ConnID(conn | dialled)})
	}
}

// compare holds what a provider said against what it had to say.
func (r *replay) compare(m *said) {
	n := r.nodes[m.from]
	if n == nil || r.corrupt[n.id] {
		return
	}
	if n.woken != 0 && n.woken != r.now {
		r.say("%s is said at %d, and was due at %d", m, r.now, n.woken)
	}
	if len(n.expect) == 0 {
		r.say("%s: it had nothing to say", m)
		return
	}
	want := n.expect[0]
	n.expect = n.expect[1:]
	if uint64(want.Conn)&^dialled != m.conn.number {
		r.say("%s: it had to be said on connection %d", m, uint64(want.Conn)&^dialled)
		return
	}
	if len(want.Bytes) != len(m.bytes) {
		r.say("%s has %d bytes, not %d", m, len(m.bytes), len(want.Bytes))
		return
	}
	plain := m.opened.Plain
	switch len(want.Bytes) {
	case channel.Msg1Size:
		if len(plain) != 0 || m.opened.Kind != transcript.Hello {
			r.say("%s: something is in it", m)
		}
	case channel.Msg2Size:
		r.equal(m, transcript.Handshake, r.sealed[string(want.Bytes[32:])], plain, 65)
	case channel.Msg3Size:
		r.equal(m, transcript.Handshake, r.sealed[string(want.Bytes)], plain, 1+65+32)
	default:
		frame := r.sealed[string(want.Bytes)]
		size := int(binary.BigEndian.Uint32(frame[1:]))
		payload := frame[5 : 5+size]
		switch {
		case frame[0] == renewalFrame && size == channel.Msg2Size && len(plain) == size:
			r.equal(m, transcript.Renewal, r.sealed[string(payload[32:])], m.opened.Inner, 65)
		case (frame[0] == renewalFrame) != (m.opened.Kind == transcript.Renewal) || !bytes.Equal(payload, plain):
			r.say("%s: not what it had to say: %s", m, difference(payload, plain))
		}
	}
}

// renewalFrame is how a frame begins that carries a message of a handshake.
const renewalFrame = 1

// equal compares the first n bytes; the rest is a fresh key.
func (r *replay) equal(m *said, kind transcript.Kind, want, got []byte, n int) {
	if len(want) != len(got) || !bytes.Equal(want[:n], got[:n]) || m.opened.Kind != kind {
		r.say("%s: its handshake names somebody else", m)
	}
}

func difference(want, got []byte) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("byte %d is %02x, not %02x", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d bytes, not %d", len(got), len(want))
}

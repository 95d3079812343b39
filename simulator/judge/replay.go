package judge

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
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
	keyIDs  map[uint64][8]byte    // by connection
	current *said                 // the message that is being opened
	conn    uint64                // the connection in whose handshake we are
	sealed  map[string][]byte     // what came out of Seal -> what went in
	now     uint64
	closed  map[uint64]bool // connections that are gone
	wrong   []string
	unsure  string // why nothing can be said
}

type authOf struct {
	key    [8]byte
	upload suite.Hash
}

// node is one provider.
type node struct {
	id      identity.ID
	config  provider.Config
	machine *provider.Provider
	store   *store.Memory
	expect  []provider.Send
}

// The router calls its end of a connection to a mirror by another number.
const dialled = 1 << 40

func judgeProviders(e Evidence) Opinion {
	c := e.cache
	c.replay.Do(func() {
		r := newReplay(e.story())
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

func newReplay(st *story) *replay {
	r := &replay{Suite: st.suite, st: st, nodes: map[identity.ID]*node{}, macs: map[authOf]suite.Hash{}, keyIDs: map[uint64][8]byte{},
		sealed: map[string][]byte{}, closed: map[uint64]bool{}, now: cowpitest.Start}
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
				l.LowStock = n / 4
			}
			break
		}
	}
	return l
}

// learn finds out which authentication keys belong to which connections: those
// that users had when they made their uploads.
func (r *replay) learn() {
	current := map[[2]identity.ID]uint64{}
	for i, rec := range r.st.records {
		if c, ok := rec.(transcript.Connected); ok {
			current[[2]identity.ID{c.Client, c.Server}] = c.Conn
			if strings.HasSuffix(string(c.Server), "*") || strings.HasSuffix(string(c.Client), "*") {
				r.unsure = "the router forked"
			}
		}
		m := r.st.sent[i]
		if m == nil {
			continue
		}
		if m.opened.Kind == transcript.Renewal {
			r.unsure = "keys of a connection were renewed while it stood"
		}
		u, ok := m.message.(exchange.Upload)
		if !ok {
			continue
		}
		if len(u.Auths) != len(r.st.head.Providers) {
			r.say("%s: an upload with %d authentication blocks", m, len(u.Auths))
			continue
		}
		id := u.ID(r.Suite)
		for j, a := range u.Auths {
			conn := current[[2]identity.ID{m.from, r.st.head.Providers[j].ID}]
			if known, ok := r.keyIDs[conn]; ok && known != a.KeyID {
				r.say("%s: two ids of the authentication key of connection %d", m, conn)
			}
			r.keyIDs[conn] = a.KeyID
			of := authOf{a.KeyID, id}
			if mac, ok := r.macs[of]; ok && mac != a.MAC {
				r.say("%s: two MACs of one upload under one key", m)
			}
			r.macs[of] = a.MAC
		}
	}
}

func (r *replay) say(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *replay) start(n *node) {
	var err error
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
		if f, ok := ev.(provider.Fault); ok {
			r.say("%s would have hung up: %v", n.id, f.Err)
		}
	}
	for _, ef := range out.Effects {
		if s, ok := ef.(provider.Send); ok {
			if !r.closed[uint64(s.Conn)&^dialled] {
				n.expect = append(n.expect, s)
			}
		}
	}
}

// settled says that a provider has said all that it had to say.
func (r *replay) settled(n *node) {
	if len(n.expect) > 0 {
		r.say("%s did not say %d messages that it had to say", n.id, len(n.expect))
		n.expect = nil
	}
}

// run goes through the transcript.
func (r *replay) run() {
	for i, rec := range r.st.records {
		if r.now += 20; len(r.wrong) > 20 {
			return
		}
		switch rec := rec.(type) {
		case transcript.Clock:
			r.now = rec.Now
		case transcript.Registered:
			r.step(r.nodes[rec.Provider], provider.Register{User: rec.User})
		case transcript.Connected:
			r.step(r.nodes[rec.Server], provider.Opened{Conn: provider.ConnID(rec.Conn)})
			if at, ok := r.st.providers[rec.Client]; ok && at == 0 {
				r.conn = rec.Conn
				r.step(r.nodes[rec.Client], provider.LinkUp{Mirror: r.st.providers[rec.Server], Conn: provider.ConnID(rec.Conn | dialled)})
			}
		case transcript.Closed:
			r.gone(rec.Conn)
		case transcript.Crashed:
			if n := r.nodes[rec.Node]; n != nil {
				n.expect = nil
				r.start(n)
			}
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
	if n == nil {
		return
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
		r.equal(m, r.sealed[string(want.Bytes[32:])], plain, 65)
	case channel.Msg3Size:
		r.equal(m, r.sealed[string(want.Bytes)], plain, 1+65+32)
	default:
		frame := r.sealed[string(want.Bytes)]
		size := int(binary.BigEndian.Uint32(frame[1:]))
		if m.opened.Kind != transcript.Data || !bytes.Equal(frame[5:5+size], plain) {
			r.say("%s: not what it had to say: %s", m, difference(frame[5:5+size], plain))
		}
	}
}

// equal compares the first n bytes; the rest is a fresh key.
func (r *replay) equal(m *said, want, got []byte, n int) {
	if len(want) != len(got) || !bytes.Equal(want[:n], got[:n]) || m.opened.Kind != transcript.Handshake {
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

var errClosed = errors.New("judge: not to be used")

// Coins implements suite.Suite: nobody looks at them.
func (r *replay) Coins(suite.Seed, suite.Scalar, uint64, suite.Purpose, uint32) suite.Coin {
	return suite.Coin{}
}

// H1 implements suite.Suite.
func (r *replay) H1(suite.Coin, suite.Scalar) suite.Scalar { return suite.Scalar{} }

// Public implements suite.Suite.
func (r *replay) Public(suite.Scalar) suite.Point { return suite.Point{} }

// DH implements suite.Suite.
func (r *replay) DH(_ suite.Scalar, p suite.Point) (suite.Point, error) {
	if r.Suite.CheckPoint(p) != nil && p != (suite.Point{}) {
		return suite.Point{}, errClosed
	}
	return suite.Point{}, nil
}

// KDF implements suite.Suite. An authentication key is the number of its
// connection; its id and its MACs are those of the transcript.
func (r *replay) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := make([]byte, n)
	switch purpose {
	case "auth key":
		binary.BigEndian.PutUint64(out, r.conn)
	case "auth key id":
		conn := binary.BigEndian.Uint64(fields[0])
		if id, ok := r.keyIDs[conn]; ok {
			copy(out, id[:])
		} else {
			binary.BigEndian.PutUint64(out, ^conn)
		}
	case "auth sid":
		copy(out, fields[0])
	case "auth":
		id, ok := r.keyIDs[binary.BigEndian.Uint64(fields[0])]
		mac, known := r.macs[authOf{id, suite.Hash(fields[1])}]
		if ok && known {
			copy(out, mac[:])
		}
	}
	return out
}

// Seal implements suite.Suite.
func (r *replay) Seal(dst []byte, _ suite.Purpose, _ suite.Key, _ [suite.NonceSize]byte, plain []byte, _ ...[]byte) []byte {
	out := make([]byte, len(plain)+suite.TagSize)
	binary.BigEndian.PutUint64(out, uint64(len(r.sealed)+1))
	r.sealed[string(out)] = bytes.Clone(plain)
	return append(dst, out...)
}

// Open implements suite.Suite: what the transcript says was in it.
func (r *replay) Open(purpose suite.Purpose, _ suite.Key, _ [suite.NonceSize]byte, sealed []byte, _ ...[]byte) ([]byte, bool) {
	o := r.current.opened
	if purpose != "frame" {
		return bytes.Clone(o.Plain), o.Kind == transcript.Handshake && len(o.Plain)+suite.TagSize == len(sealed)
	}
	if o.Kind != transcript.Data {
		return nil, false
	}
	size := wire.Padme(max(5+len(o.Plain), channel.MinFrameSize-suite.TagSize))
	w := wire.NewWriter(size).U8(0).Field(o.Plain)
	return w.Bytes()[:size], size+suite.TagSize == len(sealed)
}

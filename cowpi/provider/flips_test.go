package provider

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// flipper changes each single byte of what arrives at a provider, inside its
// frame, just before the true message comes. Each change is handled in a step
// that is taken back, so the story goes on as if it had never been said.
type flipper struct {
	t       *testing.T
	n       *net
	genuine map[suite.Hash]bool // ids of all uploads that were really made
	seen    map[string]bool     // shapes that were there
	refuted map[string]int      // shape -> changes that ended the connection
	passed  map[string]int      // shape -> changes that meant something else, or nothing
}

// shape tells apart what is made up of different fields.
func (f *flipper) shape(i int, c conn, payload []byte) string {
	at := []string{"router", "mirror"}[min(i, 1)]
	if c.user == "" {
		p, err := parsePacket(payload)
		require.NoError(f.t, err)
		if p.kind != packetData {
			return fmt.Sprintf("%s: packet %d", at, p.kind)
		}
		m, err := parseMessage(def, p.message)
		require.NoError(f.t, err)
		name := fmt.Sprintf("%s: %T", at, m)
		if p, ok := m.(proposal); ok {
			name += fmt.Sprintf(" of type %d", p.entries[0].block.Type)
		}
		return name
	}
	m, err := exchange.Parse(def, payload)
	require.NoError(f.t, err)
	name := fmt.Sprintf("%s: %T", at, m)
	if u, ok := m.(exchange.Upload); ok {
		d, err := conversation.Parse(def, u.Data)
		require.NoError(f.t, err)
		name += fmt.Sprintf(" of type %d", d.Type)
	}
	return name
}

// before is called with each message before it is handled.
func (f *flipper) before(nd *node, r Received) {
	c, ok := nd.p.mem.conns.get(r.Conn)
	if !ok || c.phase != up {
		return
	}
	ch, o, err := c.channel.Open(r.Bytes, suite.NewCoins(def, suite.Seed{}, nd.p.cfg.Self.Secret, 0))
	if err != nil || !o.HasData {
		return
	}
	c.channel = ch
	i := slices.Index(f.n.nodes, nd)
	shape := f.shape(i, c, o.Data)
	if f.seen[shape] {
		return
	}
	f.seen[shape] = true
	for at := range o.Data {
		bad := slices.Clone(o.Data)
		bad[at] ^= 1 << (at % 8)
		records, err := f.say(nd, r.Conn, c, bad)
		if err != nil {
			f.refuted[shape]++
			continue
		}
		f.passed[shape]++
		require.NoError(f.t, f.judge(records), "%s, byte %d", shape, at)
	}
}

// say handles a payload and takes it back. What is wrong with it is evidence, and
// nothing else.
func (f *flipper) say(nd *node, at ConnID, c conn, payload []byte) (records []store.Record, refuted error) {
	nd.probe(f.t, func(s *step) error {
		s.mem.conns.put(at, c)
		if c.user == "" {
			refuted = s.linkFrame(at, c, channel.Opened{Data: payload, HasData: true})
			if p, err := parsePacket(payload); err == nil && refuted == nil && p.kind == packetSnapshot {
				// What it says is looked at when all of it is there.
				st, _ := outlog{f.n.nodes[1].store}.state()
				refuted = s.linkFrame(at, c, channel.Opened{HasData: true,
					Data: packet{kind: packetEnd, number: st.last, digest: st.digest}.encode()})
			}
		} else {
			m, err := exchange.Parse(def, payload)
			if refuted = err; err == nil {
				refuted = s.fromUser(at, c.user, m)
			}
		}
		if refuted == nil {
			records = s.d.Records()
		}
		return refuted
	})
	return records, refuted
}

// judge wants nothing to be proposed, accepted or committed but what an author
// really made.
func (f *flipper) judge(records []store.Record) error {
	for _, r := range records {
		if r.Value == nil {
			continue
		}
		switch r.Key[0] {
		case tabProposal:
			p, err := parseStoredProposal(def, r.Value)
			if err != nil {
				return err
			}
			for _, e := range p.entries {
				if !f.genuine[e.id] {
					return fmt.Errorf("proposed, or accepted: %x", e.upload.Data)
				}
			}
		case tabEntry:
			e, err := parseEntry(r.Value)
			if err != nil {
				return err
			}
			if id := (exchange.Upload{Data: e.data, Blocks: e.blocks}).ID(def); !f.genuine[id] {
				return fmt.Errorf("committed: %x", e.data)
			}
		}
	}
	return nil
}

// Each single byte of every message that users say to router and mirrors, and
// these to each other, inside its frame: evidence, which closes that connection;
// or it means something else that its sender may say. Never a panic or a failed
// step, and never is anything proposed, accepted or committed that its author did
// not make. The true message is taken afterwards as if nothing had been.
// (W1 to W3, H5, A1 to A6, R3, M1 to M8.)
func TestFlipsOfEveryMessage(t *testing.T) {
	n := newNet(t, 1, Limits{PrekeyLife: 10_000})
	f := &flipper{t: t, n: n, genuine: map[suite.Hash]bool{}, seen: map[string]bool{}, refuted: map[string]int{}, passed: map[string]int{}}
	n.uploaded = func(u exchange.Upload) { f.genuine[u.ID(def)] = true }
	n.stepper = func(nd *node, in Input, seed suite.Seed) (Output, error) {
		if r, ok := in.(Received); ok {
			f.before(nd, r)
		}
		return nd.p.Step(nd.store, in, seed, n.now)
	}
	ps := people(n, 9, "ann", "bob", "cem")
	g := ps[0].found(ps[1:]...)
	g.say(ps[1])
	d := g.next(ps[2], conversation.RCPT).Seal(def)
	ps[2].submit(ps[2].upload(g.st.Roster, d, exchange.Fetched{}))
	n.run()
	g.accept(d)
	g.change(ps[2], nil, nil, []*person{ps[1]})
	ps[0].fetchFor(suite.Hash{9}, "cem")
	ps[0].fetches = nil
	n.wait(10_000) // it expires
	n.run()
	backup := n.nodes[0].store.Clone()
	ps[1].tell(exchange.Withdraw{Batch: 1})
	g.say(ps[0])
	n.restore(0, backup)
	g.say(ps[1])
	for _, p := range ps {
		g.complete(p, 0, 6)
	}
	n.sameState(g, ps...)
	n.noFaults()

	for _, at := range []string{"router", "mirror"} {
		for _, m := range []exchange.Message{exchange.Prekeys{}, exchange.Withdraw{}, exchange.Fetch{}, exchange.Ack{}, exchange.HandoutAck{}} {
			require.True(t, f.seen[fmt.Sprintf("%s: %T", at, m)], "%s: %T", at, m)
		}
		for _, kind := range []int{packetHello, packetAck} {
			require.True(t, f.seen[fmt.Sprintf("%s: packet %d", at, kind)], "%s: packet %d", at, kind)
		}
	}
	for typ := conversation.SETUP; typ <= conversation.UPDATE; typ++ {
		require.True(t, f.seen[fmt.Sprintf("router: %T of type %d", exchange.Upload{}, typ)], typ)
		require.True(t, f.seen[fmt.Sprintf("mirror: %T of type %d", proposal{}, typ)], typ)
	}
	for _, m := range []message{commit{}, pickFor{}, expire{}, withdraw{}} {
		require.True(t, f.seen[fmt.Sprintf("mirror: %T", m)], "%T", m)
	}
	for _, m := range []message{confirm{}, asked{}, verdict{}} {
		require.True(t, f.seen[fmt.Sprintf("router: %T", m)], "%T", m)
	}
	require.True(t, f.seen[fmt.Sprintf("mirror: packet %d", packetResync)])
	for _, kind := range []int{packetSnapshot, packetEnd} {
		require.True(t, f.seen[fmt.Sprintf("router: packet %d", kind)])
	}
	refuted, passed := 0, 0
	for shape := range f.seen {
		refuted, passed = refuted+f.refuted[shape], passed+f.passed[shape]
		t.Logf("%s: %d bytes were refuted, %d were not", shape, f.refuted[shape], f.passed[shape])
	}
	require.Positive(t, refuted)
	require.Positive(t, passed)
}

// The negative control: an upload that was changed and authenticated anew is taken,
// by the router and by its mirror, and the judgement of the flips sees it.
func TestFlipsAreJudged(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 9, "ann", "bob")
	g := ps[0].found(ps[1])
	f := &flipper{t: t, n: n, genuine: map[suite.Hash]bool{}}
	n.uploaded = func(u exchange.Upload) { f.genuine[u.ID(def)] = true }
	_, u := g.msg(ps[0], 10)
	records := func(u exchange.Upload) []store.Record {
		c, _ := n.nodes[0].p.mem.conns.get(ps[0].ids[0])
		records, err := f.say(n.nodes[0], ps[0].ids[0], c, exchange.Encode(u))
		require.NoError(t, err)
		return records
	}
	require.NoError(t, f.judge(records(u)))
	u.Blocks = [][]byte{slices.Clone(u.Blocks[0])}
	u.Blocks[0][40] ^= 1
	require.NoError(t, f.judge(records(u)), "refused")
	n.uploaded = nil
	ps[0].auths(&u, g.sid)
	require.ErrorContains(t, f.judge(records(u)), "proposed")

	link := n.nodes[1].p.mem.plain.links[0].conn
	c, _ := n.nodes[1].p.mem.conns.get(link)
	last, _, err := inlog{n.nodes[1].store, 0}.at()
	require.NoError(t, err)
	m := encodeMessage(proposal{sid: g.sid, first: 1, entries: []proposed{n.entryOf(u)}})
	accepted, err := f.say(n.nodes[1], link, c, packet{kind: packetData, number: last + 1, message: m}.encode())
	require.NoError(t, err)
	require.ErrorContains(t, f.judge(accepted), "accepted")
	_, err = f.say(n.nodes[1], link, c, packet{kind: packetData, number: last + 2, message: m}.encode())
	var e *fault.Evidence
	require.True(t, errors.As(err, &e))
	require.Equal(t, fault.M1, e.Check)
}

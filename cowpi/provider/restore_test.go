package provider

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// restore puts a node back to a copy of its store.
func (n *net) restore(i int, backup *store.Memory) {
	n.nodes[i].store = backup.Clone()
	n.restart(i)
	n.run()
}

// distinct lists what p got of a conversation from provider i, by index, and
// requires that what came again was the same.
func (g *group) distinct(p *person, i int) map[uint64]exchange.Delivery {
	out := map[uint64]exchange.Delivery{}
	for _, m := range all[exchange.Delivery](p, i) {
		if m.Sid != g.sid {
			continue
		}
		if old, ok := out[m.Index]; ok {
			require.True(g.n.t, old.Equal(m), "%q: index %d changed at %d", p.self.ID, m.Index, i)
		}
		out[m.Index] = m
	}
	return out
}

// complete requires that p got all these indices from all providers, the same.
func (g *group) complete(p *person, from, to uint64) {
	first := g.distinct(p, 0)
	for i := range p.ids {
		got := g.distinct(p, i)
		var at []uint64
		for k := range got {
			at = append(at, k)
		}
		slices.Sort(at)
		require.Equal(g.n.t, indices(from, to), at, "%q from %d", p.self.ID, i)
		for k := from; k < to; k++ {
			require.True(g.n.t, got[k].Equal(first[k]), "%q: index %d differs at %d", p.self.ID, k, i)
			require.Equal(g.n.t, g.blocks[k].Raw(), got[k].Data)
		}
	}
}

// sameState requires that all providers agree on a conversation and on stocks.
func (n *net) sameState(g *group, people ...*person) {
	for _, nd := range n.nodes {
		st, ok, err := nd.p.public.Load(nd.store, g.sid, 0)
		require.NoError(n.t, err)
		require.True(n.t, ok)
		require.Equal(n.t, g.st.Head, st.Head)
		for _, p := range people {
			a, err := loadOwner(n.nodes[0].store, p.self.ID)
			require.NoError(n.t, err)
			b, err := loadOwner(nd.store, p.self.ID)
			require.NoError(n.t, err)
			require.Equal(n.t, a.free, b.free, "stock of %q", p.self.ID)
			require.Equal(n.t, a.log, b.log, "log of %q", p.self.ID)
		}
	}
}

// A router restored from a backup catches up from its mirrors, uses no index
// twice, and nobody notices.
func TestRestoredRouter(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 30, "ann", "bob", "cem", "dee")
	g := ps[0].found(ps[1], ps[2])
	g.say(ps[1])
	backup := n.nodes[0].store.Clone()
	g.say(ps[2])
	g.change(ps[1], []*person{ps[3]}, nil, nil)
	g.say(ps[3])
	ps[3].stock(10)

	n.restore(0, backup)
	n.noFaults()
	require.Contains(t, n.nodes[0].events, Event(Restored{1}))
	n.sameState(g, ps...)
	g.say(ps[0])
	g.change(ps[0], nil, nil, []*person{ps[1]})
	for i, p := range ps {
		g.complete(p, []uint64{0, 0, 0, 3}[i], 7)
	}
	n.sameState(g, ps...)
	ps[3].stock(5) // batch 3 follows on batch 2, which the router had lost
	for i := range n.nodes {
		require.Equal(t, uint32(3), last[exchange.Stocked](ps[3], i).Batch)
	}
	n.noFaults()
}

// At whatever moment of a run the backup is from, whichever mirror is ahead.
func TestRestoredRouterAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := newNet(t, 2, Limits{PrekeyLife: 1 << 40})
		ps := people(n, 40, "ann", "bob", "cem")
		g := ps[0].found(ps[1:]...)
		var backups []*store.Memory
		n.crash = func(at int) bool {
			if at == 0 {
				backups = append(backups, n.nodes[0].store.Clone())
			}
			return false
		}
		steps := rapid.IntRange(1, 6).Draw(t, "uploads")
		for range steps {
			p := ps[rapid.IntRange(0, 2).Draw(t, "author")]
			if rapid.Bool().Draw(t, "update") {
				g.change(p, nil, nil, []*person{ps[rapid.IntRange(0, 2).Draw(t, "restarted")]})
			} else {
				g.say(p)
			}
		}
		// One more, of which the outcome is open, and one mirror may lag behind.
		d, u := g.msg(ps[0], 32)
		ps[0].submit(u)
		for range rapid.IntRange(0, 60).Draw(t, "messages") {
			if len(n.queue) > 0 {
				q := n.queue[0]
				n.queue = n.queue[1:]
				n.deliver(q)
			}
		}
		n.crash = nil
		n.restore(0, backups[rapid.IntRange(0, len(backups)-1).Draw(t, "backup")])
		n.noFaults()
		g.accept(d)
		g.say(ps[1])
		for _, p := range ps {
			g.complete(p, 0, uint64(steps)+3)
		}
		n.sameState(g, ps...)
		n.noFaults()
	})
}

// A mirror that was restored from a backup has forgotten what it acknowledged: it
// is not served any more, and both sides say so (M1). With its own store again
// all goes on.
func TestM1RestoredMirrorIsNotServed(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	backup := n.nodes[1].store.Clone()
	g.say(ps[0])
	now := n.nodes[1].store.Clone()

	n.restore(1, backup)
	requireFault(t, "M1", n.nodes[0].faults)
	n.nodes[0].faults, n.nodes[1].faults = nil, nil
	n.restore(1, now)
	g.say(ps[1])
	for _, p := range ps {
		g.complete(p, 0, 3)
	}
	n.noFaults()
}

// What a mirror tells a restored router is checked record by record: M1.
func TestM1StateOfAMirrorIsWellFormed(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	backup := n.nodes[0].store.Clone()
	g := ps[0].found(ps[1:]...)
	g.say(ps[0])
	good := n.nodes[1].store.Clone()
	for _, k := range [][]byte{key(tabOwner, ps[0].self.ID.Field()), key(tabPublic, []byte{'h'}, g.sid[:]),
		key(tabOwner, []byte("no id")), {'z', 1}, key(tabOwner)} {
		bad := good.Clone()
		bad.Commit([]store.Record{{Key: k, Value: []byte{recordVersion, 1, 2, 3}}})
		if k[0] != 'z' && len(k) > 6 { // else the mirror itself could not read it, or does not tell it
			n.nodes[1].store = bad
			p, err := NewRouter(Config{Suite: def, Self: n.selves[0], Providers: n.set})
			require.NoError(t, err)
			s, err := p.begin(backup.Clone(), suite.Seed{}, 1)
			require.NoError(t, err)
			s.plain.source = 1
			s.plain.hellos[1] = packet{number: 1}
			s.plain.ends[1] = packet{kind: packetEnd}
			err = s.fill(bad)
			require.NoError(t, err)
			requireFault(t, "M1", []error{s.takeOver()})
		}
	}
	n.nodes[1].store = good
	n.restore(0, backup)
	n.noFaults()
	n.sameState(g, ps...)
}

// fill takes the state that a mirror with this store would tell.
func (s *step) fill(v *store.Memory) error {
	for _, prefix := range snapshotPrefixes() {
		err := scanPrefix(v, prefix, func(k, val []byte) bool {
			s.plain.state = append(s.plain.state, store.Record{Key: k, Value: val})
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

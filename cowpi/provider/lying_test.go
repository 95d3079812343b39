package provider

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// liar is the suite of a provider that lies in its frames.
type liar struct {
	suite.Suite
	frame func(payload []byte) // may change it; same length
}

func (l liar) Seal(dst []byte, p suite.Purpose, k suite.Key, n [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	if p == "frame" {
		plain = slices.Clone(plain)
		l.frame(plain[5 : 5+binary.BigEndian.Uint32(plain[1:])]) // behind kind and length
	}
	return l.Suite.Seal(dst, p, k, n, plain, ad...)
}

// restoredBy restores a router from a backup, with a mirror that changes one bit of
// the state that it tells; at -1: none. All kinds of records are in that state. It
// returns how large the state is.
func restoredBy(t *testing.T, at int) (*net, *group, []*person, int) {
	n := newNet(t, 1, Limits{})
	size := 0
	n.lying = map[int]suite.Suite{1: liar{def, func(payload []byte) {
		if len(payload) > 0 && payload[0] == packetSnapshot {
			size = len(payload)
			if at >= 0 && at < size {
				payload[at] ^= 1 << (at % 8)
			}
		}
	}}}
	n.restart(1)
	n.run()
	ps := people(n, 12, "ann", "bob", "cem")
	backup := n.nodes[0].store.Clone()
	g := ps[0].found(ps[1:]...)
	ps[1].auto = false // something is still owed
	g.say(ps[2])
	g.change(ps[2], nil, nil, []*person{ps[0]})
	g.say(ps[0])
	ps[2].fetchFor(suite.Hash{9}, "ann")
	ps[2].fetches = nil
	n.restore(0, backup)
	return n, g, ps, size
}

// A router that is restored takes over what a mirror tells only if it fits
// together: M1 against the mirror, which then tells the truth; or no later step
// fails by it, whatever users do.
func TestM1StateOfALyingMirror(t *testing.T) {
	n, g, ps, size := restoredBy(t, -1)
	n.noFaults()
	g.say(ps[0])
	for _, p := range ps {
		g.complete(p, 0, 5)
	}
	n.sameState(g, ps...)

	refuted, believed := 0, 0
	for at := 3; at < size; at += 37 {
		n, g, ps, _ := restoredBy(t, at)
		if faults := n.nodes[0].faults; len(faults) > 0 {
			refuted++
			require.Contains(t, []fault.Check{fault.M1, fault.W1}, fault.CheckOf(faults[0]))
			require.Equal(t, string(n.set.At(1).ID), blamed(faults[0]).ID)
			n.lying = nil
			n.restart(1)
			n.nodes[0].faults, n.nodes[1].faults = nil, nil
			n.wait(2000)
			n.run()
			g.say(ps[0])
			for _, p := range ps {
				g.complete(p, 0, 5)
			}
			n.sameState(g, ps...)
			n.noFaults()
			continue
		}
		believed++
		ps[1].auto = true
		ps[1].leave() // and comes back, and acknowledges what it is given
		ps[1].stay = true
		ps[1].connect()
		n.run()
		_, u := g.msg(ps[0], 8)
		ps[0].submit(u)
		n.run()
		n.wait(40 * 24 * 3600 * 1000) // what was fetched expires
		n.run()
	}
	t.Logf("of %d changes of a state of %d bytes, %d were refuted", refuted+believed, size, refuted)
	require.Greater(t, refuted, 10)
	require.Greater(t, believed, 10)
}

// A prekey of small order is not taken from the state that a mirror tells either:
// W3, which makes the state one that is not well formed (M1).
func TestW3InAToldState(t *testing.T) {
	n := newNet(t, 1, Limits{})
	people(n, 3, "ann")
	s, err := n.nodes[0].p.begin(n.nodes[0].store, suite.Seed{}, 1)
	require.NoError(t, err)
	require.NoError(t, s.fill(n.nodes[1].store))
	i := slices.IndexFunc(s.plain.state, func(r store.Record) bool { return r.Key[0] == tabPrekeys })
	require.GreaterOrEqual(t, i, 0)
	r := s.plain.state[i]
	require.NoError(t, s.wellFormed(r))
	for k := range 3 {
		for _, p := range []suite.Point{{}, {1}} {
			bad := store.Record{Key: r.Key, Value: slices.Clone(r.Value)}
			copy(bad.Value[k*prekeySize+8:], p[:])
			require.Equal(t, fault.W3, fault.CheckOf(s.wellFormed(bad)))
		}
	}
}

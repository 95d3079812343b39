package provider

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// story is a run with all that happens in the life of a conversation.
func story(n *net) (*group, []*person) {
	ps := people(n, 30, "ann", "bob", "cem")
	g := ps[0].found(ps[1:]...)
	g.say(ps[1])
	g.change(ps[2], nil, nil, []*person{ps[1]})
	g.say(ps[0])
	return g, ps
}

// Whichever node dies right after whichever commit, before any effect of it: all
// is delivered, the same everywhere, and nobody is blamed.
func TestCrashAtEveryStep(t *testing.T) {
	count := 0
	n := newNet(t, 2, Limits{})
	n.crash = func(int) bool { count++; return false }
	g, ps := story(n)
	n.sameState(g, ps...)

	stride := 3
	if testing.Short() {
		stride = 29
	}
	for k := 1; k <= count; k += stride {
		n := newNet(t, 2, Limits{})
		i := 0
		n.crash = func(int) bool { i++; return i == k }
		g, ps := story(n)
		for _, p := range ps {
			g.complete(p, 0, 4)
		}
		n.sameState(g, ps...)
		n.noFaults()
	}
}

// breaking is a store that fails at its n-th read.
type breaking struct {
	store.View
	left int
}

var errBroken = errors.New("disk on fire")

func (b *breaking) Get(k []byte) ([]byte, error) {
	if b.left--; b.left == 0 {
		return nil, errBroken
	}
	return b.View.Get(k)
}

func (b *breaking) Scan(lo, hi []byte, yield func(k, v []byte) bool) error {
	if b.left--; b.left == 0 {
		return errBroken
	}
	return b.View.Scan(lo, hi, yield)
}

// A step that fails leaves the provider as it was, at whichever read it fails: the
// same input afterwards does just what it would have done.
func TestFailedStepChangesNothing(t *testing.T) {
	good := newNet(t, 2, Limits{})
	story(good)

	failures := 0
	n := newNet(t, 2, Limits{})
	n.stepper = func(nd *node, in Input, seed suite.Seed) (Output, error) {
		for read := 1; ; read += 1 + read/2 {
			out, err := nd.p.Step(&breaking{nd.store, read}, in, seed, n.now)
			if err == nil {
				return out, nil
			}
			require.ErrorIs(t, err, errBroken)
			require.Empty(t, out)
			failures++
		}
	}
	story(n)
	require.Greater(t, failures, 500)
	for i := range n.nodes {
		require.Equal(t, good.nodes[i].store, n.nodes[i].store)
		require.Equal(t, good.nodes[i].events, n.nodes[i].events)
	}
}

// A user that connects again gets everything that it has not acknowledged, in
// order, and nothing else.
func TestDeliveriesAgain(t *testing.T) {
	n := newNet(t, 1, Limits{Window: 4})
	ps := people(n, 20, "ann", "bob")
	ann, bob := ps[0], ps[1]
	g := ann.found(bob)
	bob.auto = false
	for range 9 {
		g.say(ann)
	}
	g.sameDeliveries(bob, 0, 1, 2, 3, 4) // 0 is acknowledged, then the window is full
	bob.tell(exchange.Ack{Sid: g.sid, Index: 2})
	g.sameDeliveries(bob, 0, 1, 2, 3, 4, 5, 6)
	bob.leave()
	bob.forget()
	g.say(ann)
	bob.stay = true
	bob.connect()
	n.run()
	for i := range bob.ids {
		w := last[exchange.Welcome](bob, i)
		require.Equal(t, []exchange.HeadOf{{Sid: g.sid, Head: 10}}, w.Heads)
	}
	g.sameDeliveries(bob, 3, 4, 5, 6)
	bob.tell(exchange.Ack{Sid: g.sid, Index: 1 << 60}) // what was never delivered is not acknowledged
	n.noFaults()
}

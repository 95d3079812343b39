package provider

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/store"
)

// story is a run with all that happens in the life of a conversation. Uploads are
// handed over again when their author has lost its connection to the router
// meanwhile, as clients do.
func story(n *net) (*group, []*person) {
	ps := people(n, 30, "ann", "bob", "cem")
	g := ps[0].found(ps[1:]...)
	if g.missing(ps[0], 0) {
		return nil, nil // the SETUP was lost with the router: the caller hands it over again
	}
	g.sure(ps[1], func() { g.say(ps[1]) })
	g.sure(ps[2], func() { g.change(ps[2], nil, nil, []*person{ps[1]}) })
	g.sure(ps[0], func() { g.say(ps[0]) })
	return g, ps
}

func (g *group) missing(p *person, index uint64) bool {
	_, ok := g.distinct(p, 0)[index]
	return !ok
}

// sure runs an upload, and hands over the same again until it was accepted.
func (g *group) sure(p *person, upload func()) {
	index := uint64(len(g.blocks))
	upload()
	for range 3 {
		if !g.missing(p, index) {
			return
		}
		p.auths(&g.n.sent, g.sid)
		p.send(0, g.n.sent)
		g.n.run()
	}
	require.False(g.n.t, g.missing(p, index), "index %d is lost", index)
}

// Whichever node dies right after whichever commit, before any effect of it: all
// is delivered, once and the same everywhere, and nobody is blamed.
func TestCrashAtEveryStep(t *testing.T) {
	count := 0
	n := newNet(t, 2, Limits{})
	n.crash = func(*net, int, Output) bool { count++; return false }
	g, ps := story(n)
	n.sameState(g, ps...)

	stride := 7
	if testing.Short() {
		stride = 41
	}
	for k := 0; k < count; k += stride {
		n := newNet(t, 2, Limits{})
		i := 0
		n.crash = func(*net, int, Output) bool { i++; return i == k+1 }
		g, ps := story(n)
		for g == nil {
			g, ps = n.again()
		}
		for _, p := range ps {
			g.complete(p, 0, 4)
		}
		n.sameState(g, ps...)
		n.noFaults()
		last := ps[0].n.nodes
		require.Len(t, last, 3)
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

// A step that fails leaves the provider as it was, wherever it fails: the same
// input afterwards has the same outcome as if nothing had been.
func TestFailedStepChangesNothing(t *testing.T) {
	run := func(breakEvery int) (*net, *group, []*person) {
		n := newNet(t, 2, Limits{})
		failures := 0
		n.before = func(nd *node, in Input) {
			for reads := 1; breakEvery > 0; reads += breakEvery {
				_, err := nd.p.Step(&breaking{nd.store, reads}, in, suiteSeed(n.seed+1), n.now)
				if err == nil {
					break // it needs fewer reads: but it has happened now
				}
				require.ErrorIs(t, err, errBroken)
				failures++
			}
		}
		_ = failures
		g, ps := story(n)
		return n, g, ps
	}
	n, g, ps := run(0)
	n.sameState(g, ps...)
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

package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// logOf is what an owner was told of its hand-out log by a provider.
func logOf(p *person, i int) (out []exchange.Handout) {
	for _, m := range all[exchange.Handouts](p, i) {
		for k, h := range m.List {
			if int(m.First)+k == len(out)+1 {
				out = append(out, h)
			}
		}
	}
	return out
}

// sameLogs requires that all providers told the owner the same, and returns it.
func sameLogs(p *person) []exchange.Handout {
	first := logOf(p, 0)
	for i := range p.ids {
		require.Equal(p.n.t, first, logOf(p, i), "%q from %d", p.self.ID, i)
	}
	return first
}

// A fetched prekey that is not used expires by the router's clock, is logged, and
// is refused from then on.
func TestExpiry(t *testing.T) {
	n := newNet(t, 2, Limits{PrekeyLife: 10_000})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1]) // uses what it fetched: nothing to expire
	d, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
	key := last[exchange.Fetched](ps[0], 0).Keys[0].Prekey.ID
	n.wait(9_999)
	n.run()
	require.NotContains(t, sameLogs(ps[2]), exchange.Handout{Kind: exchange.HandoutExpired, Prekey: key})
	n.wait(1)
	n.run()
	require.Contains(t, sameLogs(ps[2]), exchange.Handout{Kind: exchange.HandoutExpired, Prekey: key})
	for _, h := range sameLogs(ps[1]) {
		require.NotEqual(t, exchange.HandoutExpired, h.Kind)
	}
	ps[0].send(0, u)
	n.run()
	refused(ps[0], exchange.ReasonPrekey, "cem", 0, fault.A5)
	g.change(ps[0], []*person{ps[2]}, nil, nil) // with another prekey
	_ = d
	g.complete(ps[1], 0, 2)
	n.wait(60_000)
	n.run()
	require.Zero(t, n.nodes[0].wake, "nothing is left to expire")
	n.noFaults()
	n.sameState(g, ps...)
}

// A prekey does not expire while a proposal names it: it waits for its fate.
func TestNoExpiryInFlight(t *testing.T) {
	for _, accept := range []bool{true, false} {
		n := newNet(t, 1, Limits{PrekeyLife: 10_000})
		ps := people(n, 20, "ann", "bob", "cem")
		g := ps[0].found(ps[1])
		d, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
		key := last[exchange.Fetched](ps[0], 0).Keys[0].Prekey.ID
		if !accept {
			u.Auths[1].MAC[0] ^= 1
		}
		ps[0].send(0, u)
		q := n.queue[0]
		n.queue = n.queue[1:]
		n.deliver(q) // the router proposes
		require.NotEmpty(t, n.queue)
		n.wait(20_000) // and the time is over while the mirror thinks
		for _, q := range n.queue {
			require.Less(t, len(q.data), 1<<20)
		}
		n.run()
		if accept {
			g.accept(d)
			g.complete(ps[2], 1, 2)
		}
		n.wait(busyWait)
		n.run()
		expired := exchange.Handout{Kind: exchange.HandoutExpired, Prekey: key}
		if accept {
			require.NotContains(t, sameLogs(ps[2]), expired)
		} else {
			require.Contains(t, sameLogs(ps[2]), expired)
		}
		n.noFaults()
		n.sameState(g, ps...)
	}
}

// A withdrawal counts once every provider was asked; what a proposal needs stays
// until its fate is known.
func TestWithdrawal(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1])
	d, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
	unused := ps[1].fetchFor(suite.Hash{1}, "cem").Keys[0].Prekey.ID
	named := last[exchange.Fetched](ps[0], 0).Keys[0].Prekey.ID
	cem := ps[2]
	before := len(sameLogs(cem))
	cem.send(0, exchange.Withdraw{Batch: 1})
	cem.send(1, exchange.Withdraw{Batch: 1})
	n.run()
	require.Len(t, sameLogs(cem), before, "one mirror was not asked yet")
	ps[0].send(0, u)
	q := n.queue[0]
	n.queue = n.queue[1:]
	n.deliver(q) // the UPDATE is proposed: it names a prekey, and one is assigned
	cem.tell(exchange.Withdraw{Batch: 1})
	g.accept(d)
	g.complete(cem, 1, 2)
	log := sameLogs(cem)
	count := 0
	for _, h := range log {
		if h.Kind == exchange.HandoutWithdrawn {
			count++
			require.NotEqual(t, named, h.Prekey)
		}
	}
	require.Equal(t, 18, count, "20, less one used and one assigned")
	require.Contains(t, log, exchange.Handout{Kind: exchange.HandoutWithdrawn, Prekey: unused})

	// Nothing is in stock, then the new batch is.
	ps[1].tell(exchange.Fetch{ID: exchange.FetchID{7}, IDs: []identity.ID{"cem"}})
	require.Equal(t, exchange.ReasonNoStock, last[exchange.FetchFailed](ps[1], 0).Reason)
	b := cem.stock(3)
	require.Equal(t, b.List[0], ps[1].fetchFor(suite.Hash{2}, "cem").Keys[0].Prekey)
	n.noFaults()
	n.sameState(g, ps...)
}

// A batch may be skipped below a withdrawal, as one does who was restored.
func TestWithdrawalAhead(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 5, "ann", "bob")
	ps[0].tell(exchange.Withdraw{Batch: 6})
	ps[0].batch = 6
	b := ps[0].stock(4)
	require.Equal(t, exchange.Stocked{Batch: 7}, last[exchange.Stocked](ps[0], 1))
	require.Equal(t, b.List[0], ps[1].fetchFor(suite.Hash{2}, "ann").Keys[0].Prekey)
	require.Len(t, sameLogs(ps[0]), 6)
	n.noFaults()
}

// Batches that differ between providers never come into stock.
func TestDifferingBatches(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 2, "ann", "bob")
	ann := ps[0]
	a, b := somePrekeys(3, 1), somePrekeys(4, 2)
	ann.send(0, exchange.Prekeys{Batch: 2, List: a})
	ann.send(1, exchange.Prekeys{Batch: 2, List: a})
	ann.send(2, exchange.Prekeys{Batch: 2, List: b})
	n.run()
	ann.batch = 2
	third := ann.stock(2)
	ps[1].fetchFor(suite.Hash{1}, "ann")
	ps[1].fetchFor(suite.Hash{1}, "ann")
	require.Equal(t, third.List[0], ps[1].fetchFor(suite.Hash{1}, "ann").Keys[0].Prekey)
	n.noFaults()
}

// The owner hears once when its stock gets low, and its Welcome tells the count.
func TestLowStock(t *testing.T) {
	n := newNet(t, 1, Limits{LowStock: 5})
	ps := people(n, 6, "ann", "bob")
	fetch := func() { ps[1].fetchFor(suite.Hash{1}, "ann") }
	fetch()
	require.Empty(t, all[exchange.LowStock](ps[0], 0))
	fetch()
	fetch()
	for i := range 2 {
		require.Equal(t, []exchange.LowStock{{Count: 4}}, all[exchange.LowStock](ps[0], i))
	}
	ps[0].leave()
	ps[0].stay = true
	ps[0].connect()
	n.run()
	w := last[exchange.Welcome](ps[0], 1)
	require.Equal(t, exchange.Welcome{Batch: 1, Stock: 3, Handouts: 3}, w)
	ps[0].stock(3)
	fetch()
	fetch()
	require.Len(t, all[exchange.LowStock](ps[0], 1), 2)
}

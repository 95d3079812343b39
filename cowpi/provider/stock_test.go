package provider

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
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

// Several conversations draw on one stock at once: no prekey goes out twice, none
// is lost, whatever is refused meanwhile.
func TestSeveralConversations(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 60, "ann", "bob", "cem", "dee")
	var groups []*group
	var uploads []exchange.Upload
	for i := range 6 {
		p := ps[i%4]
		var others []*person
		for k := range 3 {
			others = append(others, ps[(i+k+1)%4])
		}
		d, u := p.setup(others...)
		if i%3 == 2 {
			u.Auths[1+i%2].MAC[3] ^= 1 // refused by a mirror
		} else {
			g := &group{n: n, sid: d.Sid, st: conversation.Before(n.set.Digest(def)), last: map[identity.ID]conversation.Author{}}
			g.accept(d)
			groups = append(groups, g)
		}
		uploads = append(uploads, u)
	}
	for i, u := range uploads {
		ps[i%4].send(0, u)
	}
	n.run()
	require.Len(t, groups, 4)
	given := map[exchange.Prekey]bool{}
	for _, g := range groups {
		for _, p := range ps {
			g.complete(p, 0, 1)
			for _, a := range g.distinct(p, 0)[0].Assigned {
				require.False(t, given[a.Theirs], "a prekey is assigned twice")
				given[a.Theirs] = true
			}
		}
	}
	require.Len(t, given, 4*6)
	for _, p := range ps {
		log := sameLogs(p)
		ids := map[any]bool{}
		for _, h := range log {
			require.False(t, ids[h.Prekey])
			ids[h.Prekey] = true
		}
		o, err := loadOwner(n.nodes[0].store, p.self.ID)
		require.NoError(t, err)
		require.Equal(t, 60, countRuns(o.free)+len(log))
	}
	n.sameState(groups[0], ps...)
	n.noFaults()
}

// What is not confirmed by every mirror is not in stock, and no upload or fetch is
// handled before the router has met every mirror; then all of it is.
func TestRouterWaitsForItsMirrors(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	n.offline[2] = true
	n.restart(2)
	n.restart(0)
	n.run()
	d, u := g.msg(ps[0], 10)
	ps[0].submit(u)
	ps[0].send(0, exchange.Fetch{ID: exchange.FetchID{3}, Sid: suite.Hash{1}, IDs: []identity.ID{"bob"}})
	n.run()
	require.Empty(t, all[exchange.Refused](ps[0], 0))
	g.sameDeliveries(ps[1], 0)
	delete(n.offline, 2)
	n.wait(1000)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 2)
	for i := range ps[0].ids {
		require.Equal(t, exchange.FetchID{3}, last[exchange.Fetched](ps[0], i).ID)
	}
	n.noFaults()
}

// Nobody gets an index from the router before every mirror has it; those who are
// at the mirror that has it do.
func TestRouterDeliversLast(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	d, u := g.msg(ps[0], 10)
	ps[0].submit(u)
	// Hold back what goes to mirror 2 once it has given its verdict.
	var held []packetTo
	for range 10_000 {
		if len(n.queue) == 0 {
			break
		}
		q := n.queue[0]
		n.queue = n.queue[1:]
		st, err := outlog{n.nodes[0].store}.state()
		require.NoError(t, err)
		m, _, _ := outlog{n.nodes[0].store}.get(st.last)
		if q.user == nil && q.to == 2 && len(m) > 0 && m[0] == tagCommit {
			held = append(held, q)
			continue
		}
		n.deliver(q)
	}
	require.NotEmpty(t, held)
	require.Len(t, all[exchange.Delivery](ps[1], 0), 1)
	require.Len(t, all[exchange.Delivery](ps[1], 1), 2)
	require.Len(t, all[exchange.Delivery](ps[1], 2), 1)
	n.queue = held
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 2)
	n.noFaults()
}

// The stores stay as large as they are, however long people talk.
func TestStoresDoNotGrow(t *testing.T) {
	total := 2000
	if testing.Short() {
		total = 200
	}
	n := newNet(t, 1, Limits{Rate: 1000, Burst: 1 << 20})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1:]...)
	size := func() (sizes []int) {
		for _, nd := range n.nodes {
			bytes := 0
			_ = nd.store.Scan(nil, nil, func(k, v []byte) bool { bytes += len(k) + len(v); return true })
			sizes = append(sizes, nd.store.Len(), bytes)
		}
		return sizes
	}
	for i := range 70 {
		g.say(ps[i%3])
	}
	before := size()
	for i := range total {
		g.say(ps[(i+1)%3])
		g.blocks = g.blocks[:0:0]
		for _, p := range ps {
			p.forget()
			p.seen = map[entryKey]uint32{}
		}
	}
	after := size()
	for i := range before {
		require.InDelta(t, before[i], after[i], 300, "%v %v", before, after)
	}
	n.noFaults()
}

// Rosters of epochs that are over go when their entries are gone.
func TestOldRostersGo(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 30, "ann", "bob", "cem")
	g := ps[0].found(ps[1:]...)
	ps[2].auto = false
	for range 3 {
		g.change(ps[0], nil, nil, []*person{ps[1]})
		g.say(ps[1])
	}
	count := func(i int, tab byte) (k int) {
		require.NoError(t, scanPrefix(n.nodes[i].store, key(tab, g.sid[:]), func(_, _ []byte) bool { k++; return true }))
		return k
	}
	for i := range n.nodes {
		require.Equal(t, 4, count(i, tabRoster))
		require.Equal(t, 6, count(i, tabEntry)) // cem, the first index processed, is owed these
	}
	ps[2].tell(exchange.Ack{Sid: g.sid, Index: 3})
	for i := range n.nodes {
		require.Equal(t, 2, count(i, tabRoster))
		require.Equal(t, 3, count(i, tabEntry))
	}
	ps[2].tell(exchange.Ack{Sid: g.sid, Index: 6})
	for i := range n.nodes {
		require.Equal(t, 1, count(i, tabRoster))
		require.Zero(t, count(i, tabEntry))
	}
	for _, tab := range []byte{tabFetched, tabProposal} {
		require.NoError(t, scanPrefix(n.nodes[0].store, key(tab), func(k, _ []byte) bool { t.Errorf("%q is left", k); return true }))
	}
}

// Runs against a set of numbers.
func TestRunsAgainstSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := map[stockNo]bool{}
		runs := []run{}
		add := func(b uint32, count int) {
			runs = giveRuns(runs, []run{{newStockNo(b, 0), count}})
			for i := range count {
				free[newStockNo(b, i)] = true
			}
		}
		var out [][]run
		for b := uint32(1); b < 12; b++ {
			switch rapid.IntRange(0, 2).Draw(t, "do") {
			case 0:
				add(b, rapid.IntRange(1, 9).Draw(t, "count"))
			case 1:
				n := rapid.IntRange(0, 12).Draw(t, "n")
				odd := rapid.Bool().Draw(t, "odd")
				taken, rest, err := takeRuns(runs, n, func(b uint32) (bool, error) { return !odd || b%2 == 1, nil })
				require.NoError(t, err)
				require.LessOrEqual(t, countRuns(taken), n)
				cut, ok := cutRuns(runs, taken)
				require.True(t, ok)
				require.Equal(t, countRuns(rest), countRuns(cut))
				eachNo(taken, func(_ int, no stockNo) {
					require.True(t, free[no])
					delete(free, no)
				})
				runs = rest
				if len(taken) > 0 {
					_, ok = cutRuns(runs, taken[:1])
					require.False(t, ok, "what is taken cannot be taken again")
					out = append(out, taken)
				}
			case 2:
				if k := len(out); k > 0 {
					runs = giveRuns(runs, out[k-1])
					eachNo(out[k-1], func(_ int, no stockNo) { free[no] = true })
					out = out[:k-1]
				}
			}
			require.Equal(t, len(free), countRuns(runs))
			eachNo(runs, func(_ int, no stockNo) { require.True(t, free[no]) })
			raw := owner{held: b, free: runs}.encode()
			back, err := parseOwner(raw)
			require.NoError(t, err)
			require.Equal(t, raw, back.encode())
		}
	})
}

// The logs between router and mirror, over connections and stores that fail: each
// message is taken exactly once and in order.
func TestLinkLogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ours, theirs store.Memory
		var sent, taken []byte
		next := uint64(1) // the next one to send on this connection
		commit := func(m *store.Memory, f func(d *store.Draft) error, fails bool) {
			d := store.NewDraft(m)
			require.NoError(t, f(d))
			if !fails {
				m.Commit(d.Records())
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			fails := rapid.IntRange(0, 4).Draw(t, "crash") == 0
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0:
				b := byte(len(sent))
				commit(&ours, func(d *store.Draft) error { _, err := outlog{d}.append(def, d, []byte{b}); return err }, fails)
				if !fails {
					sent = append(sent, b)
				}
			case 1: // one message arrives
				st, err := outlog{&ours}.state()
				require.NoError(t, err)
				if next > st.last {
					continue
				}
				m, _, err := outlog{&ours}.get(next)
				require.NoError(t, err)
				commit(&theirs, func(d *store.Draft) error {
					fresh, err := inlog{d, 0}.take(def, d, next, m)
					if fresh && !fails {
						taken = append(taken, m...)
					}
					return err
				}, fails)
				if !fails {
					next++
				}
			case 2: // an acknowledgement arrives
				at, _, err := inlog{&theirs, 0}.at()
				require.NoError(t, err)
				commit(&ours, func(d *store.Draft) error { return outlog{d}.ack(d, 1, at, 1, 1) }, fails)
			case 3: // a new connection: both say where they are
				at, h, err := inlog{&theirs, 0}.at()
				require.NoError(t, err)
				st, err := outlog{&ours}.state()
				require.NoError(t, err)
				require.GreaterOrEqual(t, at, st.first-1)
				require.LessOrEqual(t, at, st.last)
				mine, err := outlog{&ours}.digestAt(st, at)
				require.NoError(t, err)
				require.Equal(t, mine, h)
				next = at + 1
			}
			require.Equal(t, string(sent[:len(taken)]), string(taken))
		}
		// A gap, or an acknowledgement of what was never sent: M1.
		d := store.NewDraft(&theirs)
		_, err := inlog{d, 0}.take(def, d, uint64(len(taken))+2, []byte{0})
		require.Equal(t, fault.M1, fault.CheckOf(err))
		d = store.NewDraft(&ours)
		err = outlog{d}.ack(d, 1, uint64(len(sent))+1, 1, 1)
		require.Equal(t, fault.M1, fault.CheckOf(err))
	})
}

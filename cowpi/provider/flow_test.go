package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

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

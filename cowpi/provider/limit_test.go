package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

func TestA6Limits(t *testing.T) {
	n := newNet(t, 1, Limits{Roster: 2, InFlight: 3, BatchBytes: 3000})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1])

	d, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
	ps[0].send(0, u)
	n.run()
	refused(ps[0], exchange.ReasonTooLarge, "", 0, fault.A6)

	_, u = g.msg(ps[0], 4000)
	ps[0].send(0, u)
	n.run()
	refused(ps[0], exchange.ReasonTooLarge, "", 0, fault.A6)

	// Three in flight; the fourth is too many, until these are through.
	for i := range 4 {
		d, u = g.msg(ps[0], 10)
		ps[0].send(0, u)
		if i < 3 {
			g.accept(d)
		}
	}
	n.run()
	require.Equal(t, uint64(4), refused(ps[0], exchange.ReasonTooMany, "", 0, fault.A6).Seq)
	ps[0].send(0, u)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 5)
	n.noFaults()
}

func TestA6Rate(t *testing.T) {
	n := newNet(t, 1, Limits{Rate: 1, Burst: 3})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	g.say(ps[0])
	g.say(ps[0])
	d, u := g.msg(ps[0], 10)
	ps[0].send(0, u)
	n.run()
	refused(ps[0], exchange.ReasonRate, "", 0, fault.A6)
	n.wait(1000)
	ps[0].send(0, u)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 4)
}

// A text is written for an epoch that is only proposed, and fails: it was not
// refused by what never was, it is judged by what is.
func TestEntryBehindAProposedEpochThatFails(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1])
	d, bad := g.update(ps[0], []*person{ps[2]}, nil, nil)
	bad.Auths[2].MAC[0] ^= 1 // one mirror will refuse it
	_ = d
	m, u := g.msg(ps[1], 10)
	first, f := g.msg(ps[0], 10) // keeps the conversation busy while the two arrive
	first.K = 0
	ps[0].auths(&f, g.sid)
	up := *d
	up.Seq = 2
	up.Seal(def)
	w := exchange.Upload{Data: up.Raw(), Blocks: bad.Blocks}
	ps[0].auths(&w, g.sid)
	w.Auths[2].MAC[0] ^= 1
	ps[0].send(0, f)
	ps[0].send(0, w)
	ps[1].send(0, u)
	n.run()
	refused(ps[0], exchange.ReasonAuthWrong, "", 2, fault.A2)
	g.accept(first)
	g.accept(m) // behind the UPDATE it was not valid, and waited for its fate
	g.complete(ps[1], 0, 3)
	require.Empty(t, all[exchange.Refused](ps[1], 0))
	n.noFaults()
	n.sameState(g, ps...)
}

// Fetches that cannot be answered.
func TestFetchFails(t *testing.T) {
	n := newNet(t, 1, Limits{Fetches: 2})
	ps := people(n, 3, "ann", "bob")
	n.join("dee") // without stock
	n.step(0, Register{User: self("eve").Party()})
	ask := func(id byte, ids ...identity.ID) exchange.FetchFailed {
		ps[0].tell(exchange.Fetch{ID: exchange.FetchID{id}, Sid: suite.Hash{1}, IDs: ids})
		require.Empty(t, all[exchange.FetchFailed](ps[0], 1))
		return last[exchange.FetchFailed](ps[0], 0)
	}
	require.Equal(t, exchange.FetchFailed{ID: exchange.FetchID{1}, Reason: exchange.ReasonNoStock, User: "dee"}, ask(1, "bob", "dee"))
	require.Equal(t, exchange.FetchFailed{ID: exchange.FetchID{2}, Reason: exchange.ReasonUnknownUser, User: "eve"}, ask(2, "bob", "eve"))
	require.Equal(t, exchange.FetchFailed{ID: exchange.FetchID{3}, Reason: exchange.ReasonUnknownUser, User: "nn"}, ask(3, "bob", "nn"))
	ps[0].fetchFor(suite.Hash{1}, "bob")
	ps[0].fetchFor(suite.Hash{1}, "bob")
	require.Equal(t, exchange.FetchFailed{ID: exchange.FetchID{4}, Reason: exchange.ReasonTooMany}, ask(4, "bob"))
	o, err := loadOwner(n.nodes[0].store, "bob")
	require.NoError(t, err)
	require.Equal(t, 1, countRuns(o.free), "what fails picks nothing")
	n.noFaults()
}

// The same fetch gets the same answer, from everybody, also after a reconnection.
func TestFetchAgain(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 5, "ann", "bob", "cem")
	a := ps[0].fetchFor(suite.Hash{1}, "bob", "cem")
	ps[0].forget()
	ps[0].tell(exchange.Fetch{ID: a.ID, Sid: suite.Hash{1}, IDs: []identity.ID{"bob", "cem"}})
	for i := range ps[0].ids {
		require.Equal(t, []exchange.Fetched{a}, all[exchange.Fetched](ps[0], i))
	}
	b := ps[1].fetchFor(suite.Hash{1}, "cem")
	require.NotEqual(t, a.Keys[1].Prekey, b.Keys[0].Prekey, "a prekey is handed out once")
}

package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// inject writes messages into the log of a node, as if it were corrupt, and lets
// the network come to rest. The store of before is returned.
func (n *net) inject(i int, messages ...message) *store.Memory {
	nd := n.nodes[i]
	good := nd.store.Clone()
	d := store.NewDraft(nd.store)
	for _, m := range messages {
		_, err := outlog{d}.append(def, d, encodeMessage(m))
		require.NoError(n.t, err)
	}
	nd.store.Commit(d.Records())
	n.restart(i)
	n.run()
	return good
}

// cured gives a node its own store again and forgets the faults.
func (n *net) cured(i int, good *store.Memory) {
	for _, nd := range n.nodes {
		nd.faults = nil
	}
	n.restore(i, good)
}

// corrupted is a network with a conversation of ann and bob, and cem outside, that
// is about to be corrupt.
func corrupted(t *testing.T) (*net, *group, []*person) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem", "dee")
	g := ps[0].found(ps[1])
	g.say(ps[1])
	return n, g, ps
}

// accepts is the negative control: the same node, honest again, is believed.
func accepts(n *net, g *group, ps []*person) {
	g.say(ps[0])
	g.change(ps[0], nil, nil, []*person{ps[1]})
	ps[0].fetchFor(suite.Hash{9}, "cem")
	g.complete(ps[1], 0, 4)
	n.sameState(g, ps...)
	n.noFaults()
}

// entryOf wraps an upload as a corrupt router would propose it, with prekeys from
// the front of the stocks.
func (n *net) entryOf(u exchange.Upload) proposed {
	d, err := conversation.Parse(def, u.Data)
	require.NoError(n.t, err)
	e := proposed{upload: u, block: d, id: u.ID(def)}
	for _, need := range conversation.Assignments(d) {
		o, err := loadOwner(n.nodes[0].store, need.Owner)
		require.NoError(n.t, err)
		runs, _, err := takeRuns(o.free, len(need.Peers), func(uint32) (bool, error) { return true, nil })
		require.NoError(n.t, err)
		e.picks = append(e.picks, runs)
	}
	return e
}

// A router that lies in its log is named by its mirror, which takes nothing of it.
func TestCorruptRouter(t *testing.T) {
	type world struct {
		n     *net
		g     *group
		ps    []*person
		msg   proposed   // a text
		add   proposed   // an UPDATE that adds two, with assigned prekeys
		named pair.KeyID // cem's prekey in it
		fetch exchange.Fetched
	}
	propose := func(w world, first uint64, entries ...proposed) message {
		return proposal{sid: w.g.sid, first: first, entries: entries}
	}
	repick := func(e proposed, change func(picks [][]run) [][]run) proposed {
		picks := make([][]run, len(e.picks))
		for i := range picks {
			picks[i] = append([]run(nil), e.picks[i]...)
		}
		e.picks = change(picks)
		return e
	}
	cases := map[string]struct {
		check fault.Check
		lie   func(w world) []message
	}{
		"M1 a mirror's message": {fault.M1, func(w world) []message { return []message{asked{"ann", 1}} }},
		"M2 not the next index": {fault.M2, func(w world) []message { return []message{propose(w, 3, w.msg)} }},
		"M2 an old index":       {fault.M2, func(w world) []message { return []message{propose(w, 1, w.msg)} }},
		"M2 nothing":            {fault.M2, func(w world) []message { return []message{propose(w, 2)} }},
		"M2 two in flight": {fault.M2, func(w world) []message {
			return []message{propose(w, 2, w.msg), propose(w, 2, w.msg)}
		}},
		"M2 another conversation": {fault.M2, func(w world) []message {
			return []message{proposal{sid: suite.Hash{5}, first: 0, entries: []proposed{w.msg}}}
		}},
		"M3 no picks": {fault.M3, func(w world) []message {
			return []message{propose(w, 2, repick(w.add, func([][]run) [][]run { return nil }))}
		}},
		"M3 too few": {fault.M3, func(w world) []message {
			return []message{propose(w, 2, repick(w.add, func(p [][]run) [][]run { p[0][0].count--; return p }))}
		}},
		"M3 too many": {fault.M3, func(w world) []message {
			return []message{propose(w, 2, repick(w.add, func(p [][]run) [][]run { p[1][0].count++; return p }))}
		}},
		"M3 handed out already": {fault.M3, func(w world) []message {
			return []message{propose(w, 2, repick(w.add, func(p [][]run) [][]run { p[1][0].first--; return p }))}
		}},
		"M3 for a text": {fault.M3, func(w world) []message {
			return []message{propose(w, 2, repick(w.msg, func([][]run) [][]run { return w.add.picks[:1] }))}
		}},
		"M3 the same in two conversations": {fault.M3, func(w world) []message {
			d, u := w.ps[3].setup(w.ps[0], w.ps[1])
			e := w.n.entryOf(u)
			return []message{proposal{sid: d.Sid, entries: []proposed{e}}, propose(w, 2, repick(w.add, func(p [][]run) [][]run {
				p[0][0].first = e.picks[1][0].first
				return p
			}))}
		}},
		"M4 nothing in flight": {fault.M4, func(w world) []message { return []message{commit{w.g.sid, 2, 1}} }},
		"M4 another index": {fault.M4, func(w world) []message {
			return []message{propose(w, 2, w.msg), commit{w.g.sid, 1, 1}}
		}},
		"M4 more than proposed": {fault.M4, func(w world) []message {
			return []message{propose(w, 2, w.msg), commit{w.g.sid, 2, 2}}
		}},
		"M4 what was refused": {fault.M4, func(w world) []message {
			bad := w.msg
			bad.upload.Auths = append([]exchange.Auth(nil), bad.upload.Auths...)
			bad.upload.Auths[1].MAC[0] ^= 1
			return []message{propose(w, 2, bad), commit{w.g.sid, 2, 1}}
		}},
		"M4 twice": {fault.M4, func(w world) []message {
			return []message{propose(w, 2, w.msg), commit{w.g.sid, 2, 1}, commit{w.g.sid, 2, 1}}
		}},
		"M5 answered twice": {fault.M5, func(w world) []message {
			return []message{pickFor{"ann", w.fetch.ID, suite.Hash{}, []picked{{"cem", newStockNo(1, 15)}}}}
		}},
		"M5 out of stock": {fault.M5, func(w world) []message {
			return []message{pickFor{"ann", exchange.FetchID{1}, suite.Hash{}, []picked{{"cem", newStockNo(1, 0)}}}}
		}},
		"M5 never in stock": {fault.M5, func(w world) []message {
			return []message{pickFor{"ann", exchange.FetchID{1}, suite.Hash{}, []picked{{"cem", newStockNo(2, 0)}}}}
		}},
		"M6 somebody else's": {fault.M6, func(w world) []message {
			return []message{expire{"bob", w.fetch.ID, []unused{{"cem", w.named}}}}
		}},
		"M6 of another fetch": {fault.M6, func(w world) []message {
			return []message{expire{"ann", exchange.FetchID{1}, []unused{{"cem", w.named}}}}
		}},
		"M6 not fetched": {fault.M6, func(w world) []message {
			return []message{expire{"ann", w.fetch.ID, []unused{{"cem", pair.KeyID{1}}}}}
		}},
		"M6 a proposal names it": {fault.M6, func(w world) []message {
			return []message{propose(w, 2, w.add), expire{"ann", w.fetch.ID, []unused{{"cem", w.named}}}}
		}},
		"M7 out of stock": {fault.M7, func(w world) []message {
			return []message{withdraw{owner: "cem", free: []run{{newStockNo(1, 0), 2}}}}
		}},
		"M7 not fetched": {fault.M7, func(w world) []message {
			return []message{withdraw{owner: "cem", fetched: []pair.KeyID{{1}}}}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := world{}
			w.n, w.g, w.ps = corrupted(t)
			_, u := w.g.msg(w.ps[0], 10)
			w.msg = w.n.entryOf(u)
			_, u = w.g.update(w.ps[0], []*person{w.ps[2], w.ps[3]}, nil, nil)
			w.add = w.n.entryOf(u)
			w.fetch = last[exchange.Fetched](w.ps[0], 0)
			w.named = w.fetch.Keys[0].Prekey.ID
			lies := c.lie(w)
			good := w.n.inject(0, lies...)
			requireFault(t, c.check, w.n.nodes[1].faults)
			require.Equal(t, string(w.n.set.At(0).ID), blamed(w.n.nodes[1].faults[0]).ID)
			if name != "M4 twice" { // there the first commit counts, and the router is one that forgot it
				w.n.cured(0, good)
				accepts(w.n, w.g, w.ps)
			}
		})
	}
}

func blamed(err error) fault.Party {
	return err.(*fault.Evidence).Who
}

// An owner asked to withdraw, and a proposal names a prekey of it: M7.
func TestM7Named(t *testing.T) {
	n, g, ps := corrupted(t)
	_, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
	named := last[exchange.Fetched](ps[0], 0).Keys[0].Prekey.ID
	ps[2].send(1, exchange.Withdraw{Batch: 1}) // to the mirror alone: nothing happens yet
	n.run()
	good := n.inject(0, proposal{sid: g.sid, first: 2, entries: []proposed{n.entryOf(u)}},
		withdraw{owner: "cem", fetched: []pair.KeyID{named}})
	requireFault(t, fault.M7, n.nodes[1].faults)
	n.cured(0, good)
	ps[2].stock(5)
	accepts(n, g, ps)
	ps[2].send(0, exchange.Withdraw{Batch: 1}) // now to all
	n.run()
	n.sameState(g, ps...)
	require.NotEmpty(t, all[exchange.Handouts](ps[2], 1))
	n.noFaults()
}

// A mirror whose verdict is about nothing in flight, or does not fit it: M8.
func TestM8Verdicts(t *testing.T) {
	for _, v := range []verdict{
		{link: 1 << 20, first: 2, accepted: 1},
		{link: 1 << 20, first: 2, refused: true, reason: exchange.ReasonInvalid},
	} {
		n, g, ps := corrupted(t)
		v.sid = g.sid
		good := n.inject(1, v)
		requireFault(t, fault.M8, n.nodes[0].faults)
		require.Equal(t, string(n.set.At(1).ID), blamed(n.nodes[0].faults[0]).ID)
		n.cured(1, good)
		accepts(n, g, ps)
	}
}

// A router's message in a mirror's log, and logs that differ: M1.
func TestM1Logs(t *testing.T) {
	n, g, ps := corrupted(t)
	good := n.inject(1, commit{g.sid, 2, 1})
	requireFault(t, fault.M1, n.nodes[0].faults)
	n.cured(1, good)

	good = n.nodes[0].store.Clone() // the router denies what it has sent
	d := store.NewDraft(n.nodes[0].store)
	st, err := outlog{d}.state()
	require.NoError(t, err)
	st.digest[0] ^= 1
	st.before[0] ^= 1
	saveState(d, st)
	n.nodes[0].store.Commit(d.Records())
	n.restart(0)
	n.run()
	requireFault(t, fault.M1, n.nodes[0].faults)
	n.cured(0, good)
	accepts(n, g, ps)
}

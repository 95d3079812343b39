package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
)

// people registers users with a stock each.
func people(n *net, stock int, names ...string) []*person {
	var out []*person
	for _, name := range names {
		p := n.join(name)
		p.auto = true
		p.stock(stock)
		out = append(out, p)
	}
	return out
}

// The normal path: SETUP with assigned prekeys, texts, acknowledgements; with
// mirrors and without.
func TestConversation(t *testing.T) {
	for mirrors := range 3 {
		n := newNet(t, mirrors, Limits{})
		ps := people(n, 20, "ann", "bob", "cem", "dee")
		g := ps[0].found(ps[1:]...)
		for i := range 5 {
			g.say(ps[i%4])
		}
		for _, p := range ps {
			g.sameDeliveries(p, indices(0, 6)...)
			for i := range p.ids {
				require.Empty(t, all[exchange.Refused](p, i))
				d := all[exchange.Delivery](p, i)[0]
				if p == ps[0] {
					require.Empty(t, d.Assigned)
					require.Nil(t, d.Block)
				} else {
					require.Len(t, d.Assigned, 2)
					require.NotNil(t, d.Block)
				}
			}
		}
		// What bob got of cem is what cem was told to have given to bob.
		bob, cem := all[exchange.Delivery](ps[1], 0)[0], all[exchange.Delivery](ps[2], 0)[0]
		require.Equal(t, identity.ID("cem"), bob.Assigned[0].Peer)
		require.Equal(t, identity.ID("bob"), cem.Assigned[0].Peer)
		require.Equal(t, bob.Assigned[0].Theirs.ID, cem.Assigned[0].Mine)
		require.Equal(t, cem.Assigned[0].Theirs.ID, bob.Assigned[0].Mine)
		n.noFaults()
	}
}

// UPDATEs: add, remove, restart, leave.
func TestUpdates(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob", "cem", "dee", "eve")
	ann, bob, cem, dee, eve := ps[0], ps[1], ps[2], ps[3], ps[4]
	g := ann.found(bob, cem)
	g.say(bob)
	g.change(bob, []*person{dee}, nil, nil) // 2
	g.say(dee)
	g.change(dee, []*person{eve}, []*person{cem}, nil) // 4: cem gets its last
	g.say(eve)                                         // 5
	g.change(ann, nil, nil, []*person{bob})            // 6: restart
	g.change(eve, nil, []*person{eve}, nil)            // 7: leaves
	g.change(bob, []*person{cem}, nil, []*person{bob}) // 8: cem again, bob restarts itself
	g.say(cem)                                         // 9
	g.sameDeliveries(ann, indices(0, 10)...)
	g.sameDeliveries(bob, indices(0, 10)...)
	g.sameDeliveries(cem, 0, 1, 2, 3, 4, 8, 9)
	g.sameDeliveries(dee, indices(2, 10)...)
	g.sameDeliveries(eve, 4, 5, 6, 7)
	n.noFaults()

	// Hand-out logs agree at all positions.
	for _, p := range ps {
		var first []exchange.Handout
		for i := range p.ids {
			var log []exchange.Handout
			for _, m := range all[exchange.Handouts](p, i) {
				require.Equal(t, uint64(len(log)+1), m.First)
				log = append(log, m.List...)
			}
			if i == 0 {
				first = log
			}
			require.Equal(t, first, log)
		}
	}
}

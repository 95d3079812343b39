package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// shake goes through a handshake with a provider, and returns what it blames.
func (n *net) shake(to int, role channel.Role, who identity.Self) error {
	coins := func(i uint64) suite.Coins { return suite.NewCoins(def, suite.Seed{2}, who.Secret, i) }
	d, msg1, err := channel.Dial(def, who, role, n.set.At(to), coins(1))
	require.NoError(n.t, err)
	id := n.nextConn()
	n.step(to, Opened{id})
	nd := n.nodes[to]
	out, err := nd.p.Step(nd.store, Received{id, msg1}, n.nextSeed(), n.now)
	require.NoError(n.t, err)
	nd.store.Commit(out.Records)
	_, msgs, err := d.Finish(out.Effects[0].(Send).Bytes, coins(2))
	require.NoError(n.t, err)
	before := len(nd.faults)
	for _, m := range msgs {
		n.step(to, Received{id, m})
	}
	if len(nd.faults) == before {
		n.step(to, Closed{id})
		return nil
	}
	_, open := nd.p.mem.conns.get(id)
	require.False(n.t, open)
	return nd.faults[before]
}

// Only the router of the set may be one: H4.
func TestH4AnotherRouter(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ann := n.join("ann")
	require.Equal(t, fault.H4, fault.CheckOf(n.shake(1, channel.RoleRouter, ann.self)))
	require.Equal(t, fault.H4, fault.CheckOf(n.shake(0, channel.RoleRouter, n.selves[0])))
	require.NoError(t, n.shake(1, channel.RoleRouter, n.selves[0]))
	require.NoError(t, n.shake(1, channel.RoleUser, ann.self))
}

// Users must be registered, with the key they show: R1.
func TestR1Registered(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ann := n.join("ann")
	ann.leave()
	require.Equal(t, fault.R1, fault.CheckOf(n.shake(0, channel.RoleUser, self("nobody"))))
	other := self("mallory")
	other.ID = "ann"
	require.Equal(t, fault.R1, fault.CheckOf(n.shake(0, channel.RoleUser, other)))
	require.NoError(t, n.shake(0, channel.RoleUser, ann.self))

	// Another key is registered only on purpose, and ends the use of the old one.
	nd := n.nodes[0]
	_, err := nd.p.Step(nd.store, Register{User: other.Party()}, suite.Seed{}, n.now)
	var m *fault.Misuse
	require.ErrorAs(t, err, &m)
	n.step(0, Register{User: other.Party(), Replace: true})
	require.Equal(t, fault.R1, fault.CheckOf(n.shake(0, channel.RoleUser, ann.self)))
	require.NoError(t, n.shake(0, channel.RoleUser, other))
}

// rude is a user that says something wrong to provider i, and is cut off.
func rude(t *testing.T, i int, c fault.Check, m exchange.Message) {
	n := newNet(t, 1, Limits{Stock: 30})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	ps[0].stay = false
	ps[0].send(i, m)
	n.run()
	requireFault(t, c, n.nodes[i].faults)
	require.Equal(t, fault.Party{Role: fault.RoleUser, ID: "ann"}, blamed(n.nodes[i].faults[0]))
	require.Zero(t, ps[0].ids[i], "the connection is closed")
	n.nodes[i].faults = nil
	ps[0].stay = true
	ps[0].connect()
	n.run()
	ps[0].stock(5) // the negative control: the next batch
	require.Equal(t, exchange.Stocked{Batch: 2}, last[exchange.Stocked](ps[0], i))
	g.say(ps[0])
	g.complete(ps[1], 0, 2)
	n.noFaults()
}

func somePrekeys(count int, salt byte) (out []exchange.Prekey) {
	for i := range count {
		h := def.Hash("some prekey", []byte{byte(i), salt})
		out = append(out, exchange.Prekey{ID: pair.KeyID(h[:8]), Y: def.Public(suite.Scalar(h))})
	}
	return out
}

// A batch that is held stays as it is, whatever comes under its number, or what is left
// of it; so does one that was skipped.
func TestBatchesThatAreHeldStay(t *testing.T) {
	for _, again := range [][]exchange.Prekey{somePrekeys(20, 1), somePrekeys(2, 2), nil} {
		n := newNet(t, 1, Limits{})
		ps := people(n, 5, "ann", "bob")
		list := ps[0].batches[0].List
		if again == nil {
			again = []exchange.Prekey{list[1], list[3]}
		}
		for i := range 2 {
			ps[0].send(i, exchange.Prekeys{Batch: 1, List: again})
		}
		n.run()
		require.Equal(t, exchange.Stocked{Batch: 1}, last[exchange.Stocked](ps[0], 0))
		for i := range 2 {
			ps[0].send(i, exchange.Prekeys{Batch: 3, List: somePrekeys(2, 1)})
			ps[0].send(i, exchange.Prekeys{Batch: 2, List: somePrekeys(2, 3)})
		}
		n.run()
		require.Equal(t, exchange.Stocked{Batch: 3}, last[exchange.Stocked](ps[0], 1))
		for _, k := range append(list, somePrekeys(2, 1)...) {
			require.Equal(t, k, ps[1].fetchFor(suite.Hash{}, "ann").Keys[0].Prekey)
		}
		n.noFaults()
	}
}

func TestR3Prekeys(t *testing.T) {
	twice := somePrekeys(3, 1)
	twice[2].ID = twice[0].ID
	for i := range 2 {
		rude(t, i, fault.R3, exchange.Prekeys{Batch: 2, List: twice})
		rude(t, i, fault.R3, exchange.Prekeys{Batch: 2, List: nil})
		rude(t, i, fault.R3, exchange.Prekeys{Batch: 2, List: somePrekeys(12, 1)})
	}
}

// An id that is in stock, or fetched and not used: R3.
func TestR3IDsInUse(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 5, "ann", "bob")
	taken := ps[1].fetchFor(suite.Hash{}, "ann").Keys[0].Prekey.ID
	for _, id := range []pair.KeyID{taken, ps[0].batches[0].List[4].ID} {
		list := somePrekeys(3, 1)
		list[1].ID = id
		ps[0].send(0, exchange.Prekeys{Batch: 2, List: list})
		n.run()
		requireFault(t, fault.R3, n.nodes[0].faults)
		n.nodes[0].faults = nil
	}
	ps[0].stock(3)
	n.noFaults()
}

func TestW1OtherMessages(t *testing.T) {
	for i := range 2 {
		rude(t, i, fault.W1, exchange.Stocked{Batch: 1})
		rude(t, i, fault.W1, exchange.Welcome{})
	}
	n := newNet(t, 1, Limits{})
	ps := people(n, 5, "ann", "bob")
	g := ps[0].found(ps[1])
	d, u := g.msg(ps[0], 10)
	ps[0].send(1, u) // to a mirror
	n.run()
	requireFault(t, fault.W1, n.nodes[1].faults)
	n.nodes[1].faults = nil
	ps[0].auths(&u, g.sid)
	ps[0].send(0, u)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 2)
	n.noFaults()
}

// The same batch again is only confirmed again; so is what a provider holds.
func TestStockedAgain(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 5, "ann")
	for range 2 {
		ps[0].tell(ps[0].batches[0])
	}
	require.Equal(t, []exchange.Stocked{{Batch: 1}, {Batch: 1}, {Batch: 1}}, all[exchange.Stocked](ps[0], 1))
	o, err := loadOwner(n.nodes[0].store, "ann")
	require.NoError(t, err)
	require.Equal(t, 5, countRuns(o.free))
	n.noFaults()
}

// A second connection of a user takes the place of the first.
func TestSecondConnection(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 5, "ann")
	first := ps[0].ids[0]
	require.NoError(t, n.shake(0, channel.RoleUser, ps[0].self))
	_, open := n.nodes[0].p.mem.conns.get(first)
	require.False(t, open)
}

// Messages that are out of place for the caller are misuses, and change nothing.
func TestMisuse(t *testing.T) {
	n := newNet(t, 1, Limits{})
	n.join("ann")
	for i, in := range []Input{Opened{1}, LinkUp{2, 99}, LinkUp{0, 99}, LinkDown{7}, nil,
		Register{}, Register{User: identity.Party{ID: "x"}}} {
		nd := n.nodes[0]
		_, err := nd.p.Step(nd.store, in, suite.Seed{}, n.now)
		var m *fault.Misuse
		require.ErrorAs(t, err, &m, "input %d", i)
	}
	cfg := Config{Suite: def, Self: n.selves[0], Providers: n.set}
	_, err := NewMirror(cfg)
	require.Error(t, err)
	cfg.Self = n.selves[1]
	_, err = NewRouter(cfg)
	require.Error(t, err)
	cfg.Self = self("somebody")
	_, err = NewRouter(cfg)
	require.Error(t, err)
	cfg.Suite = nil
	_, err = NewRouter(cfg)
	require.Error(t, err)
}

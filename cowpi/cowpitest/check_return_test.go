package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// Check D6: only an UPDATE that adds or restarts, at a later index and a greater
// epoch, leads on after a stop. What does not is passed over without a word.
func TestD6WhatLeadsOn(t *testing.T) {
	require.Equal(t, fault.Check("D6"), fault.D6)
	d := newDesk(t, Cheap, "alice", "bob", "charlie")
	sid := d.create("alice", "charlie")
	bob := d.guest("bob")
	d.do("alice", cowpi.Update{Sid: sid, Add: ids("bob")})
	d.settle()
	adding := bob.due[0]
	d.do("alice", cowpi.Update{Sid: sid, Remove: ids("bob")})
	d.settle()
	removal := d.books[sid].state
	require.Equal(t, cowpi.EndRemoved, d.ended("bob", sid).Reason)
	events := len(bob.events)

	// What would lead on, for the negative control, and to be spoilt.
	d.say("charlie", sid, "without bob")
	d.settle()
	d.do("charlie", cowpi.Update{Sid: sid, Add: ids("bob")})
	var genuine exchange.Delivery
	a := d.next("charlie")
	for _, due := range d.deliveries(a) {
		if due.to == bob {
			genuine = due.m
			continue
		}
		d.tellAll(due.to, due.m)
	}
	require.Greater(t, genuine.Index, removal.Next)

	at := func(m exchange.Delivery, index uint64) exchange.Delivery {
		m.Index, m.Head = index, index
		return m
	}
	message := d.forge(sid, "alice", 3).Seal(d.suite) // a RCPT of the present epoch
	for name, m := range map[string]exchange.Delivery{
		"the UPDATE that added before, at a later index": at(adding, genuine.Index),
		"an UPDATE that would do, at an index of before": at(genuine, removal.Next-1),
		"no UPDATE": {Sid: sid, Index: genuine.Index, Head: genuine.Index, Before: genuine.Before, Data: message.Raw(), Block: genuine.Block},
		"nonsense":  {Sid: sid, Index: genuine.Index, Head: genuine.Index, Before: genuine.Before, Data: []byte{1, 2, 3}, Block: genuine.Block},
	} {
		t.Run(name, func(t *testing.T) {
			back := d.rewind(bob)
			for i := range d.selves {
				d.tellPlain(bob, i, m)
			}
			_, in, err := bob.machine.Head(bob.store, sid)
			require.NoError(t, err)
			require.False(t, in, "led on")
			require.Len(t, bodies[cowpi.RosterChanged](bob.events), 2)
			require.Len(t, bodies[cowpi.Ended](bob.events), 1)
			require.Empty(t, bodies[cowpi.ProviderFault](bob.events[events:]))
			back()
		})
	}
	bob.due = append(bob.due, genuine)
	d.tellAll(bob, genuine)
	d.settle()
	d.same(sid)
	d.say("charlie", sid, "bob is back")
	d.say("bob", sid, "yes")
	d.settle()
	require.Equal(t, []string{"bob is back", "yes"}, d.texts("bob", sid))
}

// Check D6: an UPDATE that opens and fits in everything, and whose epoch is not
// greater than the last one known, does not lead on; the same with the next epoch
// does. All providers and its author are corrupt here.
func TestD6EpochMustGrow(t *testing.T) {
	for _, x := range []struct {
		epoch uint32
		leads bool
	}{{0, false}, {1, false}, {2, true}, {7, true}} {
		d := newDesk(t, suite.Default, "alice", "bob", "charlie")
		sid := d.create("alice", "bob", "charlie")
		d.do("alice", cowpi.Update{Sid: sid, Restart: ids("charlie")})
		d.settle()
		d.do("alice", cowpi.Update{Sid: sid, Remove: ids("bob")}) // begins epoch 2
		d.settle()
		bob, alice := d.guest("bob"), d.guest("alice")
		require.Equal(t, cowpi.EndRemoved, d.ended("bob", sid).Reason)

		roster, err := conversation.NewRoster(d.suite, []conversation.Entry{
			{Party: alice.self.Party()}, {Party: bob.self.Party(), Joined: x.epoch + 1}})
		require.NoError(t, err)
		u := d.forge(sid, "alice", conversation.UPDATE)
		u.Epoch, u.AuthorID, u.Providers, u.Roster = x.epoch, "alice", d.set.Digest(d.suite), roster
		u.Seal(d.suite)
		var st pair.State
		k := d.take("bob")
		st.Send, err = st.Send.Assign(k.ID, k.Y)
		require.NoError(t, err)
		terms := pair.NewTerms(d.suite, alice.self, bob.self.Party(), sid, 0, x.epoch+1)
		sealed, err := terms.Seal(st, u.Hash(), suite.Key{}, d.fresh(0), 0)
		require.NoError(t, err)
		next := d.books[sid].state.Next
		d.tellAll(bob, exchange.Delivery{Sid: sid, Index: next, Head: next, Before: d.books[sid].state.Digest,
			Data: u.Raw(), Block: sealed.Block})
		h, in, err := bob.machine.Head(bob.store, sid)
		require.NoError(t, err)
		require.Equal(t, x.leads, in, "epoch %d", x.epoch)
		require.NotContains(t, bob.stockIDs(), k.ID, "in either case the prekey is used up")
		if in {
			require.Equal(t, x.epoch+1, h.Epoch)
		}
	}
}

// The same for one that stopped: no roster in between is followed.
func TestD6AfterStop(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob", "charlie", "dave")
	sid := d.create("alice", "bob", "charlie")
	d.say("alice", sid, "one")
	d.tamper = func(to identity.ID, i int, m exchange.Message) []exchange.Message {
		if x, ok := m.(exchange.Delivery); ok && to == "bob" {
			x.Before[0] ^= 1
			return []exchange.Message{x}
		}
		return []exchange.Message{m}
	}
	d.order("alice")
	d.tamper = nil
	require.Equal(t, cowpi.EndStopped, d.ended("bob", sid).Reason)
	d.settle()
	d.do("alice", cowpi.Update{Sid: sid, Add: ids("dave")}) // bob stays in the roster, and is not there
	d.settle()
	require.NotNil(t, d.ended("bob", sid), "an UPDATE that does not restart bob leads him on")
	d.do("alice", cowpi.Update{Sid: sid, Restart: ids("bob")})
	d.settle()
	d.same(sid)
	d.say("alice", sid, "two")
	d.settle()
	d.say("bob", sid, "three")
	d.settle()
	require.Equal(t, []string{"two", "three"}, d.texts("bob", sid), "bob missed the first")
	require.Equal(t, []string{"two", "three"}, d.texts("dave", sid))
	require.Equal(t, []string{"one", "two", "three"}, d.texts("charlie", sid))
}

// Check D7: a provider stays within its window of deliveries.
func TestD7Window(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob")
	sid := d.create("alice", "bob")
	bob := d.guest("bob")
	next := d.books[sid].state.Next
	flood := func(n uint64) {
		for i := range n {
			d.tellPlain(bob, 1, exchange.Delivery{Sid: sid, Index: next + i, Head: next + n, Data: []byte{1}})
		}
	}
	flood(512)
	require.Zero(t, bob.hungUp[1], "a wide window, but a window")
	flood(513)
	require.Equal(t, 1, bob.hungUp[1])
	found := bodies[cowpi.ProviderFault](bob.events)
	require.Len(t, found, 1)
	require.Equal(t, fault.D7, fault.CheckOf(found[0].Err))
	require.Equal(t, identity.ID("mirror1"), found[0].Provider)
	require.Nil(t, d.ended("bob", sid), "a fault of one connection ends no conversation")

	// Connected again, and with what is honest in place of the flood, all goes on.
	d.dial(bob, 1)
	d.say("alice", sid, "hello")
	d.settle()
	require.Equal(t, []string{"hello"}, d.texts("bob", sid))
	d.same(sid)
}

// Check D7, over all conversations: none is above its own window.
func TestD7WindowOfAll(t *testing.T) {
	d := newDesk(t, Cheap, "bob")
	bob := d.guest("bob")
	said := 0
	for c := 0; bob.hungUp[1] == 0; c++ {
		require.Less(t, c, 1<<15/400+2)
		for i := range uint64(400) {
			m := exchange.Delivery{Index: i, Head: i, Data: []byte{1}}
			m.Sid[0], m.Sid[1] = byte(c), byte(c>>8)
			if d.tellPlain(bob, 1, m); bob.hungUp[1] == 0 {
				said++
			}
		}
	}
	require.Equal(t, 1<<15, said)
	found := bodies[cowpi.ProviderFault](bob.events)
	require.Equal(t, fault.D7, fault.CheckOf(found[0].Err))
	d.dial(bob, 1)
	sid := d.create("bob") // and the memory is free again
	d.say("bob", sid, "alone")
	d.settle()
	require.Equal(t, []string{"alone"}, d.texts("bob", sid))
}

// Check H5, as a user: the Welcome comes first, once, and nothing before it. A
// provider says only what providers say.
func TestH5OutOfOrder(t *testing.T) {
	for _, x := range []struct {
		name  string
		first bool // in place of the Welcome
		m     exchange.Message
		check fault.Check
	}{
		{"a delivery before the Welcome", true, exchange.Delivery{Data: []byte{1}}, fault.H5},
		{"a notice before the Welcome", true, exchange.LowStock{Count: 1}, fault.H5},
		{"a second Welcome", false, exchange.Welcome{}, fault.H5},
		{"what users say", false, exchange.Ack{}, fault.W1},
		{"a refusal by a mirror", false, exchange.Refused{From: "mirror1", Reason: exchange.ReasonInvalid}, fault.W1},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t, Cheap, "alice", "bob")
			sid := d.create("alice", "bob")
			bob := d.guest("bob")
			if x.first {
				d.tamper = func(to identity.ID, i int, m exchange.Message) []exchange.Message {
					if _, ok := m.(exchange.Welcome); ok && i == 1 {
						return []exchange.Message{x.m}
					}
					return []exchange.Message{m}
				}
				d.step(bob, cowpi.LinkDown{Provider: 1})
				d.dial(bob, 1)
				d.tamper = nil
			} else {
				d.tellPlain(bob, 1, x.m)
			}
			found := bodies[cowpi.ProviderFault](bob.events)
			require.Len(t, found, 1)
			require.Equal(t, x.check, fault.CheckOf(found[0].Err))
			require.Equal(t, identity.ID("mirror1"), found[0].Provider)
			require.Equal(t, 1, bob.hungUp[1])
			require.Len(t, bodies[cowpi.Offline](bob.events), 1)

			d.dial(bob, 1) // the same in its order
			require.Len(t, bodies[cowpi.Online](bob.events), 2)
			d.say("bob", sid, "hello")
			d.settle()
			require.Equal(t, []string{"hello"}, d.texts("alice", sid))
			require.Len(t, bodies[cowpi.ProviderFault](bob.events), 1)
		})
	}
}

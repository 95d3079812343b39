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

// newKeyFor replaces a user at the desk by one of the same name with another key,
// and returns both keys.
func (d *desk) newKeyFor(name string) (before, after suite.Point) {
	before = d.guest(name).self.Key
	delete(d.stocks, identity.ID(name))
	return before, d.invite(name).self.Key
}

// Check T1: a key that differs from the trust table waits for a decision. Here an
// operation of our own waits.
func TestT1OperationHeld(t *testing.T) {
	for _, accept := range []bool{true, false} {
		d := newDesk(t, suite.Default, "alice", "bob", "charlie")
		d.create("alice", "charlie")
		alice := d.guest("alice")
		d.do("alice", cowpi.MarkVerified{User: "charlie", Key: d.guest("charlie").self.Key})
		known, offered := d.newKeyFor("charlie")
		d.do("alice", cowpi.Create{With: ids("bob", "charlie")})
		asked := bodies[cowpi.KeyChanged](alice.events)
		require.Len(t, asked, 1)
		require.Equal(t, cowpi.KeyChanged{User: "charlie", Known: known, Offered: offered, Verified: true,
			Operation: asked[0].Operation}, asked[0])
		require.Len(t, bodies[cowpi.Created](alice.events), 1, "nothing is made before the decision")
		require.Empty(t, d.waiting)
		trusted, _, err := alice.machine.Trust(alice.store, "charlie")
		require.NoError(t, err)
		require.Equal(t, cowpi.Trusted{Key: known, Verified: true}, trusted)

		// It waits through a crash, without asking again.
		d.start(alice)
		d.connect(alice)
		require.Len(t, bodies[cowpi.KeyChanged](alice.events), 1)
		require.Empty(t, d.waiting)

		d.do("alice", cowpi.DecideKey{User: "charlie", Key: offered, Accept: accept})
		failed := bodies[cowpi.OperationFailed](alice.events)
		trusted, _, err = alice.machine.Trust(alice.store, "charlie")
		require.NoError(t, err)
		if !accept {
			require.Len(t, failed, 1)
			require.Equal(t, identity.ID("charlie"), failed[0].User)
			require.Empty(t, d.waiting)
			require.Equal(t, cowpi.Trusted{Key: known, Verified: true}, trusted)
			continue
		}
		require.Empty(t, failed)
		require.Equal(t, cowpi.Trusted{Key: offered}, trusted, "accepted, not verified")
		d.settle()
		sid := bodies[cowpi.Created](alice.events)[1].Sid
		d.same(sid)
		d.say("charlie", sid, "new phone")
		d.settle()
		require.Equal(t, []string{"new phone"}, d.texts("alice", sid))
	}
}

// Check T1: here a conversation waits, at the entry that brings the changed key.
func TestT1ConversationHeld(t *testing.T) {
	for _, accept := range []bool{true, false} {
		d := newDesk(t, suite.Default, "alice", "bob", "charlie", "dave")
		old := d.create("bob", "dave") // bob knows dave, charlie does not
		sid := d.create("alice", "bob", "charlie")
		known, offered := d.newKeyFor("dave")
		bob := d.guest("bob")
		d.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")})
		d.say("bob", sid, "waiting")
		d.order("charlie")
		mine := bob.due[len(bob.due)-1].Assigned[0].Mine
		require.Contains(t, bob.stockIDs(), mine)
		require.Equal(t, []cowpi.KeyChanged{{User: "dave", Known: known, Offered: offered, Sid: sid}},
			bodies[cowpi.KeyChanged](bob.events))
		d.settle()
		d.say("charlie", sid, "welcome, dave")
		d.settle()
		require.Empty(t, d.texts("bob", sid), "bob waits")
		require.Equal(t, []string{"welcome, dave"}, d.texts("alice", sid))
		require.Len(t, bodies[cowpi.RosterChanged](bob.events), 2)
		d.start(bob)
		d.connect(bob)
		require.Len(t, bodies[cowpi.KeyChanged](bob.events), 1, "asked once")

		d.do("bob", cowpi.DecideKey{User: "dave", Key: offered, Accept: accept})
		d.settle()
		if accept {
			d.do("bob", cowpi.ReleaseTexts{Sid: sid})
			d.settle()
			d.same(sid)
			require.Equal(t, []string{"welcome, dave", "waiting"}, d.texts("bob", sid))
			require.Equal(t, d.texts("bob", sid), d.texts("dave", sid))
			continue
		}
		end := d.ended("bob", sid)
		require.NotNil(t, end)
		require.Equal(t, cowpi.EndStopped, end.Reason)
		require.Equal(t, fault.T1, fault.CheckOf(end.Err))
		var ev *fault.Evidence
		require.ErrorAs(t, end.Err, &ev)
		require.Equal(t, fault.RoleUnknown, ev.Who.Role, "a changed key is nobody's provable fault")
		require.Len(t, end.Texts, 1)
		require.NotContains(t, bob.stockIDs(), mine, "the prekey that the entry assigned is wiped")
		require.Nil(t, d.ended("bob", old), "other conversations go on")
	}
}

// An invitation by a roster with a changed key: declined upon rejection.
func TestT1Invitation(t *testing.T) {
	for _, accept := range []bool{true, false} {
		d := newDesk(t, Cheap, "alice", "bob", "dave")
		d.create("bob", "dave")
		_, offered := d.newKeyFor("dave")
		bob := d.guest("bob")
		d.do("alice", cowpi.Create{With: ids("bob", "dave")})
		sid := bodies[cowpi.Created](d.guest("alice").events)[0].Sid
		d.settle()
		require.Len(t, bodies[cowpi.KeyChanged](bob.events), 1)
		d.do("bob", cowpi.DecideKey{User: "dave", Key: offered, Accept: accept})
		d.settle()
		if accept {
			d.same(sid)
			continue
		}
		end := d.ended("bob", sid)
		require.NotNil(t, end)
		require.Equal(t, cowpi.EndDeclined, end.Reason)
		require.Equal(t, fault.T1, fault.CheckOf(end.Err))
	}
}

// A rejection counts although the entry that it is about has gone with the
// connection and must come again; and one that is out stays out.
func TestT1RejectedWhileOffline(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob", "charlie", "dave")
	d.create("bob", "dave")
	sid := d.create("alice", "bob", "charlie")
	d.do("alice", cowpi.Update{Sid: sid, Remove: ids("bob")})
	d.settle()
	_, offered := d.newKeyFor("dave")
	bob := d.guest("bob")
	d.do("charlie", cowpi.Update{Sid: sid, Add: ids("bob", "dave")})
	d.settle()
	require.Len(t, bodies[cowpi.KeyChanged](bob.events), 1)
	d.start(bob) // a crash, and no network after it
	d.do("bob", cowpi.DecideKey{User: "dave", Key: offered})
	d.connect(bob)
	d.settle()
	require.Len(t, bodies[cowpi.KeyChanged](bob.events), 1, "asked once")
	require.Equal(t, cowpi.EndRemoved, d.ended("bob", sid).Reason)
	require.Equal(t, []cowpi.EndReason{cowpi.EndRemoved}, reasons(bob))

	// Later he thinks better of it, and somebody restarts him.
	d.do("bob", cowpi.DecideKey{User: "dave", Key: offered, Accept: true})
	d.do("alice", cowpi.Update{Sid: sid, Restart: ids("bob")})
	d.settle()
	d.same(sid)
}

func reasons(g *guest) (out []cowpi.EndReason) {
	for _, e := range bodies[cowpi.Ended](g.events) {
		out = append(out, e.Reason)
	}
	return out
}

// Check T2: every provider answers a fetch with the same, for just the ids asked.
func TestT2FetchAnswers(t *testing.T) {
	mallory := someKey(9)
	for _, x := range []struct {
		name   string
		change func(m *exchange.Fetched)
		hangUp bool
	}{
		{"another key", func(m *exchange.Fetched) { m.Keys[0].Key = mallory }, false},
		{"another prekey", func(m *exchange.Fetched) { m.Keys[1].Prekey.Y = mallory }, false},
		{"another id of a prekey", func(m *exchange.Fetched) { m.Keys[1].Prekey.ID[7] ^= 1 }, false},
		{"somebody else", func(m *exchange.Fetched) { m.Keys[0].ID = "anna" }, true},
		{"one less", func(m *exchange.Fetched) { m.Keys = m.Keys[1:] }, true},
		{"one more", func(m *exchange.Fetched) {
			m.Keys = append(m.Keys, exchange.FetchedKey{Party: identity.Party{ID: "zoe", Key: mallory}, Prekey: m.Keys[0].Prekey})
		}, true},
	} {
		for one := range everyone {
			d := newDesk(t, suite.Default, "alice", "bob", "charlie")
			alice := d.guest("alice")
			d.tamper = func(to identity.ID, i int, m exchange.Message) []exchange.Message {
				if f, ok := m.(exchange.Fetched); ok && i == one {
					f.Keys = append([]exchange.FetchedKey(nil), f.Keys...)
					x.change(&f)
					m = f
				}
				return []exchange.Message{m}
			}
			d.do("alice", cowpi.Create{With: ids("bob", "charlie")})
			found := bodies[cowpi.ProviderFault](alice.events)
			require.Len(t, found, 1, x.name)
			require.Equal(t, fault.T2, fault.CheckOf(found[0].Err), x.name)
			require.Empty(t, d.waiting, "nothing is written")
			if x.hangUp {
				require.Equal(t, d.selves[one].ID, found[0].Provider, x.name)
				require.Equal(t, 1, alice.hungUp[one])
			} else {
				failed := bodies[cowpi.OperationFailed](alice.events)
				require.Len(t, failed, 1)
				require.Equal(t, fault.T2, fault.CheckOf(failed[0].Err))
				require.Empty(t, found[0].Provider, "which one lies cannot be told")
			}

			// The same untampered.
			d.tamper = nil
			if x.hangUp {
				d.dial(alice, one)
			} else {
				d.do("alice", cowpi.Create{With: ids("bob", "charlie")})
			}
			d.settle()
			made := bodies[cowpi.Created](alice.events)
			require.Len(t, made, 1, x.name)
			d.same(made[0].Sid)
		}
	}
}

// Check T3: at equal positions all hand-out logs are the same; compared only where
// all have come. (Scenario: digests of stocks compared at different positions.)
func TestT3HandoutLogs(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob")
	alice := d.guest("alice")
	stock := alice.stockIDs()
	entry := func(i int) exchange.Handout {
		return exchange.Handout{Kind: exchange.HandoutExpired, Prekey: stock[i]}
	}
	list := func(from, to int) exchange.Handouts {
		m := exchange.Handouts{First: uint64(from + 1)}
		for i := from; i < to; i++ {
			m.List = append(m.List, entry(i))
		}
		return m
	}
	// The router is far ahead, the mirrors come after, in other portions.
	d.tell(alice, 0, list(0, 6))
	d.tell(alice, 1, list(0, 1))
	require.Len(t, alice.stockIDs(), len(stock), "one provider alone makes us wipe nothing")
	d.tell(alice, 2, list(0, 4))
	require.Equal(t, exchange.HandoutAck{Position: 1}, last(alice.heard[0]))
	d.tell(alice, 1, list(1, 3))
	d.tell(alice, 1, list(0, 3)) // again, as after a reconnection
	require.Equal(t, exchange.HandoutAck{Position: 3}, last(alice.heard[2]))
	require.Len(t, alice.stockIDs(), len(stock)-3)
	require.NotContains(t, alice.stockIDs(), stock[0])
	require.Empty(t, bodies[cowpi.ProviderFault](alice.events), "logs of different length do not differ")

	// At position 4 mirror1 tells something else.
	other := list(3, 4)
	other.List[0] = exchange.Handout{Kind: exchange.HandoutWithdrawn, Prekey: stock[3]}
	d.tell(alice, 1, other)
	found := bodies[cowpi.ProviderFault](alice.events)
	require.NotEmpty(t, found)
	require.Equal(t, fault.T3, fault.CheckOf(found[0].Err))
	var ev *fault.Evidence
	require.ErrorAs(t, found[0].Err, &ev)
	require.Len(t, ev.Exhibits, 2)
	require.Len(t, alice.stockIDs(), len(stock)-3, "what is not agreed upon wipes nothing")

	// The honest entry in its place is taken.
	d.tell(alice, 1, list(3, 4))
	require.Len(t, alice.stockIDs(), len(stock)-4)
	sid := d.create("bob", "alice")
	d.same(sid)
}

func last(list []exchange.Message) exchange.Message { return list[len(list)-1] }

// Check T3: what cannot be a position, and a batch that was never made.
func TestT3Impossible(t *testing.T) {
	for name, m := range map[string]exchange.Message{
		"position 0":             exchange.Handouts{First: 0, List: []exchange.Handout{{Kind: exchange.HandoutExpired}}},
		"position far ahead":     exchange.Handouts{First: 1 << 40, List: []exchange.Handout{{Kind: exchange.HandoutExpired}}},
		"a batch never made":     exchange.Stocked{Batch: 2},
		"a batch far from there": exchange.Stocked{Batch: 1<<32 - 1},
	} {
		d := newDesk(t, Cheap, "alice", "bob")
		alice := d.guest("alice")
		d.tell(alice, 2, m)
		found := bodies[cowpi.ProviderFault](alice.events)
		require.Len(t, found, 1, name)
		require.Equal(t, fault.T3, fault.CheckOf(found[0].Err), name)
		require.Equal(t, identity.ID("mirror2"), found[0].Provider)
		d.dial(alice, 2)
		d.tell(alice, 2, exchange.Stocked{Batch: 1})
		require.Len(t, bodies[cowpi.ProviderFault](alice.events), 1, name)
		d.same(d.create("alice", "bob"))
	}
}

// Check T4: a roster holds one's own key and not another.
func TestT4OwnKeyInRoster(t *testing.T) {
	for name, entry := range map[string]identity.Party{
		"another key for us": {ID: "bob", Key: someKey(5)},
		"we are not in it":   {ID: "bert", Key: someKey(5)},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, suite.Default, "alice", "bob")
			d.do("alice", cowpi.Create{With: ids("bob")})
			a := d.next("alice")
			roster, err := conversation.NewRoster(d.suite, []conversation.Entry{
				{Party: d.guest("alice").self.Party()}, {Party: entry}})
			require.NoError(t, err)
			x := (&conversation.DataBlock{Type: conversation.SETUP, Nonce: a.block.Nonce, AuthorID: "alice",
				Providers: d.set.Digest(d.suite), Roster: roster}).Seal(d.suite)
			bob := d.guest("bob")
			back := d.rewind(bob)
			for i := range d.selves {
				d.tellPlain(bob, i, exchange.Delivery{Sid: x.Sid, Data: x.Raw(), Block: a.upload.Blocks[0]})
			}
			end := d.ended("bob", x.Sid)
			require.NotNil(t, end)
			require.Equal(t, cowpi.EndDeclined, end.Reason)
			require.Equal(t, fault.T4, fault.CheckOf(end.Err), "%v", end.Err)
			require.NotContains(t, bob.stockIDs(), prekeyNamed(t, a.upload.Blocks[0]), "what it names is wiped")
			back()
			d.waiting = append(d.waiting, a)
			d.settle()
			d.same(a.block.Sid)
		})
	}
}

func prekeyNamed(t *testing.T, block []byte) pair.KeyID {
	h, err := pair.ParseHeader(suite.Default, block)
	require.NoError(t, err)
	require.Equal(t, pair.Prekey, h.Ref.Kind)
	return h.Ref.ID
}

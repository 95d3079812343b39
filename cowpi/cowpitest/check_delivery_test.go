package cowpitest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// flipLast returns a copy of b with its last byte changed.
func flipLast(b []byte) []byte {
	c := append([]byte(nil), b...)
	c[len(c)-1] ^= 1
	return c
}

// Check D1: every provider delivers the same for an index.
func TestD1ProvidersDisagree(t *testing.T) {
	require.Equal(t, fault.Check("D1"), fault.D1)
	for one := range everyone {
		for name, change := range map[string]func(exchange.Delivery) exchange.Delivery{
			"data block": func(m exchange.Delivery) exchange.Delivery { m.Data = flipLast(m.Data); return m },
			"block":      func(m exchange.Delivery) exchange.Delivery { m.Block = flipLast(m.Block); return m },
			"no block":   func(m exchange.Delivery) exchange.Delivery { m.Block = nil; return m },
			"digest":     func(m exchange.Delivery) exchange.Delivery { m.Before[3] ^= 1; return m },
			"prekeys": func(m exchange.Delivery) exchange.Delivery {
				m.Assigned = []exchange.Assigned{{Peer: "charlie", Theirs: exchange.Prekey{Y: someKey(1)}}}
				return m
			},
		} {
			t.Run(fmt.Sprintf("%s by provider %d", name, one), func(t *testing.T) {
				d := newDesk(t, suite.Default, "alice", "bob", "charlie")
				sid := d.create("alice", "bob", "charlie")
				d.say("alice", sid, "hello")
				d.breakDelivery(d.next("alice"), "bob", broken{name: name, by: []int{one}, change: change,
					check: fault.D1, role: fault.RoleProviders})
				require.Equal(t, []string{"hello"}, d.texts("bob", sid))
			})
		}
	}
}

// someKey is a well-formed key that nobody has.
func someKey(n byte) suite.Point { return suite.Default.Public(suite.Scalar{n}) }

// The heads that providers name may differ: the conversation goes on, and only who
// writes waits for the highest.
func TestHeadsMayDiffer(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob")
	sid := d.create("alice", "bob")
	d.tamper = func(to identity.ID, i int, m exchange.Message) []exchange.Message {
		if x, ok := m.(exchange.Delivery); ok && to == "bob" && i == 2 {
			x.Head++
			return []exchange.Message{x}
		}
		return []exchange.Message{m}
	}
	d.say("alice", sid, "one", "two")
	d.order("alice")
	require.Equal(t, []string{"one"}, d.texts("bob", sid))
	d.say("bob", sid, "three")
	require.Len(t, d.waiting, 1, "bob writes before he has what mirror2 has")
	d.tamper = nil
	d.settle()
	require.Equal(t, []string{"one", "two", "three"}, d.texts("alice", sid))
	d.same(sid)
}

// A stop is told to the others, and is no end for anything else.
func TestStopIsToldAndOthersGoOn(t *testing.T) {
	d := newDesk(t, suite.Default, "alice", "bob", "charlie")
	sid := d.create("alice", "bob", "charlie")
	other := d.create("bob", "alice", "charlie")
	d.say("alice", sid, "one")
	d.settle()
	d.tamper = func(to identity.ID, i int, m exchange.Message) []exchange.Message {
		if x, ok := m.(exchange.Delivery); ok && to == "bob" && i == 1 && x.Sid == sid {
			x.Data = flipLast(x.Data)
			m = x
		}
		return []exchange.Message{m}
	}
	d.say("bob", sid, "in flight")
	d.say("alice", sid, "two")
	d.settle()
	end := d.ended("bob", sid)
	require.NotNil(t, end)
	require.Equal(t, cowpi.EndStopped, end.Reason)
	require.Equal(t, fault.D1, fault.CheckOf(end.Err))
	require.Equal(t, "in flight", string(end.Texts[0].Text), "its fate is unknown, so it goes back to the application")
	for _, name := range []string{"alice", "charlie"} {
		told := bodies[cowpi.PeerStopped](d.guest(name).events)
		require.Len(t, told, 1)
		require.Equal(t, identity.ID("bob"), told[0].Participant)
		require.Contains(t, d.texts(name, sid), "two")
	}
	d.tamper = nil
	d.say("bob", other, "still here")
	d.settle()
	require.Equal(t, []string{"still here"}, d.texts("alice", other))
	_, err := d.guest("bob").machine.Step(d.guest("bob").store, cowpi.Send{Sid: sid, Text: []byte("x")}, suite.Seed{}, d.now)
	require.True(t, misuse(err))
}

// Check D2: h_{i-1} is the participant's own.
func TestD2DigestOfBefore(t *testing.T) {
	d := newDesk(t, suite.Default, "alice", "bob")
	sid := d.create("alice", "bob")
	d.say("alice", sid, "hello")
	d.breakDelivery(d.next("alice"), "bob", broken{name: "digest", check: fault.D2, role: fault.RoleProviders,
		change: func(m exchange.Delivery) exchange.Delivery { m.Before[0] ^= 1; return m }})
}

// Check D3: there is a block for everybody but the author.
func TestD3BlockForAllButAuthor(t *testing.T) {
	t.Run("none for a recipient", func(t *testing.T) {
		d := newDesk(t, suite.Default, "alice", "bob")
		sid := d.create("alice", "bob")
		d.say("alice", sid, "hello")
		d.breakDelivery(d.next("alice"), "bob", broken{name: "no block", check: fault.D3, role: fault.RoleProviders,
			change: func(m exchange.Delivery) exchange.Delivery { m.Block = nil; return m }})
	})
	t.Run("one for the author", func(t *testing.T) {
		d := newDesk(t, suite.Default, "alice", "bob")
		sid := d.create("alice", "bob")
		d.say("alice", sid, "hello")
		a := d.next("alice")
		d.breakDelivery(a, "alice", broken{name: "own block", check: fault.D3, role: fault.RoleProviders,
			change: func(m exchange.Delivery) exchange.Delivery { m.Block = a.upload.Blocks[0]; return m }})
	})
}

// Check D4: one's own upload is one that was made.
func TestD4UploadNeverMade(t *testing.T) {
	for _, kind := range []conversation.Type{conversation.RCPT, conversation.MSG, conversation.UPDATE} {
		t.Run(kind.String(), func(t *testing.T) {
			d := newDesk(t, suite.Default, "alice", "bob", "charlie")
			sid := d.create("alice", "bob", "charlie")
			d.say("bob", sid, "my own words")
			genuine := d.next("bob")
			x := d.forge(sid, "bob", kind)
			switch kind {
			case conversation.MSG:
				x.Sealed = make([]byte, 64)
			case conversation.UPDATE:
				var entries []conversation.Entry
				for _, e := range d.books[sid].state.Roster.Entries() {
					if e.ID != "charlie" {
						entries = append(entries, e)
					}
				}
				roster, err := conversation.NewRoster(d.suite, entries)
				require.NoError(t, err)
				x.AuthorID, x.Providers, x.Roster = "bob", d.set.Digest(d.suite), roster
			}
			x.Seal(d.suite)
			// Only bob is told that he wrote it: everybody else gets what he did write.
			d.breakDelivery(genuine, "bob", broken{name: "forged", check: fault.D4, role: fault.RoleProviders,
				change: func(m exchange.Delivery) exchange.Delivery { m.Data = x.Raw(); return m }})
			require.Equal(t, []string{"my own words"}, d.texts("bob", sid))
			require.Equal(t, []string{"my own words"}, d.texts("alice", sid))
		})
	}
}

// Check D5: assigned prekeys are for just the pairs due, and of one's own those in
// stock.
func TestD5AssignedPrekeys(t *testing.T) {
	with := func(f func(list []exchange.Assigned) []exchange.Assigned) func(exchange.Delivery) exchange.Delivery {
		return func(m exchange.Delivery) exchange.Delivery {
			m.Assigned = f(append([]exchange.Assigned(nil), m.Assigned...))
			return m
		}
	}
	for _, x := range []broken{
		{name: "one is missing", change: with(func(l []exchange.Assigned) []exchange.Assigned { return l[:0] })},
		{name: "one too many", change: with(func(l []exchange.Assigned) []exchange.Assigned {
			e := l[0]
			e.Peer = "zoe"
			return append(l, e)
		})},
		{name: "of another peer", change: with(func(l []exchange.Assigned) []exchange.Assigned { l[0].Peer = "alice"; return l })},
		{name: "not in our stock", change: with(func(l []exchange.Assigned) []exchange.Assigned { l[0].Mine[0] ^= 1; return l })},
	} {
		x.check, x.role = fault.D5, fault.RoleProviders
		t.Run("UPDATE: "+x.name, func(t *testing.T) {
			d := newDesk(t, suite.Default, "alice", "bob", "charlie", "dave")
			sid := d.create("alice", "bob", "charlie")
			d.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")})
			d.breakDelivery(d.next("charlie"), "bob", x)
			d.settle()
			d.say("dave", sid, "I am here")
			d.settle()
			require.Equal(t, []string{"I am here"}, d.texts("bob", sid))
		})
		t.Run("SETUP: "+x.name, func(t *testing.T) {
			d := newDesk(t, suite.Default, "alice", "bob", "charlie")
			d.do("alice", cowpi.Create{With: ids("bob", "charlie")})
			d.breakDelivery(d.next("alice"), "bob", x)
			d.settle()
		})
	}
	t.Run("MSG: any", func(t *testing.T) {
		d := newDesk(t, suite.Default, "alice", "bob")
		sid := d.create("alice", "bob")
		d.say("alice", sid, "hello")
		d.breakDelivery(d.next("alice"), "bob", broken{name: "any", check: fault.D5, role: fault.RoleProviders,
			change: func(m exchange.Delivery) exchange.Delivery {
				m.Assigned = []exchange.Assigned{{Peer: "alice", Theirs: exchange.Prekey{Y: someKey(1)}}}
				return m
			}})
	})
}

// A prekey of ours that an entry names or assigns is wiped, also where we stop at
// it, or get it when we are out.
func TestStoppedStillWipesAssignedPrekeys(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob", "charlie", "dave")
	sid := d.create("alice", "bob", "charlie")
	bob := d.guest("bob")
	d.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")})
	var m exchange.Delivery
	for _, due := range d.deliveries(d.next("charlie")) {
		if due.to == bob {
			m = due.m
		}
	}
	require.Len(t, m.Assigned, 1)
	require.Contains(t, bob.stockIDs(), m.Assigned[0].Mine)
	bad := m
	bad.Before[0] ^= 1
	for i := range d.selves {
		d.tellPlain(bob, i, bad)
	}
	require.Equal(t, fault.D2, fault.CheckOf(d.ended("bob", sid).Err))
	require.NotContains(t, bob.stockIDs(), m.Assigned[0].Mine)

	later := m
	later.Index, later.Head = m.Index+1, m.Index+1
	other := bob.stockIDs()[0]
	later.Assigned = []exchange.Assigned{{Peer: "dave", Theirs: m.Assigned[0].Theirs, Mine: other}}
	later.Data = flipLast(later.Data) // no matter what it is
	for i := range d.selves {
		d.tellPlain(bob, i, later)
	}
	require.NotContains(t, bob.stockIDs(), other)
}

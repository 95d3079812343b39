package cowpitest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// accountsOf is what all users were shown.
func accountsOf(n *Net, sid suite.Hash) (out []Account) {
	for _, u := range n.Users {
		out = append(out, u.Account(sid))
	}
	return out
}

// With one provider alone nobody notices a fork, and the comparison of accounts
// must: else it would be blind in the schedules.
func TestForkByAllProvidersSucceeds(t *testing.T) {
	n, err := New(Options{Seed: 3, Providers: 1, Suite: Cheap, Users: people[:3], Policy: small()})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sid := create(t, n, "alice", "bob", "charlie")
	say(t, n, "alice", sid, "before")
	require.NoError(t, n.Settle())
	require.NoError(t, Agree(accountsOf(n, sid)...))
	require.NoError(t, n.Fork("bob"))
	require.NoError(t, n.Settle())
	say(t, n, "alice", sid, "Are you going to the protests?")
	say(t, n, "bob", sid, "Lunch?")
	require.NoError(t, n.Settle())
	require.NotEqual(t, n.User("alice").View(sid).Texts(), n.User("bob").View(sid).Texts())
	require.ErrorContains(t, Agree(accountsOf(n, sid)...), "was shown to one")
	require.NoError(t, Agree(n.User("alice").Account(sid), n.User("charlie").Account(sid)))
}

// exchangeAll is a provider that gives one user two neighbouring texts in the
// other order, and makes the digests fit: all providers that do so agree.
func exchangeAll(s suite.Suite, to identity.ID, index uint64) Tamper {
	var held *exchange.Delivery
	var before suite.Hash // h as the user knows it
	turned := false
	return func(user identity.ID, m exchange.Message) []exchange.Message {
		d, ok := m.(exchange.Delivery)
		if !ok || user != to || d.Index < index {
			return []exchange.Message{m}
		}
		if d.Index == index {
			held, before = &d, d.Before
			return nil
		}
		list := []exchange.Delivery{d}
		if !turned && held != nil {
			first := *held
			first.Data, d.Data = d.Data, first.Data
			first.Block, d.Block = d.Block, first.Block
			list, turned = []exchange.Delivery{first, d}, true
		}
		var out []exchange.Message
		for _, d := range list {
			d.Before, d.Head = before, max(d.Head, index+1)
			b, err := conversation.Parse(s, d.Data)
			if err != nil {
				return nil
			}
			before = conversation.NextDigest(s, before, b)
			out = append(out, d)
		}
		return out
	}
}

// swap lets all providers but the honest one give bob two texts in the other
// order; honest -1: all.
func swap(t *testing.T, honest int) (*Net, suite.Hash) {
	n, err := New(Options{Seed: 5, Suite: Cheap, Users: people[:3], Policy: small()})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sid := create(t, n, "alice", "bob", "charlie")
	head, ok := n.Head(n.User("alice"), sid)
	require.True(t, ok)
	for i, p := range n.Providers {
		if i != honest {
			p.Corrupt = exchangeAll(Cheap, "bob", head.Next)
		}
	}
	say(t, n, "alice", sid, "one") // neither has seen the other's: both orders are Valid
	say(t, n, "charlie", sid, "two")
	require.NoError(t, n.Settle())
	return n, sid
}

// Where all providers agree to lie, bob is shown another order than the others,
// and only the conversation code tells. Where one of them is honest, whichever,
// bob stops before he is shown anything.
func TestReorderByAllProvidersSucceedsD1(t *testing.T) {
	n, sid := swap(t, -1)
	bob, alice := n.User("bob"), n.User("alice")
	require.Len(t, bob.View(sid).Texts(), 2)
	require.NotEqual(t, alice.View(sid).Texts(), bob.View(sid).Texts())
	require.Nil(t, bob.View(sid).Ended)
	require.ErrorContains(t, Agree(accountsOf(n, sid)...), "was shown to one")
	hers, _, err := alice.Machine.Code(alice.Store, sid)
	require.NoError(t, err)
	his, _, err := bob.Machine.Code(bob.Store, sid)
	require.NoError(t, err)
	require.NotEqual(t, hers, his)
	for honest := range n.Providers {
		n, sid := swap(t, honest)
		v := n.User("bob").View(sid)
		require.Empty(t, v.Texts())
		require.NotNil(t, v.Ended)
		require.Equal(t, fault.D1, fault.CheckOf(v.Ended.Err))
		require.NoError(t, Agree(accountsOf(n, sid)...))
	}
}

// Hand-made histories, good and bad: each bad one is rejected, for its own reason.
func TestBadHistoriesAreRejected(t *testing.T) {
	sid := suite.Hash{1}
	text := func(i uint64, author, text string) Entry {
		return Entry{Index: i, Kind: "text", Author: identity.ID(author), Text: text, ID: content.TextID{text[0], text[len(text)-1]}}
	}
	roster := Entry{Index: 0, Kind: "roster", Author: "ann", Members: []integrity.Member{{ID: "ann"}, {ID: "bob"}}}
	good := Account{Who: "ann", Sid: sid, Stays: []Stay{{First: 0, Last: 4, Indices: 5, Entries: []Entry{roster, text(1, "ann", "a1"), text(2, "bob", "b1"), text(4, "ann", "a2")}}}}
	change := func(who string, f func(s *Stay)) Account {
		s := good.Stays[0]
		s.Entries = slices.Clone(s.Entries)
		f(&s)
		return Account{Who: identity.ID(who), Sid: sid, Stays: []Stay{s}}
	}
	number := map[string]uint64{"a1": 1, "a2": 2, "b1": 1}
	wrote := func(author identity.ID, at suite.Hash, text string) (uint64, bool) {
		n, ok := number[text]
		return n, ok && at == sid && text[0] == author[0]
	}
	honest := func(id identity.ID) bool { return id != "eve" }
	require.NoError(t, Sound(good, honest, wrote))
	for _, b := range []Account{
		change("bob", func(*Stay) {}),
		change("bob", func(s *Stay) { s.Last, s.Indices, s.Entries = 2, 3, s.Entries[:3] }),                // behind
		change("bob", func(s *Stay) { s.First, s.Indices, s.Entries = 2, 3, s.Entries[2:] }),               // later
		change("bob", func(s *Stay) { s.Last, s.Indices, s.Entries = 3, 4, s.Entries[:3] }),                // a receipt at 3
		change("bob", func(s *Stay) { s.Last, s.Entries = 6, append(s.Entries, text(6, "e", "e")) }),       // ahead
		{Who: "bob", Sid: sid, Stays: []Stay{{First: 9, Last: 9, Entries: []Entry{text(9, "bob", "zz")}}}}, // never together
	} {
		require.NoError(t, Agree(good, b))
	}
	for name, b := range map[string]Account{
		"another text":        change("bob", func(s *Stay) { s.Entries[1].Text = "ax" }),
		"another author":      change("bob", func(s *Stay) { s.Entries[1].Author = "bob" }),
		"another epoch":       change("bob", func(s *Stay) { s.Entries[1].Epoch = 1 }),
		"another text id":     change("bob", func(s *Stay) { s.Entries[1].ID[0] = 9 }),
		"another roster":      change("bob", func(s *Stay) { s.Entries[0].Members = s.Entries[0].Members[:1] }),
		"a text missing":      change("bob", func(s *Stay) { s.Entries = slices.Delete(s.Entries, 2, 3) }),
		"the last missing":    change("bob", func(s *Stay) { s.Entries = s.Entries[:3] }),
		"one more":            change("bob", func(s *Stay) { s.Entries = slices.Insert(s.Entries, 3, text(3, "bob", "b2")) }),
		"two exchanged":       change("bob", func(s *Stay) { s.Entries[1].Index, s.Entries[2].Index = 2, 1 }),
		"unreadable to one":   change("bob", func(s *Stay) { s.Entries[1].Kind = "unreadable" }),
		"repeat of another":   change("bob", func(s *Stay) { s.Entries[1].Kind, s.Entries[1].ID = "repeat", content.TextID{7} }),
		"later, and another":  change("bob", func(s *Stay) { s.First, s.Entries = 2, s.Entries[2:]; s.Entries[0].Text = "bx" }),
		"the last is another": change("bob", func(s *Stay) { s.Last, s.Entries = 2, s.Entries[:3]; s.Entries[2].Text = "bx" }),
	} {
		require.Error(t, Agree(good, b), name)
		require.Error(t, Agree(b, good), name)
	}
	for name, b := range map[string]Account{
		"twice": change("bob", func(s *Stay) { s.Entries = append(s.Entries[:3], text(3, "ann", "a1"), s.Entries[3]) }),
		"twice, in two stays": {Who: "bob", Sid: sid, Stays: []Stay{{First: 1, Last: 1, Entries: []Entry{text(1, "ann", "a1")}},
			{First: 3, Last: 3, Entries: []Entry{text(3, "ann", "a1")}}}},
		"twice, of a corrupt author": change("bob", func(s *Stay) {
			s.Entries = append(s.Entries[:1], text(2, "eve", "ee"), text(3, "eve", "ee"))
		}),
		"never written":        change("bob", func(s *Stay) { s.Entries[1].Text = "ax" }),
		"another author":       change("bob", func(s *Stay) { s.Entries[1].Author = "bob" }),
		"out of order":         change("bob", func(s *Stay) { s.Entries[1].Text, s.Entries[3].Text = "a2", "a1" }),
		"unreadable":           change("bob", func(s *Stay) { s.Entries[1].Kind = "unreadable" }),
		"repeat":               change("bob", func(s *Stay) { s.Entries[1].Kind = "repeat" }),
		"index back":           change("bob", func(s *Stay) { s.Entries[1].Index, s.Entries[2].Index = 2, 1 }),
		"index twice":          change("bob", func(s *Stay) { s.Entries[2].Index = 1 }),
		"before it came":       change("bob", func(s *Stay) { s.First = 1 }),
		"after it went":        change("bob", func(s *Stay) { s.Last = 3 }),
		"an index passed over": change("bob", func(s *Stay) { s.Indices = 4 }),
		"another conversation": {Who: "bob", Sid: suite.Hash{2}, Stays: good.Stays},
	} {
		require.Error(t, Sound(b, honest, wrote), name)
	}
	unreadable := change("bob", func(s *Stay) { s.Entries[1].Kind, s.Entries[1].Author = "unreadable", "eve" })
	require.NoError(t, Sound(unreadable, honest, wrote)) // of a corrupt author it is no wonder
}

// A bad block ends the conversation for its recipient alone, who accuses the
// author; a restart by another brings it back, and texts flow on. P5.
func TestP5BadBlockIsHealedByRestart(t *testing.T) {
	for _, s := range []suite.Suite{Cheap, suite.Default} {
		n, err := New(Options{Seed: 8, Suite: s, Users: people[:4], Policy: small()})
		require.NoError(t, err)
		require.NoError(t, n.Settle())
		sid := create(t, n, "alice", "bob", "charlie", "dave")
		say(t, n, "bob", sid, "hello")
		require.NoError(t, n.Settle())
		dave := n.User("dave")
		n.SpoilBlock(dave, "bob")
		say(t, n, "dave", sid, "poison")
		require.NoError(t, n.Settle())
		bob := n.User("bob")
		end := bob.View(sid).Ended
		require.NotNil(t, end)
		require.Equal(t, fault.P5, fault.CheckOf(end.Err))
		var e *fault.Evidence
		require.ErrorAs(t, end.Err, &e)
		require.Equal(t, fault.Party{Role: fault.RoleAuthor, ID: "dave"}, e.Who)
		for _, name := range []string{"alice", "charlie", "dave"} {
			require.Nil(t, n.User(name).View(sid).Ended, name)
		}
		say(t, n, "charlie", sid, "bob?")
		require.NoError(t, n.Settle())
		require.Equal(t, []string{"hello"}, bob.View(sid).Texts())
		require.Equal(t, []string{"hello", "poison", "bob?"}, n.User("alice").View(sid).Texts())

		_, err = n.Do("alice", cowpi.Update{Sid: sid, Restart: ids("bob"), Remove: ids("dave")})
		require.NoError(t, err)
		require.NoError(t, n.Settle())
		say(t, n, "bob", sid, "back")
		require.NoError(t, n.Settle())
		require.Nil(t, bob.View(sid).Ended)
		require.Equal(t, []string{"hello", "back"}, bob.View(sid).Texts())
		require.Equal(t, []string{"hello", "poison", "bob?", "back"}, n.User("charlie").View(sid).Texts())
		require.NoError(t, SameViews(n, sid))
		require.NoError(t, Agree(accountsOf(n, sid)...))
	}
}

package cowpitest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

const shortLife = 100_000 // ms, of a fetched prekey

// A prekey's time comes while a proposal names it: it does not expire then.
func TestScenarioPrekeyExpiresWhileProposalNamesIt(t *testing.T) {
	s := newScene(t, Options{Seed: 1, Users: people[:3], Limits: provider.Limits{PrekeyLife: shortLife}})
	sid := s.create("alice", "bob")
	written := func() bool { return len(s.uploads("alice", conversation.UPDATE)) > 0 }
	hold := func(from, to string) bool { return written() && from == "router" && to == "mirror1" }
	s.do("alice", cowpi.Update{Sid: sid, Add: ids("charlie")})
	s.holding(hold)
	require.True(t, written())
	require.NotZero(t, s.Held("router", "mirror1"), "the proposal is on its way")
	named := s.fetchedBy("alice", conversation.UPDATE)
	require.Contains(t, s.User("charlie").stockIDs(), named)
	require.NoError(t, s.Advance(3*shortLife))
	s.holding(hold)
	require.Contains(t, s.User("charlie").stockIDs(), named, "nobody has told charlie to wipe it")
	s.agreed()
	require.Empty(t, eventsOf[cowpi.OperationFailed](s, "alice"))
	s.say("charlie", sid, "made it")
	s.agreed()
	s.shows(sid, []string{"made it"}, "alice", "bob", "charlie")
	require.NoError(t, s.Advance(10*shortLife))
	s.say("bob", sid, "still")
	s.agreed()
}

// fetchedBy is the first prekey that the first upload of a type of a user names.
func (s *scene) fetchedBy(who string, kind conversation.Type) pair.KeyID {
	s.t.Helper()
	for _, b := range s.uploads(who, kind)[0].Blocks {
		if h := s.header(b); h.Start && h.Ref.Kind == pair.Prekey {
			return h.Ref.ID
		}
	}
	s.t.Fatal("no prekey is named")
	return pair.KeyID{}
}

func (u *User) stockIDs() []pair.KeyID { return (&guest{store: u.Store}).stockIDs() }

// The other way round: the prekey expires before the upload is there. It is refused
// for that, its owner wipes the key, and with a new one it goes.
func TestScenarioPrekeyExpiresBeforeProposal(t *testing.T) {
	s := newScene(t, Options{Seed: 2, Users: people[:3], Limits: provider.Limits{PrekeyLife: shortLife}})
	sid := s.create("alice", "bob")
	hold := func(from, to string) bool {
		return from == "alice" && to == "router" && len(s.uploads("alice", conversation.UPDATE)) > 0
	}
	s.do("alice", cowpi.Update{Sid: sid, Add: ids("charlie")})
	s.holding(hold)
	require.NotZero(t, s.Held("alice", "router"))
	named := s.fetchedBy("alice", conversation.UPDATE)
	require.NoError(t, s.Advance(2*shortLife))
	s.holding(hold)
	require.NotContains(t, s.User("charlie").stockIDs(), named, "its owner has wiped it")
	s.settle()
	failed := eventsOf[cowpi.OperationFailed](s, "alice")
	require.Len(t, failed, 1)
	require.Equal(t, exchange.ReasonPrekey, failed[0].Reason)
	require.Equal(t, identity.ID("charlie"), failed[0].User)
	s.do("alice", cowpi.Update{Sid: sid, Add: ids("charlie")})
	s.agreed()
	require.NotNil(t, s.head("charlie", sid))
}

// name makes every fresh block of a user's UPDATEs to a conversation name one
// prekey, whatever was fetched for it.
func (s *scene) name(who string, sid suite.Hash, id pair.KeyID) {
	s.watch(s.User(who), func(up exchange.Upload) exchange.Upload {
		d := s.parse(up)
		if d.Type != conversation.UPDATE || d.Sid != sid {
			return up
		}
		up.Blocks = slices.Clone(up.Blocks)
		for i, b := range up.Blocks {
			if h := s.header(b); h.Start && h.Ref.Kind == pair.Prekey {
				up.Blocks[i] = slices.Clone(b)
				copy(up.Blocks[i][2:], id[:])
			}
		}
		return up
	})
}

// onlyRefused wants the router to have refused one upload, of this user, by A5.
func (s *scene) onlyRefused(who string) {
	s.t.Helper()
	var checks []fault.Check
	for _, e := range s.Providers[0].Events {
		if r, ok := e.(provider.Refused); ok {
			require.Equal(s.t, identity.ID(who), r.User)
			checks = append(checks, fault.CheckOf(r.Err))
		}
	}
	require.Equal(s.t, []fault.Check{fault.A5}, checks)
}

// An upload names a prekey that was fetched by somebody else: refused, to its
// author alone, and who fetched the prekey can still use it.
func TestScenarioPrekeyFetchedBySomebodyElse(t *testing.T) {
	s := newScene(t, Options{Seed: 3, Users: people[:4]})
	sid := s.create("alice", "bob", "charlie")
	// Alice fetches a prekey of dave's, and does not get to use it yet.
	hold := func(from, to string) bool {
		return from == "alice" && to == "router" && len(s.uploads("alice", conversation.UPDATE)) > 0
	}
	s.do("alice", cowpi.Update{Sid: sid, Add: ids("dave")})
	s.holding(hold)
	stolen := s.fetchedBy("alice", conversation.UPDATE)
	s.name("bob", sid, stolen)
	s.do("bob", cowpi.Update{Sid: sid, Add: ids("dave")})
	s.holding(hold)
	s.onlyRefused("bob")
	require.Contains(t, s.User("dave").stockIDs(), stolen)

	s.watch(s.User("bob"), nil)
	s.agreed()
	require.NotContains(t, s.User("dave").stockIDs(), stolen)
	s.say("dave", sid, "here")
	s.agreed()
	s.shows(sid, []string{"here"}, people[:4]...)
	require.Equal(t, []identity.ID{"alice"}, s.addersOf("dave", sid), "who fetched it has used it")
}

// addersOf lists who added a user, as that user saw it.
func (s *scene) addersOf(who string, sid suite.Hash) (out []identity.ID) {
	for _, l := range s.User(who).View(sid).Lines {
		if slices.Contains(l.Added, identity.ID(who)) {
			out = append(out, l.Author)
		}
	}
	return out
}

// The same where the prekey was fetched by the author itself, for another
// conversation, in which it has not been used yet.
func TestScenarioPrekeyFetchedForAnotherConversation(t *testing.T) {
	s := newScene(t, Options{Seed: 3, Users: people[:4]})
	sid := s.create("alice", "bob", "charlie")
	other := s.create("bob", "alice")
	var fetched []exchange.Fetched
	s.Providers[0].Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
		if f, ok := m.(exchange.Fetched); ok && to == "bob" {
			fetched = append(fetched, f) // listens only
		}
		return []exchange.Message{m}
	}
	// Mirror1 keeps a text from bob: so he has the prekey and may not write.
	mirror := s.Providers[1]
	mirror.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
		if d, ok := m.(exchange.Delivery); ok && to == "bob" && d.Sid == sid {
			return nil
		}
		return []exchange.Message{m}
	}
	s.do("bob", cowpi.Update{Sid: sid, Add: ids("dave")})
	s.holding(func(from, to string) bool { return from == "mirror1" && to == "bob" })
	s.say("alice", sid, "kept from bob")
	s.holding(func(from, to string) bool { return from == "mirror1" && to == "bob" })
	s.settle()
	require.Len(t, fetched, 1)
	require.Empty(t, s.uploads("bob", conversation.UPDATE))
	foreign := fetched[0].Keys[0].Prekey.ID
	s.name("bob", other, foreign)
	s.do("bob", cowpi.Update{Sid: other, Add: ids("dave")})
	s.settle()
	require.Len(t, fetched, 2)
	require.NotEqual(t, foreign, fetched[1].Keys[0].Prekey.ID)
	s.onlyRefused("bob")
	require.Empty(t, s.User("dave").Conversations())
	require.Contains(t, s.User("dave").stockIDs(), foreign)

	// Where it was fetched for, it is good; and the right one in the other.
	mirror.Corrupt = nil
	s.watch(s.User("bob"), nil)
	s.Cut("bob", "mirror1")
	s.agreed()
	require.NotContains(t, s.User("dave").stockIDs(), foreign)
	require.Len(t, s.User("dave").Conversations(), 2)
}

// Several conversations draw on one stock at once: no prekey is handed out twice,
// nobody is stuck, and stocks are topped up.
func TestScenarioConversationsDrawOnOneStock(t *testing.T) {
	seeds(t, 6, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people, Policy: cowpi.Policy{Stock: 100, Floor: 60}})
		for range 3 {
			for i, by := range people {
				with := slices.Concat(people[:i], people[i+1:])
				s.do(by, cowpi.Create{With: ids(with...)})
			}
			require.NoError(t, s.Run(200))
			s.DropLinks("")
		}
		s.agreed()
		require.Len(t, s.User("erin").Conversations(), 15)
		for i, sid := range s.User("erin").Conversations() {
			who := people[i%5]
			s.say(who, sid, fmt.Sprint("in ", i))
		}
		s.agreed()
		once := map[pair.KeyID]bool{}
		for _, who := range people {
			require.Empty(t, eventsOf[cowpi.OperationFailed](s, who))
			for _, up := range s.uploads(who, conversation.SETUP) {
				for _, b := range up.Blocks {
					h := s.header(b)
					require.False(t, once[h.Ref.ID], "a prekey was handed out twice")
					once[h.Ref.ID] = true
				}
			}
			require.GreaterOrEqual(t, len(s.User(who).stockIDs()), 40, "%s was topped up", who)
		}
		require.Len(t, once, 15*4)
	})
}

// A stock that does not suffice is an error that names its owner; once the owner
// has topped it up, the same goes.
func TestScenarioStockIsEmpty(t *testing.T) {
	s := newScene(t, Options{Seed: 5, Users: people, Policy: cowpi.Policy{Stock: 10, Floor: 5}})
	s.SetOffline("erin", true)
	var failed []cowpi.OperationFailed
	for range 20 {
		s.do("alice", cowpi.Create{With: ids("bob", "erin")})
		s.settle()
		if failed = eventsOf[cowpi.OperationFailed](s, "alice"); len(failed) > 0 {
			break
		}
	}
	require.Len(t, failed, 1)
	require.Equal(t, exchange.ReasonNoStock, failed[0].Reason)
	require.Equal(t, identity.ID("erin"), failed[0].User)
	s.SetOffline("erin", false)
	s.agreed()
	s.do("alice", cowpi.Create{With: ids("bob", "erin")})
	s.agreed()
	require.Len(t, eventsOf[cowpi.OperationFailed](s, "alice"), 1)
}

// ReplaceStock: after it no old prekey is left with the owner, none is handed out,
// and conversations go on.
func TestScenarioReplaceStock(t *testing.T) {
	for _, su := range []suite.Suite{Cheap, suite.Default} {
		s := newScene(t, Options{Seed: 6, Suite: su, Users: people[:4]})
		sid := s.create("alice", "bob", "charlie")
		bob := s.User("bob")
		old := bob.stockIDs()
		require.NotEmpty(t, old)
		s.do("bob", cowpi.ReplaceStock{})
		s.say("bob", sid, "just in case")
		s.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")}) // at the same time
		s.settle()
		s.do("bob", cowpi.ReleaseTexts{Sid: sid})
		s.agreed()
		left := bob.stockIDs()
		for _, id := range old {
			require.NotContains(t, left, id)
		}
		require.GreaterOrEqual(t, len(left), 20)
		before := len(s.uploads("dave", conversation.SETUP))
		s.do("dave", cowpi.Create{With: ids("bob")})
		s.agreed()
		set := s.uploads("dave", conversation.SETUP)
		require.Len(t, set, before+1)
		require.NotContains(t, old, s.header(set[0].Blocks[0]).Ref.ID)
		require.NoError(t, s.Crash("bob"))
		s.do("bob", cowpi.ReplaceStock{}) // and again, after a crash
		s.agreed()
		for _, id := range left {
			require.NotContains(t, bob.stockIDs(), id)
		}
	}
}

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

// An upload names a prekey that was fetched by somebody else: refused, to its
// author alone, and whose prekey it is can still use it.
func TestScenarioPrekeyFetchedBySomebodyElse(t *testing.T) {
	for _, whose := range []string{"of another author", "for another conversation"} {
		t.Run(whose, func(t *testing.T) {
			s := newScene(t, Options{Seed: 3, Users: people[:4]})
			sid := s.create("alice", "bob", "charlie")
			other := s.create("bob", "alice")
			thief, robbed := "bob", "alice"
			at := sid
			if whose != "of another author" {
				robbed, at = "bob", other
			}
			// The robbed one fetches a prekey of dave's, and does not get to use it yet.
			hold := func(from, to string) bool {
				return from == robbed && to == "router" && len(s.uploads(robbed, conversation.UPDATE)) > 0
			}
			s.do(robbed, cowpi.Update{Sid: sid, Add: ids("dave")})
			if robbed == "bob" {
				// Bob's own upload for one conversation waits; he names the prekey in another.
				hold = func(from, to string) bool { return from == "bob" && to == "router" }
				for len(s.uploads("bob", conversation.UPDATE)) == 0 {
					_, err := s.Step()
					require.NoError(t, err)
				}
				s.Cut("bob", "router") // what he sent is lost, for now
			} else {
				s.holding(hold)
			}
			stolen := s.fetchedBy(robbed, conversation.UPDATE)
			s.watch(s.User(thief), func(up exchange.Upload) exchange.Upload {
				d := s.parse(up)
				if d.Type != conversation.UPDATE || robbed == thief && d.Sid == sid {
					return up
				}
				up.Blocks = slices.Clone(up.Blocks)
				for i, b := range up.Blocks {
					if h := s.header(b); h.Start && h.Ref.Kind == pair.Prekey && len(b) == pair.StartSize && h.Ref.ID != stolen {
						up.Blocks[i] = slices.Clone(b)
						copy(up.Blocks[i][2:], stolen[:])
					}
				}
				return up
			})
			if robbed == thief {
				s.do(thief, cowpi.Update{Sid: at, Add: ids("dave")})
				s.settle()
			} else {
				s.do(thief, cowpi.Update{Sid: at, Add: ids("dave")})
				s.holding(hold)
			}
			var checks []fault.Check
			for _, e := range s.Providers[0].Events {
				if r, ok := e.(provider.Refused); ok {
					require.Equal(t, identity.ID(thief), r.User)
					checks = append(checks, fault.CheckOf(r.Err))
				}
			}
			require.Equal(t, []fault.Check{fault.A5}, checks)

			// Whose prekey it is uses it; the thief does the same honestly.
			s.watch(s.User(thief), nil)
			s.Cut(thief, "router")
			s.agreed()
			s.say("dave", sid, "here")
			s.agreed()
			s.shows(sid, []string{"here"}, "alice", "bob", "charlie", "dave")
		})
	}
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

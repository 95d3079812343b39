package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
)

// newPhone gives a user a new device with another key, which it registers with
// every provider, out of band.
func (s *scene) newPhone(name string) {
	s.t.Helper()
	u := s.User(name)
	self, err := identity.NewSelf(s.suite, u.Self.ID, [32]byte{4, 4})
	require.NoError(s.t, err)
	u.Self, u.Store = self, &store.Memory{}
	require.NoError(s.t, s.Crash(name))
	for _, p := range s.Providers {
		require.NoError(s.t, s.stepProvider(p, provider.Register{User: self.Party(), Replace: true}))
	}
	s.do(name, cowpi.ReplaceStock{})
	s.settle()
}

// The last receipt of one who stops (SPEC.md, 10.7 and 13.3): after a text others
// hear of it; at an UPDATE, here because of a key that bob rejects, they do not,
// since it is of an epoch that is over and providers refuse it. That is all that is
// lost: nobody takes bob for somebody who has what he does not have, others go on,
// and a restart brings him back.
func TestScenarioLastReceiptOfOneWhoStops(t *testing.T) {
	for _, atUpdate := range []bool{false, true} {
		s := newScene(t, Options{Seed: 6, Users: people[:4]})
		s.create("bob", "dave") // bob knows dave's key
		sid := s.create("alice", "bob", "charlie")
		for _, name := range []string{"alice", "bob", "charlie"} {
			s.say(name, sid, "hello from "+name)
		}
		s.settle()
		bad := fault.T1
		if atUpdate {
			s.newPhone("dave")
			s.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")})
			s.settle()
			asked := eventsOf[cowpi.KeyChanged](s, "bob")
			require.Len(t, asked, 1)
			s.do("bob", cowpi.DecideKey{User: "dave", Key: asked[0].Offered})
		} else {
			bad = fault.P5
			s.SpoilBlock(s.User("charlie"), "bob")
			s.say("charlie", sid, "poison")
		}
		s.settle()
		end := s.out("bob", sid)
		require.Equal(t, cowpi.EndStopped, end.Reason)
		require.Equal(t, bad, fault.CheckOf(end.Err))
		last := s.wrote["bob"][len(s.wrote["bob"])-1]
		d := s.parse(last)
		require.Equal(t, conversation.RCPT, d.Type)
		require.True(t, d.Stopped)
		require.Equal(t, end.Index, d.K, "he acknowledges what he processed, and no more")

		told := map[bool]int{false: 1, true: 0}[atUpdate]
		for _, name := range []string{"alice", "charlie"} {
			require.Len(t, eventsOf[cowpi.PeerStopped](s, name), told, name)
		}
		refused := 0
		for _, e := range s.Providers[0].Events {
			if r, ok := e.(provider.Refused); ok && r.User == "bob" {
				require.Equal(t, exchange.ReasonInvalid.String(), r.Reason)
				require.Equal(t, fault.V4, fault.CheckOf(r.Err))
				refused++
			}
		}
		require.Equal(t, 1-told, refused)

		// The others go on, and see by the receipts what bob does not have.
		s.say("alice", sid, "bob?")
		s.settle()
		for _, l := range s.User("alice").View(sid).Lines {
			if l.Index > end.Index {
				require.NotContains(t, l.AckedBy, identity.ID("bob"))
			}
		}
		if atUpdate {
			dave := s.User("dave").Self
			s.do("bob", cowpi.DecideKey{User: "dave", Key: dave.Key, Accept: true})
		}
		s.do("alice", cowpi.Update{Sid: sid, Restart: ids("bob")})
		s.settle()
		s.say("bob", sid, "back")
		s.settle()
		require.NoError(t, SameViews(s.Net, sid))
		require.Contains(t, s.texts("charlie", sid), "back")
		require.NoError(t, Agree(accountsOf(s.Net, sid)...))
	}
}

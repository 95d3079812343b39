package cowpitest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// An entry is judged against a proposed epoch that then fails: an UPDATE is in
// proposal, and a mirror refuses it; the text behind it, of the old epoch, must
// neither be refused nor lost.
func TestScenarioJudgedByProposedEpochThatFails(t *testing.T) {
	s := newScene(t, Options{Seed: 3, Users: people[:4]})
	sid := s.create("alice", "bob", "charlie", "dave")
	for _, name := range people[:4] { // past slow start
		s.say(name, sid, "hello from "+name)
	}
	s.settle()
	noMirror := func(from, to string) bool { return from == "router" && to == "mirror1" }
	onlyLink := func(from, to string) bool { return from != "router" || to != "mirror1" }

	// A text of charlie's is in proposal; alice's UPDATE and bob's text wait behind.
	s.say("charlie", sid, "first")
	s.holding(noMirror)
	s.do("alice", cowpi.Update{Sid: sid, Remove: ids("dave")})
	s.holding(noMirror)
	s.say("bob", sid, "of the old epoch")
	s.holding(noMirror)
	require.EqualValues(t, 0, s.head("bob", sid).Epoch)
	require.Len(t, s.uploads("alice", conversation.UPDATE), 1)

	// Charlie's is committed, the next proposal is made and held.
	for s.Held("router", "mirror1") > 0 {
		_, err := s.StepHolding(onlyLink)
		require.NoError(t, err)
	}
	s.holding(noMirror)
	require.NotZero(t, s.Held("router", "mirror1"))

	// Mirror1 forgets the authentication keys under which alice sent it: she
	// connects so often.
	for range 10 {
		s.Cut("alice", "mirror1")
		s.holding(noMirror)
	}
	s.agreed()
	require.NotZero(t, s.refusals(0, "alice"), "the UPDATE was refused")
	require.Zero(t, s.refusals(0, "bob"), "the text behind it was not")
	require.Contains(t, s.texts("charlie", sid), "of the old epoch")
	lines := s.User("charlie").View(sid).Lines
	require.Equal(t, "roster", lines[len(lines)-1].Kind)
	require.EqualValues(t, 1, lines[len(lines)-1].Epoch, "the UPDATE came in the end, behind the text")
	require.EqualValues(t, 0, lines[len(lines)-2].Epoch)
	s.out("dave", sid)
}

// One's own UPDATE is refused, and ordered after all: it counts. What was written
// under its seq meanwhile is written anew.
func TestScenarioRefusedUpdateOrderedAfterAll(t *testing.T) {
	for _, between := range []bool{false, true} {
		d := newDesk(t, suite.Default, "alice", "bob", "charlie")
		sid := d.create("alice", "bob", "charlie")
		dave := d.invite("dave")
		d.do("alice", cowpi.Update{Sid: sid, Add: ids("dave")})
		a := d.next("alice")
		alice := d.guest("alice")
		d.tell(alice, 0, exchange.Refused{Sid: sid, Upload: a.upload.ID(d.suite), Seq: a.block.Seq,
			Index: a.block.K, Reason: exchange.ReasonNoStock, User: "dave", From: "mirror1"})
		failed := bodies[cowpi.OperationFailed](alice.events)
		require.Len(t, failed, 1)
		require.Equal(t, exchange.ReasonNoStock, failed[0].Reason)
		require.Equal(t, dave.self.ID, failed[0].User)
		if between {
			d.say("alice", sid, "under the same seq")
			require.Equal(t, a.block.Seq, d.waiting[len(d.waiting)-1].block.Seq)
		}
		d.place(a)
		d.settle()
		d.same(sid)
		require.EqualValues(t, 1, d.books[sid].state.Epoch)
		d.say("dave", sid, "here I am")
		d.say("alice", sid, "so you are")
		d.settle()
		d.same(sid)
		want := []string{"here I am", "so you are"}
		if between {
			want = append([]string{"under the same seq"}, want...)
		}
		for _, name := range []string{"alice", "bob", "dave"} {
			require.Equal(t, want, d.texts(name, sid), name)
		}
		require.Empty(t, bodies[cowpi.Repeated](dave.events))
	}
}

// The other order: the text under the same seq has its place first. Then the
// UPDATE has none any more, and its pair state goes with the next epoch.
func TestScenarioRefusedUpdateStaysOut(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob", "charlie", "dave")
	sid := d.create("alice", "bob", "charlie")
	d.do("alice", cowpi.Update{Sid: sid, Add: ids("dave")})
	a := d.next("alice")
	d.tell(d.guest("alice"), 0, exchange.Refused{Sid: sid, Upload: a.upload.ID(d.suite), Seq: a.block.Seq,
		Index: a.block.K, Reason: exchange.ReasonNoStock, User: "dave", From: "router"})
	d.say("alice", sid, "instead")
	d.settle()
	require.Error(t, d.valid(a))
	pending := func() int { return d.guest("alice").count('q') }
	require.NotZero(t, pending(), "it could still be ordered, by corrupt providers")
	d.do("bob", cowpi.Update{Sid: sid, Add: ids("dave")})
	d.settle()
	require.Zero(t, pending())
	d.same(sid)
	require.Equal(t, []string{"instead"}, d.texts("charlie", sid))
}

// count is how many records of one kind a guest has.
func (g *guest) count(kind byte) (n int) {
	_ = g.store.Scan([]byte{kind}, []byte{kind + 1}, func(_, _ []byte) bool { n++; return true })
	return n
}

// Two people add the same person, and others.
func TestScenarioTwoAddTheSame(t *testing.T) {
	moot := 0
	seeds(t, 15, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people})
		sid := s.create("alice", "bob", "charlie")
		s.do("alice", cowpi.Update{Sid: sid, Add: ids("dave")})
		s.do("bob", cowpi.Update{Sid: sid, Add: ids("dave")})
		s.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave", "erin")})
		s.say("charlie", sid, "more the merrier")
		s.settle()
		for _, name := range people[:3] {
			s.do(name, cowpi.ReleaseTexts{Sid: sid})
		}
		s.agreed()
		s.say("dave", sid, "hi")
		s.say("erin", sid, "hi too")
		s.agreed()
		joined := map[string]int{}
		for _, l := range s.User("alice").View(sid).Lines {
			for _, id := range l.Added {
				joined[string(id)]++
			}
		}
		require.Equal(t, map[string]int{"alice": 1, "bob": 1, "charlie": 1, "dave": 1, "erin": 1}, joined)
		for _, name := range people[:3] {
			moot += len(eventsOf[cowpi.UpdateMoot](s, name))
			require.Empty(t, eventsOf[cowpi.OperationFailed](s, name))
		}
	})
	require.NotZero(t, moot, "who comes second is told")
}

// All restart the same one: it is restarted once.
func TestScenarioAllRestartTheSame(t *testing.T) {
	seeds(t, 15, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people})
		sid := s.create("alice", "bob", "charlie", "dave", "erin")
		s.SpoilBlock(s.User("alice"), "erin")
		s.do("alice", cowpi.Send{Sid: sid, Text: []byte("bad for erin")})
		s.settle()
		s.User("alice").Corrupt = nil
		require.Equal(t, cowpi.EndStopped, s.out("erin", sid).Reason)
		for _, name := range people[:4] {
			require.Len(t, eventsOf[cowpi.PeerStopped](s, name), 1)
			s.do(name, cowpi.Update{Sid: sid, Restart: ids("erin")})
		}
		s.settle()
		require.NoError(t, SameViews(s.Net, sid))
		require.EqualValues(t, 1, s.head("erin", sid).Epoch, "once")
		moot := 0
		for _, name := range people[:4] {
			moot += len(eventsOf[cowpi.UpdateMoot](s, name))
		}
		require.Equal(t, 3, moot)
		s.say("erin", sid, "back again")
		s.settle()
		s.shows(sid, []string{"bad for erin", "back again"}, "bob", "dave")
		s.shows(sid, []string{"back again"}, "erin")
	})
}

// Removals and restarts are meant for a join epoch: one who was removed and added
// again meanwhile is not removed by what was meant for before.
func TestScenarioRemovalMeantForBefore(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob", "charlie")
	sid := d.create("alice", "bob", "charlie")
	d.do("bob", cowpi.Update{Sid: sid, Restart: ids("charlie")})
	d.do("alice", cowpi.Update{Sid: sid, Remove: ids("charlie")})
	d.order("bob")
	d.settle()
	d.same(sid)
	require.Nil(t, d.ended("charlie", sid))
	require.Len(t, bodies[cowpi.UpdateMoot](d.guest("alice").events), 1)
	d.do("alice", cowpi.Update{Sid: sid, Remove: ids("charlie")}) // control: meant for now
	d.settle()
	require.Equal(t, cowpi.EndRemoved, d.ended("charlie", sid).Reason)
}

// A router is restored from a backup at an index that it had delivered.
func TestScenarioRouterRestored(t *testing.T) {
	seeds(t, 10, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people[:4]})
		sid := s.create("alice", "bob", "charlie")
		s.say("alice", sid, "before")
		s.settle()
		backup := s.Backup("router")
		at := s.head("alice", sid).Next
		s.say("alice", sid, "after")
		s.say("bob", sid, "after too")
		if seed%2 == 0 {
			s.do("charlie", cowpi.Update{Sid: sid, Add: ids("dave")})
		}
		s.settle()
		delivered := s.head("alice", sid)
		require.Greater(t, delivered.Next, at)
		if seed%3 == 0 {
			s.say("bob", sid, "on its way")
			require.NoError(t, s.Run(int(seed)*3))
		}
		require.NoError(t, s.Restore("router", backup))
		s.say("charlie", sid, "afterwards")
		s.settle()
		for _, u := range s.Users {
			if _, in := s.Head(u, sid); in {
				s.do(string(u.Self.ID), cowpi.ReleaseTexts{Sid: sid})
			}
		}
		s.agreed()
		texts := s.texts("alice", sid)
		require.Contains(t, texts, "after")
		require.Contains(t, texts, "afterwards")
		require.Greater(t, s.head("alice", sid).Next, delivered.Next)
		restored := 0
		for _, e := range s.Providers[0].Events {
			if _, ok := e.(provider.Restored); ok {
				restored++
			}
		}
		require.NotZero(t, restored)
	})
}

// Everybody writes at once, right after the SETUP, and first of all.
func TestScenarioSimultaneousFirstMessages(t *testing.T) {
	seeds(t, 10, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people})
		s.do("alice", cowpi.Create{With: ids(people[1:]...)})
		greeted := map[string]bool{}
		for len(greeted) < 5 { // each as soon as it sees the conversation
			for _, u := range s.Users {
				name := string(u.Self.ID)
				if sids := u.Conversations(); len(sids) > 0 && !greeted[name] {
					greeted[name] = true
					s.say(name, sids[0], numbered(name, 1, 3)...)
				}
			}
			_, err := s.Step()
			require.NoError(t, err)
		}
		s.agreed()
		sid := s.User("alice").Conversations()[0]
		require.Len(t, s.texts("erin", sid), 15)
		for _, name := range people {
			s.shows(sid, s.texts("erin", sid), name)
		}
	})
}

// Somebody is removed and added again, several times, with texts in between.
func TestScenarioReAdding(t *testing.T) {
	for _, su := range []suite.Suite{Cheap, suite.Default} {
		s := newScene(t, Options{Seed: 4, Suite: su, Users: people[:3]})
		sid := s.create("alice", "bob", "charlie")
		for i := range 4 {
			s.say("charlie", sid, fmt.Sprint("round ", i))
			s.settle()
			by := people[i%2]
			s.do(by, cowpi.Update{Sid: sid, Remove: ids("charlie")})
			s.settle()
			require.Equal(t, cowpi.EndRemoved, s.out("charlie", sid).Reason)
			s.say("bob", sid, fmt.Sprint("behind charlie's back ", i))
			s.settle()
			s.do(by, cowpi.Update{Sid: sid, Add: ids("charlie")})
			s.settle()
			require.Nil(t, s.User("charlie").View(sid).Ended)
		}
		s.agreed()
		require.Len(t, s.texts("alice", sid), 8)
		require.Len(t, s.texts("charlie", sid), 4)
	}
}

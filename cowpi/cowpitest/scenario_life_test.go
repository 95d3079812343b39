package cowpitest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/suite"
)

// A joiner whose adder goes offline at once may write as soon as somebody is heard
// who was there before; where there is nobody else, the texts wait for the adder.
func TestScenarioAdderGoesOfflineAtOnce(t *testing.T) {
	seeds(t, 8, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people[:3]})
		sid := s.create("alice", "bob")
		s.do("alice", cowpi.Update{Sid: sid, Add: ids("charlie")})
		for len(s.User("charlie").Conversations()) == 0 {
			_, err := s.Step()
			require.NoError(t, err)
		}
		s.SetOffline("alice", true)
		s.say("charlie", sid, "hello?")
		s.settle()
		s.shows(sid, []string{"hello?"}, "bob", "charlie")
		s.SetOffline("alice", false)
		s.agreed()
		s.shows(sid, []string{"hello?"}, "alice")
	})
	t.Run("nobody else", func(t *testing.T) {
		s := newScene(t, Options{Seed: 1, Users: people[:2]})
		sid := s.create("alice")
		s.do("alice", cowpi.Update{Sid: sid, Add: ids("bob")})
		for len(s.User("bob").Conversations()) == 0 {
			_, err := s.Step()
			require.NoError(t, err)
		}
		s.SetOffline("alice", true)
		s.say("bob", sid, "hello?")
		s.settle()
		require.Empty(t, s.texts("bob", sid), "the UPDATE may have been shown to bob alone")
		s.SetOffline("alice", false)
		s.agreed()
		s.shows(sid, []string{"hello?"}, "alice", "bob")
	})
	t.Run("adder gone for good", func(t *testing.T) { // then the rule is void
		d := newDesk(t, Cheap, "alice", "bob", "charlie")
		sid := d.create("alice")
		d.do("alice", cowpi.Update{Sid: sid, Add: ids("bob", "charlie")})
		d.order("alice")
		d.next("alice") // her receipt gets nowhere
		d.say("bob", sid, "are we alone?")
		d.settle()
		require.Empty(t, d.texts("charlie", sid), "all that bob has heard is from charlie, who came with him")
		d.do("bob", cowpi.Update{Sid: sid, Remove: ids("alice")})
		d.settle()
		d.same(sid)
		require.Equal(t, []string{"are we alone?"}, d.texts("charlie", sid))
	})
}

// One restarts oneself, with texts on the way; and again.
func TestScenarioRestartOneself(t *testing.T) {
	seeds(t, 8, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Suite: share(seed), Users: people[:3]})
		sid := s.create("alice", "bob", "charlie")
		s.say("bob", sid, "before")
		s.say("alice", sid, "on its way")
		s.do("alice", cowpi.Update{Sid: sid, Restart: ids("alice")})
		s.say("alice", sid, "behind it")
		s.say("charlie", sid, "meanwhile")
		s.agreed()
		require.EqualValues(t, 1, s.head("bob", sid).Epoch)
		roster, _, err := s.User("bob").Machine.Roster(s.User("bob").Store, sid)
		require.NoError(t, err)
		alice, _ := roster.Find("alice")
		require.EqualValues(t, 1, alice.Joined)
		s.do("alice", cowpi.Update{Sid: sid, Restart: ids("alice", "bob")})
		s.say("alice", sid, "after all")
		s.agreed()
		require.Len(t, s.texts("charlie", sid), 5)
		require.Equal(t, s.texts("charlie", sid), s.texts("alice", sid))
	})
}

// share gives the default suite to every fourth schedule.
func share(seed uint64) suite.Suite {
	if seed%4 == 0 {
		return suite.Default
	}
	return Cheap
}

// Leaving: what waited is given back as not sent, nothing more is shown, and the
// last one just deletes.
func TestScenarioLeavingToTheLast(t *testing.T) {
	seeds(t, 8, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people[:3]})
		sid := s.create("alice", "bob", "charlie")
		s.say("alice", sid, "farewell")
		s.say("bob", sid, "wait")
		s.do("alice", cowpi.Leave{Sid: sid})
		s.settle()
		end := s.out("alice", sid)
		require.Equal(t, cowpi.EndLeft, end.Reason)
		require.NoError(t, end.Err)
		require.Contains(t, s.texts("bob", sid), "farewell", "texts before the leave go first")
		s.say("bob", sid, "she is gone")
		s.agreed()
		require.NotContains(t, s.texts("alice", sid), "she is gone")
		_, err := s.Do("alice", cowpi.Leave{Sid: sid})
		require.True(t, misuse(err))

		s.do("bob", cowpi.Leave{Sid: sid})
		s.settle()
		require.Equal(t, cowpi.EndLeft, s.out("bob", sid).Reason)
		s.say("charlie", sid, "talking to myself")
		s.agreed()
		require.Contains(t, s.texts("charlie", sid), "talking to myself")
		at := s.head("charlie", sid).Next
		s.do("charlie", cowpi.Leave{Sid: sid})
		end = s.out("charlie", sid) // at once, nobody needs to be told
		require.Equal(t, cowpi.EndLeft, end.Reason)
		require.Equal(t, at-1, end.Index)
		s.agreed()
		require.Zero(t, (&guest{store: s.User("charlie").Store}).count('p'))
	})
}

// Leaving while offline, with texts never written: not sent, given back once.
func TestScenarioLeavingWithTextsWaiting(t *testing.T) {
	s := newScene(t, Options{Seed: 2, Users: people[:3]})
	sid := s.create("alice", "bob", "charlie")
	s.do("bob", cowpi.Update{Sid: sid, Remove: ids("alice")})
	s.SetOffline("alice", true)
	s.say("alice", sid, "never sent")
	s.settle()
	s.SetOffline("alice", false)
	s.agreed()
	end := s.out("alice", sid)
	require.Equal(t, cowpi.EndRemoved, end.Reason)
	require.Equal(t, "never sent", string(end.Texts[0].Text))
	require.Empty(t, s.texts("bob", sid))
}

// Texts wait when somebody is added whom their author did not know of: they were
// written for other readers. Released, they go; discarded, they come back.
func TestScenarioTextsHeld(t *testing.T) {
	for _, release := range []bool{true, false} {
		s := newScene(t, Options{Seed: 3, Suite: suite.Default, Users: people[:3]})
		sid := s.create("alice", "bob")
		s.SetOffline("alice", true)
		s.say("alice", sid, "between us", "really")
		s.do("bob", cowpi.Update{Sid: sid, Add: ids("charlie")})
		s.settle()
		s.SetOffline("alice", false)
		s.settle()
		held := eventsOf[cowpi.TextsHeld](s, "alice")
		require.Len(t, held, 1)
		require.Equal(t, ids("charlie"), held[0].Added)
		require.Len(t, held[0].Texts, 2)
		require.Empty(t, s.texts("charlie", sid))
		s.say("alice", sid, "hello charlie") // waits with the others, in order
		s.settle()
		require.Empty(t, s.texts("charlie", sid))
		require.NoError(t, s.Crash("alice"))
		s.settle()
		require.Len(t, eventsOf[cowpi.TextsHeld](s, "alice"), 1)
		if release {
			s.do("alice", cowpi.ReleaseTexts{Sid: sid})
			s.agreed()
			s.shows(sid, []string{"between us", "really", "hello charlie"}, people[:3]...)
			continue
		}
		s.do("alice", cowpi.DiscardTexts{Sid: sid, IDs: []content.TextID{held[0].Texts[0].ID}})
		s.settle()
		require.Empty(t, s.texts("charlie", sid), "one was taken back, the other still waits")
		s.do("alice", cowpi.DiscardTexts{Sid: sid})
		s.settle()
		gone := eventsOf[cowpi.Discarded](s, "alice")
		require.Len(t, gone, 2)
		require.Equal(t, held[0].Texts[:1], gone[0].Texts)
		require.Len(t, gone[1].Texts, 2)
		s.say("alice", sid, "hello again")
		s.agreed()
		s.shows(sid, []string{"hello again"}, people[:3]...)
	}
	t.Run("not where nobody is added, nor by oneself", func(t *testing.T) {
		s := newScene(t, Options{Seed: 4, Users: people[:4]})
		sid := s.create("alice", "bob", "dave")
		s.SetOffline("alice", true)
		s.say("alice", sid, "one")
		s.do("bob", cowpi.Update{Sid: sid, Remove: ids("dave"), Restart: ids("bob")})
		s.settle()
		s.SetOffline("alice", false)
		s.agreed()
		s.do("alice", cowpi.Update{Sid: sid, Add: ids("charlie")})
		s.say("alice", sid, "two")
		s.agreed()
		require.Empty(t, eventsOf[cowpi.TextsHeld](s, "alice"))
		require.Equal(t, []string{"one", "two"}, s.texts("bob", sid))
	})
}

// An acknowledgement before its commit. A participant acknowledges only in the
// effects of a step whose records hold what it acknowledges: if the step is lost
// with a crash, everything comes again.
func TestScenarioAcknowledgementBeforeCommit(t *testing.T) {
	for _, careless := range []bool{false, true} {
		d := newDesk(t, suite.Default, "alice", "bob")
		sid := d.create("alice", "bob")
		bob := d.guest("bob")
		d.say("alice", sid, "hello")
		var m exchange.Delivery
		for _, due := range d.deliveries(d.next("alice")) {
			due.to.due = append(due.to.due, due.m)
			if due.to == bob {
				m = due.m
			} else {
				d.tellAll(due.to, due.m)
			}
		}
		d.tellPlain(bob, 0, m)
		d.tellPlain(bob, 1, m)
		require.Empty(t, d.texts("bob", sid), "not before all providers have delivered")
		// The last step, by hand: bob crashes in it before its commit.
		conn, frame, err := bob.lines[2].conn.Seal(exchange.Encode(m))
		require.NoError(t, err)
		bob.lines[2].conn = conn
		out, err := bob.machine.Step(bob.store, cowpi.Received{Provider: 2, Bytes: frame}, suite.Seed(d.random()), d.now)
		require.NoError(t, err)
		require.NotEmpty(t, bodies[cowpi.Shown](out.Events))
		if careless { // an environment that performs effects first: the negative control
			bob.effects = out.Effects
			d.perform(bob)
			require.Equal(t, m.Index+1, bob.acked[0][sid])
		} else {
			require.Equal(t, m.Index, bob.acked[0][sid], "only the step's own effects acknowledge")
		}
		d.start(bob)
		d.connect(bob)
		d.settle()
		if careless {
			require.Empty(t, d.texts("bob", sid), "lost: nobody delivers it again")
			continue
		}
		d.same(sid)
		require.Equal(t, []string{"hello"}, d.texts("bob", sid))
	}
}

// A corrupt participant begins epochs in which everybody stays as they are: each writes
// on, and what was on its way is shown once.
func TestScenarioUpdateThatChangesNothing(t *testing.T) {
	seeds(t, 8, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people[:3]})
		sid := s.create("alice", "bob", "charlie")
		r, _, err := s.User("alice").Machine.Roster(s.User("alice").Store, sid)
		require.NoError(t, err)
		s.User("charlie").UnsafeData = func(d *conversation.DataBlock) {
			if d.Type == conversation.UPDATE {
				d.Roster = r
				d.Seal(s.suite)
			}
		}
		for i := range 3 {
			s.say("alice", sid, fmt.Sprint("to and fro ", i))
			s.do("charlie", cowpi.Update{Sid: sid, Remove: ids("bob")})
			s.say("bob", sid, fmt.Sprint("fro and to ", i))
			s.agreed()
		}
		require.Len(t, s.texts("charlie", sid), 6)
		var last cowpi.RosterChanged
		for _, e := range s.User("bob").Events {
			if b, ok := e.Body.(cowpi.RosterChanged); ok {
				last = b
			}
		}
		require.Equal(t, uint32(3), last.Epoch)
		require.Empty(t, len(last.Added)+len(last.Removed)+len(last.Restarted))
	})
}

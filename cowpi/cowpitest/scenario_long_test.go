package cowpitest

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

var long = flag.Bool("long", false, "also run the conversation of 100,000 messages (minutes)")

// unlimited are limits under which nobody is told to write slower.
var unlimited = provider.Limits{Rate: 1 << 20, Burst: 1 << 20}

// Thousands of texts and receipts after a month away: everything is shown, one
// receipt answers it, and nobody else is held up meanwhile.
func TestScenarioMonthAway(t *testing.T) {
	s := newScene(t, Options{Seed: 1, Users: people[:3], Limits: unlimited})
	sid := s.create("alice", "bob", "charlie")
	for _, name := range people[:3] {
		s.say(name, sid, "hello from "+name)
	}
	s.settle()
	s.SetOffline("alice", true)
	const each = 1500
	for from := 1; from <= each; from += 100 {
		s.say("bob", sid, numbered("bob", from, from+99)...)
		s.say("charlie", sid, numbered("charlie", from, from+99)...)
		s.settle()
		require.NoError(t, s.Advance(2*24*3600*1000)) // a month in all
	}
	index := s.head("bob", sid).Next
	require.Greater(t, index, uint64(2*each))
	require.Len(t, s.texts("bob", sid), 3+2*each)
	before := len(s.uploads("alice", conversation.RCPT))
	s.SetOffline("alice", false)
	s.agreed()
	require.Equal(t, s.texts("bob", sid), s.texts("alice", sid))
	receipts := len(s.uploads("alice", conversation.RCPT)) - before
	require.Positive(t, receipts)
	require.LessOrEqual(t, receipts, 3, "cumulative, and none while catching up")
	for _, l := range s.User("bob").View(sid).Lines[4:] {
		require.Contains(t, l.AckedBy, s.User("alice").Self.ID)
	}
	s.say("alice", sid, "what did I miss?")
	s.agreed()
	s.shows(sid, s.texts("bob", sid), "alice", "charlie")
}

// Everybody writes offline, 500 texts each, and comes back at once.
func TestScenarioThousandsWrittenOffline(t *testing.T) {
	s := newScene(t, Options{Seed: 2, Users: people[:3], Limits: unlimited})
	sid := s.create("alice", "bob", "charlie")
	for _, name := range people[:3] {
		s.SetOffline(name, true)
	}
	for _, name := range people[:3] {
		s.say(name, sid, numbered(name, 1, 500)...)
	}
	for _, name := range people[:3] {
		s.SetOffline(name, false)
	}
	s.agreed()
	require.Len(t, s.texts("bob", sid), 1500)
}

// The rate of uploads is bounded by providers. Who is faster is refused, tries
// again later, and loses nothing.
func TestScenarioTooFast(t *testing.T) {
	s := newScene(t, Options{Seed: 3, Users: people[:2], Limits: provider.Limits{Rate: 5, Burst: 8}})
	sid := s.create("alice", "bob")
	s.say("alice", sid, numbered("alice", 1, 120)...)
	s.agreed()
	require.NotZero(t, s.refusals(0, "alice"))
	s.shows(sid, numbered("alice", 1, 120), "alice", "bob")
}

// At most 32 uploads are unresolved, and after an epoch change one goes out until
// one is accepted.
func TestScenarioOutboxAndSlowStart(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob", "charlie")
	sid := d.create("alice", "bob", "charlie")
	of := func() (n int) {
		for _, a := range d.waiting {
			if a.from == "alice" {
				n++
			}
		}
		return n
	}
	d.say("alice", sid, numbered("alice", 1, 100)...)
	require.Equal(t, 1, of(), "slow start after the SETUP")
	d.order("alice")
	require.Equal(t, 32, of())
	d.order("alice")
	require.Equal(t, 32, of(), "one accepted, one more written")
	require.EqualValues(t, 34, d.waiting[len(d.waiting)-1].block.Seq)

	d.do("bob", cowpi.Update{Sid: sid, Restart: ids("charlie")})
	d.order("bob") // his receipt of before
	for len(d.waiting) > 0 && d.waiting[0].from != "bob" {
		d.waiting = d.waiting[1:] // lost on the way
	}
	for d.books[sid].state.Epoch == 0 {
		d.order("bob")
	}
	for i := len(d.waiting) - 1; i >= 0; i-- {
		if d.waiting[i].block.Epoch == 0 {
			d.waiting = slices.Delete(d.waiting, i, i+1)
		}
	}
	require.Equal(t, 1, of(), "slow start again")
	d.order("alice")
	require.Equal(t, 32, of())
	d.settle()
	d.same(sid)
	require.Equal(t, numbered("alice", 1, 100), d.texts("bob", sid), "in order, none lost, none twice")
}

// In groups above eight a receipt waits a random while, and one stands for many.
// Up to eight it goes at once.
func TestScenarioReceiptsDelayedAndCoalesced(t *testing.T) {
	for _, n := range []int{8, 9, 14} {
		var users []string
		for i := range n {
			users = append(users, fmt.Sprintf("user%02d", i))
		}
		s := newScene(t, Options{Seed: 9, Users: users, Policy: cowpi.Policy{Stock: 200, Floor: 50}})
		sid := s.create(users[0], users[1:]...)
		for _, u := range users {
			require.NotNil(t, s.head(u, sid))
		}
		count := func() (k int) {
			for _, u := range users {
				k += len(s.uploads(u, conversation.RCPT))
			}
			return k
		}
		never := func(_, _ string) bool { return false }
		before, at := count(), s.Now
		s.say(users[0], sid, "one")
		s.holding(never) // no time passes
		if n <= 8 {
			require.Equal(t, before+n-1, count(), "at once")
			continue
		}
		require.LessOrEqual(t, count(), before+1, "nobody answers at once")
		s.say(users[1], sid, "two") // answers the first for its author
		s.say(users[0], sid, "three")
		s.holding(never)
		s.agreed()
		answers := count() - before
		require.LessOrEqual(t, answers, 2*n, "coalesced: three texts, less than a receipt for each")
		require.GreaterOrEqual(t, answers, n-2)
		require.LessOrEqual(t, s.Now-at, uint64(2*n+2)*1000)
		require.Greater(t, s.Now, at)
		for _, l := range s.User(users[2]).View(sid).Lines[1:] {
			require.Len(t, l.AckedBy, n-1)
		}
	}
}

// Channels are renewed in the middle of traffic: nothing is lost, no link breaks.
func TestScenarioRenewChannelsInTraffic(t *testing.T) {
	seeds(t, 6, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Suite: share(seed), Users: people[:3]})
		sid := s.create("alice", "bob", "charlie")
		for i := range 8 {
			who := people[i%3]
			s.say(who, sid, fmt.Sprint(who, " a", i))
			s.do(who, cowpi.RenewChannels{})
			s.say(who, sid, fmt.Sprint(who, " b", i))
			require.NoError(t, s.Run(s.rand.IntN(20)))
			s.do(people[(i+1)%3], cowpi.RenewChannels{})
		}
		s.agreed()
		require.Len(t, s.texts("alice", sid), 16)
		for _, name := range people[:3] {
			require.Len(t, eventsOf[cowpi.Online](s, name), 1, "no connection was lost")
		}
	})
}

// After many frames channels renew themselves, whoever sent them.
func TestScenarioAutomaticRenewal(t *testing.T) {
	d := newDesk(t, Cheap, "alice", "bob")
	sid := d.create("alice", "bob")
	bob := d.guest("bob")
	before := bob.lines[1].conn.AuthKeyID()
	for range 1<<16 + 1000 { // more than one chain may carry
		d.tellPlain(bob, 1, exchange.Seen{Sid: sid})
	}
	require.Zero(t, bob.hungUp[1])
	require.NotEqual(t, before, bob.lines[1].conn.AuthKeyID(), "a new authentication key")
	d.say("alice", sid, "still connected?")
	d.say("bob", sid, "yes")
	d.settle()
	require.Len(t, bodies[cowpi.Online](bob.events), 1)
	require.Equal(t, []string{"still connected?", "yes"}, d.texts("alice", sid))
}

// Conversation codes: equal for equal conversations, different after one more
// index, and between two conversations; none outside.
func TestScenarioConversationCodes(t *testing.T) {
	s := newScene(t, Options{Seed: 4, Suite: suite.Default, Users: people[:4]})
	sid := s.create("alice", "bob", "charlie")
	other := s.create("alice", "bob", "charlie")
	code := func(name string, sid suite.Hash) string {
		c, ok, err := s.User(name).Machine.Code(s.User(name).Store, sid)
		require.NoError(t, err)
		require.True(t, ok)
		require.Len(t, c.Digits(), 60)
		return c.Digits()
	}
	s.say("alice", sid, "hello")
	s.agreed()
	first := code("alice", sid)
	require.Equal(t, first, code("bob", sid))
	require.Equal(t, first, code("charlie", sid))
	require.NotEqual(t, first, code("alice", other))
	s.SetOffline("charlie", true)
	s.say("bob", sid, "more")
	s.settle()
	require.NotEqual(t, first, code("bob", sid))
	require.Equal(t, first, code("charlie", sid), "charlie has seen no more")
	s.SetOffline("charlie", false)
	s.do("bob", cowpi.Update{Sid: sid, Add: ids("dave")})
	s.agreed()
	require.Equal(t, code("bob", sid), code("dave", sid), "a joiner compares too")
	_, ok, err := s.User("dave").Machine.Code(s.User("dave").Store, other)
	require.NoError(t, err)
	require.False(t, ok)
}

// Nothing grows with the length of the conversation: not the store of any node.
// What a day without acknowledgement leaves is gone when it is over.
func TestScenarioNothingGrows(t *testing.T) {
	total := 3000
	if *long {
		total = 100_000
	}
	s := newScene(t, Options{Seed: 5, Users: people[:3], Limits: unlimited})
	sid := s.create("alice", "bob", "charlie")
	for _, u := range s.Users { // only sizes matter here: remember no uploads
		u.Corrupt = nil
	}
	shown := map[string]int{}
	talk := func(n int) {
		for i := 0; i < n; i += 30 {
			for _, name := range people[:3] {
				for _, text := range numbered(name, i, i+9) {
					s.do(name, cowpi.Send{Sid: sid, Text: []byte(text)})
				}
			}
			s.settle()
			for _, u := range s.Users {
				shown[string(u.Self.ID)] += len(bodies[cowpi.Shown](u.Events))
				require.Empty(t, bodies[cowpi.Ended](u.Events))
				u.Events = nil
			}
			for _, p := range s.Providers {
				p.Events = nil
			}
		}
	}
	type measure struct{ records, bytes int }
	sizes := func() map[string]measure {
		out := map[string]measure{}
		for _, u := range s.Users {
			r, b := size(u.Store)
			out[string(u.Self.ID)] = measure{r, b}
		}
		for _, p := range s.Providers {
			r, b := size(p.Store)
			out[p.name()] = measure{r, b}
		}
		return out
	}
	heap := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	talk(300)
	small, before := sizes(), heap()
	talk(total)
	large, after := sizes(), heap()
	t.Logf("heap: %d bytes after 300 messages, %d after %d more", before, after, total)
	require.Less(t, after, before+1<<20, "what is volatile does not grow either")
	for name, before := range small {
		after := large[name]
		t.Logf("%s: %d records, %d bytes after 300 messages; %d, %d after %d more", name, before.records, before.bytes,
			after.records, after.bytes, total)
		require.LessOrEqual(t, after.records, before.records+4, name)
		require.LessOrEqual(t, after.bytes, before.bytes+before.bytes/20+256, name)
	}
	for _, name := range people[:3] {
		require.Equal(t, 300+(total+29)/30*30, shown[name])
	}
	require.NoError(t, SameViews(s.Net, sid))

	// Negative control: what is not acknowledged is kept, and the measure shows it.
	s.SetOffline("charlie", true)
	talk(150)
	require.Greater(t, sizes()["mirror1"].records, small["mirror1"].records+100)
	s.SetOffline("charlie", false)
	s.settle()
	require.LessOrEqual(t, sizes()["mirror1"].records, small["mirror1"].records+4)
}

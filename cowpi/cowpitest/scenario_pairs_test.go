package cowpitest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Two pipelined start forms offer the same R. Between them the peer has started a
// chain with that R: the second offer must not make it a key to be used again.
func TestScenarioPipelinedStartFormsOfferSameR(t *testing.T) {
	d := newDesk(t, suite.Default, "alice", "bob")
	sid := d.create("alice", "bob")
	d.say("alice", sid, "first") // else slow start lets her write one thing only
	d.settle()
	d.say("bob", sid, "hello") // with a new R for alice: what she writes now starts a chain
	d.order("bob")
	d.say("alice", sid, "one", "two") // behind her receipt
	first, second, third := d.next("alice"), d.next("alice"), d.next("alice")
	h := func(a arrival) pair.Header {
		x, err := pair.ParseHeader(d.suite, a.upload.Blocks[0])
		require.NoError(t, err)
		return x
	}
	require.True(t, h(first).Start && h(second).Start && h(third).Start)
	require.Equal(t, h(first).X, h(second).X, "one chain")
	require.EqualValues(t, h(first).N+1, h(second).N)

	d.place(first)
	d.say("bob", sid, "three") // uses the R of the first
	answer := d.next("bob")
	require.True(t, h(answer).Start)
	d.place(second)
	d.place(answer) // alice wipes what the answer names
	d.place(third)  // the same R again
	// From here on, no key of alice's is named by two chains.
	by := map[pair.Ref]suite.Point{}
	watch := func() {
		for len(d.waiting) > 0 {
			a := d.next("")
			if x := h(a); a.from == "bob" && x.Start {
				require.Contains(t, []suite.Point{{}, x.X}, by[x.Ref], "R is used twice")
				by[x.Ref] = x.X
			}
			if d.valid(a) == nil {
				d.place(a)
			}
		}
	}
	by[h(answer).Ref] = h(answer).X
	watch()
	d.say("bob", sid, "four")
	watch()
	d.settle()
	d.say("alice", sid, "five")
	d.settle()
	d.same(sid)
	require.Equal(t, []string{"first", "hello", "one", "three", "two", "four", "five"}, d.texts("alice", sid))
	require.Equal(t, d.texts("alice", sid), d.texts("bob", sid))
}

// Falling back to the assigned prekey after a session key: whoever has once named
// a session key of a peer, or been given one, never names the prekey again; the
// peer has wiped it.
func TestScenarioNoFallbackToAssignedPrekey(t *testing.T) {
	fromPrekey, fromSession := 0, 0
	seeds(t, 12, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people[:4]})
		sid := s.create("alice", "bob", "charlie", "dave")
		for round := range 12 {
			who := people[s.rand.IntN(4)]
			s.say(who, sid, fmt.Sprintf("round %d", round))
			for range s.rand.IntN(40) {
				_, err := s.Step()
				require.NoError(t, err)
			}
			if round == 6 {
				s.DropLinks("")
			}
		}
		s.agreed()
		roster, _, err := s.User("alice").Machine.Roster(s.User("alice").Store, sid)
		require.NoError(t, err)
		for _, author := range people[:4] {
			session := map[identity.ID]bool{}
			for _, up := range s.distinct(author) {
				d := s.parse(up)
				if d.Type == conversation.SETUP {
					continue
				}
				for i, to := range conversation.Recipients(roster, d) {
					h := s.header(up.Blocks[i])
					if !h.Start {
						continue
					}
					if h.Ref.Kind == pair.Session {
						session[to] = true
						fromSession++
						continue
					}
					fromPrekey++
					require.False(t, session[to], "%s falls back to the prekey of %s", author, to)
				}
			}
		}
	})
	require.NotZero(t, fromPrekey)
	require.NotZero(t, fromSession)
}

// distinct lists the uploads of a user without the repeats.
func (s *scene) distinct(who string) (out []exchange.Upload) {
	seen := map[suite.Hash]bool{}
	for _, u := range s.wrote[identity.ID(who)] {
		if id := u.ID(s.suite); !seen[id] {
			seen[id] = true
			out = append(out, u)
		}
	}
	return out
}

// The same on purpose: bob is given charlie's session key before he has used
// charlie's assigned prekey at all. It goes when he names the session key.
func TestScenarioSessionKeyBeforePrekeyWasUsed(t *testing.T) {
	d := newDesk(t, suite.Default, "alice", "bob", "charlie")
	sid := d.create("alice", "bob", "charlie")
	bob := d.guest("bob")
	// Both begin afresh; bob hears of it only together with charlie's receipt, so
	// that he has written nothing before.
	d.do("alice", cowpi.Update{Sid: sid, Restart: ids("bob", "charlie")})
	d.start(bob)
	d.order("alice")
	d.order("charlie") // carries R to bob
	require.True(t, d.holdsPrekey("charlie", sid, "bob"))
	d.connect(bob)
	receipt := d.next("bob")
	h, err := pair.ParseHeader(d.suite, receipt.upload.Blocks[1])
	require.NoError(t, err)
	require.Equal(t, pair.Session, h.Ref.Kind, "straight to the session key")
	d.place(receipt)
	require.False(t, d.holdsPrekey("charlie", sid, "bob"), "bob will never name it")
	d.settle()
	for i := range 5 {
		d.say("bob", sid, fmt.Sprint("b", i))
		d.say("charlie", sid, fmt.Sprint("c", i))
		for len(d.waiting) > 0 {
			a := d.next("")
			h, err := pair.ParseHeader(d.suite, a.upload.Blocks[1])
			require.NoError(t, err)
			require.False(t, a.from != "alice" && h.Start && h.Ref.Kind == pair.Prekey)
			if d.valid(a) == nil {
				d.place(a)
			}
		}
	}
	d.same(sid)
	require.Len(t, d.texts("charlie", sid), 10)
	require.Equal(t, d.texts("bob", sid), d.texts("charlie", sid))
}

// holdsPrekey says whether a guest's pair with a peer still has its assigned prekey.
func (d *desk) holdsPrekey(name string, sid suite.Hash, peer string) (holds bool) {
	prefix := append([]byte{'p'}, sid[:]...)
	tail := peer + "\x00r"
	_ = d.guest(name).store.Scan(prefix, store.PrefixEnd(prefix), func(k, v []byte) bool {
		if strings.HasSuffix(string(k), tail) {
			r, err := pair.ParseReceive(v)
			require.NoError(d.t, err)
			for _, own := range r.Mine {
				holds = holds || own.Ref.Kind == pair.Prekey
			}
		}
		return true
	})
	return holds
}

// A text is in flight when its author stops and is restarted: it is shown to the
// others at most once, given back with its fate unknown, and never written anew.
func TestScenarioTextInFlightWhenAuthorStops(t *testing.T) {
	shown, lost := 0, 0
	seeds(t, 20, func(t *testing.T, seed uint64) {
		s := newScene(t, Options{Seed: seed, Users: people[:3]})
		sid := s.create("alice", "bob", "charlie")
		s.SpoilBlock(s.User("charlie"), "alice")
		s.do("charlie", cowpi.Send{Sid: sid, Text: []byte("bad for alice")})
		// Alice's text sets out before, with, or after the bad block.
		for range s.rand.IntN(30) {
			_, err := s.Step()
			require.NoError(t, err)
		}
		if _, in := s.Head(s.User("alice"), sid); !in {
			t.Skip("stopped already")
		}
		s.do("alice", cowpi.Send{Sid: sid, Text: []byte("in flight")})
		s.do("alice", cowpi.Send{Sid: sid, Text: []byte("behind it")})
		for range s.rand.IntN(30) {
			_, err := s.Step()
			require.NoError(t, err)
		}
		s.settle()
		end := s.out("alice", sid)
		require.Equal(t, cowpi.EndStopped, end.Reason)
		require.Equal(t, fault.P5, fault.CheckOf(end.Err))
		require.Len(t, end.Texts, 2-len(s.texts("alice", sid)))
		s.User("charlie").Corrupt = nil

		s.do("bob", cowpi.Update{Sid: sid, Restart: ids("alice")})
		s.settle()
		s.say("alice", sid, "I am back")
		s.settle()
		require.NoError(t, SameViews(s.Net, sid))
		require.Equal(t, s.texts("bob", sid), s.texts("charlie", sid))
		count := map[string]int{}
		for _, text := range s.texts("bob", sid) {
			count[text]++
		}
		require.Equal(t, 1, count["I am back"])
		require.LessOrEqual(t, count["in flight"], 1)
		require.LessOrEqual(t, count["behind it"], count["in flight"], "no gap")
		require.Empty(t, bodies[cowpi.Repeated](s.User("bob").Events))
		require.Contains(t, s.texts("alice", sid), "I am back")
		shown += count["in flight"]
		lost += 1 - count["in flight"]
	})
	require.NotZero(t, shown, "the schedules must show both fates")
	require.NotZero(t, lost)
}

// A corrupt author uses one text id for two texts: both are shown, to all alike.
// What is the same in id and text is check C3: reported as a repeat, not shown.
func TestScenarioOneTextIDForTwoTextsC3(t *testing.T) {
	require.Equal(t, fault.Check("C3"), fault.C3)
	s := newScene(t, Options{Seed: 5, Suite: suite.Default, Users: people[:3]})
	sid := s.create("alice", "bob", "charlie")
	s.User("alice").UnsafeText = func(_ suite.Hash, p content.Plain) content.Plain {
		p.ID = content.TextID{1, 2, 3}
		return p
	}
	for _, text := range []string{"yes", "no", "yes", "perhaps", "no"} {
		s.do("alice", cowpi.Send{Sid: sid, Text: []byte(text)})
	}
	s.settle()
	s.say("bob", sid, "make up your mind")
	s.settle()
	for _, name := range people[1:3] {
		require.Equal(t, []string{"yes", "no", "perhaps", "make up your mind"}, s.texts(name, sid))
		require.Len(t, eventsOf[cowpi.Repeated](s, name), 2)
	}
	require.NoError(t, SameViews(s.Net, sid))

	// Control: honest ids, and the very same words are shown again.
	s.User("alice").UnsafeText = nil
	for range 2 {
		s.do("alice", cowpi.Send{Sid: sid, Text: []byte("yes")})
	}
	s.settle()
	require.Equal(t, []string{"yes", "yes"}, s.texts("bob", sid)[4:])
	require.Equal(t, s.texts("bob", sid), s.texts("charlie", sid))
}

// Check C3: what is remembered are the last 32 texts of each author, a repeat moves
// to the end, and it is kept through one's own stop and restart.
func TestC3WhatIsRemembered(t *testing.T) {
	s := newScene(t, Options{Seed: 6, Users: people[:3]})
	sid := s.create("alice", "bob", "charlie")
	want := content.TextID{}
	s.User("alice").UnsafeText = func(_ suite.Hash, p content.Plain) content.Plain {
		if want != (content.TextID{}) {
			p = content.Plain{ID: want, Text: []byte("first")}
			want = content.TextID{}
		}
		return p
	}
	s.do("alice", cowpi.Send{Sid: sid, Text: []byte("first")})
	s.settle()
	shown := eventsOf[cowpi.Shown](s, "bob")
	id := shown[0].Text.ID
	fill := func(n int) {
		for i := range n {
			s.do("alice", cowpi.Send{Sid: sid, Text: []byte(fmt.Sprint("filler ", i))})
		}
		s.settle()
	}
	again := func() {
		want = id
		s.do("alice", cowpi.Send{Sid: sid, Text: []byte("x")})
		s.settle()
	}
	repeats := func() int { return len(eventsOf[cowpi.Repeated](s, "bob")) }
	fill(31)
	again()
	require.Equal(t, 1, repeats(), "the oldest of 32")
	fill(31)
	again()
	require.Equal(t, 2, repeats(), "it had moved to the end")
	s.do("charlie", cowpi.Update{Sid: sid, Restart: ids("bob")})
	s.settle()
	again()
	require.Equal(t, 3, repeats(), "a restart forgets nothing")
	s.do("charlie", cowpi.Update{Sid: sid, Remove: ids("bob")})
	s.settle()
	s.do("charlie", cowpi.Update{Sid: sid, Add: ids("bob")})
	s.settle()
	again()
	require.Equal(t, 4, repeats(), "nor does one's own removal")
	fill(32)
	again()
	require.Equal(t, 4, repeats(), "the 33rd is forgotten")
	require.Equal(t, eventsOf[cowpi.Repeated](s, "bob"), eventsOf[cowpi.Repeated](s, "charlie"))
	again()
	require.Equal(t, 5, repeats())
	s.do("charlie", cowpi.Update{Sid: sid, Remove: ids("alice")})
	s.settle()
	s.do("charlie", cowpi.Update{Sid: sid, Add: ids("alice")})
	s.settle()
	again()
	require.Equal(t, 5, repeats(), "dropped when the author was removed")
	require.NoError(t, SameViews(s.Net, sid))
}

package cowpitest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

var schedules = flag.Int("schedules", 10_000, "random schedules to run with the cheap suite; a hundredth of it with the default suite")
var firstSeed = flag.Uint64("schedule", 1, "the first schedule")

// chooser decides what a schedule does: a seeded generator for bulk, rapid where
// a failure is to be made small.
type chooser interface{ pick(n int, what string) int }

type seeded struct{ *rand.Rand }

func (s seeded) pick(n int, _ string) int { return s.IntN(n) }

type drawn struct{ *rapid.T }

func (d drawn) pick(n int, what string) int { return rapid.IntRange(0, n-1).Draw(d.T, what) }

// story is one random schedule: honest users and providers, an unruly network,
// crashes, and whatever people do.
type story struct {
	*Net
	choose chooser
	texts  int
	given  map[string]given // every text handed over, by its text
}

type given struct {
	by  string
	sid suite.Hash
}

var people = []string{"alice", "bob", "charlie", "dave", "erin"}

// newStory builds a network of 2 to 5 users and 2 or 3 providers.
func newStory(choose chooser, seed uint64, s suite.Suite) (*story, error) {
	users := people[:2+choose.pick(4, "users")]
	n, err := New(Options{Seed: seed, Suite: s, Users: users, Providers: 2 + choose.pick(2, "providers"),
		Policy: cowpi.Policy{Stock: 16, Floor: 7}})
	if err != nil {
		return nil, err
	}
	return &story{Net: n, choose: choose, given: map[string]given{}}, nil
}

// act lets one of the people, or fate, do something. Misuse is theirs to make: it
// must change nothing, and the story goes on.
func (s *story) act() error {
	u := s.Users[s.choose.pick(len(s.Users), "who")]
	name := string(u.Self.ID)
	var in cowpi.Input
	switch k := s.choose.pick(24, "what"); {
	case k < 9:
		sid, ok := s.conversation(u)
		if !ok {
			return nil
		}
		s.texts++
		text := fmt.Sprintf("text %d of %s", s.texts, name)
		if _, err := s.Do(name, cowpi.Send{Sid: sid, Text: []byte(text)}); err == nil {
			s.given[text] = given{name, sid}
		} else if !misuse(err) {
			return err
		}
		return nil
	case k < 11:
		var with []identity.ID
		for _, o := range s.Users {
			if o != u && s.choose.pick(2, "with") == 0 {
				with = append(with, o.Self.ID)
			}
		}
		if len(s.Conversations()) >= 3 {
			return nil
		}
		in = cowpi.Create{With: with}
	case k < 15:
		sid, ok := s.conversation(u)
		if !ok {
			return nil
		}
		other := s.Users[s.choose.pick(len(s.Users), "whom")].Self.ID
		up := cowpi.Update{Sid: sid}
		switch s.choose.pick(4, "change") {
		case 0, 1:
			up.Add = []identity.ID{other}
		case 2:
			up.Remove = []identity.ID{other}
		case 3:
			up.Restart = []identity.ID{other}
		}
		in = up
	case k < 16:
		sid, ok := s.conversation(u)
		if !ok || s.choose.pick(3, "leave") > 0 {
			return nil
		}
		in = cowpi.Leave{Sid: sid}
	case k < 17:
		sid, ok := s.conversation(u)
		if !ok {
			return nil
		}
		in = cowpi.ReleaseTexts{Sid: sid}
	case k < 19:
		s.SetOffline(name, !u.Offline)
		return nil
	case k < 20:
		s.DropLinks("")
		return nil
	case k < 22:
		all := make([]string, 0, len(s.Users)+len(s.Providers))
		for _, u := range s.Users {
			all = append(all, string(u.Self.ID))
		}
		for _, p := range s.Providers {
			all = append(all, p.name())
		}
		return s.Crash(all[s.choose.pick(len(all), "crash")])
	case k < 23:
		return s.Advance(uint64(1 + s.choose.pick(5000, "ms")))
	default:
		if s.choose.pick(6, "rare") > 0 {
			return nil
		}
		in = cowpi.RenewChannels{}
	}
	if _, err := s.Do(name, in); err != nil && !misuse(err) {
		return err
	}
	return nil
}

func misuse(err error) bool {
	m := new(fault.Misuse)
	return errors.As(err, &m)
}

// conversation picks one that the user has seen.
func (s *story) conversation(u *User) (suite.Hash, bool) {
	all := u.Conversations()
	if len(all) == 0 {
		return suite.Hash{}, false
	}
	return all[s.choose.pick(len(all), "conversation")], true
}

// Conversations lists all that anybody has seen.
func (s *story) Conversations() (out []suite.Hash) {
	for _, u := range s.Users {
		for _, sid := range u.Conversations() {
			if !slices.Contains(out, sid) {
				out = append(out, sid)
			}
		}
	}
	return out
}

// run plays a whole story and checks it.
func (s *story) run(acts int) error {
	if s.choose.pick(8, "eager") > 0 { // mostly, everybody has a stock and a conversation
		if err := s.Settle(); err != nil {
			return err
		}
		with := make([]identity.ID, 0, len(s.Users))
		for _, o := range s.Users[1:] {
			if s.choose.pick(4, "with") > 0 {
				with = append(with, o.Self.ID)
			}
		}
		if _, err := s.Do(people[0], cowpi.Create{With: with}); err != nil {
			return err
		}
		for range s.choose.pick(300, "steps") {
			if _, err := s.Step(); err != nil {
				return err
			}
		}
	}
	for range acts {
		if err := s.act(); err != nil {
			return err
		}
		for range s.choose.pick(30, "steps") {
			if _, err := s.Step(); err != nil {
				return err
			}
		}
	}
	return s.finish()
}

// finish brings everybody back, releases what waits for a word, and settles.
func (s *story) finish() error {
	for _, u := range s.Users {
		s.SetOffline(string(u.Self.ID), false)
	}
	for range 4 { // releasing may lead to more that waits
		if err := s.Settle(); err != nil {
			return err
		}
		for _, u := range s.Users {
			for _, sid := range u.Conversations() {
				if _, err := s.Do(string(u.Self.ID), cowpi.ReleaseTexts{Sid: sid}); err != nil && !misuse(err) {
					return err
				}
			}
		}
	}
	if err := s.Settle(); err != nil {
		return err
	}
	return s.check()
}

// check is what must hold at the end of every story with everybody honest.
func (s *story) check() error {
	for _, u := range s.Users {
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.Ended:
				if b.Reason == cowpi.EndStopped || b.Reason == cowpi.EndDeclined {
					return fmt.Errorf("%s stopped: %w", u.Self.ID, b.Err)
				}
			case cowpi.ProviderFault:
				return fmt.Errorf("%s accuses %s: %w", u.Self.ID, b.Provider, b.Err)
			case cowpi.Repeated, cowpi.Unreadable, cowpi.KeyChanged:
				return fmt.Errorf("%s: %T among honest people", u.Self.ID, b)
			}
		}
	}
	for _, p := range s.Providers {
		for _, e := range p.Events {
			if f, ok := e.(provider.Fault); ok {
				return fmt.Errorf("%s accuses: %w", p.name(), f.Err)
			}
		}
	}
	for _, sid := range s.Conversations() {
		if err := s.checkConversation(sid); err != nil {
			return fmt.Errorf("conversation %x: %w", sid[:4], err)
		}
	}
	return s.checkFates()
}

// checkConversation compares every two views where both were in, and wants all who
// take part at the same head, and the providers with them.
func (s *story) checkConversation(sid suite.Hash) error {
	type shown struct {
		kind, author, text string
		epoch              uint32
	}
	global := map[uint64]shown{}
	for _, u := range s.Users {
		last := -1
		for _, l := range u.View(sid).Lines {
			if int(l.Index) <= last {
				return fmt.Errorf("%s: index %d after %d", u.Self.ID, l.Index, last)
			}
			last = int(l.Index)
			here := shown{l.Kind, string(l.Author), l.Text, l.Epoch}
			if there, ok := global[l.Index]; ok && there != here {
				return fmt.Errorf("index %d: %+v and %+v", l.Index, there, here)
			}
			global[l.Index] = here
			if l.Kind == "text" {
				if g, ok := s.given[l.Text]; !ok || g.by != string(l.Author) || g.sid != sid {
					return fmt.Errorf("%q was shown as %s's, handed over was %+v", l.Text, l.Author, g)
				}
			}
		}
	}
	seen := map[string]uint64{}
	for i, g := range global {
		if g.kind == "text" {
			if j, twice := seen[g.text]; twice {
				return fmt.Errorf("%q at %d and %d", g.text, i, j)
			}
			seen[g.text] = i
		}
	}
	if err := SameViews(s.Net, sid); err != nil {
		return err
	}
	return s.checkPresence(sid)
}

// checkPresence wants everybody who is in the roster to know it.
func (s *story) checkPresence(sid suite.Hash) error {
	for _, u := range s.Users {
		roster, ok, err := u.Machine.Roster(u.Store, sid)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		for _, e := range roster.Entries() {
			if _, in := s.Head(s.User(string(e.ID)), sid); !in {
				return fmt.Errorf("%s has %s in the roster, who does not take part", u.Self.ID, e.ID)
			}
		}
	}
	return nil
}

// checkFates wants each text that was handed over to be shown to its author, or
// given back, or still to wait for the joiner's rule; and never two of these.
func (s *story) checkFates() error {
	fate := map[string]int{}
	for _, u := range s.Users {
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.Shown:
				if b.Author == u.Self.ID {
					fate[string(b.Text.Text)]++
				}
			case cowpi.Ended:
				for _, t := range b.Texts {
					fate[string(t.Text)]++
				}
			case cowpi.Discarded:
				for _, t := range b.Texts {
					fate[string(t.Text)]++
				}
			}
		}
	}
	for text, g := range s.given {
		if fate[text] != 1 {
			return fmt.Errorf("%q of %s in %x has %d fates", text, g.by, g.sid[:4], fate[text])
		}
	}
	return nil
}

// TestSchedules plays many stories on both cores.
func TestSchedules(t *testing.T) {
	total := *schedules
	if testing.Short() {
		total = min(total, 500)
	}
	real := total / 100
	var next atomic.Int64
	var wg sync.WaitGroup
	var failed atomic.Bool
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= total+real {
					return
				}
				seed := *firstSeed + uint64(i)
				s := Cheap
				if i >= total {
					s = suite.Default
				}
				if err := playStory(seed, s); err != nil {
					failed.Store(true)
					t.Errorf("schedule %d (%s): %v", seed, s.Name(), err)
				}
			}
		})
	}
	wg.Wait()
	c := &counted
	t.Logf("%d schedules with the cheap suite, %d with the default suite: %d conversations, %d texts shown, %d rosters shown, %d restarts, %d texts handed back, %d times held, %d operations failed or moot",
		total, real, c.conversations.Load(), c.texts.Load(), c.epochs.Load(), c.restarts.Load(), c.handedBack.Load(), c.held.Load(), c.failed.Load())
	if !failed.Load() && total >= 500 {
		require.Positive(t, c.restarts.Load())
		require.Positive(t, c.handedBack.Load())
		require.Positive(t, c.held.Load())
		require.Positive(t, c.failed.Load())
		require.Greater(t, c.texts.Load(), int64(total))
	}
}

func playStory(seed uint64, s suite.Suite) error {
	choose := seeded{rand.New(rand.NewPCG(seed, 2))}
	st, err := newStory(choose, seed, s)
	if err != nil {
		return err
	}
	err = st.run(6 + choose.IntN(20))
	st.tally(&counted)
	return err
}

// counted is what all stories together were about, so that the log shows whether
// they exercised anything.
var counted tally

type tally struct{ texts, epochs, restarts, conversations, handedBack, held, failed atomic.Int64 }

func (s *story) tally(t *tally) {
	t.conversations.Add(int64(len(s.Conversations())))
	for _, u := range s.Users {
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.Shown:
				t.texts.Add(1)
			case cowpi.RosterChanged:
				t.epochs.Add(1)
				t.restarts.Add(int64(len(b.Restarted)))
			case cowpi.Ended:
				t.handedBack.Add(int64(len(b.Texts)))
			case cowpi.TextsHeld:
				t.held.Add(1)
			case cowpi.OperationFailed, cowpi.UpdateMoot:
				t.failed.Add(1)
			}
		}
	}
}

// TestRapidStories lets rapid choose, so that a failure is made small.
func TestRapidStories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st, err := newStory(drawn{t}, rapid.Uint64().Draw(t, "seed"), Cheap)
		require.NoError(t, err)
		require.NoError(t, st.run(rapid.IntRange(1, 12).Draw(t, "acts")))
	})
}

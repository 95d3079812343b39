package cowpitest

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// tale is a whole conversation by script. Its end is the same whatever crashes.
type tale struct {
	name      string
	long      bool // crashing at all of its steps takes long
	users     []string
	providers int
	limits    provider.Limits
	play      func(*teller)
	present   []string            // who takes part at the end
	unruly    bool                // not everybody is honest: only the keys are looked at
	shown     map[string][]string // whom which texts must have been shown, in any order between authors
}

// teller plays a tale. The first error ends it.
type teller struct {
	story
	sid    suite.Hash
	setUp  map[string]int // steps of each node until everybody was connected and stocked
	watch  func(*teller) error
	handed []string // texts, in the order in which they were handed over
	err    error
}

func (t *teller) try(f func() error) {
	if t.err == nil {
		t.err = f()
	}
}

// step lets one thing happen.
func (t *teller) step() (bool, error) {
	more, err := t.Step()
	return more, t.watched(err)
}

func (t *teller) watched(err error) error {
	if err == nil && t.watch != nil {
		err = t.watch(t)
	}
	return err
}

// do is what an application does: if the process crashes before the step is
// stored, the user sees nothing of what it asked for, and asks again.
func (t *teller) do(who string, in cowpi.Input) {
	t.try(func() error {
		for {
			step := t.Steps(who) + 1
			if _, err := t.Do(who, in); err != nil || !t.Lost(who, step) {
				return t.watched(err)
			}
		}
	})
}

// join adds a user and registers it; operators ask again, too.
func (t *teller) join(name string) {
	t.try(func() error {
		fired := t.Fired()
		u, err := t.AddUser(name)
		for i := 0; err == nil && t.Fired() > fired && i < len(t.Providers); i++ {
			err = t.stepProvider(t.Providers[i], provider.Register{User: u.Self.Party()})
		}
		return err
	})
}

func (t *teller) settle() {
	t.try(t.rest)
	for _, u := range t.Users {
		if held := u.held(t.sid); t.err == nil && held {
			t.do(string(u.Self.ID), cowpi.ReleaseTexts{Sid: t.sid})
			t.try(t.rest)
		}
	}
}

// rest is Settle, but it gives up early: a tale has some hundred steps.
func (t *teller) rest() error {
	const enough = 30_000
	for range enough {
		more, err := t.step()
		if err == nil && !more {
			if more, err = t.tickNext(t.Now + 3_600_000); err == nil && !more {
				return nil
			}
			err = t.watched(err)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("not settled after %d steps", enough)
}

// held says whether texts wait for the application's word, by its events.
func (u *User) held(sid suite.Hash) (held bool) {
	for _, e := range u.Events {
		switch b := e.Body.(type) {
		case cowpi.TextsHeld:
			held = held || b.Sid == sid
		case cowpi.Shown:
			held = held && !(b.Sid == sid && b.Author == u.Self.ID)
		}
	}
	return held
}

// run lets a few things happen, so that what comes next is in the midst of them.
func (t *teller) run(steps int) {
	for range steps {
		t.try(func() error { _, err := t.step(); return err })
	}
}

func (t *teller) create(by string, with ...string) {
	t.do(by, cowpi.Create{With: ids(with...)})
	t.settle()
	t.try(func() error {
		all := t.User(by).Conversations()
		if len(all) != 1 {
			return fmt.Errorf("%s has %d conversations", by, len(all))
		}
		t.sid = all[0]
		return nil
	})
}

func (t *teller) say(who string, texts ...string) {
	for _, text := range texts {
		t.given[text] = given{who, t.sid}
		t.handed = append(t.handed, text)
		t.do(who, cowpi.Send{Sid: t.sid, Text: []byte(text)})
	}
}

func (t *teller) add(by string, who ...string) { t.do(by, cowpi.Update{Sid: t.sid, Add: ids(who...)}) }
func (t *teller) remove(by string, who ...string) {
	t.do(by, cowpi.Update{Sid: t.sid, Remove: ids(who...)})
}
func (t *teller) restart(by string, who ...string) {
	t.do(by, cowpi.Update{Sid: t.sid, Restart: ids(who...)})
}
func (t *teller) leave(who string)   { t.do(who, cowpi.Leave{Sid: t.sid}) }
func (t *teller) offline(who string) { t.SetOffline(who, true) }
func (t *teller) online(who string)  { t.SetOffline(who, false) }

// tamper lets every provider say something else, besides what it did before.
func (t *teller) tamper(f Tamper) {
	for _, p := range t.Providers {
		before := p.Corrupt
		p.Corrupt = func(to identity.ID, m exchange.Message) (out []exchange.Message) {
			for _, m := range f(to, m) {
				if before == nil {
					out = append(out, m)
				} else {
					out = append(out, before(to, m)...)
				}
			}
			return out
		}
	}
}

// failed says whether an operation of a user has failed.
func (t *teller) failed(who string) bool {
	return slices.ContainsFunc(t.User(who).Events, func(e cowpi.Event) bool {
		_, is := e.Body.(cowpi.OperationFailed)
		return is
	})
}

// tales are the conversations that crash everywhere.
var tales = []tale{
	{
		name: "texts both ways", users: []string{"a", "b"},
		play: func(t *teller) {
			t.create("a", "b")
			t.say("a", "a1", "a2")
			t.say("b", "b1")
			t.run(25)
			t.say("a", "a3")
			t.settle()
			t.say("b", "b2")
		},
		present: []string{"a", "b"},
		shown:   everybody("ab", "a1 a2 a3 b1 b2"),
	},
	{
		name: "adding", users: []string{"a", "b", "c"}, providers: 2,
		play: func(t *teller) {
			t.create("a", "b")
			t.say("a", "a1")
			t.settle()
			t.add("a", "c")
			t.say("b", "b1", "b2") // may have to wait for a word of b's
			t.settle()
			t.say("c", "c1")
			t.say("a", "a2")
		},
		present: []string{"a", "b", "c"},
		shown:   map[string][]string{"a": {"a1", "a2", "b1", "b2", "c1"}, "b": {"a1", "a2", "b1", "b2", "c1"}},
	},
	{
		name: "removing and leaving", users: []string{"a", "b", "c"}, providers: 2,
		play: func(t *teller) {
			t.create("a", "b", "c")
			t.say("c", "c1")
			t.settle()
			t.remove("a", "c")
			t.say("b", "b1")
			t.settle()
			t.say("a", "a1")
			t.settle()
			t.leave("b")
			t.settle()
			t.say("a", "a2")
		},
		present: []string{"a"},
		shown:   map[string][]string{"a": {"a1", "a2", "b1", "c1"}, "b": {"a1", "b1", "c1"}},
	},
	{
		name: "restarting", long: true, users: []string{"a", "b", "c"}, providers: 2,
		play: func(t *teller) {
			t.create("a", "b", "c")
			t.say("a", "a1")
			t.say("b", "b1")
			t.settle()
			t.restart("a", "b") // both mean the same b: it happens once
			t.restart("c", "b")
			t.say("b", "b2")
			t.say("c", "c1")
			t.settle()
			t.restart("b", "b")
			t.say("a", "a2")
			t.settle()
			t.say("b", "b3")
		},
		present: []string{"a", "b", "c"},
		shown:   everybody("abc", "a1 a2 b1 b2 b3 c1"),
	},
	{
		name: "racing updates", long: true, users: []string{"a", "b", "c", "d"}, providers: 2,
		play: func(t *teller) {
			t.create("a", "b", "c")
			t.add("a", "d")
			t.add("b", "d") // one of the two is moot
			t.remove("c", "b")
			t.say("c", "c1")
			t.settle()
			t.say("d", "d1")
			t.say("a", "a1")
		},
		present: []string{"a", "c", "d"},
		shown:   map[string][]string{"a": {"a1", "c1", "d1"}, "c": {"a1", "c1", "d1"}},
	},
	{
		name: "offline", long: true, users: []string{"a", "b", "c"}, providers: 2,
		play: func(t *teller) {
			t.create("a", "b", "c")
			t.offline("c")
			t.say("a", "a1", "a2", "a3")
			t.say("c", "c1")
			t.settle()
			t.restart("b", "c") // c knows nothing of it
			t.settle()
			t.say("b", "b1")
			t.settle()
			t.online("c")
			t.offline("b") // who restarted it is gone when it comes back
			t.settle()
			t.online("b")
		},
		present: []string{"a", "b", "c"},
		shown:   everybody("abc", "a1 a2 a3 b1 c1"),
	},
	{
		name: "refusals", users: []string{"a", "b"}, limits: provider.Limits{Rate: 1, Burst: 2},
		play: func(t *teller) {
			t.create("a", "b")
			t.add("a", "nobody") // cannot be fetched
			t.settle()
			t.say("a", "a1", "a2", "a3", "a4") // too fast
			t.say("b", "b1")
			t.settle()
			t.say("b", "b2")
		},
		present: []string{"a", "b"},
		shown:   everybody("ab", "a1 a2 a3 a4 b1 b2"),
	},
	{
		name: "stock and channels", long: true, users: []string{"a", "b"},
		play: func(t *teller) {
			t.create("a", "b")
			t.do("b", cowpi.ReplaceStock{})
			t.do("a", cowpi.RenewChannels{})
			t.say("a", "a1")
			t.settle()
			t.restart("a", "b")
			t.say("b", "b1")
			t.settle()
			t.do("a", cowpi.ReplaceStock{})
			t.run(10)
			t.restart("b", "a")
			t.settle()
			if t.failed("b") { // it had fetched a prekey that was withdrawn before its UPDATE came
				t.restart("b", "a")
			}
		},
		present: []string{"a", "b"},
		shown:   everybody("ab", "a1 b1"),
	},
	{
		name: "coming back", long: true, users: []string{"a", "b", "c"}, providers: 2,
		play: func(t *teller) {
			t.create("a", "b", "c")
			t.leave("c")
			t.settle()
			t.say("a", "a1")
			t.settle()
			t.add("b", "c")
			t.settle()
			t.say("c", "c1")
			t.settle()
			t.remove("c", "a")
			t.settle()
			t.add("c", "a")
			t.say("b", "b1")
			t.settle()
			t.say("a", "a2")
		},
		present: []string{"a", "b", "c"},
		shown:   map[string][]string{"b": {"a1", "a2", "b1", "c1"}},
	},
}

func everybody(who, texts string) map[string][]string {
	out := map[string][]string{}
	for _, r := range who {
		out[string(r)] = strings.Fields(texts)
	}
	return out
}

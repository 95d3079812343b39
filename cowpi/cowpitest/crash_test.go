package cowpitest

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

var (
	crashSeeds = flag.Int("crash-seeds", 1, "schedules of each conversation in which every step of every node crashes")
	crashPairs = flag.Int("crash-pairs", 100, "random pairs of crashes, for each conversation")
	crashAll   = flag.Bool("crash-all", false, "crash at every step of the longer conversations as well, not at every fifth")
	crashReal  = flag.Int("crash-real", 211, "every so many crash points run with the default suite too")
)

// run is one telling of a tale.
type run struct {
	seed     uint64
	suite    suite.Suite
	careless Careless
	crash    []CrashPoint
	watch    func(t *teller) error // is called after each thing that happens
}

func (r run) String() string {
	return fmt.Sprintf("seed %d, suite %s, crashes %v", r.seed, r.suite.Name(), r.crash)
}

// tell plays a tale and checks its end.
func (ta *tale) tell(r run) (*teller, error) {
	n, err := New(Options{Seed: r.seed, Suite: r.suite, Providers: ta.providers, Limits: ta.limits,
		Policy: cowpi.Policy{Stock: 14, Floor: 8}})
	if err != nil {
		return nil, err
	}
	t := &teller{story: story{Net: n, given: map[string]given{}}, watch: r.watch}
	n.BeCareless(r.careless)
	n.CrashAt(r.crash...)
	if len(r.crash) > 0 && r.crash[0].Step == 1 && n.Steps(r.crash[0].Node) == 1 {
		// The very first step of a provider was a Tick in New.
		first := r.crash[0]
		t.try(func() error { n.crashes(first); return n.crashLeaving(first.Node) })
	}
	for _, u := range ta.users {
		t.join(u)
	}
	t.settle()
	t.setUp = t.steps()
	ta.play(t)
	t.settle()
	t.try(func() error { return ta.end(t) })
	return t, t.err
}

// end is what must be the same whatever crashed.
func (ta *tale) end(t *teller) error {
	if ta.unruly {
		return nil
	}
	if err := t.check(); err != nil {
		return err
	}
	for _, p := range t.Providers {
		for _, e := range p.Events {
			if r, ok := e.(provider.Restored); ok {
				return fmt.Errorf("%s had forgotten what mirror %d knew", p.name(), r.Mirror)
			}
		}
	}
	for _, u := range t.Users {
		name := string(u.Self.ID)
		for i, e := range u.Events {
			if e.Number != uint64(i+1) {
				return fmt.Errorf("%s: event %d has number %d", name, i+1, e.Number)
			}
		}
		_, in := t.Head(u, t.sid)
		if want := slices.Contains(ta.present, name); in != want {
			return fmt.Errorf("%s takes part at the end: %v", name, in)
		}
		texts := u.View(t.sid).Texts()
		last := map[byte]string{}
		for _, x := range texts { // a1 before a2
			if x <= last[x[0]] {
				return fmt.Errorf("%s: %q after %q", name, x, last[x[0]])
			}
			last[x[0]] = x
		}
		if want, ok := ta.shown[name]; ok && !slices.Equal(slices.Sorted(slices.Values(texts)), want) {
			return fmt.Errorf("%s was shown %v", name, texts)
		}
	}
	return ta.quiet(t)
}

// quiet wants nothing to be left over: no text or upload that waits, and no entry
// at any provider that everybody has.
func (ta *tale) quiet(t *teller) error {
	for _, u := range t.Users {
		for _, kind := range "oubqihF" {
			if n := count(u.Store, byte(kind)); n > 0 {
				return fmt.Errorf("%s has %d records of kind %c left", u.Self.ID, n, kind)
			}
		}
	}
	for _, p := range t.Providers {
		for _, tab := range "elqw" {
			n := count(p.Store, byte(tab))
			if tab == 'q' { // those who take part have a cursor
				n -= len(ta.present)
			}
			if n != 0 {
				return fmt.Errorf("%s has %d entries too many in table %c", p.name(), n, tab)
			}
		}
	}
	return nil
}

func count(v store.View, kind byte) (n int) {
	_ = v.Scan([]byte{kind}, []byte{kind + 1}, func(_, _ []byte) bool { n++; return true })
	return n
}

// steps counts the steps of each node so far.
func (t *teller) steps() map[string]int {
	out := map[string]int{}
	for _, u := range t.Users {
		out[string(u.Self.ID)] = u.Effort.Steps
	}
	for _, p := range t.Providers {
		out[p.name()] = p.Effort.Steps
	}
	return out
}

// points lists every step of every node of a telling, at every moment of it. Set-up
// is the same in every tale; whole says whether to take that too.
func (t *teller) points(whole bool) (out []CrashPoint) {
	steps := t.steps()
	for _, node := range slices.Sorted(maps.Keys(steps)) {
		first := 1
		if !whole {
			first += t.setUp[node]
		}
		for i := first; i <= steps[node]; i++ {
			for at := BeforeCommit; at <= AfterEffects; at++ {
				out = append(out, CrashPoint{node, i, at})
			}
		}
	}
	return out
}

// parallel calls f for 0 to n-1 on all cores, until one fails.
func parallel(t *testing.T, n int, f func(i int) error) {
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					failed.Store(true)
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestCrashAtEveryStep crashes every node at every step of every tale, before the
// commit, after it, and after the effects; the tale must end the same.
func TestCrashAtEveryStep(t *testing.T) {
	for i := range tales {
		ta := &tales[i]
		t.Run(ta.name, func(t *testing.T) {
			for seed := range uint64(*crashSeeds) {
				whole, err := ta.tell(run{seed: seed + 1, suite: Cheap})
				require.NoError(t, err)
				points := whole.points(i == 0)
				if ta.long && !*crashAll {
					points = every(5, points)
				}
				if testing.Short() {
					points = every(10, points)
				}
				var real atomic.Int64
				parallel(t, len(points), func(i int) error {
					r := run{seed: seed + 1, suite: Cheap, crash: points[i : i+1]}
					if i%*crashReal == 0 {
						real.Add(1)
						r.suite = suite.Default
					}
					return ta.survives(r)
				})
				t.Logf("seed %d: %d crashes, %d of them with the default suite", seed+1, len(points), real.Load())
			}
		})
	}
}

// every takes each nth of a list.
func every(n int, list []CrashPoint) (out []CrashPoint) {
	for i := 0; i < len(list); i += n {
		out = append(out, list[i])
	}
	return out
}

// survives wants a telling with crashes to end as it should, and all of the
// crashes to have come.
func (ta *tale) survives(r run) error {
	t, err := ta.tell(r)
	if err == nil && t.Fired() != len(r.crash) {
		err = fmt.Errorf("only %d crashes came", t.Fired())
	}
	if err != nil {
		err = fmt.Errorf("%v: %w", r, err)
	}
	return err
}

// TestCrashTwice crashes a node anywhere, and any node again soon after: also in
// the midst of its recovery.
func TestCrashTwice(t *testing.T) {
	for i := range tales {
		ta := &tales[i]
		t.Run(ta.name, func(t *testing.T) {
			whole, err := ta.tell(run{seed: 1, suite: Cheap})
			require.NoError(t, err)
			points := whole.points(true)
			var late atomic.Int64
			parallel(t, *crashPairs, func(i int) error {
				r := rand.New(rand.NewPCG(uint64(i), 7))
				second := points[r.IntN(len(points))]
				second.Step = 1 + r.IntN(40)
				pair := []CrashPoint{points[r.IntN(len(points))], second}
				if r.IntN(2) == 0 { // the same node, in its recovery
					pair[1].Node, pair[1].Step = pair[0].Node, 1+r.IntN(8)
				}
				told, err := ta.tell(run{seed: 1, suite: Cheap, crash: pair})
				if err != nil {
					return fmt.Errorf("%v: %w", pair, err)
				}
				if told.Fired() < 2 {
					late.Add(1)
				}
				return nil
			})
			require.Less(t, int(late.Load()), *crashPairs/5, "of the second crashes, those that never came")
		})
	}
}

// A telling follows from its seed and its crashes alone.
func TestCrashIsDeterministic(t *testing.T) {
	for i := range tales {
		var before []byte
		for range 2 {
			told, err := tales[i].tell(run{seed: 3, suite: Cheap, crash: []CrashPoint{{"b", 31, AfterCommit}, {"router", 9, BeforeCommit}}})
			require.NoError(t, err)
			h := sha256.New()
			for _, p := range told.Providers {
				dump(h, p.Store)
			}
			for _, u := range told.Users {
				dump(h, u.Store)
				fmt.Fprintln(h, u.Events)
			}
			now := h.Sum(nil)
			if before != nil {
				require.Equal(t, before, now, tales[i].name)
			}
			before = now
		}
	}
}

func dump(w io.Writer, v store.View) {
	_ = v.Scan(nil, nil, func(k, value []byte) bool {
		fmt.Fprintf(w, "%x=%x\n", k, value)
		return true
	})
}

// An environment that performs effects before it commits, or that stores events
// apart from records, is noticed, whichever node it is whose step is lost: the
// same crashes that a careful one survives.
func TestCarelessEnvironments(t *testing.T) {
	for _, c := range []struct {
		careless Careless
		at       Moment
		nodes    []string
	}{
		{EffectsFirst, BeforeCommit, []string{"a", "b", "router", "mirror1"}},
		{EventsApart, AfterCommit, []string{"a", "b"}},
	} {
		for _, node := range c.nodes {
			noticed, total := 0, 0
			var first error
			ta := &tales[1]
			whole, err := ta.tell(run{seed: 1, suite: Cheap})
			require.NoError(t, err)
			for step := whole.setUp[node] + 1; step <= whole.Steps(node) && noticed < 3; step++ {
				r := run{seed: 1, suite: Cheap, crash: []CrashPoint{{node, step, c.at}}}
				require.NoError(t, ta.survives(r))
				r.careless = c.careless
				total++
				if err := ta.survives(r); err != nil {
					noticed++
					if first == nil {
						first = err
					}
				}
			}
			t.Logf("careless %d, %s: noticed in %d of %d runs, for example: %v", c.careless, node, noticed, total, first)
			require.Positive(t, noticed, node)
		}
	}
}

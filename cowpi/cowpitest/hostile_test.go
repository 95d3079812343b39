package cowpitest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

var hostileRuns = flag.Int("hostile", 400, "random schedules with corrupt providers and participants")
var firstHostile = flag.Uint64("hostileseed", 1, "the first of them")

// hostile is a story in which all providers but one, or none of them, and some
// participants are corrupt.
type hostile struct {
	*story
	Blind
	plot    *Plot
	keeper  int             // the one honest provider; -1: all are
	corrupt map[string]bool // nodes
	failed  string          // the node whose step failed last
	order   map[string]uint64
	stats   *hostileTally
}

type hostileTally struct {
	lies, texts, stops, healed, faults, forks, repeats atomic.Int64
	seen                                               sync.Map // check -> how a conversation ended
}

// Stepped makes a hostile story a Tap: it wants to know whose step failed.
func (h *hostile) Stepped(node string, _ any, _ []store.Record, err error) {
	if err != nil {
		h.failed = node
	}
}

func newHostile(seed uint64, s suite.Suite, stats *hostileTally) (*hostile, error) {
	choose := seeded{rand.New(rand.NewPCG(seed, 3))}
	h := &hostile{corrupt: map[string]bool{}, keeper: int(seed%4) - 1, stats: stats, order: map[string]uint64{}}
	users := people[:3+choose.IntN(3)]
	providers := 2 + choose.IntN(2)
	if h.keeper >= providers {
		providers = 3
	}
	n, err := New(Options{Seed: seed, Suite: s, Users: users, Providers: providers, Tap: h,
		Policy: cowpi.Policy{Stock: 30, Floor: 12}})
	if err != nil {
		return nil, err
	}
	h.story = &story{Net: n, choose: choose, given: map[string]given{}}
	h.plot = &Plot{Suite: s, Rand: choose.Rand, Seed: seed, Collude: seed%8 < 4, OneIn: 3 + choose.IntN(200)}
	for i, p := range n.Providers {
		if h.keeper < 0 || i == h.keeper {
			continue
		}
		h.corrupt[p.name()] = true
		p.Corrupt = h.plot.Tamper()
		if choose.IntN(3) == 0 { // it garbles frames too, those to other providers as well
			err := n.TwistProvider(i, &Twist{Plain: func(purpose suite.Purpose, plain []byte) []byte {
				if purpose == "frame" && !h.plot.Off && choose.IntN(150) == 0 {
					plain[choose.IntN(len(plain))] ^= 1 << choose.IntN(8)
				}
				return plain
			}})
			if err != nil {
				return nil, err
			}
		}
	}
	for i, u := range n.Users {
		u.Corrupt = h.plot.Spy
		if i >= 2 && choose.IntN(2) == 0 || h.keeper < 0 && i == 2 {
			h.corrupt[string(u.Self.ID)] = true
			if err := h.plot.Corrupt(n, string(u.Self.ID)); err != nil {
				return nil, err
			}
		}
	}
	return h, h.begin()
}

// begin lets a conversation begin before the corrupt ones do.
func (h *hostile) begin() error {
	h.plot.Off = true
	defer func() { h.plot.Off = false }()
	if err := h.Settle(); err != nil {
		return err
	}
	in := cowpi.Create{}
	for i, u := range h.Users[1:] {
		if i < 2 || h.choose.pick(2, "with") == 0 {
			in.With = append(in.With, u.Self.ID)
		}
	}
	if _, err := h.Do("alice", in); err != nil {
		return err
	}
	return h.Settle()
}

// honestly tells an error of an honest node. What becomes of the others is their
// own affair.
func (h *hostile) honestly(err error) error {
	if err != nil && !h.corrupt[h.failed] && !misuse(err) {
		return err
	}
	return nil
}

// evil is what corrupt nodes do besides lying.
func (h *hostile) evil() error {
	r := h.choose
	switch r.pick(12, "evil") {
	case 0:
		if name := h.Providers[0].name(); h.corrupt[name] && len(h.clones) < 2 {
			h.stats.forks.Add(1)
			var some []string
			for _, u := range h.Users {
				if r.pick(2, "forked") == 0 {
					some = append(some, string(u.Self.ID))
				}
			}
			if err := h.Fork(some...); err != nil {
				return err
			}
			for _, c := range h.clones {
				h.corrupt[c.name()] = true
			}
		}
	case 1, 2, 3:
		u := h.Users[r.pick(len(h.Users), "intruder")]
		if h.corrupt[string(u.Self.ID)] {
			var ids []identity.ID
			for _, o := range h.Users {
				ids = append(ids, o.Self.ID)
			}
			_, err := h.Intrude(u.Self, r.pick(len(h.Providers), "where"), func(a *Actor) (out [][]byte) {
				for range 1 + r.pick(5, "words") {
					out = append(out, h.plot.Babble(a, ids)...)
				}
				return out
			})
			return err
		}
	}
	return nil
}

func (h *hostile) run(acts int) error {
	for range acts {
		before := h.texts
		if err := h.honestly(h.act()); err != nil {
			return err
		}
		if h.texts != before {
			for text := range h.given {
				if _, ok := h.order[text]; !ok {
					h.order[text] = uint64(h.texts)
				}
			}
		}
		if err := h.honestly(h.evil()); err != nil {
			return err
		}
		for range h.choose.pick(30, "steps") {
			if _, err := h.Step(); h.honestly(err) != nil {
				return err
			}
		}
	}
	for range 1500 {
		if more, err := h.Step(); h.honestly(err) != nil {
			return err
		} else if !more {
			break
		}
	}
	if err := h.check(); err != nil {
		return err
	}
	if h.keeper < 0 {
		return h.recover()
	}
	return nil
}

func (h *hostile) honest(id identity.ID) bool { return !h.corrupt[string(id)] }

// wrote says whether, and as which of its texts, an author handed over a text.
func (h *hostile) wrote(author identity.ID, sid suite.Hash, text string) (uint64, bool) {
	g, ok := h.given[text]
	return h.order[text], ok && g.by == string(author) && g.sid == sid
}

// check is what one honest provider and honest people are promised.
func (h *hostile) check() error {
	for _, sid := range h.Conversations() {
		var all []Account
		digests := map[uint64]suite.Hash{}
		for _, u := range h.Users {
			if !h.honest(u.Self.ID) {
				continue
			}
			a := u.Account(sid)
			if err := Sound(a, h.honest, h.wrote); err != nil {
				return err
			}
			all = append(all, a)
			if head, ok := h.Head(u, sid); ok {
				if d, other := digests[head.Next]; other && d != head.Digest {
					return fmt.Errorf("%s: another digest at %d", u.Self.ID, head.Next)
				}
				digests[head.Next] = head.Digest
			}
		}
		if err := Agree(all...); err != nil {
			return err
		}
	}
	return h.checkBlame()
}

// checkBlame looks at whom honest nodes accuse: never an honest author or user,
// never the honest provider alone.
func (h *hostile) checkBlame() error {
	for _, u := range h.Users {
		if !h.honest(u.Self.ID) {
			continue
		}
		for _, ev := range u.Events {
			switch b := ev.Body.(type) {
			case cowpi.Shown:
				h.stats.texts.Add(1)
			case cowpi.Repeated:
				h.stats.repeats.Add(1)
			case cowpi.Ended:
				if b.Reason != cowpi.EndStopped && b.Reason != cowpi.EndDeclined {
					continue
				}
				var e *fault.Evidence
				if !errors.As(b.Err, &e) {
					return fmt.Errorf("%s stopped without evidence: %v", u.Self.ID, b.Err)
				}
				h.stats.stops.Add(1)
				h.stats.seen.Store(e.Check, true)
				if e.Who.Role == fault.RoleAuthor && h.honest(identity.ID(e.Who.ID)) && h.keeper < 0 {
					return fmt.Errorf("%s stopped because of honest %s: %w", u.Self.ID, e.Who.ID, b.Err)
				}
				if e.Who.Role == fault.RoleProviders && h.keeper < 0 {
					return fmt.Errorf("%s blames honest providers: %w", u.Self.ID, b.Err)
				}
			case cowpi.ProviderFault:
				h.stats.faults.Add(1)
				if b.Provider != "" && h.honest(b.Provider) || h.keeper < 0 {
					return fmt.Errorf("%s blames the honest %s: %w", u.Self.ID, b.Provider, b.Err)
				}
			}
		}
	}
	if h.keeper >= 0 {
		return nil
	}
	for _, p := range h.Providers {
		for _, ev := range p.Events {
			f, ok := ev.(provider.Fault)
			var e *fault.Evidence
			if ok && (!errors.As(f.Err, &e) || e.Who.Role != fault.RoleUser || h.honest(identity.ID(e.Who.ID))) {
				return fmt.Errorf("%s blames an honest node: %w", p.name(), f.Err)
			}
		}
	}
	return nil
}

// recover is for stories in which all providers are honest: the corrupt ones fall
// silent, the honest go on, restart whom a bad block has stopped, and all of them
// end at the same head.
func (h *hostile) recover() error {
	h.plot.Off = true
	for _, u := range h.Users {
		h.SetOffline(string(u.Self.ID), h.corrupt[string(u.Self.ID)])
	}
	for range 6 {
		if err := h.Settle(); h.honestly(err) != nil {
			return err
		}
		for _, sid := range h.Conversations() {
			if err := h.restartStopped(sid); err != nil {
				return err
			}
		}
	}
	if err := h.Settle(); h.honestly(err) != nil {
		return err
	}
	for _, sid := range h.Conversations() {
		var first *hostileHead
		for _, u := range h.Users {
			if !h.honest(u.Self.ID) {
				continue
			}
			roster, in, err := u.Machine.Roster(u.Store, sid)
			if err != nil {
				return err
			}
			if !in {
				continue
			}
			head, _ := h.Head(u, sid)
			here := hostileHead{string(u.Self.ID), head.Next, head.Digest}
			if first == nil {
				first = &here
			} else if first.next != here.next || first.digest != here.digest {
				return fmt.Errorf("%x: %+v and %+v", sid[:4], *first, here)
			}
			for _, e := range roster.Entries() {
				if !h.honest(e.ID) {
					continue
				}
				if _, in := h.Head(h.User(string(e.ID)), sid); !in {
					return fmt.Errorf("%x: %s is not in after all restarts", sid[:4], e.ID)
				}
			}
		}
	}
	return h.check()
}

type hostileHead struct {
	who    string
	next   uint64
	digest suite.Hash
}

// restartStopped lets one who is in bring back the honest who are not.
func (h *hostile) restartStopped(sid suite.Hash) error {
	for _, u := range h.Users {
		if !h.honest(u.Self.ID) {
			continue
		}
		roster, in, err := u.Machine.Roster(u.Store, sid)
		if err != nil {
			return err
		}
		if !in {
			continue
		}
		up := cowpi.Update{Sid: sid}
		for _, e := range roster.Entries() {
			if !h.honest(e.ID) {
				up.Remove = append(up.Remove, e.ID)
			} else if _, in := h.Head(h.User(string(e.ID)), sid); !in {
				up.Restart = append(up.Restart, e.ID)
				h.stats.healed.Add(1)
			}
		}
		if len(up.Restart)+len(up.Remove) > 0 {
			_, err = h.Do(string(u.Self.ID), up)
			return h.honestly(err)
		}
	}
	return nil
}

// playHostile plays one story; a panic is told with its seed.
func playHostile(seed uint64, s suite.Suite, stats *hostileTally) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	h, err := newHostile(seed, s, stats)
	if err != nil {
		return err
	}
	err = h.run(10 + h.choose.pick(25, "acts"))
	stats.lies.Add(int64(h.plot.Lies))
	return err
}

// Whatever all providers but one and some participants do, honest views never
// differ, no text comes twice or out of order or from one who did not write it,
// and no honest step fails. Where all providers are honest, one corrupt
// participant costs the others no more than a restart.
func TestHostileSchedules(t *testing.T) {
	total := *hostileRuns
	if testing.Short() {
		total = min(total, 100)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	var failed atomic.Bool
	stats := &hostileTally{}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= total {
					return
				}
				s := Cheap
				if i%40 == 39 {
					s = suite.Default
				}
				seed := *firstHostile + uint64(i)
				if err := playHostile(seed, s, stats); err != nil {
					failed.Store(true)
					t.Errorf("hostile schedule %d (%s): %v", seed, s.Name(), err)
				}
			}
		})
	}
	wg.Wait()
	var checks []fault.Check
	stats.seen.Range(func(k, _ any) bool { checks = append(checks, k.(fault.Check)); return true })
	t.Logf("%d schedules: %d lies, %d forks, %d texts shown, %d repeats, %d stops (checks %v), %d restarts after them, %d provider faults",
		total, stats.lies.Load(), stats.forks.Load(), stats.texts.Load(), stats.repeats.Load(), stats.stops.Load(), checks,
		stats.healed.Load(), stats.faults.Load())
	if !failed.Load() && total >= 100 {
		require.Greater(t, stats.texts.Load(), int64(total))
		for _, n := range []*atomic.Int64{&stats.lies, &stats.forks, &stats.stops, &stats.healed, &stats.faults} {
			require.Positive(t, n.Load())
		}
		require.Contains(t, checks, fault.D1)
		require.Contains(t, checks, fault.P5)
		require.Contains(t, checks, fault.C1)
	}
}

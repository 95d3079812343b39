package cowpitest

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
)

// action is one thing that may happen next.
type action func() error

// possible lists what may happen now, without the passing of time: messages that
// can be delivered, closed wires to be told of, connections to be made.
func (n *Net) possible() []action {
	var out []action
	live := n.wires[:0]
	for _, w := range n.wires {
		if !w.dead || w.aClosed || w.bClosed {
			live = append(live, w)
		}
	}
	n.wires = live
	for _, w := range n.wires {
		if w.aClosed && len(w.toA) == 0 { // what was sent before a crash may still come
			out = append(out, func() error { return n.tellClosed(w, true) })
		}
		if w.bClosed && len(w.toB) == 0 {
			out = append(out, func() error { return n.tellClosed(w, false) })
		}
		if len(w.toA) > 0 && !n.pause[w.a] {
			out = append(out, func() error { return n.deliver(w, true) })
		}
		if len(w.toB) > 0 && !n.pause[w.b] {
			out = append(out, func() error { return n.deliver(w, false) })
		}
	}
	for _, u := range n.Users {
		for i := range n.uses(u) {
			if !u.Offline && !n.pause[n.providerFor(u, i)] && n.wire(string(u.Self.ID), n.providerFor(u, i)) == nil && !n.closing(string(u.Self.ID), i) {
				out = append(out, func() error { return n.connect(u, i) })
			}
		}
	}
	for i := 1; i < len(n.Providers); i++ {
		if n.dials[i] && !n.pause[n.Providers[0].name()] && !n.pause[n.Providers[i].name()] {
			out = append(out, func() error { return n.join(i) })
		}
	}
	return out
}

// closing says whether a user has still to hear that its wire to provider i is gone.
func (n *Net) closing(user string, i int) bool {
	return slices.ContainsFunc(n.wires, func(w *wire) bool { return w.dead && w.aClosed && w.a == user && n.position(w.b) == i })
}

// Step lets one thing happen, chosen at random; false if nothing can.
func (n *Net) Step() (bool, error) {
	if n.opt.Stop != nil {
		if err := n.opt.Stop(); err != nil {
			return false, err
		}
	}
	all := n.possible()
	if len(all) == 0 {
		return false, nil
	}
	return true, all[n.rand.IntN(len(all))]()
}

// Settle lets things happen until nothing can any more, and no node waits for a
// time within the next hour. The error says so if that takes too long: then
// something goes on for ever.
func (n *Net) Settle() error {
	const enough = 2_000_000
	for range enough {
		more, err := n.Step()
		if err != nil {
			return err
		}
		if !more {
			if ticked, err := n.tickNext(n.Now + 3_600_000); err != nil {
				return err
			} else if !ticked {
				return nil
			}
		}
	}
	return fmt.Errorf("cowpitest: not settled after %d steps", enough)
}

// Run lets at most steps things happen, time passing when nothing else can.
func (n *Net) Run(steps int) error {
	for range steps {
		more, err := n.Step()
		if err != nil {
			return err
		}
		if !more {
			if ticked, err := n.tickNext(n.Now + 60_000); err != nil || !ticked {
				return err
			}
		}
	}
	return nil
}

// Advance lets time pass, and wakes whoever asked for it.
func (n *Net) Advance(ms uint64) error {
	end := n.Now + ms
	for {
		ticked, err := n.tickNext(end)
		if err != nil {
			return err
		}
		if !ticked {
			n.Now = max(n.Now, end)
			return nil
		}
	}
}

// Tick lets time pass until somebody wakes who waits for a time within the next ms;
// if nobody does, no time passes.
func (n *Net) Tick(ms uint64) error {
	_, err := n.tickNext(n.Now + ms)
	return err
}

// tickNext moves the clock to the next time that somebody waits for, if that is
// not after limit, and wakes all that are due.
func (n *Net) tickNext(limit uint64) (bool, error) {
	next := uint64(0)
	earliest := func(t uint64) {
		if t != 0 && (next == 0 || t < next) {
			next = t
		}
	}
	providers := append(append([]*Provider(nil), n.Providers...), n.clones...)
	for _, p := range providers {
		earliest(p.wake)
	}
	for _, u := range n.Users {
		earliest(uint64(u.wake))
	}
	if next == 0 || next > limit {
		return false, nil
	}
	n.Now = max(n.Now, next)
	for _, p := range providers {
		if p.wake != 0 && p.wake <= n.Now {
			p.wake = 0
			if err := n.stepProvider(p, provider.Tick{}); err != nil {
				return true, err
			}
		}
	}
	for _, u := range n.Users {
		if u.wake != 0 && uint64(u.wake) <= n.Now {
			u.wake = 0
			if _, err := n.stepUser(u, cowpi.Tick{}); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// SetOffline takes a user's phone off the network, or puts it back.
func (n *Net) SetOffline(name string, offline bool) {
	u := n.User(name)
	u.Offline = offline
	if offline {
		for _, w := range n.wires {
			if w.a == name {
				n.cut(w, "")
			}
		}
	}
}

// DropLinks breaks all wires of a node, or a random one if name is "".
func (n *Net) DropLinks(name string) {
	var mine []*wire
	for _, w := range n.wires {
		if !w.dead && (name == "" || w.a == name || w.b == name) {
			mine = append(mine, w)
		}
	}
	if name == "" && len(mine) > 0 {
		i := n.rand.IntN(len(mine))
		mine = mine[i : i+1]
	}
	for _, w := range mine {
		n.cut(w, "")
	}
}

// Crash stops a node where it is and starts it again from its stored records. Its
// wires break; what was on them is lost.
func (n *Net) Crash(name string) error {
	if n.opt.Tap != nil {
		n.opt.Tap.Crashed(name)
	}
	return n.restart(name)
}

func (n *Net) restart(name string) error {
	for _, w := range n.wires {
		if w.a == name || w.b == name {
			n.cut(w, name)
			if w.a == name {
				w.aClosed = false
			} else {
				w.bClosed = false
			}
		}
	}
	u, p := n.node(name)
	if p != nil {
		if p.index == 0 {
			clear(n.dials)
		}
		return n.startProvider(p)
	}
	if u == nil {
		return fmt.Errorf("cowpitest: no node %q", name)
	}
	if err := n.startUser(u); err != nil {
		return err
	}
	_, err := n.stepUser(u, cowpi.Tick{})
	return err
}

// Backup copies the store of a provider.
func (n *Net) Backup(name string) *store.Memory {
	_, p := n.node(name)
	if n.opt.Tap != nil {
		n.opt.Tap.Saved(name)
	}
	return p.Store.Clone()
}

// Restore crashes a provider and brings it back with an earlier copy of its store:
// a tap takes it for the one made last.
func (n *Net) Restore(name string, backup *store.Memory) error {
	_, p := n.node(name)
	p.Store = backup.Clone()
	if n.opt.Tap != nil {
		n.opt.Tap.Restored(name)
	}
	return n.restart(name)
}

// Fork makes the router corrupt: from now on it serves these users from a copy of
// itself, which asks no mirror before it commits.
func (n *Net) Fork(users ...string) error {
	router := n.Providers[0]
	c := &Provider{Self: router.Self, Store: router.Store.Clone(), config: router.config}
	c.config.UnsafeAlone = true
	n.clones = append(n.clones, c)
	if err := n.startProvider(c); err != nil {
		return err
	}
	for _, name := range users {
		u := n.User(name)
		if u == nil {
			return fmt.Errorf("cowpitest: no user %q", name)
		}
		n.cut(n.wire(name, n.providerFor(u, 0)), "")
		n.routing[u.Self.ID] = c
	}
	return nil
}

package game

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// wish is what an application asked somebody honest to do: to begin a conversation, or
// to change who is in one. Who is to go or to begin afresh is meant as it was then, by
// the epoch in which it had joined.
type wish struct {
	add             []identity.ID
	remove, restart []stay
	leave           bool
}

// stay is somebody's time in a conversation: it ends when it is removed or restarted.
type stay struct {
	id     identity.ID
	joined uint32
}

// asks returns what notes a wish, once somebody has taken it; what is meant depends on
// the roster that it had when it was asked.
func (c *Challenger) asks(u *cowpitest.User, in cowpi.Input) (note func()) {
	at, w := place{author: u.Self.ID}, wish{}
	switch in := in.(type) {
	case cowpi.Create:
		w.add = slices.Sorted(slices.Values(in.With))
	case cowpi.Leave:
		at.sid, w.leave = in.Sid, true
	case cowpi.Update:
		at.sid, w.add = in.Sid, in.Add
		r, takesPart, err := u.Machine.Roster(u.Store, in.Sid)
		if err != nil || !takesPart {
			return func() {} // it will be refused
		}
		stays := func(list []identity.ID) (out []stay) {
			for _, id := range list {
				e, _ := r.Find(id)
				out = append(out, stay{id, e.Joined})
			}
			return out
		}
		w.remove, w.restart = stays(in.Remove), stays(in.Restart)
	default:
		return func() {}
	}
	return func() { c.asked[at] = append(c.asked[at], w) }
}

// unasked: somebody honest began a conversation with others than it was asked to; or it
// added, removed or restarted somebody, or that one's later stay, about whom nobody
// asked it.
func unasked(c *Challenger) *Breach {
	for _, u := range c.users() {
		for _, sid := range c.sids() {
			for _, x := range c.changes[place{u.Self.ID, sid}] {
				if what := c.beyond(u, sid, x); what != "" {
					return &Breach{"unasked", fmt.Sprintf("%s was not asked to, but %s, in epoch %d", u.Self.ID, what, x.epoch)}
				}
			}
		}
	}
	return nil
}

// beyond is what a change does that nobody asked its author for; "" if there is nothing.
func (c *Challenger) beyond(u *cowpitest.User, sid suite.Hash, x change) string {
	if x.epoch == 0 {
		with := slices.DeleteFunc(idsOf(x.members), func(id identity.ID) bool { return id == u.Self.ID })
		if slices.ContainsFunc(c.asked[place{author: u.Self.ID}], func(w wish) bool { return slices.Equal(w.add, with) }) {
			return ""
		}
		return fmt.Sprintf("began a conversation with %v", with)
	}
	wished := func(meant func(wish) bool) bool { return slices.ContainsFunc(c.asked[place{u.Self.ID, sid}], meant) }
	before := rosterOf(u, sid, x.epoch-1)
	for _, m := range x.members {
		i := slices.IndexFunc(before, func(o cowpi.Member) bool { return o.ID == m.ID })
		switch {
		case i < 0 && !wished(func(w wish) bool { return slices.Contains(w.add, m.ID) }):
			return fmt.Sprintf("added %s", m.ID)
		case i >= 0 && m.Joined != before[i].Joined &&
			!wished(func(w wish) bool { return slices.Contains(w.restart, stay{m.ID, before[i].Joined}) }):
			return fmt.Sprintf("restarted %s, who joined in epoch %d", m.ID, before[i].Joined)
		}
	}
	for _, m := range before {
		gone := !slices.Contains(idsOf(x.members), m.ID)
		if gone && !wished(func(w wish) bool {
			return slices.Contains(w.remove, stay{m.ID, m.Joined}) || w.leave && m.ID == u.Self.ID
		}) {
			return fmt.Sprintf("removed %s, who joined in epoch %d", m.ID, m.Joined)
		}
	}
	return ""
}

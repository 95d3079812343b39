package play

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
)

// expect holds an expectation against what was seen so far, and grants what it
// names.
func (p *player) expect(a script.Action) error {
	switch a := a.(type) {
	case script.Fails:
		return p.fails(a)
	case script.Accuses:
		return p.accuses(a)
	}
	in, who := place(a)
	sid, err := p.sid(in)
	if err != nil {
		return err
	}
	var v View
	if who != "" {
		v = p.view(p.net.User(who), sid)
	}
	switch a := a.(type) {
	case script.Sees:
		return p.sees(a, v)
	case script.SeesMark:
		if !slices.ContainsFunc(v.Lines, func(l cowpitest.Line) bool {
			return l.Kind == string(a.Mark) && string(l.Author) == a.Author
		}) {
			return notAsSaid("no %s from %s was shown to %s", a.Mark, a.Author, a.Who)
		}
		return nil
	case script.KnowsHas:
		for _, l := range v.Lines {
			if l.Kind == "text" && l.Text == a.Text && slices.Contains(l.AckedBy, identity.ID(a.Other)) {
				return nil
			}
		}
		return notAsSaid("%s was not told that %s has it", a.Who, a.Other)
	case script.KnowsStopped:
		for _, l := range v.Lines {
			if l.Kind == KindStopped && string(l.Author) == a.Other {
				return nil
			}
		}
		return notAsSaid("%s was not told that %s stopped", a.Who, a.Other)
	case script.With:
		return p.with(a, sid)
	case script.Same:
		return p.same(a, sid)
	case script.Forked:
		return p.isForked(a, sid)
	case script.Stopped:
		return p.stopped(a, sid)
	case script.Is:
		p.standing[[2]string{a.Who, a.In}] = a.Standing
		if now := p.standingOf(v, sid); now != a.Standing {
			return notAsSaid("%s is %s", a.Who, now)
		}
		return nil
	}
	return fmt.Errorf("package play does not know %T", a)
}

// place is the conversation that an expectation is about, and whose view of it.
func place(a script.Action) (in, who string) {
	switch a := a.(type) {
	case script.Sees:
		return a.In, a.Who
	case script.SeesMark:
		return a.In, a.Who
	case script.KnowsHas:
		return a.In, a.Who
	case script.KnowsStopped:
		return a.In, a.Who
	case script.With:
		return a.In, a.Who
	case script.Same:
		return a.In, ""
	case script.Forked:
		return a.In, ""
	case script.Stopped:
		return a.In, a.Who
	case script.Is:
		return a.In, a.Who
	}
	return "", ""
}

func (p *player) sees(a script.Sees, v View) error {
	if a.Not {
		p.unseen[[3]string{a.Who, a.In, a.Text}] = true
	}
	for _, l := range v.Lines {
		if l.Kind != "text" || l.Text != a.Text || a.At >= 0 && uint64(a.At) != l.Index {
			continue
		}
		if a.Not {
			return notAsSaid("%s saw it at %d", a.Who, l.Index)
		}
		return nil
	}
	if a.Not {
		return nil
	}
	for _, l := range v.Lines {
		if l.Kind == "text" && l.Text == a.Text {
			return notAsSaid("%s saw it at %d", a.Who, l.Index)
		}
	}
	return notAsSaid("it was not shown to %s", a.Who)
}

func (p *player) with(a script.With, sid suite.Hash) error {
	u := p.net.User(a.Who)
	roster, ok, err := u.Machine.Roster(u.Store, sid)
	if err != nil {
		return err
	}
	if !ok {
		return notAsSaid("%s does not take part", a.Who)
	}
	var others []string
	for _, e := range roster.Entries() {
		if string(e.ID) != a.Who {
			others = append(others, string(e.ID))
		}
	}
	if want := slices.Sorted(slices.Values(a.Others)); !slices.Equal(others, want) {
		return notAsSaid("%s is there with %q", a.Who, others)
	}
	return nil
}

func (p *player) same(a script.Same, sid suite.Hash) error {
	first := p.net.User(a.Who[0])
	v := p.view(first, sid)
	for _, name := range a.Who[1:] {
		u := p.net.User(name)
		if err := cowpitest.Agree(first.Account(sid), u.Account(sid)); err != nil {
			return notAsSaid("%v", err)
		}
		if o := p.view(u, sid); o.Last != v.Last || o.Code != v.Code {
			return notAsSaid("the codes of %s after %d and of %s after %d differ", v.User, v.Last, o.User, o.Last)
		}
	}
	return nil
}

func (p *player) isForked(a script.Forked, sid suite.Hash) error {
	p.forked[a.In] = true
	x, y := p.net.User(a.A), p.net.User(a.B)
	for _, u := range []*cowpitest.User{x, y} {
		if _, ok := p.net.Head(u, sid); !ok {
			return notAsSaid("%s does not take part any more", u.Self.ID)
		}
	}
	if cowpitest.Agree(x.Account(sid), y.Account(sid)) == nil {
		return notAsSaid("one of the two views is the beginning of the other")
	}
	return nil
}

func (p *player) stopped(a script.Stopped, sid suite.Hash) error {
	p.stops[[2]string{a.Who, a.In}] = true
	var all []*Stop
	for _, s := range stops(p.net.User(a.Who), sid) {
		blames := a.Blame == "" || s.Blame.ID == a.Blame || s.Blame.ID == "" && s.Blame.Role.String() == a.Blame ||
			s.Blame.Role.String() == a.Blame
		if (a.Check == "" || string(s.Check) == a.Check) && (a.At < 0 || uint64(a.At) == s.At) && blames {
			return nil
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return notAsSaid("%s did not stop", a.Who)
	}
	last := all[len(all)-1]
	return notAsSaid("%s stopped by %s at %d blaming %s", a.Who, last.Check, last.At, last.Blame)
}

// standingOf says where a participant stands. One that stopped is neither.
func (p *player) standingOf(v View, sid suite.Hash) script.Standing {
	switch {
	case v.Active && v.Last < p.head(sid):
		return script.Behind
	case v.Active:
		return script.Active
	case v.Ended == nil:
		return script.Outsider
	case v.Ended.Reason == cowpi.EndLeft:
		return script.Left
	case v.Ended.Reason == cowpi.EndRemoved:
		return script.Removed
	}
	return "stopped"
}

// head is the highest index that any participant has processed.
func (p *player) head(sid suite.Hash) (head uint64) {
	for _, u := range p.net.Users {
		if h, ok := p.net.Head(u, sid); ok {
			head = max(head, h.Next-1)
		}
	}
	return head
}

func (p *player) fails(a script.Fails) error {
	u := p.net.User(a.Who)
	since := p.failed[a.Who]
	p.failed[a.Who] = lastEvent(u)
	other := ""
	for _, e := range u.Events {
		f, ok := e.Body.(cowpi.OperationFailed)
		if !ok || e.Number <= since {
			continue
		}
		if a.Check == "" || string(fault.CheckOf(f.Err)) == a.Check {
			return nil
		}
		other = ", but: " + f.Why
	}
	return notAsSaid("nothing of the kind failed%s", other)
}

func (p *player) accuses(a script.Accuses) error {
	p.accused[[2]string{a.Who, a.Provider}] = true
	for _, e := range p.net.User(a.Who).Events {
		if f, ok := e.Body.(cowpi.ProviderFault); ok && string(f.Provider) == a.Provider &&
			(a.Check == "" || string(fault.CheckOf(f.Err)) == a.Check) {
			return nil
		}
	}
	return notAsSaid("%s accuses no such provider", a.Who)
}

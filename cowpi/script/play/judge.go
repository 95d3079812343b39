package play

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
)

// judge looks, when all is over, for what no script would have to expect.
func (p *player) judge() {
	for _, name := range p.script.Conversations {
		t := p.talks[name]
		if t == nil {
			continue
		}
		if !t.known {
			if !p.net.User(t.by).Offline && p.failed[t.by] == 0 {
				p.fail(t.line, "the conversation %s has not begun", name)
			}
			continue
		}
		p.judgeViews(name, t.sid)
	}
	p.judgeTexts()
	p.judgeFaults()
}

// judgeViews wants nobody to have stopped, nobody to be behind, and all to agree,
// within one conversation.
func (p *player) judgeViews(name string, sid suite.Hash) {
	var accounts []cowpitest.Account
	var views []View
	for _, u := range p.net.Users {
		who := string(u.Self.ID)
		v := p.view(u, sid)
		if s := stops(u, sid); len(s) > 0 && !p.stops[[2]string{who, name}] {
			p.fail(0, "%s stopped in %s at index %d: %v", who, name, s[0].At, s[0].Err)
		}
		if p.corrupt[who] {
			continue
		}
		accounts, views = append(accounts, u.Account(sid)), append(views, v)
		if v.Active && !v.Offline && v.Last < p.head(sid) && !p.forked[name] && p.standing[[2]string{who, name}] != script.Behind {
			p.fail(0, "%s is behind in %s: index %d of %d", who, name, v.Last, p.head(sid))
		}
		p.judgePresence(u, name, sid)
	}
	if p.forked[name] {
		return
	}
	if err := cowpitest.Agree(accounts...); err != nil {
		p.fail(0, "in %s, views differ: %v", name, err)
		return
	}
	for i, v := range views {
		for _, o := range views[:i] {
			if v.Code != "" && o.Code != "" && v.Last == o.Last && v.Code != o.Code {
				p.fail(0, "in %s, the codes of %s and %s after index %d differ", name, o.User, v.User, v.Last)
			}
		}
	}
}

// judgePresence wants those who take part, by one view, to know it.
func (p *player) judgePresence(u *cowpitest.User, name string, sid suite.Hash) {
	roster, ok, err := u.Machine.Roster(u.Store, sid)
	if !ok || err != nil || p.forked[name] {
		return
	}
	for _, e := range roster.Entries() {
		o := p.net.User(string(e.ID))
		v := p.view(o, sid)
		behind := p.standing[[2]string{v.User, name}]
		if !v.Active && v.Stopped == nil && !v.Offline && !u.Offline && behind != script.Outsider && behind != script.Behind {
			p.fail(0, "by %s, %s takes part in %s; it does not know", u.Self.ID, v.User, name)
		}
	}
}

// judgeTexts wants every text to be shown to its author, once, or given back. What
// is shown to one is shown to all: that is judged before.
func (p *player) judgeTexts() {
	left := map[script.Say]int{} // shown or given back, and not yet asked for
	for _, name := range p.script.Conversations {
		t := p.talks[name]
		if t == nil || !t.known {
			continue
		}
		for _, u := range p.net.Users {
			for _, text := range fates(u, t.sid) {
				left[script.Say{Who: string(u.Self.ID), In: name, Text: text}]++
			}
		}
	}
	for _, s := range p.said {
		if left[s.Say]--; left[s.Say] >= 0 {
			continue
		}
		if !p.net.User(s.Who).Offline && !p.unseen[[3]string{s.Who, s.In, s.Text}] &&
			p.standing[[2]string{s.Who, s.In}] != script.Behind {
			p.fail(s.line, "%q of %s was never shown", s.Text, s.Who)
		}
	}
	var over []string
	for s, n := range left {
		if n > 0 {
			over = append(over, fmt.Sprintf("%q of %s was shown too often in %s", s.Text, s.Who, s.In))
		}
	}
	slices.Sort(over)
	for _, what := range over {
		p.fail(0, "%s", what)
	}
}

// fates lists an author's texts that were shown to it, or given back.
func fates(u *cowpitest.User, sid suite.Hash) (out []string) {
	add := func(of suite.Hash, texts []cowpi.Text) {
		for _, t := range texts {
			if of == sid {
				out = append(out, string(t.Text))
			}
		}
	}
	for _, e := range u.Events {
		switch b := e.Body.(type) {
		case cowpi.Shown:
			if b.Author == u.Self.ID {
				add(b.Sid, []cowpi.Text{b.Text})
			}
		case cowpi.Ended:
			add(b.Sid, b.Texts)
		case cowpi.Discarded:
			add(b.Sid, b.Texts)
		}
	}
	return out
}

// judgeFaults wants nobody to be accused who is honest, and nothing to have failed
// that was not expected to.
func (p *player) judgeFaults() {
	for _, u := range p.net.Users {
		who := string(u.Self.ID)
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.ProviderFault:
				name := string(b.Provider)
				if p.corrupt[name] || p.accused[[2]string{who, name}] || name == "" && p.anyCorruptProvider() {
					continue
				}
				p.fail(0, "%s accuses a provider: %v", who, b.Err)
			case cowpi.OperationFailed:
				if e.Number > p.failed[who] {
					p.fail(0, "%s could not do something: %s", who, b.Why)
				}
			case cowpi.KeyChanged:
				p.fail(0, "%s sees another key of %s", who, b.User)
			}
		}
	}
	for _, n := range p.net.Providers {
		for _, e := range n.Events {
			if f, ok := e.(provider.Fault); ok && len(p.corrupt) == 0 {
				p.fail(0, "%s: %v", n.Self.ID, f.Err)
			}
		}
	}
}

func (p *player) anyCorruptProvider() bool {
	return slices.ContainsFunc(p.net.Providers, func(n *cowpitest.Provider) bool { return p.corrupt[string(n.Self.ID)] })
}

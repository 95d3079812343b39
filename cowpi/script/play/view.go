package play

import (
	"cmp"
	"errors"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
)

// KindStopped is the kind of a line that says that its author has stopped. The
// other kinds are those of cowpitest.Line.
const KindStopped = "stopped"

// View is what one participant saw of a conversation.
type View struct {
	User    string
	Lines   []cowpitest.Line
	Active  bool   // takes part
	Offline bool   // at the end
	Code    string // the conversation code, 60 digits; empty if nothing was processed
	Last    uint64 // the last index processed, if there is a code
	Ended   *cowpi.Ended
	Stopped *Stop   // if that is why it ended
	Stops   []*Stop // all of them, also those that somebody's restart made good
}

// Stop is why a participant stopped, and where.
type Stop struct {
	At    uint64 // the index that broke the check, and was not processed
	Check fault.Check
	Blame fault.Party
	What  string
	Err   error
}

// view collects what a user saw.
func (p *player) view(u *cowpitest.User, sid suite.Hash) View {
	base := u.View(sid)
	v := View{User: string(u.Self.ID), Offline: u.Offline, Ended: base.Ended, Lines: base.Lines}
	for _, e := range u.Events {
		if s, ok := e.Body.(cowpi.PeerStopped); ok && s.Sid == sid {
			v.Lines = append(v.Lines, cowpitest.Line{Index: s.Index, Kind: KindStopped, Author: s.Participant})
		}
	}
	slices.SortStableFunc(v.Lines, func(a, b cowpitest.Line) int { return cmp.Compare(a.Index, b.Index) })
	for i := range v.Lines {
		if v.Lines[i].Kind == KindStopped && i > 0 {
			v.Lines[i].Epoch = v.Lines[i-1].Epoch
		}
	}
	v.Stops = stops(u, sid)
	if h, ok := p.net.Head(u, sid); ok {
		v.Active, v.Last, v.Ended = true, h.Next-1, nil
		if code, ok, err := u.Machine.Code(u.Store, sid); ok && err == nil {
			v.Code = code.Digits()
		}
		return v
	}
	if v.Ended != nil {
		v.Last = v.Ended.Index
		if v.Ended.Code != (identity.Code{}) {
			v.Code = v.Ended.Code.Digits()
		}
		v.Stopped = stopOf(*v.Ended)
	}
	return v
}

// stopOf says why a conversation ended by a stop, or nil.
func stopOf(e cowpi.Ended) *Stop {
	s := &Stop{At: e.Index, Err: e.Err}
	switch e.Reason {
	case cowpi.EndStopped:
		s.At++
	case cowpi.EndDeclined:
	default:
		return nil
	}
	var ev *fault.Evidence
	if errors.As(e.Err, &ev) {
		s.Check, s.Blame, s.What = ev.Check, ev.Who, ev.What
	}
	return s
}

// stops lists all stops of a user, also those that it came back from.
func stops(u *cowpitest.User, sid suite.Hash) (out []*Stop) {
	for _, e := range u.Events {
		if b, ok := e.Body.(cowpi.Ended); ok && b.Sid == sid {
			if s := stopOf(b); s != nil {
				out = append(out, s)
			}
		}
	}
	return out
}

// people lists who is meant to be in a conversation at some time, by the script.
func (p *player) people(name string) []string {
	in := map[string]bool{}
	var walk func(list []script.Statement)
	walk = func(list []script.Statement) {
		for _, st := range list {
			switch a := st.Action.(type) {
			case script.Together:
				walk(a.Body)
			case script.Converse:
				for _, who := range a.Who {
					in[who] = in[who] || a.Name == name
				}
			case script.Change:
				for _, who := range a.Add {
					in[who] = in[who] || a.In == name
				}
			}
		}
	}
	walk(p.script.Statements)
	return slices.DeleteFunc(slices.Clone(p.script.Users), func(who string) bool { return !in[who] })
}

// tell fills in the report.
func (p *player) tell() {
	for _, name := range p.script.Conversations {
		c := Conversation{Name: name}
		if t := p.talks[name]; t != nil && t.known {
			c.Begun, c.Sid = true, t.sid
		}
		for _, who := range p.people(name) {
			if v := p.view(p.net.User(who), c.Sid); c.Begun {
				c.Views = append(c.Views, v)
			}
		}
		p.report.Conversations = append(p.report.Conversations, c)
	}
	for _, who := range p.script.Users {
		all, ready := p.net.User(who).Effort, p.ready[who]
		p.report.Spent = append(p.report.Spent, Spent{who, ready, cowpitest.Effort{Steps: all.Steps - ready.Steps,
			Sent: all.Sent - ready.Sent, Received: all.Received - ready.Received, Mults: all.Mults - ready.Mults}})
	}
}

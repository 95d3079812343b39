package show

import (
	"crypto/sha256"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// saw takes one event of somebody's view.
func (t *talk) saw(s transcript.Saw) {
	p := t.person(s.Who)
	if p == nil {
		return
	}
	switch s.What {
	case transcript.Ended:
		t.ended(p, s)
		return
	case transcript.Roster:
		t.began(p, s)
	}
	p.reached(s.Index)
	switch s.What {
	case transcript.Text, transcript.Repeat, transcript.Unreadable, transcript.Roster:
		sight := &Sight{Who: s.Who, Saw: s, shown: true}
		if s.What == transcript.Text {
			sight.textHash = sha256.Sum256(s.Text)
			text, left := cut(s.Text, t.b.opt.TextBytes)
			sight.Saw.Text, sight.Cut = []byte(text), left
		}
		t.rows.sighted(s.Index, sight, t.b.opt.Lanes)
	case transcript.Ack:
		t.acked(p, s)
	case transcript.PeerStopped:
		if r := t.rows.kept[s.Index]; r != nil {
			if i := slices.IndexFunc(r.Sights, func(o *Sight) bool { return o.Who == s.Who }); i >= 0 {
				r.Sights[i].Stopped = append(r.Sights[i].Stopped, s.Party)
			} else if len(r.Sights) < maxPeople {
				r.Sights = append(r.Sights, &Sight{Who: s.Who, Stopped: []identity.ID{s.Party}})
			}
			t.rows.pin(r)
		}
	}
}

// began: the conversation begins for somebody, or goes on with another roster.
func (t *talk) began(p *person, s transcript.Saw) {
	if n := len(p.Spans); (n == 0 || !p.Spans[n-1].Open) && n < maxSpans {
		p.Spans = append(p.Spans, Span{s.Index, s.Index, true})
	}
	p.State, p.Code = Active, ""
	if p.stop != nil {
		p.stop.Over = true
	}
	clear(p.joined)
	for _, m := range s.Members[:min(len(s.Members), maxPeople)] {
		p.joined[m.ID] = m.Joined
	}
}

// reached: somebody has processed an index.
func (p *person) reached(index uint64) {
	n := len(p.Spans)
	if n == 0 {
		p.Spans, n = append(p.Spans, Span{index, index, true}), 1
		p.State = Active
	}
	if s := &p.Spans[n-1]; s.Open && index > s.To {
		s.To = index
	}
	p.Last = max(p.Last, index)
}

func (t *talk) ended(p *person, s transcript.Saw) {
	if n := len(p.Spans); n > 0 {
		p.Spans[n-1].Open = false
		p.Spans[n-1].To = max(p.Spans[n-1].To, s.Index)
	}
	p.Last, p.Code = s.Index, s.Code
	switch cowpi.EndReason(s.Reason) {
	case cowpi.EndStopped:
		p.State = Stopped
	case cowpi.EndDeclined:
		p.State = Declined
	case cowpi.EndRemoved:
		p.State = Removed
	default:
		p.State = Gone
	}
	stop := stopOf(s)
	if stop == nil {
		return
	}
	p.stop = stop
	if len(t.c.Stops) >= maxStops {
		t.stops++
		return
	}
	t.c.Stops = append(t.c.Stops, stop)
	if r := t.rows.at(stop.Index); r != nil {
		r.Stops = append(r.Stops, stop)
		t.rows.pin(r)
	}
}

// acked: Who learns that somebody has processed up to an index. One that was added
// or restarted has nothing from before by what it says after.
func (t *talk) acked(p *person, s transcript.Saw) {
	from, known := p.upTo[s.Party]
	if known {
		from++
	}
	if len(p.upTo) < maxPeople || known {
		p.upTo[s.Party] = max(p.upTo[s.Party], s.UpTo)
	}
	has := func(r *Row) {
		if r == nil || r.Index > s.UpTo {
			return
		}
		for _, o := range r.Sights {
			if o.Who == s.Who && o.shown && o.Saw.Epoch >= p.joined[s.Party] && o.Saw.Party != s.Party && !slices.Contains(o.HasIt, s.Party) {
				o.HasIt = append(o.HasIt, s.Party)
			}
		}
	}
	if s.UpTo-from > uint64(len(t.rows.kept)) { // also if it goes backwards
		for _, r := range t.rows.kept {
			has(r)
		}
		return
	}
	for i := from; i <= s.UpTo; i++ {
		has(t.rows.kept[i])
	}
}

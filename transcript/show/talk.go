package show

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Bounds per conversation.
const (
	maxPending = 1 << 10 // uploads whose index is not known yet
	maxPeople  = 1 << 11
	maxSpans   = 1 << 8
	maxNotes   = 8 // in a row
	maxStops   = 1 << 8
)

// talk is a conversation while it is read.
type talk struct {
	b       *builder
	c       *Conversation
	rows    *rows
	pending *recent[[32]byte, []*Upload] // by their data, until an index is known
	byID    *recent[suite.Hash, *Upload]
	people  map[identity.ID]*person
	crowd   uint64 // events of people beyond maxPeople
	stops   uint64 // that are not listed
}

// person is a participant while its view is read.
type person struct {
	*Participant
	upTo   map[identity.ID]uint64 // how far others are, as it knows
	joined map[identity.ID]uint32
	stop   *Stop // the last one
}

func newTalk(b *builder, c *Conversation) *talk {
	t := &talk{b: b, c: c, pending: newRecent[[32]byte, []*Upload](maxPending), byID: newRecent[suite.Hash, *Upload](maxPending),
		people: map[identity.ID]*person{}}
	t.rows = newRows(b.opt.Rows, t.silent)
	return t
}

// person finds or begins a lane; nil: there are too many people.
func (t *talk) person(id identity.ID) *person {
	p := t.people[id]
	if p == nil && len(t.people) < maxPeople {
		p = &person{Participant: &Participant{ID: id}, upTo: map[identity.ID]uint64{}, joined: map[identity.ID]uint32{}}
		t.people[id] = p
		t.c.Participants = append(t.c.Participants, p.Participant)
	}
	if p == nil {
		t.crowd++
	}
	return p
}

// provider makes sure that a provider has a lane. A corrupt copy comes after what
// it is a copy of.
func (t *talk) provider(id identity.ID) {
	if slices.Contains(t.c.Providers, id) || len(t.c.Providers) >= 64 {
		return
	}
	at := len(t.c.Providers)
	if n := len(id); n > 0 && id[n-1] == '*' {
		if i := slices.Index(t.c.Providers, id[:n-1]); i >= 0 {
			at = i + 1
		}
	}
	t.c.Providers = slices.Insert(t.c.Providers, at, id)
}

func (t *talk) uploaded(u *Upload, data []byte, id suite.Hash) []*bool {
	t.provider(u.To)
	key := sha256.Sum256(data)
	list, _ := t.pending.get(key)
	for _, o := range list {
		if o.From == u.From && o.To == u.To {
			return []*bool{&o.Arrived} // the same again
		}
	}
	if len(list) < 16 {
		t.pending.put(key, append(list, u))
	}
	t.byID.put(id, u)
	return []*bool{&u.Arrived}
}

// refused: a provider tells a user that its upload was not taken.
func (t *talk) refused(from, to identity.ID, m exchange.Refused) {
	if u, ok := t.byID.get(m.Upload); ok && u.From == to && u.Refused == "" {
		u.Refused = m.Reason.String()
		by := m.From
		if by == "" {
			by = from
		}
		t.note(m.Index, Note{to, fmt.Sprintf("is told that %s refuses an upload: %s", name(by), m.Reason)})
	}
}

func (t *talk) delivered(from, to identity.ID, m exchange.Delivery, e Entry) []*bool {
	t.provider(from)
	if t.person(to) == nil {
		return nil
	}
	v := &Variant{Entry: e, data: sha256.Sum256(m.Data), before: m.Before}
	own := sha256.Sum256(exchange.Encode(exchange.Delivery{Block: m.Block, Assigned: m.Assigned}))
	return t.rows.delivered(m.Index, v, &Delivery{From: from, To: to, own: own}, t.b.opt.Lanes)
}

func (t *talk) proposed(from, to identity.ID, index uint64, data []byte, e Entry) []*bool {
	t.provider(to)
	r := t.rows.at(index)
	if r == nil {
		return nil
	}
	key := sha256.Sum256(data)
	for _, p := range r.Proposals {
		if p.To == to && p.Variant.data == key {
			return []*bool{&p.Arrived}
		}
	}
	if len(r.Proposals) >= 64 {
		return nil
	}
	p := &Proposal{From: from, To: to, Variant: &Variant{Entry: e, data: key}}
	r.Proposals = append(r.Proposals, p)
	return []*bool{&p.Arrived}
}

// committed: of what was proposed to a mirror, the last for each index counts.
func (t *talk) committed(to identity.ID, m committed) {
	for i := range uint64(m.count) {
		r := t.rows.kept[m.first+i]
		if r == nil {
			continue
		}
		for _, p := range slices.Backward(r.Proposals) {
			if p.To == to {
				p.Committed = true
				break
			}
		}
	}
}

func (t *talk) judged(from identity.ID, m judged) {
	if r := t.rows.kept[m.first+uint64(m.accepted)]; r != nil {
		for _, p := range slices.Backward(r.Proposals) {
			if p.To == from {
				p.Refused = true
				break
			}
		}
	}
}

// happens notes what befalls a node at the last index there is.
func (t *talk) happens(node identity.ID, what string) {
	if t.rows.any {
		t.note(t.rows.top, Note{node, what})
	}
}

func (t *talk) note(index uint64, n Note) {
	r := t.rows.kept[index]
	if r == nil {
		r = t.rows.kept[t.rows.top]
	}
	if r != nil && len(r.Notes) < maxNotes {
		r.Notes = append(r.Notes, n)
	}
}

// silent lists who took part before and after an index.
func (t *talk) silent(r *Row) (out []identity.ID) {
	for _, p := range t.c.Participants {
		inside := slices.ContainsFunc(p.Spans, func(s Span) bool { return s.From < r.Index && r.Index < s.To })
		if inside && !slices.ContainsFunc(r.Sights, func(s *Sight) bool { return s.Who == p.ID && s.shown }) {
			out = append(out, p.ID)
		}
	}
	return out
}

// stopOf says where an end was a stop, as the demo counts.
func stopOf(s transcript.Saw) *Stop {
	stop := &Stop{Who: s.Who, Index: s.Index, Check: s.Check, Why: s.Error}
	switch cowpi.EndReason(s.Reason) {
	case cowpi.EndStopped:
		stop.Index++
	case cowpi.EndDeclined:
	default:
		return nil
	}
	return stop
}

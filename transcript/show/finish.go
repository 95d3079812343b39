package show

import (
	"cmp"
	"fmt"
	"slices"

	"cowpi.example/cowpi/identity"
)

// finish makes the model of what was read.
func (b *builder) finish() {
	for _, t := range b.order {
		t.finish()
		b.m.Conversations = append(b.m.Conversations, t.c)
	}
	left := func(n uint64, format, one, many string) {
		if n > 0 {
			b.m.Left = append(b.m.Left, fmt.Sprintf(format, count(n, one, many)))
		}
	}
	left(b.strangers, "%s of further conversations left out.", "event or message", "events and messages")
	left(b.lostConns, "%s not followed: too many were open.", "connection was", "connections were")
	left(b.faults, "%s of providers not listed.", "more accusation", "more accusations")
	left(b.unopened, "%s not opened in the transcript, and cannot be drawn.", "message was", "messages were")
	if b.suite == nil && b.m.Records > 0 {
		b.m.Left = append(b.m.Left, "The transcript is of a suite that is not known here: only views are drawn, not what was in messages.")
	}
}

func (t *talk) finish() {
	c := t.c
	c.Rows = t.rows.list()
	var drawn []*Row
	for _, r := range c.Rows {
		t.row(r)
		if d := differs(r, t.silent(r)); d != nil {
			r.Differs = true
			c.Differences = append(c.Differences, d)
			if c.First == nil {
				c.First = d
			}
		}
		if len(r.Variants)+len(r.Sights)+len(r.Stops)+len(r.Proposals) > 0 {
			drawn = append(drawn, r)
		} else if r.Skipped++; len(drawn) < len(c.Rows) {
			t.carry(r)
		}
	}
	c.Rows = drawn
	t.elsewhere()
	t.epochs()
	t.lanes()
	c.Left = append(c.Left, t.rows.left()...)
	if t.crowd > 0 {
		c.Left = append(c.Left, count(t.crowd, "event", "events")+" of further participants left out.")
	}
	if t.stops > 0 {
		c.Left = append(c.Left, count(t.stops, "further stop", "further stops")+" not listed.")
	}
	var skipped, more uint64
	for _, r := range c.Rows {
		skipped += r.Skipped
		more += uint64(r.More)
	}
	if skipped > 0 {
		c.Left = append(c.Left, fmt.Sprintf("%s not drawn, to keep this readable: %s, the first, the last, and those where something happened are.",
			count(skipped, "index is", "indices are"), count(uint64(len(c.Rows)), "index", "indices")))
	}
	if more > 0 {
		c.Left = append(c.Left, count(more, "delivery is", "deliveries are")+" counted but not listed.")
	}
}

// carry adds an empty row, which is not drawn, to those before the next one.
func (t *talk) carry(r *Row) {
	if i := slices.Index(t.c.Rows, r); i+1 < len(t.c.Rows) {
		t.c.Rows[i+1].Skipped += r.Skipped
	}
}

// row gives letters to variants, and finds what was uploaded and proposed of each.
func (t *talk) row(r *Row) {
	slices.SortStableFunc(r.Variants, func(a, b *Variant) int { return cmp.Compare(b.Count, a.Count) })
	n := 0
	for i, v := range r.Variants {
		if v.Count > 0 {
			v.Letter = letter(n)
			n++
		}
		v.Uploads, _ = t.pending.get(v.data)
		v.Bare = slices.ContainsFunc(r.Variants[:i], func(o *Variant) bool { return o.data == v.data })
	}
	for _, p := range r.Proposals {
		if i := slices.IndexFunc(r.Variants, func(v *Variant) bool { return v.data == p.Variant.data }); i >= 0 {
			p.Variant = r.Variants[i]
		} else if p.Variant.Uploads == nil {
			p.Variant.Uploads, _ = t.pending.get(p.Variant.data)
		}
	}
	for _, s := range r.Sights {
		slices.Sort(s.HasIt)
	}
	slices.SortStableFunc(r.Stops, func(a, b *Stop) int { return cmp.Compare(a.Who, b.Who) })
	slices.SortStableFunc(r.Deliveries, func(a, b *Delivery) int {
		return cmp.Compare(slices.Index(t.c.Providers, a.From), slices.Index(t.c.Providers, b.From))
	})
	if len(r.Variants) > 0 && r.Variants[0].Entry.Type != "" {
		r.Epoch, r.roster = r.Variants[0].Entry.band(), r.Variants[0].Entry.roster
		return
	}
	for _, s := range r.Sights {
		if s.shown {
			r.Epoch = s.Saw.Epoch
			for _, m := range s.Saw.Members {
				r.roster = append(r.roster, m.ID)
			}
			return
		}
	}
	if len(r.Proposals) > 0 {
		r.Epoch, r.roster = r.Proposals[0].Variant.Entry.band(), r.Proposals[0].Variant.Entry.roster
	}
}

// elsewhere finds what was delivered as another index than the one where it was shown.
func (t *talk) elsewhere() {
	type place struct {
		row  *Row
		text []byte
	}
	shown := map[[32]byte]place{}
	for _, r := range t.c.Rows {
		for _, v := range delivered(r) {
			if text, ok := r.text(v); ok {
				shown[v.data] = place{r, text}
			}
		}
	}
	for _, r := range t.c.Rows {
		for _, v := range delivered(r) {
			if p, ok := shown[v.data]; ok && p.row != r {
				v.Elsewhere, v.text = &p.row.Index, p.text
			}
		}
	}
}

// letter numbers variants: A to Z, and then with a number.
func letter(n int) string {
	s := string(rune('A' + n%26))
	if n >= 26 {
		s += fmt.Sprint(n/26 + 1)
	}
	return s
}

// epochs finds where the epochs begin. A row that only tells of a stop says nothing
// of its epoch and belongs to the one before.
func (t *talk) epochs() {
	for i, r := range t.c.Rows {
		n := len(t.c.Epochs)
		if len(r.Variants)+len(r.Sights)+len(r.Proposals) == 0 && n > 0 {
			r.Epoch = t.c.Epochs[n-1].Number
		}
		if n == 0 || t.c.Epochs[n-1].Number != r.Epoch {
			t.c.Epochs = append(t.c.Epochs, Epoch{Number: r.Epoch, Row: i})
			n++
		}
		if e := &t.c.Epochs[n-1]; e.Members == nil {
			e.Members = r.roster
		}
	}
}

// lanes chooses who is drawn: all, or first those with whom something happened, and
// then those who came first. They stand in the order of the first roster.
func (t *talk) lanes() {
	c := t.c
	slices.SortStableFunc(c.Participants, func(a, b *Participant) int {
		return cmp.Or(cmp.Compare(start(a), start(b)), cmp.Compare(a.ID, b.ID))
	})
	most := t.b.opt.Lanes
	if len(c.Participants) <= most {
		return
	}
	special := map[identity.ID]bool{}
	for _, s := range c.Stops {
		special[s.Who] = true
	}
	if c.First != nil {
		for _, d := range c.First.row.Deliveries {
			special[d.To] = special[d.To] || d.Prime || d.Variant.Letter != "A"
		}
		for i, g := range c.First.Sights {
			for _, s := range g {
				special[s.Who] = special[s.Who] || i > 0
			}
		}
	}
	chosen := map[identity.ID]bool{}
	for _, want := range []bool{true, false} {
		for _, p := range c.Participants {
			room := most
			if want {
				room-- // for somebody with whom to compare
			}
			if special[p.ID] == want && len(chosen) < room {
				chosen[p.ID] = true
			}
		}
	}
	c.Left = append(c.Left, count(uint64(len(c.Participants)-len(chosen)), "participant has", "participants have")+" no lane; what concerns them is counted and compared all the same.")
	c.Participants = slices.DeleteFunc(c.Participants, func(p *Participant) bool { return !chosen[p.ID] })
}

func start(p *Participant) uint64 {
	if len(p.Spans) == 0 {
		return ^uint64(0)
	}
	return p.Spans[0].From
}

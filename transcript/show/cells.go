package show

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// receipts draws several indices that are nothing but receipts as one item.
func (c *Conversation) receipts(id string, rows []*Row) itemView {
	v := itemView{Label: fmt.Sprint(rows[0].Index)}
	if n := len(rows); n > 1 {
		v.Label += "–" + fmt.Sprint(rows[n-1].Index)
	}
	var who []identity.ID
	for _, r := range rows {
		x := r.Variants[0]
		if !slices.Contains(who, x.Entry.Author) {
			who = append(who, x.Entry.Author)
		}
		words := fmt.Sprintf("%d: %s; delivered by %s.", r.Index, x.Entry.what(), c.from(r, x))
		v.Receipts = append(v.Receipts, receiptView{fmt.Sprintf("%s-i%d", id, r.Index), words, c.strip(r)})
	}
	v.Who = count(uint64(len(rows)), "receipt", "receipts") + ": " + names(who)
	return v
}

// rowView draws one index.
func (c *Conversation) rowView(id string, r *Row) *rowView {
	v := &rowView{ID: fmt.Sprintf("%s-i%d", id, r.Index), Index: r.Index, Differs: r.Differs, Partial: r.Partial,
		First: c.First != nil && c.First.Index == r.Index, Strip: c.strip(r), Stopped: len(r.Stops) > 0, Kind: r.kind()}
	v.Change = v.Kind == "SETUP" || v.Kind == "UPDATE"
	if r.Differs {
		v.Variants = c.variants(r)
	}
	v.Words = c.unseen(r)
	for _, n := range r.Notes {
		v.Notes = append(v.Notes, name(n.Who)+" "+n.What+".")
	}
	for _, p := range c.Participants {
		v.Cells = append(v.Cells, c.personCell(r, p))
	}
	for _, id := range c.Providers {
		v.Cells = append(v.Cells, c.providerCell(r, id))
	}
	return v
}

// kind is a word for what an index is.
func (r *Row) kind() string {
	if vs := delivered(r); len(vs) > 0 {
		if vs[0].Entry.Type == "" {
			return "no data block"
		}
		return vs[0].Entry.Type
	}
	if r.planned() {
		return "proposed only"
	}
	return ""
}

// personCell says what one participant was shown at an index, and what it got.
func (c *Conversation) personCell(r *Row, p *Participant) cellView {
	v := cellView{Lane: name(p.ID)}
	in, before := p.in(r.Index)
	switch {
	case !in && before:
		v.Class, v.State = "out", "no longer takes part"
	case !in:
		v.Class, v.State = "out", "does not take part yet"
	}
	for _, s := range r.Sights {
		if s.Who != p.ID {
			continue
		}
		v.Bubbles = append(v.Bubbles, bubbles(s)...)
		if len(s.HasIt) > 0 {
			v.HasIt = names(s.HasIt)
		}
	}
	got := r.got(p.ID)
	for _, d := range got {
		class := variantClass(d.Variant.Letter)
		if d.Prime {
			class = "v1"
		}
		v.Got = append(v.Got, gotView{d.Variant.Letter, class, variantShape(d.Variant.Letter), d.mark() + " from " + name(d.From)})
	}
	if !r.Differs {
		v.Plain, v.Got = plainly(got), nil
	}
	for _, s := range r.Stops {
		if s.Who == p.ID {
			v.Class, v.State = "halt", ""
			v.Stops = append(v.Stops, s.verdict())
		}
	}
	return v
}

// plainly says from whom something came that was the same from all.
func plainly(got []*Delivery) string {
	var from, lost []identity.ID
	for _, d := range got {
		if d.Arrived {
			from = append(from, d.From)
		} else {
			lost = append(lost, d.From)
		}
	}
	var out []string
	if len(from) > 0 {
		out = append(out, "from "+names(from))
	}
	if len(lost) > 0 {
		out = append(out, "sent by "+names(lost)+", did not arrive")
	}
	return strings.Join(out, "; ")
}

func bubbles(s *Sight) (out []bubbleView) {
	by := name(s.Saw.Party)
	if s.shown {
		switch s.Saw.What {
		case transcript.Text:
			text := safeLines(string(s.Saw.Text))
			if s.Cut > 0 {
				text += " … (" + count(uint64(s.Cut), "more byte", "more bytes") + ")"
			}
			out = append(out, bubbleView{"text", by, text})
		case transcript.Repeat:
			out = append(out, bubbleView{"odd", by, "a text again that was shown before"})
		case transcript.Unreadable:
			out = append(out, bubbleView{"odd", by, "a text that opens for nobody"})
		case transcript.Roster:
			for _, l := range changes(s.Saw) {
				out = append(out, bubbleView{"roster", "", l})
			}
		}
	}
	for _, id := range s.Stopped {
		out = append(out, bubbleView{"warn", "", name(id) + " says that it stopped"})
	}
	return out
}

// saying is in one line what a sight was.
func saying(s *Sight) string {
	var out []string
	for _, b := range bubbles(s) {
		if b.Author != "" {
			b.Text = b.Author + ": " + b.Text
		}
		out = append(out, strings.ReplaceAll(b.Text, "\n", " "))
	}
	return strings.Join(out, "; ")
}

func whoSaw(group []*Sight) (out []identity.ID) {
	for _, s := range group {
		out = append(out, s.Who)
	}
	slices.Sort(out)
	return out
}

// providerCell says what a provider got and did for an index.
func (c *Conversation) providerCell(r *Row, id identity.ID) cellView {
	v := cellView{Lane: name(id), Class: "far"}
	say := func(format string, args ...any) { v.Said = append(v.Said, fmt.Sprintf(format, args...)) }
	mark := func(x *Variant) string {
		if !r.Differs || x.Letter == "" {
			return ""
		}
		return x.Letter + " "
	}
	seen := slices.Clone(r.Variants)
	for _, p := range r.Proposals {
		if !slices.Contains(seen, p.Variant) {
			seen = append(seen, p.Variant)
		}
	}
	for _, x := range seen {
		for _, u := range x.Uploads {
			if u.To == id && !x.borrowed() {
				fate := ""
				if !u.Arrived {
					fate = ", did not arrive"
				}
				say("%sfrom %s%s", mark(x), name(u.From), fate)
			}
		}
		var to []identity.ID
		for _, p := range r.Proposals {
			if p.Variant == x && p.From == id {
				to = append(to, p.To)
			}
			if p.Variant == x && p.To == id {
				fate := "proposed"
				switch {
				case p.Refused && !p.Committed:
					fate = "refused"
				case p.Committed:
					fate = "accepted"
				case !p.Arrived:
					fate = "proposed, did not arrive"
				}
				say("%s%s", mark(x), fate)
			}
		}
		if len(to) > 0 {
			say("%sproposed to %s", mark(x), names(to))
		}
		to = nil
		for _, d := range r.Deliveries {
			if d.From == id && d.Variant == x && !slices.Contains(to, d.To) {
				to = append(to, d.To)
			}
		}
		slices.Sort(to)
		if len(to) > 0 {
			say("%sto %s", mark(x), names(to))
		}
	}
	return v
}

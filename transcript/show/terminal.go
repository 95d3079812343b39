package show

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// Terminal writes the model for a terminal; of the options, Width and Colour count.
func (m *Model) Terminal(w io.Writer, opt Options) error {
	opt = opt.filled()
	out := bufio.NewWriter(w)
	p := &page{out: out, width: opt.Width, colour: opt.Colour}
	for _, c := range m.Conversations {
		p.conversation(c)
	}
	if len(m.Conversations) == 0 {
		p.line("There is no conversation in this transcript.", plain)
	}
	for _, f := range m.Faults {
		p.line("! "+f.words(), red)
	}
	for _, l := range m.Left {
		p.line("Note: "+l, dim)
	}
	return out.Flush()
}

// conversation writes one: what matters most, the views side by side, and what is
// not in them.
func (p *page) conversation(c *Conversation) {
	p.line(c.Name(), bold)
	head, more := c.headline()
	style := plain
	if c.First != nil {
		head, style = "!! "+head, red
	}
	p.line(head, style)
	for _, l := range more {
		p.line("   "+l, plain)
	}
	for _, s := range c.Stops {
		word := "stopped"
		if s.Over {
			word = "stopped (somebody restarted it later)"
		}
		p.line(fmt.Sprintf("!! %s %s before index %d: %s", name(s.Who), word, s.Index, s.verdict()), red)
	}
	fmt.Fprintln(p.out)

	var heads []string
	for _, l := range c.Participants {
		heads = append(heads, name(l.ID))
	}
	var rows []row
	receipts, plans, skipped, epoch := 0, 0, uint64(0), 0
	between := func() {
		if plans > 0 {
			rows = append(rows, row{wide: []part{{"… " + count(uint64(plans), "index was", "indices were") + " proposed, and not delivered", dim}}})
		}
		if receipts > 0 {
			rows = append(rows, row{wide: []part{{"… " + count(uint64(receipts), "receipt", "receipts"), dim}}})
		}
		if skipped > 0 {
			rows = append(rows, row{wide: []part{{"… " + count(skipped, "index is", "indices are") + " not drawn", dim}}})
		}
		receipts, plans, skipped = 0, 0, 0
	}
	for i, r := range c.Rows {
		if epoch < len(c.Epochs) && c.Epochs[epoch].Row == i {
			between()
			e := c.Epochs[epoch]
			rows = append(rows, row{wide: []part{{fmt.Sprintf("-- epoch %d: %s", e.Number, names(e.Members)), bold}}})
			epoch++
		}
		skipped += r.Skipped
		switch {
		case r.quiet():
			receipts++
			continue
		case r.planned():
			plans++
			continue
		}
		between()
		rows = append(rows, c.terminalRows(r)...)
	}
	between()
	now, code := row{label: "now"}, row{label: "code"}
	codes := false
	for _, l := range c.Participants {
		state := part{l.State.String(), plain}
		if l.State == Stopped {
			state = part{fmt.Sprintf("STOPPED after %d", l.Last), red}
		}
		now.cells = append(now.cells, []part{state})
		var said []part
		if l.Code != "" {
			codes, said = true, []part{{groupsOf5(Safe(l.Code)), plain}}
		}
		code.cells = append(code.cells, said)
	}
	below := []row{now}
	if codes {
		below = append(below, code)
	}
	if len(heads) > 0 {
		p.table(heads, rows, below)
	}
	for _, l := range c.Left {
		p.line("Note: "+l, dim)
	}
	fmt.Fprintln(p.out)
}

// quiet says that a row is nothing but somebody's receipt.
func (r *Row) quiet() bool {
	if r.Differs || len(r.Stops) > 0 || len(r.Notes) > 0 {
		return false
	}
	for _, s := range r.Sights {
		if s.shown || len(s.Stopped) > 0 {
			return false
		}
	}
	return len(r.Variants) == 1 && r.Variants[0].Entry.Type == "RCPT" && !r.Variants[0].Entry.Stopped
}

// planned says that a row is nothing but proposals.
func (r *Row) planned() bool {
	return len(r.Variants)+len(r.Sights)+len(r.Stops)+len(r.Notes) == 0
}

// terminalRows draws one index: the differences over the whole width, then what
// everybody saw.
func (c *Conversation) terminalRows(r *Row) []row {
	main := row{label: fmt.Sprint(r.Index), cells: make([][]part, len(c.Participants))}
	for i, l := range c.Participants {
		main.cells[i] = c.seen(r, l.ID)
	}
	var over row
	if r.Differs {
		word := "differs"
		if c.First != nil && c.First.Index == r.Index {
			word = "HERE THEY PART"
		}
		over.wide = append(over.wide, part{fmt.Sprintf(">>> %d: %s", r.Index, word), red})
		if r.Partial {
			over.wide = append(over.wide, part{"(what others got here was the same for all, and is not drawn)", dim})
		}
		for _, v := range delivered(r) {
			over.wide = append(over.wide, part{fmt.Sprintf("    %s = %s; from %s", v.Letter, r.what(v), c.from(r, v)), red})
		}
	}
	if words := c.unseen(r); words != "" {
		over.wide = append(over.wide, part{fmt.Sprintf("    %d: %s", r.Index, words), plain})
	}
	for _, n := range r.Notes {
		over.wide = append(over.wide, part{name(n.Who) + " " + n.What, dim})
	}
	switch {
	case over.wide == nil:
		return []row{main}
	case main.empty():
		return []row{over}
	}
	return []row{over, main}
}

// seen is what one participant saw at an index, and what it got if that differs.
func (c *Conversation) seen(r *Row, who identity.ID) (out []part) {
	for _, s := range r.Sights {
		if s.Who == who {
			out = append(out, s.parts()...)
		}
	}
	if r.Differs {
		for _, g := range r.got(who) {
			style := dim
			if g.Variant.Letter != "A" || g.Prime {
				style = red
			}
			out = append(out, part{"got " + g.mark() + " from " + name(g.From), style})
		}
	}
	for _, s := range r.Stops {
		if s.Who == who {
			out = append(out, part{"STOPPED: " + s.verdict(), red})
		}
	}
	return out
}

// got lists what a participant was delivered at an index.
func (r *Row) got(who identity.ID) (out []*Delivery) {
	for _, d := range r.Deliveries {
		if d.To == who {
			out = append(out, d)
		}
	}
	return out
}

// mark is the letter of what was delivered, and how it fared.
func (d *Delivery) mark() string {
	s := d.Variant.Letter
	if d.Prime {
		s += "′"
	}
	if !d.Arrived {
		s += " (did not arrive)"
	}
	return s
}

func (s *Sight) parts() (out []part) {
	by := name(s.Saw.Party)
	if s.shown {
		switch s.Saw.What {
		case transcript.Text:
			text := by + ": " + Safe(string(s.Saw.Text))
			if s.Cut > 0 {
				text += fmt.Sprintf(" … (%s more)", count(uint64(s.Cut), "byte", "bytes"))
			}
			out = append(out, part{text, plain})
		case transcript.Repeat:
			out = append(out, part{by + ": (a text again that was shown before)", dim})
		case transcript.Unreadable:
			out = append(out, part{by + ": (a text that opens for nobody)", dim})
		case transcript.Roster:
			for _, l := range changes(s.Saw) {
				out = append(out, part{l, bold})
			}
		}
	}
	for _, id := range s.Stopped {
		out = append(out, part{"! " + name(id) + " says that it stopped", red})
	}
	if len(s.HasIt) > 0 {
		out = append(out, part{"✓ " + strings.Join(each(s.HasIt), ", "), dim})
	}
	return out
}

func each(ids []identity.ID) (out []string) {
	for _, id := range ids {
		out = append(out, name(id))
	}
	return out
}

// groupsOf5 puts a space after every five characters.
func groupsOf5(code string) string {
	var out []string
	for chunk := range slices.Chunk([]rune(code), 5) {
		out = append(out, string(chunk))
	}
	return strings.Join(out, " ")
}

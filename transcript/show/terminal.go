package show

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/sheet"
	"cowpi.example/transcript"
)

// Terminal writes the model for a terminal; of the options, Width and Colour count.
func (m *Model) Terminal(w io.Writer, opt Options) error {
	opt = opt.filled()
	out := bufio.NewWriter(w)
	p := &sheet.Page{Out: out, Width: opt.Width, Colour: opt.Colour}
	for _, c := range m.Conversations {
		c.terminal(p)
	}
	if len(m.Conversations) == 0 {
		p.Line("There is no conversation in this transcript.", sheet.Plain)
	}
	for _, f := range m.Faults {
		p.Line("! "+f.words(), sheet.Red)
	}
	for _, l := range m.Left {
		p.Line("Note: "+l, sheet.Dim)
	}
	return out.Flush()
}

// terminal writes a conversation: what matters most, the views side by side, and
// what is not in them.
func (c *Conversation) terminal(p *sheet.Page) {
	p.Line(c.Name(), sheet.Bold)
	head, more := c.headline()
	style := sheet.Plain
	if c.First != nil {
		head, style = "!! "+head, sheet.Red
	}
	p.Line(head, style)
	for _, l := range more {
		p.Line("   "+l, sheet.Plain)
	}
	for _, s := range c.Stops {
		word := "stopped"
		if s.Over {
			word = "stopped (somebody restarted it later)"
		}
		p.Line(fmt.Sprintf("!! %s %s before index %d: %s", name(s.Who), word, s.Index, s.verdict()), sheet.Red)
	}
	p.Line("", sheet.Plain)

	var heads []string
	for _, l := range c.Participants {
		heads = append(heads, name(l.ID))
	}
	var rows []sheet.Row
	receipts, plans, skipped, epoch := 0, 0, uint64(0), 0
	across := func(p sheet.Part) { rows = append(rows, sheet.Row{Wide: []sheet.Part{p}}) }
	between := func() {
		if plans > 0 {
			across(sheet.Dim.Text("… " + count(uint64(plans), "index was", "indices were") + " proposed, and not delivered"))
		}
		if receipts > 0 {
			across(sheet.Dim.Text("… " + count(uint64(receipts), "receipt", "receipts")))
		}
		if skipped > 0 {
			across(sheet.Dim.Text("… " + count(skipped, "index is", "indices are") + " not drawn"))
		}
		receipts, plans, skipped = 0, 0, 0
	}
	for i, r := range c.Rows {
		if epoch < len(c.Epochs) && c.Epochs[epoch].Row == i {
			between()
			e := c.Epochs[epoch]
			across(sheet.Bold.Text(fmt.Sprintf("-- epoch %d: %s", e.Number, names(e.Members))))
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
	now, code := sheet.Row{Label: "now"}, sheet.Row{Label: "code"}
	codes := false
	for _, l := range c.Participants {
		state := sheet.Plain.Text(l.State.String())
		if l.State == Stopped {
			state = sheet.Red.Text(fmt.Sprintf("STOPPED after %d", l.Last))
		}
		now.Cells = append(now.Cells, []sheet.Part{state})
		var said []sheet.Part
		if l.Code != "" {
			codes, said = true, []sheet.Part{sheet.Plain.Text(sheet.Fives(Safe(l.Code)))}
		}
		code.Cells = append(code.Cells, said)
	}
	below := []sheet.Row{now}
	if codes {
		below = append(below, code)
	}
	if len(heads) > 0 {
		p.Table(heads, rows, below)
	}
	for _, l := range c.Left {
		p.Line("Note: "+l, sheet.Dim)
	}
	p.Line("", sheet.Plain)
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
func (c *Conversation) terminalRows(r *Row) []sheet.Row {
	main := sheet.Row{Label: fmt.Sprint(r.Index), Cells: make([][]sheet.Part, len(c.Participants))}
	for i, l := range c.Participants {
		main.Cells[i] = c.seen(r, l.ID)
	}
	var over sheet.Row
	if r.Differs {
		word := "differs"
		if c.First != nil && c.First.Index == r.Index {
			word = "HERE THEY PART"
		}
		over.Wide = append(over.Wide, sheet.Red.Text(fmt.Sprintf(">>> %d: %s", r.Index, word)))
		if r.Partial {
			over.Wide = append(over.Wide, sheet.Dim.Text("(what others got here was the same for all, and is not drawn)"))
		}
		for _, v := range delivered(r) {
			over.Wide = append(over.Wide, sheet.Red.Text(fmt.Sprintf("    %s = %s; from %s", v.Letter, r.what(v), c.from(r, v))))
		}
	}
	if words := c.unseen(r); words != "" {
		over.Wide = append(over.Wide, sheet.Plain.Text(fmt.Sprintf("    %d: %s", r.Index, words)))
	}
	for _, n := range r.Notes {
		over.Wide = append(over.Wide, sheet.Dim.Text(name(n.Who)+" "+n.What))
	}
	switch {
	case over.Wide == nil:
		return []sheet.Row{main}
	case main.Empty():
		return []sheet.Row{over}
	}
	return []sheet.Row{over, main}
}

// seen is what one participant saw at an index, and what it got if that differs.
func (c *Conversation) seen(r *Row, who identity.ID) (out []sheet.Part) {
	for _, s := range r.Sights {
		if s.Who == who {
			out = append(out, s.parts()...)
		}
	}
	if r.Differs {
		for _, g := range r.got(who) {
			style := sheet.Dim
			if g.Variant.Letter != "A" || g.Prime {
				style = sheet.Red
			}
			out = append(out, style.Text("got "+g.mark()+" from "+name(g.From)))
		}
	}
	for _, s := range r.Stops {
		if s.Who == who {
			out = append(out, sheet.Red.Text("STOPPED: "+s.verdict()))
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

func (s *Sight) parts() (out []sheet.Part) {
	by := name(s.Saw.Party)
	if s.shown {
		switch s.Saw.What {
		case transcript.Text:
			text := by + ": " + Safe(string(s.Saw.Text))
			if s.Cut > 0 {
				text += fmt.Sprintf(" … (%s more)", count(uint64(s.Cut), "byte", "bytes"))
			}
			out = append(out, sheet.Plain.Text(text))
		case transcript.Repeat:
			out = append(out, sheet.Dim.Text(by+": (a text again that was shown before)"))
		case transcript.Unreadable:
			out = append(out, sheet.Dim.Text(by+": (a text that opens for nobody)"))
		case transcript.Roster:
			for _, l := range changes(s.Saw) {
				out = append(out, sheet.Bold.Text(l))
			}
		}
	}
	for _, id := range s.Stopped {
		out = append(out, sheet.Red.Text("! "+name(id)+" says that it stopped"))
	}
	if len(s.HasIt) > 0 {
		out = append(out, sheet.Dim.Text("✓ "+strings.Join(each(s.HasIt), ", ")))
	}
	return out
}

func each(ids []identity.ID) (out []string) {
	for _, id := range ids {
		out = append(out, name(id))
	}
	return out
}

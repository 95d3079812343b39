package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script/play"
)

// style is how a line of a cell looks on a terminal with colours.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "1;31"
)

// part is a paragraph of a cell.
type part struct {
	text  string // not escaped yet
	style style
}

// row is one row of a table: a label and a cell for each participant.
type row struct {
	label string
	cells [][]part
}

// page writes reports for people.
type page struct {
	out    io.Writer
	width  int
	colour bool
}

const (
	labelWidth = 5
	gutter     = " | "
	minCell    = 16
	maxCell    = 44
)

func (p *page) report(r play.Report) {
	for _, c := range r.Conversations {
		p.conversation(c)
	}
	p.spent(r.Spent)
	p.happened(r)
}

// conversation writes the views of one conversation side by side.
func (p *page) conversation(c play.Conversation) {
	p.line("Conversation "+c.Name, bold)
	fmt.Fprintln(p.out)
	if !c.Begun {
		fmt.Fprint(p.out, "  It has not begun.\n\n")
		return
	}
	var heads []string
	cells := map[uint64][][]part{}
	cell := func(index uint64, i int, parts ...part) {
		if cells[index] == nil {
			cells[index] = make([][]part, len(c.Views))
		}
		cells[index][i] = append(cells[index][i], parts...)
	}
	ends := []row{{label: "now"}, {label: "code"}}
	for i, v := range c.Views {
		heads = append(heads, v.User)
		for _, l := range v.Lines {
			cell(l.Index, i, shown(l)...)
		}
		for _, s := range v.Stops {
			cell(s.At, i, part{"STOPPED: " + verdict(s), red})
		}
		ends[0].cells = append(ends[0].cells, []part{standing(v)})
		var code []part
		if v.Code != "" {
			code = []part{{groups(v.Code), plain}, {fmt.Sprintf("after %d", v.Last), dim}}
		}
		ends[1].cells = append(ends[1].cells, code)
	}
	var rows []row
	for _, index := range slices.Sorted(maps.Keys(cells)) {
		rows = append(rows, row{fmt.Sprint(index), cells[index]})
	}
	p.table(heads, rows, ends)
}

// shown says what one line showed, and who has it.
func shown(l cowpitest.Line) (out []part) {
	author := string(l.Author)
	switch l.Kind {
	case "text":
		out = append(out, part{author + ": " + l.Text, plain})
	case "repeat":
		out = append(out, part{author + ": (a text again that was shown before)", dim})
	case "unreadable":
		out = append(out, part{author + ": (a text that opens for nobody)", dim})
	case play.KindStopped:
		return []part{{"! " + author + " says that it stopped", red}}
	case "roster":
		if l.Index == 0 {
			with := slices.DeleteFunc(names(l.Added), func(id string) bool { return id == author })
			if len(with) == 0 {
				with = []string{"nobody"}
			}
			out = append(out, part{"* " + author + " begins, with " + strings.Join(with, ", "), bold})
			break
		}
		for _, id := range l.Added {
			out = append(out, part{"+ " + author + " adds " + string(id), bold})
		}
		for _, id := range l.Removed {
			if id == l.Author {
				out = append(out, part{"- " + author + " leaves", bold})
			} else {
				out = append(out, part{"- " + author + " removes " + string(id), bold})
			}
		}
		for _, id := range l.Anew {
			out = append(out, part{"~ " + author + " restarts " + string(id), bold})
		}
	}
	if len(l.AckedBy) > 0 {
		out = append(out, part{"✓ " + strings.Join(names(l.AckedBy), ", "), dim})
	}
	return out
}

func verdict(s *play.Stop) string {
	if s.Check == "" {
		return fmt.Sprint(s.Err)
	}
	return fmt.Sprintf("check %s, by %s: %s", s.Check, s.Blame, s.What)
}

// standing says where a participant stands in the end.
func standing(v play.View) part {
	switch {
	case v.Stopped != nil:
		return part{fmt.Sprintf("stopped at %d", v.Stopped.At), red}
	case v.Active && v.Offline:
		return part{"offline", dim}
	case v.Active:
		return part{"takes part", plain}
	case v.Ended != nil && v.Ended.Reason == cowpi.EndLeft:
		return part{"has left", dim}
	case v.Ended != nil:
		return part{"was removed", dim}
	}
	return part{"has seen nothing", dim}
}

// groups puts a space after every five digits.
func groups(code string) string {
	var out []string
	for chunk := range slices.Chunk([]byte(code), 5) {
		out = append(out, string(chunk))
	}
	return strings.Join(out, " ")
}

// spent writes what each one spent.
func (p *page) spent(list []play.Spent) {
	p.line("Bytes sent and scalar multiplications, and those before to get ready", bold)
	fmt.Fprintln(p.out)
	var heads []string
	rows := []row{{label: "bytes"}, {label: "mults"}}
	for _, s := range list {
		heads = append(heads, s.User)
		for i, n := range [...][2]int{{s.After.Sent, s.Ready.Sent}, {s.After.Mults, s.Ready.Mults}} {
			rows[i].cells = append(rows[i].cells, []part{{thousands(n[0]) + " + " + thousands(n[1]), plain}})
		}
	}
	p.table(heads, rows, nil)
}

// happened says in the end who stopped, and whether a fork was caught.
func (p *page) happened(r play.Report) {
	var caught []string
	codes := map[string]bool{}
	for _, c := range r.Conversations {
		for _, v := range c.Views {
			codes[v.Code] = true
			for _, s := range v.Stops {
				caught = append(caught, fmt.Sprintf("%s at index %d", v.User, s.At))
				p.line(fmt.Sprintf("%s stopped in %s at index %d: %s.", v.User, c.Name, s.At, verdict(s)), red)
			}
		}
	}
	switch {
	case !r.Forked:
	case len(caught) > 0:
		p.line("The router forked the conversation. The fork was caught by "+strings.Join(caught, ", ")+".", bold)
	case len(codes) > 1:
		p.line("The router forked the conversation. Nobody noticed; only the codes differ.", bold)
	}
	if len(r.Failures) == 0 {
		p.line("Everything went as the script says.", plain)
	} else {
		p.line("Something else happened than the script says.", red)
	}
}

func (p *page) line(text string, s style) {
	for _, l := range wrap(escape(text), p.width) {
		fmt.Fprintln(p.out, p.paint(l, s))
	}
}

func (p *page) paint(text string, s style) string {
	if !p.colour || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// table writes rows under heads, and more below a line; in several tables if not
// all columns fit.
func (p *page) table(heads []string, rows, below []row) {
	fit := max(1, (p.width-labelWidth)/(len(gutter)+minCell))
	for from := 0; from < len(heads); from += fit {
		to := min(from+fit, len(heads))
		n := to - from
		w := min(max((p.width-labelWidth)/n-len(gutter), 1), maxCell)
		head := row{cells: make([][]part, len(heads))}
		for i, h := range heads {
			head.cells[i] = []part{{h, bold}}
		}
		rule := strings.Repeat("-", labelWidth) + strings.Repeat("-+-"+strings.Repeat("-", w), n)
		p.row(head, from, to, w)
		fmt.Fprintln(p.out, rule)
		for _, r := range rows {
			p.row(r, from, to, w)
		}
		if len(below) > 0 {
			fmt.Fprintln(p.out, rule)
		}
		for _, r := range below {
			p.row(r, from, to, w)
		}
		fmt.Fprintln(p.out)
	}
}

// row writes one row, as many lines high as its highest cell.
func (p *page) row(r row, from, to, w int) {
	cells := make([][]part, to-from)
	high := 0
	for i := range cells {
		for _, c := range r.cells[from+i] {
			for _, l := range wrap(escape(c.text), w) {
				cells[i] = append(cells[i], part{l, c.style})
			}
		}
		high = max(high, len(cells[i]))
	}
	for h := range high {
		line, label := "", ""
		if h == 0 {
			label = r.label
		}
		line = fmt.Sprintf("%*s", labelWidth, label)
		for _, c := range cells {
			line += gutter
			if h < len(c) {
				line += p.paint(c[h].text, c[h].style) + strings.Repeat(" ", max(0, w-room(c[h].text)))
			} else {
				line += strings.Repeat(" ", w)
			}
		}
		fmt.Fprintln(p.out, strings.TrimRight(line, " "))
	}
}

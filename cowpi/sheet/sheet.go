// Package sheet writes tables of text for people at a terminal: columns side by
// side, each text wrapped in its own. Whatever a text holds is made harmless on the
// way, so nobody who writes one can forget it.
package sheet

import (
	"fmt"
	"io"
	"strings"
)

// Style is how a text looks on a terminal with colours.
type Style string

// The styles, as terminals number them.
const (
	Plain Style = ""
	Bold  Style = "1"
	Dim   Style = "2"
	Red   Style = "1;31"
)

// Text is a part in this style.
func (s Style) Text(text string) Part { return Part{text, s} }

// Part is a paragraph of a cell. Its text may be anybody's: a page passes it
// through Safe.
type Part struct {
	Text  string
	Style Style
}

// Row is one row of a table: a label and a cell for each column; or, if Wide is not
// nil, paragraphs over the whole width instead.
type Row struct {
	Label string
	Cells [][]Part
	Wide  []Part
}

// Empty says that a row has nothing but its label.
func (r Row) Empty() bool {
	for _, c := range r.Cells {
		if len(c) > 0 {
			return false
		}
	}
	return len(r.Wide) == 0
}

// Page is where lines and tables are written. It does not look at errors of Out:
// that is best a bufio.Writer, which keeps the first one for its Flush.
type Page struct {
	Out    io.Writer
	Width  int // in columns of the terminal
	Colour bool
	Sparse bool // leaves out of a table the rows that have nothing in its columns
}

const (
	labelWidth = 5
	gutter     = " | "
	minCell    = 16
	maxCell    = 44
)

// Line writes a paragraph over the whole width; an empty one is an empty line.
func (p *Page) Line(text string, s Style) {
	for _, l := range Wrap(Safe(text), p.Width) {
		fmt.Fprintln(p.Out, p.paint(l, s))
	}
}

func (p *Page) paint(text string, s Style) string {
	if !p.Colour || s == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// Table writes rows under heads, and more below a line; one table after the other
// if not all columns fit. Every row that is not wide has as many cells as there are
// heads.
func (p *Page) Table(heads []string, rows, below []Row) {
	fit := max(1, (p.Width-labelWidth)/(len(gutter)+minCell))
	for from := 0; from < len(heads); from += fit {
		to := min(from+fit, len(heads))
		n := to - from
		w := min(max((p.Width-labelWidth)/n-len(gutter), 1), maxCell)
		head := Row{Cells: make([][]Part, len(heads))}
		for i, h := range heads {
			head.Cells[i] = []Part{Bold.Text(h)}
		}
		rule := strings.Repeat("-", labelWidth) + strings.Repeat("-+-"+strings.Repeat("-", w), n)
		p.row(head, from, to, w)
		fmt.Fprintln(p.Out, rule)
		for _, r := range rows {
			p.row(r, from, to, w)
		}
		if len(below) > 0 {
			fmt.Fprintln(p.Out, rule)
		}
		for _, r := range below {
			p.row(r, from, to, w)
		}
		fmt.Fprintln(p.Out)
	}
}

// row writes one row, as many lines high as its highest cell.
func (p *Page) row(r Row, from, to, w int) {
	for _, c := range r.Wide {
		p.Line(c.Text, c.Style)
	}
	if r.Wide != nil {
		return
	}
	cells := make([][]Part, to-from)
	high := 0
	for i := range cells {
		for _, c := range r.Cells[from+i] {
			for _, l := range Wrap(Safe(c.Text), w) {
				cells[i] = append(cells[i], c.Style.Text(l))
			}
		}
		high = max(high, len(cells[i]))
	}
	if high == 0 && p.Sparse {
		return
	}
	label := Safe(r.Label)
	for h := range max(high, 1) {
		line := fmt.Sprintf("%*s", labelWidth, label)
		label = ""
		for _, c := range cells {
			line += gutter
			if h < len(c) {
				line += p.paint(c[h].Text, c[h].Style) + strings.Repeat(" ", max(0, w-Columns(c[h].Text)))
			} else {
				line += strings.Repeat(" ", w)
			}
		}
		fmt.Fprintln(p.Out, strings.TrimRight(line, " "))
	}
}

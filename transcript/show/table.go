package show

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// weight is how a line looks on a terminal with colours.
type weight string

const (
	plain weight = ""
	bold  weight = "1"
	dim   weight = "2"
	red   weight = "1;31"
)

// part is a paragraph of a cell. Its text is safe already.
type part struct {
	text  string
	style weight
}

// row is one row of a table: a label and a cell for each lane, or paragraphs over
// the whole width.
type row struct {
	label string
	cells [][]part
	wide  []part
}

// empty says that there is nothing in any cell.
func (r row) empty() bool {
	for _, c := range r.cells {
		if len(c) > 0 {
			return false
		}
	}
	return true
}

// page writes for people at a terminal.
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

func (p *page) line(text string, s weight) {
	for _, l := range wrap(text, p.width) {
		fmt.Fprintln(p.out, p.paint(l, s))
	}
}

func (p *page) paint(text string, s weight) string {
	if !p.colour || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// table writes rows under heads, and more below a line; one table after the other
// if not all columns fit.
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
		fmt.Fprintln(p.out, rule)
		for _, r := range below {
			p.row(r, from, to, w)
		}
		fmt.Fprintln(p.out)
	}
}

// row writes one row, as many lines high as its highest cell.
func (p *page) row(r row, from, to, w int) {
	for _, c := range r.wide {
		p.line(c.text, c.style)
	}
	if r.wide != nil {
		return
	}
	cells := make([][]part, to-from)
	high := 0
	for i := range cells {
		for _, c := range r.cells[from+i] {
			for _, l := range wrap(c.text, w) {
				cells[i] = append(cells[i], part{l, c.style})
			}
		}
		high = max(high, len(cells[i]))
	}
	for h := range max(high, 1) {
		label := ""
		if h == 0 {
			label = r.label
		}
		line := fmt.Sprintf("%*s", labelWidth, label)
		for _, c := range cells {
			line += gutter
			if h < len(c) {
				line += p.paint(c[h].text, c[h].style) + strings.Repeat(" ", max(0, w-columns(c[h].text)))
			} else {
				line += strings.Repeat(" ", w)
			}
		}
		fmt.Fprintln(p.out, strings.TrimRight(line, " "))
	}
}

// wide are the ranges that take two columns, near enough.
var wide = [...][2]rune{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x4dbf}, {0x4e00, 0xa4cf}, {0xac00, 0xd7a3},
	{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}}

// columns is how much room a text takes.
func columns(s string) (n int) {
	for _, r := range s {
		n += room(r)
	}
	return n
}

func room(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// wrap breaks a text into lines of at most width columns, at spaces if it can; all
// but the first are indented.
func wrap(s string, width int) (lines []string) {
	indent := strings.Repeat(" ", min(2, width/8)) + s[:len(s)-len(strings.TrimLeft(s, " "))]
	line, used, fresh := "", 0, true
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used, fresh = indent, len(indent), true
	}
	for i, word := range strings.Split(s, " ") {
		if i > 0 && (!fresh || len(lines) == 0) {
			if !fresh && used+1+columns(word) > width && word != "" {
				flush()
			} else {
				line += " "
				used++
			}
		}
		for _, r := range word {
			if used+room(r) > width && !fresh {
				flush()
			}
			line += string(r)
			used += room(r)
			fresh = false
		}
	}
	if strings.TrimSpace(line) != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

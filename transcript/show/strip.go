package show

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi/identity"
)

// strip is the drawing of the messages of one index across the lanes. Horizontal
// positions are percentages, so that it is as wide as the table around it without
// any script. It shows nothing that the cells below do not say in words.
type strip struct {
	Height int
	Lives  []life
	Lines  []line
	Marks  []arrival
}

// life is the line of one lane, from top to bottom while its owner takes part.
type life struct {
	X     string
	Class string
}

// line is a message on its way.
type line struct {
	X1, X2, Class string
	Y             int
}

// arrival is where a message begins or arrives, a shape and perhaps a letter.
type arrival struct {
	X, Class, Path, Letter string
	Y                      int
}

const (
	stripGap  = 17 // between two messages
	stripRoom = 23 // where they have shapes
	stripTop  = 13
)

// Shapes, around 0,0. Variants differ by shape and letter, not by colour alone.
var (
	shapeLeft    = "M-6 0L4 -5V5Z"
	shapeRight   = "M6 0L-4 -5V5Z"
	shapeStart   = "M-3 -3H3V3H-3Z"
	shapeStop    = "M-3.5 -8.5H3.5L8.5 -3.5V3.5L3.5 8.5H-3.5L-8.5 3.5V-3.5Z"
	shapeVariant = []string{
		"M-8 0A8 8 0 1 1 8 0A8 8 0 1 1 -8 0Z", // A: a circle
		"M0 -11L11 0L0 11L-11 0Z",             // B: a diamond
		"M-8 -8H8V8H-8Z",                      // C: a square
		"M0 -10L10 8H-10Z",                    // D: a triangle
		"M-10 0L-5 -8H5L10 0L5 8H-5Z",         // others: a hexagon
	}
)

func variantClass(letter string) string {
	if letter == "" {
		return "vn"
	}
	return fmt.Sprintf("v%d", min(int(letter[0]-'A'), 4))
}

func variantShape(letter string) string {
	if letter == "" {
		return shapeVariant[4]
	}
	return shapeVariant[min(int(letter[0]-'A'), 4)]
}

// borrowed says that a variant is drawn as uploaded elsewhere: it belongs to another
// index, or the same data stands here under another digest.
func (v *Variant) borrowed() bool { return v.Bare || v.Elsewhere != nil && v.Letter != "A" }

// lanes gives positions: participants to the left, providers to the right.
type lanes struct{ c *Conversation }

func (l lanes) count() int { return len(l.c.Participants) + len(l.c.Providers) }

func (l lanes) at(i int) float64 { return (float64(i) + 0.5) * 100 / float64(l.count()) }

func percent(x float64) string { return fmt.Sprintf("%.3f%%", x) }

// person is the position of a participant; false if it has no lane.
func (l lanes) person(id identity.ID) (float64, bool) {
	i := slices.IndexFunc(l.c.Participants, func(p *Participant) bool { return p.ID == id })
	return l.at(i), i >= 0
}

func (l lanes) provider(id identity.ID) (float64, bool) {
	i := slices.Index(l.c.Providers, id)
	return l.at(len(l.c.Participants) + i), i >= 0
}

// strip draws one index.
func (c *Conversation) strip(r *Row) strip {
	s, l := strip{}, lanes{c}
	gap := stripGap
	if r.Differs || len(r.Stops) > 0 {
		gap = stripRoom
	}
	y := stripTop
	next := func() { y += gap }
	variants := slices.Clone(r.Variants)
	for _, p := range r.Proposals {
		if !slices.Contains(variants, p.Variant) {
			variants = append(variants, p.Variant)
		}
	}
	for _, v := range variants {
		for _, u := range v.Uploads {
			from, ok1 := l.person(u.From)
			to, ok2 := l.provider(u.To)
			if ok1 && ok2 && !v.borrowed() {
				s.line(y, from, to, "up", v, u.Arrived)
				s.mark(y, from, shapeStart, v, "", true)
				s.mark(y, to, shapeRight, v, "", u.Arrived)
				next()
			}
		}
		if s.proposals(l, r, v, y) {
			next()
		}
	}
	for _, from := range c.Providers {
		for _, v := range r.Variants {
			if s.deliveries(l, r, v, from, y) {
				next()
			}
		}
	}
	for _, stop := range r.Stops {
		if x, ok := l.person(stop.Who); ok {
			s.Marks = append(s.Marks, arrival{X: percent(x), Y: y, Class: "halt", Path: shapeStop, Letter: "×"})
		}
	}
	if len(r.Stops) > 0 {
		next()
	}
	s.Height = y - gap + stripTop
	if y == stripTop {
		s.Height = 0
	}
	for i, p := range c.Participants {
		if in, _ := p.in(r.Index); in {
			s.Lives = append(s.Lives, life{percent(l.at(i)), "life"})
		}
	}
	for i := range c.Providers {
		s.Lives = append(s.Lives, life{percent(l.at(len(c.Participants) + i)), "life far"})
	}
	return s
}

func (s *strip) line(y int, x1, x2 float64, class string, v *Variant, arrived bool) {
	class += " " + variantClass(v.Letter)
	if !arrived {
		class += " lost"
	}
	s.Lines = append(s.Lines, line{percent(x1), percent(x2), class, y})
}

func (s *strip) mark(y int, x float64, path string, v *Variant, letter string, arrived bool) {
	class := variantClass(v.Letter)
	if !arrived {
		class += " lost"
	}
	s.Marks = append(s.Marks, arrival{percent(x), class, path, letter, y})
}

// proposals draws what a router proposed of a variant, as one line.
func (s *strip) proposals(l lanes, r *Row, v *Variant, y int) bool {
	far, start, any := 0.0, 0.0, false
	for _, p := range r.Proposals {
		from, ok1 := l.provider(p.From)
		to, ok2 := l.provider(p.To)
		if p.Variant == v && ok1 && ok2 {
			far, start, any = max(far, to), from, true
			s.mark(y, to, shapeRight, v, "", p.Arrived)
		}
	}
	if any {
		s.line(y, start, far, "prop", v, true)
		s.mark(y, start, shapeStart, v, "", true)
	}
	return any
}

// deliveries draws what one provider delivered of a variant, as one line. Where
// everything is the same, arrows will do; where not, each gets a shape and a letter.
func (s *strip) deliveries(l lanes, r *Row, v *Variant, provider identity.ID, y int) bool {
	start, _ := l.provider(provider)
	far, any := start, false
	var marks []arrival
	for _, d := range r.Deliveries {
		x, ok := l.person(d.To)
		if d.From != provider || d.Variant != v || !ok {
			continue
		}
		far, any = min(far, x), true
		m := arrival{X: percent(x), Y: y, Class: variantClass(v.Letter), Path: shapeLeft}
		if r.Differs {
			m.Path, m.Letter = variantShape(v.Letter), v.Letter
			if d.Prime {
				m.Letter += "′"
				m.Class = "v1"
			}
		}
		if !d.Arrived {
			m.Class += " lost"
		}
		marks = append(marks, m)
	}
	if any {
		s.line(y, start, far, "del", v, true)
		s.Marks = append(s.Marks, marks...)
		s.mark(y, start, shapeStart, v, "", true)
	}
	return any
}

// in says whether a participant takes part at an index, and whether it did before.
func (p *Participant) in(index uint64) (now, before bool) {
	for _, s := range p.Spans {
		if s.From <= index && (index <= s.To || s.Open) {
			return true, false
		}
		before = before || index > s.To
	}
	return false, before
}

package show

import (
	"bufio"
	_ "embed" // the template and its style
	"fmt"
	"html/template"
	"io"

	"cowpi.example/cowpi/sheet"
)

//go:embed page.tmpl
var pageSource string

//go:embed style.css
var styleSource string

//go:embed stacked.css
var stackedSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// document is what the template draws. Every string in it that comes from the
// transcript is safe already; the template escapes it for its place.
type document struct {
	Title, Suite, Providers, Records string
	Style                            template.CSS
	Talks                            []talkView
	Faults, Left                     []string
	Parted                           bool
}

type talkView struct {
	ID, Name, Class, Head string
	More                  []string
	First                 *firstView
	Stops                 []stopView
	Lanes                 []laneView
	Cols, All             int  // columns without and with that of the index
	Wide                  bool // too many lanes for a screen: the table scrolls in its frame
	Width                 int  // of that table, in rem
	Bands                 []bandView
	Left                  []string
	Codes                 bool
	Within                int // the level of its heading, in somebody else's page
}

// Deeper is the level of headings below its own; 0: as they are.
func (v talkView) Deeper(by int) int {
	if v.Within == 0 {
		return 0
	}
	return min(v.Within+by, 6)
}

// firstView is the comparison on top.
type firstView struct {
	Index    uint64
	Href     string
	Variants []variantView
	Sights   []sightView
}

type variantView struct{ Letter, Class, Path, What, From string }

type sightView struct{ Who, What string }

type stopView struct {
	Who, Why, Href string
	Index          uint64
	Over           bool
}

type laneView struct {
	Name, Kind, State, Class, Code string
}

type bandView struct {
	ID, Members string
	Number      uint32
	Odd         bool
	Items       []itemView
}

// itemView is one row, or several receipts, or a gap.
type itemView struct {
	Row      *rowView
	Receipts []receiptView
	Label    string // of receipts
	Who      string
	Gap      string
}

type receiptView struct {
	ID, Words string
	Strip     strip
}

type rowView struct {
	ID              string
	Index           uint64
	Kind            string
	First, Differs  bool
	Partial         bool
	Variants        []variantView
	Strip           strip
	Cells           []cellView
	Words           string // what it is, if nobody was shown anything here
	Notes           []string
	Stopped, Change bool
}

type cellView struct {
	Lane, Class, State string
	Bubbles            []bubbleView
	HasIt              string
	Got                []gotView
	Plain              string // what was got, if nothing differs
	Stops              []string
	Said               []string // providers: what they did
}

type bubbleView struct{ Class, Author, Text string }

type gotView struct{ Letter, Class, Path, Words string }

// HTML writes the model as one page; of the options, Title counts.
func (m *Model) HTML(w io.Writer, opt Options) error {
	opt = opt.filled()
	d := document{Title: Safe(opt.Title), Suite: Safe(m.Suite), Providers: names(m.Providers),
		Records: count(m.Records, "record", "records"), Left: m.Left}
	widest := 4
	for _, c := range m.Conversations {
		v := c.view("")
		widest = max(widest, v.Cols)
		d.Parted = d.Parted || c.First != nil
		d.Talks = append(d.Talks, v)
	}
	for _, f := range m.Faults {
		d.Faults = append(d.Faults, f.words())
	}
	// Below the width at which lanes get too narrow to read, each index is a card.
	d.Style = style(min(widest*laneRem+6, maxStack), "")
	out := bufio.NewWriter(w)
	if err := pageTemplate.Execute(out, d); err != nil {
		return err
	}
	return out.Flush()
}

// style is that of a page whose rows are cards on screens of at most so many rem.
// Only what is within some elements is made cards, if these are given.
func style(stack int, within string) template.CSS {
	cards := stackedSource
	if within != "" {
		cards = within + " {\n" + cards + "}\n"
	}
	return template.CSS(fmt.Sprintf("%s\n@media (max-width: %drem) {\n%s}\n", styleSource, stack, cards))
}

const (
	laneRem  = 6  // the least width of a lane
	maxStack = 60 // the widest screen that gets cards
)

// view is what is drawn of a conversation; what it names begins with prefix.
func (c *Conversation) view(prefix string) talkView {
	v := talkView{ID: fmt.Sprintf("%sc%d", prefix, c.Number), Name: c.Name(), Left: c.Left, Cols: lanes{c}.count()}
	v.All = v.Cols + 1
	v.Wide, v.Width = v.Cols*laneRem+6 > maxStack, v.Cols*laneRem+6
	v.Head, v.More = c.headline()
	switch {
	case c.First != nil:
		v.Class = "parted"
	case len(c.Stops) > 0:
		v.Class = "stopped"
	default:
		v.Class = "fine"
	}
	href := func(index uint64) string {
		for _, r := range c.Rows {
			if r.Index == index {
				return fmt.Sprintf("#%s-i%d", v.ID, index)
			}
		}
		return ""
	}
	if d := c.First; d != nil {
		f := &firstView{Index: d.Index, Href: href(d.Index), Variants: c.variants(d.row)}
		for _, g := range groups(d.row.Sights) {
			f.Sights = append(f.Sights, sightView{names(whoSaw(g)), brief([]byte(saying(g[0])))})
		}
		if len(d.Silent) > 0 {
			f.Sights = append(f.Sights, sightView{names(d.Silent), "nothing (went past it)"})
		}
		for _, s := range d.Noticed {
			f.Sights = append(f.Sights, sightView{name(s.Who), "nothing (stopped before it)"})
		}
		v.First = f
	}
	for _, s := range c.Stops {
		v.Stops = append(v.Stops, stopView{name(s.Who), s.verdict(), href(s.Index), s.Index, s.Over})
	}
	for _, p := range c.Participants {
		l := laneView{Name: name(p.ID), Kind: "participant", State: p.State.String(), Code: sheet.Fives(Safe(p.Code))}
		if p.State == Stopped {
			l.State, l.Class = fmt.Sprintf("stopped after %d", p.Last), "halted"
		}
		v.Codes = v.Codes || p.Code != ""
		v.Lanes = append(v.Lanes, l)
	}
	for i, id := range c.Providers {
		l := laneView{Name: name(id), Kind: "mirror", Class: "far"}
		switch {
		case id != "" && id[len(id)-1] == '*':
			l.Kind, l.Class = "corrupt copy", "far corrupt"
		case i == 0:
			l.Kind = "router"
		}
		v.Lanes = append(v.Lanes, l)
	}
	v.Bands = c.bands(v.ID)
	return v
}

// variants lists what was delivered at an index where that differs.
func (c *Conversation) variants(r *Row) (out []variantView) {
	for _, x := range delivered(r) {
		out = append(out, variantView{x.Letter, variantClass(x.Letter), variantShape(x.Letter), r.what(x), c.from(r, x)})
	}
	return out
}

// bands puts rows under their epochs, and receipts together.
func (c *Conversation) bands(id string) (out []bandView) {
	var band *bandView
	var quiet []*Row
	flush := func() {
		if len(quiet) > 0 {
			band.Items = append(band.Items, c.receipts(id, quiet))
			quiet = nil
		}
	}
	epoch := 0
	for i, r := range c.Rows {
		if epoch < len(c.Epochs) && c.Epochs[epoch].Row == i {
			if band != nil {
				flush()
			}
			e := c.Epochs[epoch]
			out = append(out, bandView{ID: fmt.Sprintf("%s-e%d", id, epoch), Number: e.Number, Members: names(e.Members), Odd: epoch%2 == 1})
			band = &out[len(out)-1]
			epoch++
		}
		if r.Skipped > 0 {
			flush()
			band.Items = append(band.Items, itemView{Gap: count(r.Skipped, "index is", "indices are") + " not drawn here."})
		}
		if r.quiet() {
			quiet = append(quiet, r)
			continue
		}
		flush()
		band.Items = append(band.Items, itemView{Row: c.rowView(id, r)})
	}
	if band != nil {
		flush()
	}
	return out
}

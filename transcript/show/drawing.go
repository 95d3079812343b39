package show

import (
	"encoding/json"
	"html/template"
	"strings"
)

// Drawing is a model ready to be put into somebody else's page. It can be kept as
// JSON, which is nobody's to read but this package's; whatever that says, the page
// gets no more from it than text in its place.
type Drawing struct{ talks []talkView }

// Drawing draws the last rows of each conversation, and those before it from where
// something differs on, but at most twice as many. All names of elements begin with
// prefix, so that a page can hold several; the conversations' headings are of this
// level.
func (m *Model) Drawing(prefix string, rows, level int) Drawing {
	var d Drawing
	for _, c := range m.Conversations {
		v := c.last(rows).view(prefix)
		v.Within = level
		d.talks = append(d.talks, v)
	}
	return d
}

// last is a conversation without its first rows.
func (c *Conversation) last(n int) *Conversation {
	from := max(0, len(c.Rows)-n)
	for i, r := range c.Rows {
		if r.Differs && i < from {
			from = max(i, len(c.Rows)-2*n)
			break
		}
	}
	if from == 0 {
		return c
	}
	out := *c
	first := *c.Rows[from]
	first.Skipped = first.Index
	out.Rows = append([]*Row{&first}, c.Rows[from+1:]...)
	out.Epochs = nil
	for _, e := range c.Epochs {
		if e.Row <= from {
			out.Epochs = nil // the one that the first row is in
		}
		e.Row = max(0, e.Row-from)
		out.Epochs = append(out.Epochs, e)
	}
	return &out
}

// MarshalJSON keeps a drawing.
func (d Drawing) MarshalJSON() ([]byte, error) { return json.Marshal(d.talks) }

// UnmarshalJSON takes one that was kept.
func (d *Drawing) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &d.talks) }

// Empty says whether there is nothing in it.
func (d Drawing) Empty() bool { return len(d.talks) == 0 }

// HTML is the drawing as part of a page. It needs [Style].
func (d Drawing) HTML() (template.HTML, error) {
	var b strings.Builder
	for _, t := range d.talks {
		if err := pageTemplate.ExecuteTemplate(&b, "talk", t); err != nil {
			return "", err
		}
	}
	return template.HTML(b.String()), nil
}

// Style is the style of a page with drawings in elements of this class: that of the
// page that HTML writes.
func Style(class string) template.CSS { return style(maxStack, "."+class) }

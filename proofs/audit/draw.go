package audit

import (
	"bytes"
	"slices"
	"strings"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/transcript"
	"cowpi.example/transcript/show"
)

const (
	drawnRows  = 8 // of each conversation, at the end: there it was won
	drawnLevel = 4 // of the headings in the report
)

// draw draws how an attack ended. What its elements are called begins with prefix.
func draw(t []byte, prefix string) (show.Drawing, error) {
	src, err := transcript.Open(bytes.NewReader(t))
	if err != nil {
		return show.Drawing{}, err
	}
	m, err := show.Read(src, show.Options{Suite: cowpitest.Cheap, Rows: 40, TextBytes: 200})
	if err != nil {
		return show.Drawing{}, err
	}
	// The conversation of everybody is the scenery, unless something happened there.
	if len(m.Conversations) > 1 && m.Conversations[0].First == nil && len(m.Conversations[0].Stops) == 0 {
		m.Conversations = m.Conversations[1:]
	}
	return m.Drawing(prefix, drawnRows, drawnLevel), nil
}

// Anchor makes a name one of an element.
func Anchor(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || slices.Contains([]rune("-_"), r)) {
			return r
		}
		return '-'
	}, name)
}

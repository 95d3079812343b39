// Package show draws a transcript for people: in a terminal ([Terminal]) and as one
// self-contained HTML page ([HTML]); and for programs, as a picture in JSON ([JSON]).
// All draw the same [Model], which [Read] builds in one pass over the records: per conversation its participants and
// providers as lanes, what was uploaded, proposed and delivered at each index, what
// each participant was shown there and who has it, the epochs, who stopped, and
// above all the first index at which two providers delivered, or two participants
// were shown, different things.
//
// A picture is bounded, whatever the transcript's length: [Options] says how much
// is kept, and the picture says what was left out. Everything in a transcript is
// untrusted; [Safe] makes each string harmless before it is drawn.
//
// Out of scope: whether a transcript is genuine, or even well formed beyond its
// framing. That is the matter of verifying, and nothing drawn here replaces it.
package show

import (
	"io"

	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/show/picture"
)

// Options say how much is drawn, and how. The zero value draws with the defaults.
type Options struct {
	Rows          int // indices kept of each conversation; default 600, at least 20
	Lanes         int // participants drawn of each conversation; default 12
	Conversations int // conversations drawn; default 20
	TextBytes     int // bytes drawn of each text; default 2,000

	Suite suite.Suite // known besides the default one; nil: none is

	Title string // of the page; default "Transcript"

	Width  int  // of the terminal, in columns; default 80
	Colour bool // colours and weights for the terminal
}

func (o Options) filled() Options {
	set := func(v *int, def, low int) {
		if *v == 0 {
			*v = def
		}
		*v = max(*v, low)
	}
	set(&o.Rows, 600, 20)
	set(&o.Lanes, 12, 2)
	set(&o.Conversations, 20, 1)
	set(&o.TextBytes, 2000, 8)
	set(&o.Width, 80, 24)
	if o.Title == "" {
		o.Title = "Transcript"
	}
	return o
}

// Terminal writes a rendering for a terminal: the views side by side, as far as the
// width allows, and in words where deliveries or views part and where anybody
// stopped. Nothing is written if the source fails.
func Terminal(w io.Writer, src transcript.Source, opt Options) error {
	m, err := Read(src, opt)
	if err != nil {
		return err
	}
	return m.Terminal(w, opt)
}

// JSON writes a picture: what Terminal and HTML draw, for other programs, in one
// line. Nothing is written if the source fails.
func JSON(w io.Writer, src transcript.Source, opt Options) error {
	m, err := Read(src, opt)
	if err != nil {
		return err
	}
	return picture.Write(w, m.Picture())
}

// HTML writes one page that needs nothing else: no network, no other file, no
// JavaScript. Nothing is written if the source fails.
func HTML(w io.Writer, src transcript.Source, opt Options) error {
	m, err := Read(src, opt)
	if err != nil {
		return err
	}
	return m.HTML(w, opt)
}

// Package picture is the form of JSON in which what is drawn of a transcript goes to
// other programs: the same lanes, rows and differences that a terminal or a page
// shows, but to be read by machines. transcript/README.md describes it for those who
// do not read Go. Package show makes pictures, by JSON; [Read] reads them.
//
// A picture is bounded as what people are shown is, and says what it leaves out.
// Like a transcript it is no evidence, and its strings are anybody's.
package picture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/sheet"
)

// The name of the form, and its version. Another version is another form.
const (
	Form    = "cowpi"
	Version = 1
)

// Picture is all that is drawn of one transcript.
type Picture struct {
	Picture       string         `json:"picture"` // Form
	Version       int            `json:"version"`
	Suite         string         `json:"suite"`
	Records       uint64         `json:"records"`
	Providers     []identity.ID  `json:"providers"`
	Conversations []Conversation `json:"conversations"`
	Faults        []Fault        `json:"faults"`
	Left          []string       `json:"left"`
}

// Conversation is one conversation.
type Conversation struct {
	Conversation string        `json:"conversation"` // the Sid
	Number       int           `json:"number"`
	Words        []string      `json:"words"`
	Participants []Participant `json:"participants"`
	Providers    []identity.ID `json:"providers"`
	Epochs       []Epoch       `json:"epochs"`
	Rows         []Row         `json:"rows"`
	Differences  []Difference  `json:"differences"`
	Stops        []Stop        `json:"stops"`
	Left         []string      `json:"left"`
}

// Participant is one person's lane.
type Participant struct {
	ID    identity.ID `json:"id"`
	State string      `json:"state"`
	Last  uint64      `json:"last"`
	Spans []Span      `json:"spans"`
	Code  string      `json:"code,omitempty"`
}

// Span is a stretch of indices in which somebody took part.
type Span struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	Open bool   `json:"open"`
}

// Epoch is a stretch of rows under one roster.
type Epoch struct {
	Epoch   uint32        `json:"epoch"`
	From    uint64        `json:"from"`
	Members []identity.ID `json:"members"`
}

// Row is one index.
type Row struct {
	Index    uint64    `json:"index"`
	Epoch    uint32    `json:"epoch"`
	Entries  []Entry   `json:"entries"`
	Views    []View    `json:"views"`
	Receipts []Receipt `json:"receipts,omitempty"`
	Notes    []Note    `json:"notes,omitempty"`
	Skipped  uint64    `json:"skipped,omitempty"`
	Partial  bool      `json:"partial,omitempty"`
	More     int       `json:"more,omitempty"`
}

// Entry is one of the things that were delivered, or only proposed, as an index.
type Entry struct {
	Letter     string      `json:"letter,omitempty"`
	Type       string      `json:"type,omitempty"`
	Author     identity.ID `json:"author,omitempty"`
	Epoch      uint32      `json:"epoch"`
	K          uint64      `json:"k"`
	Bytes      int         `json:"bytes"`
	Stopped    bool        `json:"stopped,omitempty"`
	Bare       bool        `json:"bare,omitempty"`
	Elsewhere  *uint64     `json:"elsewhere,omitempty"`
	Uploads    []Upload    `json:"uploads"`
	Proposals  []Proposal  `json:"proposals"`
	Deliveries []Delivery  `json:"deliveries"`
}

// Upload went from a user to the router.
type Upload struct {
	From    identity.ID `json:"from"`
	To      identity.ID `json:"to"`
	Arrived bool        `json:"arrived"`
	Refused string      `json:"refused,omitempty"`
}

// Proposal went from the router to a mirror.
type Proposal struct {
	From      identity.ID `json:"from"`
	To        identity.ID `json:"to"`
	Arrived   bool        `json:"arrived"`
	Committed bool        `json:"committed"`
	Refused   bool        `json:"refused,omitempty"`
}

// Delivery went from a provider to each of some participants.
type Delivery struct {
	From    identity.ID   `json:"from"`
	To      []identity.ID `json:"to"`
	Arrived bool          `json:"arrived"`
	Times   int           `json:"times"`
	Prime   bool          `json:"prime,omitempty"`
}

// View is what some participants were shown, all of them just this. Its members have
// the names that they have in a transcript.
type View struct {
	Who       []identity.ID `json:"who"`
	What      string        `json:"what"`
	Epoch     uint32        `json:"epoch"`
	Party     identity.ID   `json:"party"`
	TextID    string        `json:"textid,omitempty"`
	Text      *string       `json:"text,omitempty"`
	TextHex   string        `json:"texthex,omitempty"`
	Cut       int           `json:"cut,omitempty"`
	Members   []Member      `json:"members,omitempty"`
	Added     []identity.ID `json:"added,omitempty"`
	Removed   []identity.ID `json:"removed,omitempty"`
	Restarted []identity.ID `json:"restarted,omitempty"`
}

// Member is one entry of a roster.
type Member struct {
	ID     identity.ID `json:"id"`
	Key    string      `json:"key"`
	Joined uint32      `json:"joined"`
}

// Receipt is what one participant learnt of others at an index.
type Receipt struct {
	Who     identity.ID   `json:"who"`
	Has     []identity.ID `json:"has"`
	Stopped []identity.ID `json:"stopped"`
}

// Note is something else that happened, in words that follow the name.
type Note struct {
	Who   identity.ID `json:"who"`
	Words string      `json:"words"`
}

// Difference says how things part at one index.
type Difference struct {
	Index      uint64          `json:"index"`
	Deliveries []string        `json:"deliveries"` // letters
	Prime      bool            `json:"prime"`
	Views      [][]identity.ID `json:"views"`
	Silent     []identity.ID   `json:"silent"`
	Noticed    []identity.ID   `json:"noticed"`
}

// Stop is where somebody stopped.
type Stop struct {
	Who   identity.ID `json:"who"`
	Index uint64      `json:"index"`
	Check string      `json:"check,omitempty"`
	Error string      `json:"error"`
	Over  bool        `json:"over"`
}

// Fault is an accusation.
type Fault struct {
	Who   identity.ID `json:"who"`
	Party identity.ID `json:"party,omitempty"`
	Check string      `json:"check,omitempty"`
	Error string      `json:"error"`
}

// Error says why something is no picture. Its cause, if there is one, is an error of
// encoding/json or of the reader underneath.
type Error struct {
	What string
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "picture: " + e.What
	}
	return fmt.Sprintf("picture: %s: %v", e.What, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Write writes a picture as one line. What terminals would obey is escaped.
func Write(w io.Writer, p Picture) error {
	b, err := json.Marshal(p)
	if err != nil {
		return &Error{"it cannot be written", err}
	}
	if _, err := w.Write(append(sheet.SafeJSON(b), '\n')); err != nil {
		return fmt.Errorf("picture: writing: %w", err)
	}
	return nil
}

// Read reads a picture to the end of r. It refuses what is of another form or
// version, has members that this version has not, or something behind it, with an
// *Error and no half of a picture.
func Read(r io.Reader) (Picture, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return Picture{}, fmt.Errorf("picture: reading: %w", err)
	}
	var head struct {
		Picture string `json:"picture"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return Picture{}, &Error{"it is malformed", err}
	}
	if head.Picture != Form || head.Version != Version {
		return Picture{}, &Error{fmt.Sprintf("%q of version %d; only %q of version %d is known here", head.Picture, head.Version, Form, Version), nil}
	}
	var p Picture
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Picture{}, &Error{"it is malformed", err}
	}
	return p, nil
}

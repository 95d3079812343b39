// Package integrity is the relation that conversation integrity asks of what
// participants were shown (SPEC.md, 1.3): of any two, compared from where the
// later of them began, one is a prefix of the other, content included. It judges
// accounts, wherever they come from: the test network's, or a transcript's.
//
// All values are plain data. [Keeper] builds an account from events.
package integrity

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Account is what one participant was shown of one conversation: a stay for each
// time that it was in.
type Account struct {
	Who   identity.ID
	Sid   suite.Hash
	Stays []Stay
}

// Stay is a time in a conversation: the index by which it began, the last one
// processed, and what was shown.
type Stay struct {
	First, Last uint64
	Indices     uint64 // how many were processed in between; 0: not counted
	Entries     []Entry
}

// Entry is what one index showed.
type Entry struct {
	Index   uint64
	Epoch   uint32
	Kind    string // one of the kinds below
	Author  identity.ID
	ID      content.TextID
	Text    string
	Members []Member // of a roster
}

// The kinds of entries.
const (
	Text       = "text"
	Repeat     = "repeat"
	Unreadable = "unreadable"
	Roster     = "roster"
)

// Member is one entry of a roster.
type Member struct {
	ID     identity.ID
	Key    suite.Point
	Joined uint32
}

// Equal says whether two entries are the same in every field.
func (e Entry) Equal(o Entry) bool {
	return e.Index == o.Index && e.Epoch == o.Epoch && e.Kind == o.Kind && e.Author == o.Author &&
		e.ID == o.ID && e.Text == o.Text && slices.Equal(e.Members, o.Members)
}

// String is the entry in words, short but for the text.
func (e Entry) String() string {
	s := fmt.Sprintf("a %s by %s at index %d, epoch %d", e.Kind, e.Author, e.Index, e.Epoch)
	switch e.Kind {
	case Roster:
		s += ":"
		for _, m := range e.Members {
			s += fmt.Sprintf(" %s (since %d)", m.ID, m.Joined)
		}
	case Text:
		s += fmt.Sprintf(": %q", e.Text)
		fallthrough
	default:
		s += fmt.Sprintf(" (%.4x)", e.ID[:])
	}
	return s
}

// Difference is where two stays part: what each shows there. One of the two is
// nil where that stay shows nothing.
type Difference struct {
	Index      uint64
	One, Other *Entry
}

func (d *Difference) Error() string {
	switch {
	case d.One == nil:
		return fmt.Sprintf("%v was shown to one and nothing to the other", *d.Other)
	case d.Other == nil:
		return fmt.Sprintf("%v was shown to one and nothing to the other", *d.One)
	}
	return fmt.Sprintf("%v was shown to one and %v to the other", *d.One, *d.Other)
}

// Agree compares the accounts that several participants give of one conversation:
// of any two, one is a prefix of the other from the later join on. An entry that
// one was shown as a repeat is a text to one who joined in between, and an entry
// at the end of a stay is the last of it. The error wraps a *[Difference].
func Agree(accounts ...Account) error {
	for i, a := range accounts {
		for _, b := range accounts[:i] {
			for _, x := range a.Stays {
				for _, y := range b.Stays {
					if d := x.Compare(y); d != nil {
						return fmt.Errorf("%s and %s: %w", b.Who, a.Who, d)
					}
				}
			}
		}
	}
	return nil
}

// Common is the stretch of indices that both stays cover; ok is false if there is
// none.
func (s Stay) Common(o Stay) (from, to uint64, ok bool) {
	from, to = max(s.First, o.First), min(s.Last, o.Last)
	return from, to, from <= to
}

// Compare returns the first difference between two stays where both cover the
// same indices, or nil: one of them is then a prefix of the other from the later
// beginning on.
func (s Stay) Compare(o Stay) *Difference {
	from, to, _ := s.Common(o)
	x, y := s.cut(from, to), o.cut(from, to)
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			return &Difference{Index: y[i].Index, Other: &y[i]}
		case i >= len(y):
			return &Difference{Index: x[i].Index, One: &x[i]}
		case x[i].Index < y[i].Index:
			return &Difference{Index: x[i].Index, One: &x[i]}
		case x[i].Index > y[i].Index:
			return &Difference{Index: y[i].Index, Other: &y[i]}
		case x[i].Kind != y[i].Kind && x[i].repeats(y[i]):
		case !x[i].Equal(y[i]):
			return &Difference{Index: x[i].Index, One: &x[i], Other: &y[i]}
		}
	}
	return nil
}

// cut lists the entries with an index from from to to.
func (s Stay) cut(from, to uint64) (out []Entry) {
	for _, e := range s.Entries {
		if e.Index >= from && e.Index <= to {
			out = append(out, e)
		}
	}
	return out
}

// repeats says whether two entries are one text, which is new to one of two.
func (e Entry) repeats(o Entry) bool {
	repeat := e.Kind == Text && o.Kind == Repeat || e.Kind == Repeat && o.Kind == Text
	return repeat && e.Index == o.Index && e.Epoch == o.Epoch && e.Author == o.Author && e.ID == o.ID
}

// Package compare holds two accounts of one conversation against each other: what
// two participants were shown ([Views]), or what two providers delivered
// ([Streams]). It says where they part first, and whether two views satisfy what
// conversation integrity asks of them (SPEC.md, 1.3): compared from the later join
// or restart on, one is a prefix of the other, content included.
//
// [Collect] and [CollectStreams] take the accounts from a transcript, in one pass.
// They need memory for all that they collect. The two accounts may come from two
// transcripts. All functions are pure but for the source that they read.
package compare

import (
	"encoding/hex"
	"fmt"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// View is what one participant was shown of one conversation.
type View = integrity.Account

// Result is what comes of comparing two views.
type Result struct {
	One   identity.ID `json:"one"`
	Other identity.ID `json:"other"`
	Sid   string      `json:"sid"`
	// Holds says that the relation of conversation integrity holds. It does so
	// where there is nothing to compare, too: see Compared.
	Holds    bool        `json:"holds"`
	Compared []Stretch   `json:"compared"`        // indices that both have processed
	Only     []Only      `json:"only,omitempty"`  // indices that one of them has, and the other has not
	First    *Difference `json:"first,omitempty"` // the first difference within Compared
	Words    string      `json:"words"`
}

// Stretch is a range of indices, both ends included.
type Stretch struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Only is a stretch that one of the two has processed alone: it came earlier, went
// later, or is ahead. That is no breach.
type Only struct {
	Who identity.ID `json:"who"`
	Stretch
}

// Difference is where two views part. One or Other is nil where nothing was shown.
type Difference struct {
	Index uint64 `json:"index"`
	One   *Shown `json:"one"`
	Other *Shown `json:"other"`
}

// Shown is what one index showed.
type Shown struct {
	Kind    string      `json:"kind"` // text, repeat, unreadable, roster
	Epoch   uint32      `json:"epoch"`
	Author  identity.ID `json:"author"`
	TextID  string      `json:"text_id,omitempty"`
	Text    string      `json:"text,omitempty"`
	Members []string    `json:"members,omitempty"`
}

func shown(e *integrity.Entry) *Shown {
	if e == nil {
		return nil
	}
	s := &Shown{Kind: e.Kind, Epoch: e.Epoch, Author: e.Author, Text: e.Text}
	if e.ID != (content.TextID{}) {
		s.TextID = hex.EncodeToString(e.ID[:])
	}
	for _, m := range e.Members {
		s.Members = append(s.Members, fmt.Sprintf("%s since epoch %d, key %x", m.ID, m.Joined, m.Key))
	}
	return s
}

func (s *Shown) String() string {
	switch {
	case s == nil:
		return "nothing"
	case s.Kind == integrity.Text:
		return fmt.Sprintf("%q by %s", s.Text, s.Author)
	case s.Kind == integrity.Roster:
		return fmt.Sprintf("a roster by %s: %q", s.Author, s.Members)
	}
	return fmt.Sprintf("%s by %s", s.Kind, s.Author)
}

// Views compares two views of one conversation.
func Views(a, b View) Result {
	r := Result{One: a.Who, Other: b.Who, Sid: hex.EncodeToString(a.Sid[:]), Holds: true}
	if a.Sid != b.Sid {
		r.Words = "these are views of two conversations: there is nothing to compare"
		return r
	}
	for _, x := range a.Stays {
		for _, y := range b.Stays {
			from, to, ok := x.Common(y)
			if !ok {
				continue
			}
			r.Compared = append(r.Compared, Stretch{from, to})
			if d := x.Compare(y); d != nil && (r.First == nil || d.Index < r.First.Index) {
				r.First = &Difference{d.Index, shown(d.One), shown(d.Other)}
				r.Holds = false
			}
		}
	}
	r.Only = append(alone(a, r.Compared), alone(b, r.Compared)...)
	r.Words = r.words()
	return r
}

// alone lists what one view covers outside the stretches, which are in order.
func alone(v View, common []Stretch) (out []Only) {
	for _, s := range v.Stays {
		from := s.First
		for _, c := range common {
			if c.To < from || c.From > s.Last {
				continue
			}
			if c.From > from {
				out = append(out, Only{v.Who, Stretch{from, c.From - 1}})
			}
			from = c.To + 1
		}
		if from <= s.Last {
			out = append(out, Only{v.Who, Stretch{from, s.Last}})
		}
	}
	return out
}

func (r Result) words() string {
	switch {
	case r.First != nil:
		return fmt.Sprintf("the views of %s and %s part at index %d: %s was shown %s, %s %s", r.One, r.Other,
			r.First.Index, r.One, r.First.One, r.Other, r.First.Other)
	case len(r.Compared) == 0:
		return fmt.Sprintf("%s and %s were never in the conversation together: there is nothing to compare", r.One, r.Other)
	}
	n := uint64(0)
	for _, c := range r.Compared {
		n += c.To - c.From + 1
	}
	words := fmt.Sprintf("the views of %s and %s are the same in all of the %d indices that both processed", r.One, r.Other, n)
	for i, o := range r.Only {
		words += fmt.Sprintf("%s %s alone has %d to %d", [2]string{";", ","}[min(i, 1)], o.Who, o.From, o.To)
	}
	return words
}

// hexHash is a hash in JSON and in words.
func hexHash(h suite.Hash) string { return hex.EncodeToString(h[:]) }

package show

import (
	"encoding/hex"
	"reflect"
	"slices"
	"unicode/utf8"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
	"cowpi.example/transcript/show/picture"
)

// Picture is the model for other programs. It shares nothing that changes with the
// model; lists that are there in every picture are never nil, so that they are lists
// in JSON too.
func (m *Model) Picture() picture.Picture {
	p := picture.Picture{Picture: picture.Form, Version: picture.Version, Suite: m.Suite, Records: m.Records,
		Providers: list(m.Providers), Left: list(m.Left)}
	p.Conversations = mapped(m.Conversations, (*Conversation).picture)
	p.Faults = mapped(m.Faults, func(f Fault) picture.Fault {
		return picture.Fault{Who: f.Who, Party: f.Provider, Check: f.Check, Error: f.Why}
	})
	return p
}

// list is a copy that is not nil.
func list[T any](l []T) []T { return append([]T{}, l...) }

func mapped[T, U any](l []T, f func(T) U) []U {
	out := make([]U, 0, len(l))
	for _, x := range l {
		out = append(out, f(x))
	}
	return out
}

var stateNames = [...]string{Outside: "outside", Active: "active", Stopped: "stopped", Removed: "removed", Gone: "left", Declined: "declined"}

func (c *Conversation) picture() picture.Conversation {
	head, more := c.headline()
	return picture.Conversation{
		Conversation: hex.EncodeToString(c.Sid[:]), Number: c.Number, Words: append([]string{head}, more...),
		Participants: mapped(c.Participants, func(p *Participant) picture.Participant {
			return picture.Participant{ID: p.ID, State: stateNames[p.State], Last: p.Last, Code: p.Code,
				Spans: mapped(p.Spans, func(s Span) picture.Span { return picture.Span(s) })}
		}),
		Providers: list(c.Providers),
		Epochs: mapped(c.Epochs, func(e Epoch) picture.Epoch {
			return picture.Epoch{Epoch: e.Number, From: c.Rows[e.Row].Index, Members: list(e.Members)}
		}),
		Rows:        mapped(c.Rows, (*Row).picture),
		Differences: mapped(c.Differences, (*Difference).picture),
		Stops: mapped(c.Stops, func(s *Stop) picture.Stop {
			return picture.Stop{Who: s.Who, Index: s.Index, Check: s.Check, Error: s.Why, Over: s.Over}
		}),
		Left: list(c.Left),
	}
}

func (d *Difference) picture() picture.Difference {
	return picture.Difference{Index: d.Index, Prime: d.Primes, Silent: list(d.Silent), Noticed: list(whose(d.Noticed)),
		Deliveries: mapped(d.Deliveries, func(v *Variant) string { return v.Letter }),
		Views: mapped(d.Sights, func(g []*Sight) []identity.ID {
			return mapped(g, func(s *Sight) identity.ID { return s.Who })
		})}
}

func (r *Row) picture() picture.Row {
	p := picture.Row{Index: r.Index, Epoch: r.Epoch, Skipped: r.Skipped, Partial: r.Partial, More: r.More,
		Entries: []picture.Entry{}, Views: r.pictureViews()}
	entries := slices.Clone(r.Variants)
	for _, o := range r.Proposals {
		// The same may have been proposed again after it was refused.
		if !slices.ContainsFunc(entries, func(v *Variant) bool { return v.data == o.Variant.data }) {
			entries = append(entries, o.Variant)
		}
	}
	for _, v := range entries {
		p.Entries = append(p.Entries, r.pictureEntry(v))
	}
	for _, s := range r.Sights {
		if len(s.HasIt)+len(s.Stopped) > 0 {
			p.Receipts = append(p.Receipts, picture.Receipt{Who: s.Who, Has: list(s.HasIt), Stopped: list(s.Stopped)})
		}
	}
	for _, n := range r.Notes {
		p.Notes = append(p.Notes, picture.Note{Who: n.Who, Words: n.What})
	}
	return p
}

func (r *Row) pictureEntry(v *Variant) picture.Entry {
	e := picture.Entry{Letter: v.Letter, Type: v.Entry.Type, Epoch: v.Entry.Epoch, K: v.Entry.K, Bytes: v.Entry.Bytes,
		Stopped: v.Entry.Stopped, Bare: v.Bare, Elsewhere: v.Elsewhere, Proposals: []picture.Proposal{}, Deliveries: []picture.Delivery{},
		Uploads: mapped(v.Uploads, func(u *Upload) picture.Upload { return picture.Upload(*u) })}
	if !v.Entry.unnamed {
		e.Author = v.Entry.Author
	}
	if !v.Bare { // what was proposed is data: it belongs to the first variant with this data
		for _, o := range r.Proposals {
			if o.Variant.data == v.data {
				e.Proposals = append(e.Proposals, picture.Proposal{From: o.From, To: o.To, Arrived: o.Arrived, Committed: o.Committed, Refused: o.Refused})
			}
		}
	}
	for _, d := range r.Deliveries {
		if d.Variant != v {
			continue
		}
		i := slices.IndexFunc(e.Deliveries, func(o picture.Delivery) bool {
			return o.From == d.From && o.Arrived == d.Arrived && o.Times == d.Times && o.Prime == d.Prime
		})
		if i < 0 {
			i = len(e.Deliveries)
			e.Deliveries = append(e.Deliveries, picture.Delivery{From: d.From, Arrived: d.Arrived, Times: d.Times, Prime: d.Prime})
		}
		e.Deliveries[i].To = append(e.Deliveries[i].To, d.To)
	}
	return e
}

// pictureViews puts those together who were shown just the same. It is stricter than
// what counts as a difference: a repeat is not a text.
func (r *Row) pictureViews() []picture.View {
	out := []picture.View{}
next:
	for _, s := range r.Sights {
		if !s.shown {
			continue
		}
		v := s.picture()
		for i := range out {
			v.Who = out[i].Who
			if reflect.DeepEqual(out[i], v) {
				out[i].Who = append(out[i].Who, s.Who)
				continue next
			}
		}
		v.Who = []identity.ID{s.Who}
		out = append(out, v)
	}
	return out
}

func (s *Sight) picture() picture.View {
	v := picture.View{What: s.Saw.What.String(), Epoch: s.Saw.Epoch, Party: s.Saw.Party, Cut: s.Cut,
		Added: s.Saw.Added, Removed: s.Saw.Removed, Restarted: s.Saw.Restarted}
	if s.Saw.ID != (content.TextID{}) {
		v.TextID = hex.EncodeToString(s.Saw.ID[:])
	}
	if s.Saw.What == transcript.Text {
		if text := string(s.Saw.Text); utf8.ValidString(text) {
			v.Text = &text
		} else {
			v.TextHex = hex.EncodeToString(s.Saw.Text)
		}
	}
	for _, m := range s.Saw.Members {
		v.Members = append(v.Members, picture.Member{ID: m.ID, Key: hex.EncodeToString(m.Key[:]), Joined: m.Joined})
	}
	return v
}

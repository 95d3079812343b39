package cowpitest

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
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
	Kind    string // text, repeat, unreadable, roster
	Author  identity.ID
	ID      content.TextID
	Text    string
	Members []cowpi.Member // of a roster
}

func (e Entry) equal(o Entry) bool {
	return e.Index == o.Index && e.Epoch == o.Epoch && e.Kind == o.Kind && e.Author == o.Author &&
		e.ID == o.ID && e.Text == o.Text && slices.Equal(e.Members, o.Members)
}

// Account tells what a user was shown of a conversation, from its events.
func (u *User) Account(sid suite.Hash) Account {
	a := Account{Who: u.Self.ID, Sid: sid}
	changes := map[uint64]bool{}
	for _, ev := range u.Events {
		if b, ok := ev.Body.(cowpi.RosterChanged); ok && b.Sid == sid {
			changes[b.Index] = true
		}
	}
	var stay *Stay
	processed := func(index uint64) {
		if stay != nil && index > stay.Last {
			stay.Last = index
			stay.Indices++
		}
	}
	saw := func(of suite.Hash, e Entry) {
		if of == sid && stay != nil {
			processed(e.Index)
			stay.Entries = append(stay.Entries, e)
		}
	}
	for _, ev := range u.Events {
		switch b := ev.Body.(type) {
		case cowpi.RosterChanged:
			if b.Sid == sid && stay == nil {
				a.Stays = append(a.Stays, Stay{First: b.Index, Last: b.Index, Indices: 1})
				stay = &a.Stays[len(a.Stays)-1]
			}
			saw(b.Sid, Entry{Index: b.Index, Epoch: b.Epoch, Kind: "roster", Author: b.By, Members: b.Members})
		case cowpi.Shown:
			saw(b.Sid, Entry{b.Index, b.Epoch, "text", b.Author, b.Text.ID, string(b.Text.Text), nil})
		case cowpi.Repeated:
			saw(b.Sid, Entry{b.Index, b.Epoch, "repeat", b.Author, b.ID, "", nil})
		case cowpi.Unreadable:
			saw(b.Sid, Entry{b.Index, b.Epoch, "unreadable", b.Author, content.TextID{}, "", nil})
		case cowpi.Acked:
			// Of an UPDATE it comes before the roster; of one that adds us back, while
			// we are still out.
			if b.Sid == sid && !changes[b.Index] {
				processed(b.Index)
			}
		case cowpi.Ended:
			if b.Sid == sid {
				stay = nil
			}
		}
	}
	return a
}

// Agree compares the accounts that several participants give of one conversation:
// of any two, one is a prefix of the other from the later join on. An entry that
// one was shown as a repeat is a text to one who joined in between, and an entry
// at the end of a stay is the last of it.
func Agree(accounts ...Account) error {
	for i, a := range accounts {
		for _, b := range accounts[:i] {
			for _, x := range a.Stays {
				for _, y := range b.Stays {
					if err := x.agree(y); err != nil {
						return fmt.Errorf("%s and %s: %w", b.Who, a.Who, err)
					}
				}
			}
		}
	}
	return nil
}

func (s Stay) agree(o Stay) error {
	from, to := max(s.First, o.First), min(s.Last, o.Last)
	cut := func(list []Entry) (out []Entry) {
		for _, e := range list {
			if e.Index >= from && e.Index <= to {
				out = append(out, e)
			}
		}
		return out
	}
	x, y := cut(s.Entries), cut(o.Entries)
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			return fmt.Errorf("%+v was shown to one and nothing to the other", y[i])
		case i >= len(y):
			return fmt.Errorf("%+v was shown to one and nothing to the other", x[i])
		case x[i].Kind != y[i].Kind && x[i].repeats(y[i]):
		case !x[i].equal(y[i]):
			return fmt.Errorf("%+v was shown to one and %+v to the other", x[i], y[i])
		}
	}
	return nil
}

// repeats says whether two entries are one text, which is new to one of two.
func (e Entry) repeats(o Entry) bool {
	repeat := e.Kind == "text" && o.Kind == "repeat" || e.Kind == "repeat" && o.Kind == "text"
	return repeat && e.Index == o.Index && e.Epoch == o.Epoch && e.Author == o.Author && e.ID == o.ID
}

// Sound judges one account alone: indices ascend, no text is shown twice, and of
// honest authors only what they wrote, in the order in which they wrote it.
// wrote gives the number of a text among those of its author in this
// conversation, from 1; it is asked for honest authors only.
func Sound(a Account, honest func(identity.ID) bool, wrote func(author identity.ID, sid suite.Hash, text string) (uint64, bool)) error {
	type text struct {
		author identity.ID
		id     content.TextID
		text   string
	}
	seen := map[text]uint64{}
	last := map[identity.ID]uint64{}
	next := uint64(0)
	for _, s := range a.Stays {
		if s.Indices != 0 && s.Indices != s.Last-s.First+1 {
			return fmt.Errorf("%s: of indices %d to %d only %d were shown", a.Who, s.First, s.Last, s.Indices)
		}
		for _, e := range s.Entries {
			if e.Index < next || e.Index < s.First || e.Index > s.Last {
				return fmt.Errorf("%s: index %d is out of order", a.Who, e.Index)
			}
			next = e.Index + 1
			if e.Kind != "text" {
				if e.Kind != "roster" && honest(e.Author) {
					return fmt.Errorf("%s: index %d of honest %s is %s", a.Who, e.Index, e.Author, e.Kind)
				}
				continue
			}
			t := text{e.Author, e.ID, e.Text}
			if at, twice := seen[t]; twice {
				return fmt.Errorf("%s: %q of %s at %d and again at %d", a.Who, e.Text, e.Author, at, e.Index)
			}
			seen[t] = e.Index
			if !honest(e.Author) {
				continue
			}
			n, ok := wrote(e.Author, a.Sid, e.Text)
			if !ok {
				return fmt.Errorf("%s: %s never wrote %q here, shown at %d", a.Who, e.Author, e.Text, e.Index)
			}
			if n <= last[e.Author] {
				return fmt.Errorf("%s: %q of %s at %d, after a later one", a.Who, e.Text, e.Author, e.Index)
			}
			last[e.Author] = n
		}
	}
	return nil
}

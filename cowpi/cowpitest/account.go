package cowpitest

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// Account, Stay and Entry are what one participant was shown of one conversation.
type (
	Account = integrity.Account
	Stay    = integrity.Stay
	Entry   = integrity.Entry
)

// Account tells what a user was shown of a conversation, from its events.
func (u *User) Account(sid suite.Hash) Account {
	k := integrity.Keeper{Account: Account{Who: u.Self.ID, Sid: sid}}
	for _, ev := range u.Events {
		switch b := ev.Body.(type) {
		case cowpi.RosterChanged:
			if b.Sid == sid {
				k.Roster(Entry{Index: b.Index, Epoch: b.Epoch, Kind: integrity.Roster, Author: b.By, Members: members(b.Members)})
			}
		case cowpi.Shown:
			if b.Sid == sid {
				k.Saw(Entry{Index: b.Index, Epoch: b.Epoch, Kind: integrity.Text, Author: b.Author, ID: b.Text.ID, Text: string(b.Text.Text)})
			}
		case cowpi.Repeated:
			if b.Sid == sid {
				k.Saw(Entry{Index: b.Index, Epoch: b.Epoch, Kind: integrity.Repeat, Author: b.Author, ID: b.ID})
			}
		case cowpi.Unreadable:
			if b.Sid == sid {
				k.Saw(Entry{Index: b.Index, Epoch: b.Epoch, Kind: integrity.Unreadable, Author: b.Author})
			}
		case cowpi.Acked:
			if b.Sid == sid {
				k.Processed(b.Index)
			}
		case cowpi.Ended:
			if b.Sid == sid {
				k.Ended()
			}
		}
	}
	return k.Account
}

func members(list []cowpi.Member) (out []integrity.Member) {
	for _, m := range list {
		out = append(out, integrity.Member(m))
	}
	return out
}

// Agree is the relation of package integrity.
func Agree(accounts ...Account) error { return integrity.Agree(accounts...) }

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

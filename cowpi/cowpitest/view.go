package cowpitest

import (
	"fmt"
	"slices"
	"sync/atomic"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Line is one index of a conversation as one participant was shown it.
type Line struct {
	Index   uint64
	Epoch   uint32
	Kind    string // text, repeat, unreadable, roster
	Author  identity.ID
	Text    string
	Added   []identity.ID
	Removed []identity.ID
	Anew    []identity.ID // restarted
	AckedBy []identity.ID
}

// View is a conversation as one participant was shown it.
type View struct {
	Lines []Line
	Ended *cowpi.Ended // the last end, if it is out now
}

// View collects what a user was shown of a conversation from its events.
func (u *User) View(sid suite.Hash) View {
	var v View
	joined := map[identity.ID]uint32{}
	for _, e := range u.Events {
		switch b := e.Body.(type) {
		case cowpi.Shown:
			if b.Sid == sid {
				v.Lines = append(v.Lines, Line{Index: b.Index, Epoch: b.Epoch, Kind: "text", Author: b.Author, Text: string(b.Text.Text)})
			}
		case cowpi.Repeated:
			if b.Sid == sid {
				v.Lines = append(v.Lines, Line{Index: b.Index, Epoch: b.Epoch, Kind: "repeat", Author: b.Author})
			}
		case cowpi.Unreadable:
			if b.Sid == sid {
				v.Lines = append(v.Lines, Line{Index: b.Index, Epoch: b.Epoch, Kind: "unreadable", Author: b.Author})
			}
		case cowpi.RosterChanged:
			if b.Sid == sid {
				v.Lines = append(v.Lines, Line{Index: b.Index, Epoch: b.Epoch, Kind: "roster", Author: b.By,
					Added: b.Added, Removed: b.Removed, Anew: b.Restarted})
				v.Ended = nil
				for _, m := range b.Members {
					joined[m.ID] = m.Joined
				}
			}
		case cowpi.Acked:
			if b.Sid == sid {
				v.acked(b, joined[b.Participant])
			}
		case cowpi.Ended:
			if b.Sid == sid {
				v.Ended = &b
			}
		}
	}
	return v
}

// acked notes who has what. One that was added or restarted has nothing from
// before by what it says after.
func (v View) acked(a cowpi.Acked, joined uint32) {
	for i := range v.Lines {
		l := &v.Lines[i]
		at, has := slices.BinarySearch(l.AckedBy, a.Participant)
		if !has && a.UpTo >= l.Index && l.Epoch >= joined && a.Participant != l.Author {
			l.AckedBy = slices.Insert(l.AckedBy, at, a.Participant)
		}
	}
}

// Texts lists the texts of a view in order.
func (v View) Texts() (out []string) {
	for _, l := range v.Lines {
		if l.Kind == "text" {
			out = append(out, l.Text)
		}
	}
	return out
}

// Conversations lists the Sids that a user has seen, in the order of first sight.
func (u *User) Conversations() (out []suite.Hash) {
	for _, e := range u.Events {
		if b, ok := e.Body.(cowpi.RosterChanged); ok && !slices.Contains(out, b.Sid) {
			out = append(out, b.Sid)
		}
	}
	return out
}

// Head returns the public head that a user has of a conversation.
func (n *Net) Head(u *User, sid suite.Hash) (conversation.Head, bool) {
	h, ok, err := u.Machine.Head(u.Store, sid)
	return h, ok && err == nil
}

// counting counts scalar multiplications. It is atomic because the blocks of one
// upload may be made on several cores.
type counting struct {
	suite.Suite
	count atomic.Int64
	work  atomic.Int64 // of the step under way
}

func (c *counting) mults() int { return int(c.count.Load()) }

// Public counts one fixed-base multiplication.
func (c *counting) Public(x suite.Scalar) suite.Point {
	c.count.Add(1)
	c.spend()
	return c.Suite.Public(x)
}

// DH counts one variable-base multiplication.
func (c *counting) DH(x suite.Scalar, p suite.Point) (suite.Point, error) {
	c.count.Add(1)
	c.spend()
	return c.Suite.DH(x, p)
}

// SameViews says, by an error, whether the users that take part in a conversation
// differ in its head.
func SameViews(n *Net, sid suite.Hash) error {
	var first *conversation.Head
	for _, u := range n.Users {
		h, ok := n.Head(u, sid)
		if !ok {
			continue
		}
		if first == nil {
			first = &h
		} else if *first != h {
			return fmt.Errorf("cowpitest: %s is at index %d with another digest or head than others at %d", u.Self.ID, h.Next, first.Next)
		}
	}
	return nil
}

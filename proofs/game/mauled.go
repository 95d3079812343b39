package game

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// mauled: somebody honest accepted, as an honest author's, a data block, or a block of its
// own, in other bytes than the author made: what is called the integrity of ciphertexts,
// whether or not it means something else then.
func mauled(c *Challenger) *Breach {
	for _, u := range c.users() {
		list := c.parcels(u.Self.ID)
		for i, e := range u.Events {
			at, author, ok := accepted(e.Body)
			if !ok || author == u.Self.ID || !c.speaks(author) {
				continue
			}
			before := slices.DeleteFunc(slices.Clone(list[at]), func(p parcel) bool { return p.events > i })
			if len(before) > 0 && !slices.ContainsFunc(before, func(p parcel) bool { return c.made(author, p.given) }) {
				return &Breach{"mauled", fmt.Sprintf("%s accepted, at %d, other bytes than %s made", u.Self.ID, at.index, author)}
			}
		}
	}
	return nil
}

// spot is an index of a conversation.
type spot struct {
	sid   suite.Hash
	index uint64
}

// accepted is whose entry an event says was accepted, and where.
func accepted(body cowpi.EventBody) (at spot, author identity.ID, ok bool) {
	switch b := body.(type) {
	case cowpi.Acked:
		return spot{b.Sid, b.Index}, b.Participant, true
	case cowpi.RosterChanged:
		return spot{b.Sid, b.Index}, b.By, true
	}
	return at, "", false
}

// parcel is what was delivered, and how many events there were by then.
type parcel struct {
	given
	events int
}

// parcels is what a user was delivered since the trial began, by where it should stand.
func (c *Challenger) parcels(to identity.ID) map[spot][]parcel {
	out := map[spot][]parcel{}
	for _, h := range c.talk.heard {
		if h.to != to {
			continue
		}
		m, err := exchange.Parse(c.net.Suite(), h.payload)
		if d, ok := m.(exchange.Delivery); ok && err == nil {
			at := spot{d.Sid, d.Index}
			out[at] = append(out[at], parcel{given{string(d.Data), string(d.Block)}, h.events})
		}
	}
	return out
}

// made says whether an author uploaded this.
func (c *Challenger) made(author identity.ID, g given) bool {
	key := authored{author, g}
	return c.talk.authored[key] || c.talk.earlier[key]
}

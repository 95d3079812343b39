package explore

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// Property is something that must hold in every state. What SPEC.md, 1.3, promises
// of views compares two at most; so Broken is asked for each pair of honest
// participants, both ways, and for each alone (other is then nil).
type Property struct {
	Name   string
	Broken func(one, other *View, c Corruption) error
}

// Corruption says who is honest.
type Corruption struct {
	Provider identity.ID // the honest one; "": none is
	People   []identity.ID
}

// Machine is the name of what no property says, because it is always looked at: a
// step of an honest machine fails, panics, accuses somebody honest, or sends what
// does not parse.
const Machine = "machines"

// Integrity is conversation integrity, and participant consistency, (b): of two
// views, from where the later began, one continues the other.
var Integrity = Property{"conversation integrity", func(one, other *View, _ Corruption) error {
	if other == nil {
		return nil
	}
	for _, h := range one.Heads {
		for _, o := range other.Heads {
			if h.Next == o.Next && h.Digest != o.Digest {
				return fmt.Errorf("%s and %s came to index %d with different digests", one.Account.Who, other.Account.Who, h.Next)
			}
		}
	}
	return integrity.Agree(one.Account, other.Account)
}}

// Authenticity is message integrity and authentication: what one was shown of the
// other was written by it, here, once, and in this order. A text that was shown and is
// reported as a repeat is not shown a second time (SPEC.md, 8.3, C3).
var Authenticity = Property{"message integrity", func(one, other *View, _ Corruption) error {
	author := other
	if other == nil {
		author = one
	}
	return cowpitest.Sound(withoutRepeats(one.Account), func(id identity.ID) bool { return id == author.Account.Who },
		func(_ identity.ID, _ suite.Hash, text string) (uint64, bool) {
			for i, t := range author.Wrote {
				if t == text {
					return uint64(i) + 1, true
				}
			}
			return 0, false
		})
}}

// withoutRepeats is an account without what it says of texts that it has shown before.
func withoutRepeats(a integrity.Account) integrity.Account {
	type text struct {
		author identity.ID
		id     content.TextID
	}
	shown := map[text]bool{}
	stays := slices.Clone(a.Stays)
	for i, s := range stays {
		stays[i].Entries = slices.DeleteFunc(slices.Clone(s.Entries), func(e integrity.Entry) bool {
			t := text{e.Author, e.ID}
			shown[t] = shown[t] || e.Kind == integrity.Text
			return e.Kind == integrity.Repeat && shown[t]
		})
	}
	a.Stays = stays
	return a
}

// Consistency is participant consistency, (a): what an author wrote for one roster
// is accepted under this roster only.
var Consistency = Property{"participant consistency", func(one, other *View, _ Corruption) error {
	if other == nil {
		return nil
	}
	for _, s := range one.Account.Stays {
		for _, e := range s.Entries {
			if e.Kind == integrity.Roster || e.Author != other.Account.Who {
				continue
			}
			here, there := rosterOf(one, e.Epoch), rosterOf(other, e.Epoch)
			if here == nil || there == nil || !here.Equal(*there) && !sameMembers(*here, *there) {
				return fmt.Errorf("%s accepted %q of %s at index %d under another roster", one.Account.Who, e.Text, e.Author, e.Index)
			}
		}
	}
	return nil
}}

func sameMembers(a, b integrity.Entry) bool {
	a.Index, b.Index, a.Author, b.Author = 0, 0, "", ""
	return a.Equal(b)
}

func rosterOf(v *View, epoch uint32) *integrity.Entry {
	for _, s := range v.Account.Stays {
		for i := range s.Entries {
			if e := &s.Entries[i]; e.Kind == integrity.Roster && e.Epoch == epoch {
				return e
			}
		}
	}
	return nil
}

// Blame is that nobody honest is accused by name: not the honest provider, and
// while there is one, no honest author.
var Blame = Property{"blame", func(one, other *View, c Corruption) error {
	if other != nil {
		return nil
	}
	for _, p := range one.Blames {
		for _, id := range append(c.People, c.Provider) {
			if c.Provider != "" && p.ID == string(id) && (p.Role == fault.RoleProvider || p.Role == fault.RoleAuthor || p.Role == fault.RoleUser) {
				return fmt.Errorf("%s accuses the honest %s", one.Account.Who, id)
			}
		}
	}
	return nil
}}

// Availability is that nobody stops while each provider says what the honest one
// says, and every author is honest: what Valid and Admission let through breaks no check.
var Availability = Property{"availability", func(one, other *View, _ Corruption) error {
	if other == nil && one.Stopped {
		return fmt.Errorf("%s stopped, though nobody lied to it", one.Account.Who)
	}
	return nil
}}

// Promised lists what SPEC.md, 1.3, promises within bounds: while every provider is
// corrupt, no integrity, and consistency only while all participants are honest.
func Promised(b Bounds) []Property {
	switch {
	case b.Honest < 0 && b.Corrupt > 0:
		return []Property{Authenticity}
	case b.Honest < 0:
		return []Property{Authenticity, Consistency}
	case b.Corrupt == 0 && b.Substitutions == 0:
		return []Property{Integrity, Authenticity, Consistency, Blame, Availability}
	}
	return []Property{Integrity, Authenticity, Consistency, Blame}
}

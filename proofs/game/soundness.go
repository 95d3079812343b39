package game

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// misquoted: somebody honest was shown, as an honest author's, what that author did not
// write there; or a text twice; or texts in another order than the author's; or what
// the author wrote is shown as unreadable, or held for a repeat that it is not.
//
// A text that was shown, and then is reported as a repeat, is no breach: its author
// writes it anew in a new epoch if all providers hid from it that it was accepted. And
// what corrupt authors say, again and again if they like, is their own affair.
func misquoted(c *Challenger) *Breach {
	for _, u := range c.users() {
		last, seen := map[place]uint64{}, map[string]bool{}
		next := map[suite.Hash]uint64{} // lowest index that may come
		for _, e := range u.Events {
			kind, what := "", ""
			if sid, index, ok := placed(e.Body); ok {
				if index < next[sid] {
					return &Breach{"order", fmt.Sprintf("%s was shown index %d after %d", u.Self.ID, index, next[sid]-1)}
				}
				next[sid] = index + 1
			}
			switch b := e.Body.(type) {
			case cowpi.Shown:
				if !c.speaks(b.Author) {
					continue
				}
				at := place{b.Author, b.Sid}
				n, ok := c.wrote(b.Author, b.Sid, string(b.Text.Text))
				id := textIn(b.Sid, b.Author, b.Text.ID)
				what = fmt.Sprintf("%s was shown %q of %s at %d", u.Self.ID, b.Text.Text, b.Author, b.Index)
				switch {
				case !ok:
					kind, what = "never-written", what+", which it never wrote there"
				case n == last[at] || seen[id]:
					kind, what = "twice", what+" again"
				case n < last[at]:
					kind, what = "order", what+", after a later one"
				}
				last[at], seen[id] = n, true
			case cowpi.Unreadable:
				if c.speaks(b.Author) {
					kind, what = "garbled", fmt.Sprintf("what %s wrote was unreadable for %s at %d", b.Author, u.Self.ID, b.Index)
				}
			case cowpi.Repeated:
				if c.speaks(b.Author) && !seen[textIn(b.Sid, b.Author, b.ID)] {
					kind, what = "suppressed", fmt.Sprintf("a text of %s at %d is a repeat for %s, and was not shown before", b.Author, b.Index, u.Self.ID)
				}
			}
			if kind != "" {
				return &Breach{kind, what}
			}
		}
	}
	return nil
}

// placed is the index of what an event shows.
func placed(body cowpi.EventBody) (sid suite.Hash, index uint64, ok bool) {
	switch b := body.(type) {
	case cowpi.Shown:
		return b.Sid, b.Index, true
	case cowpi.Unreadable:
		return b.Sid, b.Index, true
	case cowpi.Repeated:
		return b.Sid, b.Index, true
	case cowpi.RosterChanged:
		return b.Sid, b.Index, true
	}
	return sid, 0, false
}

// leftOut: of the indices of its stay in a conversation, somebody honest was shown some,
// and not what stands between them.
func leftOut(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		for _, a := range c.accounts(sid) {
			for _, s := range a.Stays {
				if s.Indices != 0 && s.Indices != s.Last-s.First+1 {
					return &Breach{"left-out", fmt.Sprintf("of indices %d to %d %s was shown %d", s.First, s.Last, a.Who, s.Indices)}
				}
			}
		}
	}
	return nil
}

// ackedUnseen: at an index, somebody honest is told that somebody honest had processed
// that index, or later ones, when it wrote.
func ackedUnseen(c *Challenger) *Breach {
	for _, u := range c.users() {
		for _, e := range u.Events {
			if b, ok := e.Body.(cowpi.Acked); ok && c.speaks(b.Participant) && b.UpTo >= b.Index {
				return &Breach{"acked-unseen", fmt.Sprintf("%s is told at %d that %s has all up to %d", u.Self.ID, b.Index, b.Participant, b.UpTo)}
			}
		}
	}
	return nil
}

// textIn names a text by its id.
func textIn(sid suite.Hash, author identity.ID, id content.TextID) string {
	return string(sid[:]) + string(author.Field()) + string(id[:])
}

// outOfEpoch: somebody honest was shown a text of an honest author in an epoch in which
// that author did not write it, whatever epoch the text itself names.
func outOfEpoch(c *Challenger) *Breach {
	for _, u := range c.users() {
		now := map[suite.Hash]uint32{}
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.RosterChanged:
				now[b.Sid] = b.Epoch
			case cowpi.Shown:
				meant := func(w written) bool { return w.text == string(b.Text.Text) && w.epoch == now[b.Sid] }
				if c.speaks(b.Author) && !slices.ContainsFunc(c.uploads[place{b.Author, b.Sid}], meant) {
					return &Breach{"another-epoch", fmt.Sprintf("%s was shown %q of %s in epoch %d, in which it did not write that",
						u.Self.ID, b.Text.Text, b.Author, now[b.Sid])}
				}
			}
		}
	}
	return nil
}

// impersonated: somebody honest has another key than the right one for somebody honest
// in a roster. In every setting the first key that was seen is the right one; for a
// newcomer, whom nobody has met, that is so as long as one provider is honest.
func impersonated(c *Challenger) *Breach {
	known := func(id identity.ID) bool {
		return c.honest(id) && (!c.newcomers[id] || slices.ContainsFunc(c.net.Providers, func(p *cowpitest.Provider) bool { return c.upright(p.Self.ID) }))
	}
	for _, u := range c.users() {
		for _, e := range u.Events {
			b, ok := e.Body.(cowpi.RosterChanged)
			if !ok {
				continue
			}
			for _, m := range b.Members {
				if known(m.ID) && c.net.User(string(m.ID)).Self.Key != m.Key {
					return &Breach{"impostor", fmt.Sprintf("%s takes another key for %s's, in epoch %d", u.Self.ID, m.ID, b.Epoch)}
				}
			}
		}
	}
	return nil
}

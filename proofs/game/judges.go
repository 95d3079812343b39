package game

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// first is the first breach that one of these judges finds.
func first(judges ...func(*Challenger) *Breach) func(*Challenger) *Breach {
	return func(c *Challenger) *Breach {
		for _, j := range judges {
			if b := j(c); b != nil {
				return b
			}
		}
		return nil
	}
}

// parted: of two honest views of a conversation, compared from where the later of
// them began, each has something that the other does not have there.
func parted(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		if err := integrity.Agree(c.accounts(sid)...); err != nil {
			return &Breach{"parted", err.Error()}
		}
	}
	return nil
}

// otherCode: two honest people, at one index, have different conversation codes: what
// they would compare says that they differ (SPEC.md, 10.2), in receipts perhaps, or in
// what was before the later of them joined.
func otherCode(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		digests := map[uint64]suite.Hash{}
		for _, u := range c.users() {
			h, in := c.net.Head(u, sid)
			if d, also := digests[h.Next]; in && also && d != h.Digest {
				return &Breach{"other-code", fmt.Sprintf("%s has another code than others behind index %d", u.Self.ID, h.Next-1)}
			}
			if in {
				digests[h.Next] = h.Digest
			}
		}
	}
	return nil
}

// equalCodes: two honest people, at one index, have one conversation code, and were
// shown two texts at an index of which both were shown one in the stay that goes on.
// Of such a code people would conclude that they have seen the same.
func equalCodes(c *Challenger) *Breach {
	type view struct {
		who   identity.ID
		texts map[uint64]integrity.Entry
	}
	for _, sid := range c.sids() {
		views := map[suite.Hash][]view{}
		for _, u := range c.users() {
			h, in := c.net.Head(u, sid)
			stays := u.Account(sid).Stays
			if !in || len(stays) == 0 {
				continue
			}
			v := view{u.Self.ID, map[uint64]integrity.Entry{}}
			for _, e := range stays[len(stays)-1].Entries {
				if e.Kind == integrity.Text {
					v.texts[e.Index] = e
				}
			}
			for _, w := range views[h.Digest] {
				for i, e := range v.texts {
					if o, both := w.texts[i]; both && (o.ID != e.ID || o.Author != e.Author) {
						return &Breach{"equal-codes", fmt.Sprintf("%s and %s have one code, and were shown %q and %q at %d", v.who, w.who, e.Text, o.Text, i)}
					}
				}
			}
			views[h.Digest] = append(views[h.Digest], v)
		}
	}
	return nil
}

// unsound: somebody honest was shown, as an honest author's, what that author did not
// write there; or a text twice; or texts in another order than the author's. What
// corrupt authors say, again and again if they like, is their own affair. So is what
// is reported as a repeat: it is not shown (SPEC.md, 8.3, C3).
func unsound(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		for _, a := range c.accounts(sid) {
			for i := range a.Stays {
				a.Stays[i].Entries = slices.DeleteFunc(a.Stays[i].Entries, func(e integrity.Entry) bool {
					return e.Kind != integrity.Roster && (e.Kind != integrity.Text || !c.honest(e.Author))
				})
			}
			if err := cowpitest.Sound(a, c.honest, c.wrote); err != nil {
				return &Breach{"unsound", err.Error()}
			}
		}
	}
	return nil
}

// knows notes that an author of the challenge knows who reads it now.
func (c *Challenger) knows(author identity.ID, sid suite.Hash) {
	u := c.net.User(string(author))
	r, in, err := u.Machine.Roster(u.Store, sid)
	if err != nil || !in {
		return
	}
	for _, cl := range c.claimed {
		if cl.place == (place{author, sid}) {
			for _, e := range r.Entries() {
				cl.known[e.ID] = true
			}
		}
	}
}

// decided notes what an application's word means: for who may read the challenge, if it
// releases texts, or adds readers itself; and for its own prekeys.
func (c *Challenger) decided(who identity.ID, in cowpi.Input) {
	switch in := in.(type) {
	case cowpi.ReleaseTexts:
		c.knows(who, in.Sid)
	case cowpi.ReplaceStock:
		c.withdrew[who] = true
	case cowpi.Update:
		for _, cl := range c.claimed {
			if cl.place == (place{who, in.Sid}) {
				for _, id := range in.Add {
					cl.known[id] = true
				}
			}
		}
	}
}

// readByOthers says, of the texts of the challenge, whether an upload that carried one
// was for a reader who is corrupt, or under a key that is not its reader's. Who was
// added without the author's knowledge is no such reader: the text should have waited.
func readByOthers(c *Challenger) string {
	for _, cl := range c.claimed {
		author := c.net.User(string(cl.author))
		for _, w := range c.uploads[cl.place] {
			if w.text != cl.text {
				continue
			}
			for _, m := range rosterOf(author, cl.sid, w.epoch) {
				peer := c.net.User(string(m.ID))
				if cl.known[m.ID] && (peer == nil || !c.honest(m.ID) || peer.Self.Key != m.Key) {
					return fmt.Sprintf("%s was among the readers", m.ID)
				}
			}
		}
		if !c.honest(cl.author) {
			return fmt.Sprintf("the author %s is corrupt", cl.author)
		}
	}
	return ""
}

package game

import (
	"errors"
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// change is a SETUP or UPDATE that somebody honest made: the epoch that it begins,
// and who is in.
type change struct {
	epoch   uint32
	members []cowpi.Member
}

// twoRosters: at one index two honest views have different rosters. A view's roster
// at an index is that of the last change up to there, so it is enough to compare
// where they change.
func twoRosters(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		accounts := c.accounts(sid)
		for i := range accounts {
			for j := range accounts[i].Stays {
				s := &accounts[i].Stays[j]
				var rosters []integrity.Entry
				for _, e := range s.Entries {
					if e.Kind == integrity.Roster {
						e.Author = "" // who changed it is not what is asked
						rosters = append(rosters, e)
					}
				}
				s.Entries = rosters
			}
		}
		var d *integrity.Difference
		if err := integrity.Agree(accounts...); errors.As(err, &d) {
			return &Breach{"two-rosters", err.Error()}
		}
	}
	return nil
}

// underAnotherRoster: somebody honest accepted a text that an honest author wrote for
// another epoch, or for other readers, than it has itself.
func underAnotherRoster(c *Challenger) *Breach {
	for _, u := range c.users() {
		for _, e := range u.Events {
			b, ok := e.Body.(cowpi.Shown)
			if !ok || !c.honest(b.Author) {
				continue
			}
			mine := rosterOf(u, b.Sid, b.Epoch)
			author := c.net.User(string(b.Author))
			meant := slices.ContainsFunc(c.uploads[place{b.Author, b.Sid}], func(w written) bool {
				return w.id == b.Text.ID && w.epoch == b.Epoch && slices.Equal(mine, rosterOf(author, b.Sid, b.Epoch))
			})
			if !meant {
				return &Breach{"another-roster", fmt.Sprintf("%s was shown %q of %s, in epoch %d among %v, for whom it was not written",
					u.Self.ID, b.Text.Text, b.Author, b.Epoch, idsOf(mine))}
			}
		}
	}
	return nil
}

// forgedRoster: somebody honest accepted, as an honest author's, a change of the
// roster that this author did not make so; or made of another roster.
func forgedRoster(c *Challenger) *Breach {
	return c.eachChange(func(u *cowpitest.User, b cowpi.RosterChanged) *Breach {
		if !c.honest(b.By) {
			return nil
		}
		made := slices.ContainsFunc(c.changes[place{b.By, b.Sid}], func(x change) bool {
			return x.epoch == b.Epoch && slices.Equal(x.members, b.Members)
		})
		if !made {
			return &Breach{"forged-roster", fmt.Sprintf("%s accepts epoch %d among %v of %s, who did not make it",
				u.Self.ID, b.Epoch, idsOf(b.Members), b.By)}
		}
		before := rosterOf(c.net.User(string(b.By)), b.Sid, b.Epoch-1)
		if stays(u, b) && !slices.Equal(before, rosterOf(u, b.Sid, b.Epoch-1)) {
			return &Breach{"another-roster", fmt.Sprintf("%s accepts a change of %s, in epoch %d, to a roster that it does not have",
				u.Self.ID, b.By, b.Epoch-1)}
		}
		return nil
	})
}

// twoBeginnings: two honest people, or one of them twice, were shown how a conversation
// began, and not the same: its name says who began it, and with whom, whoever is
// corrupt (SPEC.md, 8.2).
func twoBeginnings(c *Challenger) *Breach {
	type beginning struct {
		who identity.ID
		cowpi.RosterChanged
	}
	first := map[suite.Hash]beginning{}
	return c.eachChange(func(u *cowpitest.User, b cowpi.RosterChanged) *Breach {
		if b.Epoch > 0 {
			return nil
		}
		f, again := first[b.Sid]
		if !again {
			first[b.Sid] = beginning{u.Self.ID, b}
		} else if f.By != b.By || !slices.Equal(f.Members, b.Members) {
			return &Breach{"two-beginnings", fmt.Sprintf("for %s a conversation was begun by %s with %v, for %s by %s with %v",
				f.who, f.By, idsOf(f.Members), u.Self.ID, b.By, idsOf(b.Members))}
		}
		return nil
	})
}

// burglary: somebody honest accepted a change of the roster by one who is not in it.
func burglary(c *Challenger) *Breach {
	return c.eachChange(func(u *cowpitest.User, b cowpi.RosterChanged) *Breach {
		in := b.Members
		if stays(u, b) {
			in = rosterOf(u, b.Sid, b.Epoch-1)
		}
		if slices.Contains(idsOf(in), b.By) {
			return nil
		}
		return &Breach{"burglary", fmt.Sprintf("%s lets %s change the roster to %v, who is none of %v",
			u.Self.ID, b.By, idsOf(b.Members), idsOf(in))}
	})
}

// impostor: somebody honest has another key than the right one for somebody honest
// in a roster. Nobody has met anybody by a wrong key: in every setting the first key
// that was seen is the right one.
func impostor(c *Challenger) *Breach {
	return c.eachChange(func(u *cowpitest.User, b cowpi.RosterChanged) *Breach {
		for _, m := range b.Members {
			if peer := c.net.User(string(m.ID)); peer != nil && c.honest(m.ID) && peer.Self.Key != m.Key {
				return &Breach{"impostor", fmt.Sprintf("%s takes another key for %s's, in epoch %d", u.Self.ID, m.ID, b.Epoch)}
			}
		}
		return nil
	})
}

// amongThemselves: somebody honest whom an UPDATE brought in, or restarted, wrote a
// text under a roster that names others, and none of these ever had it: the joiner's
// rule (SPEC.md, 10.4). A corrupt participant may say that it had.
func amongThemselves(c *Challenger) *Breach {
	for _, u := range c.users() {
		for _, sid := range u.Conversations() {
			for _, w := range c.uploads[place{u.Self.ID, sid}] {
				roster := rosterOf(u, sid, w.epoch)
				joined := joinedOf(roster, u.Self.ID)
				began := changeOf(u, sid, joined)
				if joined == 0 || began == nil || !c.allHonest(roster) || !c.allHonest(began.Members) {
					continue
				}
				could := func(m cowpi.Member) bool {
					return m.ID != u.Self.ID && (began.By == u.Self.ID || m.ID == began.By || m.Joined < joined)
				}
				had := func(m cowpi.Member) bool {
					return could(m) && slices.Equal(rosterOf(c.net.User(string(m.ID)), sid, joined), began.Members)
				}
				if slices.ContainsFunc(roster, could) && !slices.ContainsFunc(began.Members, had) {
					return &Breach{"among-themselves", fmt.Sprintf("%s wrote %q for %v, in epoch %d, and nobody who was there before it ever had the roster by which it joined",
						u.Self.ID, w.text, idsOf(roster), w.epoch)}
				}
			}
		}
	}
	return nil
}

// eachChange is the first breach in what the honest were shown of rosters.
func (c *Challenger) eachChange(judge func(*cowpitest.User, cowpi.RosterChanged) *Breach) *Breach {
	for _, u := range c.users() {
		for _, e := range u.Events {
			if b, ok := e.Body.(cowpi.RosterChanged); ok {
				if found := judge(u, b); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// allHonest says whether all of these are.
func (c *Challenger) allHonest(list []cowpi.Member) bool {
	return !slices.ContainsFunc(list, func(m cowpi.Member) bool { return !c.honest(m.ID) })
}

// stays says whether somebody who is shown a change was in before it.
func stays(u *cowpitest.User, b cowpi.RosterChanged) bool {
	return b.Epoch > 0 && !slices.Contains(b.Added, u.Self.ID)
}

// rosterOf is who is in, as a user was shown it, in an epoch; nil if it was not.
func rosterOf(u *cowpitest.User, sid suite.Hash, epoch uint32) []cowpi.Member {
	if b := changeOf(u, sid, epoch); b != nil {
		return b.Members
	}
	return nil
}

// changeOf is how an epoch began, as a user was shown it.
func changeOf(u *cowpitest.User, sid suite.Hash, epoch uint32) *cowpi.RosterChanged {
	for _, e := range slices.Backward(u.Events) {
		if b, ok := e.Body.(cowpi.RosterChanged); ok && b.Sid == sid && b.Epoch == epoch {
			return &b
		}
	}
	return nil
}

func joinedOf(list []cowpi.Member, id identity.ID) uint32 {
	for _, m := range list {
		if m.ID == id {
			return m.Joined
		}
	}
	return 0
}

func idsOf(list []cowpi.Member) (out []identity.ID) {
	for _, m := range list {
		out = append(out, m.ID)
	}
	return out
}

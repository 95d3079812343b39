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

// twoRosters: at one index two honest views have different rosters.
func twoRosters(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		accounts := c.accounts(sid)
		for i := range accounts {
			for j := range accounts[i].Stays {
				s := &accounts[i].Stays[j]
				s.Entries = slices.DeleteFunc(slices.Clone(s.Entries), func(e integrity.Entry) bool { return e.Kind != integrity.Roster })
			}
		}
		var d *integrity.Difference
		if err := integrity.Agree(accounts...); errors.As(err, &d) && d.One != nil && d.Other != nil {
			return &Breach{"two-rosters", err.Error()}
		}
	}
	return nil
}

// unsound: somebody honest was shown, as an honest author's, what that author did not
// write there; or a text twice; or texts in another order than the author's.
func unsound(c *Challenger) *Breach {
	for _, sid := range c.sids() {
		for _, a := range c.accounts(sid) {
			if err := cowpitest.Sound(a, c.honest, c.wrote); err != nil {
				return &Breach{"unsound", err.Error()}
			}
		}
	}
	return nil
}

// underAnotherRoster: somebody honest accepted what an honest author wrote for
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
			meant := false
			for _, w := range c.uploads[place{b.Author, b.Sid}] {
				meant = meant || w.id == b.Text.ID && w.epoch == b.Epoch && slices.Equal(mine, rosterOf(author, b.Sid, b.Epoch))
			}
			if !meant {
				return &Breach{"another-roster", fmt.Sprintf("%s was shown %q of %s, in epoch %d among %v, for whom it was not written",
					u.Self.ID, b.Text.Text, b.Author, b.Epoch, idsOf(mine))}
			}
		}
	}
	return nil
}

// rosterOf is who is in, as a user was shown it, in an epoch; nil if it was not.
func rosterOf(u *cowpitest.User, sid suite.Hash, epoch uint32) []cowpi.Member {
	for _, e := range slices.Backward(u.Events) {
		if b, ok := e.Body.(cowpi.RosterChanged); ok && b.Sid == sid && b.Epoch == epoch {
			return b.Members
		}
	}
	return nil
}

func idsOf(list []cowpi.Member) (out []identity.ID) {
	for _, m := range list {
		out = append(out, m.ID)
	}
	return out
}

// impostor: somebody honest has another key than the right one for somebody honest
// in a roster. Nobody has met anybody by a wrong key: in every setting the first key
// that was seen is the right one.
func impostor(c *Challenger) *Breach {
	for _, u := range c.users() {
		for _, e := range u.Events {
			b, ok := e.Body.(cowpi.RosterChanged)
			if !ok {
				continue
			}
			for _, m := range b.Members {
				if peer := c.net.User(string(m.ID)); peer != nil && c.honest(m.ID) && peer.Self.Key != m.Key {
					return &Breach{"impostor", fmt.Sprintf("%s takes another key for %s's, in epoch %d", u.Self.ID, m.ID, b.Epoch)}
				}
			}
		}
	}
	return nil
}

// readByOthers says, of the texts of the challenge, whether an upload that carried one
// was for a reader who is corrupt, or under a key that is not its reader's.
func readByOthers(c *Challenger) string {
	for _, cl := range c.claimed {
		author := c.net.User(string(cl.author))
		for _, w := range c.uploads[cl.place] {
			if w.text != cl.text {
				continue
			}
			for _, m := range rosterOf(author, cl.sid, w.epoch) {
				peer := c.net.User(string(m.ID))
				if peer == nil || !c.honest(m.ID) || peer.Self.Key != m.Key {
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

package conversation

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// NewEpoch is the epoch that a SETUP or UPDATE begins.
func (d *DataBlock) NewEpoch() uint32 {
	if d.Type == SETUP {
		return 0
	}
	return d.Epoch + 1
}

// AuthorIn returns the id of the author, with the roster before the block (nil
// for a SETUP). The author's position must be within it.
func (d *DataBlock) AuthorIn(before *Roster) identity.ID {
	if d.Type == SETUP || d.Type == UPDATE {
		return d.AuthorID
	}
	return before.At(int(d.Author)).ID
}

// Recipients lists, in the order of ids, whom a block of their own is due: the
// others of the roster; for an UPDATE those of the old and of the new one. The
// blocks of an upload stand in just this order, which is why they need no names.
func Recipients(before *Roster, d *DataBlock) []identity.ID {
	rosters := [2]*Roster{before, d.Roster}
	if d.Type == SETUP {
		rosters[0] = nil
	}
	author := d.AuthorIn(before)
	room := 0
	for _, r := range rosters {
		if r != nil {
			room = max(room, r.Len()) // mostly enough: an UPDATE changes little
		}
	}
	out := make([]identity.ID, 0, room)
	var at [2]int
	for {
		var next identity.ID
		for i, r := range rosters {
			if r != nil && at[i] < r.Len() && (next == "" || r.entries[at[i]].ID < next) {
				next = r.entries[at[i]].ID
			}
		}
		if next == "" {
			return out
		}
		for i, r := range rosters {
			if r != nil && at[i] < r.Len() && r.entries[at[i]].ID == next {
				at[i]++
			}
		}
		if next != author {
			out = append(out, next)
		}
	}
}

// Fresh lists the entries that a SETUP or UPDATE adds or restarts. All keys of
// their pairs are new.
func Fresh(d *DataBlock) []Entry {
	var out []Entry
	if d.Roster != nil {
		for _, e := range d.Roster.entries {
			if e.Joined == d.NewEpoch() {
				out = append(out, e)
			}
		}
	}
	return out
}

// Needs says for one participant from whose stock assigned prekeys are taken.
type Needs struct {
	Owner identity.ID
	Peers []identity.ID // each gets one prekey of Owner, in this order
}

// Assignments lists which prekeys the providers assign for a SETUP or UPDATE
// (SPEC.md, 6.4): one in each direction for every pair with an added or
// restarted participant, the author's pairs excepted, because its blocks carry
// keys. Owners and peers are in the order of ids.
func Assignments(d *DataBlock) []Needs {
	if d.Roster == nil {
		return nil
	}
	fresh := d.NewEpoch()
	var out []Needs
	for _, owner := range d.Roster.entries {
		if owner.ID == d.AuthorID {
			continue
		}
		n := Needs{Owner: owner.ID}
		for _, peer := range d.Roster.entries {
			if peer.ID != owner.ID && peer.ID != d.AuthorID && (owner.Joined == fresh || peer.Joined == fresh) {
				n.Peers = append(n.Peers, peer.ID)
			}
		}
		if len(n.Peers) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// FetchesFor lists, in the order of ids, whose prekeys the author must have
// fetched for this block: those whose blocks open a fresh pair. For an author
// that restarts itself these are all that stay.
func FetchesFor(d *DataBlock) []identity.ID {
	if d.Roster == nil {
		return nil
	}
	self, _ := d.Roster.Find(d.AuthorID)
	all := d.Roster.Position(d.AuthorID) >= 0 && self.Joined == d.NewEpoch()
	var out []identity.ID
	for _, e := range d.Roster.entries {
		if e.ID != d.AuthorID && (all || e.Joined == d.NewEpoch()) {
			out = append(out, e.ID)
		}
	}
	return out
}

// Pairs are the pairs of one participant in the blocks of one entry.
type Pairs struct {
	before, after *Roster
	old, new      Entry // the participant's own
	stays         bool  // it is in the new roster
	epoch         uint32
}

// PairsOf looks a participant up in the roster before an entry, which is nil for a
// SETUP, and in the one that the entry brings, if it brings one.
func PairsOf(before *Roster, d *DataBlock, one identity.ID) Pairs {
	p := Pairs{before: before, after: d.Roster, epoch: d.NewEpoch()}
	if p.before != nil {
		p.old, _ = p.before.Find(one)
	}
	if p.after != nil {
		p.new, p.stays = p.after.Find(one)
	}
	return p
}

// With returns the entries of both that count for the pair with another: of the
// new roster where the pair is made afresh, else of the one before. fresh says
// which. Who is in neither has a zero entry.
func (p *Pairs) With(other identity.ID) (own, theirs Entry, fresh bool) {
	if p.stays {
		e, in := p.after.Find(other)
		if in && (e.Joined == p.epoch || p.new.Joined == p.epoch) {
			return p.new, e, true
		}
	}
	if p.before == nil {
		return Entry{}, Entry{}, false
	}
	theirs, _ = p.before.Find(other)
	return p.old, theirs, false
}

// Purpose is what a Fetch must have named for its prekeys to be used in this
// block: the Sid, or for a SETUP, whose Sid depends on the keys that the fetch is
// to bring, the hash of its nonce, its author and the provider set.
func (d *DataBlock) Purpose(s suite.Suite) suite.Hash {
	if d.Type != SETUP {
		return d.Sid
	}
	return SetupPurpose(s, d.Nonce, d.AuthorID, d.Providers)
}

// SetupPurpose is Purpose of a SETUP that is still to be written.
func SetupPurpose(s suite.Suite, nonce [32]byte, author identity.ID, providers suite.Hash) suite.Hash {
	return s.Hash("setup purpose", nonce[:], author.Field(), providers[:])
}

// AddsOrRestarts says whether the block brings somebody in or starts somebody
// afresh.
func (d *DataBlock) AddsOrRestarts() bool { return len(Fresh(d)) > 0 }

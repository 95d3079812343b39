package conversation

import (
	"math"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Head is the part of the public state that changes with every index. Its zero
// value, but for Sid and Providers, is a conversation before its SETUP.
type Head struct {
	Sid       suite.Hash
	Providers suite.Hash // digest of the provider set
	Epoch     uint32
	Base      uint64     // index of the SETUP or UPDATE that began the epoch
	Next      uint64     // the index that comes next; 0: no SETUP yet
	Digest    suite.Hash // h of index Next-1; zero before the SETUP
}

// Author is what the public state knows of one participant within an epoch.
type Author struct {
	Seq uint64 // its last
	K   uint64 // its last
}

// State is the public state as far as one data block is judged by it: the head,
// the roster (nil before the SETUP) and the last of the block's author.
type State struct {
	Head
	Roster *Roster
	Last   Author
}

// First is the entry of an author that has written nothing in the epoch yet.
func (h Head) First() Author { return Author{0, h.Base} }

// Before is the state of a conversation that has no SETUP yet.
func Before(providers suite.Hash) State { return State{Head: Head{Providers: providers}} }

// AnyBlocks in place of a number of blocks leaves V14 to the providers: a
// participant sees its own block only.
const AnyBlocks = -1

// Valid judges a data block, with so many blocks, as the next of the
// conversation: checks V2 to V14 of SPEC.md, but V8. It returns nil or evidence.
func Valid(st State, d *DataBlock, blocks int) error {
	if err := validHere(st, d); err != nil {
		return err
	}
	if want := len(Recipients(st.Roster, d)); blocks != AnyBlocks && blocks != want {
		return fault.Refute(fault.V14, "%d blocks for %d recipients", blocks, want)
	}
	return nil
}

func validHere(st State, d *DataBlock) error {
	if d.Type == SETUP {
		return validSetup(st, d)
	}
	switch {
	case st.Next == 0:
		return fault.Refute(fault.V3, "%s before the SETUP", d.Type)
	case d.Sid != st.Sid:
		return fault.Refute(fault.V2, "Sid of another conversation")
	case d.Epoch != st.Epoch:
		return fault.Refute(fault.V4, "epoch %d, current is %d", d.Epoch, st.Epoch)
	case d.RosterDigest != st.Roster.Digest():
		return fault.Refute(fault.V4, "another roster than that of epoch %d", st.Epoch)
	case int(d.Author) >= st.Roster.Len():
		return fault.Refute(fault.V5, "author %d of %d participants", d.Author, st.Roster.Len())
	case st.Last.Seq == math.MaxUint64 || d.Seq != st.Last.Seq+1:
		return fault.Refute(fault.V6, "seq %d after %d", d.Seq, st.Last.Seq)
	case d.K < st.Last.K || d.K >= st.Next:
		return fault.Refute(fault.V7, "k %d is not from %d to %d", d.K, st.Last.K, st.Next-1)
	}
	switch d.Type {
	case MSG, RCPT:
		return nil
	case UPDATE:
		return validUpdate(st, d)
	}
	return fault.Bugf("data block of unknown type %d was parsed", d.Type)
}

func validSetup(st State, d *DataBlock) error {
	switch {
	case st.Next != 0:
		return fault.Refute(fault.V3, "SETUP at index %d", st.Next)
	case d.Providers != st.Providers:
		return fault.Refute(fault.V13, "another provider set")
	case d.Roster.Position(d.AuthorID) < 0:
		return fault.Refute(fault.V5, "the author %q is not in the roster", d.AuthorID)
	}
	for _, e := range d.Roster.entries {
		if e.Joined != 0 {
			return fault.Refute(fault.V10, "%q joins at epoch %d, not 0", e.ID, e.Joined)
		}
	}
	return nil
}

func validUpdate(st State, d *DataBlock) error {
	author := st.Roster.At(int(d.Author))
	switch {
	case d.Providers != st.Providers:
		return fault.Refute(fault.V13, "another provider set")
	case d.AuthorID != author.ID:
		return fault.Refute(fault.V12, "author %q at the position of %q", d.AuthorID, author.ID)
	case st.Epoch == math.MaxUint32:
		return fault.Refute(fault.V4, "no epoch after %d", st.Epoch)
	}
	for _, e := range d.Roster.entries {
		old, kept := st.Roster.Find(e.ID)
		restarted := e.Joined == st.Epoch+1
		switch {
		case kept && e.Key != old.Key:
			return fault.Refute(fault.V10, "the key of %q changes", e.ID)
		case kept && e.Joined != old.Joined && !restarted:
			return fault.Refute(fault.V10, "the join epoch of %q changes to %d", e.ID, e.Joined)
		case !kept && !restarted:
			return fault.Refute(fault.V10, "%q joins at epoch %d, not %d", e.ID, e.Joined, st.Epoch+1)
		}
	}
	if d.Roster.Position(author.ID) < 0 {
		// One that leaves does nothing else: the new roster is the old without it.
		// Every other entry is kept or new by now, so counting and epochs suffice.
		if d.Roster.Len() != st.Roster.Len()-1 || len(Fresh(d)) > 0 {
			return fault.Refute(fault.V11, "%q leaves and changes others", author.ID)
		}
	}
	return nil
}

// ValidJoin judges an UPDATE as one sees it who joins or is restarted by it and
// knows no state before: the roster's own entry, the author's, the epochs.
// self must be an entry of the new epoch. index and the digest before it are
// what all providers agreed upon.
func ValidJoin(self identity.Party, providers suite.Hash, index uint64, d *DataBlock) error {
	if d.Type != UPDATE {
		return fault.Refute(fault.V3, "%s to one who is not in the conversation", d.Type)
	}
	if d.Providers != providers {
		return fault.Refute(fault.V13, "another provider set")
	}
	if d.Epoch == math.MaxUint32 {
		return fault.Refute(fault.V4, "no epoch after %d", d.Epoch)
	}
	if d.K >= index {
		return fault.Refute(fault.V7, "k %d at index %d", d.K, index)
	}
	if d.Roster.Position(d.AuthorID) < 0 {
		return fault.Refute(fault.V5, "the author %q is not in the new roster", d.AuthorID)
	}
	for _, e := range d.Roster.entries {
		if e.Joined > d.Epoch+1 {
			return fault.Refute(fault.V10, "%q joins at epoch %d, after %d", e.ID, e.Joined, d.Epoch+1)
		}
	}
	if e, ok := d.Roster.Find(self.ID); !ok || e.Joined != d.Epoch+1 {
		return fault.Refute(fault.V10, "%q does not join or restart here", self.ID)
	} else if e.Key != self.Key {
		return fault.Refute(fault.V10, "the key of %q is not its own", self.ID)
	}
	return nil
}

// NextDigest is h_i from h_{i-1}; before the SETUP that is all zeros.
func NextDigest(s suite.Suite, before suite.Hash, d *DataBlock) suite.Hash {
	return NextDigestOf(s, before, d.Hash())
}

// NextDigestOf is NextDigest where only the hash of the block is at hand.
func NextDigestOf(s suite.Suite, before, data suite.Hash) suite.Hash {
	return s.Hash("conversation digest", before[:], data[:])
}

// Apply returns the state after a valid block: the head, the roster, and in Last
// the new entry of the block's author.
func Apply(s suite.Suite, st State, d *DataBlock) State {
	index := st.Next
	st.Digest = NextDigest(s, st.Digest, d)
	st.Next = index + 1
	switch d.Type {
	case SETUP:
		st.Sid, st.Roster = d.Sid, d.Roster
		st.Epoch, st.Base = 0, index
		st.Last = st.First()
	case UPDATE:
		st.Roster = d.Roster
		st.Epoch, st.Base = d.Epoch+1, index
		st.Last = st.First()
	default:
		st.Last = Author{d.Seq, d.K}
	}
	return st
}

// Join returns the state after the UPDATE by which one joins, without a state
// before it. ValidJoin must have passed.
func Join(s suite.Suite, providers suite.Hash, index uint64, before suite.Hash, d *DataBlock) State {
	return Apply(s, State{Head: Head{Sid: d.Sid, Providers: providers, Next: index, Digest: before}}, d)
}

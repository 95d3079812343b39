package conversation

import (
	"bytes"
	"sort"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// MaxRoster bounds a roster, in entries.
const MaxRoster = 1024

const entrySize = identity.IDFieldSize + suite.KeySize + 4

// Entry is one participant: who, with which long-term key, since which epoch. A
// restarted participant has the epoch of its restart.
type Entry struct {
	identity.Party
	Joined uint32
}

// Roster is the participants of one epoch in the order of their ids. It does
// not change once made and may be shared.
type Roster struct {
	entries []Entry
	encoded []byte
	digest  suite.Hash
}

// NewRoster sorts entries into a roster. The error is a *fault.Misuse: no
// entries, too many, or one id twice.
func NewRoster(s suite.Suite, entries []Entry) (*Roster, error) {
	sorted := append([]Entry(nil), entries...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].ID < sorted[j].ID })
	if reason := badRoster(sorted); reason != "" {
		return nil, fault.Misusef("roster", "%s", reason)
	}
	return makeRoster(s, sorted), nil
}

func makeRoster(s suite.Suite, entries []Entry) *Roster {
	w := wire.NewWriter(2 + len(entries)*entrySize)
	w.Count(len(entries))
	for i := range entries {
		e := &entries[i]
		w.Fixed(e.ID.Field()).Fixed(e.Key[:]).U32(e.Joined)
	}
	return &Roster{entries, w.Bytes(), s.Hash("roster", w.Bytes())}
}

// badRoster is check V8.
func badRoster(entries []Entry) string {
	if len(entries) == 0 || len(entries) > MaxRoster {
		return "a roster has 1 to 1,024 entries"
	}
	for i := 1; i < len(entries); i++ {
		if entries[i-1].ID >= entries[i].ID {
			return "entries are not in strictly ascending order of their ids"
		}
	}
	return ""
}

// readRoster decodes a roster; V8 is reported through v8, so that a roster that
// is well encoded but badly ordered is told apart from garbage.
func readRoster(s suite.Suite, r *wire.Reader) (roster *Roster, v8 error) {
	n := r.Count("roster", MaxRoster, entrySize)
	entries := make([]Entry, 0, n)
	for range n {
		id := identity.ReadID(r, "roster id")
		key := identity.ReadPoint(r, s, "roster key")
		entries = append(entries, Entry{identity.Party{ID: id, Key: key}, r.U32("join epoch")})
	}
	if r.Failed() {
		return nil, nil
	}
	if reason := badRoster(entries); reason != "" {
		return nil, fault.Refute(fault.V8, "%s", reason)
	}
	return makeRoster(s, entries), nil
}

// ParseRoster decodes a stored roster.
func ParseRoster(s suite.Suite, data []byte) (*Roster, error) {
	r := wire.NewReader("roster", data)
	roster, v8 := readRoster(s, r)
	if err := r.Done(); err != nil {
		return nil, err
	}
	return roster, v8
}

// Bytes is the encoding: a count of two bytes, then per entry an id field of
// 65, a key of 32 and the join epoch of four bytes. Not to be changed.
func (r *Roster) Bytes() []byte { return r.encoded }

// Digest is the hash of Bytes.
func (r *Roster) Digest() suite.Hash { return r.digest }

// Len is the number of entries.
func (r *Roster) Len() int { return len(r.entries) }

// At returns the entry at a position.
func (r *Roster) At(i int) Entry { return r.entries[i] }

// Entries returns a copy of all entries.
func (r *Roster) Entries() []Entry { return append([]Entry(nil), r.entries...) }

// Position returns the place of id in the roster, or -1.
func (r *Roster) Position(id identity.ID) int {
	i := sort.Search(len(r.entries), func(i int) bool { return r.entries[i].ID >= id })
	if i < len(r.entries) && r.entries[i].ID == id {
		return i
	}
	return -1
}

// Find returns the entry of id.
func (r *Roster) Find(id identity.ID) (Entry, bool) {
	if i := r.Position(id); i >= 0 {
		return r.entries[i], true
	}
	return Entry{}, false
}

// Equal says whether two rosters are the same.
func (r *Roster) Equal(o *Roster) bool { return bytes.Equal(r.encoded, o.encoded) }

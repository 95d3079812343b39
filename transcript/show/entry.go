package show

import (
	"crypto/sha256"
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// recent is a map that forgets what came first when it is full.
type recent[K comparable, V any] struct {
	m     map[K]V
	order []K
	max   int
	// dropped is told of what is forgotten; may be nil.
	dropped func(K, V)
}

func newRecent[K comparable, V any](max int) *recent[K, V] {
	return &recent[K, V]{m: map[K]V{}, max: max}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.m[k]
	return v, ok
}

func (r *recent[K, V]) put(k K, v V) {
	if _, ok := r.m[k]; !ok {
		if len(r.order) >= r.max {
			old := r.order[0]
			r.order = r.order[1:]
			if r.dropped != nil {
				r.dropped(old, r.m[old])
			}
			delete(r.m, old)
		}
		r.order = append(r.order, k)
	}
	r.m[k] = v
}

// entry reads a data block, and of which conversation it is. Each is delivered by
// every provider to everybody, so what was read last is remembered.
func (b *builder) entry(data []byte) (Entry, suite.Hash) {
	key := sha256.Sum256(data)
	if e, ok := b.entries.get(key); ok {
		return e, e.sid
	}
	e := Entry{Bytes: len(data)}
	if d, err := conversation.Parse(b.suite, data); err == nil {
		e = Entry{Type: d.Type.String(), Epoch: d.Epoch, Author: d.AuthorID, K: d.K, Stopped: d.Stopped, Bytes: len(data), sid: d.Sid}
		if d.Roster != nil {
			var ids []identity.ID
			for _, r := range d.Roster.Entries() {
				ids = append(ids, r.ID)
			}
			b.rosters.put(d.Roster.Digest(), ids)
			e.roster = ids
		} else if ids, ok := b.rosters.get(d.RosterDigest); ok {
			e.roster = ids
			if int(d.Author) < len(ids) {
				e.Author = ids[d.Author]
			}
		}
		if e.Author == "" {
			e.unnamed = true
			e.Author = identity.ID(fmt.Sprintf("participant %d of a roster that is not in this transcript", d.Author))
		}
	}
	b.entries.put(key, e)
	return e, e.sid
}

// band is the epoch that an entry is drawn in: an UPDATE begins the next one.
func (e Entry) band() uint32 {
	if e.Type == conversation.UPDATE.String() {
		return e.Epoch + 1
	}
	return e.Epoch
}

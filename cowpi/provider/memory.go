package provider

import (
	"cmp"
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// table is a map with staged changes: what store.Draft is to a store. Values are
// replaced, never changed in place.
type table[K comparable, V any] struct {
	base   map[K]V
	staged map[K]*V // nil: deleted
}

func newTable[K comparable, V any]() *table[K, V] {
	return &table[K, V]{map[K]V{}, map[K]*V{}}
}

func (t *table[K, V]) get(k K) (v V, ok bool) {
	if p, here := t.staged[k]; here {
		if p == nil {
			return v, false
		}
		return *p, true
	}
	v, ok = t.base[k]
	return v, ok
}

func (t *table[K, V]) put(k K, v V) { t.staged[k] = &v }
func (t *table[K, V]) del(k K)      { t.staged[k] = nil }
func (t *table[K, V]) rollback()    { clear(t.staged) }
func (t *table[K, V]) commit() {
	for k, p := range t.staged {
		if p == nil {
			delete(t.base, k)
		} else {
			t.base[k] = *p
		}
	}
	clear(t.staged)
}

// sortedKeys lists the keys in order: steps are deterministic.
func sortedKeys[K cmp.Ordered, V any](t *table[K, V]) []K {
	var out []K
	for k := range t.base {
		if _, staged := t.staged[k]; !staged {
			out = append(out, k)
		}
	}
	for k, p := range t.staged {
		if p != nil {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// memory is what a provider knows and does not store. tables are staged; the
// rest is a plain value that a step copies.
type memory struct {
	conns  *table[ConnID, conn]
	users  *table[identity.ID, ConnID] // the one connection of a user
	pushed *table[pushKey, uint64]     // first index not yet pushed
	queues *table[suite.Hash, queue]   // router: uploads that wait
	usage  *table[identity.ID, usage]  // router: what a user has waiting
	plain  plain
}

func newMemory() memory {
	return memory{
		conns: newTable[ConnID, conn](), users: newTable[identity.ID, ConnID](),
		pushed: newTable[pushKey, uint64](), queues: newTable[suite.Hash, queue](),
		usage: newTable[identity.ID, usage](),
	}
}

func (m *memory) commit() {
	m.conns.commit()
	m.users.commit()
	m.pushed.commit()
	m.queues.commit()
	m.usage.commit()
}

func (m *memory) rollback() {
	m.conns.rollback()
	m.users.rollback()
	m.pushed.rollback()
	m.queues.rollback()
	m.usage.rollback()
}

// plain is the rest of the memory.
type plain struct {
	links      []linkState    // by position; a mirror uses 0, for its router
	synced     bool           // router: it has heard every mirror since its start, and is not behind
	heard      uint32         // router: which mirrors, as bits
	hellos     []packet       // router: what they said; replaced, never changed
	ended      uint32         // router: which mirrors have begun their logs anew, as bits
	ends       []packet       // router: where; replaced, never changed
	state      []store.Record // router: what one of them told of its state
	source     int            // router: which one
	size       int            // its size
	parked     []parked       // router: what came before that
	parkedSize int            // its size in bytes
	wake       uint64         // the time last asked for
}

func newPlain(providers int) plain {
	return plain{links: make([]linkState, providers), hellos: make([]packet, providers), ends: make([]packet, providers)}
}

// copied is a copy that a step may change.
func (p plain) copied() plain {
	p.links = slices.Clone(p.links)
	return p
}

// with is a list with another packet at a place.
func with(list []packet, at int, p packet) []packet {
	list = slices.Clone(list)
	list[at] = p
	return list
}

// phase is how far a connection is.
type phase uint8

const (
	opened    phase = iota // somebody connected; msg1 comes next
	answering              // we have answered; msg3 comes next
	dialling               // we have dialled a mirror; msg2 comes next
	up                     // frames
)

// conn is a connection. It holds keys, and is dropped when the connection ends.
type conn struct {
	phase     phase
	answering channel.Answering
	dialling  channel.Dialling
	channel   channel.Conn
	mirror    int         // on the router, a link: its position; else 0
	router    bool        // on a mirror: the link
	user      identity.ID // else the user
	handouts  uint64      // log positions pushed
}

// bucket is a token bucket: how many uploads the user may make now.
type bucket struct {
	milli uint64 // thousandths of uploads
	at    uint64 // ms
}

type pushKey struct {
	conn ConnID
	sid  suite.Hash
}

// waiting is an upload that the router holds.
type waiting struct {
	user   identity.ID
	id     suite.Hash
	upload exchange.Upload
	block  *conversation.DataBlock
}

func (w waiting) size() int {
	n := len(w.upload.Data)
	for _, b := range w.upload.Blocks {
		n += len(b)
	}
	return n
}

// queue is the waiting list of one conversation, in order of arrival.
type queue struct{ list []waiting }

// usage is what the uploads of one user take.
type usage struct {
	count, bytes int // that wait
	bucket       bucket
}

// parked is a message that waits until the router has met its mirrors.
type parked struct {
	conn    ConnID
	message exchange.Message
}

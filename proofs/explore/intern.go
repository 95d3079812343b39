package explore

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// digest is what a thing is recognised by: two that have the same are the same.
type digest [16]byte

func digestOf(parts ...[]byte) (d digest) {
	var stack [1024]byte
	b := stack[:0]
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	copy(d[:], sum[:])
	return d
}

// short is what of a digest goes into the fingerprint of a state.
func (d digest) short() uint64 { return binary.BigEndian.Uint64(d[:]) }

// interned keeps things of one kind once each, and numbers them. Numbers depend on
// who came first; digests do not. At may be called without a lock, by whoever
// learnt the number from another goroutine in an orderly way.
type interned[T any] struct {
	mu     sync.RWMutex
	ids    map[digest]int32
	chunks [1 << 13]*[chunk]slot[T]
	n      int32
}

type slot[T any] struct {
	value  T
	digest digest
}

const chunk = 1 << 12

func newInterned[T any]() *interned[T] { return &interned[T]{ids: map[digest]int32{}} }

func (t *interned[T]) slot(id int32) *slot[T]   { return &t.chunks[id/chunk][id%chunk] }
func (t *interned[T]) at(id int32) T            { return t.slot(id).value }
func (t *interned[T]) digestOf(id int32) digest { return t.slot(id).digest }
func (t *interned[T]) short(id int32) uint64    { return t.slot(id).digest.short() }

// id is the number of a thing that may be known; make gives it if it is not.
func (t *interned[T]) id(d digest, make func() T) int32 {
	t.mu.RLock()
	id, ok := t.ids[d]
	t.mu.RUnlock()
	if ok {
		return id
	}
	v := make()
	t.mu.Lock()
	defer t.mu.Unlock()
	if id, ok := t.ids[d]; ok {
		return id
	}
	id = t.n
	if t.chunks[id/chunk] == nil {
		t.chunks[id/chunk] = new([chunk]slot[T])
	}
	t.chunks[id/chunk][id%chunk] = slot[T]{v, d}
	t.ids[d] = id
	t.n++
	return id
}

// visited is the set of states that were reached: their fingerprints of 64 bits.
type visited struct{ shards [256]shard }

type shard struct {
	mu    sync.Mutex
	table []uint64 // open addressing; 0: free
	n     int
}

// add says whether a fingerprint is new.
func (v *visited) add(fp uint64) bool {
	if fp == 0 {
		fp = 1
	}
	s := &v.shards[fp>>56]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n*4 >= len(s.table)*3 {
		s.grow()
	}
	if !insert(s.table, fp) {
		return false
	}
	s.n++
	return true
}

func insert(table []uint64, fp uint64) bool {
	mask := uint64(len(table) - 1)
	for i := fp & mask; ; i = (i + 1) & mask {
		switch table[i] {
		case fp:
			return false
		case 0:
			table[i] = fp
			return true
		}
	}
}

func (s *shard) grow() {
	old := s.table
	s.table = make([]uint64, max(64, 2*len(old)))
	for _, fp := range old {
		if fp != 0 {
			insert(s.table, fp)
		}
	}
}

func (v *visited) len() (n int) {
	for i := range v.shards {
		n += v.shards[i].n
	}
	return n
}

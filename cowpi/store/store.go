// Package store is the door between step machines and whatever keeps their
// state (SPEC.md, section 3.4): an ordered key-value map. A step reads a [View],
// stages its writes in a [Draft], and hands them out as [Record]s, which the
// caller commits in one transaction. Nothing here knows what is stored.
package store

import (
	"maps"
	"slices"
	"sort"
)

// View is a consistent, ordered, read-only key-value map. Callers must not
// change what Get and Scan return, and it does not change until the next commit.
// Several goroutines may call Get at once: a step may look up pairs on all cores.
type View interface {
	// Get returns the value under key, or nil.
	Get(key []byte) ([]byte, error)
	// Scan calls yield for each key with lo <= key < hi in ascending order, until
	// it returns false. A nil hi means no upper bound.
	Scan(lo, hi []byte, yield func(key, value []byte) bool) error
}

// Record is one staged write. A nil Value deletes the key.
type Record struct {
	Key, Value []byte
}

// Draft is a View over a base with staged writes on top. It is not safe for
// concurrent use. Dropping it undoes everything: that is how a failed step
// leaves the state as it was.
type Draft struct {
	base   View
	staged map[string][]byte // nil value: deleted
	keys   []string          // of staged, in the order in which they came
}

// NewDraft starts an empty draft over base.
func NewDraft(base View) *Draft {
	return &Draft{base: base, staged: map[string][]byte{}, keys: make([]string, 0, 8)}
}

// Get returns the staged or stored value, or nil.
func (d *Draft) Get(key []byte) ([]byte, error) {
	if v, ok := d.staged[string(key)]; ok {
		return v, nil
	}
	return d.base.Get(key)
}

// Put stages a write; an empty value is stored as such. The draft keeps value.
func (d *Draft) Put(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	d.stage(key, value)
}

// Delete stages a deletion.
func (d *Draft) Delete(key []byte) { d.stage(key, nil) }

// Grow makes room for n more writes at once.
func (d *Draft) Grow(n int) {
	if len(d.staged)+n <= 8 {
		return // the smallest map has room for them
	}
	staged := make(map[string][]byte, len(d.staged)+n)
	maps.Copy(staged, d.staged)
	d.staged, d.keys = staged, slices.Grow(d.keys, n)
}

func (d *Draft) stage(key, value []byte) {
	k, before := string(key), len(d.staged)
	if d.staged[k] = value; len(d.staged) > before {
		d.keys = append(d.keys, k)
	}
}

// Scan merges staged and stored entries in order. Writes made by yield are not
// seen by a scan under way.
func (d *Draft) Scan(lo, hi []byte, yield func(key, value []byte) bool) error {
	var keys []string
	for _, k := range d.keys {
		if k >= string(lo) && (hi == nil || k < string(hi)) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return d.base.Scan(lo, hi, yield)
	}
	sort.Strings(keys)
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = d.staged[k]
	}
	i, stopped := 0, false
	emit := func(below []byte) bool {
		for ; i < len(keys) && (below == nil || keys[i] < string(below)); i++ {
			if values[i] != nil && !yield([]byte(keys[i]), values[i]) {
				stopped = true
				return false
			}
		}
		return true
	}
	err := d.base.Scan(lo, hi, func(k, v []byte) bool {
		if !emit(k) {
			return false
		}
		if i < len(keys) && keys[i] == string(k) { // staged over stored
			i++
			if values[i-1] == nil {
				return true
			}
			v = values[i-1]
		}
		if !yield(k, v) {
			stopped = true
			return false
		}
		return true
	})
	if err == nil && !stopped {
		emit(nil)
	}
	return err
}

// Records returns the staged writes in key order.
func (d *Draft) Records() []Record {
	// Steps stage most of what they stage in order, which makes sorting cheap.
	slices.Sort(d.keys)
	size := 0
	for _, k := range d.keys {
		size += len(k)
	}
	room := make([]byte, 0, size) // for all keys at once
	out := make([]Record, len(d.keys))
	for i, k := range d.keys {
		at := len(room)
		room = append(room, k...)
		out[i] = Record{room[at:len(room):len(room)], d.staged[k]}
	}
	return out
}

// PrefixEnd returns the first key after all keys with this prefix, or nil if
// there is none: the hi of a Scan over a prefix.
func PrefixEnd(prefix []byte) []byte {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

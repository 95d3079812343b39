// Package store is the door between step machines and whatever keeps their
// state (SPEC.md, section 3.4): an ordered key-value map. A step reads a [View],
// stages its writes in a [Draft], and hands them out as [Record]s, which the
// caller commits in one transaction. Nothing here knows what is stored.
package store

import (
	"bytes"
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
}

// NewDraft starts an empty draft over base.
func NewDraft(base View) *Draft { return &Draft{base, map[string][]byte{}} }

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
	d.staged[string(key)] = value
}

// Delete stages a deletion.
func (d *Draft) Delete(key []byte) { d.staged[string(key)] = nil }

// Scan merges staged and stored entries in order. Writes made by yield are not
// seen by a scan under way.
func (d *Draft) Scan(lo, hi []byte, yield func(key, value []byte) bool) error {
	var keys []string
	for k := range d.staged {
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
	out := make([]Record, 0, len(d.staged))
	for k, v := range d.staged {
		out = append(out, Record{[]byte(k), v})
	}
	slices.SortFunc(out, func(a, b Record) int { return bytes.Compare(a.Key, b.Key) })
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

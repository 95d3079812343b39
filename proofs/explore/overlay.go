package explore

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi/store"
)

// overlay is a store that is cheap to have in many versions: what changed since
// the exploration began, over what all versions share. It is never changed.
type overlay struct {
	base    *store.Memory
	changed []store.Record // in the order of keys; no Value: deleted
}

func (o *overlay) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(o.changed, key, func(r store.Record, k []byte) int { return bytes.Compare(r.Key, k) })
}

// Get implements store.View.
func (o *overlay) Get(key []byte) ([]byte, error) {
	if i, ok := o.find(key); ok {
		return o.changed[i].Value, nil
	}
	return o.base.Get(key)
}

// Scan implements store.View.
func (o *overlay) Scan(lo, hi []byte, yield func(key, value []byte) bool) error {
	i, _ := o.find(lo)
	more := true
	emit := func(below []byte) {
		for ; more && i < len(o.changed); i++ {
			r := o.changed[i]
			if below != nil && bytes.Compare(r.Key, below) >= 0 || hi != nil && bytes.Compare(r.Key, hi) >= 0 {
				return
			}
			more = r.Value == nil || yield(r.Key, r.Value)
		}
	}
	err := o.base.Scan(lo, hi, func(k, v []byte) bool {
		if emit(k); !more {
			return false
		}
		if i < len(o.changed) && bytes.Equal(o.changed[i].Key, k) {
			return true // it comes with what lies above
		}
		more = yield(k, v)
		return more
	})
	emit(nil)
	return err
}

// with is the store after a commit. What is again as it was in the base is not
// kept: equal contents have equal forms.
func (o *overlay) with(records []store.Record) *overlay {
	out := make([]store.Record, 0, len(o.changed)+len(records))
	i := 0
	for _, r := range records { // in the order of keys
		for ; i < len(o.changed) && bytes.Compare(o.changed[i].Key, r.Key) < 0; i++ {
			out = append(out, o.changed[i])
		}
		if i < len(o.changed) && bytes.Equal(o.changed[i].Key, r.Key) {
			i++
		}
		was, _ := o.base.Get(r.Key)
		if (was == nil) != (r.Value == nil) || !bytes.Equal(was, r.Value) {
			out = append(out, r)
		}
	}
	return &overlay{o.base, append(out, o.changed[i:]...)}
}

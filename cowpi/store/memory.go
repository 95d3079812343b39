package store

import (
	"slices"
	"sort"
)

// Memory is a store in memory, for tests and for processes that need no disk.
// The zero value is empty and ready. It is not safe for concurrent use.
type Memory struct {
	values map[string][]byte
	keys   []string // sorted
}

// Get implements View.
func (m *Memory) Get(key []byte) ([]byte, error) { return m.values[string(key)], nil }

// Scan implements View. The store must not be committed to during a scan.
func (m *Memory) Scan(lo, hi []byte, yield func(key, value []byte) bool) error {
	for i := sort.SearchStrings(m.keys, string(lo)); i < len(m.keys); i++ {
		k := m.keys[i]
		if hi != nil && k >= string(hi) {
			return nil
		}
		if !yield([]byte(k), m.values[k]) {
			return nil
		}
	}
	return nil
}

// Commit applies records, all or nothing; in memory it cannot fail.
func (m *Memory) Commit(records []Record) {
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	for _, r := range records {
		k := string(r.Key)
		_, had := m.values[k]
		switch {
		case r.Value == nil && had:
			delete(m.values, k)
			i, _ := slices.BinarySearch(m.keys, k)
			m.keys = slices.Delete(m.keys, i, i+1)
		case r.Value != nil:
			m.values[k] = r.Value
			if !had {
				i, _ := slices.BinarySearch(m.keys, k)
				m.keys = slices.Insert(m.keys, i, k)
			}
		}
	}
}

// Len is the number of entries.
func (m *Memory) Len() int { return len(m.keys) }

// Clone returns an independent copy, a backup.
func (m *Memory) Clone() *Memory {
	c := &Memory{values: make(map[string][]byte, len(m.values)), keys: slices.Clone(m.keys)}
	for k, v := range m.values {
		c.values[k] = v
	}
	return c
}

package store

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A draft over a memory store behaves as a plain map does, before and after the
// commit; dropping a draft leaves the store as it was.
func TestDraftAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Memory
		model := map[string]string{}
		key := rapid.StringMatching(`[ab]{0,4}`)
		check := func(v View, model map[string]string) {
			lo, hi := key.Draw(t, "lo"), key.Draw(t, "hi")
			limit := rapid.IntRange(0, 8).Draw(t, "limit")
			var want, got []string
			for k, v := range model {
				if k >= lo && (hi == "" || k < hi) {
					want = append(want, k+"="+v)
				}
			}
			sort.Strings(want)
			want = want[:min(len(want), limit+1)]
			var end []byte
			if hi != "" {
				end = []byte(hi)
			}
			require.NoError(t, v.Scan([]byte(lo), end, func(k, v []byte) bool {
				got = append(got, string(k)+"="+string(v))
				return len(got) <= limit
			}))
			require.Equal(t, strings.Join(want, " "), strings.Join(got, " "))
			k := key.Draw(t, "key")
			value, err := v.Get([]byte(k))
			require.NoError(t, err)
			w, ok := model[k]
			require.Equal(t, ok, value != nil)
			require.Equal(t, w, string(value))
		}
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			d, staged := NewDraft(&m), map[string]string{}
			for k, v := range model {
				staged[k] = v
			}
			for range rapid.IntRange(0, 6).Draw(t, "writes") {
				if rapid.Bool().Draw(t, "grow") {
					d.Grow(rapid.IntRange(0, 20).Draw(t, "by"))
				}
				k := key.Draw(t, "key")
				if rapid.Bool().Draw(t, "delete") {
					d.Delete([]byte(k))
					delete(staged, k)
				} else {
					v := rapid.StringN(0, 3, 3).Draw(t, "value")
					d.Put([]byte(k), []byte(v))
					staged[k] = v
				}
				check(d, staged)
			}
			check(&m, model)
			if rapid.Bool().Draw(t, "commit") {
				records := d.Records()
				require.True(t, slices.IsSortedFunc(records, func(a, b Record) int { return bytes.Compare(a.Key, b.Key) }))
				m.Commit(records)
				model = staged
			}
			require.Equal(t, len(model), m.Len())
			check(&m, model)
		}
		c := m.Clone()
		m.Commit([]Record{{[]byte("zz"), []byte("later")}})
		check(c, model)
	})
}

func TestPrefixEnd(t *testing.T) {
	require.Equal(t, []byte("ac"), PrefixEnd([]byte("ab")))
	require.Equal(t, []byte{2}, PrefixEnd([]byte{1, 0xff}))
	require.Nil(t, PrefixEnd([]byte{0xff, 0xff}))
	require.Nil(t, PrefixEnd(nil))
}

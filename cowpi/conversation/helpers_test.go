package conversation

import (
	"fmt"
	"sort"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// badPoints are refused under W3, wherever they stand.
var badPoints = []suite.Point{
	{},
	{1},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p - 1
	{0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p + 9, not canonical
}

// providers stands for the digest of a provider set.
var providers = suite.Default.Hash("test providers")

// pool is the people of the tests, "a" to "j", each with a key.
var pool = func() (out []identity.Party) {
	for c := byte('a'); c <= 'j'; c++ {
		out = append(out, identity.Party{ID: identity.ID(c), Key: suite.Default.Public(suite.Scalar{1: c})})
	}
	return out
}()

func person(id identity.ID) identity.Party { return pool[id[0]-'a'] }

// roster makes one of entries written as "a0", id and join epoch.
func roster(t require.TestingT, entries ...string) *Roster {
	var list []Entry
	for _, e := range entries {
		var joined uint32
		_, err := fmt.Sscanf(e[1:], "%d", &joined)
		require.NoError(t, err)
		list = append(list, Entry{person(identity.ID(e[:1])), joined})
	}
	r, err := NewRoster(suite.Default, list)
	require.NoError(t, err)
	return r
}

// numbered makes a roster of n entries, for sizes at the edges.
func numbered(n int, joined uint32) []Entry {
	out := make([]Entry, n)
	for i := range out {
		out[i] = Entry{identity.Party{ID: identity.ID(fmt.Sprintf("user %04d", i)), Key: pool[0].Key}, joined}
	}
	return out
}

// reparse seals a block and reads it back: what the tests judge went over the wire.
func reparse(t require.TestingT, d *DataBlock) *DataBlock {
	d.Seal(suite.Default)
	got, err := Parse(suite.Default, d.Raw())
	require.NoError(t, err)
	require.Equal(t, d.Hash(), got.Hash())
	require.Equal(t, d.Sid, got.Sid)
	return got
}

func setup(t require.TestingT, author identity.ID, r *Roster) *DataBlock {
	return reparse(t, &DataBlock{Type: SETUP, Nonce: [32]byte{7}, AuthorID: author, Providers: providers, Roster: r})
}

// follow returns a block of this type that is valid in st, by an author with the
// given last entry. An UPDATE still needs its roster.
func follow(st State, typ Type, author identity.ID) *DataBlock {
	pos := st.Roster.Position(author)
	d := &DataBlock{Sid: st.Sid, Type: typ, Epoch: st.Epoch, RosterDigest: st.Roster.Digest(),
		Author: uint16(pos), Seq: st.Last.Seq + 1, K: st.Next - 1}
	switch typ {
	case MSG:
		d.Com, d.Sealed = suite.Hash{1}, make([]byte, 40)
	case UPDATE:
		d.AuthorID, d.Providers = author, providers
	}
	return d
}

// inEpoch1 is a conversation at index 5 in epoch 1: a, b, c, d since the SETUP, e
// since the UPDATE at index 1, and b has written three times.
func inEpoch1(t require.TestingT) State {
	st := Before(providers)
	d := setup(t, "a", roster(t, "a0", "b0", "c0", "d0", "f0"))
	require.NoError(t, Valid(st, d, 4))
	st = Apply(suite.Default, st, d)
	up := follow(st, UPDATE, "a")
	up.Roster = roster(t, "a0", "b0", "c0", "d0", "e1")
	d = reparse(t, up)
	require.NoError(t, Valid(st, d, 5))
	st = Apply(suite.Default, st, d)
	for range 3 {
		d = reparse(t, follow(st, MSG, "b"))
		require.NoError(t, Valid(st, d, 4))
		st = Apply(suite.Default, st, d)
	}
	return st
}

// change draws a valid UPDATE in st: somebody stays, somebody goes, is restarted
// or added. It reports false where chance left nothing to do.
func change(t *rapid.T, st State) (*DataBlock, bool) {
	old := st.Roster.Entries()
	author := old[rapid.IntRange(0, len(old)-1).Draw(t, "author")].ID
	leaves := rapid.IntRange(0, 9).Draw(t, "leaves") == 0
	var list []Entry
	for _, p := range pool {
		e, in := st.Roster.Find(p.ID)
		what := rapid.IntRange(0, 5).Draw(t, string(p.ID))
		switch {
		case leaves:
			if in && p.ID != author {
				list = append(list, e)
			}
		case in && what == 0 && p.ID != author: // removed
		case in && what == 1:
			list = append(list, Entry{p, st.Epoch + 1})
		case in:
			list = append(list, e)
		case what < 2:
			list = append(list, Entry{p, st.Epoch + 1})
		}
	}
	if len(list) == 0 {
		return nil, false
	}
	d := follow(st, UPDATE, author)
	var err error
	d.Roster, err = NewRoster(suite.Default, list)
	require.NoError(t, err)
	return d, true
}

// someRoster draws a roster of epoch 0 with at least one entry.
func someRoster(t *rapid.T) *Roster {
	var list []Entry
	for _, p := range pool {
		if rapid.Bool().Draw(t, string(p.ID)) {
			list = append(list, Entry{p, 0})
		}
	}
	if len(list) == 0 {
		list = []Entry{{pool[0], 0}}
	}
	r, err := NewRoster(suite.Default, list)
	require.NoError(t, err)
	return r
}

func sortIDs(ids []identity.ID) []identity.ID {
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	return ids
}

package conversation

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// samples is one block of each type.
func samples(t require.TestingT) (out []*DataBlock) {
	for typ := SETUP; typ <= UPDATE; typ++ {
		_, d, _ := validCase(t, typ)
		out = append(out, reparse(t, d))
	}
	return out
}

// resealed writes the parsed fields anew, without what Parse kept of the bytes.
func resealed(d *DataBlock) *DataBlock {
	c := *d
	c.raw, c.hash = nil, suite.Hash{}
	if c.Roster != nil {
		c.Roster = makeRoster(suite.Default, c.Roster.Entries())
	}
	return c.Seal(suite.Default)
}

// Whatever byte is changed, the block is refused with evidence or is another one.
func TestEveryChangedByteIsAnotherBlock(t *testing.T) {
	for _, d := range samples(t) {
		hashes := map[suite.Hash]bool{d.Hash(): true}
		for at := range d.Raw() {
			for _, xor := range []byte{1, 2, 0x80, 0xff} {
				bad := append([]byte(nil), d.Raw()...)
				bad[at] ^= xor
				got, err := Parse(suite.Default, bad)
				if err != nil {
					var e *fault.Evidence
					require.ErrorAs(t, err, &e, "%s byte %d", d.Type, at)
					require.Nil(t, got)
					continue
				}
				require.False(t, hashes[got.Hash()], "%s byte %d", d.Type, at)
				hashes[got.Hash()] = true
				require.Equal(t, bad, resealed(got).Raw())
			}
		}
		got, err := Parse(suite.Default, d.Raw()) // negative control
		require.NoError(t, err)
		require.Equal(t, d.Hash(), got.Hash())
	}
}

// W1: a block that is cut or that goes on is refused, at whatever place.
func TestW1RefusesCutAndLongerBlocks(t *testing.T) {
	for _, d := range samples(t) {
		for n := range d.Raw() {
			got, err := Parse(suite.Default, d.Raw()[:n])
			require.Equal(t, fault.W1, fault.CheckOf(err), "%s cut to %d", d.Type, n)
			require.Nil(t, got)
		}
		_, err := Parse(suite.Default, append(append([]byte(nil), d.Raw()...), 0))
		require.Equal(t, fault.W1, fault.CheckOf(err), d.Type)
		_, err = Parse(suite.Default, d.Raw()) // negative control
		require.NoError(t, err)
	}
	_, err := Parse(suite.Default, append([]byte{1}, make([]byte, 1<<20)...))
	require.Equal(t, fault.W1, fault.CheckOf(err))
	for typ := range 256 { // an unknown type
		raw := append([]byte(nil), samples(t)[2].Raw()...)
		raw[35] = byte(typ)
		if _, err := Parse(suite.Default, raw); Type(typ) != RCPT {
			require.Equal(t, fault.W1, fault.CheckOf(err), typ)
		}
	}
}

// A parsed block does not change with the buffer that it was read from.
func TestParseCopies(t *testing.T) {
	for _, d := range samples(t) {
		buffer := append([]byte(nil), d.Raw()...)
		got, err := Parse(suite.Default, buffer)
		require.NoError(t, err)
		clear(buffer)
		require.Equal(t, d.Raw(), got.Raw())
		require.Equal(t, d.Raw(), resealed(got).Raw())
	}
}

// One participant is a roster, 1,024 are; 1,025 are not, nor is nobody.
func TestRosterSizes(t *testing.T) {
	for _, n := range []int{1, MaxRoster} {
		r, err := NewRoster(suite.Default, numbered(n, 0))
		require.NoError(t, err)
		require.Equal(t, n, r.Len())
		d := setup(t, "user 0000", r)
		require.NoError(t, Valid(Before(providers), d, n-1))
		require.LessOrEqual(t, len(d.Raw()), MaxDataBlock)
		require.Len(t, Recipients(nil, d), n-1)
		st := Apply(suite.Default, Before(providers), d)
		require.NoError(t, Valid(st, reparse(t, follow(st, MSG, "user 0000")), n-1))
	}
	for _, n := range []int{0, MaxRoster + 1} {
		_, err := NewRoster(suite.Default, numbered(n, 0))
		var m *fault.Misuse
		require.ErrorAs(t, err, &m)
	}
	big := makeRoster(suite.Default, numbered(MaxRoster+1, 0))
	_, err := ParseRoster(suite.Default, big.Bytes())
	require.Equal(t, fault.W1, fault.CheckOf(err))
	d := &DataBlock{Type: SETUP, AuthorID: "user 0000", Providers: providers, Roster: big}
	_, err = Parse(suite.Default, d.Seal(suite.Default).Raw())
	require.Equal(t, fault.W1, fault.CheckOf(err))

	// The largest UPDATE: everybody but its author goes, as many others come.
	full := numbered(MaxRoster, 0)
	r, _ := NewRoster(suite.Default, full)
	st := Apply(suite.Default, Before(providers), setup(t, "user 0000", r))
	next := numbered(2*MaxRoster-1, 1)[MaxRoster-1:]
	next[0] = full[0]
	up := follow(st, UPDATE, "user 0000")
	up.Roster, err = NewRoster(suite.Default, next)
	require.NoError(t, err)
	require.NoError(t, Valid(st, reparse(t, up), 2*(MaxRoster-1)))
}

// The fault of the author's prototype: fields that are joined without lengths. Two
// rosters whose joined bytes are the same must differ in digest and Sid.
func TestRostersThatJoinToTheSameBytesDiffer(t *testing.T) {
	key := pool[0].Key
	join := func(r *Roster) string {
		var b strings.Builder
		for _, e := range r.entries {
			b.WriteString(string(e.ID))
		}
		return b.String()
	}
	digests, sids := map[suite.Hash]bool{}, map[suite.Hash]bool{}
	lists := [][]identity.ID{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"a", "b", "c"}}
	for _, ids := range lists {
		var entries []Entry
		for _, id := range ids {
			entries = append(entries, Entry{identity.Party{ID: id, Key: key}, 0})
		}
		r, err := NewRoster(suite.Default, entries)
		require.NoError(t, err)
		require.Equal(t, "abc", join(r), "the trap: joined, they are the same")
		digests[r.Digest()] = true
		sids[setup(t, ids[0], r).Sid] = true
		sids[setup(t, "a", r).Sid] = true // the same author: the roster alone matters
	}
	require.Len(t, digests, len(lists))
	require.Len(t, sids, 2*len(lists)-2, "two of the lists have author a both times")

	// And a message for one of them is refused in the other.
	one, err := NewRoster(suite.Default, []Entry{{identity.Party{ID: "ab", Key: key}, 0}, {identity.Party{ID: "c", Key: key}, 0}})
	require.NoError(t, err)
	two, err := NewRoster(suite.Default, []Entry{{identity.Party{ID: "a", Key: key}, 0}, {identity.Party{ID: "bc", Key: key}, 0}})
	require.NoError(t, err)
	st := Apply(suite.Default, Before(providers), setup(t, "ab", one))
	d := reparse(t, follow(st, MSG, "ab"))
	require.NoError(t, Valid(st, d, 1)) // negative control
	st.Roster = two
	require.Equal(t, fault.V4, fault.CheckOf(Valid(st, d, 1)))
}

// An entry's id, key and join epoch all reach the digest; rosters do not change
// with the slices that they were made of or that they gave out.
func TestRosterDigestAndCopies(t *testing.T) {
	list := []Entry{{person("a"), 0}, {person("b"), 1}}
	r, err := NewRoster(suite.Default, list)
	require.NoError(t, err)
	seen := map[suite.Hash]bool{r.Digest(): true}
	for _, change := range []func(*Entry){
		func(e *Entry) { e.ID = "c" }, func(e *Entry) { e.Key = person("c").Key }, func(e *Entry) { e.Joined = 2 },
	} {
		d := edit(r, "b", change).Digest()
		require.False(t, seen[d])
		seen[d] = true
	}
	list[0].ID = "z"
	r.Entries()[0].ID = "z"
	require.Equal(t, person("a"), r.At(0).Party)
	require.Equal(t, -1, r.Position("z"))
	_, ok := r.Find("z")
	require.False(t, ok)
	e, ok := r.Find("b")
	require.True(t, ok)
	require.Equal(t, Entry{person("b"), 1}, e)
}

// What is accepted encodes to the same bytes; what is refused returns nothing.
func FuzzParse(f *testing.F) {
	corpustest.Add(f, "conversation.FuzzParse")
	for _, d := range samples(f) {
		f.Add(d.Raw())
	}
	f.Add([]byte{2, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(suite.Default, data)
		if err != nil {
			var e *fault.Evidence
			if !errors.As(err, &e) || d != nil {
				t.Fatalf("half a result, or no evidence: %v", err)
			}
			return
		}
		require.Equal(t, data, d.Raw())
		again := resealed(d)
		require.Equal(t, data, again.Raw())
		require.Equal(t, d.Hash(), again.Hash())
		require.Equal(t, d.Sid, again.Sid)
	})
}

// The same for stored rosters.
func FuzzParseRoster(f *testing.F) {
	corpustest.Add(f, "conversation.FuzzParseRoster")
	f.Add(mustRoster("a0", "b1").Bytes())
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRoster(suite.Default, data)
		if err != nil {
			if r != nil {
				t.Fatal("half a result")
			}
			return
		}
		require.Equal(t, data, r.Bytes())
		require.Equal(t, data, makeRoster(suite.Default, r.Entries()).Bytes())
	})
}

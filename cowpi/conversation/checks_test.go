package conversation

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// breach breaks one check of a block that is valid. The state, the block, or the
// number of its blocks is changed, never more than one of them; blocks is an
// offset to the right number.
type breach struct {
	name   string
	typ    Type
	state  func(*State)
	block  func(*DataBlock)
	blocks int
}

var breaches = map[fault.Check][]breach{
	fault.V2: {
		{name: "another Sid", typ: MSG, block: func(d *DataBlock) { d.Sid[31] ^= 1 }},
		{name: "another Sid", typ: UPDATE, block: func(d *DataBlock) { d.Sid = suite.Hash{} }},
	},
	fault.V3: {
		{name: "before the SETUP", typ: MSG, state: func(st *State) { *st = Before(providers) }},
		{name: "before the SETUP", typ: UPDATE, state: func(st *State) { *st = Before(providers) }},
		{name: "a second SETUP", typ: SETUP, state: func(st *State) { st.Next = 1 }},
	},
	fault.V4: {
		{name: "epoch before", typ: RCPT, block: func(d *DataBlock) { d.Epoch-- }},
		{name: "epoch after", typ: MSG, block: func(d *DataBlock) { d.Epoch++ }},
		{name: "another roster", typ: MSG, block: func(d *DataBlock) { d.RosterDigest[0] ^= 1 }},
		{name: "another roster", typ: UPDATE, block: func(d *DataBlock) { d.RosterDigest[31] ^= 1 }},
	},
	fault.V5: {
		{name: "position behind the end", typ: MSG, block: func(d *DataBlock) { d.Author = 5 }},
		{name: "position far behind", typ: RCPT, block: func(d *DataBlock) { d.Author = math.MaxUint16 }},
		{name: "author not in the roster", typ: SETUP, block: func(d *DataBlock) { d.AuthorID = "j" }},
	},
	fault.V6: {
		{name: "repeated", typ: MSG, block: func(d *DataBlock) { d.Seq-- }},
		{name: "one missing", typ: MSG, block: func(d *DataBlock) { d.Seq++ }},
		{name: "zero", typ: RCPT, block: func(d *DataBlock) { d.Seq = 0 }},
		{name: "the last there is", typ: UPDATE, block: func(d *DataBlock) { d.Seq = math.MaxUint64 }},
		{name: "around", typ: MSG, state: func(st *State) { st.Last.Seq = math.MaxUint64 }, block: func(d *DataBlock) { d.Seq = 0 }},
	},
	fault.V7: {
		{name: "below the author's last", typ: MSG, block: func(d *DataBlock) { d.K = 2 }},
		{name: "its own index", typ: MSG, block: func(d *DataBlock) { d.K = 5 }},
		{name: "far ahead", typ: UPDATE, block: func(d *DataBlock) { d.K = math.MaxUint64 }},
	},
	fault.V10: {
		{name: "a key changes", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "c", func(e *Entry) { e.Key = person("j").Key })
		}},
		{name: "a key changes with a restart", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "c", func(e *Entry) { e.Key, e.Joined = person("j").Key, 2 })
		}},
		{name: "a join epoch falls back", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "e", func(e *Entry) { e.Joined = 0 })
		}},
		{name: "restarted at the current epoch", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "c", func(e *Entry) { e.Joined = 1 })
		}},
		{name: "restarted too late", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "c", func(e *Entry) { e.Joined = 3 })
		}},
		{name: "added at the current epoch", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "g", func(e *Entry) { e.Joined = 1 })
		}},
		{name: "added too late", typ: UPDATE, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "g", func(e *Entry) { e.Joined = math.MaxUint32 })
		}},
		{name: "epoch 1 from the start", typ: SETUP, block: func(d *DataBlock) {
			d.Roster = edit(d.Roster, "c", func(e *Entry) { e.Joined = 1 })
		}},
	},
	fault.V11: {
		{name: "leaves and removes", typ: UPDATE, block: func(d *DataBlock) { d.Roster = mustRoster("a0", "c0", "e1") }},
		{name: "leaves and adds", typ: UPDATE, block: func(d *DataBlock) { d.Roster = mustRoster("a0", "c0", "d0", "e1", "g2") }},
		{name: "leaves and swaps", typ: UPDATE, block: func(d *DataBlock) { d.Roster = mustRoster("a0", "c0", "e1", "g2") }},
		{name: "leaves and restarts", typ: UPDATE, block: func(d *DataBlock) { d.Roster = mustRoster("a0", "c2", "d0", "e1") }},
	},
	fault.V12: {
		{name: "the id of another", typ: UPDATE, block: func(d *DataBlock) { d.AuthorID = "c" }},
		{name: "the id of nobody", typ: UPDATE, block: func(d *DataBlock) { d.AuthorID = "i" }},
	},
	fault.V13: {
		{name: "another set", typ: SETUP, block: func(d *DataBlock) { d.Providers[0] ^= 1 }},
		{name: "another set", typ: UPDATE, block: func(d *DataBlock) { d.Providers[31] ^= 1 }},
		{name: "set of the state", typ: UPDATE, state: func(st *State) { st.Providers[0] ^= 1 }},
	},
	fault.V14: {
		{name: "one too few", typ: SETUP, blocks: -1},
		{name: "one too many", typ: SETUP, blocks: 1},
		{name: "one too few", typ: MSG, blocks: -1},
		{name: "one too many", typ: MSG, blocks: 1},
		{name: "one too few", typ: RCPT, blocks: -1},
		{name: "one too few", typ: UPDATE, blocks: -1},
		{name: "one too many", typ: UPDATE, blocks: 1},
	},
}

func mustRoster(entries ...string) *Roster { return roster(panics{}, entries...) }

// panics is a TestingT for package-level tables.
type panics struct{}

func (panics) Errorf(format string, args ...any) { panic(format) }
func (panics) FailNow()                          { panic("failed") }

// edit returns a roster with one entry changed.
func edit(r *Roster, id identity.ID, change func(*Entry)) *Roster {
	list := r.Entries()
	change(&list[r.Position(id)])
	out, err := NewRoster(suite.Default, list)
	if err != nil {
		panic(err)
	}
	return out
}

// validCase returns a state and a valid block of this type: b writes in the state
// of inEpoch1; its UPDATE adds g and removes a.
func validCase(t require.TestingT, typ Type) (State, *DataBlock, int) {
	if typ == SETUP {
		return Before(providers), setup(t, "a", roster(t, "a0", "b0", "c0")), 2
	}
	st := inEpoch1(t)
	d := follow(st, typ, "b")
	if typ != UPDATE {
		return st, d, 4
	}
	d.Roster = roster(t, "b0", "c0", "d0", "e1", "g2")
	return st, d, 5
}

// V2 to V7, V10 to V14: each breach is refused under its own check, and the block
// that it was made of is accepted.
func TestEveryCheckOfValid(t *testing.T) {
	for _, c := range []fault.Check{fault.V2, fault.V3, fault.V4, fault.V5, fault.V6, fault.V7,
		fault.V10, fault.V11, fault.V12, fault.V13, fault.V14} {
		require.NotEmpty(t, breaches[c], "no breach of %s", c)
		for _, b := range breaches[c] {
			t.Run(string(c)+" "+b.typ.String()+" "+b.name, func(t *testing.T) {
				st, d, n := validCase(t, b.typ)
				good := reparse(t, d)
				require.NoError(t, Valid(st, good, n)) // negative control, before
				bad, badState := *d, st
				if b.block != nil {
					b.block(&bad)
				}
				if b.state != nil {
					b.state(&badState)
				}
				err := Valid(badState, reparse(t, &bad), n+b.blocks)
				require.Equal(t, c, fault.CheckOf(err), "%v", err)
				if c == fault.V14 {
					require.NoError(t, Valid(badState, reparse(t, &bad), AnyBlocks))
				} else {
					require.Equal(t, c, fault.CheckOf(Valid(badState, reparse(t, &bad), AnyBlocks)))
				}
				require.NoError(t, Valid(st, good, n)) // negative control, after
			})
		}
	}
}

// V1: version and suite, in each type.
func TestV1RefusesOtherVersionsAndSuites(t *testing.T) {
	for typ := SETUP; typ <= UPDATE; typ++ {
		_, d, _ := validCase(t, typ)
		raw := reparse(t, d).Raw()
		for at, v := range map[int]byte{0: 2, 1: 1, 2: 2} {
			bad := append([]byte(nil), raw...)
			bad[at] = v
			got, err := Parse(suite.Default, bad)
			require.Equal(t, fault.V1, fault.CheckOf(err))
			require.Nil(t, got)
		}
		// Another version is told as such, however strange the rest is.
		_, err := Parse(suite.Default, []byte{9})
		require.Equal(t, fault.V1, fault.CheckOf(err))
		_, err = Parse(suite.Default, raw) // negative control
		require.NoError(t, err)
	}
}

// V2: the Sid of a SETUP is the hash of all its fields.
func TestV2RefusesASetupWithAnotherSid(t *testing.T) {
	raw := setup(t, "a", roster(t, "a0", "b0")).Raw()
	const sid, nonce, author, set, epoch = 3, 36, 68, 133, 167
	for _, at := range []int{sid, sid + 31, nonce, nonce + 31, author + 1, set, set + 31, epoch + 1 + identity.IDFieldSize, len(raw) - 1} {
		bad := append([]byte(nil), raw...)
		bad[at] ^= 1
		got, err := Parse(suite.Default, bad)
		require.Equal(t, fault.V2, fault.CheckOf(err), at)
		require.Nil(t, got)
	}
	_, err := Parse(suite.Default, raw) // negative control
	require.NoError(t, err)
}

// V4: there is no epoch after the last, in Valid and in ValidJoin.
func TestV4RefusesAnEpochAfterTheLast(t *testing.T) {
	st, d, n := validCase(t, UPDATE)
	st.Epoch, d.Epoch = math.MaxUint32, math.MaxUint32
	require.Equal(t, fault.V4, fault.CheckOf(Valid(st, reparse(t, d), n)))
	require.Equal(t, fault.V4, fault.CheckOf(ValidJoin(person("g"), providers, 5, reparse(t, d))))
	st.Epoch, d.Epoch = math.MaxUint32-1, math.MaxUint32-1 // negative control
	d.Roster = edit(d.Roster, "g", func(e *Entry) { e.Joined = math.MaxUint32 })
	require.NoError(t, Valid(st, reparse(t, d), n))
	require.NoError(t, ValidJoin(person("g"), providers, 5, reparse(t, d)))
}

// V8: a roster is sorted, without repeats, of 1 to 1,024 entries.
func TestV8RefusesRostersOutOfOrder(t *testing.T) {
	a, b, c := Entry{person("a"), 0}, Entry{person("b"), 0}, Entry{person("c"), 0}
	for name, list := range map[string][]Entry{
		"empty":              {},
		"unsorted":           {a, c, b},
		"twice":              {a, b, b},
		"same id, new key":   {a, {identity.Party{ID: "a", Key: c.Key}, 0}},
		"same id, restarted": {a, {a.Party, 1}},
	} {
		for _, typ := range []Type{SETUP, UPDATE} {
			_, d, _ := validCase(t, typ)
			d.Roster = makeRoster(suite.Default, list)
			got, err := Parse(suite.Default, d.Seal(suite.Default).Raw())
			require.Equal(t, fault.V8, fault.CheckOf(err), name)
			require.Nil(t, got)
		}
		_, err := ParseRoster(suite.Default, makeRoster(suite.Default, list).Bytes())
		require.Equal(t, fault.V8, fault.CheckOf(err), name)
	}
	r, err := NewRoster(suite.Default, []Entry{c, a, b}) // negative control: sorted by us
	require.NoError(t, err)
	got, err := ParseRoster(suite.Default, r.Bytes())
	require.NoError(t, err)
	require.Equal(t, []Entry{a, b, c}, got.Entries())
	require.NoError(t, Valid(Before(providers), setup(t, "a", r), 2))
}

// C is bounded where it is parsed, and nowhere else: one that is shorter than a seal
// is unreadable like any that does not open (C2).
func TestW1TextsUpToTheBound(t *testing.T) {
	st, d, n := validCase(t, MSG)
	for _, size := range []int{0, 1, suite.TagSize - 1, suite.TagSize, MaxSealedText} {
		d.Sealed = make([]byte, size)
		require.NoError(t, Valid(st, reparse(t, d), n))
	}
	d.Sealed = make([]byte, MaxSealedText+1)
	_, err := Parse(suite.Default, d.Seal(suite.Default).Raw())
	require.Equal(t, fault.W1, fault.CheckOf(err))
}

// An UPDATE may leave everybody where they are: it begins an epoch, and that is all.
func TestUpdateWithoutAChange(t *testing.T) {
	st, d, _ := validCase(t, UPDATE)
	d.Roster = st.Roster
	require.NoError(t, Valid(st, reparse(t, d), len(Recipients(st.Roster, d))))
	require.False(t, d.AddsOrRestarts())
	after := Apply(suite.Default, st, d)
	require.Equal(t, st.Epoch+1, after.Epoch)
	require.True(t, after.Roster.Equal(st.Roster))
}

// W3, W2: keys and ids of a roster, and the author's id.
func TestW2W3InDataBlocks(t *testing.T) {
	for _, typ := range []Type{SETUP, UPDATE} {
		_, d, _ := validCase(t, typ)
		good := d.Roster
		for _, p := range badPoints {
			d.Roster = makeRoster(suite.Default, []Entry{{identity.Party{ID: "a", Key: p}, 0}})
			_, err := Parse(suite.Default, d.Seal(suite.Default).Raw())
			require.Equal(t, fault.W3, fault.CheckOf(err))
		}
		d.Roster = makeRoster(suite.Default, []Entry{{identity.Party{ID: "a\xff", Key: pool[0].Key}, 0}})
		_, err := Parse(suite.Default, d.Seal(suite.Default).Raw())
		require.Equal(t, fault.W2, fault.CheckOf(err))
		d.Roster = good
		author := d.AuthorID
		d.AuthorID = ""
		_, err = Parse(suite.Default, d.Seal(suite.Default).Raw())
		require.Equal(t, fault.W2, fault.CheckOf(err))
		d.AuthorID = author
		reparse(t, d) // negative control
	}
}

// What Parse never lets through is a bug of ours, not evidence against others.
func TestUnparsedTypesAreBugs(t *testing.T) {
	st, d, n := validCase(t, RCPT)
	d.Type = 9
	var bug *fault.Bug
	require.ErrorAs(t, Valid(st, d, n), &bug)
	require.Equal(t, "unknown type", d.Type.String())
}

package conversation

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

var keeper = Keeper{Suite: suite.Default, Prefix: []byte("p")}

// model is the whole public state, kept plainly: the last of every author.
type model struct {
	State
	last map[identity.ID]Author
}

func (m *model) apply(t require.TestingT, d *DataBlock) {
	author := d.AuthorIn(m.Roster)
	m.Last = m.last[author]
	require.NoError(t, Valid(m.State, d, len(Recipients(m.Roster, d))))
	m.State = Apply(suite.Default, m.State, d)
	if d.Roster != nil {
		m.last = map[identity.ID]Author{}
		for _, e := range m.Roster.Entries() {
			m.last[e.ID] = Author{0, m.Next - 1}
		}
		return
	}
	m.last[author] = Author{d.Seq, d.K}
}

// next draws a block that is valid in the model, and its author.
func (m *model) next(t *rapid.T) *DataBlock {
	if rapid.IntRange(0, 4).Draw(t, "update") == 0 {
		if d, ok := change(t, m.State); ok {
			last := m.last[d.AuthorID]
			d.Seq, d.K = last.Seq+1, rapid.Uint64Range(last.K, m.Next-1).Draw(t, "k")
			return reparse(t, d)
		}
	}
	author := m.Roster.At(rapid.IntRange(0, m.Roster.Len()-1).Draw(t, "author")).ID
	d := follow(m.State, rapid.SampledFrom([]Type{MSG, RCPT}).Draw(t, "type"), author)
	last := m.last[author]
	d.Seq, d.K = last.Seq+1, rapid.Uint64Range(last.K, m.Next-1).Draw(t, "k")
	return reparse(t, d)
}

// What is loaded is what was applied, for every author, at every index; a joiner
// that starts from an UPDATE has the same from then on; and a second conversation
// beside it is not touched.
func TestLoadAfterSaveIsWhatWasApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var mem store.Memory
		other := Apply(suite.Default, Before(providers), setup(t, "j", roster(t, "h0", "j0")))
		d := store.NewDraft(&mem)
		require.NoError(t, keeper.Save(d, other, setup(t, "j", roster(t, "h0", "j0"))))
		mem.Commit(d.Records())

		m := model{State: Before(providers)}
		first := someRoster(t)
		block := setup(t, first.At(0).ID, first)
		var joiner *State
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			if i > 0 {
				block = m.next(t)
			}
			author := block.AuthorIn(m.Roster)
			// The step of a participant or provider: load for the author, judge, save.
			draft := store.NewDraft(&mem)
			st, ok, err := keeper.Load(draft, block.Sid, block.Author)
			require.NoError(t, err)
			require.Equal(t, i > 0, ok)
			if !ok {
				st = Before(providers)
			}
			require.NoError(t, Valid(st, block, len(Recipients(st.Roster, block))))
			before := st
			next := Apply(suite.Default, st, block)
			require.Equal(t, before, st, "Apply changed its input")
			require.NoError(t, keeper.Save(draft, next, block))
			mem.Commit(draft.Records())

			m.apply(t, block)
			for pos, e := range m.Roster.Entries() {
				got, ok, err := keeper.Load(&mem, m.Sid, uint16(pos))
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, m.last[e.ID], got.Last, "last of %q after %s of %q", e.ID, block.Type, author)
				require.Equal(t, m.Head, got.Head)
				require.True(t, m.Roster.Equal(got.Roster))
				require.Equal(t, m.Roster.Digest(), got.Roster.Digest())
			}
			head, ok, err := keeper.Head(&mem, m.Sid)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, m.Head, head)

			if block.Type == UPDATE && len(Fresh(block)) > 0 && block.Roster.Position(block.AuthorID) >= 0 {
				self := Fresh(block)[0]
				require.NoError(t, ValidJoin(self.Party, providers, before.Next, block))
				st := Join(suite.Default, providers, before.Next, before.Digest, block)
				joiner = &st
			} else if joiner != nil {
				st := Apply(suite.Default, *joiner, block)
				joiner = &st
			}
			if joiner != nil {
				require.Equal(t, m.Head, joiner.Head)
				require.True(t, m.Roster.Equal(joiner.Roster))
			}
		}

		sids, err := keeper.Sids(&mem)
		require.NoError(t, err)
		require.ElementsMatch(t, []suite.Hash{other.Sid, m.Sid}, sids)
		draft := store.NewDraft(&mem)
		require.NoError(t, keeper.Drop(draft, m.Sid))
		mem.Commit(draft.Records())
		require.Equal(t, 2, mem.Len(), "head and roster of the other conversation")
		got, ok, err := keeper.Load(&mem, other.Sid, 0)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, other.Head, got.Head)
		_, ok, err = keeper.Load(&mem, m.Sid, 0)
		require.NoError(t, err)
		require.False(t, ok)
		_, ok, err = keeper.Head(&mem, m.Sid)
		require.NoError(t, err)
		require.False(t, ok)
	})
}

// What a MSG or RCPT writes has the same size, whether one or 1,024 take part.
func TestRecordsOfAMessageHaveConstantSize(t *testing.T) {
	sizes := map[int]bool{}
	for _, n := range []int{1, 2, 100, MaxRoster} {
		r, err := NewRoster(suite.Default, numbered(n, 0))
		require.NoError(t, err)
		first := setup(t, "user 0000", r)
		st := Apply(suite.Default, Before(providers), first)
		var mem store.Memory
		draft := store.NewDraft(&mem)
		require.NoError(t, keeper.Save(draft, st, first))
		mem.Commit(draft.Records())
		for _, typ := range []Type{MSG, RCPT} {
			d := reparse(t, follow(st, typ, "user 0000"))
			st = Apply(suite.Default, st, d)
			draft = store.NewDraft(&mem)
			require.NoError(t, keeper.Save(draft, st, d))
			size := 0
			require.Len(t, draft.Records(), 2)
			for _, rec := range draft.Records() {
				size += len(rec.Key) + len(rec.Value)
			}
			sizes[size] = true
			mem.Commit(draft.Records())
		}
	}
	require.Len(t, sizes, 1)
}

// Two keepers with their own prefixes in one store do not meet.
func TestKeepersAreApart(t *testing.T) {
	var mem store.Memory
	d := setup(t, "a", roster(t, "a0"))
	st := Apply(suite.Default, Before(providers), d)
	draft := store.NewDraft(&mem)
	require.NoError(t, keeper.Save(draft, st, d))
	mem.Commit(draft.Records())
	other := Keeper{Suite: suite.Default, Prefix: []byte("q")}
	_, ok, err := other.Load(&mem, d.Sid, 0)
	require.NoError(t, err)
	require.False(t, ok)
	sids, err := other.Sids(&mem)
	require.NoError(t, err)
	require.Empty(t, sids)
}

// Broken records are a bug of ours or of the store: never evidence against others.
func TestBrokenRecordsAreBugs(t *testing.T) {
	d := setup(t, "a", roster(t, "a0", "b0"))
	st := Apply(suite.Default, Before(providers), d)
	m := reparse(t, follow(st, MSG, "a"))
	st = Apply(suite.Default, st, m)
	for _, kind := range []byte{'h', 'r', 'a'} {
		var mem store.Memory
		draft := store.NewDraft(&mem)
		require.NoError(t, keeper.Save(draft, Apply(suite.Default, Before(providers), d), d))
		require.NoError(t, keeper.Save(draft, st, m))
		mem.Commit(draft.Records())
		_, ok, err := keeper.Load(&mem, d.Sid, 0) // negative control
		require.NoError(t, err)
		require.True(t, ok)

		var tail []byte
		if kind == 'a' {
			tail = []byte{0, 0}
		}
		mem.Commit([]store.Record{{Key: keeper.key(kind, d.Sid, tail...), Value: []byte{1, 2, 3}}})
		_, ok, err = keeper.Load(&mem, d.Sid, 0)
		require.False(t, ok)
		var bug *fault.Bug
		require.ErrorAs(t, err, &bug, "%c", kind)
		require.Empty(t, fault.CheckOf(err), "%c", kind)
		_, _, err = keeper.Head(&mem, d.Sid)
		require.Equal(t, kind == 'h', err != nil)
	}
}

// The digest covers every block and their order.
func TestDigestChain(t *testing.T) {
	_, d, _ := validCase(t, MSG)
	one := reparse(t, d)
	e := *d
	e.Com[0] ^= 1
	two := reparse(t, &e)
	s := suite.Default
	zero := suite.Hash{}
	seen := map[suite.Hash]bool{}
	for _, h := range []suite.Hash{
		zero,
		one.Hash(), two.Hash(),
		NextDigest(s, zero, one),
		NextDigest(s, zero, two),
		NextDigest(s, NextDigest(s, zero, one), two),
		NextDigest(s, NextDigest(s, zero, two), one),
		NextDigest(s, NextDigest(s, zero, one), one),
	} {
		require.False(t, seen[h])
		seen[h] = true
	}

	first := setup(t, "a", roster(t, "a0", "b0"))
	st := Apply(s, Before(providers), first)
	require.Equal(t, NextDigest(s, zero, first), st.Digest)
	m := reparse(t, follow(st, MSG, "b"))
	after := Apply(s, st, m)
	require.Equal(t, NextDigest(s, st.Digest, m), after.Digest)
	require.Equal(t, st.Next+1, after.Next)
	require.Equal(t, Author{1, 0}, after.Last)
	require.Equal(t, st.Epoch, after.Epoch)
}

// Whatever lies in a record of a public state: it is read whole, and what was read
// is what lies there; or it is a bug, without a panic and with nothing read.
func FuzzKeeper(f *testing.F) {
	corpustest.Add(f, "conversation.FuzzKeeper")
	r := mustRoster("a0", "b1")
	f.Add(encodeHead(Head{Epoch: 1, Base: 2, Next: 5}, r.Digest()), r.Bytes(), make([]byte, 16))
	f.Add(encodeHead(Head{Epoch: 1, Base: 2, Next: 5}, suite.Hash{}), []byte{0, 0}, []byte{1})
	f.Fuzz(func(t *testing.T, head, roster, author []byte) {
		var sid suite.Hash
		k := NewKeeper(suite.Default, 'x')
		m := &store.Memory{}
		m.Commit([]store.Record{{Key: k.key('h', sid), Value: head}, {Key: k.key('r', sid), Value: roster},
			{Key: k.authorKey(sid, 1), Value: author}})
		st, ok, err := k.Load(m, sid, 1)
		if err != nil {
			var bug *fault.Bug
			require.ErrorAs(t, err, &bug)
			require.False(t, ok)
			return
		}
		require.Equal(t, head, encodeHead(st.Head, st.Roster.Digest()))
		require.Equal(t, roster, st.Roster.Bytes())
		require.Equal(t, author, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, st.Last.Seq), st.Last.K))
	})
}

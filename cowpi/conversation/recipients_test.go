package conversation

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// slowRecipients asks of every person of the pool whether it is in either roster.
// some is a list, or nil if it is empty.
func some(list []identity.ID) []identity.ID {
	if len(list) == 0 {
		return nil
	}
	return list
}

func slowRecipients(before *Roster, d *DataBlock, author identity.ID) []identity.ID {
	var out []identity.ID
	for _, p := range pool {
		in := false
		if before != nil {
			_, in = before.Find(p.ID)
		}
		if d.Roster != nil {
			if _, also := d.Roster.Find(p.ID); also {
				in = true
			}
		}
		if in && p.ID != author {
			out = append(out, p.ID)
		}
	}
	return out
}

// freshPair says whether all keys of a pair are new with the block: one of the two
// is added or restarted.
func freshPair(d *DataBlock, a, b identity.ID) bool {
	x, inX := d.Roster.Find(a)
	y, inY := d.Roster.Find(b)
	return inX && inY && (x.Joined == d.NewEpoch() || y.Joined == d.NewEpoch())
}

// slowAssignments looks at each pair once and notes one prekey in each direction.
func slowAssignments(d *DataBlock) []Needs {
	wanted := map[identity.ID][]identity.ID{}
	for i, p := range pool {
		for _, q := range pool[i+1:] {
			if p.ID != d.AuthorID && q.ID != d.AuthorID && freshPair(d, p.ID, q.ID) {
				wanted[p.ID] = append(wanted[p.ID], q.ID)
				wanted[q.ID] = append(wanted[q.ID], p.ID)
			}
		}
	}
	var out []Needs
	for _, p := range pool {
		if peers := wanted[p.ID]; len(peers) > 0 {
			out = append(out, Needs{p.ID, sortIDs(peers)})
		}
	}
	return out
}

// slowFetches: the pairs of the author that are fresh.
func slowFetches(d *DataBlock) []identity.ID {
	var out []identity.ID
	for _, p := range pool {
		if p.ID != d.AuthorID && freshPairOfAuthor(d, p.ID) {
			out = append(out, p.ID)
		}
	}
	return out
}

// An author that leaves has no pair any more.
func freshPairOfAuthor(d *DataBlock, id identity.ID) bool {
	_, stays := d.Roster.Find(d.AuthorID)
	return stays && freshPair(d, d.AuthorID, id)
}

func TestRecipientsAssignmentsFetchesAgainstSlowTwins(t *testing.T) {
	updates := 0
	rapid.Check(t, func(t *rapid.T) {
		first := someRoster(t)
		author := first.At(rapid.IntRange(0, first.Len()-1).Draw(t, "author")).ID
		d := setup(t, author, first)
		compareTwins(t, nil, d, author)
		st := Apply(suite.Default, Before(providers), d)
		for range rapid.IntRange(0, 4).Draw(t, "updates") {
			if d, ok := change(t, st); ok {
				d = reparse(t, d)
				require.NoError(t, Valid(st, d, AnyBlocks))
				compareTwins(t, st.Roster, d, d.AuthorID)
				st = Apply(suite.Default, st, d)
				updates++
			}
			// A MSG or RCPT concerns the current roster, and needs no new keys.
			writer := st.Roster.At(rapid.IntRange(0, st.Roster.Len()-1).Draw(t, "writer")).ID
			st.Last = st.First()
			for _, typ := range []Type{MSG, RCPT} {
				d := reparse(t, follow(st, typ, writer))
				require.Equal(t, writer, d.AuthorIn(st.Roster))
				require.Equal(t, slowRecipients(st.Roster, d, writer), some(Recipients(st.Roster, d)))
				require.Nil(t, Assignments(d))
				require.Nil(t, FetchesFor(d))
				require.Nil(t, Fresh(d))
			}
		}
	})
	require.Positive(t, updates)
}

func compareTwins(t *rapid.T, before *Roster, d *DataBlock, author identity.ID) {
	require.Equal(t, author, d.AuthorIn(before))
	require.Equal(t, slowRecipients(before, d, author), some(Recipients(before, d)))
	require.NoError(t, Valid(stateFor(before, d), d, len(slowRecipients(before, d, author))))
	require.Equal(t, slowAssignments(d), Assignments(d))
	require.Equal(t, slowFetches(d), FetchesFor(d))
	for _, e := range Fresh(d) {
		if before != nil {
			old, in := before.Find(e.ID)
			require.False(t, in && old == e, "%q is not fresh", e.ID)
		}
	}
	// Whom the author fetches for gets a block, and nobody is both fetched for and
	// assigned a key of the author.
	for _, id := range FetchesFor(d) {
		require.Contains(t, Recipients(before, d), id)
	}
	for _, n := range Assignments(d) {
		require.NotEqual(t, author, n.Owner)
		require.NotContains(t, n.Peers, author)
		require.NotContains(t, n.Peers, n.Owner)
	}
}

// stateFor is a state in which the block comes next.
func stateFor(before *Roster, d *DataBlock) State {
	st := Before(providers)
	if before != nil {
		st.Sid, st.Epoch, st.Roster, st.Next = d.Sid, d.Epoch, before, d.K+1
		st.Last = Author{d.Seq - 1, d.K}
	}
	return st
}

// One participant: nobody to write to, nothing to fetch.
func TestOneParticipantAlone(t *testing.T) {
	d := setup(t, "a", roster(t, "a0"))
	require.NoError(t, Valid(Before(providers), d, 0))
	require.Empty(t, Recipients(nil, d))
	require.Empty(t, Assignments(d))
	require.Empty(t, FetchesFor(d))
	st := Apply(suite.Default, Before(providers), d)
	m := reparse(t, follow(st, MSG, "a"))
	require.NoError(t, Valid(st, m, 0))
	require.Empty(t, Recipients(st.Roster, m))
}

// A joiner, who has no roster before, can still tell its own place.
func TestRecipientsOfAJoiner(t *testing.T) {
	st := inEpoch1(t)
	d := follow(st, UPDATE, "b")
	d.Roster = roster(t, "b0", "c0", "g2")
	require.Equal(t, []identity.ID{"c", "g"}, Recipients(nil, d))
	require.Equal(t, []identity.ID{"a", "c", "d", "e", "g"}, Recipients(st.Roster, d))
}

// The purpose of a fetch: the Sid, or what of a SETUP is known before the keys.
func TestPurpose(t *testing.T) {
	_, m, _ := validCase(t, MSG)
	require.Equal(t, m.Sid, m.Purpose(suite.Default))
	one := setup(t, "a", roster(t, "a0", "b0"))
	two := setup(t, "a", roster(t, "a0", "c0"))
	require.NotEqual(t, one.Sid, two.Sid)
	require.Equal(t, one.Purpose(suite.Default), two.Purpose(suite.Default))
	require.Equal(t, SetupPurpose(suite.Default, [32]byte{7}, "a", providers), one.Purpose(suite.Default))
	seen := map[suite.Hash]bool{one.Sid: true}
	for _, p := range []suite.Hash{
		one.Purpose(suite.Default),
		SetupPurpose(suite.Default, [32]byte{8}, "a", providers),
		SetupPurpose(suite.Default, [32]byte{7}, "b", providers),
		SetupPurpose(suite.Default, [32]byte{7}, "a", suite.Hash{}),
	} {
		require.False(t, seen[p])
		seen[p] = true
	}
}

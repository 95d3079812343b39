package pair

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

func isStart(m blk) bool { return len(m.bytes) == StartSize }

// The start form is used until an upload came back accepted, the short one from
// then on; a reply starts a chain of its own.
func TestFormsFollowAcceptance(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	one, two := a.seal(t), a.seal(t)
	require.True(t, isStart(one) && isStart(two))
	deliver(t, a, b, one)
	require.False(t, isStart(a.seal(t)))
	deliver(t, a, b, two)
	reply := b.seal(t)
	require.True(t, isStart(reply))
	h, err := ParseHeader(suite.Default, reply.bytes)
	require.NoError(t, err)
	require.Equal(t, Session, h.Ref.Kind)
	deliver(t, b, a, reply)
	require.True(t, isStart(a.seal(t)), "the reply brought a key: a starts a new chain")
	require.False(t, isStart(b.seal(t)))
}

// Two start forms under way offer the same R; the second changes nothing, though
// R has been used meanwhile.
func TestTwoPipelinedStartsOfferOneKey(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	one, two := a.seal(t), a.seal(t)
	deliver(t, a, b, one)
	reply := b.seal(t)
	require.True(t, b.st.Send.Theirs.Used)
	send := b.st.Send
	deliver(t, a, b, two)
	require.Equal(t, send, b.st.Send)
	deliver(t, b, a, reply)
	require.False(t, isStart(b.seal(t)), "b would name the key a second time")
	require.Empty(t, a.st.Receive.refs(), "named: the session key and the prekey are wiped")
}

// Once a session key of the peer has been taken there is no way back to its
// prekey, and once one was named the owner does not have the prekey either.
func TestNoFallingBackToThePrekey(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	stuck := *a // somebody with a's keys who will only ever use the prekey
	deliver(t, b, a, b.seal(t))
	require.Equal(t, Session, a.st.Send.Theirs.Ref.Kind)
	_, err := a.st.Send.Assign(KeyID{'b'}, b.self.Key)
	require.Error(t, err)
	require.True(t, b.st.Receive.Holds(Ref{Prekey, KeyID{'b'}}), "not yet named: a block that names it may be under way")

	m := a.seal(t)
	h, err := ParseHeader(suite.Default, m.bytes)
	require.NoError(t, err)
	require.Equal(t, Session, h.Ref.Kind)
	deliver(t, a, b, m)
	require.Empty(t, b.st.Receive.refs())
	stuck.steps = 100
	require.Equal(t, fault.P2, fault.CheckOf(b.refuses(t, stuck.seal(t))))
	b.open(t, a.seal(t))
}

// Both write first, each to the other's prekey.
func TestSimultaneousFirstMessages(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	fromA, fromB := a.seal(t), b.seal(t)
	deliver(t, a, b, fromA)
	deliver(t, b, a, fromB)
	for range 4 {
		fromA, fromB = a.seal(t), b.seal(t)
		deliver(t, b, a, fromB)
		deliver(t, a, b, fromA)
		require.LessOrEqual(t, a.st.Receive.Held(), 2)
		require.LessOrEqual(t, b.st.Receive.Held(), 2)
	}
}

// A refused upload neither stalls nor desynchronises: the chain is first seen at
// n > 0, and gaps are skipped in either form.
func TestRefusedUploadsLeaveGaps(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	for range 5 {
		a.seal(t) // refused
	}
	m := a.seal(t)
	h, err := ParseHeader(suite.Default, m.bytes)
	require.NoError(t, err)
	require.EqualValues(t, 5, h.N)
	late := a.seal(t)
	deliver(t, a, b, m)
	a.seal(t) // refused
	m = a.seal(t)
	require.False(t, isStart(m))
	skipped := *b
	deliver(t, a, &skipped, m)
	require.Equal(t, fault.P3, fault.CheckOf(skipped.refuses(t, late)), "the order is total: skipped keys are dropped")
	b.open(t, late)
	b.open(t, m)
	say(t, b, a)
	say(t, a, b)
}

// A refused start of a chain does not take the key with it: the next block offers
// X and R again, and the ratchet goes on.
func TestRefusedStartDoesNotStallTheRatchet(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	say(t, a, b)
	for range 3 {
		b.seal(t) // refused
		m := say(t, b, a)
		require.True(t, isStart(m))
		require.False(t, isStart(b.seal(t)))
		a.seal(t) // refused
		m = say(t, a, b)
		require.True(t, isStart(m))
	}
}

// A corrupt router shows the peer a block that was refused. The author is still
// in the start form when the reply has used up its only session key: it makes
// another, for the same chain.
func TestRefusedBlockShownEarly(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	b.open(t, a.seal(t)) // a does not see it accepted
	a.st.Receive.Mine = [MaxMine]Own{}
	x := a.st.Send.Chain.X
	m := a.seal(t)
	require.True(t, isStart(m))
	require.Equal(t, x, a.st.Send.Chain.X)
	require.Len(t, a.st.Receive.refs(), 1)
	again := a.seal(t)
	require.Len(t, a.st.Receive.refs(), 1, "and only one")
	deliver(t, a, b, m)
	deliver(t, a, b, again)
	require.Equal(t, a.st.Receive.Mine[0].Ref, b.st.Send.Theirs.Ref)
	say(t, b, a)
	say(t, a, b)
}

// A peer that offers key after key makes us hold three session keys, not more;
// the newest is then offered again. Naming one wipes it and the older ones.
func TestThreeSessionKeysAtMost(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	var offered []Ref
	for range 6 {
		b.st.Receive.Mine = [MaxMine]Own{} // makes b offer another key each time
		a.open(t, b.seal(t))
		m := a.seal(t)
		require.True(t, isStart(m))
		refs := a.st.Receive.refs()
		require.LessOrEqual(t, len(refs), MaxSessions)
		if newest := refs[len(refs)-1]; len(offered) == 0 || offered[len(offered)-1] != newest {
			offered = append(offered, newest)
		}
	}
	require.Equal(t, offered, a.st.Receive.refs())
	require.Len(t, offered, MaxSessions)

	for named, left := range [][]Ref{offered[1:], offered[2:], nil} {
		peer := *b
		peer.st.Send.Theirs = Theirs{Ref: offered[named], Y: a.st.Receive.Mine[named].Y}
		owner := *a
		owner.st.Receive, _ = owner.st.Receive.Assign(KeyID{'z'}, suite.Coin{1}, a.self.Key)
		require.Equal(t, MaxMine, owner.st.Receive.Held())
		owner.open(t, peer.seal(t))
		require.Equal(t, left, owner.st.Receive.refs())
	}
}

// Naming the prekey wipes the prekey only: session keys are newer.
func TestNamingThePrekeyKeepsSessionKeys(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	b.seal(t)
	require.Len(t, b.st.Receive.refs(), 2)
	b.open(t, a.seal(t))
	refs := b.st.Receive.refs()
	require.Len(t, refs, 1)
	require.Equal(t, Session, refs[0].Kind)
}

// An author stops before the recipient would have to skip too much: 1,000 blocks
// without one known to be accepted. A new key from the peer frees it.
func TestExhaustedChain(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	answer := b.seal(t)
	var last blk
	for range MaxSkip {
		last = a.seal(t)
	}
	old := a.st
	out, err := a.terms.Seal(a.st, suite.Hash{}, suite.Key{}, a.coins(), 0)
	require.ErrorIs(t, err, ErrExhausted)
	require.Equal(t, Sealed{State: old}, out)

	// Either of two things frees it: the last block is accepted after all,
	freed := *a
	peer := *b
	deliver(t, &freed, &peer, last)
	say(t, &freed, &peer)
	// or the peer offers a key.
	deliver(t, b, a, answer)
	say(t, a, b)
}

// Acceptance is written down when it matters: the first time, then every 256.
func TestConfirm(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	require.False(t, a.confirm(blk{bytes: []byte{1, 2, 3}}))
	first, second := a.seal(t), a.seal(t)
	require.False(t, a.confirm(first.flip(2, 1)), "another key")
	require.False(t, a.confirm(first.flip(1+refSize, 1)), "another X")
	require.True(t, a.confirm(first))
	require.Equal(t, uint32(1), a.st.Send.Chain.Floor)
	require.False(t, a.confirm(first))
	require.False(t, a.confirm(second))
	var changed []uint32
	for range 3 * floorStep {
		m := a.seal(t)
		if a.confirm(m) {
			changed = append(changed, a.st.Send.Chain.N)
		}
	}
	require.Equal(t, []uint32{1 + floorStep, 1 + 2*floorStep, 1 + 3*floorStep}, changed)
	// It never goes back, and blocks never made, or of another chain, change nothing.
	floor := a.st.Send
	require.False(t, a.confirm(first))
	require.False(t, a.confirm(blk{bytes: append([]byte{formContinue, 0xff, 0xff, 0xff, 0xff}, make([]byte, 48)...)}))
	require.False(t, a.confirm(b.seal(t)))
	require.Equal(t, floor, a.st.Send)

	// What is left of an old chain does not confirm the new one.
	old, oldStart := a.seal(t), first
	a.open(t, b.seal(t))
	m := a.seal(t)
	require.True(t, isStart(m))
	require.False(t, a.confirm(old))
	require.False(t, a.confirm(oldStart))
	require.False(t, a.st.Send.Chain.Accepted)
	require.True(t, a.confirm(m))
}

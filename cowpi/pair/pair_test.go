package pair

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// counting counts what a suite is asked for.
type counting struct {
	suite.Suite
	fixed, variable, kdf int
}

func (c *counting) Public(x suite.Scalar) suite.Point { c.fixed++; return c.Suite.Public(x) }

func (c *counting) DH(x suite.Scalar, p suite.Point) (suite.Point, error) {
	c.variable++
	return c.Suite.DH(x, p)
}

func (c *counting) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	c.kdf++
	return c.Suite.KDF(purpose, n, fields...)
}

// A start costs two fixed-base and three variable-base multiplications, opening
// it three variable-base ones; going on costs none, and one step of the chain.
func TestCosts(t *testing.T) {
	count := &counting{Suite: suite.Default}
	a, b := newCouple(t, count)
	costs := func(f func()) (fixed, variable, kdf int) {
		*count = counting{Suite: suite.Default}
		f()
		return count.fixed, count.variable, count.kdf
	}
	check := func(fixed, variable int, f func()) {
		t.Helper()
		gotFixed, gotVariable, _ := costs(f)
		require.Equal(t, [2]int{fixed, variable}, [2]int{gotFixed, gotVariable})
	}
	var m blk
	check(2, 3, func() { m = a.seal(t) })
	check(0, 3, func() { b.open(t, m) })
	check(0, 0, func() { m = a.seal(t) })
	require.Len(t, m.bytes, StartSize)
	check(0, 0, func() { deliver(t, a, b, m) })
	_, _, kdf := costs(func() { m = a.seal(t) })
	require.Equal(t, 1, kdf)
	check(0, 0, func() { b.open(t, m) })
}

// The first block and one that goes on, computed once more from the formulas of
// SPEC.md, section 7, and nothing of this package.
func TestBlocksAgainstFormulas(t *testing.T) {
	s := suite.Default
	a, b := newCouple(t, s)
	theirs := a.st.Send.Theirs
	coins := suite.NewCoins(s, suite.Seed{1}, a.self.Secret, 1)
	first := a.seal(t)
	r := naxos.Ephemeral{ESK: coins.Draw("session esk", 4)}.Public(s, a.self)
	id := coins.Draw("session id", 4)

	context := wire.NewWriter(0).Field([]byte("chain")).Field(testSid[:]).
		Field([]byte{0, 0, 0, 3}).Field([]byte{0, 0, 0, 7}).
		Field([]byte{1, 'b', 0, 0, 0, 0, 0, 0, 0}).Bytes()
	x, ck, err := naxos.Initiate(s, a.self, coins.Draw("chain esk", 4),
		naxos.Peer{Party: b.self.Party(), Ephemeral: theirs.Y}, context)
	require.NoError(t, err)

	header := append([]byte{1, 1, 'b', 0, 0, 0, 0, 0, 0, 0}, x[:]...)
	header = append(header, 0, 0, 0, 0)
	plain := append(append(append([]byte(nil), first.km[:]...), id[:8]...), r[:]...)
	require.Equal(t, byFormula(a, b, &ck, first.digest, header, plain), first.bytes)
	deliver(t, a, b, first)

	second := a.seal(t)
	require.Equal(t, byFormula(a, b, &ck, second.digest, []byte{2, 0, 0, 0, 1}, second.km[:]), second.bytes)
	b.open(t, second)
}

func byFormula(a, b *person, ck *suite.Key, digest suite.Hash, header, plain []byte) []byte {
	out := suite.Default.KDF("chain", 64, ck[:])
	*ck = suite.Key(out[32:])
	return suite.Default.Seal(bytes.Clone(header), "block", suite.Key(out[:32]), [12]byte(digest[:12]), plain,
		digest[:], a.self.ID.Field(), a.self.Key[:], b.self.ID.Field(), b.self.Key[:], header)
}

// A restored backup comes to the same message key again, with other text: the
// nonce differs, so nothing is sealed twice under one key and nonce.
func TestRestoredBackupUsesAnotherNonce(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	say(t, a, b)
	backup := *a
	one := a.seal(t)
	backup.steps += 5
	two := backup.seal(t)
	require.Equal(t, one.bytes[:continueHeader], two.bytes[:continueHeader])
	require.NotEqual(t, nonce(one.digest), nonce(two.digest))
	var diff [32]byte
	for i := range diff {
		diff[i] = one.bytes[continueHeader+i] ^ two.bytes[continueHeader+i] ^ one.km[i] ^ two.km[i]
	}
	require.NotZero(t, diff, "the same key stream twice")
}

func TestMisuse(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	var m *fault.Misuse
	out, err := a.terms.Seal(State{}, suite.Hash{}, suite.Key{}, a.coins(), 0)
	require.ErrorIs(t, err, ErrNoKey)
	require.ErrorAs(t, err, &m)
	require.Equal(t, Sealed{}, out)

	send, err := a.st.Send.Assign(KeyID{1}, b.self.Key)
	require.ErrorAs(t, err, &m)
	require.Equal(t, a.st.Send, send)
	receive, err := a.st.Receive.Assign(KeyID{1}, suite.Coin{}, a.self.Key)
	require.ErrorAs(t, err, &m)
	require.Equal(t, a.st.Receive, receive)

	// Coins drawn twice are a fault of ours, and noticed.
	var bug *fault.Bug
	out, err = a.terms.Seal(a.st, suite.Hash{}, suite.Key{}, a.coins(), 0)
	require.NoError(t, err)
	again := out.State
	again.Send.Theirs.Used = false
	a.steps--
	failed, err := a.terms.Seal(again, suite.Hash{}, suite.Key{}, a.coins(), 0)
	require.ErrorAs(t, err, &bug)
	require.Equal(t, Sealed{State: again}, failed)
	_, err = a.terms.Seal(again, suite.Hash{}, suite.Key{}, a.coins(), 0)
	require.NoError(t, err)

	// So is a state that no step leaves.
	again.Send = Send{Theirs: Theirs{Ref: Ref{Prekey, KeyID{1}}, Y: b.self.Key, Used: true}}
	_, err = a.terms.Seal(again, suite.Hash{}, suite.Key{}, a.coins(), 0)
	require.ErrorAs(t, err, &bug)
}

func TestWipe(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	say(t, a, b)
	say(t, b, a)
	snapshot := a.st
	a.st.Wipe()
	require.Zero(t, a.st)
	require.NotZero(t, snapshot.Receive.Chain.CK, "a copy is a snapshot")
}

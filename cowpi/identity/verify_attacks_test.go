package identity

import (
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// U2: the secret exponents are multiples of 8, so a share to which the point of
// order 2 was added (its coordinate turned over) gives the same shared point. It is
// noticed because the confirmation covers the shares as they were sent.
func TestU2SharesMovedByAPointOfOrderTwo(t *testing.T) {
	alice, bob := views(t)
	r, _, _ := run(t, alice, bob)
	answered := suite.Point(r.answer[2:34])
	moved := turnedOver(answered)
	require.NotEqual(t, answered, moved)
	require.NoError(t, suite.Default.CheckPoint(moved))
	z, err := suite.Default.DH(r.o.exponent, answered)
	require.NoError(t, err)
	same, err := suite.Default.DH(r.o.exponent, moved)
	require.NoError(t, err)
	require.Equal(t, z, same, "the trap: the shared point does not change")

	bad := append(append([]byte{verifyVersion, kindAnswer}, moved[:]...), r.answer[34:]...)
	verdict, _, err := r.o.Finish(bad)
	require.Equal(t, fault.U2, fault.CheckOf(err))
	require.Equal(t, NotVerified, verdict)

	moved = turnedOver(r.o.share)
	bad = append(append([]byte(nil), r.offer[:34]...), moved[:]...)
	_, answer, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), bad, bob.coins)
	require.NoError(t, err)
	verdict, _, err = r.o.Finish(answer)
	require.Equal(t, fault.U2, fault.CheckOf(err))
	require.Equal(t, NotVerified, verdict)

	verdict, _, err = r.o.Finish(r.answer) // negative control
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

// turnedOver returns 1/u modulo 2^255 - 19: the coordinate of P + (0, 0).
func turnedOver(p suite.Point) (out suite.Point) {
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	slices.Reverse(p[:])
	u := new(big.Int).SetBytes(p[:])
	u.ModInverse(u, prime).FillBytes(out[:])
	slices.Reverse(out[:])
	return out
}

// Each field of the transcript reaches both confirmations, and each field of the
// generator the share, by itself: neither relies upon the other.
func TestEveryInputOfAVerificationMatters(t *testing.T) {
	s := suite.Default
	alice, bob := views(t)
	p := self(t, "p", 0).Key
	base := transcript{alice.own, bob.own, [32]byte{1}, self(t, "q", 0).Key, self(t, "r", 0).Key}
	seen := map[suite.Hash]bool{}
	note := func(y suite.Scalar, theirs suite.Point, tr transcript) {
		one, two, err := verifyTags(s, y, theirs, tr)
		require.NoError(t, err)
		require.False(t, seen[one] || seen[two] || one == two)
		seen[one], seen[two] = true, true
	}
	y := suite.Scalar{1: 1}
	note(y, p, base)
	note(suite.Scalar{1: 2}, p, base)
	note(y, base.opened, base)
	for _, change := range []func(tr *transcript){
		func(tr *transcript) { tr.opener.ID = "x" }, func(tr *transcript) { tr.opener.Key = p },
		func(tr *transcript) { tr.answerer.ID = "x" }, func(tr *transcript) { tr.answerer.Key = p },
		func(tr *transcript) { tr.nonce[31] ^= 1 }, func(tr *transcript) { tr.opened = p },
		func(tr *transcript) { tr.answered = p },
		func(tr *transcript) { tr.opener, tr.answerer = tr.answerer, tr.opener },
		func(tr *transcript) { tr.opened, tr.answered = tr.answered, tr.opened },
	} {
		tr := base
		change(&tr)
		note(y, p, tr)
	}

	shares := map[suite.Point]bool{}
	share := func(own, peer Party, secret string, nonce byte, c suite.Coins) suite.Point {
		_, x, err := verifyShare(s, own, peer, []byte(secret), [32]byte{nonce}, c)
		require.NoError(t, err)
		return x
	}
	a, b := alice.own, bob.own
	require.Equal(t, share(a, b, "s", 1, coinsOf(1)), share(b, a, "s", 1, coinsOf(1)))
	for _, x := range []suite.Point{
		share(a, b, "s", 1, coinsOf(1)), share(a, b, "t", 1, coinsOf(1)), share(a, b, "s", 2, coinsOf(1)),
		share(a, b, "s", 1, coinsOf(2)), share(Party{"x", a.Key}, b, "s", 1, coinsOf(1)),
		share(a, Party{"x", b.Key}, "s", 1, coinsOf(1)), share(Party{a.ID, p}, b, "s", 1, coinsOf(1)),
		share(a, Party{b.ID, p}, "s", 1, coinsOf(1)),
	} {
		require.False(t, shares[x])
		shares[x] = true
	}
}

// Reflection: what one side says, sent back to it in another run of its own, with
// it in the other role, makes nothing match.
func TestReflectionFails(t *testing.T) {
	alice, bob := views(t)
	o, offer, err := OpenVerify(suite.Default, alice.own, alice.peer, []byte(alice.secret), coinsOf(1))
	require.NoError(t, err)
	// Alice takes her own offer for Bob's, and answers.
	a, answer, err := AnswerVerify(suite.Default, alice.own, alice.peer, []byte(alice.secret), offer, coinsOf(3))
	require.NoError(t, err)
	verdict, proof, err := o.Finish(answer)
	require.Equal(t, fault.U2, fault.CheckOf(err))
	require.Equal(t, NotVerified, verdict)
	require.Nil(t, proof)
	// Her own confirmation, sent back as the proof.
	verdict, err = a.Finish(append([]byte{verifyVersion, kindProof}, answer[34:]...))
	require.Equal(t, fault.U2, fault.CheckOf(err))
	require.Equal(t, NotVerified, verdict)

	_, answer, err = AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), offer, coinsOf(2)) // negative control
	require.NoError(t, err)
	verdict, _, err = o.Finish(answer)
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

// Replay: messages of one run fit no other of the same two people and secret.
func TestReplayFails(t *testing.T) {
	alice, bob := views(t)
	old, _, _ := run(t, alice, bob)
	alice.coins, bob.coins = coinsOf(11), coinsOf(12)
	r, _, _ := run(t, alice, bob)
	_, _, err := r.o.Finish(old.answer)
	require.Equal(t, fault.U2, fault.CheckOf(err))
	_, err = r.a.Finish(old.proof)
	require.Equal(t, fault.U2, fault.CheckOf(err))
	// An old offer is answered, but the old proof is not what is expected.
	a, answer, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), old.offer, bob.coins)
	require.NoError(t, err)
	require.NotEqual(t, old.answer, answer)
	_, err = a.Finish(old.proof)
	require.Equal(t, fault.U2, fault.CheckOf(err))

	verdict, err := r.a.Finish(r.proof) // negative control
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

// Offline guessing: a recorded run with the right secret is not told from one
// with a wrong secret by whoever has all messages and no exponent. What can be
// tested here: nothing that is sent is a function of public values and the
// secret alone. With other coins every sent byte string differs.
func TestNothingSentIsAFunctionOfTheSecretAlone(t *testing.T) {
	alice, bob := views(t)
	one, _, _ := run(t, alice, bob)
	bob.coins = coinsOf(5)
	two, _, _ := run(t, alice, bob) // the opener's coins are the same
	require.Equal(t, one.offer, two.offer)
	require.NotEqual(t, one.answer[2:34], two.answer[2:34])
	require.NotEqual(t, one.answer[34:], two.answer[34:])
	require.NotEqual(t, one.proof, two.proof)
	alice.coins = coinsOf(6)
	three, _, _ := run(t, alice, bob)
	require.NotEqual(t, two.offer[2:34], three.offer[2:34])
	require.NotEqual(t, two.offer[34:], three.offer[34:])
	require.NotEqual(t, two.answer[34:], three.answer[34:])
}

// Deniability: one who knows the secret makes a whole run alone, with public keys
// only, and the same bytes as the two would have made with the same coins.
func TestAnybodyWithTheSecretCanMakeARun(t *testing.T) {
	alice, bob := views(t)
	r, opened, answered := run(t, alice, bob)
	require.Equal(t, Verified, opened)
	require.Equal(t, Verified, answered)
	forged, _, _ := run(t, view{alice.own, alice.peer, alice.secret, coinsOf(1)}, view{bob.own, bob.peer, bob.secret, coinsOf(2)})
	require.Equal(t, [][]byte{r.offer, r.answer, r.proof}, [][]byte{forged.offer, forged.answer, forged.proof})
}

package identity

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// view is what one side puts into a run.
type view struct {
	own, peer Party
	secret    string
	coins     suite.Coins
}

func coinsOf(n byte) suite.Coins {
	return suite.NewCoins(suite.Default, suite.Seed{n}, suite.Scalar{n}, 1)
}

// verification is a run with all its states and messages.
type verification struct {
	o                    Opening
	a                    Answering
	offer, answer, proof []byte
}

// run lets two views meet; the verdict of the answerer is that of an opener's
// proof, or Undecided if there was none.
func run(t require.TestingT, opener, answerer view) (r verification, opened, answered Verdict) {
	var err error
	r.o, r.offer, err = OpenVerify(suite.Default, opener.own, opener.peer, []byte(opener.secret), opener.coins)
	require.NoError(t, err)
	r.a, r.answer, err = AnswerVerify(suite.Default, answerer.own, answerer.peer, []byte(answerer.secret), r.offer, answerer.coins)
	require.NoError(t, err)
	require.Len(t, r.offer, OfferSize)
	require.Len(t, r.answer, AnswerSize)
	if opened, r.proof, err = r.o.Finish(r.answer); err != nil {
		require.Equal(t, fault.U2, fault.CheckOf(err))
		require.Nil(t, r.proof)
		return r, opened, Undecided
	}
	require.Len(t, r.proof, ProofSize)
	answered, err = r.a.Finish(r.proof)
	require.NoError(t, err)
	return r, opened, answered
}

func views(t require.TestingT) (alice, bob view) {
	a, b := self(t, "alice", 0).Party(), self(t, "bob", 0).Party()
	return view{a, b, "the blue heron", coinsOf(1)}, view{b, a, "the blue heron", coinsOf(2)}
}

func TestVerifyAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := self(t, ids().Draw(t, "a"), 1).Party()
		b := self(t, ids().Draw(t, "b"), 2).Party()
		secret := rapid.StringN(1, 40, MaxSecret).Draw(t, "secret")
		n := rapid.ByteRange(0, 100).Draw(t, "coins")
		_, opened, answered := run(t, view{a, b, secret, coinsOf(n)}, view{b, a, secret, coinsOf(n + 1)})
		require.Equal(t, Verified, opened)
		require.Equal(t, Verified, answered)
	})
}

// U2: whatever differs between the two views, the opener decides NotVerified,
// sends no proof, and the answerer cannot decide Verified.
func TestU2EveryDifferenceShows(t *testing.T) {
	alice, bob := views(t)
	mallory := self(t, "mallory", 0).Party()
	for name, change := range map[string]func(a, b *view){
		"secret":              func(a, b *view) { b.secret = "the blue heroN" },
		"secret, longer":      func(a, b *view) { b.secret += " " },
		"key of the opener":   func(a, b *view) { b.peer.Key = mallory.Key },
		"key of the answerer": func(a, b *view) { a.peer.Key = mallory.Key },
		"id of the opener":    func(a, b *view) { b.peer.ID = "Alice" },
		"id of the answerer":  func(a, b *view) { a.peer.ID = "Bob" },
		"keys swapped":        func(a, b *view) { a.own.Key, a.peer.Key = a.peer.Key, a.own.Key },
		"ids swapped":         func(a, b *view) { a.own.ID, a.peer.ID = a.peer.ID, a.own.ID },
		"roles in the pair":   func(a, b *view) { *b = *a; b.coins = coinsOf(2) },
		"one in between":      func(a, b *view) { a.peer.Key, b.peer.Key = mallory.Key, mallory.Key },
		"ids run over":        func(a, b *view) { a.own.ID, a.peer.ID = "aliceb", "ob" },
		"secret runs into id": func(a, b *view) { b.secret, b.own.ID = "the blue hero", "nbob" },
	} {
		a, b := alice, bob
		change(&a, &b)
		_, opened, answered := run(t, a, b)
		require.Equal(t, NotVerified, opened, name)
		require.Equal(t, Undecided, answered, name)
	}
	_, opened, answered := run(t, alice, bob) // negative control
	require.Equal(t, Verified, opened)
	require.Equal(t, Verified, answered)
}

// An answerer that accepted any proof would let an opener pass that does not
// know the secret: U2 holds on that side too.
func TestU2ProofOfAnOpenerThatGuessedWrong(t *testing.T) {
	alice, bob := views(t)
	r, _, _ := run(t, alice, bob)
	a := alice
	a.secret = "the grey heron"
	o, offer, err := OpenVerify(suite.Default, a.own, a.peer, []byte(a.secret), a.coins)
	require.NoError(t, err)
	waiting, answer, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), offer, bob.coins)
	require.NoError(t, err)
	// The cheat skips the comparison and sends the proof that it computes.
	theirs := suite.Point(answer[2:34])
	_, proof, err := verifyTags(suite.Default, o.exponent, theirs, transcript{o.own, o.peer, o.nonce, o.share, theirs})
	require.NoError(t, err)
	verdict, err := waiting.Finish(append([]byte{verifyVersion, kindProof}, proof[:]...))
	require.Equal(t, fault.U2, fault.CheckOf(err))
	require.Equal(t, NotVerified, verdict)

	verdict, err = r.a.Finish(r.proof) // negative control
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

// U1, U2, W3: every changed byte of every message is noticed, and the genuine
// message is still taken afterwards.
func TestU1U2EveryChangedByteShows(t *testing.T) {
	alice, bob := views(t)
	r, _, _ := run(t, alice, bob)
	rapid.Check(t, func(t *rapid.T) {
		xor := rapid.ByteRange(1, 255).Draw(t, "xor")
		at := rapid.IntRange(0, OfferSize-1).Draw(t, "byte of the offer")
		bad := flip(r.offer, at, xor)
		a, answer, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), bad, bob.coins)
		if err != nil {
			require.Contains(t, []fault.Check{fault.U1, fault.W3}, fault.CheckOf(err))
			require.True(t, at < 2 || at >= 34, "a changed nonce cannot be noticed yet")
			require.Nil(t, answer)
			require.Equal(t, Answering{}, a)
		} else {
			verdict, _, err := r.o.Finish(answer)
			require.Equal(t, fault.U2, fault.CheckOf(err))
			require.Equal(t, NotVerified, verdict)
			verdict, err = a.Finish(r.proof)
			require.Equal(t, fault.U2, fault.CheckOf(err))
			require.Equal(t, NotVerified, verdict)
		}

		at = rapid.IntRange(0, AnswerSize-1).Draw(t, "byte of the answer")
		verdict, proof, err := r.o.Finish(flip(r.answer, at, xor))
		requireRefused(t, verdict, err, at < 2)
		require.Nil(t, proof)

		at = rapid.IntRange(0, ProofSize-1).Draw(t, "byte of the proof")
		verdict, err = r.a.Finish(flip(r.proof, at, xor))
		requireRefused(t, verdict, err, at < 2)
	})
	verdict, proof, err := r.o.Finish(r.answer) // negative control
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
	verdict, err = r.a.Finish(proof)
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

func requireRefused(t require.TestingT, verdict Verdict, err error, head bool) {
	switch fault.CheckOf(err) {
	case fault.U1:
		require.True(t, head)
		require.Equal(t, Undecided, verdict)
	case fault.W3:
		require.Equal(t, Undecided, verdict)
	default:
		require.False(t, head)
		require.Equal(t, fault.U2, fault.CheckOf(err))
		require.Equal(t, NotVerified, verdict)
	}
}

func flip(b []byte, at int, xor byte) []byte {
	out := append([]byte(nil), b...)
	out[at] ^= xor
	return out
}

// U1: each message only where it belongs, and whole.
func TestU1MessagesOfAnotherKindOrSize(t *testing.T) {
	alice, bob := views(t)
	r, _, _ := run(t, alice, bob)
	all := [][]byte{r.offer, r.answer, r.proof}
	for i := range all {
		all = append(all, nil, []byte{}, all[i][:1], all[i][:len(all[i])-1], append(append([]byte(nil), all[i]...), 0))
	}
	for i, m := range all {
		if i != 0 {
			_, _, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), m, bob.coins)
			require.Equal(t, fault.U1, fault.CheckOf(err), i)
		}
		if i != 1 {
			verdict, _, err := r.o.Finish(m)
			require.Equal(t, fault.U1, fault.CheckOf(err), i)
			require.Equal(t, Undecided, verdict)
		}
		if i != 2 {
			verdict, err := r.a.Finish(m)
			require.Equal(t, fault.U1, fault.CheckOf(err), i)
			require.Equal(t, Undecided, verdict)
		}
	}
	verdict, _, err := r.o.Finish(r.answer) // negative control
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

// W3: with a share of small order the shared point would be known to everybody,
// and the confirmation could be made without the secret.
func TestW3SharesOfSmallOrder(t *testing.T) {
	alice, bob := views(t)
	r, _, _ := run(t, alice, bob)
	for _, p := range badPoints {
		offer := append(append([]byte(nil), r.offer[:34]...), p[:]...)
		_, _, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), offer, bob.coins)
		require.Equal(t, fault.W3, fault.CheckOf(err))
		answer := append(append([]byte{verifyVersion, kindAnswer}, p[:]...), r.answer[34:]...)
		verdict, _, err := r.o.Finish(answer)
		require.Equal(t, fault.W3, fault.CheckOf(err))
		require.Equal(t, Undecided, verdict)
	}
	verdict, _, err := r.o.Finish(r.answer) // negative control
	require.NoError(t, err)
	require.Equal(t, Verified, verdict)
}

func TestVerifyMisuse(t *testing.T) {
	alice, bob := views(t)
	r, _, _ := run(t, alice, bob)
	for name, change := range map[string]func(v *view){
		"no secret":      func(v *view) { v.secret = "" },
		"long secret":    func(v *view) { v.secret = strings.Repeat("x", MaxSecret+1) },
		"bad id":         func(v *view) { v.own.ID = "" },
		"bad peer id":    func(v *view) { v.peer.ID = "\xff" },
		"bad key":        func(v *view) { v.own.Key = badPoints[1] },
		"bad peer key":   func(v *view) { v.peer.Key = badPoints[2] },
		"with itself":    func(v *view) { v.peer = v.own },
		"not canonical":  func(v *view) { v.peer.Key = badPoints[3] },
		"overlong owner": func(v *view) { v.own.ID = ID(strings.Repeat("a", 65)) },
	} {
		v := bob
		change(&v)
		var m *fault.Misuse
		_, _, err := OpenVerify(suite.Default, v.own, v.peer, []byte(v.secret), v.coins)
		require.ErrorAs(t, err, &m, name)
		_, _, err = AnswerVerify(suite.Default, v.own, v.peer, []byte(v.secret), r.offer, v.coins)
		require.ErrorAs(t, err, &m, name)
	}
	var m *fault.Misuse
	_, _, err := Opening{}.Finish(r.answer)
	require.ErrorAs(t, err, &m)
	_, err = Answering{}.Finish(r.proof)
	require.ErrorAs(t, err, &m)
	require.Equal(t, "undecided", Undecided.String())
	require.Equal(t, "verified", Verified.String())
	require.Equal(t, "not verified", NotVerified.String())
}

// The three decoders: nothing panics, nothing but the genuine bytes is Verified,
// and a refusal hands out nothing.
func FuzzVerifyMessages(f *testing.F) {
	corpustest.Add(f, "identity.FuzzVerifyMessages")
	alice, bob := views(f)
	r, _, _ := run(f, alice, bob)
	f.Add(r.offer)
	f.Add(r.answer)
	f.Add(r.proof)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, answer, err := AnswerVerify(suite.Default, bob.own, bob.peer, []byte(bob.secret), b, bob.coins)
		if err != nil {
			require.Nil(t, answer)
			require.Equal(t, Answering{}, a)
		} else {
			again := wire.NewWriter(OfferSize).U8(verifyVersion).U8(kindOffer).Fixed(b[2:]).Bytes()
			require.Equal(t, b, again)
		}
		verdict, proof, err := r.o.Finish(b)
		require.Equal(t, string(b) == string(r.answer), verdict == Verified)
		require.Equal(t, err == nil, verdict == Verified)
		require.Equal(t, verdict == Verified, proof != nil)
		verdict, err = r.a.Finish(b)
		require.Equal(t, string(b) == string(r.proof), verdict == Verified)
		require.Equal(t, err == nil, verdict == Verified)
	})
}

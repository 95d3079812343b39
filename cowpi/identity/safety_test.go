package identity

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

func TestSafetyNumberIsTheSameOnBothSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := self(t, ids().Draw(t, "a"), rapid.Byte().Draw(t, "key a")).Party()
		b := self(t, ids().Draw(t, "b"), rapid.Byte().Draw(t, "key b")).Party()
		n, m := SafetyNumber(suite.Default, a, b), SafetyNumber(suite.Default, b, a)
		require.Equal(t, n, m)
		require.NoError(t, n.CheckQR(m.QR()))
	})
}

// Each id and each key reaches the number; so does which id has which key.
func TestEveryInputOfTheSafetyNumberMatters(t *testing.T) {
	a, b := self(t, "alice", 0).Party(), self(t, "bob", 0).Party()
	c := self(t, "carol", 0).Party()
	base := SafetyNumber(suite.Default, a, b)
	seen := map[string]string{base.Digits(): "base"}
	for name, pair := range map[string][2]Party{
		"first id":      {{"alicf", a.Key}, b},
		"second id":     {a, {"bobb", b.Key}},
		"first key":     {{a.ID, c.Key}, b},
		"second key":    {a, {b.ID, c.Key}},
		"keys swapped":  {{a.ID, b.Key}, {b.ID, a.Key}},
		"ids run over":  {{"aliceb", a.Key}, {"ob", b.Key}},
		"one with self": {a, a},
		"same id":       {a, {a.ID, b.Key}},
	} {
		n := SafetyNumber(suite.Default, pair[0], pair[1])
		other, dup := seen[n.Digits()]
		require.False(t, dup, "%s and %s", name, other)
		seen[n.Digits()] = name
		require.Equal(t, fault.U3, fault.CheckOf(base.CheckQR(n.QR())), name)
	}
	require.NoError(t, base.CheckQR(base.QR())) // negative control
}

func TestCodesAreTwelveGroupsOfFive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := suite.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
		c := ConversationCode(suite.Default, h)
		require.Regexp(t, `^[0-9]{60}$`, c.Digits())
		require.Regexp(t, `^([0-9]{5} ){11}[0-9]{5}$`, c.String())
		require.Equal(t, c.Digits(), strings.ReplaceAll(c.String(), " ", ""))
		other := h
		other[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1
		require.NotEqual(t, c, ConversationCode(suite.Default, other))
	})
}

// The digits against big integers; leading zeros of a group stand.
func TestDigitsAgainstBigIntegers(t *testing.T) {
	zeros := false
	for i := range byte(100) {
		h := suite.Hash{i}
		out := suite.Default.KDF("conversation code", 192, h[:])
		var want strings.Builder
		for g := range 12 {
			n := new(big.Int).SetBytes(out[16*g : 16*g+16])
			digits := n.Mod(n, big.NewInt(100000)).String()
			zeros = zeros || len(digits) < 5
			want.WriteString(strings.Repeat("0", 5-len(digits)) + digits)
		}
		require.Equal(t, want.String(), ConversationCode(suite.Default, h).Digits())
	}
	require.True(t, zeros, "no group began with a zero: the test shows too little")
}

// Over many codes each digit is about as frequent as each other, at every place.
func TestDigitsAreSpread(t *testing.T) {
	const runs = 4000
	var count [CodeDigits][10]int
	for i := range runs {
		for place, d := range ConversationCode(suite.Default, suite.Hash{byte(i), byte(i >> 8)}).Digits() {
			count[place][d-'0']++
		}
	}
	for place := range count {
		for d, n := range count[place] {
			require.InDelta(t, runs/10, n, 120, "digit %d at place %d", d, place) // more than six deviations
		}
	}
}

// A safety number and a conversation code of one hash have nothing in common.
func TestPurposesAreApart(t *testing.T) {
	n := SafetyNumber(suite.Default, self(t, "a", 0).Party(), self(t, "b", 0).Party())
	require.NotEqual(t, n.Code, ConversationCode(suite.Default, n.hash))
}

// U1, U3: each change of a scanned code is refused.
func TestU1U3RefuseEachChangedQRCode(t *testing.T) {
	n := SafetyNumber(suite.Default, self(t, "alice", 0).Party(), self(t, "bob", 0).Party())
	qr := n.QR()
	require.Len(t, qr, QRSize)
	for i := range qr {
		bad := append([]byte(nil), qr...)
		bad[i] ^= 0x10
		want := fault.U3
		if i == 0 {
			want = fault.U1
		}
		require.Equal(t, want, fault.CheckOf(n.CheckQR(bad)), i)
	}
	for _, bad := range [][]byte{nil, {}, qr[:32], append(n.QR(), 0), []byte(n.Digits())} {
		require.Equal(t, fault.U1, fault.CheckOf(n.CheckQR(bad)))
	}
	require.NoError(t, n.CheckQR(qr)) // negative control
	qr[5] ^= 1                        // what was handed out is a copy
	require.NoError(t, n.CheckQR(n.QR()))
}

// Scanned bytes: only the code itself is taken.
func FuzzCheckQR(f *testing.F) {
	corpustest.Add(f, "identity.FuzzCheckQR")
	alice, bob := views(f)
	n := SafetyNumber(suite.Default, alice.own, bob.own)
	f.Add(n.QR())
	f.Add(append(n.QR(), 0))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, scanned []byte) {
		err := n.CheckQR(scanned)
		require.Equal(t, string(scanned) == string(n.QR()), err == nil)
		if err != nil {
			require.Contains(t, []fault.Check{fault.U1, fault.U3}, fault.CheckOf(err))
		}
	})
}

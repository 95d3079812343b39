package suite

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The short-cut in kdf.go computes what the standard library's HKDF computes, also
// for the purposes whose labels are hashed beforehand.
func TestKDFEqualsStandardLibrary(t *testing.T) {
	known := slices.Sorted(maps.Keys(salts))
	require.NotEmpty(t, known)
	rapid.Check(t, func(t *rapid.T) {
		purpose := Purpose(rapid.StringN(0, 60, 80).Draw(t, "purpose"))
		if rapid.Bool().Draw(t, "known") {
			purpose = rapid.SampledFrom(known).Draw(t, "known purpose")
		}
		fields := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 700), 0, 6).Draw(t, "fields")
		n := rapid.IntRange(0, 200).Draw(t, "n")
		prk, err := hkdf.Extract(sha256.New, appendFields(nil, fields), []byte(labelPrefix+string(purpose)))
		require.NoError(t, err)
		want, err := hkdf.Expand(sha256.New, prk, "", n)
		require.NoError(t, err)
		require.Equal(t, want, Default.KDF(purpose, n, fields...))
	})
}

// Fields joined without lengths were a fault of the author's prototype: two
// member lists authenticated alike. No two lists may collide here.
func TestFieldsDoNotRunTogether(t *testing.T) {
	a, b := []byte("alice"), []byte("bob")
	joined := []byte("alicebob")
	lists := [][][]byte{{a, b}, {b, a}, {joined}, {joined, nil}, {nil, joined}, {a, b, nil}}
	hashes, keys := map[Hash]bool{}, map[string]bool{}
	for _, l := range lists {
		hashes[Default.Hash("test", l...)] = true
		keys[string(Default.KDF("test", 32, l...))] = true
		sealed := Default.Seal(nil, "test", Key{1}, [NonceSize]byte{}, []byte("m"), l...)
		for _, other := range lists {
			_, ok := Default.Open("test", Key{1}, [NonceSize]byte{}, sealed, other...)
			require.Equal(t, len(l) == len(other) && string(appendFields(nil, l)) == string(appendFields(nil, other)), ok)
		}
	}
	require.Len(t, hashes, len(lists))
	require.Len(t, keys, len(lists))
}

func TestEveryInputOfCoinsMatters(t *testing.T) {
	base := Default.Coins(Seed{1}, Scalar{2}, 3, "p", 4)
	require.Equal(t, base, NewCoins(Default, Seed{1}, Scalar{2}, 3).Draw("p", 4))
	others := []Coin{
		Default.Coins(Seed{9}, Scalar{2}, 3, "p", 4),
		Default.Coins(Seed{1}, Scalar{9}, 3, "p", 4),
		Default.Coins(Seed{1}, Scalar{2}, 9, "p", 4),
		Default.Coins(Seed{1}, Scalar{2}, 3, "q", 4),
		Default.Coins(Seed{1}, Scalar{2}, 3, "p", 9),
	}
	for i, o := range others {
		require.NotEqual(t, base, o, "input %d does not reach the coin", i)
	}
	require.NotEqual(t, Default.H1(Coin{1}, Scalar{2}), Default.H1(Coin{1}, Scalar{3}))
	require.NotEqual(t, Default.H1(Coin{1}, Scalar{2}), Default.H1(Coin{2}, Scalar{2}))
}

func TestDHAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := Scalar(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "x"))
		y := Scalar(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "y"))
		X, Y := Default.Public(x), Default.Public(y)
		require.NoError(t, Default.CheckPoint(X))
		a, err := Default.DH(x, Y)
		require.NoError(t, err)
		b, err := Default.DH(y, X)
		require.NoError(t, err)
		require.Equal(t, a, b)
	})
}

// Each u-coordinate of small order, in each of its encodings, is refused; the
// same bytes with one bit changed are accepted (negative control).
func TestSmallOrderAndOtherEncodingsAreRefused(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	encode := func(n *big.Int) (out Point) {
		n.FillBytes(out[:])
		for i, j := 0, 31; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
		return out
	}
	for _, s := range smallOrder {
		_, err := Default.DH(Scalar{8}, s)
		require.ErrorIs(t, err, ErrSmallOrder, "%x is not of small order: the table is wrong", s)
		require.ErrorIs(t, Default.CheckPoint(s), ErrSmallOrder)
		top := Point(s)
		top[31] |= 0x80
		require.ErrorIs(t, Default.CheckPoint(top), ErrNotCanonical)
		other := Point(s)
		other[3] ^= 4
		require.NoError(t, Default.CheckPoint(other))
	}
	for i := int64(0); i < 19; i++ {
		require.ErrorIs(t, Default.CheckPoint(encode(new(big.Int).Add(p, big.NewInt(i)))), ErrNotCanonical)
	}
	require.NoError(t, Default.CheckPoint(encode(big.NewInt(9))))
	require.NoError(t, Default.CheckPoint(encode(new(big.Int).Sub(p, big.NewInt(2)))))
}

// Whatever the hash, the mapped point is usable.
func TestMapGivesUsablePoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Default.Map("test", rapid.SliceOf(rapid.Byte()).Draw(t, "field"))
		require.NoError(t, Default.CheckPoint(p))
	})
}

// Elligator 2 against the single-coordinate vectors of RFC 9380, J.4.2 would need
// its hash too; here against its definition with big integers.
func TestElligatorAgainstBigIntegers(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	A := big.NewInt(486662)
	mod := func(x *big.Int) *big.Int { return x.Mod(x, p) }
	rapid.Check(t, func(t *rapid.T) {
		in := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "r"))
		be := in
		be[31] &= 0x7f
		for i, j := 0, 31; i < j; i, j = i+1, j-1 {
			be[i], be[j] = be[j], be[i]
		}
		r := new(big.Int).SetBytes(be[:])
		d := mod(new(big.Int).Add(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), new(big.Int).Mul(r, r))))
		u := mod(new(big.Int).Mul(new(big.Int).Neg(A), new(big.Int).ModInverse(d, p)))
		g := mod(new(big.Int).Add(new(big.Int).Add(new(big.Int).Exp(u, big.NewInt(3), p), new(big.Int).Mul(A, new(big.Int).Mul(u, u))), u))
		if big.Jacobi(g, p) == -1 {
			u = mod(new(big.Int).Sub(new(big.Int).Neg(A), u))
		}
		got := elligator2(in)
		for i, j := 0, 31; i < j; i, j = i+1, j-1 {
			got[i], got[j] = got[j], got[i]
		}
		require.Equal(t, hex.EncodeToString(u.FillBytes(make([]byte, 32))), hex.EncodeToString(got[:]))
	})
}

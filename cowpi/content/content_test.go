package content

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// message is a MSG without its text.
func message() *conversation.DataBlock {
	return &conversation.DataBlock{Type: conversation.MSG, Sid: suite.Hash{1}, Epoch: 2,
		RosterDigest: suite.Hash{3}, Author: 4, Seq: 5, K: 6}
}

func sealed(t require.TestingT, km suite.Key, p Plain) *conversation.DataBlock {
	d := message()
	require.NoError(t, Seal(suite.Default, d, km, p))
	got, err := conversation.Parse(suite.Default, d.Raw())
	require.NoError(t, err)
	require.Equal(t, d.Hash(), got.Hash())
	return got
}

// craft seals any plaintext under k_m, as a corrupt author may.
func craft(km suite.Key, plain []byte) *conversation.DataBlock {
	d := message()
	d.Com = Commit(suite.Default, km)
	d.Sealed = suite.Default.Seal(nil, "text", textKey(suite.Default, km), [suite.NonceSize]byte{}, plain, d.Header(suite.Default))
	return d.Seal(suite.Default)
}

func TestWhatIsSealedOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		km := suite.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "km"))
		p := Plain{TextID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
			rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "text")}
		d := sealed(t, km, p)
		require.NoError(t, Fits(suite.Default, d, km))
		got, err := Open(suite.Default, d, km)
		require.NoError(t, err)
		require.Equal(t, p.ID, got.ID)
		require.Equal(t, string(p.Text), string(got.Text))
		require.Equal(t, p.Digest(suite.Default), got.Digest(suite.Default))
	})
}

// C1: com commits to k_m; no other key fits, whatever byte of it is changed.
func TestC1OnlyTheCommittedKeyFits(t *testing.T) {
	km := suite.Key{1, 2, 3}
	d := sealed(t, km, Plain{Text: []byte("hello")})
	for i := range km {
		other := km
		other[i] ^= 1
		err := Fits(suite.Default, d, other)
		require.Equal(t, fault.C1, fault.CheckOf(err), i)
	}
	bad := *d
	bad.Com[31] ^= 1
	require.Equal(t, fault.C1, fault.CheckOf(Fits(suite.Default, bad.Seal(suite.Default), km)))
	require.NoError(t, Fits(suite.Default, d, km)) // negative control
}

// C2: a seal that does not open: every byte of C, of com, and of the header that
// is authenticated with it. The genuine block still opens.
func TestC2EveryChangedByteOfTheBlock(t *testing.T) {
	km := suite.Key{1}
	d := sealed(t, km, Plain{TextID{9}, []byte("hello")})
	opened := 0
	for at := range d.Raw() {
		raw := append([]byte(nil), d.Raw()...)
		raw[at] ^= 4
		bad, err := conversation.Parse(suite.Default, raw)
		if err != nil {
			continue // a matter of other checks
		}
		got, err := Open(suite.Default, bad, km)
		require.Equal(t, fault.C2, fault.CheckOf(err), at)
		require.Zero(t, got)
		opened++
	}
	require.Greater(t, opened, 100)
	for _, size := range []int{0, 15, 16} {
		bad := *d
		bad.Sealed = make([]byte, size)
		_, err := Open(suite.Default, bad.Seal(suite.Default), km)
		require.Equal(t, fault.C2, fault.CheckOf(err))
	}
	_, err := Open(suite.Default, d, suite.Key{2})
	require.Equal(t, fault.C2, fault.CheckOf(err))
	got, err := Open(suite.Default, d, km) // negative control
	require.NoError(t, err)
	require.Equal(t, "hello", string(got.Text))
}

// C2: what is shorter than a seal opens for nobody.
func TestC2ShorterThanASeal(t *testing.T) {
	km := suite.Key{1}
	for n := range suite.TagSize {
		d := craft(km, nil)
		d.Sealed = d.Sealed[:n]
		require.NoError(t, Fits(suite.Default, d, km))
		_, err := Open(suite.Default, d, km)
		require.Equal(t, fault.C2, fault.CheckOf(err))
	}
}

// C2: what opens must have the one canonical padding.
func TestC2Padding(t *testing.T) {
	km := suite.Key{1}
	plain := func(text string, length, size int) []byte {
		w := wire.NewWriter(size).Fixed(make([]byte, 16)).U32(uint32(length)).Fixed([]byte(text))
		return append(w.Bytes(), make([]byte, size-len(w.Bytes()))...)
	}
	size := wire.Padme(overhead + 13)
	require.Greater(t, size, overhead+13, "the test needs some padding")
	good := plain("thirteen char", 13, size)
	notZero := plain("thirteen char", 13, size)
	notZero[size-1] = 1
	for name, p := range map[string][]byte{
		"empty":                nil,
		"no length":            make([]byte, 19),
		"length beyond":        plain("", 1000, 64),
		"length over the most": plain("", MaxText+1, wire.Padme(overhead+MaxText+1)),
		"huge length":          plain("", 1<<32-1, 64),
		"one bucket too large": plain("thirteen char", 13, wire.Padme(size+1)),
		"not padded":           plain("thirteen char", 13, overhead+13),
		"one byte too long":    append(plain("thirteen char", 13, size), 0),
		"not zero":             notZero,
		"shorter, rest stays":  plain("thirteen char", 12, size),
	} {
		d := craft(km, p)
		require.NoError(t, Fits(suite.Default, d, km), name)
		got, err := Open(suite.Default, d, km)
		require.Equal(t, fault.C2, fault.CheckOf(err), name)
		require.Zero(t, got, name)
	}
	got, err := Open(suite.Default, craft(km, good), km) // negative control
	require.NoError(t, err)
	require.Equal(t, "thirteen char", string(got.Text))
}

// No author can make one C open to two texts: a second k_m that opened C too would
// have to fit com.
func TestOneCiphertextOpensToOneText(t *testing.T) {
	d := sealed(t, suite.Key{1}, Plain{Text: []byte("one")})
	other := suite.Key{2}
	swapped := *d
	swapped.Com = Commit(suite.Default, other)
	swapped.Seal(suite.Default)
	require.NoError(t, Fits(suite.Default, &swapped, other))
	_, err := Open(suite.Default, &swapped, other)
	require.Equal(t, fault.C2, fault.CheckOf(err))
	require.NotEqual(t, d.Hash(), swapped.Hash(), "and it is another block, which others do not have")
}

// The largest text is sealed within the bound of a block; a larger one is misuse
// and leaves the block as it was.
func TestTextSizes(t *testing.T) {
	km := suite.Key{1}
	for _, n := range []int{0, 1, MaxText} {
		d := sealed(t, km, Plain{Text: make([]byte, n)})
		require.LessOrEqual(t, len(d.Sealed), conversation.MaxSealedText)
		got, err := Open(suite.Default, d, km)
		require.NoError(t, err)
		require.Len(t, got.Text, n)
	}
	d, before := message(), *message()
	err := Seal(suite.Default, d, km, Plain{Text: make([]byte, MaxText+1)})
	var m *fault.Misuse
	require.ErrorAs(t, err, &m)
	require.Equal(t, before, *d)
}

// Texts of one bucket have one size, and there are few buckets.
func TestPaddingHidesTheLength(t *testing.T) {
	sizes := map[int]bool{}
	for n := range 2000 {
		d := message()
		require.NoError(t, Seal(suite.Default, d, suite.Key{1}, Plain{Text: make([]byte, n)}))
		require.Equal(t, wire.Padme(overhead+n)+suite.TagSize, len(d.Sealed))
		sizes[len(d.Sealed)] = true
	}
	require.Less(t, len(sizes), 90)
	a, b := sealed(t, suite.Key{1}, Plain{Text: make([]byte, 1010)}), sealed(t, suite.Key{1}, Plain{Text: make([]byte, 1030)})
	require.Equal(t, len(a.Raw()), len(b.Raw()))
}

// Id and text are what a repeat is known by; neither runs into the other.
func TestDigestOfAText(t *testing.T) {
	s := suite.Default
	base := Plain{TextID{1}, []byte("text")}
	require.Equal(t, base.Digest(s), Plain{TextID{1}, []byte("text")}.Digest(s))
	require.NotEqual(t, base.Digest(s), Plain{TextID{2}, []byte("text")}.Digest(s))
	require.NotEqual(t, base.Digest(s), Plain{TextID{1}, []byte("texts")}.Digest(s))
	require.NotEqual(t, base.Digest(s), Plain{TextID{1}, nil}.Digest(s))
}

// Any plaintext that a corrupt author seals: it opens to what seals to the same
// bytes, or to nothing under C2. Any C at all: nothing but what was sealed opens.
func FuzzOpen(f *testing.F) {
	corpustest.Add(f, "content.FuzzOpen")
	km := suite.Key{1}
	f.Add([]byte("0123456789abcdef\x00\x00\x00\x01x\x00"), false)
	f.Add(make([]byte, 20), false)
	f.Add(sealed(f, km, Plain{Text: []byte("hello")}).Sealed, true)
	f.Fuzz(func(t *testing.T, b []byte, raw bool) {
		if len(b) > conversation.MaxSealedText-suite.TagSize {
			return
		}
		d := craft(km, b)
		if raw {
			d.Sealed = b
			d.Seal(suite.Default)
		}
		p, err := Open(suite.Default, d, km)
		if err != nil {
			require.Equal(t, fault.C2, fault.CheckOf(err))
			require.Zero(t, p)
			return
		}
		again := message()
		require.NoError(t, Seal(suite.Default, again, km, p))
		require.Equal(t, d.Raw(), again.Raw())
	})
}

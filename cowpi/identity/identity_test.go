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

// badPoints are refused under W3, wherever they stand.
var badPoints = []suite.Point{
	{},
	{1},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p - 1
	{0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p + 9, not canonical
}

// self makes a user or provider; other keys for one id by another n.
func self(t require.TestingT, id ID, n byte) Self {
	random := suite.Default.Hash("test key", []byte(id), []byte{n})
	s, err := NewSelf(suite.Default, id, random)
	require.NoError(t, err)
	return s
}

func readID(b []byte) (ID, error) {
	r := wire.NewReader("test", b)
	id := ReadID(r, "id")
	return id, r.Done()
}

// ids draws well-formed ids, weighted towards the edges.
func ids() *rapid.Generator[ID] {
	return rapid.Custom(func(t *rapid.T) ID {
		s := rapid.OneOf(rapid.Just("\x00"), rapid.Just(strings.Repeat("é", 32)), rapid.StringN(1, 64, 64)).Draw(t, "id")
		if s == "" {
			s = "a"
		}
		return ID(s)
	})
}

func TestIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := ids().Draw(t, "id")
		require.True(t, id.Valid())
		parsed, err := ParseID(string(id))
		require.NoError(t, err)
		require.Equal(t, id, parsed)
		require.Len(t, id.Field(), IDFieldSize)
		got, err := readID(id.Field())
		require.NoError(t, err)
		require.Equal(t, id, got)
	})
}

// W2: ids are 1 to 64 bytes of UTF-8, padded with zeros.
func TestW2RefusesEachMalformedID(t *testing.T) {
	good := ID("alice").Field()
	for name, change := range map[string]func(b []byte){
		"no length":                func(b []byte) { clear(b) },
		"length 65":                func(b []byte) { b[0] = 65 },
		"length 255":               func(b []byte) { b[0] = 255 },
		"padding not zero":         func(b []byte) { b[64] = 1 },
		"padding right behind":     func(b []byte) { b[6] = 'x' },
		"shorter than its content": func(b []byte) { b[0] = 4 },
		"not UTF-8":                func(b []byte) { b[3] = 0xff },
		"half a character":         func(b []byte) { b[5] = 0xc3 },
	} {
		bad := append([]byte(nil), good...)
		change(bad)
		id, err := readID(bad)
		require.Equal(t, fault.W2, fault.CheckOf(err), name)
		require.Empty(t, id, name)
	}
	_, err := readID(good[:64])
	require.Equal(t, fault.W1, fault.CheckOf(err), "a short field is a matter of the encoding")
	id, err := readID(good) // negative control
	require.NoError(t, err)
	require.Equal(t, ID("alice"), id)
}

func TestParseIDIsMisuse(t *testing.T) {
	for _, s := range []string{"", strings.Repeat("x", 65), "\xff", "a\xc3"} {
		_, err := ParseID(s)
		var m *fault.Misuse
		require.ErrorAs(t, err, &m, "%q", s)
		require.False(t, ID(s).Valid())
		_, err = NewSelf(suite.Default, ID(s), [32]byte{1})
		require.ErrorAs(t, err, &m, "%q", s)
	}
	_, err := ParseID(strings.Repeat("x", 64))
	require.NoError(t, err)
}

// W3: a received public key is checked where it is received.
func TestW3RefusesPointsOfSmallOrderAndOtherEncodings(t *testing.T) {
	for _, p := range badPoints {
		r := wire.NewReader("test", p[:])
		ReadPoint(r, suite.Default, "key")
		err := r.Done()
		require.Equal(t, fault.W3, fault.CheckOf(err), "%x", p)
		var e *wire.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "key", e.Field)
	}
	r := wire.NewReader("test", badPoints[0][:31])
	ReadPoint(r, suite.Default, "key")
	require.Equal(t, fault.W1, fault.CheckOf(r.Done()))

	good := self(t, "alice", 0).Key // negative control
	r = wire.NewReader("test", good[:])
	require.Equal(t, good, ReadPoint(r, suite.Default, "key"))
	require.NoError(t, r.Done())
}

func TestSelfIsMadeOfItsRandomness(t *testing.T) {
	a := self(t, "alice", 0)
	require.Equal(t, a, self(t, "alice", 0))
	require.NotEqual(t, a.Key, self(t, "alice", 1).Key)
	require.Equal(t, suite.Default.Public(a.Secret), a.Key)
	require.Equal(t, Party{"alice", a.Key}, a.Party())
}

func TestProviderSets(t *testing.T) {
	r, m, n := self(t, "router", 0).Party(), self(t, "mirror", 0).Party(), self(t, "second", 0).Party()
	list := []Party{r, m, n}
	set, err := NewProviders(suite.Default, list...)
	require.NoError(t, err)
	list[0] = n // the set keeps its own copy
	require.Equal(t, 3, set.Len())
	require.Equal(t, r, set.At(0))
	require.Equal(t, 2, set.Index("second"))
	require.Equal(t, -1, set.Index("nobody"))

	tooMany := make([]Party, 0, MaxProviders+1)
	for i := range MaxProviders + 1 {
		tooMany = append(tooMany, self(t, ID("p"+string(rune('a'+i))), 0).Party())
	}
	for name, list := range map[string][]Party{
		"none":           {},
		"no mirror":      {r},
		"too many":       tooMany,
		"same id":        {r, {r.ID, m.Key}},
		"same key":       {r, {m.ID, r.Key}},
		"bad id":         {r, {"", m.Key}},
		"small order":    {r, {m.ID, badPoints[0]}},
		"not canonical":  {r, {m.ID, badPoints[3]}},
		"repeat further": {r, m, r},
	} {
		_, err := NewProviders(suite.Default, list...)
		var misuse *fault.Misuse
		require.ErrorAs(t, err, &misuse, name)
	}
	_, err = NewProviders(suite.Default, tooMany[:MaxProviders]...)
	require.NoError(t, err)
	_, err = UnsafeProviders(suite.Default, r)
	require.NoError(t, err)
}

// Order, ids, keys and number of providers all reach the digest.
func TestEveryInputOfTheProviderDigestMatters(t *testing.T) {
	a, b, c := self(t, "a", 0).Party(), self(t, "b", 0).Party(), self(t, "c", 0).Party()
	seen := map[suite.Hash]int{}
	for i, list := range [][]Party{
		{a, b}, {b, a}, {a, c}, {a, b, c}, {a, c, b},
		{a, {b.ID, c.Key}}, {a, {c.ID, b.Key}}, {{b.ID, a.Key}, {a.ID, b.Key}},
	} {
		set, err := NewProviders(suite.Default, list...)
		require.NoError(t, err)
		d := set.Digest(suite.Default)
		other, dup := seen[d]
		require.False(t, dup, "sets %d and %d", i, other)
		seen[d] = i
		again, _ := NewProviders(suite.Default, list...)
		require.Equal(t, d, again.Digest(suite.Default))
	}
}

func FuzzReadID(f *testing.F) {
	corpustest.Add(f, "identity.FuzzReadID")
	f.Add(ID("alice").Field())
	f.Add(ID(strings.Repeat("é", 32)).Field())
	f.Add(make([]byte, IDFieldSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		id, err := readID(b)
		if err != nil {
			if len(b) == IDFieldSize && id != "" {
				t.Fatal("half a result")
			}
			return
		}
		if string(id.Field()) != string(b) {
			t.Fatalf("%q does not encode to the bytes that it was read from", id)
		}
	})
}

// What somebody types as an id is one just if it is one on the wire.
func FuzzParseID(f *testing.F) {
	corpustest.Add(f, "identity.FuzzParseID")
	for _, s := range []string{"alice", "", "a\x00b", "\xff", strings.Repeat("x", 65), strings.Repeat("é", 32)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		require.Equal(t, err == nil, ID(s).Valid())
		if err != nil {
			require.Empty(t, id)
			return
		}
		again, err := readID(id.Field())
		require.NoError(t, err)
		require.Equal(t, s, string(again))
	})
}

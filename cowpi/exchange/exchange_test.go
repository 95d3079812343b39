package exchange

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

func TestWhatIsEncodedParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMessage().Draw(t, "message")
		got, err := Parse(suite.Default, Encode(m))
		require.NoError(t, err)
		require.Equal(t, m, got)
	})
}

// The samples name every type, so that the tests over them do too.
func TestSamplesCoverEveryType(t *testing.T) {
	seen := map[byte]bool{}
	for _, m := range samples() {
		seen[m.tag()] = true
		got, err := Parse(suite.Default, Encode(m))
		require.NoError(t, err, "%T", m)
		require.Equal(t, m, got)
	}
	require.Len(t, seen, len(readers))
}

// W1: a message that is cut or that goes on, at whatever place; of no known type.
func TestW1CutLongerAndUnknownMessages(t *testing.T) {
	for _, m := range samples() {
		data := Encode(m)
		for n := range data {
			got, err := Parse(suite.Default, data[:n])
			require.Equal(t, fault.W1, fault.CheckOf(err), "%T cut to %d", m, n)
			require.Nil(t, got)
		}
		_, err := Parse(suite.Default, append(append([]byte(nil), data...), 0))
		require.Equal(t, fault.W1, fault.CheckOf(err), "%T", m)
		_, err = Parse(suite.Default, data) // negative control
		require.NoError(t, err)
	}
	for tag := range 256 {
		if _, known := readers[byte(tag)]; !known {
			_, err := Parse(suite.Default, append([]byte{byte(tag)}, make([]byte, 64)...))
			require.Equal(t, fault.W1, fault.CheckOf(err), tag)
		}
	}
}

// Whatever byte is changed: evidence, or a message that encodes to just these bytes.
func TestEveryChangedByteIsRefusedOrAnotherMessage(t *testing.T) {
	for _, m := range samples() {
		data := Encode(m)
		for at := range data {
			for _, xor := range []byte{1, 4, 0x80, 0xff} {
				bad := append([]byte(nil), data...)
				bad[at] ^= xor
				got, err := Parse(suite.Default, bad)
				if err != nil {
					var e *fault.Evidence
					require.ErrorAs(t, err, &e, "%T byte %d", m, at)
					require.Nil(t, got)
					continue
				}
				require.Equal(t, bad, Encode(got), "%T byte %d", m, at)
			}
		}
	}
}

// W3: keys of small order or in another encoding, wherever a key is received.
func TestW3KeysInEveryPlace(t *testing.T) {
	good := points[0]
	places := map[string]func(p suite.Point) Message{
		"first prekey": func(p suite.Point) Message { return Prekeys{1, []Prekey{{pair.KeyID{1}, p}, {pair.KeyID{2}, good}}} },
		"last prekey":  func(p suite.Point) Message { return Prekeys{1, []Prekey{{pair.KeyID{1}, good}, {pair.KeyID{2}, p}}} },
		"fetched key": func(p suite.Point) Message {
			return Fetched{Keys: []FetchedKey{{identity.Party{ID: "bob", Key: p}, Prekey{Y: good}}}}
		},
		"fetched prekey": func(p suite.Point) Message {
			return Fetched{Keys: []FetchedKey{{identity.Party{ID: "bob", Key: good}, Prekey{Y: p}}}}
		},
		"assigned prekey": func(p suite.Point) Message {
			return Delivery{Assigned: []Assigned{{Peer: "bob", Theirs: Prekey{Y: p}}}}
		},
		"X, delivered": func(p suite.Point) Message { return Delivery{Block: startBlock(pair.Prekey, p)} },
		"X, uploaded": func(p suite.Point) Message {
			return Upload{Blocks: [][]byte{startBlock(pair.Session, p), continueBlock(1)}}
		},
		"X, last block": func(p suite.Point) Message {
			return Upload{Blocks: [][]byte{continueBlock(1), startBlock(pair.Prekey, p)}, Auths: []Auth{{}}}
		},
	}
	for name, make := range places {
		for _, p := range badPoints {
			got, err := Parse(suite.Default, Encode(make(p)))
			require.Equal(t, fault.W3, fault.CheckOf(err), "%s: %v", name, err)
			require.Nil(t, got)
		}
		_, err := Parse(suite.Default, Encode(make(good))) // negative control
		require.NoError(t, err, name)
	}
}

// W2: ids, in every place; the empty id only where nobody may be meant.
func TestW2IDsInEveryPlace(t *testing.T) {
	places := map[string]func(id identity.ID) Message{
		"fetch": func(id identity.ID) Message { return Fetch{IDs: []identity.ID{id}} },
		"fetched": func(id identity.ID) Message {
			return Fetched{Keys: []FetchedKey{{identity.Party{ID: id, Key: points[0]}, Prekey{Y: points[0]}}}}
		},
		"handout": func(id identity.ID) Message { return Handouts{1, []Handout{{Kind: HandoutFetched, To: id}}} },
		"assigned": func(id identity.ID) Message {
			return Delivery{Assigned: []Assigned{{Peer: id, Theirs: Prekey{Y: points[0]}}}}
		},
		"refuser": func(id identity.ID) Message { return Refused{Reason: ReasonRate, From: id} },
	}
	optional := map[string]func(id identity.ID) Message{
		"refused user": func(id identity.ID) Message { return Refused{Reason: ReasonNoStock, User: id, From: "router"} },
		"failed user":  func(id identity.ID) Message { return FetchFailed{Reason: ReasonNoStock, User: id} },
	}
	check := func(name string, m Message, ok bool) {
		_, err := Parse(suite.Default, Encode(m))
		if ok {
			require.NoError(t, err, name)
		} else {
			require.Equal(t, fault.W2, fault.CheckOf(err), name)
		}
	}
	for name, make := range places {
		check(name, make("\xff"), false)
		check(name, make(""), false)
		check(name, make("bob"), true) // negative control
	}
	for name, make := range optional {
		check(name, make("\xff"), false)
		check(name, make(""), true)
		check(name, make("bob"), true)
	}
}

// P1: a block of no form, or that names a receive key of no kind.
func TestP1BlocksOfNoForm(t *testing.T) {
	for _, kind := range []pair.Kind{pair.None, 3, 255} {
		b := startBlock(kind, points[0])
		_, err := Parse(suite.Default, Encode(Upload{Blocks: [][]byte{b, continueBlock(1)}}))
		require.Equal(t, fault.P1, fault.CheckOf(err))
		_, err = Parse(suite.Default, Encode(Delivery{Block: b}))
		require.Equal(t, fault.P1, fault.CheckOf(err))
	}
	b := continueBlock(1)
	b[0] = 3
	_, err := Parse(suite.Default, Encode(Upload{Blocks: [][]byte{b}}))
	require.Equal(t, fault.W1, fault.CheckOf(err), "the form tells how far a block goes")
	_, err = Parse(suite.Default, Encode(Upload{Blocks: [][]byte{startBlock(pair.Prekey, points[0]), continueBlock(1)}})) // negative control
	require.NoError(t, err)
}

// W1: lists that must ascend, fields with few values, one block for one participant.
func TestW1OrderKindsAndNumbers(t *testing.T) {
	theirs := Prekey{Y: points[0]}
	for name, m := range map[string]Message{
		"fetch out of order":    Fetch{IDs: []identity.ID{"b", "a"}},
		"fetch with a repeat":   Fetch{IDs: []identity.ID{"a", "a"}},
		"peers out of order":    Delivery{Assigned: []Assigned{{"b", theirs, pair.KeyID{}}, {"a", theirs, pair.KeyID{}}}},
		"peers with a repeat":   Delivery{Assigned: []Assigned{{"a", theirs, pair.KeyID{}}, {"a", theirs, pair.KeyID{}}}},
		"no reason":             Refused{From: "router"},
		"unknown reason":        FetchFailed{Reason: Reason(len(reasonNames) + 1)},
		"hand-out of no kind":   Handouts{1, []Handout{{}}},
		"hand-out of kind 5":    Handouts{1, []Handout{{Kind: 5}}},
		"too many prekeys":      Prekeys{1, repeat(Prekey{Y: points[0]}, MaxPrekeys+1)},
		"too many ids":          Fetch{IDs: ascending(MaxFetch + 1)},
		"too many handouts":     Handouts{1, repeat(Handout{Kind: HandoutExpired}, MaxHandouts+1)},
		"too many heads":        Welcome{Heads: make([]HeadOf, MaxHeads+1)},
		"too many blocks":       Upload{Blocks: repeat(continueBlock(1), MaxBlocks+1)},
		"too many providers":    Upload{Auths: make([]Auth, identity.MaxProviders+1)},
		"too large, delivered":  Delivery{Data: make([]byte, maxDataBlock+1)},
		"too large, uploaded":   Upload{Data: make([]byte, maxDataBlock+1)},
		"too many fetched keys": Fetched{Keys: fetchedKeys(MaxFetch + 1)},
	} {
		got, err := Parse(suite.Default, Encode(m))
		require.Equal(t, fault.W1, fault.CheckOf(err), "%s: %v", name, err)
		require.Nil(t, got, name)
	}
	two := Encode(Delivery{Block: continueBlock(1)}) // two blocks for one participant
	at := len(two) - 2 - pair.ContinueSize
	two = append(append(append([]byte(nil), two[:at]...), continueBlock(1)...), two[at:]...)
	two[at-1] = 2
	_, err := Parse(suite.Default, two)
	require.Equal(t, fault.W1, fault.CheckOf(err))
	require.ErrorContains(t, err, "2 blocks for one participant")

	for name, m := range map[string]Message{ // negative control: each at its bound
		"ids":       Fetch{IDs: ascending(MaxFetch)},
		"prekeys":   Prekeys{1, repeat(Prekey{Y: points[0]}, MaxPrekeys)},
		"handouts":  Handouts{1, repeat(Handout{Kind: HandoutExpired}, MaxHandouts)},
		"heads":     Welcome{Heads: make([]HeadOf, MaxHeads)},
		"upload":    Upload{make([]byte, maxDataBlock), repeat(continueBlock(1), MaxBlocks), make([]Auth, identity.MaxProviders)},
		"delivered": Delivery{Data: make([]byte, maxDataBlock), Block: continueBlock(1)},
	} {
		got, err := Parse(suite.Default, Encode(m))
		require.NoError(t, err, name)
		require.Equal(t, m, got, name)
	}
}

func repeat[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func ascending(n int) (out []identity.ID) {
	for i := range n {
		out = append(out, identity.ID(fmt.Sprintf("%06d", i)))
	}
	return out
}

func fetchedKeys(n int) (out []FetchedKey) {
	for _, id := range ascending(n) {
		out = append(out, FetchedKey{identity.Party{ID: id, Key: points[0]}, Prekey{Y: points[0]}})
	}
	return out
}

// The identity of an upload covers data block and blocks, each in its place, and
// not the authentication.
func TestUploadIdentity(t *testing.T) {
	s := suite.Default
	a, b := startBlock(pair.Prekey, points[0]), continueBlock(1)
	base := Upload{[]byte("data"), [][]byte{a, b}, []Auth{{[8]byte{1}, suite.Hash{1}}}}
	again := Upload{[]byte("data"), [][]byte{a, b}, nil}
	require.Equal(t, base.ID(s), again.ID(s))
	require.True(t, base.Same(again))
	seen := map[suite.Hash]bool{base.ID(s): true}
	for _, u := range []Upload{
		{[]byte("datb"), [][]byte{a, b}, nil},
		{[]byte("data"), [][]byte{b, a}, nil},
		{[]byte("data"), [][]byte{a}, nil},
		{[]byte("data"), [][]byte{a, b, b}, nil},
		{[]byte("data"), nil, nil},
		{[]byte("data"), [][]byte{append(append([]byte(nil), a...), b...)}, nil},
		{append([]byte("data"), a...), [][]byte{b}, nil},
	} {
		require.False(t, seen[u.ID(s)])
		seen[u.ID(s)] = true
		require.False(t, base.Same(u))
		require.False(t, u.Same(base))
	}
}

// Every input of an authentication block matters.
func TestAuthenticate(t *testing.T) {
	s := suite.Default
	base := Authenticate(s, suite.Key{1}, [8]byte{2}, suite.Hash{3}, suite.Hash{4})
	require.Equal(t, base, Authenticate(s, suite.Key{1}, [8]byte{2}, suite.Hash{3}, suite.Hash{4}))
	seen := map[suite.Hash]bool{base.MAC: true}
	for _, a := range []Auth{
		Authenticate(s, suite.Key{9}, [8]byte{2}, suite.Hash{3}, suite.Hash{4}),
		Authenticate(s, suite.Key{1}, [8]byte{2}, suite.Hash{9}, suite.Hash{4}),
		Authenticate(s, suite.Key{1}, [8]byte{2}, suite.Hash{3}, suite.Hash{9}),
		Authenticate(s, suite.Key{1}, [8]byte{2}, suite.Hash{4}, suite.Hash{3}),
	} {
		require.False(t, seen[a.MAC])
		seen[a.MAC] = true
	}
	require.NotEqual(t, base, Authenticate(s, suite.Key{1}, [8]byte{9}, suite.Hash{3}, suite.Hash{4}))
}

// Every field but the head is compared between providers.
func TestDeliveriesAreComparedInEveryField(t *testing.T) {
	base := samples()[13].(Delivery)
	same := base
	same.Head++
	require.True(t, base.Equal(same))
	for name, change := range map[string]func(m *Delivery){
		"sid":           func(m *Delivery) { m.Sid[0] ^= 1 },
		"index":         func(m *Delivery) { m.Index++ },
		"before":        func(m *Delivery) { m.Before[31] ^= 1 },
		"data":          func(m *Delivery) { m.Data = []byte("data blocK") },
		"block":         func(m *Delivery) { m.Block = startBlock(pair.Prekey, points[6]) },
		"no block":      func(m *Delivery) { m.Block = nil },
		"assigned less": func(m *Delivery) { m.Assigned = m.Assigned[:1] },
		"peer":          func(m *Delivery) { m.Assigned[0].Peer = "bobb" },
		"theirs id":     func(m *Delivery) { m.Assigned[0].Theirs.ID[0] ^= 1 },
		"theirs key":    func(m *Delivery) { m.Assigned[1].Theirs.Y[0] ^= 1 },
		"mine":          func(m *Delivery) { m.Assigned[1].Mine[7] ^= 1 },
	} {
		other := samples()[13].(Delivery)
		change(&other)
		require.False(t, base.Equal(other), name)
		require.False(t, other.Equal(base), name)
	}
	require.True(t, base.Equal(samples()[13].(Delivery))) // negative control
}

func TestReasonsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for r := ReasonInvalid; int(r) <= len(reasonNames); r++ {
		require.NotContains(t, r.String(), "reason ")
		require.False(t, seen[r.String()])
		seen[r.String()] = true
	}
	require.Equal(t, "reason 99", Reason(99).String())
}

func TestHandoutsRoundTripAlone(t *testing.T) {
	for _, h := range samples()[11].(Handouts).List {
		got, err := ParseHandout(h.Encode())
		require.NoError(t, err)
		require.Equal(t, h, got)
		_, err = ParseHandout(append(h.Encode(), 0))
		require.Equal(t, fault.W1, fault.CheckOf(err))
	}
}

// What is accepted encodes to the same bytes; what is refused returns nothing.
func FuzzParse(f *testing.F) {
	corpustest.Add(f, "exchange.FuzzParse")
	for _, m := range samples() {
		f.Add(Encode(m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(suite.Default, data)
		if err != nil {
			var e *fault.Evidence
			if !errors.As(err, &e) || m != nil {
				t.Fatalf("half a result, or no evidence: %v", err)
			}
			return
		}
		require.Equal(t, data, Encode(m))
	})
}

// The same for single entries of a hand-out log.
func FuzzParseHandout(f *testing.F) {
	corpustest.Add(f, "exchange.FuzzParseHandout")
	for _, h := range samples()[11].(Handouts).List {
		f.Add(h.Encode())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ParseHandout(data)
		if err != nil {
			require.Zero(t, h)
			return
		}
		require.Equal(t, data, h.Encode())
	})
}

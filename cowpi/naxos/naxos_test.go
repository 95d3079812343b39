package naxos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

func party(t require.TestingT, id identity.ID, n byte) identity.Self {
	s, err := identity.NewSelf(suite.Default, id, suite.Default.Hash("test key", []byte{n}))
	require.NoError(t, err)
	return s
}

// exchange is one run: who thinks what of whom.
type exchange struct {
	ini, res         identity.Self
	iniSees, resSees identity.Party // the peer as each side sees it
	iniCtx, resCtx   []byte
	esk, coin        suite.Coin
}

func honest(t require.TestingT) exchange {
	a, b := party(t, "alice", 1), party(t, "bob", 2)
	return exchange{a, b, b.Party(), a.Party(), []byte("context"), []byte("context"), suite.Coin{3}, suite.Coin{4}}
}

func (x exchange) run(t require.TestingT) (ini, res suite.Key) {
	s, own := suite.Default, Ephemeral{x.esk}
	Y := own.Public(s, x.res)
	X, ini, err := Initiate(s, x.ini, x.coin, Peer{x.iniSees, Y}, x.iniCtx)
	require.NoError(t, err)
	res, err = Respond(s, x.res, own, Y, Peer{x.resSees, X}, x.resCtx)
	require.NoError(t, err)
	return ini, res
}

func TestBothSidesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coin := func(name string) suite.Coin { return suite.Coin(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name)) }
		x := honest(t)
		x.ini = party(t, "alice", rapid.Byte().Draw(t, "a"))
		x.res = party(t, "bob", rapid.Byte().Draw(t, "b"))
		x.iniSees, x.resSees = x.res.Party(), x.ini.Party()
		x.esk, x.coin = coin("esk"), coin("coin")
		x.iniCtx = rapid.SliceOf(rapid.Byte()).Draw(t, "context")
		x.resCtx = x.iniCtx
		ini, res := x.run(t)
		require.Equal(t, ini, res)
		require.NotZero(t, ini)

		// Initiate is InitiateWith for a one-time key of its own.
		s := suite.Default
		own := Ephemeral{x.coin}
		again, err := InitiateWith(s, x.ini, own, own.Public(s, x.ini),
			Peer{x.iniSees, Ephemeral{x.esk}.Public(s, x.res)}, x.iniCtx)
		require.NoError(t, err)
		require.Equal(t, ini, again)
	})
}

// Where the two sides see anything differently, their keys differ; and what both
// see changed alike, changes the key of both.
func TestEveryInputMatters(t *testing.T) {
	mallory := party(t, "mallory", 9)
	x := honest(t)
	base, _ := x.run(t)
	for name, change := range map[string]func(x *exchange){
		"context of the initiator": func(x *exchange) { x.iniCtx = []byte("contexT") },
		"context of the responder": func(x *exchange) { x.resCtx = nil },
		"id of the initiator":      func(x *exchange) { x.resSees.ID = "alicf" },
		"id of the responder":      func(x *exchange) { x.iniSees.ID = "bobb" },
		"key of the initiator":     func(x *exchange) { x.resSees.Key = mallory.Key },
		"key of the responder":     func(x *exchange) { x.iniSees.Key = mallory.Key },
		"ids swapped":              func(x *exchange) { x.resSees.ID, x.res.ID = x.res.ID, x.resSees.ID },
		"context runs into the id": func(x *exchange) { x.resCtx, x.resSees.ID = []byte("contexta"), "lice" },
	} {
		x := honest(t)
		change(&x)
		ini, res := x.run(t)
		require.NotEqual(t, ini, res, name)
	}
	seen := map[suite.Key]string{base: "base"}
	for name, change := range map[string]func(x *exchange){
		"context":      func(x *exchange) { x.iniCtx, x.resCtx = []byte("other"), []byte("other") },
		"initiator id": func(x *exchange) { x.ini.ID, x.resSees.ID = "alicf", "alicf" },
		"responder id": func(x *exchange) { x.res.ID, x.iniSees.ID = "bobb", "bobb" },
		"initiator":    func(x *exchange) { x.ini = mallory; x.resSees = mallory.Party() },
		"responder":    func(x *exchange) { x.res = mallory; x.iniSees = mallory.Party() },
		"coin":         func(x *exchange) { x.coin[0] ^= 1 },
		"esk":          func(x *exchange) { x.esk[31] ^= 1 },
		"roles":        func(x *exchange) { x.ini, x.res, x.iniSees, x.resSees = x.res, x.ini, x.resSees, x.iniSees },
	} {
		x := honest(t)
		change(&x)
		ini, res := x.run(t)
		require.Equal(t, ini, res, name)
		other, dup := seen[ini]
		require.False(t, dup, "%s and %s", name, other)
		seen[ini] = name
	}
	ini, res := honest(t).run(t) // negative control
	require.Equal(t, base, ini)
	require.Equal(t, base, res)
}

// Roles swapped: with the very same two one-time keys, a key agreed upon with
// alice as initiator is not the one with bob as initiator.
func TestRolesAreApart(t *testing.T) {
	s := suite.Default
	a, b := party(t, "alice", 1), party(t, "bob", 2)
	ea, eb := Ephemeral{suite.Coin{3}}, Ephemeral{suite.Coin{4}}
	X, Y := ea.Public(s, a), eb.Public(s, b)
	k1, err := InitiateWith(s, a, ea, X, Peer{b.Party(), Y}, nil)
	require.NoError(t, err)
	k2, err := InitiateWith(s, b, eb, Y, Peer{a.Party(), X}, nil)
	require.NoError(t, err)
	require.NotEqual(t, k1, k2)
	back, err := Respond(s, b, eb, Y, Peer{a.Party(), X}, nil) // negative control
	require.NoError(t, err)
	require.Equal(t, k1, back)
}

// Unknown key share: eve registers alice's key under her own id, and passes
// alice's X on as hers. Bob, who believes to talk to eve, has another key than
// alice, who believes to talk to bob. The same the other way round.
func TestUnknownKeyShare(t *testing.T) {
	x := honest(t)
	x.resSees.ID = "eve"
	ini, res := x.run(t)
	require.NotEqual(t, ini, res)
	x = honest(t)
	x.iniSees.ID = "eve"
	ini, res = x.run(t)
	require.NotEqual(t, ini, res)
}

// W3 at the last line of defence: a key of small order yields an error and a zero
// key, in each of its places.
func TestSmallOrderKeysAreRefused(t *testing.T) {
	s := suite.Default
	a, b := party(t, "alice", 1), party(t, "bob", 2)
	own := Ephemeral{suite.Coin{3}}
	Y := own.Public(s, b)
	for _, p := range []suite.Point{{}, {1}, {
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}} {
		for _, peer := range []Peer{{b.Party(), p}, {identity.Party{ID: "bob", Key: p}, Y}} {
			_, K, err := Initiate(s, a, suite.Coin{4}, peer, nil)
			require.ErrorIs(t, err, suite.ErrSmallOrder)
			require.Zero(t, K)
			K, err = Respond(s, a, own, Y, peer, nil)
			require.ErrorIs(t, err, suite.ErrSmallOrder)
			require.Zero(t, K)
		}
	}
	X, K, err := Initiate(s, a, suite.Coin{4}, Peer{b.Party(), Y}, nil) // negative control
	require.NoError(t, err)
	back, err := Respond(s, b, own, Y, Peer{a.Party(), X}, nil)
	require.NoError(t, err)
	require.Equal(t, K, back)
}

// The exponent of a one-time key is of its coins and of its maker's long-term
// secret: with the coins alone one does not get X.
func TestOneTimeKeysNeedBothSecrets(t *testing.T) {
	s := suite.Default
	a, b := party(t, "alice", 1), party(t, "bob", 2)
	e := Ephemeral{suite.Coin{3}}
	require.NotEqual(t, e.Public(s, a), e.Public(s, b))
	require.NotEqual(t, e.Public(s, a), s.Public(suite.Scalar(e.ESK)))
	require.NotEqual(t, e.Public(s, a), Ephemeral{suite.Coin{5}}.Public(s, a))
}

// counting is a suite that counts multiplications.
type counting struct {
	suite.Suite
	fixed, variable *int
}

func (c counting) Public(x suite.Scalar) suite.Point { *c.fixed++; return c.Suite.Public(x) }
func (c counting) DH(x suite.Scalar, p suite.Point) (suite.Point, error) {
	*c.variable++
	return c.Suite.DH(x, p)
}

// What the doc comments say of the costs.
func TestCosts(t *testing.T) {
	var fixed, variable int
	s := counting{suite.Default, &fixed, &variable}
	a, b := party(t, "alice", 1), party(t, "bob", 2)
	own := Ephemeral{suite.Coin{3}}
	Y := own.Public(suite.Default, b)
	X, _, err := Initiate(s, a, suite.Coin{4}, Peer{b.Party(), Y}, nil)
	require.NoError(t, err)
	require.Equal(t, [2]int{1, 3}, [2]int{fixed, variable})
	_, err = Respond(s, b, own, Y, Peer{a.Party(), X}, nil)
	require.NoError(t, err)
	require.Equal(t, [2]int{1, 6}, [2]int{fixed, variable})
}

// ratio reports the costs of f in variable-base multiplications, measured in the
// same run: such numbers can be compared between machines.
func ratio(b *testing.B, f func()) {
	s, p, x := suite.Default, suite.Default.Public(suite.Scalar{9}), suite.Scalar{7}
	var one, all time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := s.DH(x, p); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		f()
		one, all = one+middle.Sub(start), all+time.Since(middle)
	}
	b.ReportMetric(float64(all)/float64(one), "multiplications/op")
}

func BenchmarkInitiate(b *testing.B) {
	alice, bob := party(b, "alice", 1), party(b, "bob", 2)
	peer := Peer{bob.Party(), Ephemeral{suite.Coin{3}}.Public(suite.Default, bob)}
	ratio(b, func() {
		if _, _, err := Initiate(suite.Default, alice, suite.Coin{4}, peer, nil); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkRespond(b *testing.B) {
	alice, bob := party(b, "alice", 1), party(b, "bob", 2)
	own := Ephemeral{suite.Coin{3}}
	Y := own.Public(suite.Default, bob)
	peer := Peer{alice.Party(), Ephemeral{suite.Coin{4}}.Public(suite.Default, alice)}
	ratio(b, func() {
		if _, err := Respond(suite.Default, bob, own, Y, peer, nil); err != nil {
			b.Fatal(err)
		}
	})
}

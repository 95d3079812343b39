package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// badPoints are keys of order 1, 2, 4 and 8, zeros first, and other encodings of
// points.
func badPoints() []suite.Point {
	order8 := suite.Point{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
		0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}
	minusOne, prime, nineAgain, highBit := suite.Point{0xec}, suite.Point{0xed}, suite.Point{0xf6}, suite.Point{9}
	for _, p := range []*suite.Point{&minusOne, &prime, &nineAgain} {
		for i := 1; i < 31; i++ {
			p[i] = 0xff
		}
		p[31] = 0x7f
	}
	highBit[31] = 0x80
	return []suite.Point{{}, {1}, order8, minusOne, prime, nineAgain, highBit}
}

// Keys that do not come over the wire (W3 is for those that do): what the operator
// of a provider registers, what an application accepts or has compared. A key of
// small order, or in another encoding, is a misuse and changes nothing.
func TestBadKeysFromApplications(t *testing.T) {
	n, err := New(Options{Seed: 1, Users: people[:2], Policy: small()})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	alice := n.User("alice")
	good := n.User("bob").Self.Key
	for i, p := range badPoints() {
		before, stored := fingerprint(alice.Machine), contents(t, alice.Store)
		for _, in := range []cowpi.Input{cowpi.MarkVerified{User: "dave", Key: p}, cowpi.DecideKey{User: "dave", Key: p, Accept: true}} {
			out, err := n.Do("alice", in)
			require.True(t, misuse(err), "%T, point %d: %v", in, i, err)
			require.Empty(t, out)
		}
		require.Equal(t, before, fingerprint(alice.Machine))
		require.Equal(t, stored, contents(t, alice.Store))
		for _, at := range n.Providers {
			stored := contents(t, at.Store)
			err := n.stepProvider(at, provider.Register{User: identity.Party{ID: "dave", Key: p}})
			require.True(t, misuse(err), "point %d: %v", i, err)
			require.Equal(t, stored, contents(t, at.Store))
		}
		_, err := identity.NewProviders(suite.Default, n.Set.At(0), identity.Party{ID: "mirror9", Key: p})
		require.True(t, misuse(err), "point %d: %v", i, err)
	}
	for _, in := range []cowpi.Input{cowpi.MarkVerified{User: "dave", Key: good}, cowpi.DecideKey{User: "dave", Key: good, Accept: true}} {
		_, err := n.Do("alice", in) // negative control
		require.NoError(t, err)
	}
	require.NoError(t, n.stepProvider(n.Providers[0], provider.Register{User: identity.Party{ID: "dave", Key: good}}))
}

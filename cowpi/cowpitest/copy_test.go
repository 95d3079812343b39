package cowpitest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/suite"
)

// half makes a conversation with a text under way.
func half(t testing.TB, s suite.Suite) (*Net, suite.Hash) {
	n, err := New(Options{Seed: 4, Suite: s, Users: people[:3], Policy: small()})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sid := create(t, n, "alice", "bob", "charlie")
	say(t, n, "bob", sid, "before")
	require.NoError(t, n.Run(7))
	return n, sid
}

// whole is all that can be seen of a network: every record, and every event.
func whole(t testing.TB, n *Net) (out []string) {
	for _, p := range n.Providers {
		require.NoError(t, p.Store.Scan(nil, nil, func(k, v []byte) bool { out = append(out, fmt.Sprintf("%x=%x", k, v)); return true }))
		out = append(out, fmt.Sprint(p.Events))
	}
	for _, u := range n.Users {
		require.NoError(t, u.Store.Scan(nil, nil, func(k, v []byte) bool { out = append(out, fmt.Sprintf("%x=%x", k, v)); return true }))
		out = append(out, fmt.Sprintf("%+v", u.Events))
	}
	return out
}

// A copy does just what its original would do with the seed; two copies do not
// disturb each other, nor the original; another seed is another future.
func TestCopiesGoOnByThemselves(t *testing.T) {
	for _, s := range []suite.Suite{Cheap, suite.Default} {
		n, sid := half(t, s)
		start := whole(t, n)
		goOn := func(n *Net) []string {
			say(t, n, "alice", sid, "after")
			require.NoError(t, n.Crash("mirror1"))
			require.NoError(t, n.Settle())
			require.Equal(t, []string{"before", "after"}, n.User("charlie").View(sid).Texts())
			return whole(t, n)
		}
		a, err := n.Copy(7)
		require.NoError(t, err)
		b, err := n.Copy(7)
		require.NoError(t, err)
		c, err := n.Copy(8)
		require.NoError(t, err)
		first := goOn(a)
		require.NotEqual(t, first, goOn(c))
		require.Equal(t, start, whole(t, n))
		require.Equal(t, first, goOn(b))
		n.Reseed(7)
		require.Equal(t, first, goOn(n))
	}
	n, _ := half(t, Cheap)
	require.NoError(t, n.Fork("bob"))
	_, err := n.Copy(1)
	require.ErrorContains(t, err, "forked")
}

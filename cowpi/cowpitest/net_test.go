package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

func ids(names ...string) (out []identity.ID) {
	for _, n := range names {
		out = append(out, identity.ID(n))
	}
	return out
}

// create makes a conversation of the first user with the others and settles.
func create(t testing.TB, n *Net, by string, with ...string) suite.Hash {
	t.Helper()
	_, err := n.Do(by, cowpi.Create{With: ids(with...)})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sids := n.User(by).Conversations()
	require.NotEmpty(t, sids)
	return sids[len(sids)-1]
}

func say(t testing.TB, n *Net, who string, sid suite.Hash, text string) {
	t.Helper()
	_, err := n.Do(who, cowpi.Send{Sid: sid, Text: []byte(text)})
	require.NoError(t, err)
}

func small() cowpi.Policy { return cowpi.Policy{Stock: 60, Floor: 20} }

func TestThreePeople(t *testing.T) {
	n, err := New(Options{Seed: 1, Users: []string{"alice", "bob", "charlie"}, Policy: small()})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sid := create(t, n, "alice", "bob", "charlie")
	say(t, n, "alice", sid, "Are you going to the protests?")
	say(t, n, "alice", sid, "Have you had lunch yet?")
	require.NoError(t, n.Settle())
	say(t, n, "bob", sid, "No... Yes.")
	require.NoError(t, n.Settle())
	want := []string{"Are you going to the protests?", "Have you had lunch yet?", "No... Yes."}
	for _, u := range n.Users {
		v := u.View(sid)
		require.Equal(t, want, v.Texts(), u.Self.ID)
		for _, l := range v.Lines {
			require.Len(t, l.AckedBy, 2)
		}
	}
	require.NoError(t, SameViews(n, sid))
}

// Alice restarts charlie and is removed by bob before she could confirm it. Bob's
// UPDATE is an upload by one who was there before: charlie may write, and is not
// left waiting for ever for a word from alice (the joiner's rule, SPEC.md, 10.4).
func TestJoinerMayWriteAfterAnUpdateByAnother(t *testing.T) {
	n, err := New(Options{Seed: 3, Users: []string{"alice", "bob", "charlie"}, Policy: small(), Suite: Cheap})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sid := create(t, n, "alice", "bob", "charlie")
	n.SetOffline("bob", true)
	_, err = n.Do("alice", cowpi.Update{Sid: sid, Restart: ids("charlie")})
	require.NoError(t, err)
	for epoch := uint32(0); epoch == 0; { // alice is gone before she sees it accepted
		require.NoError(t, n.Run(1))
		for _, e := range n.Providers[0].Events {
			if c, ok := e.(provider.Committed); ok && c.Sid == sid && c.Index == 3 {
				n.SetOffline("alice", true)
			}
		}
		h, ok := n.Head(n.User("charlie"), sid)
		require.True(t, ok)
		epoch = h.Epoch
	}
	h, _ := n.Head(n.User("alice"), sid)
	require.Zero(t, h.Epoch)
	say(t, n, "charlie", sid, "hello?")
	require.NoError(t, n.Settle())

	// Bob's first word in the new epoch is an UPDATE, which is his receipt too.
	_, err = n.Do("bob", cowpi.Update{Sid: sid, Remove: ids("alice")})
	require.NoError(t, err)
	require.Empty(t, n.User("charlie").View(sid).Texts(), "nobody has confirmed the restart to charlie")
	n.SetOffline("bob", false)
	require.NoError(t, n.Settle())
	require.Equal(t, []string{"hello?"}, n.User("bob").View(sid).Texts())
}

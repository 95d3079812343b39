package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
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

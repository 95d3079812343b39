package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
)

// Who gives up on one of the providers stops in the conversations that it is in, is in no
// new one of those who did not, and blames none of the others for it.
func TestV13OtherProvidersThanTheConversations(t *testing.T) {
	n, err := New(Options{Seed: 1, Suite: Cheap, Users: []string{"alice", "bob"}, Policy: cowpi.Policy{Stock: 8, Floor: 2}})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	require.Error(t, n.Narrow("nobody", 2))
	require.Error(t, n.Narrow("bob", 4))
	begin := func() {
		_, err := n.Do("alice", cowpi.Create{With: []identity.ID{"bob"}})
		require.NoError(t, err)
		require.NoError(t, n.Settle())
	}
	begin()
	sid := n.User("bob").Conversations()[0]
	write := func(text string) {
		_, err := n.Do("alice", cowpi.Send{Sid: sid, Text: []byte(text)})
		require.NoError(t, err)
		require.NoError(t, n.Settle())
	}
	require.NoError(t, n.Narrow("bob", 3))
	write("to all of them")
	require.Nil(t, n.User("bob").View(sid).Ended)

	require.NoError(t, n.Narrow("bob", 2))
	require.NoError(t, n.Settle())
	require.Nil(t, n.User("bob").View(sid).Ended, "nobody has told it anything yet")
	write("to fewer")
	end := n.User("bob").View(sid).Ended
	require.NotNil(t, end)
	var e *fault.Evidence
	require.ErrorAs(t, end.Err, &e)
	require.Equal(t, fault.V13, e.Check)
	require.Equal(t, fault.Party{Role: fault.RoleUnknown, ID: "bob"}, e.Who)
	require.Equal(t, []string{"to all of them"}, n.User("bob").View(sid).Texts())

	begin()
	last := n.User("bob").Events[len(n.User("bob").Events)-1].Body
	require.Equal(t, fault.V13, fault.CheckOf(last.(cowpi.Ended).Err))
}

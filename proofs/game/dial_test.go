package game

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Whoever dials whom it means to dial is connected; of the five messages none may change
// on its way, and nobody is reached under another name or key.
func TestDialByHand(t *testing.T) {
	for _, s := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		c, o := trial(t, ParticipantAuthentication, Setting{2, None, s})
		right := o.ProviderSet().At(1)
		dial := func(as identity.Party, change int) bool {
			ok, err := o.Dial("alice", as, 1, func(n int, message []byte) []byte {
				if message = slices.Clone(message); n == change {
					message[len(message)-1] ^= 1
				}
				return message
			})
			require.NoError(t, err)
			return ok
		}
		require.True(t, dial(right, 0))
		require.True(t, dial(right, 0), "again")
		for n := Msg1; n <= FirstOfServer; n++ {
			require.False(t, dial(right, n), n)
		}
		require.Len(t, c.broken, FirstOfServer)
		require.False(t, dial(identity.Party{ID: "mirror9", Key: right.Key}, 0))
		require.False(t, dial(identity.Party{ID: right.ID, Key: o.ProviderSet().At(0).Key}, 0))
		require.Nil(t, misbound(c))

		c.misbound = []string{"x"}
		require.Equal(t, "misbound", misbound(c).Kind)
		_, err := o.Provider(1)
		require.NoError(t, err)
		_, err = o.Dial("alice", right, 1, nil)
		require.IsType(t, &Refusal{}, err, "whoever is corrupt may take anybody for anybody")
	}
}

// Under which names the adversary can have somebody's key registered: all but those of
// honest people, who are there with their own.
func TestWhoCanBeRegistered(t *testing.T) {
	c, o := trial(t, ParticipantAuthentication, cheaply())
	alice, _ := o.Party("alice")
	peer := func(id identity.ID, r channel.Role) channel.Peer {
		return channel.Peer{Party: identity.Party{ID: id, Key: alice.Key}, Role: r}
	}
	require.True(t, c.admits(peer("alice", channel.RoleUser)))
	require.True(t, c.admits(peer("mallory", channel.RoleUser)))
	require.False(t, c.admits(peer("bob", channel.RoleUser)))
	require.False(t, c.admits(peer("eve", channel.RoleUser)))
	require.False(t, c.admits(peer("alice", channel.RoleRouter)))
	_, err := o.Participant("eve")
	require.NoError(t, err)
	require.True(t, c.admits(peer("eve", channel.RoleUser)))
}

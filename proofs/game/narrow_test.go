package game

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
)

// One honest person, and no more, gives up on the last providers, and on no others. It
// is in no conversation of those who did not, be it there before or not.
func TestOneAloneUsesFewerProviders(t *testing.T) {
	for _, old := range []bool{false, true} {
		c, o := trial(t, ConversationIntegrity, Setting{3, 2, cowpitest.Cheap})
		_, err := o.Participant("eve")
		require.NoError(t, err)
		refused := func(name string, providers int) {
			var r *Refusal
			require.ErrorAs(t, o.Narrow(name, providers), &r)
		}
		refused("nobody", 2)
		refused("eve", 2)
		refused("bob", 0)
		refused("bob", 4)
		before := len(o.Heard())
		require.NoError(t, o.Narrow("bob", 2))
		require.NoError(t, o.Settle())
		connected := func(to string) bool {
			return slices.ContainsFunc(o.Heard()[before:], func(x Crossed) bool { return x.Letter.Client == "bob" && x.Letter.Server == to })
		}
		require.True(t, connected("router"))
		require.True(t, connected("mirror1"))
		require.False(t, connected("mirror2"))
		refused("alice", 2)
		if old {
			require.NoError(t, o.Say("alice", c.main, "are you there?"))
		} else {
			_, err = o.Create("alice", "bob")
			require.NoError(t, err)
		}
		require.NoError(t, o.Settle())
		require.Contains(t, c.noticed(nil), fault.V13)
		_, in := o.Head("bob", c.main)
		require.Equal(t, !old, in, "it stays until it is told something of it")
	}
}

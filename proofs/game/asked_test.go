package game

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
)

// What people asked for is no breach, whatever comes of it; what nobody asked for is:
// others at the beginning, somebody added, removed or restarted, and a stay that came later.
func TestWhatNobodyAskedForIsNoticed(t *testing.T) {
	begin := func(t *testing.T) (*Challenger, *Oracles) {
		return trial(t, DynamicGroups, Setting{2, 0, cowpitest.Cheap})
	}
	c, o := begin(t)
	for _, step := range []cowpi.Input{
		cowpi.Update{Sid: c.main, Add: []identity.ID{"dave"}, Restart: []identity.ID{"bob"}},
		cowpi.Update{Sid: c.main, Remove: []identity.ID{"dave"}, Restart: []identity.ID{"alice"}},
		cowpi.Create{With: []identity.ID{"bob", "dave"}},
		cowpi.Leave{Sid: c.side},
	} {
		require.NoError(t, o.Do("alice", step))
		require.NoError(t, o.Settle())
	}
	_, err := o.Create("bob", "eve")
	require.NoError(t, err)
	require.Nil(t, unasked(c))

	for _, forget := range []place{{"alice", c.main}, {"alice", c.side}, {author: "alice"}, {author: "bob"}} {
		kept := c.asked[forget]
		c.asked[forget] = nil
		require.Equal(t, "unasked", unasked(c).Kind, forget.author)
		c.asked[forget] = kept
	}
	list := c.asked[place{"alice", c.main}]
	for i, w := range map[int][]wish{0: {{restart: list[0].restart}, {add: list[0].add}, {add: list[0].add, restart: []stay{{"bob", 7}}}},
		1: {{restart: list[1].restart}, {remove: list[1].remove}, {restart: list[1].restart, remove: []stay{{"dave", 7}}}}} {
		kept := list[i]
		for _, list[i] = range w {
			require.Equal(t, "unasked", unasked(c).Kind, "%+v", list[i])
		}
		list[i] = kept
	}
	require.Nil(t, unasked(c))
	c.corrupt["alice"] = true
	c.asked[place{"alice", c.main}] = nil
	require.Nil(t, unasked(c), "it is a corrupt one's")
}

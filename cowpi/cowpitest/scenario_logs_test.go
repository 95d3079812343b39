package cowpitest

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
)

// position is how far a user has taken the hand-out log of its prekeys.
func (s *scene) position(name string) uint64 {
	raw, err := s.User(name).Store.Get([]byte{'M'})
	require.NoError(s.t, err)
	return binary.BigEndian.Uint64(raw[len(raw)-8:])
}

// Digests of stocks compared at different positions: one provider is far ahead of
// another in telling alice what became of her prekeys, and connections break while
// it is so. Nobody is accused; she takes what all have told; in the end she has all.
// The negative control: what differs at one position is seen (T3).
func TestScenarioStocksComparedAtDifferentPositions(t *testing.T) {
	for _, lie := range []bool{false, true} {
		s := newScene(t, Options{Seed: 9, Users: people[:4]})
		if lie {
			s.Provider("mirror2").Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if h, ok := m.(exchange.Handouts); ok && to == "alice" {
					h.List = append([]exchange.Handout(nil), h.List...)
					h.List[0].To = "nobody"
					m = h
				}
				return []exchange.Message{m}
			}
		}
		mute := func(from, to string) bool { return from == "mirror2" && to == "alice" }
		before := s.position("alice")
		for i, by := range []string{"bob", "charlie", "dave", "bob", "charlie"} {
			s.do(by, cowpi.Create{With: ids("alice")})
			s.holding(mute)
			if i%2 == 1 {
				s.Cut("alice", "mirror1") // it greets again, and tells from the start what was not acknowledged
				s.holding(mute)
			}
		}
		require.NotZero(t, s.Held("mirror2", "alice"))
		require.Equal(t, before, s.position("alice"), "one that is behind holds back, and differs in nothing")
		require.Empty(t, eventsOf[cowpi.ProviderFault](s, "alice"))
		s.settle()
		found := eventsOf[cowpi.ProviderFault](s, "alice")
		if lie {
			require.NotEmpty(t, found)
			require.Equal(t, fault.T3, fault.CheckOf(found[0].Err))
			continue
		}
		s.agreed()
		require.Empty(t, found)
		require.Equal(t, before+5, s.position("alice"))
		require.Len(t, s.User("alice").Conversations(), 5)
	}
}

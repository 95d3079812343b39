package explore

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/integrity"
)

// never claims that nobody is shown a roster of this epoch with this many members.
func never(epoch uint32, members int) Property {
	return Property{"never", func(one, _ *View, _ Corruption) error {
		for _, s := range one.Account.Stays {
			for _, e := range s.Entries {
				if e.Kind == integrity.Roster && e.Epoch == epoch && len(e.Members) == members {
					return errors.New("it is")
				}
			}
		}
		return nil
	}}
}

// Restarts happen, whichever provider is honest: prekeys are fetched, picked and
// assigned, and the UPDATE is accepted. So does the return of one who was removed.
func TestRestartsAreReached(t *testing.T) {
	for honest := range 2 {
		b := Bounds{Participants: 3, Providers: 2, Honest: honest, Restarts: 1, Properties: []Property{never(1, 3)}}
		v := explored(t, b).Violation
		require.NotNil(t, v)

		b = Bounds{Participants: 2, Providers: 2, Honest: honest, Changes: 1, Restarts: 1, Properties: []Property{never(2, 2)}}
		v = explored(t, b).Violation
		require.NotNil(t, v)
	}
}

// Who stopped comes back by a restart: its account then has a second stay.
func TestStoppedComeBack(t *testing.T) {
	b := Bounds{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Restarts: 1, Substitutions: 1}
	b.Properties = []Property{{"nobody returns", func(one, _ *View, _ Corruption) error {
		if len(one.Account.Stays) > 1 {
			return errors.New("returned")
		}
		return nil
	}}}
	v := explored(t, b).Violation
	require.NotNil(t, v)
	require.True(t, slices.ContainsFunc(v.Trace, func(s string) bool { return strings.Contains(s, "believe") }), "%q", v.Trace)
}

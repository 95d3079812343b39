package audit

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/explore"
)

// In the library as it is nothing is found where it has to be found in mutants; nor
// is a property sought that is not promised there.
func TestNothingIsFoundInTheLibrary(t *testing.T) {
	var done []string
	for _, k := range seeks {
		promised := slices.ContainsFunc(explore.Promised(k.bounds), func(p explore.Property) bool { return p.Name == k.property })
		require.True(t, promised || k.property == explore.Machine, "%s: %s", k.mutant, k.property)
		if slices.Contains(done, command(k.bounds)) {
			continue
		}
		done = append(done, command(k.bounds))
		r, err := explore.Explore(t.Context(), k.bounds, nil)
		require.NoError(t, err)
		require.Nil(t, r.Violation)
		require.True(t, r.Complete || k.bounds.States > 0 && r.States >= k.bounds.States, k.bounds)
	}
	all, err := sought()
	require.NoError(t, err)
	require.Len(t, all, len(seeks))
}

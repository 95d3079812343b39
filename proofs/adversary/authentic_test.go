package adversary

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/game"
)

// Those who speak in other people's names, or say what is malformed, are described, play
// games that there are, go through to their end, and win nothing. That they win where a
// protection is missing is shown by the mutants.
func TestImpersonationAndMisuse(t *testing.T) {
	names := map[string]bool{}
	for _, a := range slices.Concat(impersonation, misuse) {
		require.False(t, names[a.Name], "two are called %q", a.Name)
		names[a.Name] = true
		require.NotEmpty(t, a.What)
		require.NotEmpty(t, a.Source)
		require.NotEmpty(t, a.Games)
		for _, name := range a.Games {
			g := game.Find(name)
			require.NotNil(t, g, "%s plays %q", a.Name, name)
		}
		g := game.Find(a.Games[0])
		s, err := game.Run(context.Background(), g, a, 1, 3, nil)
		require.NoError(t, err)
		require.Zero(t, s.Won, "%s, %s: %+v", a.Name, g.Name, s.First)
	}
}

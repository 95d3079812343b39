package control_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/control"
	"cowpi.example/proofs/game"
	"cowpi.example/proofs/others"
)

// Every control falls, and for a game that there is.
func TestControlsFall(t *testing.T) {
	for _, c := range control.All() {
		beaten, s, err := c.Run(t.Context(), 1, 20)
		require.NoError(t, err, c.Name)
		t.Logf("%-20s %-28s %s: %d of %d, advantage [%+.2f, %+.2f]", c.Name, c.Game, c.Adversary, s.Won, s.Trials, s.Low, s.High)
		require.True(t, beaten, c.Name)
		require.NotNil(t, game.Find(c.Game), c.Name)
		_, ok := control.Find(c.Name)
		require.True(t, ok)
	}
}

// The distinguisher of the other systems is fooled where it knows nobody's key: it is
// the signatures that give the authors away.
func TestWithoutKnownKeysNobodyIsConvicted(t *testing.T) {
	right := 0
	blind := others.SignedCommits
	for seed := range uint64(200) {
		if blind.UnsafeBlindTrial(seed) {
			right++
		}
	}
	require.Greater(t, right, 60)
	require.Less(t, right, 140)
}

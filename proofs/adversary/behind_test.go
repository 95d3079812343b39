package adversary_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
)

// Each gets as far as what stops it first. Who is out of a conversation, and is not led
// back (D6), says nothing of it.
func TestWhatStandsBehindIsReachedByNobody(t *testing.T) {
	for name, checks := range map[string][]fault.Check{
		"no-block": {fault.D1, fault.D3}, "substituted-answer": {fault.T1}, "others-keys": {fault.T2}, "twin-updates": {fault.D1},
		"later-epoch": {fault.V4}, "leaves-and-adds": {fault.V11}, "stranger-setup": {fault.V5}, "same-wish": {fault.V4}, "led-on-by-itself": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := adversary.Find(name)
			require.True(t, ok)
			var noticed []fault.Check
			missing := func(k fault.Check) bool { return !slices.Contains(noticed, k) }
			for seed := uint64(1); seed < 8 || slices.ContainsFunc(checks, missing); seed++ {
				require.Less(t, seed, uint64(60), "of %v they noticed %v", checks, noticed)
				out, err := game.Play(game.Trial{Game: game.Find(a.Games[0]), Adversary: a, Seed: seed})
				require.NoError(t, err)
				require.Nil(t, out.Breach, "seed %d", seed)
				noticed = append(noticed, out.Noticed...)
			}
			if len(checks) == 0 {
				require.Empty(t, noticed)
			}
		})
	}
}

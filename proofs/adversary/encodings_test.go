package adversary

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/proofs/game"
)

// Whatever is written in another way is noticed, by the check that is there for it, and
// nothing else is: who writes as one should gets through.
func TestOtherEncodingsAreNoticed(t *testing.T) {
	want := []fault.Check{fault.C2, fault.F2, fault.P6, fault.P7, fault.V1, fault.W1, fault.W3}
	var noticed []fault.Check
	missing := func(k fault.Check) bool { return !slices.Contains(noticed, k) }
	const enough = 400
	for seed := uint64(1); seed <= enough && slices.ContainsFunc(want, missing); seed++ {
		out, err := game.Play(game.Trial{Game: game.Robustness, Adversary: OtherEncodings, Seed: seed})
		require.NoError(t, err)
		require.Nil(t, out.Breach)
		require.Len(t, out.Noticed, 1, seed)
		for _, k := range out.Noticed {
			if missing(k) {
				noticed = append(noticed, k)
			}
		}
	}
	slices.Sort(noticed)
	require.Equal(t, want, noticed)
}

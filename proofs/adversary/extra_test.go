package adversary_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
)

// Each attack gets as far as the check that it is about. Whoever is out of a
// conversation, and is not led back (D6), says nothing of it, and to fork and to merge
// is noticed by those alone who compare codes.
func TestExtraAttacksReachTheirChecks(t *testing.T) {
	silent := map[string]bool{"back-in-time": true, "back-to-an-epoch": true, "fork-and-merge": true}
	for name, check := range map[string]fault.Check{
		"another-block": fault.D1, "wrong-key-for-newcomer": fault.A3, "far-proposal": fault.M2, "fewer-picks": fault.M3,
		"picked-twice": fault.M5, "expired-when-named": fault.M6, "unresolved-verdict": fault.M8, "stray-setup": fault.V2,
		"unsorted-roster": fault.V8, "second-setup": fault.V3, "overdrawn": fault.A4,
		"back-in-time": "", "back-to-an-epoch": "", "fork-and-merge": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := adversary.Find(name)
			require.True(t, ok)
			for seed := range uint64(40) {
				out, err := game.Play(game.Trial{Game: game.Find(a.Games[0]), Adversary: a, Seed: seed})
				require.NoError(t, err)
				require.False(t, out.Won, "seed %d: %v", seed, out.Breach)
				if slices.Contains(out.Noticed, check) || silent[name] && seed > 5 {
					return
				}
			}
			t.Fatalf("nobody honest noticed %s", check)
		})
	}
}

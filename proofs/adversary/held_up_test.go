package adversary_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
)

// What is held up gets as far as the check that it is about, wins nothing, and hurts
// nobody.
func TestWhatIsHeldUpReachesItsCheck(t *testing.T) {
	for name, check := range map[string]fault.Check{
		"expired-update": fault.A5, "taken-prekey": fault.A5, "renumbered": fault.F1, "rotated-keys": fault.A1,
		"crowd": fault.A6, "false-handouts": fault.T3, "withdrawn-when-named": fault.M7, "said-again": "", "epoch-storm": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := adversary.Find(name)
			require.True(t, ok)
			reached := false
			for seed := range uint64(12) {
				out, err := game.Play(game.Trial{Game: game.Find(a.Games[0]), Adversary: a, Seed: seed})
				require.NoError(t, err)
				require.False(t, out.Won, "seed %d: %v", seed, out.Breach)
				reached = reached || check == "" || slices.Contains(out.Noticed, check)
			}
			require.True(t, reached, "nobody honest noticed %s", check)
		})
	}
}

// Whoever says again what was accepted is told so.
func TestWhatIsSaidAgainWasSeen(t *testing.T) {
	a, ok := adversary.Find("said-again")
	require.True(t, ok)
	attack, seen := a.Attack, 0
	a.Attack = func(o *game.Oracles) error {
		if err := o.Overhear(0, func(_ identity.ID, w channel.Word) {
			if m, err := exchange.Parse(o.Suite(), w.Payload); err == nil {
				if _, is := m.(exchange.Seen); is {
					seen++
				}
			}
		}); err != nil {
			return err
		}
		return attack(o)
	}
	_, err := game.Play(game.Trial{Game: game.Availability, Adversary: a})
	require.NoError(t, err)
	require.Positive(t, seen)
}

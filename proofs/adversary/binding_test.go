package adversary

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/proofs/game"
)

// Each gets to where it is stopped, by each check that stands there for it; and none wins.
func TestWhoIsAtTheOtherEndIsChecked(t *testing.T) {
	for _, x := range []struct {
		game   *game.Game
		attack game.Adversary
		checks []fault.Check
	}{
		{game.ParticipantAuthentication, Misbinding, []fault.Check{fault.F1, fault.H1, fault.H2, fault.H3}},
		{game.ParticipantAuthentication, Renegotiated, []fault.Check{fault.F4}},
		{game.UntrustedProvider, Renegotiated, []fault.Check{fault.F4}},
		{game.ParticipantAuthentication, OverwrittenFrame, []fault.Check{fault.F1}},
		{game.MessageAuthentication, EmptyPlace, []fault.Check{fault.P1}},
	} {
		t.Run(x.game.Name+"/"+x.attack.Name, func(t *testing.T) {
			require.Contains(t, x.attack.Games, x.game.Name)
			var noticed []fault.Check
			missing := func(k fault.Check) bool { return !slices.Contains(noticed, k) }
			const enough = 60
			for seed := uint64(1); seed <= enough && slices.ContainsFunc(x.checks, missing); seed++ {
				o, err := game.Play(game.Trial{Game: x.game, Adversary: x.attack, Seed: seed})
				require.NoError(t, err)
				require.Nil(t, o.Breach)
				noticed = append(noticed, o.Noticed...)
			}
			slices.Sort(noticed)
			require.Equal(t, x.checks, slices.Compact(noticed), "and by no other")
		})
	}
}

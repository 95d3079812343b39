package adversary

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/proofs/game"
)

// Each attack on order, membership and names gets to where it is stopped: some of a few
// trials end by the check that is there for it; and none is won.
func TestAttacksOnTrustAreStoppedByTheirChecks(t *testing.T) {
	for _, x := range []struct {
		game   *game.Game
		attack game.Adversary
		checks []fault.Check
	}{
		{game.ConversationIntegrity, Fork, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, ForkByMirrors, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, Reorder, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, Drop, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, Replay, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, Alter, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, TwoKeys, []fault.Check{fault.C1}},
		{game.ConversationIntegrity, BadBlockForOne, []fault.Check{fault.P5}},
		{game.ConversationIntegrity, OtherUploadOfMine, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, OtherPast, []fault.Check{fault.D1}},
		{game.ConversationIntegrity, StaleProvider, []fault.Check{fault.M1}},
		{game.ConversationIntegrity, Equivocate, []fault.Check{fault.M2, fault.M8}},
		{game.ParticipantConsistencyA, RostersApart, []fault.Check{fault.V4}},
		{game.ParticipantConsistencyA, StaleEpoch, []fault.Check{fault.V4}},
		{game.ParticipantConsistencyA, AlteredUpdate, []fault.Check{fault.P5}},
		{game.ParticipantConsistencyA, ForgedOwn, []fault.Check{fault.D4}},
		{game.ParticipantConsistencyB, SelfInvited, []fault.Check{fault.V12}},
		{game.DynamicGroups, ForgedUpdate, []fault.Check{fault.V4, fault.V6, fault.V10, fault.C2}},
		{game.MessageIntegrity, WrongAuthor, []fault.Check{fault.P5}},
		{game.MessageIntegrity, ExchangedBlocks, []fault.Check{fault.P5}},
		{game.MessageIntegrity, OtherConversation, []fault.Check{fault.V2, fault.P5}},
		{game.MessageIntegrity, EarlierEpoch, []fault.Check{fault.V4, fault.P5}},
		{game.MessageAuthentication, InsiderForgery, []fault.Check{fault.A2, fault.V5, fault.P5}},
		{game.MessageAuthentication, KeyCompromise, []fault.Check{fault.P5}},
		{game.MessageAuthentication, UnknownKeyShare, []fault.Check{fault.P5}},
		{game.MessageAuthentication, ForgedUpload, []fault.Check{fault.A1, fault.A2}},
		{game.ParticipantAuthentication, SubstitutedNewcomer, []fault.Check{fault.T2}},
		{game.Robustness, Desynchronised, []fault.Check{fault.V4}},
		{game.Robustness, StaleProvider, []fault.Check{fault.M1}},
	} {
		t.Run(x.game.Name+"/"+x.attack.Name, func(t *testing.T) {
			require.Contains(t, x.attack.Games, x.game.Name)
			var noticed []fault.Check
			missing := func(k fault.Check) bool { return !slices.Contains(noticed, k) }
			const enough = 40
			for seed := uint64(1); seed <= enough && slices.ContainsFunc(x.checks, missing); seed++ {
				o, err := game.Play(game.Trial{Game: x.game, Adversary: x.attack, Seed: seed})
				require.NoError(t, err)
				require.Nil(t, o.Breach)
				noticed = append(noticed, o.Noticed...)
			}
			for _, k := range x.checks {
				require.Contains(t, noticed, k)
			}
		})
	}
}

// Who was brought in by an UPDATE that nobody else has writes nothing (SPEC.md, 10.4),
// however many of them acknowledge each other. What a router calls refused or seen
// is shown once, and breaks nothing.
func TestAttacksOnTrustThatNothingStops(t *testing.T) {
	for _, x := range []struct {
		game   *game.Game
		attack game.Adversary
	}{
		{game.ParticipantConsistencyA, DesertedEpoch},
		{game.ParticipantConsistencyA, GhostInvites},
		{game.DynamicGroups, OutboxLies},
		{game.Robustness, OutboxLies},
	} {
		for seed := range uint64(8) {
			o, err := game.Play(game.Trial{Game: x.game, Adversary: x.attack, Seed: seed})
			require.NoError(t, err)
			require.Nil(t, o.Breach, x.attack.Name)
		}
	}
}

package adversary

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// Attacks on second lines get as far as the first, and are stopped there; those on the
// name of a conversation by what they are about.
func TestAttacksOnSecondLinesReachTheFirst(t *testing.T) {
	for _, x := range []struct {
		attack game.Adversary
		check  fault.Check
	}{
		{OtherPosition, fault.P5},
		{TextForOthers, fault.P5},
		{BorrowedAuthentication, fault.A2},
		{NamesThatJoinAlike, fault.V4},
		{BorrowedSetup, fault.P5},
		{UpdateFromElsewhere, fault.V2},
		{TwoBeginnings, fault.V2},
		{FewerProviders, fault.V13},
		{TwoSets, fault.V2},
	} {
		t.Run(x.attack.Name, func(t *testing.T) {
			t.Parallel()
			g := game.Find(x.attack.Games[0])
			for seed := range uint64(40) {
				out, err := game.Play(game.Trial{Game: g, Adversary: x.attack, Seed: seed})
				require.NoError(t, err)
				require.Nil(t, out.Breach, "seed %d", seed)
				if slices.Contains(out.Noticed, x.check) {
					return
				}
			}
			t.Fatalf("nobody honest noticed %s", x.check)
		})
	}
}

// A removed reader has the key of the text as it was written first, and sees it written
// anew; only the key is another one.
func TestReaderOfTheFirstHasAKeyOfTheFirstAlone(t *testing.T) {
	read := 0
	after(t, game.Adversary{Name: "twice", Attack: func(o *game.Oracles) error {
		p, key, err := writtenTwice(o, "alice", "bob")
		if err != nil {
			return err
		}
		opens := func(s *said) bool {
			_, ok := o.Suite().Open("text", key, [suite.NonceSize]byte{}, s.block.Sealed, s.block.Header(o.Suite()))
			return ok
		}
		all := p.all("alice", conversation.MSG)
		if len(all) == 2 && all[1].block.Epoch == all[0].block.Epoch+1 && opens(all[0]) && !opens(all[1]) {
			read++
		}
		return nil
	}}, game.MessageAuthentication, 6, func(*game.Oracles) bool { return true })
	require.Equal(t, 6, read)
}

// The chains of the challenge are under way when the random sources are repaired, and
// both their one-time keys are from before.
func TestSeedsUntilThenKnowsBothEndsOfAChain(t *testing.T) {
	there := after(t, SeedsUntilThen, game.MessageConfidentiality, 8, func(o *game.Oracles) bool {
		m := newMiner(o.Suite())
		if err := m.see(o); err != nil {
			return false
		}
		var last *entry
		for _, p := range insiders() {
			all := m.written(o.Main(), identity.ID(p))
			if len(all) > 4 { // two before the trial, two of the attack, the challenge
				last = &all[len(all)-1]
			}
		}
		return last != nil && last.blocks[0].header.N > 0 && last.blocks[1].header.N > 0
	})
	require.Equal(t, 8, there)
}

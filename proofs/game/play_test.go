package game_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
	"cowpi.example/transcript"
)

// A trial comes out the same when it is played again, when it is recorded from the
// beginning, and with any number of cores.
func TestTrialsRepeat(t *testing.T) {
	for seed := range uint64(12) {
		trial := game.Trial{Game: game.ConversationIntegrity, Adversary: adversary.Fork, Seed: seed}
		first, err := game.Play(trial)
		require.NoError(t, err)
		again, err := game.Play(trial)
		require.NoError(t, err)
		require.Equal(t, first, again)
		if seed < 3 {
			m := &transcript.Memory{}
			recorded, err := game.Record(trial, func(h transcript.Header) (transcript.Sink, error) {
				m.Head = h
				return m, nil
			})
			require.NoError(t, err)
			require.Equal(t, first, recorded)
			require.NotEmpty(t, m.Records)
		}
	}
	run := func(cores int) game.Score {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		s, err := game.Run(context.Background(), game.ConversationIntegrity, adversary.Fork, 5, 20, nil)
		require.NoError(t, err)
		return s
	}
	require.Equal(t, run(1), run(4))
}

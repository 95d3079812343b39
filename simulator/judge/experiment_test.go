package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
)

// nobodyWins plays against all distinguishers, and wants none to have an advantage.
// They do not even find anything that would make them guess.
func nobodyWins(t *testing.T, x Experiment) {
	t.Helper()
	start := time.Now()
	res, err := x.Run()
	require.NoError(t, err)
	for _, row := range res.Rows {
		t.Log(row)
		require.Equal(t, x.Trials, row.Unsure, "%s: %v: %s", row, row.FirstOpinion.Answer, row.FirstOpinion.Reason)
		require.True(t, row.Low <= 0 && row.High >= 0, "%s: %v: %s", row, row.FirstOpinion.Answer, row.FirstOpinion.Reason)
	}
	t.Log(x.Game, x.Trials, "trials", time.Since(start))
}

func TestNobodyWinsDeniability(t *testing.T) {
	nobodyWins(t, Experiment{Trials: 150, Seed: 1, Suite: cowpitest.Cheap, Confidence: 0.9999})
	nobodyWins(t, Experiment{Trials: 16, Seed: 2, Suite: suite.Default, Confidence: 0.9999})
}

func TestNobodyWinsUnlinkability(t *testing.T) {
	nobodyWins(t, Experiment{Game: Unlinkability, Trials: 150, Seed: 3, Suite: cowpitest.Cheap, Confidence: 0.9999})
	nobodyWins(t, Experiment{Game: Unlinkability, Trials: 16, Seed: 4, Suite: suite.Default, Confidence: 0.9999})
}

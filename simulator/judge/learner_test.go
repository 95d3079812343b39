package judge

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/transcript"
)

// One that was only shown examples finds no difference between real and forged, in
// neither game.
func TestLearnerLearnsNothing(t *testing.T) {
	for _, x := range []Experiment{
		{Trials: 60, Seed: 21, Suite: cowpitest.Cheap, Confidence: 0.9999},
		{Game: Unlinkability, Trials: 40, Seed: 22, Suite: cowpitest.Cheap, Confidence: 0.9999},
	} {
		l, err := Train(x, 80)
		require.NoError(t, err)
		res, err := x.Run(l)
		require.NoError(t, err)
		t.Log(x.Game, res.Rows[0], l.Judge(Evidence{Transcript: &transcript.Memory{}}))
		require.True(t, res.Rows[0].Low <= 0 && res.Rows[0].High >= 0, "%+v", l.signs)
	}
}

// Negative control: of a forger who has a slightly odd habit it learns it, though
// nobody told it where to look: every id of a prekey of his begins with a zero bit.
// One in two does anyway.
func TestLearnerLearnsHabits(t *testing.T) {
	x := Experiment{Trials: 40, Seed: 23, Suite: cowpitest.Cheap, Spoil: func(m *transcript.Memory) {
		for i, r := range m.Records {
			if s, ok := r.(transcript.Sent); ok && len(s.Opened.Plain) > 5 && s.Opened.Plain[0] == 1 && s.Opened.Plain[1] == 0 {
				for at := 7; at+40 <= len(s.Opened.Plain); at += 40 {
					s.Opened.Plain[at] &= 0x7f
				}
				m.Records[i] = s
			}
		}
	}}
	l, err := Train(x, 40)
	require.NoError(t, err)
	require.NotEmpty(t, l.signs)
	res, err := x.Run(l)
	require.NoError(t, err)
	t.Log(res.Rows[0], res.Rows[0].FirstOpinion.Reason)
	require.GreaterOrEqual(t, res.Rows[0].Advantage, 0.9)
}

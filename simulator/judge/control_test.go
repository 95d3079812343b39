package judge

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
)

// Each protocol that cannot be denied is caught by the distinguisher that is named
// for it, and the same distinguisher does not catch Mobile CoWPI.
func TestControlsAreCaught(t *testing.T) {
	caught := map[string]bool{}
	for _, c := range Controls() {
		for _, x := range []Experiment{
			{Trials: 30, Seed: 11, Suite: cowpitest.Cheap},
			{Trials: 8, Seed: 12, Suite: suite.Default},
		} {
			x.Game = c.In
			if c.Slip { // which the rest of this package is about
				x.Trials /= 3
			}
			honest := x
			c.Set(&x)
			res, err := x.Run(c.Against())
			require.NoError(t, err, c.Name)
			t.Logf("%-20s %-20s %s %v", c.Name, x.Game, res.Rows[0], res.Rows[0].FirstOpinion)
			// Of a message that is no text, digests in texts tell nothing.
			require.GreaterOrEqual(t, res.Rows[0].Advantage, 0.9, c.Name)
			caught[c.By] = true

			honest.Beacon = x.Beacon
			res, err = honest.Run(Find(c.By))
			require.NoError(t, err)
			require.True(t, res.Rows[0].Low <= 0 && res.Rows[0].High >= 0)
			if c.Holds != nil {
				x.Game = *c.Holds
				res, err = x.Run(Find(c.By))
				require.NoError(t, err)
				t.Logf("%-20s %-20s %s", c.Name, x.Game, res.Rows[0])
				require.True(t, res.Rows[0].Low <= 0 && res.Rows[0].High >= 0)
			}
		}
	}
	for _, d := range All() {
		require.True(t, caught[d.Name()], "%s catches nothing", d.Name())
	}
}

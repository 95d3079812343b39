package judge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Known values; the closed forms for none and all are 1-(tail)^(1/n) and (tail)^(1/n).
func TestClopperPearsonKnownValues(t *testing.T) {
	for _, c := range []struct {
		right, trials int
		confidence    float64
		low, high     float64
	}{
		{0, 10, 0.95, 0, 0.30850},
		{10, 10, 0.95, 0.69150, 1},
		{5, 10, 0.95, 0.18709, 0.81291},
		{9, 10, 0.95, 0.55498, 0.99747},
		{1, 20, 0.95, 0.00127, 0.24873},
		{50, 100, 0.95, 0.39832, 0.60168},
		{0, 100, 0.99, 0, 0.05160},
		{0, 0, 0.95, 0, 1},
	} {
		low, high := ClopperPearson(c.right, c.trials, c.confidence)
		require.InDelta(t, c.low, low, 1e-5, "%+v", c)
		require.InDelta(t, c.high, high, 1e-5, "%+v", c)
	}
}

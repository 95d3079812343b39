package wire

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// slowPadme writes the rule out with logarithms and a search.
func slowPadme(n int) int {
	if n < 2 {
		return n
	}
	exponent := math.Floor(math.Log2(float64(n)))
	significant := math.Floor(math.Log2(exponent)) + 1
	step := int(math.Pow(2, exponent-significant))
	for n%step != 0 {
		n++
	}
	return n
}

func TestPadmeAgainstItsDefinition(t *testing.T) {
	for n := range 1 << 12 {
		require.Equal(t, slowPadme(n), Padme(n), n)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1<<24).Draw(t, "n")
		require.Equal(t, slowPadme(n), Padme(n))
	})
}

func TestPadmeIsABucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1<<48).Draw(t, "n")
		up := Padme(n)
		require.GreaterOrEqual(t, up, n)
		require.Equal(t, up, Padme(up))
		require.LessOrEqual(t, up, Padme(n+1))
		require.Less(t, float64(up-n), 0.12*float64(n))
	})
	require.Equal(t, math.MaxInt, Padme(math.MaxInt))
	require.Equal(t, -1, Padme(-1))
}

package verify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/recorder"
)

// Whatever the schedule, honest transcripts hold: here crashes, races of updates
// and spells offline under several seeds.
func TestHonestUnderManySchedules(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 2
	}
	for _, name := range []string{"crash", "membership", "offline", "default"} {
		for seed := uint64(2); seed < 2+seeds; seed++ {
			m := &transcript.Memory{}
			r := recorder.To(suite.Default, m)
			_, err := play.Play(parse(t, name), play.Options{Seed: seed, Suite: r, Tap: r})
			require.NoError(t, err)
			require.NoError(t, r.Close())
			report := run(t, m, nil)
			require.True(t, report.Holds(), "%s, seed %d: %s", name, seed, report)
		}
	}
}

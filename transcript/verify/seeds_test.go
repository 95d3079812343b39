package verify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript/transcripttest"
)

// Whatever the schedule, honest transcripts hold: here crashes, races of updates
// and spells offline under several seeds.
func TestHonestUnderManySchedules(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 2
	}
	for _, name := range []string{"crash", "membership", "offline", "default", "upkeep"} {
		for seed := uint64(2); seed < 2+seeds; seed++ {
			m := transcripttest.RecordWith(t, transcripttest.Script(t, name), suite.Default, play.Options{Seed: seed})
			report := run(t, m, nil)
			require.True(t, report.Holds(), "%s, seed %d: %s", name, seed, report)
		}
	}
}

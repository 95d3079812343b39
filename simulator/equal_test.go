package simulator

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// same wants two transcripts to be equal, byte for byte.
func same(t testing.TB, real, forged *transcript.Memory) {
	t.Helper()
	require.Equal(t, real.Head, forged.Head)
	for i := range min(len(real.Records), len(forged.Records)) {
		if !reflect.DeepEqual(real.Records[i], forged.Records[i]) {
			require.Equal(t, real.Records[i], forged.Records[i], "record %d", i)
		}
	}
	require.Len(t, forged.Records, len(real.Records))
}

// firstDifference is the first record in which two transcripts differ, or -1.
func firstDifference(a, b *transcript.Memory) int {
	for i := range max(len(a.Records), len(b.Records)) {
		if i >= len(a.Records) || i >= len(b.Records) || !reflect.DeepEqual(a.Records[i], b.Records[i]) {
			return i
		}
	}
	return -1
}

// forgers are all that may forge the transcripts of a world.
func (w World) forgers() map[string]Forger {
	out := map[string]Forger{"an outsider": Outsider{w.Public()}}
	for _, u := range w.Users {
		out["participant "+string(u.ID)] = Participant{w.Public(), u}
	}
	for _, p := range w.Providers {
		out["provider "+string(p.ID)] = Provider{w.Public(), p}
	}
	return out
}

// Perfect simulation (SPEC.md, 15.3): with the coins and the exponents of a real
// run on its tape, each forger yields the very same transcript.
func TestPerfectSimulationOfScripts(t *testing.T) {
	for _, base := range []suite.Suite{cowpitest.Cheap, suite.Default} {
		for i, name := range []string{"default", "membership", "offline", "crash", "upkeep", "participant", "provider", "fork", "reorder"} {
			if base == suite.Default && i > 4 {
				continue // of those with somebody corrupt, one suite will do
			}
			sc := transcripttest.Script(t, name)
			w, err := NewWorld(base, sc, [32]byte{1})
			require.NoError(t, err)
			real, tape := &transcript.Memory{}, NewRecorder(base)
			job := Job{Script: sc, Schedule: 3, Coins: [32]byte{2}, Open: To(real)}
			report, err := w.Run(job, tape)
			require.NoError(t, err)
			require.Empty(t, report.Failures)
			for who, forger := range w.forgers() {
				if testing.Short() && base == suite.Default {
					continue // the race detector makes it slow
				}
				forged := &transcript.Memory{}
				job.Open, job.Tape = To(forged), tape.Tape()
				again, err := forger.Forge(job)
				require.NoError(t, err, who)
				require.Equal(t, report, again)
				same(t, real, forged)
			}
		}
	}
}

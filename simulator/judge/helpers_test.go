package judge

import (
	"os"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// As in cowpitest: many small networks, one after the other.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// pairOf is one real and one forged transcript of a script.
func pairOf(t testing.TB, s suite.Suite, sc script.Script, seed byte) (real, forged Evidence) {
	w, err := simulator.NewWorld(s, sc, [32]byte{seed})
	require.NoError(t, err)
	real = Evidence{World: w, Transcript: &transcript.Memory{}}
	_, err = w.Run(simulator.Job{Script: sc, Schedule: uint64(seed), Coins: [32]byte{seed, 1}, Open: simulator.To(real.Transcript)}, nil)
	require.NoError(t, err)
	forged = Evidence{World: w, Transcript: &transcript.Memory{}}
	_, err = simulator.Outsider{Public: w.Public()}.Forge(simulator.Job{Script: sc, Schedule: uint64(seed) + 100, Coins: [32]byte{seed, 2},
		Open: simulator.To(forged.Transcript)})
	require.NoError(t, err)
	return real, forged
}

// No structural distinguisher finds a contradiction in what an honest conversation,
// or a forger, leaves behind, whatever happens in it.
func TestScriptsHaveNoContradictions(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash"} {
		for seed := range byte(4) {
			real, forged := pairOf(t, cowpitest.Cheap, transcripttest.Script(t, name), seed)
			for _, e := range []Evidence{real, forged} {
				for _, f := range Examine(e) {
					assert.Equal(t, CannotTell, f.Answer, "%s, seed %d: %s: %s", name, seed, f.Distinguisher, f.Reason)
				}
			}
		}
	}
}

package judge

import (
	"math/rand/v2"
	"os"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/scripttest"
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
	return pairOfJob(t, s, simulator.Job{Script: sc}, seed)
}

func pairOfJob(t testing.TB, s suite.Suite, j simulator.Job, seed byte) (real, forged Evidence) {
	w, err := simulator.NewWorld(s, j.Script, [32]byte{seed})
	require.NoError(t, err)
	real = Evidence{World: w, Transcript: &transcript.Memory{}}
	j.Schedule, j.Coins, j.Open = uint64(seed), [32]byte{seed, 1}, simulator.To(real.Transcript)
	_, err = w.Run(j, nil)
	require.NoError(t, err)
	forged = Evidence{World: w, Transcript: &transcript.Memory{}}
	j.Schedule, j.Coins, j.Open = uint64(seed)+100, [32]byte{seed, 2}, simulator.To(forged.Transcript)
	_, err = simulator.Outsider{Public: w.Public()}.Forge(j)
	require.NoError(t, err)
	return real, forged
}

// No structural distinguisher finds a contradiction in what an honest conversation,
// or a forger, leaves behind, whatever happens in it.
func TestScriptsHaveNoContradictions(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash", "upkeep"} {
		for seed := range byte(4) {
			real, forged := pairOf(t, cowpitest.Cheap, transcripttest.Script(t, name), seed)
			agree(t, name, seed, real, forged)
		}
	}
	for _, name := range []string{"membership", "crash", "upkeep"} {
		for seed := range byte(4) {
			real, forged := pairOfJob(t, cowpitest.Cheap, simulator.Job{Script: transcripttest.Script(t, name), Timed: true}, seed)
			agree(t, name+", timed", seed, real, forged)
		}
	}
}

// Nor in what random scripts bring about, with times and without.
func TestRandomScriptsHaveNoContradictions(t *testing.T) {
	for seed := range uint64(40) {
		pick := rand.New(rand.NewPCG(seed, 1))
		sc := scripttest.Random(pick.IntN, scripttest.Size{Users: 4, Conversations: 2, Statements: 10})
		c := forgeJob(t, simulator.Job{Script: sc, Schedule: seed, Timed: seed%2 == 0})
		require.Empty(t, c.notice(c.seen, true), "seed %d: %s", seed, sc)
	}
}

// agree wants all distinguishers to find nothing.
func agree(t *testing.T, name string, seed byte, both ...Evidence) {
	for _, e := range both {
		for _, f := range Examine(e) {
			assert.Equal(t, CannotTell, f.Answer, "%s, seed %d: %s: %s", name, seed, f.Distinguisher, f.Reason)
		}
	}
}

// Nor in one in which somebody was corrupt, if they are told who; if they are not,
// they find one.
func TestCorruptPartiesAreNoContradictions(t *testing.T) {
	for _, c := range []struct {
		name    string
		script  script.Script
		corrupt []identity.ID
	}{
		{"author", transcripttest.Parse(t, corruptAuthor), []identity.ID{"Mallory"}},
		{"participant", transcripttest.Script(t, "participant"), []identity.ID{"Mallory"}},
		{"provider", transcripttest.Parse(t, corruptProvider), []identity.ID{"mirror1"}},
		{"providers", transcripttest.Script(t, "provider"), []identity.ID{"router", "mirror1", "mirror2"}},
	} {
		for seed := range byte(4) {
			real, forged := pairOf(t, cowpitest.Cheap, c.script, seed)
			found := 0
			for _, f := range Examine(forged) {
				if f.Answer == Simulated {
					found++
				}
			}
			require.Positive(t, found, "%s, seed %d: nobody says who was corrupt", c.name, seed)
			real.Corrupt, forged.Corrupt = c.corrupt, c.corrupt
			agree(t, c.name, seed, real, forged)
		}
	}
}

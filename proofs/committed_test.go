package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/transcripts anew")

const committedDir = "../testdata/transcripts"

// The committed transcripts are what the command makes, and as their README says.
func TestCommittedTranscripts(t *testing.T) {
	d := newDoor(t)
	script := "../testdata/scripts/default.cowpi"
	d.must("keys", "--script", script, "--seed", "1", "-o", "@world.json")
	d.must("keys", "--from", "@world.json", "-o", "@public.json")
	d.must("record", "--script", script, "--keys", "@world.json", "--seed", "2", "-o", "@real.transcript")
	d.must("forge", "--script", script, "--keys", "@public.json", "--seed", "3", "-o", "@forged.transcript")
	for _, name := range []string{"world.json", "public.json", "real.transcript", "forged.transcript"} {
		if *update {
			require.NoError(t, os.WriteFile(filepath.Join(committedDir, name), d.read(name), 0o644))
		}
		b, err := os.ReadFile(filepath.Join(committedDir, name))
		require.NoError(t, err)
		require.True(t, string(b) == string(d.read(name)), "%s is another", name)
	}
	real, forged := filepath.Join(committedDir, "real.transcript"), filepath.Join(committedDir, "forged.transcript")
	require.Contains(t, d.must("judge", real, forged, "--keys", "@world.json"), "Nobody could tell.")
	require.NotEqual(t, d.read("real.transcript"), d.read("forged.transcript"))
}

package show

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/testdata/scripts"
	"cowpi.example/transcript"
	"cowpi.example/transcript/recorder"
)

// record plays a script of testdata/scripts and records it.
func record(t testing.TB, name string) *transcript.Memory {
	raw, err := fs.ReadFile(scripts.Files(), name+".cowpi")
	require.NoError(t, err)
	return recordText(t, string(raw))
}

// recordText plays a script and records it.
func recordText(t testing.TB, text string) *transcript.Memory {
	s, err := script.Parse(text)
	require.NoError(t, err)
	m := &transcript.Memory{}
	r := recorder.To(suite.Default, m)
	report, err := play.Play(s, play.Options{Seed: 1, Suite: r, Tap: r})
	require.NoError(t, err)
	require.Empty(t, report.Failures)
	require.NoError(t, r.Close())
	return m
}

// modelOf records a script and reads it.
func modelOf(t testing.TB, name string, opt Options) *Model {
	m, err := Read(record(t, name).Source(), opt)
	require.NoError(t, err)
	return m
}

package verify

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

func parse(t testing.TB, name string) script.Script {
	raw, err := fs.ReadFile(scripts.Files(), name+".cowpi")
	require.NoError(t, err)
	return parseText(t, string(raw))
}

func parseText(t testing.TB, text string) script.Script {
	s, err := script.Parse(text)
	require.NoError(t, err)
	return s
}

// record plays a script and records it.
func record(t testing.TB, s script.Script) *transcript.Memory {
	m := &transcript.Memory{}
	r := recorder.To(suite.Default, m)
	report, err := play.Play(s, play.Options{Seed: 1, Suite: r, Tap: r})
	require.NoError(t, err)
	require.Empty(t, report.Failures)
	require.NoError(t, r.Close())
	return m
}

func run(t testing.TB, m *transcript.Memory, secrets *Secrets) *Report {
	r, err := Run(m.Source(), Options{Secrets: secrets})
	require.NoError(t, err)
	return r
}

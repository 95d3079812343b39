// Package transcripttest lets scripts happen and records them, for the tests of
// whoever reads transcripts.
package transcripttest

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

// Script is a script of testdata/scripts, by its name without the ending.
func Script(t testing.TB, name string) script.Script {
	t.Helper()
	raw, err := fs.ReadFile(scripts.Files(), name+".cowpi")
	require.NoError(t, err)
	return Parse(t, string(raw))
}

// Parse reads a script that the test itself has written.
func Parse(t testing.TB, text string) script.Script {
	t.Helper()
	s, err := script.Parse(text)
	require.NoError(t, err)
	return s
}

// Record plays a script with the default suite, always in the same way, and records
// it.
func Record(t testing.TB, s script.Script) *transcript.Memory {
	t.Helper()
	return RecordWith(t, s, suite.Default, play.Options{Seed: 1})
}

// RecordScript records a script of testdata/scripts.
func RecordScript(t testing.TB, name string) *transcript.Memory {
	t.Helper()
	return Record(t, Script(t, name))
}

// RecordWith plays a script as the options say, but with this suite and recorded.
// Everything must go as the script says: else what is recorded is not what the test
// is about.
func RecordWith(t testing.TB, s script.Script, base suite.Suite, opt play.Options) *transcript.Memory {
	t.Helper()
	m := &transcript.Memory{}
	r := recorder.To(base, m)
	opt.Suite, opt.Tap = r, r
	report, err := play.Play(s, opt)
	require.NoError(t, err)
	require.Empty(t, report.Failures)
	require.NoError(t, r.Close())
	return m
}

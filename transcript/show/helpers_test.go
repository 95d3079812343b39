package show

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/transcript/transcripttest"
)

// modelOf records a script and reads it.
func modelOf(t testing.TB, name string, opt Options) *Model {
	m, err := Read(transcripttest.RecordScript(t, name).Source(), opt)
	require.NoError(t, err)
	return m
}

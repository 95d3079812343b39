package pair

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// A chain key goes forward one step at a time, never back, and not without end.
func TestForward(t *testing.T) {
	s := suite.Default
	ck := suite.Key{1}
	same, err := Forward(s, ck, 5, 5)
	require.NoError(t, err)
	require.Equal(t, ck, same)
	want := ck
	for range 3 {
		step(s, &want)
	}
	got, err := Forward(s, ck, 5, 8)
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, to := range []uint32{4, 6 + MaxForward} {
		_, err = Forward(s, ck, 5, to)
		require.Equal(t, fault.P3, fault.CheckOf(err))
	}
	_, err = OpenUnder(s, ck, identity.Party{}, identity.Party{}, suite.Hash{}, nil)
	require.Equal(t, fault.P1, fault.CheckOf(err))
}

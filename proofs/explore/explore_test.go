package explore

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
)

func explored(t *testing.T, b Bounds) Result {
	t.Helper()
	r, err := Explore(t.Context(), b, nil)
	require.NoError(t, err)
	return r
}

// What was explored does not depend on when, and on how many cores.
func TestSameOnAnyNumberOfWorkers(t *testing.T) {
	for _, b := range []Bounds{
		{Participants: 3, Providers: 2, Honest: 0, Messages: 1},
		{Participants: 3, Providers: 3, Honest: 1, Messages: 1, Substitutions: 1, Depth: 11},
		{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Changes: 1, Substitutions: 1, Refusals: 1, Depth: 8},
		{Participants: 3, Providers: 2, Honest: 0, Corrupt: 1, Messages: 1, Changes: 1, Refusals: 1, Depth: 7},
	} {
		b.Workers = 1
		one := explored(t, b)
		require.Nil(t, one.Violation)
		require.Equal(t, b.Depth == 0, one.Complete)
		b.Workers = 4
		four := explored(t, b)
		for _, r := range []*Result{&one, &four} {
			r.Bounds, r.Elapsed, r.Rate = Bounds{}, 0, 0
		}
		require.Equal(t, one, four)
		t.Logf("%v: %+v", b, one)
	}
}

// The numbers are the same on every machine. Whoever changes the protocol or the
// explorer changes them, and should know why.
func TestStatesOfASmallBound(t *testing.T) {
	r := explored(t, Bounds{Participants: 3, Providers: 2, Honest: 0, Messages: 1})
	require.True(t, r.Complete)
	require.Equal(t, 281, r.States)
	require.Equal(t, 25, r.Depth)
}

// Negative control: where no provider is honest, they make two participants see
// different conversations. One provider alone suffices, and so do several together.
func TestFindsForks(t *testing.T) {
	for providers := 1; providers <= 3; providers++ {
		b := Bounds{Participants: 3, Providers: providers, Honest: -1, Messages: 2, Properties: []Property{Integrity}}
		v := explored(t, b).Violation
		require.NotNil(t, v)
		require.Equal(t, Integrity.Name, v.Property)
		require.Len(t, v.Trace, 2+2*providers, "two texts, and to each of two participants another one as the same index")
		again, err := Replay(b, v.Moves)
		require.NoError(t, err)
		require.Equal(t, v, again)
		again, err = Replay(b, v.Moves[:len(v.Moves)-1])
		require.NoError(t, err)
		require.Nil(t, again, "there is nothing to find before the last move")
	}
}

var nobodyStops = Property{"nobody stops", func(one, _ *View, _ Corruption) error {
	if one.Stopped {
		return errors.New("stopped")
	}
	return nil
}}

// Negative control: a property that is not promised, and does not hold.
func TestFindsThatSomebodyStops(t *testing.T) {
	b := Bounds{Participants: 3, Providers: 2, Honest: 1, Messages: 1, Properties: []Property{nobodyStops}}
	require.Nil(t, explored(t, b).Violation, "without a lie nobody stops")
	b.Substitutions = 1
	v := explored(t, b).Violation
	require.NotNil(t, v)
	require.Equal(t, []string{
		`alice hands over "alice 1"`,
		"the corrupt router proposes and commits: MSG with seq 1 of participant 1 of epoch 0, who knew index 2",
		"the honest mirror 1 tells alice: index 3, MSG with seq 1 of participant 1 of epoch 0, who knew index 2",
		"the corrupt router makes alice believe: index 3, MSG with seq 1 of participant 1 of epoch 0, who knew index 2, with another digest",
	}, v.Trace)
}

// Negative control: a machine that fails, in whatever state, is found.
func TestFindsAFailingMachine(t *testing.T) {
	b := Bounds{Participants: 3, Providers: 2, Honest: 0, Messages: 1}
	b.plant = func(user int, in cowpi.Input) {
		if _, ok := in.(cowpi.Received); ok && user == 2 {
			panic("planted")
		}
	}
	v := explored(t, b).Violation
	require.NotNil(t, v)
	require.Equal(t, Machine, v.Property)
	require.ErrorContains(t, v.Err, "planted")
	require.Len(t, v.Trace, 4) // handed over, taken, accepted, told to charlie
}

func TestBoundsThatMakeNoSense(t *testing.T) {
	for _, b := range []Bounds{
		{Participants: 1, Providers: 2}, {Participants: 9, Providers: 2}, {Participants: 3, Providers: 0},
		{Participants: 3, Providers: 2, Honest: 2}, {Participants: 3, Providers: 2, Messages: -1}, {Participants: 3, Providers: 2, Corrupt: 3},
	} {
		_, err := Explore(t.Context(), b, nil)
		require.Error(t, err, "%+v", b)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Explore(ctx, Bounds{Participants: 3, Providers: 2, Messages: 1}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// The audit looks at each choice of the honest provider, and at none.
func TestStandardCoversEveryChoice(t *testing.T) {
	type choice struct{ providers, honest int }
	seen, corrupt := map[choice]bool{}, false
	for _, b := range append(Standard(), Full()...) {
		require.NoError(t, b.check())
		seen[choice{b.Providers, b.Honest}] = true
		corrupt = corrupt || b.Corrupt > 0
	}
	for _, c := range []choice{{2, 0}, {2, 1}, {3, 0}, {3, 1}, {3, 2}, {2, -1}} {
		require.True(t, seen[c], "%+v", c)
	}
	require.True(t, corrupt)
}

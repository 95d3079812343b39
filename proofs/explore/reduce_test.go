package explore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
)

// What is wrong is found with the reductions and without them.
func TestFaultsAreFoundBothWays(t *testing.T) {
	fails := func(user int, in cowpi.Input) {
		if _, ok := in.(cowpi.Leave); ok && user == 1 {
			panic("planted")
		}
	}
	for _, b := range []Bounds{
		{Participants: 3, Providers: 1, Honest: -1, Messages: 2},
		{Participants: 2, Providers: 2, Honest: -1, Messages: 1, Changes: 1, Properties: []Property{Integrity}},
		{Participants: 3, Providers: 2, Honest: 0, Messages: 1, Substitutions: 1, Properties: []Property{nobodyStops}},
		{Participants: 2, Providers: 3, Honest: 2, Changes: 1, Substitutions: 1, Properties: []Property{nobodyStops}},
		{Participants: 2, Providers: 2, Honest: 0, Messages: 1, Changes: 1, Properties: []Property{never(1, 1)}},
		{Participants: 2, Providers: 2, Honest: 1, Restarts: 1, Properties: []Property{never(1, 2)}},
		{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Changes: 1, plant: fails},
	} {
		if b.Properties == nil && b.plant == nil {
			b.Properties = []Property{Integrity}
		}
		v := explored(t, b).Violation
		require.NotNil(t, v, b)
		b.All = true
		all := explored(t, b).Violation
		require.NotNil(t, all, b)
		require.Equal(t, all.Property, v.Property, b)
		require.LessOrEqual(t, len(v.Moves), len(all.Moves), b)
	}
}

// Of a way to a violation no move can be left out.
func TestTracesAreAsShortAsLeavingOutMakesThem(t *testing.T) {
	b := Bounds{Participants: 3, Providers: 2, Honest: 0, Messages: 2, Changes: 1, Properties: []Property{never(1, 2)}}
	v := explored(t, b).Violation
	require.NotNil(t, v)
	s, err := newSearch(b)
	require.NoError(t, err)
	w, here := s.workers[0], s.start
	var way []move
	for _, i := range v.Moves {
		m := w.moves(here)[i]
		way = append(way, m)
		if next, _ := w.try(here, m); next != nil {
			here = append(state(nil), next...)
		}
	}
	f, _ := w.follow(way)
	require.NotNil(t, f)
	require.Equal(t, way, w.shortened(way, "never"))
	require.Len(t, way, 5, "asked, taken, accepted, told by both: %q", v.Trace)
}

// From wherever the conversation is it can come to an end, though there are ways that
// go in a circle: an upload that is refused is sent again. Without that a violation
// might be such that no end has it.
func TestAnEndCanBeReachedFromEverywhere(t *testing.T) {
	for _, b := range []Bounds{
		{Participants: 2, Providers: 2, Honest: 0, Messages: 1, Changes: 1, All: true},
		{Participants: 2, Providers: 2, Honest: 1, Changes: 1, Refusals: 1, All: true},
		{Participants: 2, Providers: 2, Honest: 1, Restarts: 1, All: true},
	} {
		s, err := newSearch(b)
		require.NoError(t, err)
		w := s.workers[0]
		place := map[uint64]int{s.fingerprint(s.start): 0}
		states, before := []state{s.start}, [][]int{nil}
		var ends []int
		for at := 0; at < len(states); at++ {
			end := true
			for _, m := range append([]move(nil), w.chosen(states[at])...) {
				if !w.matters(states[at], m) {
					continue
				}
				end = false
				next, f := w.try(states[at], m)
				require.Nil(t, f)
				fp := s.fingerprint(next)
				to, known := place[fp]
				if !known {
					to = len(states)
					place[fp], states, before = to, append(states, append(state(nil), next...)), append(before, nil)
				}
				before[to] = append(before[to], at)
			}
			if end {
				ends = append(ends, at)
			}
		}
		good := map[int]bool{}
		for len(ends) > 0 {
			at := ends[0]
			if ends = ends[1:]; !good[at] {
				good[at] = true
				ends = append(ends, before[at]...)
			}
		}
		require.Len(t, good, len(states), b)
	}
}

package explore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/suite"
)

// What a state costs, beside one step of one machine with the same suite in the
// same run: a text handed over by a participant, written, sealed, sent. states/step
// is how many states are explored in the time of such a step.
func BenchmarkState(b *testing.B) {
	bounds := Bounds{Participants: 3, Providers: 2, Honest: 1, Messages: 1, Workers: 1}
	var states, steps int
	var exploring, stepping time.Duration
	for b.Loop() {
		r, err := Explore(b.Context(), bounds, nil)
		require.NoError(b, err)
		states, exploring = states+r.States, exploring+r.Elapsed

		e, err := newEngine(bounds)
		require.NoError(b, err)
		p := e.people.at(e.start[0])
		m := move{kind: hand}
		in := e.inputOf(p, m)
		var seed suite.Seed
		for range 100 {
			machine, err := p.machine.UnsafeCopy(e.world.config(0))
			require.NoError(b, err)
			began := time.Now()
			_, err = machine.Step(p.store, in, seed, now)
			stepping += time.Since(began)
			require.NoError(b, err)
			steps++
		}
	}
	state, step := float64(exploring)/float64(states), float64(stepping)/float64(steps)
	b.ReportMetric(state, "ns/state")
	b.ReportMetric(step, "ns/step")
	b.ReportMetric(step/state, "states/step")
}

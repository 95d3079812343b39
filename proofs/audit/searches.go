package audit

import (
	"context"
	"fmt"

	"cowpi.example/proofs/explore"
)

// searches lists what an audit explores. A quick one goes to the end of the smallest
// only, and not far into the others.
func searches(quick bool) (out []Search) {
	const few = 20_000
	for _, b := range explore.Standard() {
		if quick && (b.Changes > 0 || b.Messages > 1 || b.States > few) {
			b.States = few
		}
		out = append(out, SearchOf(b))
	}
	return out
}

// SearchOf is the exploration of some bounds.
func SearchOf(b explore.Bounds) Search {
	repeat := fmt.Sprintf("explore --participants %d --providers %d --honest %d --corrupt %d --messages %d --changes %d --restarts %d --substitutions %d --refusals %d",
		b.Participants, b.Providers, b.Honest, b.Corrupt, b.Messages, b.Changes, b.Restarts, b.Substitutions, b.Refusals)
	if b.Depth > 0 {
		repeat += fmt.Sprintf(" --depth %d", b.Depth)
	}
	if b.States > 0 {
		repeat += fmt.Sprintf(" --states %d", b.States)
	}
	return Search{Bounds: b.String(), Repeat: Repeat(repeat), Run: func(ctx context.Context, progress func(states, depth int)) (Exploration, error) {
		r, err := explore.Explore(ctx, b, func(p explore.Progress) { progress(p.States, p.Depth) })
		e := Exploration{States: r.States, Transitions: r.Transitions, Depth: r.Depth, Complete: r.Complete, Limit: b.States, Seconds: r.Elapsed.Seconds(), Rate: r.Rate}
		if v := r.Violation; v != nil {
			e.Violation = &Violation{Property: v.Property, What: v.Err.Error(), Trace: append([]string{}, v.Trace...)}
		}
		return e, err
	}}
}

package audit

import (
	"context"
	"fmt"
	"strings"

	"cowpi.example/proofs/explore"
)

// searches lists what an audit explores. A quick one goes to the end of the smallest
// only, and not far into the others, each up to so many states.
func searches(quick bool) (out []Search) {
	const few = 20_000
	for _, b := range explore.Standard() {
		if quick && (b.States == 0 || b.States > few) {
			b.States = few
		}
		out = append(out, SearchOf(b))
	}
	return out
}

// SearchOf is the exploration of some bounds.
func SearchOf(b explore.Bounds) Search {
	return Search{Bounds: b.String(), Repeat: Repeat(command(b)), args: strings.Fields(command(b)), Run: func(ctx context.Context, progress func(states, depth int)) (Exploration, error) {
		r, err := explore.Explore(ctx, b, func(p explore.Progress) { progress(p.States, p.Depth) })
		e := Exploration{States: r.States, Transitions: r.Transitions, Depth: r.Depth, Complete: r.Complete, Limit: b.States, Seconds: r.Elapsed.Seconds(), Rate: r.Rate}
		if v := r.Violation; v != nil {
			e.Violation = &Violation{Property: v.Property, What: v.Err.Error(), Trace: append([]string{}, v.Trace...)}
		}
		return e, err
	}}
}

// command is how bounds are given to the command explore.
func command(b explore.Bounds) string {
	c := fmt.Sprintf("explore --participants %d --providers %d --honest %d --corrupt %d --messages %d --changes %d --restarts %d --substitutions %d --refusals %d",
		b.Participants, b.Providers, b.Honest, b.Corrupt, b.Messages, b.Changes, b.Restarts, b.Substitutions, b.Refusals)
	if b.Depth > 0 {
		c += fmt.Sprintf(" --depth %d", b.Depth)
	}
	if b.All {
		c += " --all"
	}
	if b.States > 0 {
		c += fmt.Sprintf(" --states %d", b.States)
	}
	return c
}

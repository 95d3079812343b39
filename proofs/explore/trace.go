package explore

import (
	"context"
	"fmt"
)

// trace searches again for a violation that is known to be there, on one core and
// remembering the way. The first that it meets is one of the nearest, and always
// the same one.
func trace(ctx context.Context, b Bounds) (*Violation, error) {
	b.Workers = 1
	s, err := newSearch(b)
	if err != nil {
		return nil, err
	}
	type step struct {
		from int // the state before, by its place here
		move int // which of the moves there
	}
	w, way := s.workers[0], []step{{-1, -1}}
	states := append([]int32(nil), s.start...)
	s.seen.add(s.fingerprint(s.start))
	moves := func(at int) (out []int) {
		for ; way[at].from >= 0; at = way[at].from {
			out = append([]int{way[at].move}, out...)
		}
		return out
	}
	if f := w.judge(s.start, nil); f != nil {
		return &Violation{Property: f.property, Err: f.err}, nil
	}
	for at := 0; at < len(way) && ctx.Err() == nil; at++ {
		here := state(states[at*s.lay.size : (at+1)*s.lay.size])
		for i, m := range w.moves(here) {
			next, f := w.try(here, m)
			if f != nil {
				return Replay(b, append(moves(at), i))
			}
			if next != nil && s.seen.add(s.fingerprint(next)) {
				states, way = append(states, next...), append(way, step{at, i})
				here = states[at*s.lay.size : (at+1)*s.lay.size]
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("explore: the violation was not found again")
}

// Replay makes the moves of a violation again. It returns the violation, nil if
// there is none at the end, and an error if one of the moves is not possible.
func Replay(b Bounds, moves []int) (*Violation, error) {
	s, err := newSearch(b)
	if err != nil {
		return nil, err
	}
	v, w, here := &Violation{Moves: moves}, s.workers[0], s.start
	for at, i := range moves {
		list := w.moves(here)
		if i < 0 || i >= len(list) {
			return nil, fmt.Errorf("explore: move %d: there are %d to choose from, not %d", at+1, len(list), i)
		}
		v.Trace = append(v.Trace, s.say(here, list[i]))
		next, f := w.try(here, list[i])
		if f != nil {
			v.Property, v.Err = f.property, f.err
			return v, nil
		}
		if next != nil {
			here = append(state(nil), next...)
		}
	}
	return nil, nil
}

package explore

import (
	"context"
	"fmt"
	"slices"
)

// trace searches again for a violation that is known to be there, on one core and
// remembering the way. The first that it meets is always the same one. Its way is
// made as short as leaving out moves can make it.
func trace(ctx context.Context, b Bounds) (*Violation, error) {
	b.Workers = 1
	s, err := newSearch(b)
	if err != nil {
		return nil, err
	}
	type step struct {
		from int // the state before, by its place here
		move move
	}
	w := s.workers[0]
	var way []step
	var states []int32
	for _, start := range s.starts() {
		s.seen.add(s.fingerprint(start))
		states, way = append(states, start...), append(way, step{from: -1})
	}
	moves := func(at int, last move) []move {
		out := []move{last}
		for ; way[at].from >= 0; at = way[at].from {
			out = append(out, way[at].move)
		}
		slices.Reverse(out)
		return out
	}
	if f := w.judge(s.start, nil); f != nil {
		return &Violation{Property: f.property, Err: f.err}, nil
	}
	for at := 0; at < len(way) && ctx.Err() == nil; at++ {
		here := state(states[at*s.lay.size : (at+1)*s.lay.size])
		for _, m := range slices.Clone(w.chosen(here)) {
			next, f := w.try(here, m)
			if f != nil {
				_, numbers := w.follow(w.shortened(moves(at, m), f.property))
				return Replay(b, numbers)
			}
			if next != nil && s.seen.add(s.fingerprint(next)) {
				states, way = append(states, next...), append(way, step{at, m})
				here = states[at*s.lay.size : (at+1)*s.lay.size]
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("explore: the violation was not found again")
}

// shortened leaves out of the way to a violation, from its end, whatever can be left
// out: without any one of the rest the property is not broken. In a search in which
// moves may wait, the first way found has moves that nothing came of.
func (w *worker) shortened(moves []move, property string) []move {
	for again := true; again; {
		again = false
		for i := len(moves) - 1; i >= 0; i-- {
			less := slices.Delete(slices.Clone(moves), i, i+1)
			if f, numbers := w.follow(less); f != nil && f.property == property {
				moves, again = less[:len(numbers)], true
				i = min(i, len(moves))
			}
		}
	}
	return moves
}

// follow makes moves, as far as they are possible, up to a violation, and says which
// they are of those that are possible. With shared bounds every move of a search is.
func (w *worker) follow(moves []move) (f *finding, numbers []int) {
	here := w.e.start
	for _, m := range moves {
		i := slices.Index(w.moves(here), m)
		if i < 0 {
			return nil, nil
		}
		numbers = append(numbers, i)
		next, f := w.try(here, m)
		if f != nil {
			return f, numbers
		}
		if next != nil {
			here = append(state(nil), next...)
		}
	}
	return nil, nil
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

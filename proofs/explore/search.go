package explore

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"cowpi.example/cowpi/identity"
)

// search goes through all states in the order of their depth.
type search struct {
	*engine
	seen       visited
	frontier   [][]int32 // states at this depth, one behind the other
	result     Result
	broken     error // a violation was found
	properties []Property
	corruption Corruption
	workers    []*worker
}

// worker is one core's share of a search, with its own memory of what it looked up.
type worker struct {
	e      *engine
	s      *search
	list   []move
	ends   []int // in list, of the moves of each node
	buffer state
	out    []int32
	made   int
	seen   map[stepKey]*outcome
	agreed map[[2]int32]bool
	broken *finding
}

type finding struct {
	property string
	err      error
}

func newSearch(b Bounds) (*search, error) {
	e, err := newEngine(b)
	if err != nil {
		return nil, err
	}
	s := &search{engine: e, properties: b.Properties}
	if s.properties == nil {
		s.properties = Promised(b)
	}
	if b.Honest >= 0 {
		s.corruption.Provider = providerName(b.Honest)
	}
	for _, u := range e.world.users[:b.Participants-b.Corrupt] {
		s.corruption.People = append(s.corruption.People, identity.ID(u.ID))
	}
	n := b.Workers
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for range n {
		s.workers = append(s.workers, &worker{e: e, s: s, seen: map[stepKey]*outcome{}, agreed: map[[2]int32]bool{}})
	}
	s.result.Bounds = b
	return s, nil
}

// run goes from depth to depth.
func (s *search) run(ctx context.Context, began time.Time, progress func(Progress)) error {
	for _, start := range s.starts() {
		s.seen.add(s.fingerprint(start))
		s.frontier = append(s.frontier, start)
	}
	if f := s.workers[0].judge(s.start, nil); f != nil {
		s.broken = f.err
	}
	for s.broken == nil {
		if err := s.level(ctx); err != nil {
			return err
		}
		states, next := s.seen.len(), 0
		for _, f := range s.frontier {
			next += len(f) / s.lay.size
		}
		if next == 0 {
			s.result.Complete = true
			break
		}
		s.result.Depth++
		if progress != nil {
			progress(Progress{s.b, states, next, s.result.Depth, time.Since(began)})
		}
		if s.b.Depth > 0 && s.result.Depth >= s.b.Depth || s.b.States > 0 && states >= s.b.States {
			break
		}
	}
	s.result.States, s.result.Steps = s.seen.len(), s.made()
	for _, w := range s.workers {
		s.result.Transitions += w.made
	}
	return nil
}

const share = 256 // states that a worker takes at a time

// level makes all moves in the states of this depth.
func (s *search) level(ctx context.Context) error {
	type part struct{ states []int32 }
	var parts []part
	for _, f := range s.frontier {
		for len(f) > 0 {
			n := min(len(f), share*s.lay.size)
			parts, f = append(parts, part{f[:n]}), f[n:]
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range s.workers {
		wg.Go(func() {
			for ctx.Err() == nil && w.broken == nil {
				i := int(next.Add(1)) - 1
				if i >= len(parts) {
					return
				}
				for rest := parts[i].states; len(rest) > 0; rest = rest[s.lay.size:] {
					w.expand(rest[:s.lay.size])
				}
			}
		})
	}
	wg.Wait()
	s.frontier = s.frontier[:0]
	for _, w := range s.workers {
		if w.broken != nil {
			s.broken = fmt.Errorf("%s: %w", w.broken.property, w.broken.err)
		}
		s.frontier = append(s.frontier, w.out)
		w.out = nil
	}
	return ctx.Err()
}

// expand makes all moves that have to be made in one state.
func (w *worker) expand(s state) {
	for _, m := range w.chosen(s) {
		next, f := w.try(s, m)
		if f != nil {
			w.broken = f
			return
		}
		if next != nil && w.s.seen.add(w.e.fingerprint(next)) {
			w.out = append(w.out, next...)
			if r := w.e.b.reached; r != nil {
				r(w.e, next)
			}
		}
	}
}

// at is the node that makes a move.
func (w *worker) at(m move) int {
	if m.kind.ofPerson() {
		return int(m.who)
	}
	return w.e.lay.server
}

// outcome is the outcome of a move.
func (w *worker) outcome(s state, m move) *outcome {
	k := stepKey{s[w.at(m)], m}
	o := w.seen[k]
	if o == nil {
		o = w.e.outcome(k)
		w.seen[k] = o
	}
	return o
}

// try makes a move: the state after it, nil if nothing happens. The result is good
// until the next try.
func (w *worker) try(s state, m move) (state, *finding) {
	e, at, o := w.e, w.at(m), w.outcome(s, m)
	if o.broken != nil {
		return nil, &finding{Machine, o.broken}
	}
	if o.node < 0 {
		return nil, nil
	}
	w.made++
	next := append(w.scratch(), s...)
	next[at] = o.node
	switch m.kind {
	case hear:
		if int(m.from) == e.b.Honest {
			next[e.lay.toUser+at] = e.queues.at(s[e.lay.toUser+at]).rest
		}
	case take:
		next[e.lay.toServer+int(m.who)] = e.queues.at(s[e.lay.toServer+int(m.who)]).rest
	}
	for _, in := range o.toServer {
		q := &next[e.lay.toServer+at]
		*q = e.push(*q, item{in, e.inputs.digestOf(in)})
	}
	for _, u := range o.learned {
		next[e.lay.known] = e.learn(next[e.lay.known], u)
	}
	for _, l := range o.toUsers {
		if e.people.at(next[l.user]).in || e.returns() {
			q := &next[e.lay.toUser+l.user]
			*q = e.push(*q, item{l.input, e.inputs.digestOf(l.input)})
		}
	}
	if m.kind.ofPerson() && e.b.Honest >= 0 && !e.people.at(o.node).in && !e.returns() {
		next[e.lay.toUser+at] = e.empty // what is said to one who is out does not matter any more
	}
	return next, w.judge(next, s)
}

func (w *worker) scratch() state {
	if cap(w.buffer) == 0 {
		w.buffer = make(state, 0, w.e.lay.size)
	}
	return w.buffer[:0]
}

// judge asks the properties of a state. Where it differs from the one before it,
// which was judged, in what nobody sees, there is nothing to ask.
func (w *worker) judge(s, before state) *finding {
	e := w.e
	people := e.b.Participants - e.b.Corrupt
	for u := range people {
		one := e.people.at(s[u]).view
		if before != nil && e.people.at(before[u]).view == one {
			continue
		}
		for v := range people {
			other := e.people.at(s[v]).view
			if w.agreed[[2]int32{one, other}] {
				continue
			}
			x, y := e.views.at(one), e.views.at(other)
			for _, p := range w.s.properties {
				var err error
				if u == v {
					err = p.Broken(x, nil, w.s.corruption)
				} else if err = p.Broken(x, y, w.s.corruption); err == nil {
					err = p.Broken(y, x, w.s.corruption)
				}
				if err != nil {
					return &finding{p.Name, err}
				}
			}
			w.agreed[[2]int32{one, other}] = true
		}
	}
	return nil
}

package explore

import (
	"slices"
	"sync"
)

// engine holds what an exploration knows of all nodes: their states, what each step
// of theirs does, and everything that was ever said. It only grows.
type engine struct {
	b       Bounds
	world   *world
	rations []*ration
	first   uint64 // the index that comes next when the exploration begins
	lay     layout
	start   state
	empty   int32    // the queue
	deeds   []string // what a corrupt participant may add to a text
	people  *interned[*person]
	servers *interned[*server]
	views   *interned[*View]
	inputs  *interned[input]
	uploads *interned[upload]
	queues  *interned[queue]
	sets    *interned[set]
	steps   [64]struct {
		sync.RWMutex
		of map[stepKey]*outcome
	}
}

type stepKey struct {
	node int32
	move move
}

// queue is what is on its way from one honest node to another, in order.
type queue struct {
	first int32 // its number; -1: nothing is on its way
	rest  int32 // the queue without it
	all   []item
}

// set is what the adversary knows: uploads, in the order of their digests.
type set struct{ list []int32 }

// state is a state of the whole network: the numbers of its parts, in this layout.
type state []int32

type layout struct {
	server   int // the honest provider
	toUser   int // first of the queues from it, by participant
	toServer int // first of the queues to it; 0: nothing is on its way that matters
	known    int // what the adversary knows
	ration   int // how the bounds are shared out
	size     int
}

func newEngine(b Bounds) (*engine, error) {
	w, err := newWorld(b.Participants, b.Providers)
	if err != nil {
		return nil, err
	}
	e := &engine{b: b, world: w, people: newInterned[*person](), servers: newInterned[*server](), views: newInterned[*View](),
		inputs: newInterned[input](), uploads: newInterned[upload](), queues: newInterned[queue](), sets: newInterned[set]()}
	e.deeds = e.misdeeds()
	for i := range e.steps {
		e.steps[i].of = map[stepKey]*outcome{}
	}
	h, _, err := w.people[0].Head(w.stores[0], w.sid)
	if err != nil {
		return nil, err
	}
	e.first = h.Next
	e.empty = e.queues.id(digest{}, func() queue { return queue{first: -1, rest: -1} })
	for u, m := range w.people {
		p := &person{user: u, machine: m, store: &overlay{base: w.stores[u]}, events: w.events[u]}
		id, err := e.addPerson(p, viewOf(w.users[u].ID, w.sid, p.events))
		if err != nil {
			return nil, err
		}
		e.start = append(e.start, id)
	}
	add := func(v ...int32) int {
		e.start = append(e.start, v...)
		return len(e.start) - len(v)
	}
	if b.Honest >= 0 {
		s := &server{position: b.Honest, machine: w.servers[b.Honest], store: &overlay{base: w.stores[b.Participants+b.Honest]},
			said: make([][]int32, b.Participants)}
		if s.log = w.logs[0][b.Honest]; b.Honest == 0 && b.Providers > 1 {
			s.log = w.logs[1][0]
		}
		e.lay.server = add(e.addServer(s))
		e.lay.toUser = add(slices.Repeat([]int32{e.empty}, b.Participants)...)
		if b.Honest == 0 || b.Restarts > 0 {
			e.lay.toServer = add(slices.Repeat([]int32{e.empty}, b.Participants)...)
		}
	}
	e.lay.known = add(e.sets.id(digest{}, func() set { return set{} }))
	e.lay.ration = add(0)
	e.rations = b.rations()
	e.lay.size = len(e.start)
	return e, nil
}

// starts lists where an exploration begins: with each way to share out the bounds, or,
// with All, with shared ones.
func (e *engine) starts() (out []state) {
	if e.b.All {
		return []state{e.start}
	}
	for i := 1; i < len(e.rations); i++ {
		s := slices.Clone(e.start)
		s[e.lay.ration] = int32(i)
		out = append(out, s)
	}
	return out
}

// fingerprint is what a state is recognised by: 64 bits of the digests of its parts.
// Where two states had the same, one would not be looked at; of n states, that any
// two have is as likely as n^2 / 2^65.
func (e *engine) fingerprint(s state) uint64 {
	sum := uint64(0)
	for i, id := range s {
		var h uint64
		switch {
		case i < e.b.Participants:
			h = e.people.short(id)
		case i == e.lay.known:
			h = e.sets.short(id)
		case i == e.lay.ration:
			h = uint64(id)
		case i == e.lay.server:
			h = e.servers.short(id)
		default:
			h = e.queues.short(id)
		}
		sum += mix(h + uint64(i)*0x9e3779b97f4a7c15)
	}
	return mix(sum)
}

// mix spreads 64 bits over 64 bits, one to one.
func mix(x uint64) uint64 {
	x ^= x >> 31
	x *= 0x7fb5d329728ea185
	x ^= x >> 27
	x *= 0x81dadef4bc2dd44d
	return x ^ x>>33
}

// item is something in a queue: its number, and the digest of what that stands for.
type item struct {
	id     int32
	digest digest
}

// push puts something at the end of a queue.
func (e *engine) push(q int32, it item) int32 {
	was := e.queues.digestOf(q)
	return e.queues.id(digestOf(was[:], it.digest[:]), func() queue {
		all := append(slices.Clone(e.queues.at(q).all), it)
		rest := e.empty
		for _, it := range all[1:] {
			rest = e.push(rest, it)
		}
		return queue{first: all[0].id, rest: rest, all: all}
	})
}

// learn adds an upload to what the adversary knows.
func (e *engine) learn(known, u int32) int32 {
	list := e.sets.at(known).list
	if slices.Contains(list, u) {
		return known
	}
	sum, more := e.sets.digestOf(known), e.uploads.digestOf(u)
	for i := range sum {
		sum[i] ^= more[i]
	}
	return e.sets.id(sum, func() set {
		list := append(slices.Clone(list), u)
		slices.SortFunc(list, func(a, b int32) int {
			x, y := e.uploads.digestOf(a), e.uploads.digestOf(b)
			return slices.Compare(x[:], y[:])
		})
		return set{list}
	})
}

// outcome is the outcome of a step, which is made if it was not made before.
func (e *engine) outcome(k stepKey) *outcome {
	s := &e.steps[uint32(k.node*31+k.move.arg*7+int32(k.move.kind)+int32(k.move.from))%uint32(len(e.steps))]
	s.RLock()
	o := s.of[k]
	s.RUnlock()
	if o != nil {
		return o
	}
	o = e.step(k.node, k.move)
	s.Lock()
	defer s.Unlock()
	if first := s.of[k]; first != nil {
		return first
	}
	s.of[k] = o
	return o
}

// made counts the steps of machines.
func (e *engine) made() (n int) {
	for i := range e.steps {
		n += len(e.steps[i].of)
	}
	return n
}

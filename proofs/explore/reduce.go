package explore

import "math/bits"

// chosen lists the moves that have to be made in a state: those of a set of nodes
// such that, whatever the other nodes do meanwhile, no move of the set is hindered,
// changed, or added to by it. These others then may as well move later. (Such a set of
// moves is called persistent. README.md says why nothing is lost.) With All it is
// every move.
func (w *worker) chosen(s state) []move {
	list := w.moves(s)
	if w.e.b.All {
		return list
	}
	n, from := 0, 0
	can, count := uint(0), [maxNodes]int{}
	for node, end := range w.ends {
		for _, m := range list[from:end] {
			if w.matters(s, m) {
				if w.quiet(s, m) {
					return append(list[:0], m)
				}
				list[n] = m
				n++
				count[node]++
				can |= 1 << node
			}
		}
		from, w.ends[node] = end, n
	}
	list = list[:n]
	best, fewest := can, n+1
	for node := range w.ends {
		if can&(1<<node) == 0 {
			continue
		}
		set := w.closed(s, node, can)
		moves := 0
		for u := range w.ends {
			if set&(1<<u) != 0 {
				moves += count[u]
			}
		}
		if moves < fewest {
			best, fewest = set, moves
		}
	}
	n, from = 0, 0
	for node, end := range w.ends {
		if best&(1<<node) != 0 {
			n += copy(list[n:], list[from:end])
		}
		from = end
	}
	return list[:n]
}

const maxNodes = 8

// quiet says whether a move is one that may be made at once, before everything else:
// a corrupt provider delivers to a participant what the honest one has delivered,
// and nothing is sent upon it. README.md says why nothing is lost.
func (w *worker) quiet(s state, m move) bool {
	e := w.e
	if m.kind != hear || e.b.Honest < 0 || int(m.from) == e.b.Honest || e.b.Restarts > 0 {
		return false
	}
	p, left, o := e.people.at(s[m.who]), e.left(s, int(m.who)), w.outcome(s, m)
	if !p.in || p.wake || !p.waiting[e.b.Honest] || left.lies > 0 && !e.corrupt(int(m.who)) ||
		e.b.Honest == 0 && e.b.Refusals > 0 || left.refusals > 0 {
		return false
	}
	return len(o.toServer) == 0 && len(o.learned) == 0
}

// closed is the smallest set with this node of which no member waits for something
// that a node outside may do. can are the nodes that can move.
func (w *worker) closed(s state, node int, can uint) uint {
	set, todo := uint(0), uint(1)<<node
	for todo != 0 {
		n := bits.TrailingZeros(todo)
		todo &^= 1 << n
		set |= 1 << n
		if n == w.e.b.Participants {
			todo |= w.servedBy(s, can) &^ set
		} else {
			todo |= w.waitsFor(s, n, can) &^ set
		}
	}
	return set
}

// waitsFor lists the nodes whose moves may add to what a participant can do now.
// Whatever the honest provider puts behind something in a queue does not.
func (w *worker) waitsFor(s state, u int, can uint) (set uint) {
	e, p := w.e, w.e.people.at(s[u])
	if !p.in && !e.returns() {
		return 0
	}
	people := uint(1)<<e.b.Participants - 1
	server := people + 1
	lies := p.in && !e.corrupt(u) && (e.left(s, u).lies > 0 || e.b.Honest < 0)
	if e.b.Honest < 0 {
		if lies {
			return people & can // what they upload becomes known
		}
		return 0
	}
	said, at := len(e.servers.at(s[e.lay.server]).said[u]), int(p.next)-int(e.first)
	if e.queues.at(s[e.lay.toUser+u]).first < 0 || at > said || p.waiting[e.b.Honest] && at == said {
		set = server
	}
	if !p.in && at+1 >= said {
		set = server // what comes behind may be told first
	}
	if p.waiting[e.b.Honest] && lies {
		set |= server // of what is proposed the adversary learns
		if e.b.Honest > 0 {
			set |= people & can // of what is made, if it goes to a corrupt router
		}
	}
	return set
}

// servedBy lists the participants whose moves may add to what the honest provider can
// do now: those that may send it something, or to the router that proposes to it.
func (w *worker) servedBy(s state, can uint) (set uint) {
	e := w.e
	for u := range e.b.Participants {
		if e.b.Honest == 0 && e.queues.at(s[e.lay.toServer+u]).first >= 0 {
			continue // there is something before it
		}
		set |= 1 << u & can
	}
	return set
}

// matters says whether a move changes anything.
func (w *worker) matters(s state, m move) bool {
	o := w.outcome(s, m)
	switch {
	case o.broken != nil:
		return true
	case o.node < 0:
		return false
	case o.node != s[w.at(m)], m.kind == take, m.kind == hear && int(m.from) == w.e.b.Honest, len(o.toServer) > 0, len(o.toUsers) > 0:
		return true
	}
	known := s[w.e.lay.known]
	for _, u := range o.learned {
		if w.e.learn(known, u) != known {
			return true
		}
	}
	return false
}

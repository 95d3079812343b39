package pair

import "slices"

// The model of a pair: no cryptography and no state, only the history of each
// side, from which all that it must hold is computed anew by the sentences of
// SPEC.md, section 7. Slow, and obvious.

// side is 0 or 1.
type side int

func (s side) peer() side { return 1 - s }

// key names a receive key: its owner, and 0 for the prekey, else the serial
// number of the session key.
type key struct {
	owner  side
	serial int
}

// chainID names a chain by its author and serial number.
type chainID struct {
	author side
	serial int
}

// mblock is a block in the model.
type mblock struct {
	chain chainID
	names key
	n     int
	start bool
	offer key // in the start form
}

// mevent is one event of a side.
type mevent struct {
	what string // "sealed", "opened" (a block of the peer), "confirmed" (an own one)
	b    *mblock
}

type history []mevent

// made lists the receive keys that a side has made so far, oldest first.
func (h history) made(s side) []key {
	keys := []key{{s, 0}}
	for _, e := range h {
		if e.what == "sealed" && e.b.start && !slices.Contains(keys, e.b.offer) {
			keys = append(keys, e.b.offer)
		}
	}
	return keys
}

// mine lists the keys that the peer may still use: all that were made, but for
// those that an opened block has wiped.
func (h history) mine(s side) []key {
	var kept []key
	for _, k := range h.made(s) {
		if !slices.ContainsFunc(h, func(e mevent) bool {
			// Session keys carry higher numbers than the prekey and than older ones, and
			// a block that was opened before a key was made names an older one.
			return e.what == "opened" && k.serial <= e.b.names.serial
		}) {
			kept = append(kept, k)
		}
	}
	return kept
}

// sessions lists the session keys in mine.
func (h history) sessions(s side) []key {
	return slices.DeleteFunc(h.mine(s), func(k key) bool { return k.serial == 0 })
}

// theirs is the last key taken from the peer, and whether a block was written
// that names it.
func (h history) theirs(s side) (k key, used bool) {
	k = key{s.peer(), 0}
	for _, e := range h {
		if e.what == "opened" && e.b.start {
			k = e.b.offer
		}
	}
	return k, slices.ContainsFunc(h, func(e mevent) bool { return e.what == "sealed" && e.b.names == k })
}

// last is the last block of which this happened.
func (h history) last(what string) *mblock {
	for _, e := range slices.Backward(h) {
		if e.what == what {
			return e.b
		}
	}
	return nil
}

func (h history) accepted(c chainID) bool {
	return slices.ContainsFunc(h, func(e mevent) bool { return e.what == "confirmed" && e.b.chain == c })
}

// next is the block that a side must write now.
func (h history) next(s side) *mblock {
	k, used := h.theirs(s)
	b := &mblock{chain: chainID{s, 0}, names: k}
	if prev := h.last("sealed"); prev != nil {
		b.chain, b.n = prev.chain, prev.n+1
		if !used {
			b.chain.serial, b.n = prev.chain.serial+1, 0
		}
		if used {
			b.names = prev.names
		}
	}
	b.start = !h.accepted(b.chain)
	if b.start {
		open := h.sessions(s)
		if len(open) == 0 || !used && len(open) < MaxSessions {
			b.offer = key{s, len(h.made(s))}
		} else {
			b.offer = open[len(open)-1]
		}
	}
	return b
}

// holding is what somebody who reads a side's state gets to know.
type holding struct {
	keys  []key
	chain map[chainID]int // from which position on
}

func (h history) holding(s side) holding {
	out := holding{h.mine(s), map[chainID]int{}}
	for _, what := range []string{"sealed", "opened"} {
		if b := h.last(what); b != nil {
			out.chain[b.chain] = b.n + 1
		}
	}
	return out
}

// exposed is the predicate of SPEC.md, section 7.5, cases 1 and 2: the
// recipient's state was read while it held the receive key, or either state was
// read while it held this chain at this position or an earlier one.
func exposed(b *mblock, reads []holding) bool {
	return slices.ContainsFunc(reads, func(r holding) bool {
		from, ok := r.chain[b.chain]
		return slices.Contains(r.keys, b.names) || ok && from <= b.n
	})
}

package cowpitest

import "fmt"

// Hold says which messages stay on their wires for now: those from one node to
// another. Connections are made, and broken, as always.
type Hold func(from, to string) bool

// StepHolding is Step, but what is held does not move.
func (n *Net) StepHolding(hold Hold) (bool, error) {
	type kept struct {
		w        *wire
		toA, toB [][]byte
	}
	var held []kept
	for _, w := range n.wires {
		k := kept{w: w}
		if hold(w.b, w.a) {
			k.toA, w.toA = w.toA, nil
		}
		if hold(w.a, w.b) {
			k.toB, w.toB = w.toB, nil
		}
		held = append(held, k)
	}
	more, err := n.Step()
	for _, k := range held {
		if !k.w.dead { // else it is lost with the wire
			k.w.toA, k.w.toB = append(k.toA, k.w.toA...), append(k.toB, k.w.toB...)
		}
	}
	return more, err
}

// SettleHolding lets things happen until nothing can but what is held. No time
// passes.
func (n *Net) SettleHolding(hold Hold) error {
	const enough = 2_000_000
	for range enough {
		if more, err := n.StepHolding(hold); err != nil || !more {
			return err
		}
	}
	return fmt.Errorf("cowpitest: not settled after %d steps", enough)
}

// Held counts the messages on the wire from one node to another.
func (n *Net) Held(from, to string) int {
	if w := n.wire(from, to); w != nil {
		return len(w.toB)
	}
	if w := n.wire(to, from); w != nil {
		return len(w.toA)
	}
	return 0
}

// Cut breaks the wire between two nodes.
func (n *Net) Cut(a, b string) {
	n.cut(n.wire(a, b), "")
	n.cut(n.wire(b, a), "")
}

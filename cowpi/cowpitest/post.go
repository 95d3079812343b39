package cowpitest

import (
	"fmt"
	"slices"
)

// Letter is one message on a wire, as whoever owns the network sees it.
type Letter struct {
	Wire           uint64 // as in Tap
	Client, Server string
	ToServer       bool
	Bytes          []byte
}

// Letters lists what is on all wires, oldest wire first, each direction in order.
func (n *Net) Letters() (out []Letter) {
	for _, w := range n.wires {
		for _, b := range w.toB {
			out = append(out, Letter{w.number, w.a, w.b, true, b})
		}
		for _, b := range w.toA {
			out = append(out, Letter{w.number, w.a, w.b, false, b})
		}
	}
	return out
}

// Rewrite replaces all that is under way on one direction of a wire: to drop, to
// repeat, to change, to exchange, to invent. A wire that is gone stays so.
func (n *Net) Rewrite(number uint64, toServer bool, messages ...[]byte) error {
	i := slices.IndexFunc(n.wires, func(w *wire) bool { return w.number == number && !w.dead })
	if i < 0 {
		return fmt.Errorf("cowpitest: no wire %d", number)
	}
	if w := n.wires[i]; toServer {
		w.toB = messages
	} else {
		w.toA = messages
	}
	return nil
}

// Next delivers the first message of one direction of a wire.
func (n *Net) Next(number uint64, toServer bool) error {
	for _, w := range n.wires {
		if w.number == number && (toServer && len(w.toB) > 0 || !toServer && len(w.toA) > 0) {
			return n.deliver(w, !toServer)
		}
	}
	return fmt.Errorf("cowpitest: nothing on wire %d", number)
}

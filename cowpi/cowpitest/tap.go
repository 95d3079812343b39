package cowpitest

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/store"
)

// Tap observes a network. What it is shown is not its own: it copies what it keeps.
type Tap interface {
	// Began is called once, when the providers of the network have their keys and
	// before anything happens.
	Began(n *Net)
	// Stepped is called after each step of a node, before its effects, with what it
	// took and gave.
	Stepped(node string, input any, records []store.Record, err error)
	// Committed is called when events of a user are stored: they will never be lost.
	Committed(user string, events []cowpi.Event)
	// Connected is called when a wire is laid. Wires have numbers, from 1. client is a
	// user, or the router towards a mirror.
	Connected(wire uint64, client, server string)
	// Sent is called when a message is put on a wire, Delivered when it arrives.
	Sent(wire uint64, toServer bool, bytes []byte)
	Delivered(wire uint64, toServer bool, bytes []byte)
	// Closed is called when nothing will be delivered on a wire any more.
	Closed(wire uint64)
	// Crashed is called when a node stops, before it begins again.
	Crashed(node string)
	// Saved is called when a provider's store was copied, Restored when a provider
	// stops, before it begins again from the copy made last.
	Saved(node string)
	Restored(node string)
}

// Blind is a Tap that looks at nothing, for others to be built on.
type Blind struct{}

// Began implements Tap.
func (Blind) Began(*Net) {}

// Stepped implements Tap.
func (Blind) Stepped(string, any, []store.Record, error) {}

// Committed implements Tap.
func (Blind) Committed(string, []cowpi.Event) {}

// Connected implements Tap.
func (Blind) Connected(uint64, string, string) {}

// Sent implements Tap.
func (Blind) Sent(uint64, bool, []byte) {}

// Delivered implements Tap.
func (Blind) Delivered(uint64, bool, []byte) {}

// Closed implements Tap.
func (Blind) Closed(uint64) {}

// Crashed implements Tap.
func (Blind) Crashed(string) {}

// Watch lets another tap observe the network from now on; nil: none. It is not told
// that the network began.
func (n *Net) Watch(t Tap) { n.opt.Tap = t }

// Failed names the node whose step failed last; "" if none has.
func (n *Net) Failed() string { return n.failed }

// Saved implements Tap.
func (Blind) Saved(string) {}

// Restored implements Tap.
func (Blind) Restored(string) {}

func (n *Net) tapStep(node string, in any, records []store.Record, err error) {
	if err != nil {
		n.failed = node
	}
	if n.opt.Tap != nil {
		n.opt.Tap.Stepped(node, in, records, err)
	}
}

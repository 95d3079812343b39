package game

import (
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
)

// active refuses what a passive adversary cannot do.
func (o *Oracles) active(oracle string) error {
	if o.c.game.Powers.Passive {
		return refuse(oracle, "in this game the network is only watched")
	}
	return nil
}

// Step lets one thing happen, chosen at random: a message arrives, somebody
// connects. more is false if nothing can happen.
func (o *Oracles) Step() (more bool, err error) {
	more, err = o.c.net.Step()
	return more, o.c.honestly(err)
}

// Settle lets things happen until nothing can; a second or two may pass.
func (o *Oracles) Settle() error { return o.c.settle() }

// SettleHolding lets things happen until nothing can but what is held.
func (o *Oracles) SettleHolding(hold cowpitest.Hold) error {
	if err := o.active("hold"); err != nil {
		return err
	}
	for range enough {
		more, err := o.c.net.StepHolding(hold)
		if f := o.c.honestly(err); f != nil {
			return f
		}
		if !more && err == nil {
			return nil
		}
	}
	return nil
}

// Advance lets time pass, in milliseconds.
func (o *Oracles) Advance(ms uint64) error { return o.c.honestly(o.c.net.Advance(ms)) }

// Letters lists the messages on all wires. In a passive game nobody is told which
// client a connection is of.
func (o *Oracles) Letters() []cowpitest.Letter {
	list := o.c.net.Letters()
	for i := range list {
		if o.c.game.Powers.Passive {
			list[i].Client = o.hidden(list[i].Client)
		}
	}
	return list
}

// Rewrite replaces what is on one direction of a wire: to drop, to repeat, to
// change, to exchange, to invent.
func (o *Oracles) Rewrite(wire uint64, toServer bool, messages ...[]byte) error {
	if err := o.active("rewrite"); err != nil {
		return err
	}
	if err := o.c.net.Rewrite(wire, toServer, messages...); err != nil {
		return refuse("rewrite", "%v", err)
	}
	o.c.rewrote = true
	return nil
}

// Deliver delivers the next message of one direction of a wire.
func (o *Oracles) Deliver(wire uint64, toServer bool) error {
	if err := o.active("deliver"); err != nil {
		return err
	}
	return o.c.honestly(o.c.net.Next(wire, toServer))
}

// Cut breaks the connection between two nodes. They connect again.
func (o *Oracles) Cut(a, b string) error {
	if err := o.active("cut"); err != nil {
		return err
	}
	o.c.net.Cut(a, b)
	return nil
}

// Offline takes somebody off the network, or puts it back.
func (o *Oracles) Offline(who string, offline bool) error {
	if o.c.net.User(who) == nil {
		return refuse("offline", "there is no user %q", who)
	}
	if err := o.stranger("offline", who); err != nil {
		return err
	}
	o.c.net.SetOffline(who, offline)
	return nil
}

// Crash lets a node crash and start again from its store.
func (o *Oracles) Crash(node string) error {
	if o.c.net.User(node) == nil && o.c.net.Provider(node) == nil {
		return refuse("crash", "there is no node %q", node)
	}
	if err := o.stranger("crash", node); err != nil {
		return err
	}
	return o.c.honestly(o.c.net.Crash(node))
}

// Intrude connects to a provider with keys of the adversary's own, says payloads,
// and hangs up. It returns what the provider said.
func (o *Oracles) Intrude(self identity.Self, provider int, payloads func(*cowpitest.Actor) [][]byte) ([][]byte, error) {
	if err := o.active("intrude"); err != nil {
		return nil, err
	}
	if provider < 0 || provider >= o.c.Setting.Providers {
		return nil, refuse("intrude", "there is no provider %d", provider)
	}
	if l := o.c.ears.lives; l != nil && l.wasRead(self.ID) {
		return nil, refuse("intrude", "%s was read, and must not be impersonated", self.ID)
	}
	heard, err := o.c.net.Intrude(self, provider, payloads)
	return heard, o.c.honestly(err)
}

// Overhear lets the adversary hear, from now on, all that is said to a provider and by it.
func (o *Oracles) Overhear(i int, hear func(peer identity.ID, w channel.Word)) error {
	switch {
	case !o.c.game.Powers.Overhear:
		return refuse("overhear", "what is said to honest providers is secret in this game")
	case i < 0 || i >= o.c.Setting.Providers:
		return refuse("overhear", "there is no provider %d", i)
	}
	p := o.c.net.Providers[i]
	listen := p.Word
	p.Word = func(peer identity.ID, w channel.Word) {
		listen(peer, w)
		hear(peer, w)
	}
	return nil
}

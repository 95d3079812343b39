package game

import (
	"fmt"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Heard is all that ever crossed the network, oldest first, also before the trial
// began. In a passive game nobody is told which client a connection is of.
func (o *Oracles) Heard() []Crossed {
	all := o.c.ears.crossed
	if !o.c.game.Powers.Passive {
		return all
	}
	out := make([]Crossed, len(all))
	for i, x := range all {
		x.Letter.Client = o.hidden(x.Letter.Client)
		out[i] = x
	}
	return out
}

// hidden is the name of a client as a passive adversary sees it: that of a provider,
// or nothing.
func (o *Oracles) hidden(client string) string {
	if o.c.net.User(client) != nil {
		return ""
	}
	return client
}

// Uploads is all that anybody ever uploaded, also before the trial began: the router
// has opened it. So the router must be corrupt.
func (o *Oracles) Uploads() ([]exchange.Upload, error) {
	if _, err := o.corrupted("uploads", 0); err != nil {
		return nil, err
	}
	return o.c.ears.uploads, nil
}

// BadRandomness gives away the random source of every device: from now on Draws tells
// the seed of each step. Long-term secrets stay secret.
func (o *Oracles) BadRandomness() error {
	if o.c.game.Powers.Passive || !o.c.game.Worlds {
		return refuse("bad randomness", "in this game random sources are good")
	}
	o.c.ears.tapped = true
	return nil
}

// Draws lists the coins that were drawn since BadRandomness, in no certain order within
// a step.
func (o *Oracles) Draws() []Draw { return o.c.ears.draws }

// State is the whole state of a participant at one moment.
type State struct {
	Self  identity.Self
	Store *store.Memory
}

// Read reads the whole state of somebody honest at this moment: the long-term secret
// and the store. Whoever is read stays honest, and must not be impersonated: what the
// adversary learns then does not count.
func (o *Oracles) Read(name string) (State, error) {
	u, err := o.person("read", name)
	switch {
	case err != nil:
		return State{}, err
	case !o.c.game.Powers.Read:
		return State{}, refuse("read", "in this game nobody is read")
	}
	o.c.ears.lives.reading(u.Self.ID)
	return State{u.Self, u.Store.Clone()}, nil
}

// exposedText says why the predicate of SPEC.md, 7.5, calls a text of the challenge
// exposed; "" if it does not. With it stands who is corrupt among the readers.
func exposedText(c *Challenger) string {
	if why := readByOthers(c); why != "" {
		return why
	}
	for _, cl := range c.claimed {
		var all []suite.Hash
		for _, w := range c.uploads[cl.place] {
			if w.text == cl.text {
				all = append(all, w.data)
			}
		}
		if why := c.ears.lives.exposed(cl.place, cl.text, all, c.Setting.Honest == None); why != "" {
			return fmt.Sprintf("the text is exposed: %s", why)
		}
	}
	return ""
}

package game

import (
	"cowpi.example/cowpi/identity"
)

// Reveal hands over the long-term secret of somebody honest, who stays so. What is said
// in its name does not count any more; what is said to it does: whoever has Alice's
// secret can pass for Alice, but for nobody else towards Alice.
func (o *Oracles) Reveal(name string) (identity.Self, error) {
	u, err := o.person("reveal", name)
	if err != nil {
		return identity.Self{}, err
	}
	if !o.c.game.Powers.Keys {
		return identity.Self{}, refuse("reveal", "long-term secrets stay secret in this game")
	}
	o.c.revealed[u.Self.ID] = true
	return u.Self, nil
}

// Newcomer is an honest user whom nobody has met; every provider has the right key.
func (o *Oracles) Newcomer(name string) error {
	if o.c.net.User(name) != nil || !identity.ID(name).Valid() {
		return refuse("newcomer", "there is a user %q, or there can be none", name)
	}
	u, err := o.c.net.AddUser(name)
	if err != nil {
		return o.c.honestly(err)
	}
	o.c.newcomers[u.Self.ID] = true
	o.c.watch(u)
	return nil
}

// Narrow makes somebody honest give up on all providers but the first of the set: nobody
// honest may be among these. What is said of the conversations of those who did not holds
// for it as well: it is in none of them (SPEC.md, 1.1). Only one person does, once: of a
// conversation of two nothing is said.
func (o *Oracles) Narrow(name string, providers int) error {
	u, err := o.person("narrow", name)
	switch {
	case err != nil:
		return err
	case o.c.narrowed != "":
		return refuse("narrow", "%s did", o.c.narrowed)
	case providers < 1 || providers > o.c.Setting.Providers:
		return refuse("narrow", "there are no %d providers", providers)
	}
	o.c.narrowed = u.Self.ID
	return o.c.honestly(o.c.net.Narrow(name, providers))
}

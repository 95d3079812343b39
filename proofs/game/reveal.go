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

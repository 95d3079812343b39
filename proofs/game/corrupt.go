package game

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
)

// Provider corrupts a provider, by its place in the set, and hands it over, whole:
// its key, its store, its machine, and what it says (Corrupt), writes for the others
// (Log). Until it is told otherwise it goes on as if it were honest.
func (o *Oracles) Provider(i int) (*cowpitest.Provider, error) {
	switch {
	case i < 0 || i >= o.c.Setting.Providers:
		return nil, refuse("provider", "there is no provider %d", i)
	case !o.c.game.Powers.Providers:
		return nil, refuse("provider", "providers are honest in this game")
	case i == o.c.Setting.Honest:
		return nil, refuse("provider", "%s is the honest one", providerName(i))
	}
	o.c.corrupt[providerName(i)] = true
	return o.c.net.Providers[i], nil
}

// Providers corrupts all that may be.
func (o *Oracles) Providers() (out []*cowpitest.Provider) {
	for i := range o.c.Setting.Providers {
		if p, err := o.Provider(i); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// corrupted is a provider that was corrupted.
func (o *Oracles) corrupted(oracle string, i int) (*cowpitest.Provider, error) {
	if i < 0 || i >= o.c.Setting.Providers || !o.c.corrupt[providerName(i)] {
		return nil, refuse(oracle, "provider %d is not corrupt", i)
	}
	return o.c.net.Providers[i], nil
}

// SayAs lets a corrupt provider say something to a user out of turn.
func (o *Oracles) SayAs(i int, to identity.ID, m exchange.Message) error {
	p, err := o.corrupted("say as", i)
	if err != nil {
		return err
	}
	return o.c.honestly(o.c.net.Say(p, to, m))
}

// WriteAs lets a corrupt provider write something into its log for the others.
func (o *Oracles) WriteAs(i int, message []byte) error {
	p, err := o.corrupted("write as", i)
	if err != nil {
		return err
	}
	return o.c.honestly(o.c.net.Write(p, message))
}

// TwistProvider starts a corrupt provider again with a suite of its own.
func (o *Oracles) TwistProvider(i int, t *cowpitest.Twist) error {
	if _, err := o.corrupted("twist", i); err != nil {
		return err
	}
	return o.c.honestly(o.c.net.TwistProvider(i, t))
}

// Fork lets the corrupt router serve some users from a copy of itself that asks no
// mirror.
func (o *Oracles) Fork(users ...string) error {
	if _, err := o.corrupted("fork", 0); err != nil {
		return err
	}
	for _, u := range users {
		if o.c.net.User(u) == nil {
			return refuse("fork", "there is no user %q", u)
		}
	}
	return o.c.honestly(o.c.net.Fork(users...))
}

// Restore brings a corrupt provider back with an earlier store.
func (o *Oracles) Restore(i int, backup *store.Memory) error {
	p, err := o.corrupted("restore", i)
	if err != nil {
		return err
	}
	return o.c.honestly(o.c.net.Restore(string(p.Self.ID), backup))
}

// Enter registers another key, or another user, with a corrupt provider; an honest one
// knows users from outside the protocol.
func (o *Oracles) Enter(i int, who identity.Party) error {
	p, err := o.corrupted("enter", i)
	if err != nil {
		return err
	}
	return o.c.honestly(o.c.net.Input(p, provider.Register{User: who, Replace: true}))
}

// Join registers a user of the adversary's own with every provider.
func (o *Oracles) Join(name string) (*cowpitest.User, error) {
	if o.c.net.User(name) != nil {
		return nil, refuse("join", "there is a user %q", name)
	}
	u, err := o.c.net.AddUser(name)
	if err == nil {
		o.c.corrupt[name] = true
	}
	return u, o.c.honestly(err)
}

// Participant corrupts a user, and hands it over, whole: its key, its store, its
// events, its machine, and what it does wrong while it writes (Misdeeds, Corrupt).
// Until it is told otherwise it goes on as if it were honest; Act lets it do things.
// eve may be corrupted in every game, participants of Main in some.
func (o *Oracles) Participant(name string) (*cowpitest.User, error) {
	u := o.c.net.User(name)
	switch {
	case u == nil:
		return nil, refuse("participant", "there is no user %q", name)
	case o.c.corrupt[name]:
		return u, nil
	case !o.c.game.Powers.Insiders && slices.Contains(People[:Insiders], u.Self.ID):
		return nil, refuse("participant", "participants of the conversation are honest in this game")
	case o.c.game.Powers.Passive:
		return nil, refuse("participant", "nobody is corrupt in this game")
	case u.Self.ID != "eve" && len(o.c.users()) <= 2:
		return nil, refuse("participant", "two people must stay honest")
	}
	o.c.corrupt[name] = true
	u.Misdeeds, u.Word = cowpitest.Misdeeds{}, nil
	return u, nil
}

// Act lets a corrupt user's machine take an input. If its step fails, that is the
// adversary's own affair, and nothing has happened.
func (o *Oracles) Act(name string, in cowpi.Input) error {
	if !o.c.corrupt[name] || o.c.net.User(name) == nil {
		return refuse("act", "%q is not a corrupt user", name)
	}
	if _, err := o.c.net.Do(name, in); err != nil {
		return refuse("act", "%v", err)
	}
	return nil
}

// TwistUser starts a corrupt user's machine again with a suite of its own.
func (o *Oracles) TwistUser(name string, t *cowpitest.Twist) error {
	if !o.c.corrupt[name] || o.c.net.User(name) == nil {
		return refuse("twist", "%q is not a corrupt user", name)
	}
	return o.c.honestly(o.c.net.TwistUser(name, t))
}

// Conspire makes a corrupt user do, now and then, all that a participant can do wrong.
func (o *Oracles) Conspire(plot *cowpitest.Plot, u *cowpitest.User) error {
	if !o.c.corrupt[string(u.Self.ID)] {
		return refuse("conspire", "%s is not corrupt", u.Self.ID)
	}
	return o.c.honestly(plot.Corrupt(o.c.net, string(u.Self.ID)))
}

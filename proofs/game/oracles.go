package game

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Oracles is all that an adversary sees of a trial. What a game does not allow is
// answered by a *Refusal, and then nothing has happened. An error of another kind is
// that of a step of somebody honest; it is noticed by the challenger as well.
//
// The oracles of this file let honest people do what people do, those of network.go
// own the network, and those of corrupt.go corrupt. They are not safe for concurrent
// use.
type Oracles struct{ c *Challenger }

// Setting is the world of this trial.
func (o *Oracles) Setting() Setting { return o.c.Setting }

// Suite is the suite that everybody uses.
func (o *Oracles) Suite() suite.Suite { return o.c.net.Suite() }

// Rand is the adversary's randomness; what follows from it repeats with the trial.
func (o *Oracles) Rand() *rand.Rand { return o.c.rand }

// Main is the conversation of alice, bob and charlie; Side that of everybody.
func (o *Oracles) Main() suite.Hash { return o.c.main }

// Side is the conversation of everybody.
func (o *Oracles) Side() suite.Hash { return o.c.side }

// Party is the id and public key of a user or a provider; ok is false if there is none.
func (o *Oracles) Party(name string) (p identity.Party, ok bool) {
	if u := o.c.net.User(name); u != nil {
		return u.Self.Party(), true
	}
	if s := o.c.net.Provider(name); s != nil {
		return s.Self.Party(), true
	}
	return p, false
}

// ProviderSet is the set of providers.
func (o *Oracles) ProviderSet() identity.Providers { return o.c.net.Set }

// person is a user that is honest.
func (o *Oracles) person(oracle, name string) (*cowpitest.User, error) {
	u := o.c.net.User(name)
	switch {
	case u == nil:
		return nil, refuse(oracle, "there is no user %q", name)
	case !o.c.honest(u.Self.ID):
		return nil, refuse(oracle, "%s is corrupt: whoever corrupted it acts for it", name)
	}
	return u, o.stranger(oracle, name)
}

// Say lets somebody honest write. Nobody is asked to write the same twice in one
// conversation, so that every text that is shown can be told.
func (o *Oracles) Say(who string, sid suite.Hash, text string) error {
	u, err := o.person("say", who)
	if err != nil {
		return err
	}
	if _, again := o.c.wrote(u.Self.ID, sid, text); again {
		return refuse("say", "%s wrote %q already", who, text)
	}
	return o.misuse("say", o.c.say(who, sid, text))
}

// misuse is a refusal if it is a misuse: the adversary asked for the impossible.
func (o *Oracles) misuse(oracle string, err error) error {
	var m *fault.Misuse
	if errors.As(err, &m) {
		return refuse(oracle, "%s", m.What)
	}
	return o.c.honestly(err)
}

// Do lets somebody honest do anything else that applications do: change a roster,
// leave, restart, release texts, renew channels, replace the stock, and so on. Texts
// are for Say, and whether a changed key is accepted is not for the adversary to
// decide: nobody accepts one that is wrong.
func (o *Oracles) Do(who string, in cowpi.Input) error {
	u, err := o.person("do", who)
	if err != nil {
		return err
	}
	switch in := in.(type) {
	case cowpi.Create, cowpi.Update, cowpi.Leave, cowpi.ReleaseTexts, cowpi.DiscardTexts, cowpi.ReplaceStock, cowpi.RenewChannels:
	case cowpi.DecideKey:
		if in.Accept && !o.right(in.User, in.Key) {
			return refuse("do", "nobody accepts a key as %s's that is not", in.User)
		}
	case cowpi.MarkVerified:
		if !o.right(in.User, in.Key) {
			return refuse("do", "nobody verifies a key as %s's that is not", in.User)
		}
	default:
		return refuse("do", "%T is not for applications to do", in)
	}
	note := o.c.asks(u, in)
	_, err = o.c.net.Do(who, in)
	if err == nil {
		note()
		o.c.decided(identity.ID(who), in)
	}
	return o.misuse("do", err)
}

// right says whether this is a user's key.
func (o *Oracles) right(id identity.ID, key suite.Point) bool {
	u := o.c.net.User(string(id))
	return u != nil && u.Self.Key == key
}

// Create lets somebody honest begin a conversation, and everything come to rest.
// The Sid is zero if nothing came of it.
func (o *Oracles) Create(who string, with ...identity.ID) (suite.Hash, error) {
	if _, err := o.person("create", who); err != nil {
		return suite.Hash{}, err
	}
	sid, err := o.c.create(who, with...)
	return sid, o.misuse("create", err)
}

// Head is how far somebody honest is in a conversation, which all providers know:
// next index, digest, epoch. ok is false for one who is not in.
func (o *Oracles) Head(who string, sid suite.Hash) (conversation.Head, bool) {
	if u := o.c.net.User(who); u != nil && !o.c.game.Powers.Passive {
		return o.c.net.Head(u, sid)
	}
	return conversation.Head{}, false
}

// Roster is the roster that somebody has of a conversation, which all providers
// know as well.
func (o *Oracles) Roster(who string, sid suite.Hash) (*conversation.Roster, bool) {
	u := o.c.net.User(who)
	if u == nil || o.c.game.Powers.Passive {
		return nil, false
	}
	r, ok, err := u.Machine.Roster(u.Store, sid)
	return r, ok && err == nil
}

// Challenge lets somebody honest write one of two texts: which, the coin has decided.
// They must have the same length once they are padded. Once in a trial.
func (o *Oracles) Challenge(who string, sid suite.Hash, zero, one string) error {
	u, err := o.person("challenge", who)
	switch {
	case err != nil:
		return err
	case !o.c.game.Worlds || o.c.game.Powers.Passive:
		return refuse("challenge", "this game asks for no text")
	case len(o.c.claimed) > 0:
		return refuse("challenge", "there was one already")
	case sealedSize(len(zero)) != sealedSize(len(one)):
		return refuse("challenge", "the texts have %d and %d bytes when they are padded", sealedSize(len(zero)), sealedSize(len(one)))
	}
	text := []string{zero, one}[o.c.bit]
	for _, t := range []string{zero, one} {
		if _, again := o.c.wrote(u.Self.ID, sid, t); again {
			return refuse("challenge", "%s wrote %q already", who, t)
		}
	}
	if err := o.misuse("challenge", o.c.say(who, sid, text)); err != nil {
		return err
	}
	o.c.claimed = append(slices.Clip(o.c.claimed), claim{place{u.Self.ID, sid}, text, map[identity.ID]bool{}})
	o.c.knows(u.Self.ID, sid)
	return nil
}

// sealedSize is how long a text of n bytes should be once it is padded and sealed:
// SPEC.md, 3.3 and 8.3. What the library makes of it is not asked: that is what may be
// wrong.
func sealedSize(n int) int {
	n += 16 + 4
	e := bits.Len(uint(n)) - 1
	low := e - bits.Len(uint(e))
	return (n+1<<low-1)>>low<<low + suite.TagSize
}

// Guess says which of two worlds this is, 0 or 1. The last word counts. One who
// never guesses is given a coin.
func (o *Oracles) Guess(world int) error {
	if !o.c.game.Worlds || world < 0 || world > 1 {
		return refuse("guess", "world %d", world)
	}
	o.c.guess = world
	return nil
}

// Last is what the public state, as somebody honest has it, knows of an author: its
// last seq and k, which all providers know as well. ok is false for one who is not in.
func (o *Oracles) Last(who string, sid suite.Hash, author identity.ID) (last conversation.Author, ok bool) {
	u := o.c.net.User(who)
	if u == nil {
		return last, false
	}
	last, ok, err := u.Machine.Last(u.Store, sid, author)
	return last, ok && err == nil
}

package game

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
)

// AnonymityPreserving is the paper's: an anonymity network stays worth something.
var AnonymityPreserving = &Game{
	Name:     "anonymity-preserving",
	Property: "anonymity preserving",
	Section:  "II-C",
	Statement: "Two users with ids of different lengths, who otherwise are in the same situation, are offline. One of them comes and does what the adversary says. " +
		"It watches the network, on which connections bear no names, and wins if it tells which of the two it was, better than by chance.",
	Excluded: []Exclusion{{"users of whom different things are known: other conversations, waiting messages, stocks", "sizes, numbers and times of messages follow from these (SPEC.md, 1.4)",
		"TestStrangersDifferByNameOnly"}},
	Powers:   Powers{Passive: true},
	Worlds:   true,
	Settings: onDefault(noTrust()),
	prepare:  strangersCome,
}

// Strangers are the two of whom one acts in the game of anonymity. Each of them was
// connected once, in this order, before a trial begins.
var Strangers = []identity.ID{"al", identity.ID(strings.Repeat("bartholomew ", 5))}

// strangersCome lets the two connect once, one after the other, and go.
func strangersCome(c *Challenger) error {
	for _, s := range Strangers {
		u, err := c.net.AddUser(string(s))
		if err != nil {
			return err
		}
		c.watch(u)
		if err := c.net.Settle(); err != nil {
			return err
		}
		c.net.SetOffline(string(s), true)
		if err := c.net.Settle(); err != nil {
			return err
		}
	}
	return nil
}

// Deed is what one of the two strangers does.
type Deed int

// The deeds.
const (
	Appear  Deed = iota // come online
	Vanish              // go offline
	Renew               // renew the channels
	Restock             // replace all prekeys
	Meet                // begin a conversation with alice and bob
	Speak               // write a text there
)

// Deeds lists them, in an order in which they can be done.
var Deeds = []Deed{Appear, Renew, Restock, Meet, Speak, Vanish}

// Somebody lets one of the two strangers do something: which, the coin has decided.
// Then everything comes to rest.
func (o *Oracles) Somebody(does Deed) error {
	if !o.c.game.Powers.Passive {
		return refuse("somebody", "this game is about what people write")
	}
	who := string(Strangers[o.c.bit])
	var in cowpi.Input
	switch does {
	case Appear, Vanish:
		o.c.net.SetOffline(who, does == Vanish)
		return o.c.settle()
	case Renew:
		in = cowpi.RenewChannels{}
	case Restock:
		in = cowpi.ReplaceStock{}
	case Meet:
		in = cowpi.Create{With: slices.Clone(People[:2])}
	case Speak:
		all := o.c.net.User(who).Conversations()
		if len(all) == 0 {
			return refuse("somebody", "nobody was met")
		}
		in = cowpi.Send{Sid: all[0], Text: fmt.Appendf(nil, "text %d", o.c.said)}
	default:
		return refuse("somebody", "there is no deed %d", does)
	}
	if _, err := o.c.net.Do(who, in); err != nil {
		return o.misuse("somebody", err)
	}
	return o.c.settle()
}

// stranger refuses what would name one of the two.
func (o *Oracles) stranger(oracle, name string) error {
	if o.c.game.Powers.Passive && slices.Contains(Strangers, identity.ID(name)) {
		return refuse(oracle, "in this game they are not asked by name")
	}
	return nil
}

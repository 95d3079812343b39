package adversary

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// ordering are those that attack what is shown, and in which order.
var ordering = []game.Adversary{Fork, ForkByMirrors, Reorder, Drop, Replay, Alter, TwoKeys, BadBlockForOne, OtherPast, OtherUploadOfMine, StaleProvider, OutboxLies, Equivocate}

var shownApart = []string{"conversation-integrity", "dynamic-groups"}

// Fork is the attack of the paper's introduction: Bob is shown another conversation
// than Alice and Charlie.
var Fork = game.Adversary{
	Name:   "fork",
	What:   "The router serves bob from a copy of itself that asks no mirror and commits what he alone is to see.",
	Source: "Schliep and Hopper, the paper's introduction and II-A",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		o.Providers()
		if err := o.Fork("bob"); err != nil {
			return err
		}
		return script(
			o.Settle,
			says(o, "alice", "Are you going to the protests?"),
			says(o, "bob", "Lunch?"),
			o.Settle,
		)
	},
}

// ForkByMirrors is the same where the router is the honest one.
var ForkByMirrors = game.Adversary{
	Name:   "fork-by-providers",
	What:   "The corrupt providers together show one of three, from somewhere on, nothing but what it writes itself.",
	Source: "Schliep and Hopper, the paper's introduction and II-A",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		victim := oneOf(o, "alice", "bob", "charlie")
		lieTo(o, victim, o.Main(), func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
			var own []exchange.Delivery
			for _, d := range held {
				if d.Block == nil {
					own = append(own, d)
				}
			}
			return own, len(own) > 0 && len(own) < len(held)
		})
		return chat(o)
	},
}

// chat lets everybody in Main write at once, twice.
func chat(o *game.Oracles) error {
	for round := range 2 {
		for _, who := range []string{"alice", "bob", "charlie"} {
			if err := o.Say(who, o.Main(), fmt.Sprintf("%s in round %d", who, round)); err != nil {
				return err
			}
		}
		if err := o.Settle(); err != nil {
			return err
		}
	}
	return nil
}

// Reorder exchanges two texts.
var Reorder = game.Adversary{
	Name:   "reorder",
	What:   "The corrupt providers show two texts to one participant in the other order, and make indices and digests fit.",
	Source: "Schliep and Hopper, the paper's introduction; Roesler, Mainka, Schwenk (2018): no closeness and ordering",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		victim := oneOf(o, "alice", "bob", "charlie")
		lieTo(o, victim, o.Main(), func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
			first := slices.IndexFunc(held, func(d exchange.Delivery) bool { return kindOf(o.Suite(), d) == conversation.MSG })
			last := len(held) - 1
			if first < 0 || first == last || kindOf(o.Suite(), held[last]) != conversation.MSG {
				return nil, false
			}
			out := slices.Clone(held)
			out[first], out[last] = out[last], out[first]
			return out, true
		})
		return chat(o)
	},
}

// Drop withholds one text.
var Drop = game.Adversary{
	Name:   "drop",
	What:   "The corrupt providers leave out one text for one participant, and shift the indices and digests of what follows.",
	Source: "Roesler, Mainka, Schwenk (2018): no traceable delivery",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		victim := oneOf(o, "alice", "bob", "charlie")
		lieTo(o, victim, o.Main(), func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
			last := held[len(held)-1]
			if last.Block == nil || kindOf(o.Suite(), last) != conversation.MSG {
				return held, false
			}
			return held[:len(held)-1], true
		})
		return chat(o)
	},
}

// Alter changes one text on its way to one participant.
var Alter = game.Adversary{
	Name:   "alter",
	What:   "The corrupt providers change a bit of one text for one participant.",
	Source: "active network attackers; Schliep and Hopper, II-D",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		victim := oneOf(o, "alice", "bob", "charlie")
		bit := o.Rand().IntN(8)
		lieTo(o, victim, o.Main(), func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
			last := &held[len(held)-1]
			if kindOf(o.Suite(), *last) != conversation.MSG {
				return nil, false
			}
			last.Data = slices.Clone(last.Data)
			last.Data[len(last.Data)-1] ^= 1 << bit
			return held, true
		})
		return chat(o)
	},
}

// Replay puts in what was said before: in this epoch, in another conversation, in the
// epoch before.
var Replay = game.Adversary{
	Name:   "replay",
	What:   "The corrupt providers show one participant once more what was delivered before: here, in Side, or an epoch ago.",
	Source: "Roesler, Mainka, Schwenk (2018); replay in Matrix: Albrecht, Celi, Dowling, Jones (2023)",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		victim := oneOf(o, "alice", "bob", "charlie")
		author := "alice"
		if victim == author {
			author = "bob"
		}
		// What is there to be said again is heard first.
		var old []exchange.Delivery
		for _, p := range o.Providers()[:1] {
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if d, ok := m.(exchange.Delivery); ok && string(to) == victim && kindOf(o.Suite(), d) == conversation.MSG {
					old = append(old, d)
				}
				return []exchange.Message{m}
			}
		}
		where := oneOf(o, o.Main(), o.Side())
		if err := script(saysIn(o, author, where, "once"), o.Settle); err != nil {
			return err
		}
		if where == o.Main() && o.Rand().IntN(2) == 0 {
			if err := script(update(o, "charlie", updateOf(o)), o.Settle); err != nil {
				return err
			}
		}
		lieTo(o, victim, o.Main(), func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
			return append(held, old...), true
		})
		return chat(o)
	},
}

package adversary

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// ForkAndMerge forks a conversation, and leads it together again.
var ForkAndMerge = game.Adversary{
	Name:   "fork-and-merge",
	What:   "All providers show two texts to one participant in each other's place, and then the same again to everybody: whoever compares codes must see that something was not the same.",
	Source: "fork consistency, joined forks: Mazières and Shasha (2002), SUNDR; this project, 8.5",
	Games:  []string{"untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		victim := people3(one, other)
		var queue []exchange.Delivery
		by := withhold(o, victim, &queue)
		// Both are on their way before either has a place.
		if err := script(says(o, one, "First."), says(o, other, "Second."), o.Settle, says(o, one, "For all."), o.Settle); err != nil {
			return err
		}
		slices.SortFunc(queue, func(a, b exchange.Delivery) int { return int(a.Index) - int(b.Index) })
		var texts []int
		for i, d := range queue {
			if b, err := conversation.Parse(o.Suite(), d.Data); err == nil && b.Type == conversation.MSG {
				texts = append(texts, i)
			}
		}
		if len(texts) < 3 || texts[1] != texts[0]+1 {
			return nil
		}
		x, y := &queue[texts[0]], &queue[texts[1]]
		x.Data, x.Block, y.Data, y.Block = y.Data, y.Block, x.Data, x.Block
		for _, d := range queue {
			h, _ := o.Head(victim, o.Main())
			d.Before = h.Digest
			for i := range by {
				if err := o.SayAs(i, identity.ID(victim), d); err != nil {
					return err
				}
			}
			if err := o.SettleHolding(from(victim)); err != nil {
				return err
			}
		}
		return o.Offline(victim, true)
	},
}

package game_test

import (
	"context"
	"fmt"

	"cowpi.example/proofs/game"
)

// An adversary of one's own is a function over Oracles. This one corrupts all
// providers that it may, and drops whatever they are about to deliver to bob, so that he
// sees less than alice; then it lets him write. Will the two disagree?
func Example() {
	silence := game.Adversary{
		Name:   "silence",
		What:   "Keeps from bob what corrupt providers deliver to him, and lets him write all the same.",
		Source: "an example",
		Attack: func(o *game.Oracles) error {
			corrupt := map[string]bool{}
			for _, p := range o.Providers() {
				corrupt[string(p.Self.ID)] = true
			}
			if err := o.Say("alice", o.Main(), "Are you going to the protests?"); err != nil {
				return err
			}
			for range 200 { // things that happen
				if _, err := o.Step(); err != nil {
					return err
				}
				for _, l := range o.Letters() {
					if !l.ToServer && l.Client == "bob" && corrupt[l.Server] {
						if err := o.Rewrite(l.Wire, l.ToServer); err != nil { // by nothing
							return err
						}
					}
				}
			}
			if err := o.Say("bob", o.Main(), "Lunch?"); err != nil {
				return err
			}
			return o.Settle()
		},
	}
	score, err := game.Run(context.Background(), game.ConversationIntegrity, silence, 1, 20, nil)
	fmt.Printf("won %d of %d trials, which proves nothing; %v\n", score.Won, score.Trials, err)
	// Output: won 0 of 20 trials, which proves nothing; <nil>
}

package adversary

import (
	"cowpi.example/proofs/game"
)

// Fork is the attack of the paper's introduction: Bob is shown another conversation
// than Alice and Charlie.
var Fork = game.Adversary{
	Name:   "fork",
	What:   "The router commits for bob what it does not commit for the others, and the other corrupt providers deliver as it does.",
	Source: "Schliep and Hopper, the paper's introduction",
	Games:  []string{"conversation-integrity"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		if err := o.Fork("bob"); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		if err := o.Say("alice", o.Main(), "Are you going to the protests?"); err != nil {
			return err
		}
		if err := o.Say("bob", o.Main(), "Lunch?"); err != nil {
			return err
		}
		return o.Settle()
	},
}

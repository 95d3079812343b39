package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// script does one thing after the other, until one fails or is refused.
func script(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// says lets somebody honest write in Main.
func says(o *game.Oracles, who, text string) func() error {
	return func() error { return o.Say(who, o.Main(), text) }
}

// saysIn lets somebody honest write in a conversation.
func saysIn(o *game.Oracles, who string, sid suite.Hash, text string) func() error {
	return func() error { return o.Say(who, sid, text) }
}

// does lets somebody honest do something else.
func does(o *game.Oracles, who string, in cowpi.Input) func() error {
	return func() error { return o.Do(who, in) }
}

// challenged lets somebody write one of the two texts of the challenge.
func challenged(o *game.Oracles, who string, sid suite.Hash) func() error {
	return func() error { return challenge(o, who, sid) }
}

// holding lets everything come to rest but what is held.
func holding(o *game.Oracles, hold cowpitest.Hold) func() error {
	return func() error { return o.SettleHolding(hold) }
}

// update lets somebody honest change the roster of Main.
func update(o *game.Oracles, who string, in cowpi.Update) func() error {
	return func() error {
		in.Sid = o.Main()
		return o.Do(who, in)
	}
}

// asking is what a corrupt user's machine is asked to do in Main.
func asking(o *game.Oracles, who string, in func(sid suite.Hash) cowpi.Input) func() error {
	return func() error {
		_ = o.Act(who, in(o.Main())) // what becomes of it is its own affair
		return nil
	}
}

// oneOf draws.
func oneOf[T any](o *game.Oracles, list ...T) T { return list[o.Rand().IntN(len(list))] }

func those(names ...string) (out []identity.ID) {
	for _, n := range names {
		out = append(out, identity.ID(n))
	}
	return out
}

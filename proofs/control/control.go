// Package control lists systems without a protection that Mobile CoWPI has, real and
// small: the adversaries that lose against it must win against them. If they did not,
// that they lose would mean nothing.
package control

import (
	"context"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
	"cowpi.example/proofs/others"
	"cowpi.example/simulator/judge"
)

// Control is a system that must fall.
type Control struct {
	Name      string
	What      string // what is missing, or done otherwise
	Game      string // that is won against it
	Adversary string // by whom
	run       func(ctx context.Context, first uint64, trials int) (game.Score, error)
}

// Trials is how often a control is played where nobody asks for another number.
const Trials = 40

// Run plays trials with seeds from first on. beaten says whether the adversary won, as
// it must.
func (c Control) Run(ctx context.Context, first uint64, trials int) (beaten bool, s game.Score, err error) {
	s, err = c.run(ctx, first, trials)
	s.Game, s.Adversary = c.Game, c.Adversary
	return err == nil && (s.Low > 0 || s.First != nil), s, err
}

// All lists the controls.
func All() []Control {
	out := []Control{{
		Name: "single provider", What: "One provider orders and delivers everything, as in all deployed messengers.",
		Game: game.ConversationIntegrity.Name, Adversary: adversary.Fork.Name,
		run: func(ctx context.Context, first uint64, trials int) (game.Score, error) {
			return game.RunUntilWon(ctx, game.SingleProvider, adversary.Fork, first, trials)
		},
	}}
	for _, s := range []struct {
		others.System
		game string
	}{{others.SenderKeys, game.MessageUnlinkability.Name}, {others.SignedCommits, game.DeniabilityOfMessages.Name}} {
		out = append(out, Control{Name: s.Name, What: s.What, Game: s.game, Adversary: "verify", run: system(s.System)})
	}
	for _, c := range judge.Controls() {
		name := game.DeniabilityOfParticipation.Name
		if c.In == judge.Unlinkability {
			name = game.MessageUnlinkability.Name
		}
		out = append(out, Control{Name: c.Name, What: c.What, Game: name, Adversary: "judge-" + c.By, run: judged(c)})
	}
	return out
}

// Find returns the control with a name; ok is false if there is none.
func Find(name string) (c Control, ok bool) {
	for _, c := range All() {
		if c.Name == name {
			return c, true
		}
	}
	return c, false
}

// system plays one of the other systems.
func system(s others.System) func(context.Context, uint64, int) (game.Score, error) {
	return func(ctx context.Context, first uint64, trials int) (out game.Score, err error) {
		for i := range trials {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			out.Trials++
			if s.Trial(first + uint64(i)) {
				out.Won++
			}
		}
		return advantage(out), nil
	}
}

// judged plays a protocol that cannot be denied.
func judged(c judge.Control) func(context.Context, uint64, int) (game.Score, error) {
	return func(ctx context.Context, first uint64, trials int) (out game.Score, err error) {
		x := judge.Experiment{Game: c.In, Trials: trials, Seed: first, Suite: cowpitest.Cheap}
		c.Set(&x)
		res, err := x.Run(c.Against())
		if err != nil {
			return out, err
		}
		out.Trials, out.Won, out.Unsure = trials, res.Rows[0].Right, res.Rows[0].Unsure
		return advantage(out), ctx.Err()
	}
}

func advantage(s game.Score) game.Score {
	low, high := judge.ClopperPearson(s.Won, s.Trials, game.Confidence)
	s.Advantage, s.Low, s.High = 2*float64(s.Won)/float64(max(1, s.Trials))-1, 2*low-1, 2*high-1
	return s
}

package audit

import (
	"bytes"
	"context"
	"strings"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/control"
	"cowpi.example/proofs/game"
)

// systems lists other systems that have to be beaten: the library as others are, other
// messengers' ways, and protocols that cannot be denied.
func systems() (out []System) {
	for _, c := range control.All() {
		s := System{
			Target: Target{Name: strings.ReplaceAll(c.Name, " ", "-"), Kind: KindSystem, What: c.What, Spec: "1.3"},
			Attack: Attack{Game: c.Game, Adversary: c.Adversary, Trials: control.Trials},
			Run: func(ctx context.Context, a Attack) (Result, error) {
				_, score, err := c.Run(ctx, a.Seed, a.Trials)
				return Result{Score: score}, err
			},
		}
		if c.Game == game.ConversationIntegrity.Name { // this one can be drawn
			s.Breach = "parted"
			s.Run = func(ctx context.Context, a Attack) (Result, error) {
				return Here(ctx, game.SingleProvider, adversary.Fork, a)
			}
		}
		out = append(out, s)
	}
	return out
}

// Here lets an adversary play in this process until it wins, and records how.
func Here(ctx context.Context, g *game.Game, by game.Adversary, a Attack) (Result, error) {
	s, err := game.RunUntilWon(ctx, g, by, a.Seed, a.Trials)
	if err != nil || s.First == nil {
		return Result{Score: s}, err
	}
	var b bytes.Buffer
	_, err = PlayOne(game.Trial{Game: g, Adversary: by, Seed: s.First.Seed}, &b)
	return Result{Score: s, Transcript: b.Bytes()}, err
}

package audit_test

import (
	"testing"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
)

const warm = 12

// BenchmarkTrial says what one trial costs. What is far from the rest stands in costs.
func BenchmarkTrial(b *testing.B) {
	for _, g := range game.All() {
		for _, a := range adversary.Against(g) {
			b.Run(g.Name+"/"+a.Name, func(b *testing.B) {
				play := func(seed uint64) {
					if _, err := game.Play(game.Trial{Game: g, Adversary: a, Seed: seed}); err != nil {
						b.Fatal(err)
					}
				}
				for seed := range uint64(warm) { // worlds are set up as they are needed
					play(seed)
				}
				for seed := uint64(warm); b.Loop(); seed++ {
					play(seed)
				}
			})
		}
	}
}

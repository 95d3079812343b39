// Package adversary holds the attacks that the games of package game are played
// against: one for each known attack of the field that carries over, each with its
// source; and a random one.
package adversary

import (
	"slices"

	"cowpi.example/proofs/game"
)

// All lists all adversaries.
func All() []game.Adversary {
	return slices.Concat(ordering, membership, impersonation, binding, secrecy, misuse, encodings, extra, unavailing, second, heldUp, behind,
		[]game.Adversary{Random})
}

// Against lists those that play a game.
func Against(g *game.Game) (out []game.Adversary) {
	for _, a := range All() {
		for _, name := range a.Games {
			if name == g.Name {
				out = append(out, a)
			}
		}
	}
	return out
}

// Find returns the adversary with a name; ok is false if there is none.
func Find(name string) (a game.Adversary, ok bool) {
	for _, a := range All() {
		if a.Name == name {
			return a, true
		}
	}
	return a, false
}

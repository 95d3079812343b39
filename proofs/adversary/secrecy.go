package adversary

import (
	"slices"
	"strings"

	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// secrecy are those that read what they should not.
var secrecy = slices.Concat(sealBreakers, readers, distinguishers, namers, weighers)

// The two texts of a challenge.
const (
	yes = "We meet: yes, as we said."
	no  = "We meet: no, not this time"
)

// challenge lets somebody write one of the two.
func challenge(o *game.Oracles, who string, sid suite.Hash) error {
	return o.Challenge(who, sid, yes, no)
}

// decide guesses by what was read: which of the two stands there?
func decide(o *game.Oracles, texts []string) error {
	for _, t := range texts {
		switch {
		case strings.Contains(t, yes):
			return o.Guess(0)
		case strings.Contains(t, no):
			return o.Guess(1)
		}
	}
	return nil
}

// insiders are the names of those who are in Main.
func insiders() (out []string) {
	for _, p := range game.People[:game.Insiders] {
		out = append(out, string(p))
	}
	return out
}

// someone draws one of a list, and the rest of it.
func someone(o *game.Oracles, list []string) (string, []string) {
	i := o.Rand().IntN(len(list))
	return list[i], slices.Delete(slices.Clone(list), i, i+1)
}

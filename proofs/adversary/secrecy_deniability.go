package adversary

import (
	"cowpi.example/proofs/game"
	"cowpi.example/simulator/judge"
)

// distinguishers are those of package judge, each an adversary of all games of
// deniability.
var distinguishers = func() (out []game.Adversary) {
	for _, d := range judge.All() {
		out = append(out, game.Adversary{
			Name: "judge-" + d.Name(), What: d.What(), Source: "package simulator/judge",
			Games:         []string{"deniability-of-participation", "deniability-of-messages", "message-unlinkability"},
			Distinguisher: d,
		})
	}
	return out
}()

package game

import (
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator/judge"
)

// The games of deniability are between reality and the work of a forger. Their
// adversaries are distinguishers, who see a transcript and all long-term secrets, and
// no oracles: package judge plays them.

// DeniabilityOfParticipation is the paper's: nobody can be shown to have taken part.
var DeniabilityOfParticipation = &Game{
	Name:     "deniability-of-participation",
	Property: "deniability (participation)",
	Section:  "II-D",
	Statement: "A conversation takes place, or somebody makes its transcript alone: a stranger who has nothing but public keys, or one user, or one provider. " +
		"The distinguisher is given all long-term secrets, and the whole transcript, opened. It wins if it tells which, better than by chance.",
	Worlds:     true,
	experiment: &judge.Experiment{Game: judge.Deniability},
}

// DeniabilityOfMessages is the paper's: nobody can be shown to have written something.
var DeniabilityOfMessages = &Game{
	Name:     "deniability-of-messages",
	Property: "deniability (messages)",
	Section:  "II-D",
	Statement: "As for participation; the forger is one of those who take part, and puts words into the others' mouths. " +
		"The distinguisher wins if it tells what was said from what was made up, better than by chance.",
	Worlds:     true,
	experiment: &judge.Experiment{Game: judge.Deniability, Forgers: judge.Participants},
}

// MessageUnlinkability is the paper's: one message that is somebody's proves nothing of
// the others.
var MessageUnlinkability = &Game{
	Name:     "message-unlinkability",
	Property: "message unlinkability",
	Section:  "II-D",
	Statement: "As for deniability; and there is one whole real message, with k_m and the keys under it (SPEC.md, 15.4), which the forger has been given as well, " +
		"and placed. The distinguisher wins if it tells whether the rest is real, better than by chance.",
	Worlds:     true,
	experiment: &judge.Experiment{Game: judge.Unlinkability},
}

// distinguish plays one trial of a game of deniability: it follows from its seed.
func (t Trial) distinguish() (Outcome, error) {
	x := *t.Game.experiment
	x.Trials, x.Seed, x.Workers, x.Suite = 1, t.Seed, 1, cowpitest.Cheap
	if t.Seed%(cheapOnes+1) == 0 {
		x.Suite = suite.Default
	}
	out := Outcome{Setting: Setting{Honest: None, Suite: x.Suite}}
	res, err := x.Run(t.Adversary.Distinguisher)
	if err != nil {
		return out, err
	}
	out.Won, out.Guessed = res.Rows[0].Right == 1, res.Rows[0].Unsure == 0
	return out, nil
}

// Judged says whether a game's adversaries are distinguishers.
func (g *Game) Judged() bool { return g.experiment != nil }

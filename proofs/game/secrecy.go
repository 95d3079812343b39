package game

import "cowpi.example/cowpi/suite"

// MessageConfidentiality is the paper's: nobody but its readers reads a text.
var MessageConfidentiality = &Game{
	Name:      "message-confidentiality",
	Property:  "message confidentiality",
	Section:   "II-C",
	Statement: "A participant sends one of two texts of the adversary's choice. The adversary wins if it tells which, better than by chance.",
	Excluded:  []Exclusion{otherLengths, amongTheReaders},
	Powers:    Powers{Providers: true},
	Worlds:    true,
	Settings:  onDefault(noTrust()),
	trivial:   readByOthers,
}

// ForwardSecrecy is the paper's: who reads a state learns nothing of what was
// processed before.
var ForwardSecrecy = &Game{
	Name:     "forward-secrecy",
	Property: "forward secrecy",
	Section:  "II-C",
	Statement: "As for message confidentiality; and the adversary reads whole states of participants, at any times at which " +
		"nothing that they should hold then (SPEC.md, 7.5) exposes the text: after it was processed, above all.",
	Excluded: []Exclusion{otherLengths, amongTheReaders, exposedByReading},
	Powers:   Powers{Providers: true, Read: true},
	Worlds:   true,
	Settings: readable(),
	trivial:  exposedText,
}

// BackwardSecrecy is the paper's: a conversation heals after a state was read.
var BackwardSecrecy = &Game{
	Name:     "backward-secrecy",
	Property: "backward secrecy",
	Section:  "II-C",
	Statement: "As for message confidentiality; and the adversary reads whole states of participants, at any times at which " +
		"nothing that they should hold then (SPEC.md, 7.5) exposes the text: so long before that every pair has healed, above all.",
	Excluded: []Exclusion{otherLengths, amongTheReaders, exposedByReading},
	Powers:   Powers{Providers: true, Read: true},
	Worlds:   true,
	Settings: readable(),
	trivial:  exposedText,
}

// readable lists settings of games in which states are read: no provider is honest, or
// a mirror is, so that nobody can pass off a key of his own as a prekey.
func readable() (out []Setting) {
	for _, honest := range []int{None, 1} {
		for n := 2; n <= 3; n++ {
			out = append(out, Setting{n, honest, suite.Default})
		}
	}
	return out
}

var otherLengths = Exclusion{"texts of different padded length", "lengths are not hidden beyond padding (SPEC.md, 1.4)",
	"TestChallengeExcludesOnlyOtherLengths"}

var amongTheReaders = Exclusion{"a corrupt participant among the readers of any upload of the text, if the author knew of it when the text was handed over or released, or added it",
	"who may read a text can read it",
	"TestReadersExcludeOnlyTheirTexts"}

var exposedByReading = Exclusion{"a text that the predicate of SPEC.md, 7.5, calls exposed, by what those who were read should have held then; " +
	"a participant whose state was read, impersonated", "keys that are held open what they open", "TestExposedNeitherMoreNorLess"}

package game

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
	Name:      "forward-secrecy",
	Property:  "forward secrecy",
	Section:   "II-C",
	Statement: "As for message confidentiality; and the adversary reads whole states of participants, after they processed the text as well.",
	Excluded:  []Exclusion{otherLengths, amongTheReaders},
	Powers:    Powers{Providers: true, Read: true},
	Worlds:    true,
	Settings:  onDefault(noTrust()),
	trivial:   readByOthers,
}

// BackwardSecrecy is the paper's: a conversation heals after a state was read.
var BackwardSecrecy = &Game{
	Name:      "backward-secrecy",
	Property:  "backward secrecy",
	Section:   "II-C",
	Statement: "As for message confidentiality; and the adversary read whole states of participants before, so long ago that every pair has healed.",
	Excluded:  []Exclusion{otherLengths, amongTheReaders},
	Powers:    Powers{Providers: true, Read: true},
	Worlds:    true,
	Settings:  onDefault(noTrust()),
	trivial:   readByOthers,
}

var otherLengths = Exclusion{"texts of different padded length", "lengths are not hidden beyond padding (SPEC.md, 1.4)",
	"TestChallengeExcludesOnlyOtherLengths"}

var amongTheReaders = Exclusion{"a corrupt participant among the readers of any upload of the text", "who may read a text can read it",
	"TestReadersExcludeOnlyTheirTexts"}

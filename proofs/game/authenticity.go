package game

// MessageIntegrity is the paper's: nobody changes what was written.
var MessageIntegrity = &Game{
	Name:     "message-integrity",
	Property: "message integrity",
	Section:  "II-C",
	Statement: "The adversary wins if somebody honest is shown, as an honest author's, a text that the author did not write there; " +
		"or the same text a second time; or two texts in another order than the author's.",
	Powers:   Powers{Providers: true},
	Settings: noTrust(),
	judge:    unsound,
}

// MessageAuthentication is the paper's: nobody writes in somebody else's name.
var MessageAuthentication = &Game{
	Name:     "message-authentication",
	Property: "message authentication",
	Section:  "II-C",
	Statement: "The adversary wins if somebody honest is shown a text under the name of somebody honest who did not write it " +
		"in that conversation.",
	Powers:   Powers{Providers: true, Insiders: true},
	Settings: noTrust(),
	judge:    unsound,
}

// ParticipantAuthentication is the paper's: nobody passes for one of a pair that
// compared safety numbers.
var ParticipantAuthentication = &Game{
	Name:      "participant-authentication",
	Property:  "participant authentication",
	Section:   "II-C",
	Statement: "The adversary wins if one of two people who compared safety numbers takes somebody else for the other.",
	Powers:    Powers{Providers: true},
	Settings:  noTrust(),
	prepare:   everybodyVerified,
	judge:     first(impostor, unsound),
}

// UntrustedProvider is the paper's: with all providers corrupt, what does not rest on
// them holds.
var UntrustedProvider = &Game{
	Name:     "untrusted-provider",
	Property: "untrusted service provider",
	Section:  "II-C",
	Statement: "All providers are the adversary's. It wins if a text is shown that was not written so, there, for these readers; " +
		"or somebody passes for somebody else.",
	Powers:   Powers{Providers: true},
	Settings: noTrust(),
	judge:    first(unsound, underAnotherRoster, impostor),
}

// Robustness is not the paper's, but this project's: whatever the others do, no step
// of somebody honest fails.
var Robustness = &Game{
	Name:      "robustness",
	Property:  "robustness (this project's, not the paper's)",
	Section:   "-",
	Statement: "The adversary wins if a step of somebody honest fails by an error or a panic, whatever the others did.",
	Powers:    Powers{Providers: true, Insiders: true},
	Settings:  append(anyTrust(), noTrust()...),
	judge:     func(*Challenger) *Breach { return nil },
}

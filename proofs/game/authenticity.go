package game

// MessageIntegrity is the paper's: nobody changes what was written.
var MessageIntegrity = &Game{
	Name:     "message-integrity",
	Property: "message integrity",
	Section:  "II-C",
	Statement: "The adversary wins if somebody honest is shown, as an honest author's, a text that the author did not write there, in this epoch and for this roster; " +
		"or the same text a second time; or two texts in another order than the author's; or what the author wrote as unreadable, or as a repeat of what was not shown; " +
		"or accepts, as an honest author's, other bytes than that one made.",
	Excluded: []Exclusion{theirOwn, reportedRepeat},
	Powers:   Powers{Providers: true},
	Settings: noTrust(),
	judge:    first(misquoted, outOfEpoch, underAnotherRoster, leftOut, mauled),
}

// MessageAuthentication is the paper's: nobody writes in somebody else's name. Insiders
// may try, and whoever has learned the long-term secret of the reader.
var MessageAuthentication = &Game{
	Name:     "message-authentication",
	Property: "message authentication",
	Section:  "II-C",
	Statement: "The adversary wins if somebody honest is shown a text under the name of somebody honest who did not write it " +
		"in that conversation, epoch and order; or a provider that is honest takes for somebody's an upload that this one did not send.",
	Excluded: []Exclusion{theirOwn, inTheNameOfRevealed, reportedRepeat},
	Powers:   Powers{Providers: true, Insiders: true, Keys: true},
	Settings: noTrust(),
	judge:    first(misquoted, outOfEpoch, unauthored),
}

// ParticipantAuthentication is the paper's: nobody passes for one of a pair that
// compared safety numbers; nor for a user or a provider on a channel, whose keys are
// known from outside; and nobody who does not share a secret passes the check by it.
var ParticipantAuthentication = &Game{
	Name:     "participant-authentication",
	Property: "participant authentication",
	Section:  "II-C",
	Statement: "The adversary wins if one of two people who compared safety numbers takes somebody else for the other; " +
		"or takes a wrong key for verified, by a safety number, a QR code or a shared secret; " +
		"or if the two ends of a channel take each other for others than they are; " +
		"or if, between a user and a provider or two providers that are honest, one hears of the other what that one did not say.",
	Excluded: []Exclusion{theirOwn, inTheNameOfRevealed, guessedByLuck, acceptedByPeople},
	Powers:   Powers{Providers: true, Insiders: true, Keys: true},
	Settings: noTrust(),
	prepare:  everybodyVerified,
	judge:    first(impersonated, misverified, misbound, mistaken, unauthored, misquoted),
}

// UntrustedProvider is the paper's: with all providers corrupt, what does not rest on
// them holds.
var UntrustedProvider = &Game{
	Name:     "untrusted-provider",
	Property: "untrusted service provider",
	Section:  "II-C",
	Statement: "All providers may be the adversary's. It wins if a text is shown that was not written so, there, for these readers; " +
		"or somebody passes for somebody else; or two people have one conversation code, and were shown two texts at one index; " +
		"or they were shown two beginnings of one conversation; " +
		"or somebody honest changes who is in, or begins with whom, as nobody asked it to.",
	Excluded: []Exclusion{theirOwn, reportedRepeat, acceptedByPeople},
	Powers:   Powers{Providers: true},
	Settings: noTrust(),
	judge:    first(misquoted, outOfEpoch, underAnotherRoster, impersonated, mistaken, ackedUnseen, equalCodes, twoBeginnings, unasked),
}

// Robustness is not the paper's, but this project's: whatever the others do, no step
// of somebody honest fails, nothing grows without bound, nothing is lost, nobody
// honest is blamed, and no two strings of bytes are one message.
var Robustness = &Game{
	Name:     "robustness",
	Property: "robustness (this project's, not the paper's)",
	Section:  "-",
	Statement: "The adversary wins if a step of somebody honest fails by an error or a panic, or has no end; " +
		"or if somebody honest holds more for others than SPEC.md allows; or if a text that was handed over is neither shown, nor waits, nor was handed back; " +
		"or if by changes of the roster somebody honest is made to write more in vain than that; " +
		"or if somebody honest blames somebody honest by name: with an honest provider, where it stops, or the providers where none is corrupt; and for what was heard on a connection, or uploaded; " +
		"or if somebody honest takes for a message any bytes but those that it is written as.",
	Excluded: []Exclusion{theirOwn, blamedWithoutTrust, blamedForTheNetwork, morePrekeys},
	Powers:   Powers{Providers: true, Insiders: true},
	Settings: append(anyTrust(), noTrust()...),
	limits:   tight,
	judge:    first(lost, overfull, inVain, accused, twoEncodings),
}

var theirOwn = Exclusion{"what those say who are corrupt, and what becomes of their machines", "it is the adversary's own", "TestOnlyTheCorruptAreExcluded"}

var reportedRepeat = Exclusion{"a text that was shown and is reported as a repeat", "it is not shown a second time (SPEC.md, 8.3, C3)",
	"TestOnlyRepeatsOfWhatWasShownAreExcluded"}

var inTheNameOfRevealed = Exclusion{"what is said in the name of one whose long-term secret was revealed", "whoever has it is that one, for all others",
	"TestRevealedSecretsExcludeOnlyTheirOwners"}

var guessedByLuck = Exclusion{"a shared secret that is guessed", "a run allows one guess; so the secrets of this game cannot be guessed, and a check with the right one is passed",
	"TestWhoKnowsTheSecretPasses"}

var acceptedByPeople = Exclusion{"a wrong key that people accept or mark as verified", "they were asked", "TestNobodyAcceptsAWrongKeyAndEverybodyARightOne"}

var blamedWithoutTrust = Exclusion{"an author who is blamed where no provider is honest", "the providers can spoil its block (SPEC.md, 10.3)",
	"TestOnlyBlameWithoutTrustIsExcluded"}

var blamedForTheNetwork = Exclusion{"a peer who is blamed for what the adversary changed on a wire", "handshakes, frames and encodings break by that (H, F, W), and say so",
	"TestOnlyBlameForTheNetworkIsExcluded"}

var morePrekeys = Exclusion{"an owner who is blamed for more prekeys than providers hold (R3)", "owners keep to 4,096 (SPEC.md, 9.6), and in this game the limit is lower, so that it can be reached",
	"TestOnlyBlameForTheNetworkIsExcluded"}

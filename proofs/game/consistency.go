package game

// ParticipantConsistencyA is the paper's, where all providers are corrupt and nobody in
// the conversation is. The last way to win is what SPEC.md, 10.4, is there for.
var ParticipantConsistencyA = &Game{
	Name:     "participant-consistency-a",
	Property: "participant consistency, (a)",
	Section:  "II-C",
	Statement: "The adversary wins if somebody honest accepts what an honest author wrote, a text or a change of the roster, for another roster than it has itself; " +
		"or a change of the roster, as an honest author's, that this author did not make; " +
		"or if somebody honest writes a text under a roster that nobody has but those whom it brought in.",
	Excluded: []Exclusion{corruptWitness},
	Powers:   Powers{Providers: true},
	Settings: noTrust(),
	judge:    first(underAnotherRoster, forgedRoster, amongThemselves),
}

var corruptWitness = Exclusion{"a text under a roster, or after joining by one, that names somebody corrupt, if nobody else has that roster",
	"all providers and a participant together can say that others have it (II-D)", "TestOnlyCorruptWitnessesAreExcluded"}

// ParticipantConsistencyB is the paper's, where one provider is honest and anybody may
// be corrupt.
var ParticipantConsistencyB = &Game{
	Name:     "participant-consistency-b",
	Property: "participant consistency, (b)",
	Section:  "II-C",
	Statement: "The adversary wins if somebody honest accepts what an honest author wrote, as in (a); or if two honest views have different rosters at one index; " +
		"or if somebody honest accepts a change of the roster by one who is not in it.",
	Powers:   Powers{Providers: true, Insiders: true},
	Settings: anyTrust(),
	judge:    first(underAnotherRoster, forgedRoster, twoRosters, burglary),
}

// ConversationIntegrity is the paper's: everybody sees the same conversation.
var ConversationIntegrity = &Game{
	Name:     "conversation-integrity",
	Property: "conversation integrity",
	Section:  "II-C",
	Statement: "The adversary wins if two honest views of a conversation, compared from where the later of the two began, " +
		"part ways: each has something that the other does not have at that index, content included; or if their conversation codes differ at one index.",
	Excluded: []Exclusion{fewerTogether},
	Powers:   Powers{Providers: true, Insiders: true},
	Settings: anyTrust(),
	judge:    first(parted, otherCode),
}

var fewerTogether = Exclusion{"two people who have given up on the one provider that is honest", "nobody honest orders what they say to each other (SPEC.md, 1.2)",
	"TestOneAloneUsesFewerProviders"}

// DynamicGroups is the paper's: all of it holds while people join, leave, are removed
// and restarted.
var DynamicGroups = &Game{
	Name:     "dynamic-groups",
	Property: "dynamic groups",
	Section:  "II-C",
	Statement: "The adversary makes people join, leave, be removed and restarted. It wins as in any of the games of consistency, integrity and authentication; " +
		"or if somebody honest changes who is in, or begins with whom, as nobody asked it to.",
	Powers:   Powers{Providers: true, Insiders: true},
	Settings: anyTrust(),
	judge:    first(parted, otherCode, twoRosters, underAnotherRoster, forgedRoster, burglary, impostor, unsound, unasked),
}

// SingleProvider is no game of the audit but a control: conversation integrity where
// there is one provider alone, and it is corrupt. It must be won.
var SingleProvider = &Game{
	Name:      "single-provider",
	Property:  "conversation integrity, with one provider",
	Section:   "-",
	Statement: ConversationIntegrity.Statement,
	Powers:    Powers{Providers: true, Insiders: true},
	Settings:  both(Setting{1, None, nil}),
	judge:     parted,
}

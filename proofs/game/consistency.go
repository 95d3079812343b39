package game

// ParticipantConsistencyA is the paper's, where all providers are corrupt and nobody in
// the conversation is.
var ParticipantConsistencyA = &Game{
	Name:      "participant-consistency-a",
	Property:  "participant consistency, (a)",
	Section:   "II-C",
	Statement: "The adversary wins if somebody honest accepts what an honest author wrote for another roster than it has itself.",
	Powers:    Powers{Providers: true},
	Settings:  noTrust(),
	judge:     underAnotherRoster,
}

// ParticipantConsistencyB is the paper's, where one provider is honest and anybody may
// be corrupt.
var ParticipantConsistencyB = &Game{
	Name:      "participant-consistency-b",
	Property:  "participant consistency, (b)",
	Section:   "II-C",
	Statement: "The adversary wins as in (a); or if two honest views have different rosters at one index.",
	Powers:    Powers{Providers: true, Insiders: true},
	Settings:  anyTrust(),
	judge:     first(underAnotherRoster, twoRosters),
}

// ConversationIntegrity is the paper's: everybody sees the same conversation.
var ConversationIntegrity = &Game{
	Name:     "conversation-integrity",
	Property: "conversation integrity",
	Section:  "II-C",
	Statement: "The adversary wins if two honest views of a conversation, compared from where the later of the two began, " +
		"part ways: each has something that the other does not have at that index, content included.",
	Powers:   Powers{Providers: true, Insiders: true},
	Settings: anyTrust(),
	judge:    parted,
}

// DynamicGroups is the paper's: all of it holds while people join, leave, are removed
// and restarted.
var DynamicGroups = &Game{
	Name:      "dynamic-groups",
	Property:  "dynamic groups",
	Section:   "II-C",
	Statement: "The adversary makes people join, leave, be removed and restarted. It wins as in any of the games of consistency and integrity.",
	Powers:    Powers{Providers: true, Insiders: true},
	Settings:  anyTrust(),
	judge:     first(parted, twoRosters, underAnotherRoster, unsound),
}

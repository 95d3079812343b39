package game

// All lists the games, in the order of the paper, and the two that are this project's.
func All() []*Game {
	return []*Game{
		MessageConfidentiality, MessageIntegrity, MessageAuthentication, ForwardSecrecy, BackwardSecrecy,
		ParticipantAuthentication, ParticipantConsistencyA, ParticipantConsistencyB, ConversationIntegrity,
		DeniabilityOfParticipation, DeniabilityOfMessages, MessageUnlinkability, AnonymityPreserving,
		UntrustedProvider, DynamicGroups, ComputationAndTrustEquality, Robustness, Availability,
	}
}

// Find returns the game with a name, or nil.
func Find(name string) *Game {
	for _, g := range All() {
		if g.Name == name {
			return g
		}
	}
	return nil
}

package conversation_test

import (
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Router, mirrors and participants judge each data block by the same function,
// and move to the same next state.
func ExampleValid() {
	s := suite.Default
	alice, _ := identity.NewSelf(s, "alice", [32]byte{1}) // fixed, so that the example
	bob, _ := identity.NewSelf(s, "bob", [32]byte{2})     // prints the same each time
	roster, _ := conversation.NewRoster(s, []conversation.Entry{{Party: alice.Party()}, {Party: bob.Party()}})
	providers := s.Hash("example providers")

	setup := &conversation.DataBlock{Type: conversation.SETUP, Nonce: [32]byte{3}, AuthorID: "alice",
		Providers: providers, Roster: roster}
	setup, _ = conversation.Parse(s, setup.Seal(s).Raw()) // as it comes from the wire
	state := conversation.Before(providers)
	fmt.Println(conversation.Valid(state, setup, 1)) // one block, for Bob
	state = conversation.Apply(s, state, setup)
	fmt.Println("next index:", state.Next)

	receipt := &conversation.DataBlock{Type: conversation.RCPT, Sid: state.Sid, Epoch: state.Epoch,
		RosterDigest: state.Roster.Digest(), Author: 1, Seq: 2, K: 0}
	fmt.Println(conversation.Valid(state, receipt.Seal(s), 1))
	receipt.Seq = 1
	fmt.Println(conversation.Valid(state, receipt.Seal(s), 1))
	// Output:
	// <nil>
	// next index: 1
	// cowpi: check V6 failed: seq 2 after 0
	// <nil>
}

// For whom an upload must hold a block, in this order.
func ExampleRecipients() {
	s := suite.Default
	var entries []conversation.Entry
	for i, id := range []identity.ID{"dave", "alice", "charlie", "bob"} {
		self, _ := identity.NewSelf(s, id, [32]byte{byte(i)})
		entries = append(entries, conversation.Entry{Party: self.Party()})
	}
	roster, _ := conversation.NewRoster(s, entries)
	text := &conversation.DataBlock{Type: conversation.MSG, Author: uint16(roster.Position("bob"))}
	fmt.Println(conversation.Recipients(roster, text))
	// Output:
	// [alice charlie dave]
}

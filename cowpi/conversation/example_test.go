package conversation_test

import (
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
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

// Alice adds Charlie: she must have fetched a prekey of his, and the providers
// assign one in each direction to Bob and Charlie. Charlie, who knows nothing of
// before, judges what he can.
func ExampleValidJoin() {
	s := suite.Default
	parties := map[identity.ID]identity.Party{}
	entry := func(id identity.ID, joined uint32) conversation.Entry {
		self, _ := identity.NewSelf(s, id, [32]byte{id[0]})
		parties[id] = self.Party()
		return conversation.Entry{Party: self.Party(), Joined: joined}
	}
	providers := s.Hash("example providers")
	roster, _ := conversation.NewRoster(s, []conversation.Entry{entry("alice", 0), entry("bob", 0), entry("charlie", 1)})
	update := &conversation.DataBlock{Type: conversation.UPDATE, AuthorID: "alice", Providers: providers, Seq: 1, K: 6, Roster: roster}
	update, _ = conversation.Parse(s, update.Seal(s).Raw())

	fmt.Println("fetched:", conversation.FetchesFor(update))
	for _, n := range conversation.Assignments(update) {
		fmt.Println("assigned:", n.Owner, "for", n.Peers)
	}
	fmt.Println("fresh:", len(conversation.Fresh(update)))
	fmt.Println(conversation.ValidJoin(parties["charlie"], providers, 7, update))
	state := conversation.Join(s, providers, 7, suite.Hash{9}, update)
	fmt.Println("epoch", state.Epoch, "next index", state.Next)
	fmt.Println(conversation.ValidJoin(parties["bob"], providers, 7, update) != nil)
	// Output:
	// fetched: [charlie]
	// assigned: bob for [charlie]
	// assigned: charlie for [bob]
	// fresh: 1
	// <nil>
	// epoch 1 next index 8
	// true
}

// A keeper reads and writes public states. A state that was saved is loaded as it was.
func ExampleKeeper() {
	s := suite.Default
	alice, _ := identity.NewSelf(s, "alice", [32]byte{1})
	roster, _ := conversation.NewRoster(s, []conversation.Entry{{Party: alice.Party()}})
	setup := &conversation.DataBlock{Type: conversation.SETUP, AuthorID: "alice", Roster: roster}
	setup.Seal(s)
	state := conversation.Apply(s, conversation.Before(suite.Hash{}), setup)
	fmt.Println(state.Digest == conversation.NextDigest(s, suite.Hash{}, setup))

	var disk store.Memory
	draft := store.NewDraft(&disk)
	keeper := conversation.NewKeeper(s, 'c')
	fmt.Println(keeper.Save(draft, state, setup))
	disk.Commit(draft.Records())
	loaded, ok, err := keeper.Load(&disk, state.Sid, 0)
	fmt.Println(loaded.Head == state.Head, ok, err)
	// Output:
	// true
	// <nil>
	// true true <nil>
}

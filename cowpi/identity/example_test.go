package identity_test

import (
	"fmt"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Two users, each with 32 secret random bytes; fixed here so that the example
// prints the same each time.
func users() (alice, bob identity.Self) {
	alice, _ = identity.NewSelf(suite.Default, "alice", [32]byte{1})
	bob, _ = identity.NewSelf(suite.Default, "bob", [32]byte{2})
	return alice, bob
}

// Both look at the number, or one scans the QR code of the other.
func ExampleSafetyNumber() {
	alice, bob := users()
	onHers := identity.SafetyNumber(suite.Default, alice.Party(), bob.Party())
	onHis := identity.SafetyNumber(suite.Default, bob.Party(), alice.Party())
	fmt.Println(onHers == onHis)
	fmt.Println(onHers.CheckQR(onHis.QR()))

	mallory, _ := identity.NewSelf(suite.Default, "bob", [32]byte{3})
	deceived := identity.SafetyNumber(suite.Default, alice.Party(), mallory.Party())
	fmt.Println(deceived.CheckQR(onHis.QR()))
	// Output:
	// true
	// <nil>
	// cowpi: check U3 failed: the scanned safety number is another
}

// Alice and Bob share some words, and nothing else but an open wire.
func ExampleOpenVerify() {
	alice, bob := users()
	words := []byte("where the blue heron stood")
	hers := suite.NewCoins(suite.Default, suite.Seed{4}, alice.Secret, 1)
	his := suite.NewCoins(suite.Default, suite.Seed{5}, bob.Secret, 1)

	opening, offer, _ := identity.OpenVerify(suite.Default, alice.Party(), bob.Party(), words, hers)
	answering, answer, _ := identity.AnswerVerify(suite.Default, bob.Party(), alice.Party(), words, offer, his)
	verdict, proof, _ := opening.Finish(answer)
	fmt.Println("alice:", verdict)
	verdict, _ = answering.Finish(proof)
	fmt.Println("bob:", verdict)
	// Output:
	// alice: verified
	// bob: verified
}

// Equal codes mean that both have the same conversation up to this digest.
func ExampleConversationCode() {
	digest := suite.Hash{1, 2, 3}
	code := identity.ConversationCode(suite.Default, digest)
	fmt.Println(len(code.Digits()), len(code.String()))
	// Output:
	// 60 71
}

// A long-term key is made once, from 32 random bytes that nobody else sees.
func ExampleNewSelf() {
	self, err := identity.NewSelf(suite.Default, "alice", [32]byte{1}) // crypto/rand, not this
	fmt.Println(self.ID, len(self.Key), err)

	_, err = identity.NewSelf(suite.Default, "", [32]byte{1})
	fmt.Println(err != nil)
	// Output:
	// alice 32 <nil>
	// true
}

// A provider set: the router, then the mirrors. One provider alone is none.
func ExampleNewProviders() {
	var parties []identity.Party
	for i, id := range []identity.ID{"router", "mirror"} {
		self, _ := identity.NewSelf(suite.Default, id, [32]byte{byte(i)})
		parties = append(parties, self.Party())
	}
	set, err := identity.NewProviders(suite.Default, parties...)
	fmt.Println(set.Len(), set.At(0).ID, err)
	_, err = identity.NewProviders(suite.Default, parties[0])
	fmt.Println(err != nil)
	// Output:
	// 2 router <nil>
	// true
}

// What somebody typed becomes an id, or is refused.
func ExampleParseID() {
	id, err := identity.ParseID("Zoë")
	fmt.Println(id, len(id.Field()), err)
	_, err = identity.ParseID("no\xffUTF-8")
	fmt.Println(err != nil)
	// Output:
	// Zoë 65 <nil>
	// true
}

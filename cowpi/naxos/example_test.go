package naxos_test

import (
	"fmt"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
)

// Bob publishes a one-time key and keeps its coins. Alice computes a shared key
// with it and sends her own one-time key X; then Bob computes the same.
func ExampleInitiate() {
	s := suite.Default
	alice, _ := identity.NewSelf(s, "alice", [32]byte{1}) // fixed, so that the example
	bob, _ := identity.NewSelf(s, "bob", [32]byte{2})     // prints the same each time
	context := []byte("example")

	kept := naxos.Ephemeral{ESK: suite.Coin{3}}
	Y := kept.Public(s, bob)

	X, hers, err := naxos.Initiate(s, alice, suite.Coin{4}, naxos.Peer{Party: bob.Party(), Ephemeral: Y}, context)
	fmt.Println(err)
	his, err := naxos.Respond(s, bob, kept, Y, naxos.Peer{Party: alice.Party(), Ephemeral: X}, context)
	fmt.Println(err, hers == his)

	// Under another context it is another key.
	other, err := naxos.Respond(s, bob, kept, Y, naxos.Peer{Party: alice.Party(), Ephemeral: X}, []byte("other"))
	fmt.Println(err, hers == other)
	// Output:
	// <nil>
	// <nil> true
	// <nil> false
}

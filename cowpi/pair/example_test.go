package pair_test

import (
	"fmt"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// Alice sends Bob the key of a text, twice: with the start form, and, once the
// first upload has come back accepted, with the short one.
func Example() {
	s := suite.Default
	alice, _ := identity.NewSelf(s, "alice", [32]byte{1}) // fixed, so that the example
	bob, _ := identity.NewSelf(s, "bob", [32]byte{2})     // prints the same each time
	sid := suite.Hash{5}
	hers := pair.NewTerms(s, alice, bob.Party(), sid, 0, 0)
	his := pair.NewTerms(s, bob, alice.Party(), sid, 0, 0)

	// A prekey of Bob's that the providers gave to Alice.
	var a, b pair.State
	prekey := naxos.Ephemeral{ESK: suite.Coin{3}}
	a.Send, _ = a.Send.Assign(pair.KeyID{9}, prekey.Public(s, bob))
	b.Receive, _ = b.Receive.Assign(pair.KeyID{9}, prekey.ESK, prekey.Public(s, bob))

	for step := range uint64(2) {
		block, key := suite.Hash{byte(step)}, suite.Key{6, byte(step)} // of a data block, and k_m
		sealed, err := hers.Seal(a, block, key, suite.NewCoins(s, suite.Seed{8}, alice.Secret, step), 0)
		fmt.Println(len(sealed.Block), err)

		changed := append([]byte(nil), sealed.Block...)
		changed[len(changed)-1] ^= 1
		_, err = his.Open(b, block, changed, true)
		fmt.Println(fault.CheckOf(err))

		opened, err := his.Open(b, block, sealed.Block, true) // b is as it was
		fmt.Println(opened.Key == key, err)

		a, b = sealed.State, opened.State
		a.Send, _ = a.Send.Confirm(sealed.Block)
	}
	fmt.Println(b.Receive.Holds(pair.Ref{Kind: pair.Prekey, ID: pair.KeyID{9}}))
	// Output:
	// 134 <nil>
	// P5
	// true <nil>
	// 53 <nil>
	// P5
	// true <nil>
	// false
}

// Anybody can read the head of a block, and nothing else of it.
func ExampleParseHeader() {
	block := make([]byte, pair.SizeOf(2))
	block[0], block[4] = 2, 7 // the continue form, at position 7
	h, err := pair.ParseHeader(suite.Default, block)
	fmt.Println(h.Start, h.N, len(block), err)
	_, err = pair.ParseHeader(suite.Default, block[1:])
	fmt.Println(fault.CheckOf(err))
	// Output:
	// false 7 53 <nil>
	// P1
}

package cowpi_test

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// The group changes: anybody may add, remove, and restart.
func ExampleUpdate() {
	c := newCloud("router", "mirror")
	alice, bob, charlie := c.join("alice"), c.join("bob"), c.join("charlie")
	check(alice.do(cowpi.Create{With: []identity.ID{"bob"}}))
	c.run()
	check(bob.do(cowpi.Update{Sid: bob.sid, Add: []identity.ID{"charlie"}}))
	c.run()
	check(charlie.do(cowpi.Update{Sid: charlie.sid, Remove: []identity.ID{"bob"}, Restart: []identity.ID{"alice"}}))
	c.run()
	check(alice.do(cowpi.Send{Sid: alice.sid, Text: []byte("Are you going to the protests?")}))
	c.run()
	roster, _, err := charlie.machine.Roster(&charlie.store, charlie.sid)
	check(err)
	for _, e := range roster.Entries() {
		fmt.Println(e.ID, "since epoch", e.Joined)
	}
	// Output:
	// the conversation has ended: removed <nil>
	// alice: Are you going to the protests?
	// alice: Are you going to the protests?
	// alice since epoch 2
	// charlie since epoch 1
}

// A key is trusted at first sight; people who have compared safety numbers, or
// checked a shared secret, say so.
func ExampleParticipant_Trust() {
	c := newCloud("router", "mirror")
	alice, bob := c.join("alice"), c.join("bob")
	_, known, err := alice.machine.Trust(&alice.store, "bob")
	fmt.Println("known:", known, err)
	check(alice.do(cowpi.Create{With: []identity.ID{"bob"}}))
	c.run()
	trusted, known, err := alice.machine.Trust(&alice.store, "bob")
	fmt.Println("known:", known, "verified:", trusted.Verified, err)

	// Bob shows a QR code, which Alice scans.
	hers, his := c.party("alice"), c.party("bob")
	shown := identity.SafetyNumber(suite.Default, his, hers).QR()
	check(identity.SafetyNumber(suite.Default, hers, identity.Party{ID: "bob", Key: trusted.Key}).CheckQR(shown))
	check(alice.do(cowpi.MarkVerified{User: "bob", Key: trusted.Key}))
	trusted, _, err = alice.machine.Trust(&alice.store, "bob")
	fmt.Println("verified:", trusted.Verified, err)
	_ = bob
	// Output:
	// known: false <nil>
	// known: true verified: false <nil>
	// verified: true <nil>
}

// What the caller gets wrong is a misuse, and nothing has changed. What others do
// wrong is never an error of Step, but an event.
func ExampleParticipant_Step() {
	c := newCloud("router", "mirror")
	alice := c.join("alice")
	err := alice.do(cowpi.Send{Text: []byte("to whom?")})
	var misuse *fault.Misuse
	fmt.Println(errors.As(err, &misuse), err)
	// Output:
	// true cowpi: misuse: send: we do not take part in conversation 00000000
}

package fault_test

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi/fault"
)

// Three families: our own call was wrong, somebody else broke a check, or this
// library is wrong.
func ExampleEvidence() {
	var err error = fault.Refute(fault.D1, "two data blocks for one index")
	err = fault.Blame(err, fault.Party{Role: fault.RoleProvider, ID: "router"}, "index 5",
		fault.Exhibit{Name: "data block", Bytes: []byte{1}})

	var misuse *fault.Misuse
	fmt.Println("misuse:", errors.As(err, &misuse))
	var evidence *fault.Evidence
	if errors.As(err, &evidence) {
		fmt.Println(evidence.Check, evidence.Who, evidence.Where, len(evidence.Exhibits))
	}
	fmt.Println(err)
	// Output:
	// misuse: false
	// D1 provider "router" index 5 1
	// cowpi: check D1 failed (provider "router") at index 5: two data blocks for one index
}

// The other two families: what the caller got wrong, and what this library did.
func ExampleMisusef() {
	fmt.Println(fault.Misusef("send", "text of %d bytes", 70_000))
	fmt.Println(fault.Bugf("a pair without a name"))
	fmt.Println(fault.CheckOf(fault.Misusef("send", "no check failed")) == "")
	// Output:
	// cowpi: misuse: send: text of 70000 bytes
	// cowpi: bug: a pair without a name
	// true
}

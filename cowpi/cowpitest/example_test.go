package cowpitest_test

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
)

// The fork of the paper: a corrupt router serves Charlie and Dave from a copy of
// itself, which shows them another text than the mirrors at the same place.
func Example() {
	n, err := cowpitest.New(cowpitest.Options{Seed: 1, Users: []string{"alice", "bob", "charlie", "dave"},
		Policy: cowpi.Policy{Stock: 60, Floor: 20}})
	try(err)
	try(n.Settle())
	do(n, "alice", cowpi.Create{With: []identity.ID{"bob", "charlie", "dave"}})
	try(n.Settle())
	sid := n.User("alice").Conversations()[0]
	do(n, "alice", cowpi.Send{Sid: sid, Text: []byte("Lets go to the protest if 3 people want to?")})
	try(n.Settle())

	try(n.Fork("charlie", "dave"))
	try(n.Settle())
	do(n, "alice", cowpi.Send{Sid: sid, Text: []byte("I want to go.")})
	do(n, "charlie", cowpi.Send{Sid: sid, Text: []byte("I am in.")})
	try(n.Settle())
	for _, u := range n.Users {
		view := u.View(sid)
		fmt.Print(u.Self.ID, " was shown ", len(view.Texts()))
		if view.Ended != nil {
			fmt.Print(", then stopped: check ", fault.CheckOf(view.Ended.Err))
		}
		fmt.Println()
	}
	// Output:
	// alice was shown 2
	// bob was shown 2
	// charlie was shown 1, then stopped: check D1
	// dave was shown 1, then stopped: check D1
}

func do(n *cowpitest.Net, user string, in cowpi.Input) {
	_, err := n.Do(user, in)
	try(err)
}

func try(err error) {
	if err != nil {
		panic(err)
	}
}

// A named misbehaviour: one mirror alters what it delivers to Bob. He stops, with
// evidence; of the two views one is the beginning of the other.
func ExampleAgree() {
	n, err := cowpitest.New(cowpitest.Options{Seed: 2, Users: []string{"alice", "bob"}, Suite: cowpitest.Cheap})
	try(err)
	try(n.Settle())
	do(n, "alice", cowpi.Create{With: []identity.ID{"bob"}})
	try(n.Settle())
	sid := n.User("alice").Conversations()[0]
	do(n, "alice", cowpi.Send{Sid: sid, Text: []byte("Have you had lunch yet?")})
	try(n.Settle())
	fmt.Println(cowpitest.SameViews(n, sid))

	n.Provider("mirror1").Corrupt = cowpitest.AlterTexts(cowpitest.Cheap, "bob")
	do(n, "alice", cowpi.Send{Sid: sid, Text: []byte("Bob?")})
	try(n.Settle())
	fmt.Println(fault.CheckOf(n.User("bob").View(sid).Ended.Err))
	fmt.Println(cowpitest.Agree(n.User("alice").Account(sid), n.User("bob").Account(sid)))
	// Output:
	// <nil>
	// D1
	// <nil>
}

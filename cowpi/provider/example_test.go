package provider_test

import (
	"fmt"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// A mirror: register a user, take a connection, welcome the user. The example of
// package cowpi runs whole conversations through a router and a mirror.
func ExampleNewMirror() {
	s := suite.Default
	router, _ := identity.NewSelf(s, "router", [32]byte{1}) // fixed, so that the example
	mirror, _ := identity.NewSelf(s, "mirror", [32]byte{2}) // prints the same each time
	alice, _ := identity.NewSelf(s, "alice", [32]byte{3})
	set, err := identity.NewProviders(s, router.Party(), mirror.Party())
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := provider.NewMirror(provider.Config{Suite: s, Self: mirror, Providers: set})
	if err != nil {
		fmt.Println(err)
		return
	}

	// One step: commit, then act. What it sends is returned.
	var disk store.Memory
	var steps byte
	step := func(in provider.Input) (sent [][]byte) {
		steps++
		out, err := m.Step(&disk, in, suite.Seed{steps}, 1_700_000_000_000)
		if err != nil {
			fmt.Println(err)
			return nil
		}
		disk.Commit(out.Records)
		for _, event := range out.Events {
			fmt.Printf("%T %v\n", event, event)
		}
		for _, effect := range out.Effects {
			if send, ok := effect.(provider.Send); ok {
				sent = append(sent, send.Bytes)
			}
		}
		return sent
	}

	step(provider.Tick{})
	step(provider.Register{User: alice.Party()})

	// Alice connects and shows her key.
	coins := suite.NewCoins(s, suite.Seed{4}, alice.Secret, 1)
	dialling, msg1, _ := channel.Dial(s, alice, channel.RoleUser, mirror.Party(), coins)
	step(provider.Opened{Conn: 1})
	msg2 := step(provider.Received{Conn: 1, Bytes: msg1})[0]
	conn, out, _ := dialling.Finish(msg2, coins)
	step(provider.Received{Conn: 1, Bytes: out[0]})
	frame := step(provider.Received{Conn: 1, Bytes: out[1]})[0]
	_, opened, _ := conn.Open(frame, coins)
	welcome, err := exchange.Parse(s, opened.Data)
	fmt.Printf("%T %v\n", welcome, err)
	// Output:
	// provider.UserSeen {alice}
	// exchange.Welcome <nil>
}

// Limits that are not set are those of the specification.
func ExampleDefaultLimits() {
	l := provider.DefaultLimits()
	fmt.Println(l.Window, l.InFlight, l.Stock, l.Roster)
	// Output:
	// 64 40 4096 1024
}

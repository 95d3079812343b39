package channel_test

import (
	"fmt"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Alice dials a mirror. The caller carries the messages; here nothing is in
// between. Coins are those of one step each.
func Example() {
	s := suite.Default
	alice, _ := identity.NewSelf(s, "alice", [32]byte{1}) // fixed, so that the example
	mirror, _ := identity.NewSelf(s, "mirror", [32]byte{2})
	coins := func(self identity.Self, step uint64) suite.Coins {
		return suite.NewCoins(s, suite.Seed{3}, self.Secret, step)
	}

	dialling, msg1, _ := channel.Dial(s, alice, channel.RoleUser, mirror.Party(), coins(alice, 1))
	answering, msg2, _ := channel.Accept(s, mirror, msg1, coins(mirror, 1))
	hers, out, _ := dialling.Finish(msg2, coins(alice, 2)) // message 3, and her first frame
	its, _ := answering.Finish(out[0])
	its, first, _ := its.Open(out[1], coins(mirror, 2))
	fmt.Println(its.Peer().Role, its.Peer().ID, first.Confirmed)

	its, frame, _ := its.Seal([]byte("welcome"))
	hers, opened, _ := hers.Open(frame, coins(alice, 3))
	fmt.Printf("%s %v, same AK: %v\n", opened.Data, opened.Confirmed, hers.AK() == its.AK())

	_, _, err := hers.Open(frame, coins(alice, 4)) // a replay
	fmt.Println(fault.CheckOf(err))
	// Output:
	// user alice true
	// welcome true, same AK: true
	// F1
}

package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/proofs/game"
)

// NamesThatJoinAlike makes two rosters of names that are the same when they are joined.
var NamesThatJoinAlike = game.Adversary{
	Name:   "names-that-join-alike",
	What:   "Two people add two others each, at once: x and xy the one, xx and y the other. All providers show each its own change alone, and then what the other writes.",
	Source: "the paper's author's own program, which joins the names of a roster without their lengths (plsgt/cowpi, messageToAuthBytes)",
	Games:  []string{"participant-consistency-a"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), insiders()...)
		if err != nil {
			return err
		}
		p.oneKey = true
		return p.apart("alice", "bob", cowpi.Update{Add: those("x", "xy")}, cowpi.Update{Add: those("xx", "y")})
	},
}

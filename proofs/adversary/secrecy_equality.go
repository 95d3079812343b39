package adversary

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// weighers look for somebody who has to do more than others, or may.
var weighers = []game.Adversary{Positions, Newcomers, Burden}

// group lets somebody begin a conversation of a random size, mostly small.
func group(o *game.Oracles) (suite.Hash, []string, error) {
	all := slices.Concat(game.People, game.Crowd)
	o.Rand().Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	n := 3 + o.Rand().IntN(3)
	if o.Rand().IntN(8) == 0 {
		n = 6 + o.Rand().IntN(7)
	}
	sid, err := o.Create(string(all[0]), all[1:n]...)
	if err == nil {
		err = o.Advance(20_000) // receipts of large groups take their time
	}
	var names []string
	for _, id := range all[:n] {
		names = append(names, string(id))
	}
	return sid, names, err
}

// weighSome weighs a random action. In groups above eight it is one that needs no
// prekeys: the stocks of these worlds are small, and one that is low for the moment
// would refuse those alone who need it.
func weighSome(o *game.Oracles, sid suite.Hash, names []string) error {
	a := game.Actions[o.Rand().IntN(len(game.Actions))]
	if r, in := o.Roster(names[0], sid); in && r.Len() > 8 {
		a = []game.Action{game.Text, game.RemoveOne}[o.Rand().IntN(2)]
	}
	_, err := o.Weigh(sid, a)
	return err
}

// Positions compares creators and others, first and last in the roster.
var Positions = game.Adversary{
	Name:   "positions",
	What:   "In groups of three to twelve, begun by anybody, it compares what the same action costs each: the creator, the first and the last of the roster, and all between.",
	Source: "the paper, II-C; group chats with administrators: Rösler, Mainka and Schwenk (2018)",
	Games:  []string{"computation-and-trust-equality"},
	Attack: func(o *game.Oracles) error {
		sid, names, err := group(o)
		if err != nil {
			return err
		}
		if o.Rand().IntN(2) == 0 && len(names) < 6 {
			if err := talk(o, sid, 2, names...); err != nil {
				return err
			}
		}
		return weighSome(o, sid, names)
	},
}

// Newcomers compares those who joined, or were restarted, with those who were there.
var Newcomers = game.Adversary{
	Name:   "newcomers",
	What:   "Somebody is added or restarted by somebody; then what the same action costs each is compared.",
	Source: "the paper, II-C: no user is trusted more than any other",
	Games:  []string{"computation-and-trust-equality"},
	Attack: func(o *game.Oracles) error {
		sid, names, err := group(o)
		if err != nil {
			return err
		}
		by, others := someone(o, names)
		in := cowpi.Update{Sid: sid, Restart: []identity.ID{identity.ID(others[0])}}
		if o.Rand().IntN(2) == 0 {
			for _, id := range slices.Concat(game.People, game.Crowd) {
				if !slices.Contains(names, string(id)) {
					in = cowpi.Update{Sid: sid, Add: []identity.ID{id}}
				}
			}
		}
		if err := script(does(o, by, in), o.Settle); err != nil {
			return err
		}
		if err := o.Advance(20_000); err != nil {
			return err
		}
		return weighSome(o, sid, names)
	},
}

// Burden makes things hard for one participant before it compares.
var Burden = game.Adversary{
	Name:   "burden",
	What:   "The network holds one participant's uploads while the others write, or keeps it offline, or lets it crash; then what the same action costs each is compared.",
	Source: "resource exhaustion of a single member",
	Games:  []string{"computation-and-trust-equality"},
	Attack: func(o *game.Oracles) error {
		sid, names, err := group(o)
		if err != nil {
			return err
		}
		victim, others := someone(o, names)
		if o.Rand().IntN(2) == 0 {
			if err := o.Offline(victim, true); err != nil {
				return err
			}
		}
		for i := range 3 {
			if err := script(
				saysIn(o, others[i%len(others)], sid, fmt.Sprint("text ", i)),
				saysIn(o, victim, sid, fmt.Sprint("held ", i)),
				holding(o, from(victim)),
			); err != nil {
				return err
			}
		}
		if err := o.Offline(victim, false); err != nil {
			return err
		}
		if o.Rand().IntN(2) == 0 {
			if err := o.Crash(victim); err != nil {
				return err
			}
		}
		if err := o.Settle(); err != nil {
			return err
		}
		if err := o.Advance(20_000); err != nil {
			return err
		}
		return weighSome(o, sid, names)
	},
}

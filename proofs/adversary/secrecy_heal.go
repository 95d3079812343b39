package adversary

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// ReadThenTalk is the usual definition of healing.
var ReadThenTalk = game.Adversary{
	Name:   "read-then-talk",
	What:   "One or several states are read, prekeys in stock included. Everybody writes until all pairs have healed; then comes the text.",
	Source: "Cohn-Gordon, Cremers and Garratt, On post-compromise security (2016)",
	Games:  []string{"backward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		m := newMiner(o.Suite())
		for _, p := range some(o, insiders()) {
			st, err := o.Read(p)
			if err != nil {
				return err
			}
			m.take(st)
		}
		if err := talk(o, o.Main(), 2+o.Rand().IntN(2), insiders()...); err != nil {
			return err
		}
		author, _ := someone(o, insiders())
		if err := challenge(o, author, o.Main()); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		return mine(o, m, author, o.Main())
	},
}

// some draws one or several.
func some(o *game.Oracles, list []string) []string {
	list = slices.Clone(list)
	o.Rand().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:1+o.Rand().IntN(len(list))]
}

// ReadThenRestart is for healing by a restart.
var ReadThenRestart = game.Adversary{
	Name:   "read-then-restart",
	What:   "Somebody's state is read; it replaces its stock, and is restarted. What was read is tried on the text that follows.",
	Source: "this project's design: a restart heals at once, if the stock was replaced (SPEC.md, 7.5)",
	Games:  []string{"backward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		m := newMiner(o.Suite())
		victim, others := someone(o, insiders())
		st, err := o.Read(victim)
		if err != nil {
			return err
		}
		m.take(st)
		if err := o.Do(victim, cowpi.ReplaceStock{}); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		if err := o.Do(others[0], cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(victim)}}); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		author, _ := someone(o, insiders())
		if err := challenge(o, author, o.Main()); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		return mine(o, m, author, o.Main())
	},
}

// ReadAfterWandering reads at the end of anything that may happen.
var ReadAfterWandering = game.Adversary{
	Name:   "read-after-wandering",
	What:   "Anything happens, at random, before and after a text is written: texts, restarts, crashes, uploads held and refused. At the end everybody's state is read.",
	Source: "a random search",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		if err := wander(o, 2); err != nil {
			return err
		}
		author, _ := someone(o, insiders())
		if err := challenge(o, author, o.Main()); err != nil {
			return err
		}
		if err := wander(o, 5); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		return mine(o, newMiner(o.Suite()), author, o.Main(), insiders()...)
	},
}

// ReadThenWander reads at the beginning of anything that may happen.
var ReadThenWander = game.Adversary{
	Name:   "read-then-wander",
	What:   "Some states are read; then anything happens, at random; then a text is written.",
	Source: "a random search",
	Games:  []string{"backward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		m := newMiner(o.Suite())
		for _, p := range some(o, insiders()) {
			st, err := o.Read(p)
			if err != nil {
				return err
			}
			m.take(st)
		}
		if err := wander(o, 6); err != nil {
			return err
		}
		if err := talk(o, o.Main(), o.Rand().IntN(4), insiders()...); err != nil {
			return err
		}
		author, _ := someone(o, insiders())
		if err := challenge(o, author, o.Main()); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		return mine(o, m, author, o.Main())
	},
}

// wander lets some things happen in Main, at random.
func wander(o *game.Oracles, things int) error {
	for range things {
		if err := wanderOnce(o); err != nil {
			return err
		}
	}
	return nil
}

func wanderOnce(o *game.Oracles) error {
	r := o.Rand()
	who, others := someone(o, insiders())
	switch r.IntN(9) {
	case 0, 1, 2:
		return ignore(o.Say(who, o.Main(), fmt.Sprintf("%s: %d", who, r.Uint64())))
	case 3:
		return ignore(o.Do(who, cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(others[0])}}))
	case 4:
		return o.SettleHolding(from(who))
	case 5:
		return o.Crash(who)
	case 6:
		for range r.IntN(40) {
			if more, err := o.Step(); err != nil || !more {
				return err
			}
		}
		return nil
	case 7:
		return ignore(o.Do(who, cowpi.ReplaceStock{}))
	}
	return o.Settle()
}

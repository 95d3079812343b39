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
		m, err := reading(o, some(o, insiders())...)
		if err != nil {
			return err
		}
		if err := talk(o, o.Main(), 2+o.Rand().IntN(2), insiders()...); err != nil {
			return err
		}
		return tried(o, m)
	},
}

// reading reads the states of some.
func reading(o *game.Oracles, who ...string) (*miner, error) {
	m := newMiner(o.Suite())
	for _, p := range who {
		st, err := o.Read(p)
		if err != nil {
			return nil, err
		}
		m.take(st)
	}
	return m, nil
}

// tried lets somebody in Main write the challenge, and tries on it what the miner has.
func tried(o *game.Oracles, m *miner) error {
	author, _ := someone(o, insiders())
	if err := script(challenged(o, author, o.Main()), o.Settle); err != nil {
		return err
	}
	return mine(o, m, author, o.Main())
}

// some draws one or several.
func some(o *game.Oracles, list []string) []string {
	list = slices.Clone(list)
	o.Rand().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:1+o.Rand().IntN(len(list))]
}

// ReadThenRestart is for healing by a restart.
var ReadThenRestart = game.Adversary{
	Name: "read-then-restart",
	What: "Somebody's state is read; it replaces its stock, and is restarted. Before it has said anything, one of the others writes: " +
		"all exponents that were read are tried on the prekeys that this names.",
	Source: "this project's design: a restart heals at once, if the stock was replaced (SPEC.md, 7.5)",
	Games:  []string{"backward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		victim, others := someone(o, insiders())
		m, err := reading(o, victim)
		if err != nil {
			return err
		}
		author, silent := oneOf(o, others...), from(victim) // what the victim says brings keys that heal anyway
		if err := script(
			does(o, victim, cowpi.ReplaceStock{}),
			o.Settle,
			does(o, others[0], cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(victim)}}),
			holding(o, silent),
			challenged(o, author, o.Main()),
			holding(o, silent),
			o.Settle,
		); err != nil {
			return err
		}
		if err := m.see(o); err != nil {
			return err
		}
		for _, st := range m.starts {
			if st.sid != o.Main() || st.to.ID != identity.ID(victim) || st.to.Joined == 0 {
				continue
			}
			for _, k := range m.own {
				k.ref = st.header.Ref
				m.derive(k)
			}
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
		m, err := reading(o, some(o, insiders())...)
		if err != nil {
			return err
		}
		if err := wander(o, 6); err != nil {
			return err
		}
		if err := talk(o, o.Main(), o.Rand().IntN(4), insiders()...); err != nil {
			return err
		}
		return tried(o, m)
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

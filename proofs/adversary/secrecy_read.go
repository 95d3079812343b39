package adversary

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// readers read states, and open with what they find what they can.
var readers = []game.Adversary{ReadAfterwards, ReadAfterPrekeys, ReadAfterAssigned, ReadAfterRefusal, ReadAfterStop, ReadAfterStopAtRestart, ReadAfterStopAndRestart, ReadAfterHandingBack, ReadAfterCrossing, ReadAfterWandering,
	ReadThenTalk, ReadThenRestart, ReadThenWander}

// mine reads people's states now, and guesses by what follows from all that is known.
func mine(o *game.Oracles, m *miner, author string, sid suite.Hash, people ...string) error {
	for _, p := range people {
		st, err := o.Read(p)
		if err != nil {
			return err
		}
		m.take(st)
	}
	if err := m.see(o); err != nil {
		return err
	}
	m.derive()
	return decide(o, m.read(sid, identity.ID(author)))
}

// ReadAfterwards reads everybody as soon as a text was processed.
var ReadAfterwards = game.Adversary{
	Name:   "read-afterwards",
	What:   "A text is written and processed; then everybody's state is read, and whatever follows from these is tried on every block.",
	Source: "the usual definition of forward secrecy; Unger et al., SoK: Secure Messaging (2015)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		author, _ := someone(o, insiders())
		if err := talk(o, o.Main(), o.Rand().IntN(2), insiders()...); err != nil {
			return err // chains go on, or begin anew
		}
		if err := script(challenged(o, author, o.Main()), o.Settle); err != nil {
			return err
		}
		if err := talk(o, o.Main(), o.Rand().IntN(2), insiders()...); err != nil {
			return err
		}
		return mine(o, newMiner(o.Suite()), author, o.Main(), insiders()...)
	},
}

// talk lets several of these people write, one after the other: never twice the same.
func talk(o *game.Oracles, sid suite.Hash, times int, people ...string) error {
	last := ""
	for range times {
		list := people
		if i := slices.Index(people, last); i >= 0 && len(people) > 1 {
			list = slices.Delete(slices.Clone(people), i, i+1)
		}
		p, _ := someone(o, list)
		last = p
		if err := script(saysIn(o, p, sid, fmt.Sprintf("%s: %d", p, o.Rand().Uint64())), o.Settle); err != nil {
			return err
		}
	}
	return nil
}

// ReadAfterPrekeys is for the first chains of pairs, which begin with prekeys.
var ReadAfterPrekeys = game.Adversary{
	Name:   "read-after-prekeys",
	What:   "A text is among the first in a new conversation, or after a restart, so that its blocks follow from prekeys; then everybody's state is read.",
	Source: "the wiping of prekeys in X3DH-like handshakes: Cohn-Gordon et al., A formal security analysis of the Signal protocol (2017)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error { return readAfterPrekeys(o, false) },
}

// ReadAfterAssigned is the same for prekeys that nobody fetched.
var ReadAfterAssigned = game.Adversary{
	Name:   "read-after-assigned-prekeys",
	What:   "As read-after-prekeys; but somebody else began or restarted, so that the text's blocks follow from prekeys that were assigned.",
	Source: "this project, SPEC.md, 6.6",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error { return readAfterPrekeys(o, true) },
}

func readAfterPrekeys(o *game.Oracles, assigned bool) error {
	prekeys := map[pair.KeyID]suite.Point{}
	for _, p := range o.Providers() {
		p.Corrupt = noting(prekeys)
	}
	m := newMiner(o.Suite())
	author, others := someone(o, insiders())
	in := cowpi.Input(cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(others[0])}})
	by, quiet := author, others
	if assigned {
		by, quiet = others[1], others[:1]
	}
	if o.Rand().IntN(2) == 0 {
		in = cowpi.Create{With: slices.DeleteFunc(those(insiders()...), func(id identity.ID) bool { return string(id) == by })}
	}
	// Nobody answers yet: an answer would bring a key that is no prekey.
	if err := o.Do(by, in); err != nil {
		return err
	}
	silent := func(a, b string) bool { return b == "router" && slices.Contains(quiet, a) }
	if err := o.SettleHolding(silent); err != nil {
		return err
	}
	if err := m.see(o); err != nil {
		return err
	}
	sid := m.entries[len(m.entries)-1].d.Sid
	if err := script(challenged(o, author, sid), holding(o, silent), o.Settle); err != nil {
		return err
	}
	if err := mine(o, m, author, sid, insiders()...); err != nil {
		return err
	}
	m.respondWithout(prekeys)
	return decide(o, m.read(sid, identity.ID(author)))
}

// noting notes all prekeys that a provider hands out.
func noting(prekeys map[pair.KeyID]suite.Point) cowpitest.Tamper {
	return func(_ identity.ID, m exchange.Message) []exchange.Message {
		switch m := m.(type) {
		case exchange.Fetched:
			for _, k := range m.Keys {
				prekeys[k.Prekey.ID] = k.Prekey.Y
			}
		case exchange.Delivery:
			for _, a := range m.Assigned {
				prekeys[a.Theirs.ID] = a.Theirs.Y
			}
		}
		return []exchange.Message{m}
	}
}

// from holds what somebody says to the router.
func from(who string) cowpitest.Hold {
	return func(a, b string) bool { return a == who && b == "router" }
}

// ReadAfterRefusal is for blocks that nobody ever opened.
var ReadAfterRefusal = game.Adversary{
	Name: "read-after-refusal",
	What: "An upload of the text is held until the conversation is in another epoch, so that it is refused, and the text uploaded again; " +
		"when that was processed, everybody's state is read, and tried on the blocks of the first upload.",
	Source: "this project's design: keys of what was never delivered (SPEC.md, 7.2)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		author, others := someone(o, insiders())
		if err := talk(o, o.Main(), o.Rand().IntN(3), others...); err != nil {
			return err
		}
		if err := challenge(o, author, o.Main()); err != nil {
			return err
		}
		update := cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(others[1])}}
		if o.Rand().IntN(2) == 0 {
			update = cowpi.Update{Sid: o.Main(), Remove: []identity.ID{identity.ID(others[1])}}
		}
		if err := script(does(o, others[0], update), holding(o, from(author)), o.Settle); err != nil {
			return err
		}
		if err := o.Advance(2000); err != nil {
			return err
		}
		for _, p := range []string{others[0], author} {
			if err := talk(o, o.Main(), 1, p); err != nil {
				return err
			}
		}
		return mine(o, newMiner(o.Suite()), author, o.Main(), insiders()...)
	},
}

// ReadAfterStop is for the keys of those who are out.
var ReadAfterStop = game.Adversary{
	Name:   "read-after-stop",
	What:   "The providers garble a block, so that somebody stops there. The others do not know, and write to it under the old pairs. Then its state is read.",
	Source: "this project's design: keys of those who are out (SPEC.md, 6.6 and 10.7)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error { return readAfterStop(o, outright) },
}

// ReadAfterStopAtRestart is the same where the entry assigned prekeys.
var ReadAfterStopAtRestart = game.Adversary{
	Name:   "read-after-stop-at-restart",
	What:   "As read-after-stop; but it stops at the UPDATE that restarts it: it is written to under prekeys that it was assigned there.",
	Source: "this project's design: keys of those who are out (SPEC.md, 6.6 and 10.7)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error { return readAfterStop(o, atItsRestart) },
}

// ReadAfterStopAndRestart is the same where a later entry assigned prekeys.
var ReadAfterStopAndRestart = game.Adversary{
	Name:   "read-after-stop-and-restart",
	What:   "As read-after-stop; but behind it the author is restarted: it writes under prekeys that were assigned to the one who is out.",
	Source: "this project's design: keys of those who are out (SPEC.md, 6.6 and 10.7)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error { return readAfterStop(o, anothersRestart) },
}

// Where somebody stops.
const (
	outright = iota
	atItsRestart
	anothersRestart
)

func readAfterStop(o *game.Oracles, way int) error {
	out, others := someone(o, insiders())
	author := others[1]
	restart := func(who string) error {
		return script(does(o, others[0], cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(who)}}), o.Settle)
	}
	for _, p := range o.Providers() {
		p.Corrupt = garble(identity.ID(out))
	}
	if way == atItsRestart {
		if err := restart(out); err != nil {
			return err
		}
	} else if err := talk(o, o.Main(), 1, others[0]); err != nil {
		return err
	}
	for _, p := range o.Providers() {
		p.Corrupt = nil
	}
	if way != anothersRestart && o.Rand().IntN(2) == 0 { // it does not even get what follows
		if err := o.Offline(out, true); err != nil {
			return err
		}
	}
	if way == anothersRestart {
		if err := restart(author); err != nil {
			return err
		}
	}
	if err := script(challenged(o, author, o.Main()), o.Settle); err != nil {
		return err
	}
	return mine(o, newMiner(o.Suite()), author, o.Main(), insiders()...)
}

// ReadAfterHandingBack is for texts that never got a place.
var ReadAfterHandingBack = game.Adversary{
	Name:   "read-after-handing-back",
	What:   "The text's author is offline. It takes the text back, or is removed meanwhile, so that it gets the text back. Then it is read.",
	Source: "this project's design: texts in the outbox (SPEC.md, 7.5 and 10.5)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		author, others := someone(o, insiders())
		if err := o.Offline(author, true); err != nil {
			return err
		}
		if err := script(o.Settle, challenged(o, author, o.Main())); err != nil {
			return err
		}
		if o.Rand().IntN(2) == 0 {
			if err := o.Do(author, cowpi.DiscardTexts{Sid: o.Main()}); err != nil {
				return err
			}
		} else {
			if err := script(does(o, others[0], cowpi.Update{Sid: o.Main(), Remove: []identity.ID{identity.ID(author)}}), o.Settle); err != nil {
				return err
			}
			if err := o.Offline(author, false); err != nil {
				return err
			}
			if err := o.Settle(); err != nil {
				return err
			}
		}
		return mine(o, newMiner(o.Suite()), author, o.Main(), author)
	},
}

// ReadAfterCrossing is for session keys that are never named.
var ReadAfterCrossing = game.Adversary{
	Name: "read-after-crossing",
	What: "Two people write at once, so that each holds two keys of the other. An upload of the text that names the older one is held and refused; the " +
		"text is written again under the newer one, and everybody's state is read.",
	Source: "this project's design: older receive keys go with newer ones (SPEC.md, 7.3)",
	Games:  []string{"forward-secrecy"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		a, others := someone(o, insiders())
		b, c := others[0], others[1]
		silent := func(from, to string) bool { return to == "router" && (from == a || from == b) }
		if err := script(does(o, c, cowpi.Create{With: []identity.ID{identity.ID(a), identity.ID(b)}}), holding(o, silent)); err != nil {
			return err
		}
		for _, l := range o.Letters() { // their receipts cross: each offers the other a key
			if l.ToServer && silent(l.Client, l.Server) {
				if err := o.Deliver(l.Wire, true); err != nil {
					return err
				}
			}
		}
		if err := o.SettleHolding(silent); err != nil {
			return err
		}
		m := newMiner(o.Suite())
		if err := m.see(o); err != nil {
			return err
		}
		sid, ok := m.newest(conversation.SETUP)
		if !ok {
			return nil
		}
		if err := challenge(o, a, sid); err != nil { // names that key of b's
			return err
		}
		if err := o.Say(b, sid, "meanwhile"); err != nil { // offers another
			return err
		}
		if err := script(
			holding(o, from(a)),
			does(o, c, cowpi.Update{Sid: sid, Restart: []identity.ID{identity.ID(c)}}),
			holding(o, from(a)),
			o.Settle,
		); err != nil {
			return err
		}
		return mine(o, m, a, sid, insiders()...)
	},
}

// garble changes the last bit of every block that is delivered to somebody.
func garble(to identity.ID) cowpitest.Tamper {
	return func(user identity.ID, m exchange.Message) []exchange.Message {
		if d, ok := m.(exchange.Delivery); ok && user == to && d.Block != nil {
			d.Block = slices.Clone(d.Block)
			d.Block[len(d.Block)-1] ^= 1
			m = d
		}
		return []exchange.Message{m}
	}
}

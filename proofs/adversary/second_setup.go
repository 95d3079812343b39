package adversary

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// BorrowedSetup begins another conversation by the block that was made for one.
var BorrowedSetup = game.Adversary{
	Name:   "borrowed-setup",
	What:   "Somebody begins a conversation. All providers show one of those invited another SETUP in this name, with fewer people, and the block that was made for the first.",
	Source: "Kobeissi, Bhargavan and Blanchet (2017), Signal: a first message that does not bind its session; this project, 4",
	Games:  []string{"participant-consistency-a"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		third := people3(author, victim)
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if string(to) != victim || b.Type != conversation.SETUP || string(b.AuthorID) != author {
				return []exchange.Message{d}
			}
			list := slices.DeleteFunc(b.Roster.Entries(), func(e conversation.Entry) bool { return string(e.ID) == third })
			r, err := conversation.NewRoster(o.Suite(), list)
			if err != nil {
				return nil
			}
			b.Roster = r
			b.Seal(o.Suite())
			return []exchange.Message{exchange.Delivery{Sid: b.Sid, Data: b.Raw(), Block: d.Block}}
		})
		_, err := o.Create(author, those(victim, third)...)
		return err
	},
}

// UpdateFromElsewhere shows a change of one roster as that of another.
var UpdateFromElsewhere = game.Adversary{
	Name:   "update-from-elsewhere",
	What:   "Somebody begins two conversations with the same people, and an epoch in one of them; all providers show that to a reader as the next of the other.",
	Source: "Kobeissi et al. (2017), sessions that do not bind their messages; Roesler et al. (2018), forged group management",
	Games:  []string{"participant-consistency-a"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		with := those(victim, people3(author, victim))
		here, err := o.Create(author, with...)
		if err != nil {
			return err
		}
		there, err := o.Create(author, with...)
		if err != nil {
			return err
		}
		h, _ := o.Head(victim, there)
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if string(to) == victim && d.Sid == here && b.Type == conversation.UPDATE {
				d.Sid, d.Index, d.Head, d.Before = there, h.Next, h.Next, h.Digest
			}
			return []exchange.Message{d}
		})
		return script(does(o, author, cowpi.Update{Sid: here, Restart: those(author)}), o.Settle)
	},
}

// TwoBeginnings begins one conversation twice.
var TwoBeginnings = game.Adversary{
	Name: "two-beginnings",
	What: "A corrupt user shows two people, with the help of all providers, two SETUPs of one Sid: with two rosters, or, beside that of somebody honest, " +
		"one that says that it was hers.",
	Source: "Bohli, González Vasco and Steinwandt (2007), Secure group key establishment revisited: session identifiers; this project, 8.2",
	Games:  []string{"untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		keys, err := manyKeys(o, other, 3)
		if err != nil || keys == nil {
			return err
		}
		f := newForger(o, eve.Self)
		var first *conversation.DataBlock
		people := entries(eve.Self.Party(), party(o, one), party(o, other))
		if o.Rand().IntN(2) == 0 {
			if first, err = beganWithout(o, one, other); err != nil || first == nil {
				return err
			}
		} else {
			mine, err := manyKeys(o, one, 2)
			if err != nil || mine == nil {
				return err
			}
			m, _, err := f.setup(o.ProviderSet(), people, party(o, one), mine[0])
			if err != nil {
				return err
			}
			m.Assigned = dueTo(o, people, one, mine[1:])
			o.Providers()
			if err := sayAll(o, identity.ID(one), m); err != nil {
				return err
			}
			if first, err = conversation.Parse(o.Suite(), m.Data); err != nil {
				return err
			}
			people = append(people, conversation.Entry{Party: party(o, "dave")})
		}
		second := conversation.DataBlock{Type: conversation.SETUP, Nonce: first.Nonce, AuthorID: "eve", Providers: first.Providers}
		if second.Roster, err = conversation.NewRoster(o.Suite(), people); err != nil {
			return err
		}
		m := exchange.Delivery{Sid: first.Sid, Data: called(o, &second, first.Sid), Assigned: dueTo(o, people, other, keys[1:])}
		if m.Block, err = f.first(m.Sid, conversation.HashOf(o.Suite(), m.Data), party(o, other), keys[0]); err != nil {
			return err
		}
		if err := sayAll(o, identity.ID(other), m); err != nil {
			return err
		}
		return script(func() error { return o.Offline(one, true) }, func() error { return o.Offline(other, true) }) // they would ask for ever
	},
}

// called is the encoding of a SETUP under a Sid that may not be its own.
func called(o *game.Oracles, d *conversation.DataBlock, sid suite.Hash) []byte {
	raw := bytes.Clone(d.Seal(o.Suite()).Raw())
	copy(raw[3:], sid[:]) // behind version and suite
	return raw
}

// beganWithout lets somebody begin a conversation with another and eve, and keeps all of it
// from the other. It returns the SETUP.
func beganWithout(o *game.Oracles, author, other string) (setup *conversation.DataBlock, err error) {
	conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
		if string(b.AuthorID) == author && b.Type == conversation.SETUP {
			setup = b
		}
		if string(to) == other && setup != nil && d.Sid == setup.Sid {
			return nil
		}
		return []exchange.Message{d}
	})
	_, err = o.Create(author, identity.ID(other), "eve")
	return setup, err
}

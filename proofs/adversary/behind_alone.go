package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// LaterEpoch lets alice write in an epoch, charlie lead everybody but her through two
// more, until the roster is what it was, and shows bob then what she wrote.
var LaterEpoch = game.Adversary{
	Name:   "later-epoch",
	What:   "All providers show bob, in a later epoch with the same roster, all that alice wrote in an earlier one.",
	Source: "replay across epochs: RFC 9750 (MLS architecture), 5.2",
	Games:  []string{"message-integrity"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), "alice", "bob", "charlie")
		if err != nil {
			return err
		}
		// For those who are named dave comes and goes. What alice says when he has gone is kept.
		andBack := func(among ...string) func() error {
			change := func(in cowpi.Update) func() error {
				return func() error {
					return script(update(o, "charlie", in), o.Settle, p.pass("charlie", conversation.UPDATE, among...), o.Settle)
				}
			}
			return func() error {
				return script(change(cowpi.Update{Add: those("dave")}), p.relay(among...), change(cowpi.Update{Remove: those("dave")}), p.relay("bob", "charlie"))
			}
		}
		return script(
			andBack("alice", "bob", "charlie"),
			p.pass("alice", conversation.RCPT, "alice"),
			says(o, "alice", "Between the times."),
			o.Settle,
			andBack("bob", "charlie"),
			p.pass("alice", conversation.RCPT, "bob"),
			p.pass("alice", conversation.MSG, "bob"),
			o.Settle,
		)
	},
}

// StrangerSetup begins a conversation of others.
var StrangerSetup = game.Adversary{
	Name:   "stranger-setup",
	What:   "A corrupt user makes a SETUP in whose roster it is not; all providers deliver it.",
	Source: "burglar into the group: Roesler, Mainka, Schwenk (2018), 5.1; this project, V5",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		f, reader, prekey, err := beginner(o)
		if err != nil || prekey == nil {
			return err
		}
		m, _, err := f.setup(o.ProviderSet(), entries(reader), reader, *prekey)
		if err != nil {
			return err
		}
		o.Providers()
		return sayAll(o, reader.ID, m)
	},
}

// LedOnByItself brings back one that is out, in its own name.
var LedOnByItself = game.Adversary{
	Name:   "led-on-by-itself",
	What:   "Somebody leaves, or is removed. All providers deliver it an UPDATE of its own, which it never made, and which adds it again.",
	Source: "this project, D6 and D4",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		if o.Setting().Honest != game.None {
			return nil
		}
		other, victim := two(o)
		id := identity.ID(victim)
		goes := does(o, victim, cowpi.Leave{Sid: o.Main()})
		if o.Rand().IntN(2) == 0 {
			goes = update(o, other, cowpi.Update{Remove: those(victim)})
		}
		if err := script(goes, o.Settle); err != nil {
			return err
		}
		o.Providers()
		h, r := must(o.Head(other, o.Main())), must(o.Roster(other, o.Main()))
		d := &conversation.DataBlock{Sid: o.Main(), Type: conversation.UPDATE, Epoch: h.Epoch, RosterDigest: r.Digest(), Seq: 1, K: h.Next - 1,
			AuthorID: id, Providers: o.ProviderSet().Digest(o.Suite())}
		var err error
		if d.Roster, err = conversation.NewRoster(o.Suite(), append(r.Entries(), conversation.Entry{Party: party(o, victim), Joined: h.Epoch + 1})); err != nil {
			return err
		}
		return script(
			func() error {
				return sayAll(o, id, exchange.Delivery{Sid: o.Main(), Index: h.Next, Head: h.Next, Before: h.Digest, Data: d.Seal(o.Suite()).Raw()})
			},
			func() error { return o.Offline(victim, true) }, // its view is its own: it would ask for ever
		)
	},
}

package adversary

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// RostersApart lets two people change the roster of Side at once, shows each its own
// change alone, and then each the other's texts. The pair of the two does not change.
var RostersApart = game.Adversary{
	Name:   "rosters-apart",
	What:   "Two UPDATEs are made at once; all providers show each author its own alone, and then what the other writes.",
	Source: "commit races and forks by the delivery service: RFC 9750 (MLS architecture), 5.2",
	Games:  []string{"participant-consistency-a", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Side(), "alice", "bob", "charlie", "dave", "eve")
		if err != nil {
			return err
		}
		one, other := cowpi.Update{Restart: those("charlie")}, cowpi.Update{Restart: those("dave")}
		switch o.Rand().IntN(5) {
		case 0:
			one = cowpi.Update{Remove: those("charlie")}
		case 1: // restarts alone
		case 2:
			one, other = cowpi.Update{Remove: those("charlie")}, cowpi.Update{Remove: those("dave", "eve")}
		case 3: // somebody whom nobody has met, under two keys
			one, other = cowpi.Update{Add: those("zoe")}, cowpi.Update{Add: those("zoe")}
		case 4: // two such, under one key
			p.oneKey = true
			one, other = cowpi.Update{Add: those("zoe")}, cowpi.Update{Add: those("zed")}
		}
		return p.apart("alice", "bob", one, other)
	},
}

// apart lets two people change the roster at once, shows each its own change alone, and
// then what the other writes.
func (p *puppets) apart(a, b string, one, other cowpi.Update) error {
	one.Sid, other.Sid = p.sid, p.sid
	return script(
		does(p.o, a, one),
		does(p.o, b, other),
		p.o.Settle,
		p.answer,
		p.pass(a, conversation.UPDATE, a),
		p.pass(b, conversation.UPDATE, b),
		p.o.Settle,
		p.relay(a), // receipts
		p.relay(b),
		saysIn(p.o, a, p.sid, a+" is in an epoch of its own"),
		saysIn(p.o, b, p.sid, b+" is in an epoch of its own"),
		p.o.Settle,
		p.receipts(a, b),
		p.receipts(b, a),
		p.pass(a, conversation.MSG, b),
		p.pass(b, conversation.MSG, a),
	)
}

// StaleEpoch leads alice through two epochs, until the roster is what it was, and
// shows bob, who was told of neither, what she writes then. Numbers are made to fit.
var StaleEpoch = game.Adversary{
	Name:   "stale-epoch",
	What:   "All providers show bob, in an old epoch, what alice writes in a later one with the same roster; seq and k fit.",
	Source: "replay across epochs: RFC 9750 (MLS architecture), 5.2",
	Games:  []string{"participant-consistency-a", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), "alice", "bob", "charlie")
		if err != nil {
			return err
		}
		var seq uint64 // what bob expects of alice next
		const more = 6 // texts of bob's, so that alice's k is not from the future
		return script(
			says(o, "alice", "the last that bob has of alice"),
			o.Settle,
			p.relay("alice", "bob"),
			p.relay("alice"),
			update(o, "alice", cowpi.Update{Add: those("dave")}),
			o.Settle,
			p.relay("alice"),
			p.relay("alice"),
			update(o, "alice", cowpi.Update{Remove: those("dave")}),
			o.Settle,
			p.relay("alice"),
			func() error {
				for _, s := range p.said {
					if s.by == "alice" && s.block.Epoch == 0 {
						seq = s.block.Seq // of the UPDATE, which bob does not have
					}
				}
				for i := range seq {
					if err := o.Say("alice", o.Main(), fmt.Sprintf("alice, two epochs later, %d", i)); err != nil {
						return err
					}
				}
				for i := range more {
					if err := o.Say("bob", o.Main(), fmt.Sprintf("bob, to himself, %d", i)); err != nil {
						return err
					}
				}
				return o.Settle()
			},
			p.relay("bob"),
			p.pass("alice", conversation.MSG, "alice"), // after a change one goes out until one is accepted
			o.Settle,
			func() error {
				for _, t := range p.all("alice", conversation.MSG) {
					if t.block.Epoch > 0 && t.block.Seq == seq {
						return p.tell(t, "bob")
					}
				}
				return nil
			},
		)
	},
}

// DesertedEpoch tells the author of an UPDATE that it was refused, and shows it to those
// alone whom it brings in.
var DesertedEpoch = game.Adversary{
	Name:   "deserted-epoch",
	What:   "All providers refuse alice's UPDATE, show it to the joiners alone, and let these acknowledge each other and write.",
	Source: "ghost participants; the UPDATE that was refused of SPEC.md, 10.4",
	Games:  []string{"participant-consistency-a"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), "alice", "bob", "charlie")
		if err != nil {
			return err
		}
		return script(
			update(o, "alice", cowpi.Update{Add: those("dave", "eve")}),
			o.Settle,
			p.refuse("alice", conversation.UPDATE, exchange.ReasonNoStock),
			p.pass("alice", conversation.UPDATE, "dave", "eve"),
			o.Settle,
			says(o, oneOf(o, "dave", "eve"), "nobody but a joiner hears this"),
			o.Settle,
			p.relay("dave", "eve"),
			p.relay("dave", "eve"),
		)
	},
}

// GhostInvites is DesertedEpoch, but the joiner brings in the next.
var GhostInvites = game.Adversary{
	Name:   "ghost-invites",
	What:   "All providers refuse alice's UPDATE and show it to the joiner alone; the joiner adds another, who acknowledges, and writes.",
	Source: "ghost participants; the UPDATE that was refused of SPEC.md, 10.4",
	Games:  []string{"participant-consistency-a"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), "alice", "bob", "charlie")
		if err != nil {
			return err
		}
		group := [][]string{{"dave", "eve"}, {"eve", "dave"}}[o.Rand().IntN(2)]
		return script(
			update(o, "alice", cowpi.Update{Add: those(group[0])}),
			o.Settle,
			p.refuse("alice", conversation.UPDATE, exchange.ReasonNoStock),
			p.pass("alice", conversation.UPDATE, group[0]),
			o.Settle,
			p.relay(group...),
			update(o, group[0], cowpi.Update{Add: those(group[1])}),
			o.Settle,
			p.relay(group...),
			says(o, group[0], "the first of two that nobody asked in"),
			says(o, group[1], "the second"),
			o.Settle,
			p.relay(group...),
			p.relay(group...),
		)
	},
}

// AlteredUpdate shows bob another UPDATE than the one that alice made.
var AlteredUpdate = game.Adversary{
	Name:   "altered-update",
	What:   "All providers change the roster in alice's UPDATE on its way to bob.",
	Source: "forged group management: Roesler, Mainka, Schwenk (2018), 5",
	Games:  []string{"participant-consistency-a", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), "alice", "bob", "charlie")
		if err != nil {
			return err
		}
		return script(
			update(o, "alice", oneOf(o, cowpi.Update{Remove: those("charlie")}, cowpi.Update{Restart: those("charlie")})),
			o.Settle,
			func() error {
				for _, u := range p.all("alice", conversation.UPDATE) {
					d := *u.block
					list := d.Roster.Entries()
					for i := range list {
						if list[i].ID == "charlie" {
							list = append(list[:i], list[i+1:]...)
							break
						}
					}
					if len(list) == d.Roster.Len() { // removed already: keep him
						old, _ := o.Roster("bob", o.Main())
						e, _ := old.Find("charlie")
						e.Joined = d.NewEpoch()
						list = append(list, e)
					}
					if d.Roster, err = conversation.NewRoster(o.Suite(), list); err != nil {
						return err
					}
					u.upload.Data, u.block = d.Seal(o.Suite()).Raw(), &d
				}
				return nil
			},
			p.pass("alice", conversation.UPDATE, "bob"),
			o.Settle,
		)
	},
}

// ForgedOwn shows alice what she never wrote, as her own: there is no block to open.
var ForgedOwn = game.Adversary{
	Name:   "forged-own",
	What:   "All providers show alice an UPDATE, or a text, of her own that she never made, in its right place.",
	Source: "forged group management: Roesler, Mainka, Schwenk (2018), 5; the author's delivery has no block (SPEC.md, 9.2)",
	Games:  []string{"participant-consistency-a", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		p, err := takeAll(o, o.Main(), "alice", "bob", "charlie")
		if err != nil {
			return err
		}
		return script(
			says(o, "alice", "something, so that her seq is known"),
			o.Settle,
			func() error {
				for _, t := range p.all("alice", conversation.MSG) {
					d := *t.block
					d.Type, d.AuthorID, d.Providers = conversation.UPDATE, "alice", o.ProviderSet().Digest(o.Suite())
					old, _ := o.Roster("alice", o.Main())
					var list []conversation.Entry
					for _, e := range old.Entries() {
						if e.ID != identity.ID(oneOf(o, "bob", "charlie")) {
							list = append(list, e)
						}
					}
					if len(list) == old.Len() {
						list = list[:old.Len()-1]
					}
					if d.Roster, err = conversation.NewRoster(o.Suite(), list); err != nil {
						return err
					}
					t.upload.Data, t.block = d.Seal(o.Suite()).Raw(), &d
					if err := p.tell(t, "alice"); err != nil {
						return err
					}
				}
				return nil
			},
			o.Settle,
		)
	},
}

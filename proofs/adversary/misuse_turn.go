package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// TalkToTheStopped goes on talking.
var TalkToTheStopped = game.Adversary{
	Name: "talk-to-the-stopped", What: "A corrupt participant's bad block makes somebody stop; the others go on, and what they say is delivered to it.",
	Source: "Schliep and Hopper, on stopped participants", Games: []string{"robustness", "message-authentication"},
	Attack: func(o *game.Oracles) error {
		name, victim, err := insider(o, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		if err != nil {
			return err
		}
		_ = o.Act(name, cowpi.Send{Sid: o.Main(), Text: []byte("...")})
		return script(o.Settle, says(o, people3(name, victim), "Are you there?"), o.Settle)
	},
}

// Misassigned assigns prekeys to the wrong pairs.
var Misassigned = game.Adversary{
	Name: "misassigned-prekey", What: "All providers deliver a SETUP with too few or too many prekeys for the pairs of others, with those of another pair, or with one that is not in stock.",
	Source: "this project, SPEC.md, 6.4, D5", Games: robust,
	Attack: func(o *game.Oracles) error {
		name, victim := two(o)
		what, told := o.Rand().IntN(4), 0
		conspire(o, func(to identity.ID, d exchange.Delivery, _ *conversation.DataBlock) []exchange.Message {
			if string(to) == victim && len(d.Assigned) > 0 && told < 4 {
				told++
				d.Assigned = slices.Clone(d.Assigned)
				switch what {
				case 0:
					d.Assigned = d.Assigned[1:]
				case 1:
					d.Assigned[0].Peer = identity.ID(people3(name, victim))
				case 2:
					d.Assigned[0].Mine[0] ^= 1
				case 3:
					d.Assigned = append(d.Assigned, exchange.Assigned{Peer: "zoe", Theirs: d.Assigned[0].Theirs, Mine: d.Assigned[0].Mine})
				}
			}
			return []exchange.Message{d}
		})
		if _, err := o.Create("dave", identity.ID(name), identity.ID(victim)); err != nil {
			return err
		}
		return o.Settle()
	},
}

// NeverMade delivers somebody's own upload that it never made.
var NeverMade = game.Adversary{
	Name: "never-made", What: "All providers deliver to somebody a receipt or a text of its own that it never made.", Source: "this project, D4", Games: robust,
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		o.Providers()
		r, h := must(o.Roster(who, o.Main())), must(o.Head(who, o.Main()))
		last := must(o.Last(who, o.Main(), identity.ID(who)))
		d := &conversation.DataBlock{Sid: o.Main(), Type: pick(o, conversation.RCPT, conversation.MSG), Epoch: h.Epoch, RosterDigest: r.Digest(),
			Author: uint16(r.Position(identity.ID(who))), Seq: last.Seq + 1, K: h.Next - 1, Sealed: make([]byte, 64)}
		m := exchange.Delivery{Sid: o.Main(), Index: h.Next, Head: h.Next, Before: h.Digest, Data: d.Seal(o.Suite()).Raw()}
		if o.Setting().Honest != game.None {
			return nil // one that is honest does not deliver it
		}
		return sayAll(o, identity.ID(who), m)
	},
}

// Stray delivers what does not belong there.
var Stray = game.Adversary{
	Name: "stray", What: "All providers deliver a text to one who is not in, an entry under another Sid, or to an index that is far.", Source: "this project, V2, V3, D2", Games: robust,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		if o.Setting().Honest != game.None {
			return nil
		}
		to := pick(o, "dave", victim)
		var kept *exchange.Delivery
		conspire(o, func(who identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if string(who) == victim && d.Block != nil && kept == nil {
				kept = &d
			}
			return []exchange.Message{d}
		})
		if o.Rand().IntN(2) == 0 {
			if _, err := o.Create(author, identity.ID(victim)); err != nil {
				return err
			}
		} else if err := o.Say(author, o.Main(), "Hello."); err != nil {
			return err
		}
		if err := o.Settle(); err != nil || kept == nil {
			return err
		}
		d := *kept
		switch o.Rand().IntN(3) {
		case 0:
			d.Sid[3] ^= 1
		case 1:
			d.Index += uint64(o.Rand().IntN(4))
		}
		return sayAll(o, identity.ID(to), d)
	},
}

// eveUploads lets eve, who is in Side, upload a text or receipt that change spoils, and
// things happen; providers may be honest.
func eveUploads(o *game.Oracles, change func(*conversation.DataBlock), blocks func([][]byte) [][]byte) error {
	eve, err := o.Participant("eve")
	if err != nil {
		return err
	}
	eve.Corrupt = func(up exchange.Upload) exchange.Upload {
		if d, err := conversation.Parse(o.Suite(), up.Data); err == nil && change != nil {
			change(d)
			up.Data = d.Seal(o.Suite()).Raw()
		}
		if blocks != nil {
			up.Blocks = blocks(slices.Clone(up.Blocks))
		}
		return up
	}
	_ = o.Act("eve", cowpi.Send{Sid: o.Side(), Text: []byte("...")})
	for range 300 {
		if more, err := o.Step(); err != nil {
			return err
		} else if !more {
			break
		}
	}
	return o.Offline("eve", true) // she would ask for ever
}

// NobodyWrites has an author that there is not.
var NobodyWrites = game.Adversary{
	Name: "nobody-writes", What: "A corrupt participant uploads a text by author 999, or by others.", Source: "this project, V5", Games: robust,
	Attack: func(o *game.Oracles) error {
		n := pick[uint16](o, 999, 5, 65535, 0)
		h := must(o.Head("alice", o.Side()))
		return eveUploads(o, func(d *conversation.DataBlock) { d.Author, d.Seq, d.K = n, 1, h.Next-1 }, nil)
	},
}

// TooFewBlocks has fewer or more blocks than readers.
var TooFewBlocks = game.Adversary{
	Name: "too-few-blocks", What: "A corrupt participant uploads a text with no block, one too few or too many.", Source: "this project, V14", Games: robust,
	Attack: func(o *game.Oracles) error {
		what := o.Rand().IntN(3)
		return eveUploads(o, nil, func(list [][]byte) [][]byte {
			return [][][]byte{nil, list[1:], append(list, list[0])}[what]
		})
	},
}

// BeforeTheBeginning writes to a conversation that there is not yet.
var BeforeTheBeginning = game.Adversary{
	Name: "before-the-beginning", What: "A corrupt user uploads a text or receipt for the Sid of zeros, or one that nobody knows.", Source: "this project, V3", Games: robust,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		d := &conversation.DataBlock{Type: pick(o, conversation.MSG, conversation.RCPT), Seq: 1, Sealed: make([]byte, 64)}
		if o.Rand().IntN(3) == 0 {
			d.Sid[0] = 1
		}
		up := exchange.Upload{Data: d.Seal(o.Suite()).Raw(), Auths: make([]exchange.Auth, o.Setting().Providers)}
		for i := range o.Setting().Providers {
			_, err := o.Intrude(eve.Self, (i+1)%o.Setting().Providers, func(a *cowpitest.Actor) [][]byte {
				up.Auths[(i+1)%o.Setting().Providers] = a.Authenticate(d.Sid, up.ID(o.Suite()))
				if i < o.Setting().Providers-1 {
					return nil
				}
				return [][]byte{exchange.Encode(up)}
			})
			if err != nil {
				return err
			}
		}
		return nil
	},
}

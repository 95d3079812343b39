package adversary

import (
	"bytes"
	"encoding/binary"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/proofs/game"
)

// RefuseThenOrder refuses an upload, and has it ordered.
var RefuseThenOrder = game.Adversary{
	Name: "refuse-then-order", What: "A corrupt router tells an author that its upload is refused, for whatever reason, and has it ordered all the same.",
	Source: "this project, SPEC.md, 10.5", Games: []string{"robustness", "message-integrity"},
	Attack: func(o *game.Oracles) error {
		author, _ := two(o)
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		s := o.Suite()
		var up *exchange.Upload
		overhear(o, router, func(from identity.ID, m exchange.Message) {
			if x, ok := m.(exchange.Upload); ok && string(from) == author && up == nil {
				up = &x
			}
		})
		if err := o.Say(author, o.Main(), "Once."); err != nil {
			return err
		}
		held := func(from, to string) bool {
			return from == "router" && to != author || from == "mirror1" || from == "mirror2"
		}
		if err := o.SettleHolding(held); err != nil || up == nil {
			return err
		}
		b, err := conversation.Parse(s, up.Data)
		if err != nil {
			return err
		}
		if err := o.SayAs(0, identity.ID(author), exchange.Refused{Sid: b.Sid, Upload: up.ID(s), Seq: b.Seq, Index: b.K, Epoch: b.Epoch,
			Reason: exchange.Reason(1 + o.Rand().IntN(11)), From: "router"}); err != nil {
			return err
		}
		if err := o.SettleHolding(held); err != nil {
			return err
		}
		if err := o.Advance(1500); err != nil {
			return err
		}
		return o.Settle()
	},
}

// Desynchronised has the start of a chain refused.
var Desynchronised = game.Adversary{
	Name: "desynchronised", What: "An upload that starts chains comes too late for its epoch and is refused; its author writes on. Nobody may be blamed, and all must be read.",
	Source: "the paper's author's own program: one refused message parts a pair for ever (plsgt/cowpi)", Games: []string{"robustness", "message-integrity"},
	Attack: func(o *game.Oracles) error {
		author, other := two(o)
		third := people3(author, other)
		hold := func(from, to string) bool { return from == author && to == "router" }
		return script(
			says(o, other, "Ready?"),
			holding(o, hold), // the receipt of that begins a chain
			says(o, author, "Yes."),
			holding(o, hold),
			does(o, third, cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(third)}}),
			holding(o, hold),
			says(o, author, "And go."),
			o.Settle,
		)
	},
}

// Flood says too much of one kind to providers.
var Flood = game.Adversary{
	Name: "flood", What: "A corrupt user uploads batch after batch of prekeys, fetches without using, or uploads while a mirror does not answer.", Source: "this project, SPEC.md, 9.6", Games: robust,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		at := o.Rand().IntN(o.Setting().Providers)
		var say [][]byte
		switch o.Rand().IntN(3) {
		case 0:
			for batch := range uint32(4) {
				m := exchange.Prekeys{Batch: 2 + batch}
				for i := range 30 {
					k := exchange.Prekey{Y: eve.Self.Key}
					binary.BigEndian.PutUint32(k.ID[:], batch<<16|uint32(i)+7)
					m.List = append(m.List, k)
				}
				say = append(say, exchange.Encode(m))
			}
		case 1:
			at = 0
			for i := range 16 {
				say = append(say, exchange.Encode(exchange.Fetch{ID: exchange.FetchID{9, byte(i)}, Sid: o.Side(), IDs: []identity.ID{pick[identity.ID](o, "alice", "bob", "charlie", "dave")}}))
			}
			if _, err := o.Intrude(eve.Self, 0, func(*cowpitest.Actor) [][]byte { return say[:8] }); err != nil {
				return err
			}
			say = say[8:]
		case 2:
			at = 0
			if err := o.Say("alice", o.Main(), "Hello."); err != nil { // in flight for as long as the mirror is silent
				return err
			}
			if err := o.SettleHolding(func(from, _ string) bool { return from == "mirror1" }); err != nil {
				return err
			}
			for i := range uint64(40) {
				d := &conversation.DataBlock{Type: conversation.RCPT, Sid: o.Main(), Seq: 100 + i}
				say = append(say, exchange.Encode(exchange.Upload{Data: d.Seal(o.Suite()).Raw(), Auths: make([]exchange.Auth, o.Setting().Providers)}))
			}
		}
		_, err = o.Intrude(eve.Self, at, func(*cowpitest.Actor) [][]byte { return say })
		return err
	},
}

// FloodOfDeliveries says too much to a user.
var FloodOfDeliveries = game.Adversary{
	Name: "flood-of-deliveries", What: "One provider delivers a thousand entries that no other has, of one conversation; or says again and again that no prekeys are left; or names hand-outs far ahead.",
	Source: "this project, D7, T3", Games: robust,
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		i := o.Rand().IntN(o.Setting().Providers)
		if _, err := o.Provider(i); err != nil {
			return nil
		}
		h := must(o.Head(who, o.Main()))
		long := o.Rand().IntN(24) == 0 // it takes long: not in every trial
		for n := range uint64(40) + 520*uint64(b2i(long)) {
			if err := o.SayAs(i, identity.ID(who), exchange.Delivery{Sid: o.Main(), Index: h.Next + 1 + n, Head: h.Next + n}); err != nil {
				return err
			}
		}
		if long { // what it says wrong would cost it its connection, and all that waits there
			return steps(o, 2800)
		}
		for n := range uint64(4) {
			if err := o.SayAs(i, identity.ID(who), exchange.Handouts{First: 1 << (10 * n), List: []exchange.Handout{{Kind: exchange.HandoutWithdrawn, Prekey: pair.KeyID{1}}}}); err != nil {
				return err
			}
			if err := o.SayAs(i, identity.ID(who), exchange.LowStock{}); err != nil {
				return err
			}
		}
		return steps(o, 700)
	},
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// FalseLog writes into the log between providers what does not fit.
var FalseLog = game.Adversary{
	Name: "false-log", What: "A corrupt router or mirror writes log messages twice, for other indices, with more or fewer entries, with other picks, or made up: Propose, Commit, Pick, Expire, Withdraw, Verdict.",
	Source: "this project, M1 to M8", Games: robust,
	Attack: func(o *game.Oracles) error {
		i := o.Rand().IntN(o.Setting().Providers)
		p, err := o.Provider(i)
		if err != nil {
			return nil
		}
		left := 2
		kind := pick[byte](o, 1, 1, 2, 3, 3, 16, 17, 18, 18)
		p.Log = func(m []byte) [][]byte {
			if left == 0 || m[0] != kind {
				return [][]byte{m}
			}
			left--
			x := bytes.Clone(m)
			switch o.Rand().IntN(6) {
			case 0: // more, or fewer, of the last number
				x[len(x)-1] += byte(1 + o.Rand().IntN(3))
			case 1: // twice
				return [][]byte{m, m}
			case 2: // the index
				if at := 1 + 32 + 7; kind <= 2 && len(x) > at {
					x[at] += byte(1 + o.Rand().IntN(200))
				} else if kind == 18 && len(x) > 50 {
					x[50] += byte(1 + o.Rand().IntN(3)) // accepted
				}
			case 3:
				x = x[:o.Rand().IntN(len(x))]
			case 4:
				return [][]byte{m, flipped(o, m, 0)}
			case 5:
				x[min(len(x)-1, len(x)-1-o.Rand().IntN(8))] ^= 1 << o.Rand().IntN(3)
			}
			if len(x) == 0 {
				return [][]byte{m}
			}
			return [][]byte{x}
		}
		for n := range 2 {
			switch o.Rand().IntN(4) {
			case 0:
				if _, err := o.Create(pick(o, "alice", "bob"), "charlie", "dave"); err != nil {
					return err
				}
			case 1:
				if err := o.Do("alice", cowpi.Update{Sid: o.Main(), Restart: []identity.ID{"bob"}}); err != nil {
					return err
				}
			default:
				if err := o.Say("alice", o.Main(), "..."[:n+1]); err != nil {
					return err
				}
			}
			for range 400 {
				if more, err := o.Step(); err != nil {
					return err
				} else if !more {
					break
				}
			}
		}
		if i == 0 {
			h := must(o.Head("alice", o.Main()))
			sid := o.Main()
			made := binary.BigEndian.AppendUint64(append([]byte{2}, sid[:]...), h.Next)
			return o.WriteAs(0, append(made, 0, byte(1+o.Rand().IntN(2))))
		}
		return nil
	},
}

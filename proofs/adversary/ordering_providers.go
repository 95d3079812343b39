package adversary

import (
	"encoding/binary"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// StaleProvider brings a corrupt provider back from an old backup.
var StaleProvider = game.Adversary{
	Name:   "stale-provider",
	What:   "A corrupt provider is restored from a backup in the middle of a conversation, and goes on from there as if it were honest.",
	Source: "stale state and rollback: Matetic et al., ROTE (2017)",
	Games:  []string{"conversation-integrity", "robustness"},
	Attack: func(o *game.Oracles) error {
		list := o.Providers()
		at := o.Rand().IntN(len(list))
		backup := list[at].Store.Clone()
		position := o.ProviderSet().Index(list[at].Self.ID)
		return script(
			says(o, "alice", "before it forgets"),
			says(o, "bob", "before it forgets, too"),
			o.Settle,
			func() error { return o.Restore(position, backup) },
			says(o, "charlie", "after it forgot"),
			says(o, "alice", "after it forgot, too"),
			o.Settle,
		)
	},
}

// OutboxLies answers uploads with lies, and orders them nevertheless.
var OutboxLies = game.Adversary{
	Name:   "outbox-lies",
	What:   "The router calls uploads refused, or seen, that it orders, and orders late what it called seen; epochs change meanwhile.",
	Source: "SPEC.md, 10.5: neither Seen nor a refusal resolves an upload",
	Games:  append(slices.Clone(shownApart), "message-integrity", "robustness"),
	Attack: func(o *game.Oracles) error {
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		lies, late := 0, o.Rand().IntN(3)
		waiting := map[identity.ID][]exchange.Message{} // lies, said before the next thing
		router.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			if _, ok := m.(exchange.Welcome); ok {
				return []exchange.Message{m} // which comes first
			}
			out := append(waiting[to], m)
			waiting[to] = nil
			return out
		}
		router.Hear = func(from identity.ID, m exchange.Message) bool {
			up, ok := m.(exchange.Upload)
			if !ok || lies >= 24 || o.Rand().IntN(3) == 0 {
				return true
			}
			lies++
			d, err := conversation.Parse(o.Suite(), up.Data)
			if err != nil {
				return true
			}
			var lie exchange.Message = exchange.Seen{Sid: d.Sid, Seq: d.Seq}
			if o.Rand().IntN(3) > 0 {
				lie = exchange.Refused{Sid: d.Sid, Upload: up.ID(o.Suite()), Seq: d.Seq, Epoch: d.Epoch,
					Reason: exchange.Reason(1 + o.Rand().IntN(11)), From: o.ProviderSet().At(0).ID}
			}
			waiting[from] = append(waiting[from], lie)
			return o.Rand().IntN(3) < late
		}
		return script(
			says(o, "alice", "one"),
			says(o, "alice", "two"),
			says(o, "bob", "three"),
			o.Settle,
			update(o, oneOf(o, "alice", "charlie"), updateOf(o)),
			o.Settle,
			says(o, "alice", "four"),
			o.Settle,
			func() error { router.Hear = nil; return o.Crash("alice") },
			o.Settle,
			says(o, "bob", "five"),
			o.Settle,
		)
	},
}

// updateOf is a change of Main that charlie or alice may make.
func updateOf(o *game.Oracles) cowpi.Update {
	return oneOf(o, cowpi.Update{Add: those("dave")}, cowpi.Update{Restart: those("bob")}, cowpi.Update{Add: those("eve"), Restart: those("bob")})
}

// Equivocate writes into the logs between router and mirrors what should not be there,
// while people talk.
var Equivocate = game.Adversary{
	Name:   "equivocate",
	What:   "Corrupt providers change, repeat, withhold and invent what they write for an honest one: proposals, commits, picks, verdicts.",
	Source: "equivocation by replicas: Castro and Liskov (1999); SPEC.md, 9.4",
	Games:  append(slices.Clone(shownApart), "participant-consistency-b", "robustness"),
	Attack: func(o *game.Oracles) error {
		var said [][]byte
		oneIn := 2 + o.Rand().IntN(6)
		for _, p := range o.Providers() {
			p.Log = func(message []byte) [][]byte {
				said = append(said, slices.Clone(message))
				if o.Rand().IntN(oneIn) > 0 {
					return [][]byte{message}
				}
				other := oneOf(o, said...)
				switch o.Rand().IntN(6) {
				case 0:
					return [][]byte{message, message}
				case 1:
					return [][]byte{other, message}
				case 2:
					return [][]byte{message, other}
				case 3:
					return [][]byte{alterLog(o, message), message}
				case 4:
					return [][]byte{message, alterLog(o, message)}
				}
				return [][]byte{alterLog(o, message)}
			}
		}
		return script(
			says(o, "alice", "one"),
			says(o, "bob", "two"),
			update(o, "charlie", updateOf(o)),
			o.Settle,
			says(o, "charlie", "three"),
			says(o, "alice", "four"),
			o.Settle,
		)
	},
}

// alterLog changes a message of a log in one of its numbers, or anywhere. The layout is
// that of SPEC.md, 9.4: type 1, Sid 32 or a number 8, first index 8, count 2.
func alterLog(o *game.Oracles, message []byte) []byte {
	b := slices.Clone(message)
	at := oneOf(o, 33, 1)
	if o.Rand().IntN(3) == 0 || len(b) < at+8 {
		b[o.Rand().IntN(len(b))] ^= 1 << o.Rand().IntN(8)
		return b
	}
	if o.Rand().IntN(3) == 0 && len(b) >= at+10 { // how many
		binary.BigEndian.PutUint16(b[at+8:], uint16(int(binary.BigEndian.Uint16(b[at+8:]))+o.Rand().IntN(3)-1))
		return b
	}
	binary.BigEndian.PutUint64(b[at:], binary.BigEndian.Uint64(b[at:])+uint64(o.Rand().IntN(3))-1)
	return b
}

package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// TwoKeys is an author that gives one reader another k_m for the same text.
var TwoKeys = game.Adversary{
	Name:   "two-keys",
	What:   "charlie gives one reader another k_m than the other, for one ciphertext.",
	Source: "invisible salamanders: Dodis, Grubbs, Ristenpart, Woodage (2018); Len, Grubbs, Ristenpart (2021)",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		charlie, err := o.Participant("charlie")
		if err != nil {
			return err
		}
		charlie.GiveOtherKey(identity.ID(oneOf(o, "alice", "bob")))
		return script(
			asking(o, "charlie", func(sid suite.Hash) cowpi.Input {
				return cowpi.Send{Sid: sid, Text: []byte("one thing to one, another to the other")}
			}),
			o.Settle,
			says(o, "alice", "what did he say?"),
			says(o, "bob", "he said it to me as well"),
			o.Settle,
		)
	},
}

// BadBlockForOne is an author that stops one reader; then providers lead it on, and
// somebody restarts it.
var BadBlockForOne = game.Adversary{
	Name:   "bad-block-for-one",
	What:   "charlie spoils the block of one reader, so that it stops; it is led on as if it had not, and then restarted.",
	Source: "equivocation by insiders: RFC 9420 (MLS), 16.4; a stopped participant (SPEC.md, 10.7)",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		charlie, err := o.Participant("charlie")
		if err != nil {
			return err
		}
		victim := oneOf(o, "alice", "bob")
		other := map[string]string{"alice": "bob", "bob": "alice"}[victim]
		spoil := slices.Index([]string{"alice", "bob"}, victim)
		charlie.Corrupt = func(up exchange.Upload) exchange.Upload {
			if d, err := conversation.Parse(o.Suite(), up.Data); err == nil && d.Type == conversation.MSG && len(up.Blocks) > spoil {
				up.Blocks = slices.Clone(up.Blocks)
				up.Blocks[spoil] = slices.Clone(up.Blocks[spoil])
				up.Blocks[spoil][len(up.Blocks[spoil])-1] ^= 1
			}
			return up
		}
		return script(
			asking(o, "charlie", func(sid suite.Hash) cowpi.Input {
				return cowpi.Send{Sid: sid, Text: []byte("for one of you")}
			}),
			o.Settle,
			says(o, other, "and then?"),
			func() error {
				if o.Rand().IntN(2) == 0 {
					return o.Crash(victim)
				}
				return nil
			},
			o.Settle,
			update(o, other, cowpi.Update{Restart: those(victim)}),
			o.Settle,
			says(o, victim, "here again"),
			says(o, other, "welcome"),
			o.Settle,
		)
	},
}

// OtherPast gives one who joins another digest of what was before.
var OtherPast = game.Adversary{
	Name:   "other-past",
	What:   "The corrupt providers tell a joiner another digest of the conversation's past, and go on from it.",
	Source: "transcript consistency for those who join: RFC 9420 (MLS), 8.2",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		for _, p := range o.Providers() {
			l := &line{suite: o.Suite(), sid: o.Main(), victim: "dave", past: true,
				plan: func(held []exchange.Delivery) ([]exchange.Delivery, bool) { return held, true }}
			p.Corrupt = l.tamper
		}
		return script(
			update(o, "alice", cowpi.Update{Add: those("dave")}),
			o.Settle,
			says(o, "bob", "welcome"),
			o.Settle,
		)
	},
}

// OtherUploadOfMine shows an author another upload of its own than everybody else: there
// is no block that could tell.
var OtherUploadOfMine = game.Adversary{
	Name:   "other-upload-of-mine",
	What:   "The router refuses alice's UPDATE, has her next text ordered under the same seq, and shows her the UPDATE in its place.",
	Source: "SPEC.md, 10.5: a refused upload is kept, because it might be ordered nevertheless",
	Games:  shownApart,
	Attack: func(o *game.Oracles) error {
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		o.Providers()
		var refused *exchange.Upload
		var seq uint64
		router.Hear = func(from identity.ID, m exchange.Message) bool {
			up, ok := m.(exchange.Upload)
			if !ok || from != "alice" {
				return true
			}
			d, err := conversation.Parse(o.Suite(), up.Data)
			if err != nil || d.Type != conversation.UPDATE {
				return true
			}
			refused, seq = &up, d.Seq
			return false
		}
		if err := script(update(o, "alice", cowpi.Update{Add: those("dave")}), o.Settle); err != nil || refused == nil {
			return err
		}
		h, _ := o.Head("alice", o.Main())
		err = o.SayAs(0, "alice", exchange.Refused{Sid: o.Main(), Upload: refused.ID(o.Suite()), Seq: seq, Index: h.Next - 1, Epoch: h.Epoch,
			Reason: exchange.ReasonNoStock, User: "dave", From: o.ProviderSet().At(0).ID})
		if err != nil {
			return err
		}
		for _, p := range o.Providers() {
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if d, ok := m.(exchange.Delivery); ok && to == "alice" && d.Sid == o.Main() && d.Block == nil && kindOf(o.Suite(), d) == conversation.MSG {
					d.Data = refused.Data
					return []exchange.Message{d}
				}
				return []exchange.Message{m}
			}
		}
		return script(
			o.Settle,
			says(o, "alice", "then without dave"),
			o.Settle,
			says(o, "bob", "without him"),
			o.Settle,
		)
	},
}

package adversary

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// extra are those that the mutants asked for: without them a check would have had no
// attack that wins when it is gone.
var extra = []game.Adversary{AnotherBlock, WrongKeyForNewcomer, FarProposal, FewerPicks, PickedTwice, ExpiredWhenNamed, WithdrawnWhenNamed, UnresolvedVerdict, FalseHandouts, Crowd, StraySetup, BackInTime, BackToAnEpoch, SecondSetup, ForkAndMerge, UnsortedRoster, Overdrawn}

// AnotherBlock has a reader blame an honest author.
var AnotherBlock = game.Adversary{
	Name:   "another-block",
	What:   "All providers but one deliver a reader another block than the author made for it.",
	Source: "this project, D1: who is to blame",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		for _, p := range o.Providers() {
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if d, ok := m.(exchange.Delivery); ok && string(to) == victim && len(d.Block) > 0 {
					d.Block = bytes.Clone(d.Block)
					d.Block[len(d.Block)-1] ^= 1
					m = d
				}
				return []exchange.Message{m}
			}
		}
		return script(says(o, author, "Hello."), o.Settle)
	},
}

// WrongKeyForNewcomer lets an insider bring somebody in by a key of its own making.
var WrongKeyForNewcomer = game.Adversary{
	Name:   "wrong-key-for-newcomer",
	What:   "A corrupt participant adds somebody whom nobody has met, with a key of its own in the roster; one provider is honest.",
	Source: "Albrecht et al. (2023), Matrix: members by a participant's word; this project, A3",
	Games:  []string{"participant-authentication"},
	Attack: func(o *game.Oracles) error {
		if err := o.Newcomer("nora"); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		u, err := o.Participant("eve")
		if err != nil {
			return err
		}
		wrong := someSelf(o, "nora").Party()
		u.UnsafeData = func(d *conversation.DataBlock) {
			if d.Type != conversation.UPDATE || d.Sid != o.Side() {
				return
			}
			list := d.Roster.Entries()
			if at := slices.IndexFunc(list, func(e conversation.Entry) bool { return e.ID == wrong.ID }); at >= 0 {
				list[at].Key = wrong.Key
				if r, err := conversation.NewRoster(o.Suite(), list); err == nil {
					d.Roster = r
					d.Seal(o.Suite())
				}
			}
		}
		_ = o.Act("eve", cowpi.Update{Sid: o.Side(), Add: []identity.ID{wrong.ID}})
		return o.Settle()
	},
}

package adversary

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/proofs/game"
)

// heldUp are those that hold up what is said, until it comes too late or out of turn.
var heldUp = []game.Adversary{ExpiredUpdate, TakenPrekey, SaidAgain, Renumbered, EpochStorm, RotatedKeys}

// aMonth, in milliseconds, is longer than a fetched prekey lives.
const aMonth = 31 * 24 * 3600 * 1000

// saying holds what one says to another.
func saying(one, other string) cowpitest.Hold {
	return func(from, to string) bool { return from == one && to == other }
}

// onlyNext lets the next thing that somebody says to a provider through.
func onlyNext(o *game.Oracles, who, provider string) func() error {
	return func() error {
		for _, l := range o.Letters() {
			if l.Client == who && l.Server == provider && l.ToServer {
				return o.Deliver(l.Wire, true)
			}
		}
		return nil
	}
}

// ExpiredUpdate has an UPDATE refused, and made again.
var ExpiredUpdate = game.Adversary{
	Name:   "expired-update",
	What:   "An UPDATE is held up for a month, until the prekeys that it names have expired. It is refused, and asked for again; its author writes behind the first, or behind the second.",
	Source: "this project, SPEC.md, 10.5; found by crashing at every step",
	Games:  available,
	Attack: func(o *game.Oracles) error {
		author, other := two(o)
		what := oneOf(o, cowpi.Update{Add: those("dave")}, cowpi.Update{Restart: those(other)})
		behind := func() error { return nil }
		if o.Rand().IntN(2) == 0 {
			behind = says(o, author, "written behind the UPDATE that is held up")
		}
		return script(
			update(o, author, what),
			onlyNext(o, author, "router"), // the Fetch
			holding(o, saying(author, "router")),
			behind,
			holding(o, saying(author, "router")),
			func() error { return o.Advance(aMonth) },
			o.Settle,
			update(o, author, what),
			o.Settle,
			says(o, author, "written behind the UPDATE that had its place"),
		)
	},
}

// TakenPrekey uses what somebody else fetched.
var TakenPrekey = game.Adversary{
	Name:   "taken-prekey",
	What:   "eve hears which prekey somebody was given for an UPDATE, whose upload is held up meanwhile, and names it in a SETUP of her own.",
	Source: "prekeys used up by others: Hebrok et al., X3DH pre-key depletion (2023); this project, A5",
	Games:  available,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		author, owner := two(o)
		var given exchange.Fetched
		err = o.Overhear(0, func(to identity.ID, w channel.Word) {
			if m, err := exchange.Parse(o.Suite(), w.Payload); err == nil && w.Said && string(to) == author {
				if f, ok := m.(exchange.Fetched); ok {
					given = f
				}
			}
		})
		if err != nil {
			return err
		}
		eve.Corrupt = func(up exchange.Upload) exchange.Upload {
			if len(given.Keys) == 1 && len(up.Blocks) == 1 && len(up.Blocks[0]) == pair.StartSize {
				up.Blocks = [][]byte{slices.Clone(up.Blocks[0])}
				copy(up.Blocks[0][2:], given.Keys[0].Prekey.ID[:]) // behind form and kind
			}
			return up
		}
		return script(
			update(o, author, cowpi.Update{Restart: those(owner)}),
			onlyNext(o, author, "router"), // the Fetch
			holding(o, saying(author, "router")),
			func() error { _ = o.Act("eve", cowpi.Create{With: those(owner)}); return nil },
			holding(o, saying(author, "router")),
			o.Settle,
			func() error { return o.Offline("eve", true) }, // she would ask for ever
		)
	},
}

// SaidAgain lets somebody say again what was accepted already.
var SaidAgain = game.Adversary{
	Name:   "said-again",
	What:   "The router has taken a text, of which its author does not know yet, because a mirror's deliveries are held up. Its connection is cut: it says everything again, and is told that it was seen.",
	Source: "this project, SPEC.md, 10.5; Kingsbury (2013), Jepsen: an answer that was lost",
	Games:  available,
	Attack: func(o *game.Oracles) error {
		author, _ := two(o)
		return script(
			says(o, author, "one"),
			says(o, author, "two"),
			holding(o, saying("mirror1", author)),
			func() error { return o.Cut(author, "router") },
			holding(o, saying("mirror1", author)),
			o.Settle,
			says(o, author, "three"),
		)
	},
}

// Renumbered changes the number of a message between providers.
var Renumbered = game.Adversary{
	Name:   "renumbered",
	What:   "The network flips a bit, in a frame from the router to a mirror, where it guesses the number of a message of the log: the mirror takes it for the one before, or the one after. Others come behind it.",
	Source: "bit flipping in stream ciphers: Borisov, Goldberg and Wagner, WEP (2001); this project, M1",
	Games:  available,
	Attack: func(o *game.Oracles) error {
		// Kind and length of the frame, type of the packet, and all but the last byte of the number.
		const number = 1 + 4 + 1 + 7
		author, _ := two(o)
		if err := o.Say(author, o.Main(), "lost between providers"); err != nil {
			return err
		}
		for range 100 {
			var wire uint64
			var list [][]byte
			for _, l := range o.Letters() {
				if l.Client == "router" && l.Server == "mirror1" && l.ToServer {
					wire, list = l.Wire, append(list, slices.Clone(l.Bytes))
				}
			}
			if len(list) > 0 && len(list[0]) > channel.FrameSize(0) { // a proposal, and not an Ack
				list[0][number] ^= 1
				return script(
					func() error { return o.Rewrite(wire, true, list...) },
					saysIn(o, "dave", o.Side(), "behind it"),
					o.Settle,
					saysIn(o, "dave", o.Side(), "and behind that"),
				)
			}
			if more, err := o.Step(); err != nil || !more {
				return err
			}
		}
		return nil
	},
}

// EpochStorm changes the roster again and again while somebody has much to say.
var EpochStorm = game.Adversary{
	Name:   "epoch-storm",
	What:   "Somebody has many texts that wait, and its uploads are held up; a corrupt participant restarts another one again and again. Each time, what was made has no place.",
	Source: "this project, SPEC.md, 10.5, slow start",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		author, other := two(o)
		third := people3(author, other)
		if _, err := o.Participant(third); err != nil {
			return err
		}
		hold := holding(o, saying(author, "router"))
		for i := range 4 {
			if err := o.Say(author, o.Main(), fmt.Sprintf("text %d that waits", i)); err != nil {
				return err
			}
		}
		for range 2 {
			_ = o.Act(third, cowpi.Update{Sid: o.Main(), Restart: those(other)})
			if err := hold(); err != nil {
				return err
			}
		}
		return nil
	},
}

// RotatedKeys makes authentication keys grow old.
var RotatedKeys = game.Adversary{
	Name:   "rotated-keys",
	What:   "A text waits at the router behind one on which a mirror has not judged yet; its author's connections to the router are cut eight times, while that to the mirror is held up, so that it cannot say the text again. The key by which it is authenticated is forgotten.",
	Source: "this project, A1",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		author, _ := two(o)
		alone := saying("mirror1", author)
		both := func(from, to string) bool { return from == "mirror1" && (to == author || to == "router") }
		if err := script(
			says(o, author, "one"),
			holding(o, both),
			says(o, author, "two"),
			holding(o, both),
			func() error { return o.Cut(author, "mirror1") },
		); err != nil {
			return err
		}
		for range 8 {
			if err := script(func() error { return o.Cut(author, "router") }, holding(o, both)); err != nil {
				return err
			}
		}
		return script(holding(o, alone), o.Settle)
	},
}

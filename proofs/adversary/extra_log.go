package adversary

import (
	"bytes"
	"encoding/binary"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/proofs/game"
)

// Messages of the log between providers, SPEC.md, 9.4: their types, and where a
// number stands in them.
const (
	logPropose = 1
	logCommit  = 2
	logPick    = 3
	logExpire  = 4
	logTakeOut = 5
	logVerdict = 18

	logFirst    = 1 + 32     // of a Propose or Commit: 8 bytes
	logAccepted = 1 + 8 + 40 // of a Verdict: 2 bytes
)

// falseRouter corrupts the router, if it may be, and lets it write into its log what
// change makes of what it writes.
func falseRouter(o *game.Oracles, change func(m []byte) [][]byte) (ok bool) {
	p, err := o.Provider(0)
	if err == nil {
		p.Log = change
	}
	return err == nil
}

// steps lets things happen, for a while.
func steps(o *game.Oracles, n int) error {
	for range n {
		if more, err := o.Step(); err != nil || !more {
			return err
		}
	}
	return nil
}

// FarProposal skips indices between providers.
var FarProposal = game.Adversary{
	Name:   "far-proposal",
	What:   "The router proposes to the mirrors, and then commits, an upload for an index that is not the next.",
	Source: "this project, M2", Games: robust,
	Attack: func(o *game.Oracles) error {
		far, first := uint64(1+o.Rand().IntN(5)), uint64(0)
		if !falseRouter(o, func(m []byte) [][]byte {
			if m[0] == logPropose && first == 0 {
				m = bytes.Clone(m)
				first = binary.BigEndian.Uint64(m[logFirst:]) + far
				binary.BigEndian.PutUint64(m[logFirst:], first)
			}
			return [][]byte{m}
		}) {
			return nil
		}
		if err := o.Say("alice", o.Main(), "..."); err != nil {
			return err
		}
		if err := steps(o, 200); err != nil {
			return err
		}
		sid := o.Main()
		made := binary.BigEndian.AppendUint64(append([]byte{logCommit}, sid[:]...), first)
		if err := o.WriteAs(0, append(made, 0, 1)); err != nil {
			return err
		}
		return steps(o, 200)
	},
}

// FewerPicks assigns too few prekeys.
var FewerPicks = game.Adversary{
	Name:   "fewer-picks",
	What:   "The router proposes a SETUP with one prekey too few to be assigned to its last participant.",
	Source: "this project, M3", Games: robust,
	Attack: func(o *game.Oracles) error {
		if !falseRouter(o, func(m []byte) [][]byte {
			if m[0] == logPropose {
				m = bytes.Clone(m)
				m[len(m)-1]--
			}
			return [][]byte{m}
		}) {
			return nil
		}
		if err := o.Do("alice", cowpi.Create{With: those("bob", "charlie", "dave")}); err != nil {
			return err
		}
		return steps(o, 400)
	},
}

// PickedTwice hands a prekey out twice.
var PickedTwice = game.Adversary{
	Name:   "picked-twice",
	What:   "The router picks for a second fetch the prekeys that it picked for the first; or some of a batch that there is not.",
	Source: "this project, M5", Games: robust,
	Attack: func(o *game.Oracles) error {
		const number = 4 + 2
		nowhere := o.Rand().IntN(2) == 0
		var first []byte
		if !falseRouter(o, func(m []byte) [][]byte {
			switch {
			case m[0] != logPick:
			case nowhere:
				m = bytes.Clone(m)
				m[len(m)-number] ^= 1
			case first == nil:
				first = bytes.Clone(m)
			case len(m) == len(first):
				m = bytes.Clone(m)
				copy(m[len(m)-number:], first[len(first)-number:])
			}
			return [][]byte{m}
		}) {
			return nil
		}
		for _, who := range []string{"alice", "bob"} {
			if err := o.Do(who, cowpi.Create{With: those("dave")}); err != nil {
				return err
			}
			if err := steps(o, 300); err != nil {
				return err
			}
		}
		return nil
	},
}

// ExpiredWhenNamed takes a prekey away from an upload that is being judged.
var ExpiredWhenNamed = game.Adversary{
	Name:   "expired-when-named",
	What:   "The router proposes a SETUP, lets the prekeys that it names expire, and commits nothing of it.",
	Source: "this project, M6", Games: robust,
	Attack: func(o *game.Oracles) error {
		return takenBack(o, func(owner identity.ID, prekey, fetch []byte) []byte {
			made := append(append([]byte{logExpire}, fetch...), 0, 1)
			return append(append(made, owner.Field()...), prekey...)
		})
	},
}

// WithdrawnWhenNamed takes it away in another way.
var WithdrawnWhenNamed = game.Adversary{
	Name:   "withdrawn-when-named",
	What:   "The router proposes a SETUP, withdraws the prekeys that it names, which their owner did not ask for, and commits nothing of it.",
	Source: "this project, M7", Games: robust,
	Attack: func(o *game.Oracles) error {
		return takenBack(o, func(owner identity.ID, prekey, _ []byte) []byte {
			made := append(append([]byte{logTakeOut}, owner.Field()...), 0, 0, 0, 1) // none that is free
			return append(made, prekey...)
		})
	},
}

// takenBack lets alice begin a conversation with dave. Behind the proposal of her SETUP
// the router writes what made makes of dave's prekey that it names, and of the user and
// the id of her fetch; and a commit of nothing.
func takenBack(o *game.Oracles, made func(owner identity.ID, prekey, fetch []byte) []byte) error {
	const owner = "dave"
	var fetch, prekey []byte
	done := false
	if !falseRouter(o, func(m []byte) [][]byte {
		switch {
		case m[0] == logPick:
			fetch = bytes.Clone(m[1 : 1+identity.IDFieldSize+16])
		case m[0] == logPropose && fetch != nil && prekey != nil && !done:
			done = true
			nothing := append(append([]byte{logCommit}, m[1:logFirst+8]...), 0, 0)
			return [][]byte{m, made(owner, prekey, fetch), nothing}
		}
		return [][]byte{m}
	}) {
		return nil
	}
	p, err := o.Provider(0)
	if err != nil {
		return err
	}
	overhear(o, p, func(_ identity.ID, m exchange.Message) {
		if up, ok := m.(exchange.Upload); ok && len(up.Blocks) == 1 && len(up.Blocks[0]) == pair.StartSize {
			prekey = up.Blocks[0][2 : 2+len(pair.KeyID{})]
		}
	})
	if err := o.Do("alice", cowpi.Create{With: those(owner)}); err != nil {
		return err
	}
	return steps(o, 400)
}

// UnresolvedVerdict refuses nothing and accepts nothing.
var UnresolvedVerdict = game.Adversary{
	Name:   "unresolved-verdict",
	What:   "A mirror answers a proposal by a verdict that accepts none of it, and does not refuse it either; or one twice, or more than there is.",
	Source: "this project, M8", Games: robust,
	Attack: func(o *game.Oracles) error {
		what := o.Rand().IntN(3)
		for i := 1; i < o.Setting().Providers; i++ {
			p, err := o.Provider(i)
			if err != nil {
				return nil
			}
			p.Log = func(m []byte) [][]byte {
				if m[0] != logVerdict {
					return [][]byte{m}
				}
				m = bytes.Clone(m)
				switch what {
				case 0:
					m[logAccepted+1] = 0
				case 1:
					m[logAccepted+1]++
				case 2:
					return [][]byte{m, m}
				}
				return [][]byte{m}
			}
		}
		if err := o.Say("alice", o.Main(), "..."); err != nil {
			return err
		}
		return steps(o, 400)
	},
}

// FalseHandouts says of what was handed out that it is gone.
var FalseHandouts = game.Adversary{
	Name:   "false-handouts",
	What:   "The router tells somebody that a prekey of its has expired, which was handed out, and comes in the next UPDATE.",
	Source: "this project, T3", Games: robust,
	Attack: func(o *game.Oracles) error {
		author, owner := two(o)
		p, err := o.Provider(0)
		if err != nil {
			return nil
		}
		p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			h, ok := m.(exchange.Handouts)
			if !ok || string(to) != owner {
				return []exchange.Message{m}
			}
			h.List = slices.Clone(h.List)
			for i := range h.List {
				h.List[i] = exchange.Handout{Kind: exchange.HandoutExpired, Prekey: h.List[i].Prekey}
			}
			return []exchange.Message{h}
		}
		return script(update(o, author, cowpi.Update{Restart: those(owner)}), o.Settle)
	},
}

// Crowd makes a conversation larger than providers allow.
var Crowd = game.Adversary{
	Name:   "crowd",
	What:   "A corrupt user begins a conversation with everybody, and somebody more.",
	Source: "this project, SPEC.md, 9.6", Games: robust,
	Attack: func(o *game.Oracles) error {
		if _, err := o.Participant("eve"); err != nil {
			return err
		}
		if _, err := o.Join("mallory"); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		_ = o.Act("eve", cowpi.Create{With: append(slices.Clone(game.People[:4]), "mallory")})
		return steps(o, 500)
	},
}

package adversary

import (
	"bytes"
	"encoding/binary"

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
	What:   "The router picks for a second fetch the prekeys that it picked for the first.",
	Source: "this project, M5", Games: robust,
	Attack: func(o *game.Oracles) error {
		const number = 4 + 2
		var first []byte
		if !falseRouter(o, func(m []byte) [][]byte {
			switch {
			case m[0] != logPick:
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
	What:   "The router proposes a SETUP, and lets the prekeys that it names expire before it commits.",
	Source: "this project, M6", Games: robust,
	Attack: func(o *game.Oracles) error {
		var pick []byte
		var named pair.KeyID
		if !falseRouter(o, func(m []byte) [][]byte {
			switch {
			case m[0] == logPick:
				pick = bytes.Clone(m)
			case m[0] == logPropose && pick != nil && named != (pair.KeyID{}):
				by := 1 + identity.IDFieldSize + 16 // the user and its fetch
				made := append([]byte{logExpire}, pick[1:by]...)
				made = append(made, 0, 1)
				made = append(append(made, identity.ID("dave").Field()...), named[:]...)
				pick = nil
				return [][]byte{m, made}
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
				copy(named[:], up.Blocks[0][2:])
			}
		})
		if err := o.Do("alice", cowpi.Create{With: those("dave")}); err != nil {
			return err
		}
		return steps(o, 400)
	},
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

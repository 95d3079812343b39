package adversary

import (
	"encoding/binary"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// Overdrawn has prekeys assigned that there are not.
var Overdrawn = game.Adversary{
	Name: "overdrawn",
	What: "Users of the adversary's have one prekey each, which is fetched; a corrupt user begins a conversation with them, and corrupt mirrors accept that " +
		"before they have seen it.",
	Source: "this project, A4", Games: robust,
	Attack: func(o *game.Oracles) error {
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		link, sid, sent := uint64(0), suite.Hash{}, false
		for i := 1; i < o.Setting().Providers; i++ {
			p, err := o.Provider(i)
			if err != nil {
				return nil
			}
			p.Log = func(m []byte) [][]byte {
				if m[0] == logVerdict {
					link = max(link, binary.BigEndian.Uint64(m[1:]))
				}
				return [][]byte{m}
			}
		}
		if err := oneKeyEach(o, "mallory", "trudy"); err != nil {
			return err
		}
		if err := script(says(o, "alice", "..."), o.Settle); err != nil {
			return err
		}
		eve.Corrupt = func(up exchange.Upload) exchange.Upload {
			if d, err := conversation.Parse(o.Suite(), up.Data); err == nil && d.Type == conversation.SETUP {
				sid, sent = d.Sid, true
			}
			return up
		}
		if err := o.Act("eve", cowpi.Create{With: those("mallory", "trudy")}); err != nil {
			return err
		}
		if err := o.SettleHolding(func(from, to string) bool { return sent && from == "router" && strings.HasPrefix(to, "mirror") }); err != nil || !sent {
			return err
		}
		// How many messages the router has written to them since it cannot be seen: a guess.
		made := binary.BigEndian.AppendUint64([]byte{logVerdict}, link+1+o.Rand().Uint64N(6))
		made = append(binary.BigEndian.AppendUint64(append(made, sid[:]...), 0), 0, 1, 0)
		for i := 1; i < o.Setting().Providers; i++ {
			if err := o.WriteAs(i, made); err != nil {
				return err
			}
		}
		return o.Settle()
	},
}

// oneKeyEach registers users of the adversary's who have one prekey each, and are away.
func oneKeyEach(o *game.Oracles, names ...string) error {
	for n, name := range names {
		u, err := o.Join(name)
		if err != nil {
			return err
		}
		if err := o.Offline(name, true); err != nil {
			return err
		}
		batch := exchange.Encode(exchange.Prekeys{Batch: 1, List: []exchange.Prekey{{ID: pair.KeyID{7, byte(n)}, Y: u.Self.Key}}})
		for i := range o.Setting().Providers {
			if _, err := o.Intrude(u.Self, i, func(*cowpitest.Actor) [][]byte { return [][]byte{batch} }); err != nil {
				return err
			}
		}
	}
	return nil
}

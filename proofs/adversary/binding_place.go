package adversary

import (
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// EmptyPlace names a receive key that is no key.
var EmptyPlace = game.Adversary{
	Name: "empty-place",
	What: "With the long-term secret of the victim, all providers start a chain from somebody honest with the receive key that stands in an empty place of the victim's: " +
		"its coins are zeros, and so they know all that enters the chain's key.",
	Source: "Blake-Wilson, Johnson and Menezes (1997), key-compromise impersonation; CVE-2020-13777, GnuTLS: a key of zeros where none is set yet",
	Games:  []string{"message-authentication", "participant-authentication"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		self, err := o.Reveal(victim)
		if err != nil {
			return err
		}
		o.Providers()
		s := o.Suite()
		r, _ := o.Roster(victim, o.Main())
		h, _ := o.Head(victim, o.Main())
		last, ok := o.Last(victim, o.Main(), identity.ID(author))
		if !ok {
			return nil
		}
		f := newForger(o, pretender(o, party(o, author)))
		d := &conversation.DataBlock{Sid: o.Main(), Type: conversation.MSG, Epoch: h.Epoch, RosterDigest: r.Digest(),
			Author: uint16(r.Position(f.self.ID)), Seq: last.Seq + 1, K: h.Next - 1}
		km := suite.Key(f.coins.Draw("k_m", 0))
		if err := content.Seal(s, d, km, content.Plain{Text: []byte("It is me, " + author + ".")}); err != nil {
			return err
		}
		X := naxos.Ephemeral{ESK: f.coins.Draw("chain esk", 0)}.Public(s, f.self)
		ck, err := naxos.Respond(s, self, naxos.Ephemeral{}, suite.Point{}, naxos.Peer{Party: f.self.Party(), Ephemeral: X}, chainContext(d.Sid, pair.Ref{}))
		if err != nil {
			return err
		}
		block := startOfEmpty(s, f.self.Party(), self.Party(), d.Hash(), X, ck, km)
		return sayAll(o, self.ID, exchange.Delivery{Sid: d.Sid, Index: h.Next, Head: h.Next, Before: h.Digest, Data: d.Raw(), Block: block})
	},
}

// startOfEmpty is a block in the start form, as SPEC.md, 7.2, has it, that names no key.
func startOfEmpty(s suite.Suite, author, reader identity.Party, data suite.Hash, X suite.Point, ck, km suite.Key) []byte {
	header := append([]byte{1}, make([]byte, 1+8)...)
	header = append(append(header, X[:]...), 0, 0, 0, 0)
	plain := append(append(km[:], make([]byte, 8)...), X[:]...) // any key will do for R
	mk := suite.Key(s.KDF("chain", 2*suite.KeySize, ck[:]))
	return s.Seal(header, "block", mk, [suite.NonceSize]byte(data[:]), plain,
		data[:], author.ID.Field(), author.Key[:], reader.ID.Field(), reader.Key[:], header)
}

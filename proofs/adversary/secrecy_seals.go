package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// sealBreakers attack what is sealed without reading anybody's state.
var sealBreakers = []game.Adversary{Lengths, Keystream, EveryKey, RemovedReader, AddedReader, ForeignPrekey, ForeignAssigned, KnownSeeds}

// written finds the data blocks of an author's texts, oldest first.
func (m *miner) written(sid suite.Hash, author identity.ID) (out []entry) {
	for _, e := range m.entries {
		if e.d.Type == conversation.MSG && e.d.Sid == sid && e.author.ID == author {
			out = append(out, e)
		}
	}
	return out
}

// Lengths compares sizes.
var Lengths = game.Adversary{
	Name:   "lengths",
	What:   "Of two texts of different length, but the same when they are padded, it tells which by the sizes of what is uploaded, and of what crosses the network.",
	Source: "traffic analysis; Unger et al., SoK: Secure Messaging (2015)",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		author, _ := someone(o, insiders())
		short, long := "yes, as we said before", "no, we do not meet there"
		sizes := func(write func() error) ([]int, error) {
			before := len(o.Heard())
			if err := write(); err != nil {
				return nil, err
			}
			uploads, err := o.Uploads()
			if err != nil {
				return nil, err
			}
			size := []int{0}
			for _, x := range o.Heard()[before:] {
				if x.Letter.Client == author && x.Letter.ToServer {
					size = append(size, len(x.Letter.Bytes))
				}
			}
			size[0] = len(uploads[len(uploads)-1].Data)
			return size, o.Settle()
		}
		var seen [3][]int
		for i, text := range []string{"abc, it is so as it is", "no, it is not so as it is", ""} {
			var err error
			if seen[i], err = sizes(func() error {
				if i < 2 {
					return o.Say(author, o.Main(), text[:len([]string{short, long}[i])])
				}
				return o.Challenge(author, o.Main(), short, long)
			}); err != nil {
				return err
			}
		}
		switch {
		case seen[0][0] != seen[1][0]: // the data block alone shows it
			return o.Guess(b2i(seen[2][0] == seen[1][0]))
		case len(seen[0]) > 1 && len(seen[1]) > 1 && len(seen[2]) > 1 && seen[0][1] != seen[1][1] && seen[0][1] == seen[2][1]:
			return nil // a block in another form: says nothing of the text
		}
		return nil
	},
}

// Keystream looks for a key that sealed twice.
var Keystream = game.Adversary{
	Name: "keystream",
	What: "An author writes many texts that the adversary knows, crashes between, and is refused by changes of epoch, so that it writes anew. Wherever two were " +
		"sealed under one key, their sum is that of the texts.",
	Source: "two-time pads; nonce reuse as in Vanhoef and Piessens, KRACK (2017)",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		author, others := someone(o, insiders())
		const known = "a text of which all is known"
		if err := o.Say(author, o.Main(), known); err != nil {
			return err
		}
		if o.Rand().IntN(2) == 0 {
			if err := o.Crash(author); err != nil {
				return err
			}
		}
		if o.Rand().IntN(2) == 0 { // both wait, and are written again in another epoch
			if err := script(
				holding(o, from(author)),
				does(o, others[0], cowpi.Update{Sid: o.Main(), Remove: []identity.ID{identity.ID(others[1])}}),
			); err != nil {
				return err
			}
		}
		if err := script(challenged(o, author, o.Main()), holding(o, from(author)), o.Settle); err != nil {
			return err
		}
		m := newMiner(o.Suite())
		if err := m.see(o); err != nil {
			return err
		}
		all := m.written(o.Main(), identity.ID(author))
		const at = 16 + 4 // where the text begins: SPEC.md, 8.3
		for i, a := range all {
			for _, b := range all[:i] {
				for world, text := range []string{yes, no} {
					if sum(a.d.Sealed, b.d.Sealed, known, text, at) || a.d.Com == b.d.Com && a.d.Hash() != b.d.Hash() && sum(a.d.Sealed, b.d.Sealed, text, known, at) {
						return o.Guess(world)
					}
				}
			}
		}
		return nil
	},
}

// sum says whether two sealed texts are these under one keystream.
func sum(a, b []byte, x, y string, at int) bool {
	n := min(len(x), len(y))
	if len(a) < at+n || len(b) < at+n {
		return false
	}
	for i := range n {
		if a[at+i]^b[at+i] != x[i]^y[i] {
			return false
		}
	}
	return true
}

// EveryKey tries all that it knows as a key.
var EveryKey = game.Adversary{
	Name: "every-key",
	What: "All keys that eve ever had in other conversations with the author, and all that is public, are tried as keys of the text: each k_m, chain key and esk of hers, " +
		"ids, digests, com, zeros.",
	Source: "the search for keys that are used twice, or follow from what is public",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		m, author, _, err := eveReads(o)
		if err != nil {
			return err
		}
		if err := script(challenged(o, author, o.Main()), o.Settle); err != nil {
			return err
		}
		if err := m.see(o); err != nil {
			return err
		}
		m.derive()
		all := m.written(o.Main(), identity.ID(author))
		target := all[len(all)-1]
		keys := m.keysOf(o.Side())
		for _, e := range m.entries {
			keys = append(keys, suite.Key(e.d.Com), suite.Key(e.d.RosterDigest), suite.Key(e.d.Hash()))
		}
		party, _ := o.Party(author)
		keys = append(keys, suite.Key{}, suite.Key(o.Main()), suite.Key(o.Side()), suite.Key(party.Key))
		for _, k := range keys {
			if text, ok := openWith(m.s, target.d, k); ok {
				return decide(o, []string{text})
			}
		}
		// eve's chain keys, on blocks that are not hers.
		for l, list := range m.chains {
			if l.from == identity.ID(author) {
				for _, to := range target.blocks {
					m.chains[link{o.Main(), l.from, to.to.ID}] = append(m.chains[link{o.Main(), l.from, to.to.ID}], list...)
				}
			}
		}
		return decide(o, m.read(o.Main(), identity.ID(author)))
	},
}

// eveReads makes eve a reader of somebody in Side, by whom the challenge will be: her
// state is known before and after.
func eveReads(o *game.Oracles) (m *miner, author string, others []string, err error) {
	o.Providers()
	eve, err := o.Participant("eve")
	if err != nil {
		return nil, "", nil, err
	}
	m = newMiner(o.Suite())
	m.take(game.State{Self: eve.Self, Store: eve.Store})
	author, others = someone(o, insiders())
	err = script(saysIn(o, author, o.Side(), "hello, all of you"), o.Settle)
	m.take(game.State{Self: eve.Self, Store: eve.Store})
	return m, author, others, err
}

// keysOf are the k_m of all texts of a conversation that the miner can open.
func (m *miner) keysOf(sid suite.Hash) (out []suite.Key) {
	for _, e := range m.entries {
		if e.d.Type != conversation.MSG || e.d.Sid != sid {
			continue
		}
		for _, b := range e.blocks {
			if km, ok := m.key(e, b); ok {
				out = append(out, km)
			}
		}
	}
	return out
}

// openWith opens a text with a key that may be k_m, or that of C itself.
func openWith(s suite.Suite, d *conversation.DataBlock, k suite.Key) (string, bool) {
	if p, err := content.Open(s, d, k); err == nil {
		return string(p.Text), true
	}
	if plain, ok := s.Open("text", k, [suite.NonceSize]byte{}, d.Sealed, d.Header(s)); ok {
		return string(plain), true
	}
	return "", false
}

// RemovedReader keeps what it had as a reader.
var RemovedReader = game.Adversary{
	Name:   "removed-reader",
	What:   "eve reads texts in a conversation, is removed, and tries all that she has on what is written there afterwards.",
	Source: "Rösler, Mainka and Schwenk, More is less: on the end-to-end security of group chats (2018)",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		m, author, others, err := eveReads(o)
		if err != nil {
			return err
		}
		if err := script(
			does(o, others[0], cowpi.Update{Sid: o.Side(), Remove: []identity.ID{"eve"}}),
			o.Settle,
			challenged(o, author, o.Side()),
			o.Settle,
		); err != nil {
			return err
		}
		if err := m.see(o); err != nil {
			return err
		}
		m.derive()
		all := m.written(o.Side(), identity.ID(author))
		for _, k := range m.keysOf(o.Side()) {
			if text, ok := openWith(m.s, all[len(all)-1].d, k); ok {
				return decide(o, []string{text})
			}
		}
		return decide(o, m.read(o.Side(), identity.ID(author)))
	},
}

// AddedReader comes in while a text is on its way.
var AddedReader = game.Adversary{
	Name:   "added-reader",
	What:   "A text is held; meanwhile somebody else adds eve. Its author has not heard of her: is it written for her?",
	Source: "Rösler, Mainka and Schwenk (2018); Albrecht et al., Practically-exploitable cryptographic vulnerabilities in Matrix (2023)",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		author, others := someone(o, insiders())
		offline := o.Rand().IntN(2) == 0
		if offline {
			if err := o.Offline(author, true); err != nil {
				return err
			}
		}
		if err := script(
			challenged(o, author, o.Main()),
			does(o, others[0], cowpi.Update{Sid: o.Main(), Add: []identity.ID{"eve"}}),
			holding(o, from(author)),
		); err != nil {
			return err
		}
		if offline {
			if err := o.Offline(author, false); err != nil {
				return err
			}
		}
		if err := o.Settle(); err != nil {
			return err
		}
		if err := o.Advance(2000); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		return decide(o, eve.View(o.Main()).Texts())
	},
}

// KnownSeeds knows the random source of all devices.
var KnownSeeds = game.Adversary{
	Name:   "known-seeds",
	What:   "The seed of every step of everybody is known, and no long-term secret. All coins that follow from the seeds alone are tried as keys of the text.",
	Source: "bad random sources: Heninger et al., Mining your Ps and Qs (2012); LaMacchia, Lauter and Mityagin, NAXOS (2007)",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		if err := o.BadRandomness(); err != nil {
			return err
		}
		author, _ := someone(o, insiders())
		if err := script(challenged(o, author, o.Main()), o.Settle); err != nil {
			return err
		}
		m := newMiner(o.Suite())
		if err := m.see(o); err != nil {
			return err
		}
		all := m.written(o.Main(), identity.ID(author))
		target := all[len(all)-1].d
		for _, d := range o.Draws() {
			if d.Purpose != "k_m" {
				continue
			}
			k := m.s.Coins(d.Seed, suite.Scalar{}, d.Counter, d.Purpose, d.Index)
			if text, ok := openWith(m.s, target, suite.Key(k)); ok {
				return decide(o, []string{text})
			}
		}
		return nil
	},
}

package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// second are those that attack a line that stands behind another one: they get to it, and
// win, only where the first one is missing as well. Besides, those that attack what the
// name of a conversation says.
var second = []game.Adversary{OtherPosition, TextForOthers, ReaderOfTheFirst, BorrowedAuthentication, NamesThatJoinAlike,
	SeedsUntilThen, BorrowedSetup, UpdateFromElsewhere, TwoBeginnings, FewerProviders, TwoSets}

// OtherPosition changes what a block says of its place in its chain.
var OtherPosition = game.Adversary{
	Name:   "other-position",
	What:   "All providers change the position in the chain that a block names, before they deliver it.",
	Source: "Bellare and Namprempre (2000), integrity of ciphertexts; headers of messages in the Double Ratchet, Perrin and Marlinspike (2016)",
	Games:  []string{"message-integrity"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		r := must(o.Roster(victim, o.Main()))
		further := byte(1 + o.Rand().IntN(7))
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if textTo(victim, author, r, to, d, b) {
				d.Block = slices.Clone(d.Block)
				d.Block[lastOfN(d.Block)] += further
			}
			return []exchange.Message{d}
		})
		return script(says(o, author, "We meet at six."), o.Settle)
	},
}

// lastOfN is where the last byte of n stands in a block: SPEC.md, 7.2.
func lastOfN(block []byte) int {
	if len(block) == pair.ContinueSize {
		return 1 + 4 - 1
	}
	return 1 + 9 + suite.KeySize + 4 - 1
}

// TextForOthers shows a text to those for whom it was not written.
var TextForOthers = game.Adversary{
	Name: "text-for-others",
	What: "An author's text is held. All providers tell one of its readers alone that the roster has changed, put the new epoch and roster " +
		"in the place of the old in the text's header, and deliver it with the author's own block.",
	Source: "Roesler, Mainka and Schwenk (2018), on closeness of groups; Albrecht et al. (2023), Matrix: headers that nothing authenticates",
	Games:  []string{"participant-consistency-a"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		third := people3(author, victim)
		p, err := takeAll(o, o.Main(), insiders()...)
		if err != nil {
			return err
		}
		change := oneOf(o, cowpi.Update{Remove: those(third)}, cowpi.Update{Restart: those(third)})
		return script(
			says(o, author, "Only for those who are in now."),
			update(o, victim, change),
			o.Settle,
			p.pass(victim, conversation.UPDATE, victim),
			o.Settle,
			func() error {
				h, _ := o.Head(victim, o.Main())
				r := must(o.Roster(victim, o.Main()))
				for _, t := range p.all(author, conversation.MSG) {
					d := *t.block
					d.Epoch, d.RosterDigest, d.Author, d.Seq, d.K = h.Epoch, r.Digest(), uint16(r.Position(identity.ID(author))), 1, h.Base
					t.upload.Data, t.block = d.Seal(o.Suite()).Raw(), &d
				}
				return nil
			},
			p.pass(author, conversation.MSG, victim),
		)
	},
}

// ReaderOfTheFirst was a reader of a text before it was written anew.
var ReaderOfTheFirst = game.Adversary{
	Name: "reader-of-the-first",
	What: "A text is shown to a corrupt reader alone; this one is removed, and the author writes the text anew for the others. If the key that the reader " +
		"has opens that as well, it seals another text under it, which all providers deliver with the author's own block.",
	Source: "Albrecht et al. (2023), Megolm; Balbás, Collins and Gajland (2023), sender keys: former members who know the key",
	Games:  []string{"message-authentication"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		p, first, err := writtenTwice(o, author, victim)
		if err != nil {
			return err
		}
		s := o.Suite()
		for _, t := range p.all(author, conversation.MSG) {
			d := *t.block
			if _, ok := s.Open("text", first, [suite.NonceSize]byte{}, d.Sealed, d.Header(s)); !ok || d.Epoch == 0 {
				continue // what does not open would only be noticed
			}
			plain := make([]byte, len(d.Sealed)-suite.TagSize)
			copy(plain[16:], append([]byte{0, 0, 0, 9}, "I hate it"...))
			d.Sealed = s.Seal(nil, "text", first, [suite.NonceSize]byte{}, plain, d.Header(s))
			t.upload.Data, t.block = d.Seal(s).Raw(), &d
			return p.tell(t, victim)
		}
		return nil
	},
}

// writtenTwice lets an author write a text, show it to one who is corrupt and removed then,
// and write it anew. It returns the key of the text under which the removed one read it.
func writtenTwice(o *game.Oracles, author, other string) (p *puppets, first suite.Key, err error) {
	reader := people3(author, other)
	if _, err = o.Participant(reader); err != nil {
		return nil, first, err
	}
	opened := false
	if err = o.TwistUser(reader, twistDerived(func(purpose suite.Purpose, out []byte) []byte {
		if purpose == "enc" {
			first, opened = suite.Key(out), true
		}
		return out
	})); err != nil {
		return nil, first, err
	}
	if p, err = takeAll(o, o.Main(), insiders()...); err != nil {
		return nil, first, err
	}
	err = script(
		o.Settle, // its machine was started again
		says(o, author, "I like it."),
		o.Settle,
		p.pass(author, conversation.MSG, reader),
		update(o, other, cowpi.Update{Remove: those(reader)}),
		o.Settle,
		p.pass(other, conversation.UPDATE, author, other),
		o.Settle,
	)
	if !opened && err == nil {
		first = suite.Key{} // nothing was read
	}
	return p, first, err
}

// BorrowedAuthentication takes an author's word for one conversation for its word for
// another.
var BorrowedAuthentication = game.Adversary{
	Name: "borrowed-authentication",
	What: "The router makes up an entry of one conversation in an author's name, and proposes it under the authentication blocks of what " +
		"the author wrote in another.",
	Source: "Schliep and Hopper, III-F, the authentication block; replay across sessions, Kobeissi et al. (2017)",
	Games:  []string{"message-authentication"},
	Attack: func(o *game.Oracles) error {
		author, reader := two(o)
		if _, err := o.Participant("eve"); err != nil {
			return err
		}
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		var there exchange.Upload
		overhear(o, router, func(from identity.ID, m exchange.Message) {
			if up, ok := m.(exchange.Upload); ok && string(from) == author {
				there = up
			}
		})
		if err := script(saysIn(o, author, o.Side(), "Yes, I promise."), o.Settle); err != nil || there.Data == nil {
			return err
		}
		forged, err := lastIn(o, o.Main(), author)
		if err != nil {
			return err
		}
		b, err := conversation.Parse(o.Suite(), forged.Data)
		if err != nil {
			return err
		}
		b.Seq = must(o.Last(reader, o.Main(), identity.ID(author))).Seq + 1
		if b.Type == conversation.MSG {
			b.Sealed = flipped(o, b.Sealed, 0)
		}
		forged.Data, forged.Auths = b.Seal(o.Suite()).Raw(), there.Auths
		return propose(o, router, forged)
	},
}

// lastIn is what somebody uploaded last in a conversation; the router is corrupt.
func lastIn(o *game.Oracles, sid suite.Hash, author string) (exchange.Upload, error) {
	all, err := o.Uploads()
	r := must(o.Roster(author, sid))
	for _, up := range slices.Backward(all) {
		b, err := conversation.Parse(o.Suite(), up.Data)
		if err == nil && b.Sid == sid && b.Roster == nil && string(b.AuthorIn(r)) == author {
			return up, nil
		}
	}
	return exchange.Upload{}, err
}

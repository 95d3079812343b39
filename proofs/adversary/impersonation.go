package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// impersonation are those that speak in other people's names.
var impersonation = []game.Adversary{
	AlteredText, WrongAuthor, ExchangedBlocks, OtherConversation, EarlierEpoch, WrittenAnew, WrittenForTwoStays, InsiderForgery,
	ForgedSetup, KeyCompromise, UnknownKeyShare, SubstitutedKey, SubstitutedNewcomer, OwnKeyReplaced,
	AlteredWire, ReplayedFrames, ReplayedHandshake, SomeoneElsesChannel, FalseRouter, FalseProvider, ForgedUpload, AlteredProposal,
	ChangedRoster, InsiderRewrites, ZeroKeys, OwnOrder, SkipAhead, LeftOut, TwinSetup,
	VerificationGuess, VerificationReflection, VerificationReplay, VerificationLowOrder, OtherSafetyNumber,
}

var texts = []string{"message-integrity", "message-authentication", "untrusted-provider"}

// AlteredText changes one bit of what is delivered.
var AlteredText = game.Adversary{
	Name:   "altered-text",
	What:   "All providers change the same bit of a data block, or of one recipient's block, before they deliver it.",
	Source: "Bellare and Namprempre (2000), integrity of ciphertexts; Garman et al. (2016), iMessage",
	Games:  texts,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		r, _ := o.Roster(victim, o.Main())
		where, bit := o.Rand().IntN(4), byte(1)<<o.Rand().IntN(8)
		at := o.Rand().Uint64()
		told := 0 // what cannot be read ends the connection: once is enough for each provider
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if !textTo(victim, author, r, to, d, b) || told >= o.Setting().Providers {
				return []exchange.Message{d}
			}
			told++
			change := func(list []byte) []byte {
				list = slices.Clone(list)
				list[at%uint64(len(list))] ^= bit
				return list
			}
			switch where {
			case 0: // the text: every check of the data block passes
				b.Sealed = change(b.Sealed)
				d.Data = b.Seal(o.Suite()).Raw()
			case 1: // what the author knew
				b.K ^= uint64(1 + at%2)
				d.Data = b.Seal(o.Suite()).Raw()
			case 2: // anything
				d.Data = change(d.Data)
			case 3:
				d.Block = change(d.Block)
			}
			return []exchange.Message{d}
		})
		return script(says(o, author, "We meet at six."), o.Settle)
	},
}

// WrongAuthor says that somebody else wrote it.
var WrongAuthor = game.Adversary{
	Name:   "wrong-author",
	What:   "All providers put another participant's number in place of the author's, with the seq that is due for that one.",
	Source: "Roesler, Mainka and Schwenk (2018), traceable delivery and authenticity in groups",
	Games:  texts,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		r, _ := o.Roster(victim, o.Main())
		// The third has written as much as the author.
		third := slices.IndexFunc(r.Entries(), func(e conversation.Entry) bool { return string(e.ID) != author && string(e.ID) != victim })
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if textTo(victim, author, r, to, d, b) {
				b.Author = uint16(third)
				if last, ok := o.Last(victim, o.Main(), r.At(third).ID); ok {
					b.Seq = last.Seq + 1
				}
				d.Data = b.Seal(o.Suite()).Raw()
			}
			return []exchange.Message{d}
		})
		return script(says(o, author, "I resign."), o.Settle)
	},
}

// ExchangedBlocks gives two recipients each other's block.
var ExchangedBlocks = game.Adversary{
	Name:   "exchanged-blocks",
	What:   "All providers deliver to one recipient the block that was made for another.",
	Source: "Albrecht et al. (2023), Matrix: keys that reach others than those meant",
	Games:  texts,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		r, _ := o.Roster(victim, o.Main())
		other := map[suite.Hash][]byte{} // by data block: what somebody else was to get
		hold := map[suite.Hash]exchange.Delivery{}
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			switch {
			case d.Block == nil || b.Type != conversation.MSG || string(b.AuthorIn(r)) != author:
			case string(to) != victim:
				other[b.Hash()] = d.Block
			case other[b.Hash()] != nil:
				d.Block = other[b.Hash()]
			default:
				hold[b.Hash()] = d
				return nil
			}
			return []exchange.Message{d}
		})
		if err := script(says(o, author, "For your eyes only."), o.Settle); err != nil {
			return err
		}
		for hash, d := range hold { // one at most
			d.Block = other[hash]
			return sayAll(o, identity.ID(victim), d)
		}
		return nil
	},
}

// OtherConversation shows a text where it was not written.
var OtherConversation = game.Adversary{
	Name:   "other-conversation",
	What:   "All providers deliver a text and its block of one conversation in another one, of the same people.",
	Source: "Kobeissi, Bhargavan and Blanchet (2017), Signal: sessions that do not bind their peers; Roesler et al. (2018)",
	Games:  texts,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		from, to := o.Side(), o.Main()
		if o.Rand().IntN(2) == 0 {
			from, to = to, from
		}
		fresh := o.Rand().IntN(2) == 0 // as it stands, or as if it had been written there
		home, _ := o.Roster(victim, from)
		away, _ := o.Roster(victim, to)
		h, _ := o.Head(victim, to)
		conspire(o, func(who identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if textTo(victim, author, home, who, d, b) && d.Sid == from {
				d.Sid, d.Index, d.Head, d.Before = to, h.Next, h.Next, h.Digest
				if fresh {
					b.Sid, b.Epoch, b.RosterDigest, b.K = to, h.Epoch, away.Digest(), h.Next-1
					b.Author = uint16(away.Position(identity.ID(author)))
					if last, ok := o.Last(victim, to, identity.ID(author)); ok {
						b.Seq = last.Seq + 1
					}
					d.Data = b.Seal(o.Suite()).Raw()
				}
			}
			return []exchange.Message{d}
		})
		return script(saysIn(o, author, from, "Yes, I promise."), o.Settle)
	},
}

// EarlierEpoch shows a text when its readers have changed.
var EarlierEpoch = game.Adversary{
	Name:   "earlier-epoch",
	What:   "A text is held back until the next epoch has begun; then all providers deliver it, as it is or with the fields of that epoch.",
	Source: "Roesler et al. (2018), on closeness of groups",
	Games:  texts,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		// The victim is told that the epoch has begun, and nothing more of it: of the author the
		// late text is next.
		var queue []exchange.Delivery
		by := withhold(o, victim, &queue)
		late, err := overtaken(o, author, people3(author, victim), people3(author, victim))
		if err != nil || late == nil || len(queue) == 0 {
			return err
		}
		for _, p := range by {
			p.Corrupt = nil
		}
		if err := sayAll(o, identity.ID(victim), queue[0]); err != nil {
			return err
		}
		r, _ := o.Roster(victim, o.Main())
		h, _ := o.Head(victim, o.Main())
		d := exchange.Delivery{Sid: o.Main(), Index: h.Next, Head: h.Next, Before: h.Digest, Data: late.Data, Block: blockFor(late, r, author, victim)}
		if o.Rand().IntN(2) == 0 {
			b, err := conversation.Parse(o.Suite(), d.Data)
			if err != nil {
				return err
			}
			last, _ := o.Last(victim, o.Main(), identity.ID(author))
			b.Epoch, b.RosterDigest, b.Seq, b.K = h.Epoch, r.Digest(), last.Seq+1, max(last.K, h.Base)
			d.Data = b.Seal(o.Suite()).Raw()
		}
		if err := sayAll(o, identity.ID(victim), d); err != nil {
			return err
		}
		return o.Offline(victim, true) // its view is its own: it would ask for ever
	},
}

// overtaken lets an author write a text that reaches the router when somebody else has
// restarted somebody, and begun an epoch. It returns the upload, which was refused. All providers
// are corrupt by then.
func overtaken(o *game.Oracles, author, by, restarted string) (*exchange.Upload, error) {
	var late *exchange.Upload
	for i, p := range o.Providers() {
		if i == 0 {
			overhear(o, p, func(from identity.ID, m exchange.Message) {
				if up, ok := m.(exchange.Upload); ok && string(from) == author && late == nil {
					late = &up
				}
			})
		}
	}
	if err := o.Say(author, o.Main(), "Only for those who are in now."); err != nil {
		return nil, err
	}
	hold := func(from, to string) bool { return from == author && to == "router" }
	if err := o.SettleHolding(hold); err != nil {
		return nil, err
	}
	if err := o.Do(by, cowpi.Update{Sid: o.Main(), Restart: []identity.ID{identity.ID(restarted)}}); err != nil {
		return nil, err
	}
	if err := o.SettleHolding(hold); err != nil {
		return nil, err
	}
	return late, o.Settle()
}

// blockFor is the block of an upload for one of the others in a roster.
func blockFor(up *exchange.Upload, r *conversation.Roster, author, reader string) []byte {
	others := slices.DeleteFunc(ids(r), func(id identity.ID) bool { return string(id) == author })
	if i := slices.Index(others, identity.ID(reader)); i >= 0 && i < len(up.Blocks) {
		return up.Blocks[i]
	}
	return nil
}

// WrittenAnew makes an author write a text a second time.
var WrittenAnew = game.Adversary{
	Name:   "written-anew",
	What:   "All providers show a text to one reader and not to its author, who writes it anew in the next epoch; that is shown to the reader as well.",
	Source: "this project, SPEC.md, 8.3 and 10.5; after Roesler et al. (2018), on acknowledgements of the server",
	Games:  []string{"message-integrity", "untrusted-provider"},
	Attack: func(o *game.Oracles) error { return writtenAnew(o, false) },
}

// WrittenForTwoStays is WrittenAnew, where the reader has stopped in between.
var WrittenForTwoStays = game.Adversary{
	Name:   "written-for-two-stays",
	What:   "As written-anew; but the reader is made to stop behind the text, and the new epoch begins by its restart.",
	Source: "this project, SPEC.md, 8.3",
	Games:  []string{"message-integrity", "untrusted-provider"},
	Attack: func(o *game.Oracles) error { return writtenAnew(o, true) },
}

// withhold lets all corrupt providers tell the victim nothing of Main: what they should
// have delivered is put into the queue.
func withhold(o *game.Oracles, victim string, queue *[]exchange.Delivery) []*cowpitest.Provider {
	return conspire(o, func(to identity.ID, d exchange.Delivery, _ *conversation.DataBlock) []exchange.Message {
		if string(to) != victim || d.Sid != o.Main() {
			return []exchange.Message{d}
		}
		if !slices.ContainsFunc(*queue, func(q exchange.Delivery) bool { return q.Index == d.Index }) {
			*queue = append(*queue, d)
		}
		return nil
	})
}

func writtenAnew(o *game.Oracles, stays bool) error {
	author, victim := two(o)
	r, _ := o.Roster(victim, o.Main())
	// The victim is told nothing but by hand. What it says itself has its place for the others.
	var queue []exchange.Delivery
	by := withhold(o, victim, &queue)
	restarted := people3(author, victim)
	if stays {
		restarted = victim
	}
	if err := o.Say(victim, o.Main(), "Whatever."); err != nil {
		return err
	}
	late, err := overtaken(o, author, people3(author, victim), restarted)
	if err != nil || late == nil || len(queue) == 0 {
		return err
	}
	for _, p := range by {
		p.Corrupt = nil
	}
	slices.SortFunc(queue, func(a, b exchange.Delivery) int { return int(a.Index) - int(b.Index) })
	queue[0].Data, queue[0].Block = late.Data, blockFor(late, r, author, victim)
	if stays { // once more: it stops, and is told nothing until it is restarted
		after := slices.IndexFunc(queue, func(q exchange.Delivery) bool {
			b, err := conversation.Parse(o.Suite(), q.Data)
			return err == nil && b.Type == conversation.UPDATE
		})
		if after < 0 {
			return nil
		}
		queue = append([]exchange.Delivery{queue[0], queue[0]}, queue[after:]...)
	}
	next := queue[0].Index
	for _, d := range queue {
		if h, ok := o.Head(victim, o.Main()); ok {
			next, d.Before = h.Next, h.Digest
			if stays { // who is restarted goes by the others' indices
				next = max(next, d.Index)
			}
		}
		d.Index, d.Head = next, next
		next++
		for i := range by {
			if err := o.SayAs(i, identity.ID(victim), d); err != nil {
				return err
			}
		}
		if err := o.SettleHolding(func(from, _ string) bool { return from == victim }); err != nil {
			return err
		}
	}
	return o.Offline(victim, true) // its view is its own: it would ask for ever
}

// InsiderForgery is a participant that writes as another.
var InsiderForgery = game.Adversary{
	Name:   "insider-forgery",
	What:   "A corrupt participant uploads a text with another one's number and seq, or delivers it together with all providers; the blocks are from its own pairs.",
	Source: "Roesler et al. (2018), insiders; Balbás, Collins and Gajland (2023), sender keys",
	Games:  []string{"message-authentication"},
	Attack: func(o *game.Oracles) error {
		claimed, victim := two(o)
		insider := people3(claimed, victim)
		u, err := o.Participant(insider)
		if err != nil {
			return err
		}
		r, _ := o.Roster(victim, o.Main())
		var forged exchange.Upload
		number := uint16(r.Position(identity.ID(claimed)))
		if o.Rand().IntN(8) == 0 {
			number = uint16(r.Len() + o.Rand().IntN(3)) // nobody's
		}
		// All of it is right, but that the blocks are of its own pairs: its machine knows no
		// others. So it is forged when the readers are known, and the first block is to be made.
		text := []byte("I, " + claimed + ", resign.")
		km := suite.Key{1}
		u.UnsafeKey = func(d *conversation.DataBlock, _ identity.ID, key suite.Key) suite.Key {
			if d.Type != conversation.MSG {
				return key
			}
			if d.Author != number {
				last, _ := o.Last(victim, o.Main(), identity.ID(claimed))
				d.Author, d.Seq = number, last.Seq+1
				_ = content.Seal(o.Suite(), d, km, content.Plain{Text: text}) // it is short
			}
			return km
		}
		u.Corrupt = func(up exchange.Upload) exchange.Upload {
			if d, err := conversation.Parse(o.Suite(), up.Data); err == nil && d.Type == conversation.MSG {
				forged = up
			}
			return up
		}
		conspiracy := o.Rand().IntN(2) == 0
		if conspiracy {
			o.Providers()
		}
		if err := o.Act(insider, cowpi.Send{Sid: o.Main(), Text: text}); err != nil {
			return err
		}
		if err := o.SettleHolding(func(string, string) bool { return false }); err != nil || !conspiracy || forged.Data == nil {
			return err
		}
		if err := o.Offline(insider, true); err != nil {
			return err
		}
		h, _ := o.Head(victim, o.Main())
		to := slices.Index(slices.DeleteFunc(ids(r), func(id identity.ID) bool { return string(id) == insider }), identity.ID(victim))
		return sayAll(o, identity.ID(victim), exchange.Delivery{Sid: o.Main(), Index: h.Next, Head: h.Next, Before: h.Digest,
			Data: forged.Data, Block: forged.Blocks[to]})
	},
}

func ids(r *conversation.Roster) (out []identity.ID) {
	for _, e := range r.Entries() {
		out = append(out, e.ID)
	}
	return out
}

// people3 is the third in the main conversation.
func people3(one, other string) string {
	i := slices.IndexFunc(game.People[:game.Insiders], func(id identity.ID) bool { return string(id) != one && string(id) != other })
	return string(game.People[i])
}

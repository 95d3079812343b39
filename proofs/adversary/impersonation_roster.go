package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// update is an UPDATE by the forger, who restarts itself in it, to one reader who is in:
// the block names a prekey of the reader.
func (f forger) update(d conversation.DataBlock, roster []conversation.Entry, reader conversation.Entry, k exchange.Prekey) (exchange.Delivery, error) {
	r, err := conversation.NewRoster(f.suite, roster)
	if err != nil {
		return exchange.Delivery{}, err
	}
	d.Type, d.Roster, d.AuthorID, d.Nonce = conversation.UPDATE, r, f.self.ID, f.coins.Draw("update nonce", 0)
	d.Seal(f.suite)
	me, _ := r.Find(f.self.ID)
	var st pair.State
	if st.Send, err = st.Send.Assign(k.ID, k.Y); err != nil {
		return exchange.Delivery{}, err
	}
	sealed, err := pair.NewTerms(f.suite, f.self, reader.Party, d.Sid, me.Joined, reader.Joined).Seal(st, d.Hash(), suite.Key{}, f.coins, 0)
	return exchange.Delivery{Sid: d.Sid, Data: d.Raw(), Block: sealed.Block}, err
}

// ChangedRoster tells one participant, or somebody who is not in, of a change of the
// roster that smuggles in another key, or an entry that is out of its time.
var ChangedRoster = game.Adversary{
	Name: "changed-roster",
	What: "A corrupt participant makes an UPDATE or a SETUP by hand, with another key or join epoch for somebody: kept, added again, long there, or not there yet. " +
		"All providers deliver it, with the prekeys that are due, to one victim.",
	Source: "Albrecht et al. (2023), Matrix: members by the server's word; Roesler et al. (2018), burgling into a group",
	Games:  []string{"participant-authentication", "untrusted-provider", "robustness"},
	Attack: func(o *game.Oracles) error {
		if o.Setting().Honest != game.None {
			return nil // an honest provider lets nothing of it through
		}
		about, victim := two(o)
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		keys, err := manyKeys(o, victim, 3)
		if err != nil || keys == nil {
			return err
		}
		wrong := someSelf(o, identity.ID(about)).Party()
		what := o.Rand().IntN(8)
		if what == 7 {
			if err := script(does(o, victim, cowpi.Update{Sid: o.Side(), Remove: []identity.ID{identity.ID(about)}}), o.Settle); err != nil {
				return err
			}
		}
		f := newForger(o, eve.Self)
		before, _ := o.Roster(victim, o.Side())
		h, _ := o.Head(victim, o.Side())
		last, _ := o.Last(victim, o.Side(), "eve")
		d := conversation.DataBlock{Sid: o.Side(), Epoch: h.Epoch, RosterDigest: before.Digest(), Author: uint16(before.Position("eve")),
			Seq: last.Seq + 1, K: h.Next - 1, Providers: o.ProviderSet().Digest(o.Suite())}
		list := before.Entries()
		reader, _ := before.Find(identity.ID(victim))
		entry := func(id string) *conversation.Entry { return &list[before.Position(identity.ID(id))] }
		entry("eve").Joined = h.Epoch + 1
		assigned := func(peers ...identity.Party) (out []exchange.Assigned) {
			for i, p := range peers {
				out = append(out, exchange.Assigned{Peer: p.ID, Theirs: exchange.Prekey{ID: pair.KeyID{byte(i), 1}, Y: someSelf(o, "x").Key}, Mine: keys[1+i].ID})
			}
			return out
		}
		var m exchange.Delivery
		var due []exchange.Assigned
		at := exchange.Delivery{Index: h.Next, Head: h.Next, Before: h.Digest}
		switch what {
		case 0: // kept, with another key
			entry(about).Key = wrong.Key
		case 1: // restarted with another key
			entry(about).Key, entry(about).Joined = wrong.Key, h.Epoch+1
			due = assigned(wrong)
		case 2: // kept, with another join epoch
			entry(about).Joined = h.Epoch + 1 + uint32(1+o.Rand().IntN(5))
		case 3: // another epoch than the current one
			d.Epoch = h.Epoch + 4
			entry("eve").Joined = d.Epoch + 1
			entry(about).Key = wrong.Key
		case 4: // a SETUP in which somebody has another key, and joins later
			roster := append(entries(eve.Self.Party(), party(o, victim)), conversation.Entry{Party: wrong, Joined: uint32(o.Rand().IntN(2))})
			if m, _, err = f.setup(o.ProviderSet(), roster, party(o, victim), keys[0]); err != nil {
				return err
			}
			due, at = assigned(wrong), exchange.Delivery{}
		case 5: // an UPDATE of a conversation of which the victim never heard, that adds it
			d.Sid[0] ^= 1
			d.Epoch = 2
			me := conversation.Entry{Party: party(o, victim), Joined: 3}
			list = []conversation.Entry{{Party: eve.Self.Party(), Joined: 3}, me, {Party: wrong}}
			reader, due = me, assigned(wrong)
			at = exchange.Delivery{Index: h.Next, Head: h.Next}
		case 6: // the same, but it neither adds nor restarts the victim
			d.Sid[0] ^= 1
			d.Epoch = 2
			me := conversation.Entry{Party: party(o, victim)}
			list = []conversation.Entry{{Party: eve.Self.Party(), Joined: 3}, me, {Party: party(o, about)}}
			reader = me
			at = exchange.Delivery{Index: h.Next, Head: h.Next}
		case 7: // who was removed is in again, as if it had been there from the beginning
			list = append(list, conversation.Entry{Party: wrong})
		}
		if m.Data == nil {
			if m, err = f.update(d, list, reader, keys[0]); err != nil {
				return err
			}
		}
		m.Index, m.Head, m.Before, m.Assigned = at.Index, at.Head, at.Before, due
		if err := sayAll(o, identity.ID(victim), m); err != nil {
			return err
		}
		return o.Offline(victim, true)
	},
}

// InsiderRewrites seals another text where a reader knows the key of the text.
var InsiderRewrites = game.Adversary{
	Name:   "insider-rewrites",
	What:   "A corrupt reader, who knows the key of a text, seals another one under it; all providers deliver that with the author's own block to somebody else.",
	Source: "Balbás, Collins and Gajland (2023), sender keys; Albrecht et al. (2023), Megolm; committing by Grubbs, Lu and Ristenpart (2017)",
	Games:  []string{"message-authentication"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		insider := people3(author, victim)
		if _, err := o.Participant(insider); err != nil {
			return err
		}
		var key suite.Key // of the last text that the insider opened
		if err := o.TwistUser(insider, twistDerived(func(purpose suite.Purpose, out []byte) []byte {
			if purpose == "enc" {
				key = suite.Key(out)
			}
			return out
		})); err != nil {
			return err
		}
		r, _ := o.Roster(victim, o.Main())
		var kept *exchange.Delivery
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if textTo(victim, author, r, to, d, b) {
				kept = &d
				return nil
			}
			return []exchange.Message{d}
		})
		if err := script(o.Settle, says(o, author, "I like it.")); err != nil {
			return err
		}
		if err := o.Settle(); err != nil || kept == nil {
			return err
		}
		b, err := conversation.Parse(o.Suite(), kept.Data)
		if err != nil {
			return err
		}
		plain := make([]byte, len(b.Sealed)-suite.TagSize)
		copy(plain[16:], append([]byte{0, 0, 0, 9}, "I hate it"...))
		b.Sealed = o.Suite().Seal(nil, "text", key, [suite.NonceSize]byte{}, plain, b.Header(o.Suite()))
		kept.Data = b.Seal(o.Suite()).Raw()
		return sayAll(o, identity.ID(victim), *kept)
	},
}

// ZeroKeys tries keys of nothing but zeros.
var ZeroKeys = game.Adversary{
	Name:   "zero-keys",
	What:   "All providers write in an author's name, with a block sealed under a key of zeros, under what follows from a chain key of zeros, or not sealed at all with a k_m of zeros.",
	Source: "the paper's author's own program, which accepted keys of zeros (plsgt/cowpi)",
	Games:  []string{"message-integrity", "message-authentication", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		s, what, back := o.Suite(), o.Rand().IntN(3), uint32(o.Rand().IntN(3))
		r := must(o.Roster(victim, o.Main()))
		rosters := map[suite.Hash]*conversation.Roster{r.Digest(): r}
		fresh := o.Rand().IntN(2) == 0 // where the author has written nothing to the victim yet
		at := uint64(0)
		if !fresh {
			if err := script(says(o, author, "One."), says(o, author, "Two."), o.Settle); err != nil {
				return err
			}
			at = must(o.Last(victim, o.Main(), identity.ID(author))).Seq
		}
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if b.Roster != nil {
				rosters[b.Roster.Digest()] = b.Roster
			}
			r := rosters[b.RosterDigest]
			if string(to) != victim || d.Block == nil || r == nil || b.Roster != nil || string(b.AuthorIn(r)) != author || b.Seq <= at {
				return []exchange.Message{d}
			}
			h, err := pair.ParseHeader(s, d.Block)
			if err != nil {
				return []exchange.Message{d}
			}
			km := suite.Key{}
			b.Type, b.Com = conversation.MSG, suite.Hash(s.KDF("com", suite.KeySize, km[:]))
			plain := make([]byte, 24) // 16 of id, 4 of length, and four
			copy(plain[16:], append([]byte{0, 0, 0, 4}, "Zero"...))
			b.Sealed = s.Seal(nil, "text", suite.Key(s.KDF("enc", suite.KeySize, km[:])), [suite.NonceSize]byte{}, plain, b.Header(s))
			d.Data = b.Seal(s).Raw()
			n := h.N - min(h.N, back)
			if what == 2 {
				n = 500 // ahead, whichever chain is the current one
			}
			head := []byte{2, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
			hash := b.Hash()
			var nonce [suite.NonceSize]byte
			copy(nonce[:], hash[:])
			mk := suite.Key{}
			if what == 1 {
				mk = suite.Key(s.KDF("chain", 2*suite.KeySize, mk[:])[:suite.KeySize])
			}
			a, v := party(o, author), party(o, victim)
			d.Block = s.Seal(head, "block", mk, nonce, km[:], hash[:], a.ID.Field(), a.Key[:], v.ID.Field(), v.Key[:], head)
			if what == 2 {
				d.Block[len(d.Block)-1] ^= 1
			}
			return []exchange.Message{d}
		})
		if fresh {
			_, err := o.Create(people3(author, victim), identity.ID(author), identity.ID(victim))
			return err
		}
		return script(says(o, author, "Not zero."), o.Settle)
	},
}

func must[T any](v T, _ bool) T { return v }

// OwnOrder shows an author its own texts in another order.
var OwnOrder = game.Adversary{
	Name:   "own-order",
	What:   "All providers deliver to an author its own two texts in each other's place.",
	Source: "Schliep and Hopper, conversation integrity; Marson and Poettering (2017)",
	Games:  []string{"message-integrity", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		author, _ := two(o)
		var mine [][]byte
		for i, p := range o.Providers() {
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if d, ok := m.(exchange.Delivery); ok && string(to) == author && d.Sid == o.Main() {
					return nil
				}
				return []exchange.Message{m}
			}
			if i == 0 {
				overhear(o, p, func(from identity.ID, m exchange.Message) {
					if up, ok := m.(exchange.Upload); ok && string(from) == author {
						mine = append(mine, up.Data)
					}
				})
			}
		}
		for _, text := range []string{"First.", "Second."} {
			if err := o.Say(author, o.Main(), text); err != nil {
				return err
			}
		}
		if err := o.Settle(); err != nil || len(mine) < 2 {
			return err
		}
		for _, data := range [][]byte{mine[1], mine[0]} {
			h, _ := o.Head(author, o.Main())
			if err := sayAll(o, identity.ID(author), exchange.Delivery{Sid: o.Main(), Index: h.Next, Head: h.Next, Before: h.Digest, Data: data}); err != nil {
				return err
			}
		}
		return o.Offline(author, true)
	},
}

// SkipAhead tells somebody that others have what it has not.
var SkipAhead = game.Adversary{
	Name:   "skip-ahead",
	What:   "All providers leave out entries for a victim, and deliver what acknowledges them under the index that is next for it.",
	Source: "Schliep and Hopper, conversation integrity; Roesler et al. (2018), acknowledgements",
	Games:  []string{"untrusted-provider", "message-integrity"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		third := people3(author, victim)
		r := must(o.Roster(victim, o.Main()))
		var first, answer *exchange.Delivery
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			switch {
			case string(to) != victim || d.Sid != o.Main():
				return []exchange.Message{d}
			case first == nil:
				first = &d
			case answer == nil && string(b.AuthorIn(r)) == author:
				answer = &d
			}
			return nil
		})
		if err := script(says(o, third, "Who comes?"), o.Settle, says(o, author, "I do.")); err != nil {
			return err
		}
		if err := o.Settle(); err != nil || answer == nil {
			return err
		}
		h, _ := o.Head(victim, o.Main())
		d := *answer
		d.Index, d.Head, d.Before = h.Next, h.Next, h.Digest
		if err := sayAll(o, identity.ID(victim), d); err != nil {
			return err
		}
		return o.Offline(victim, true)
	},
}

// LeftOut leaves out an index.
var LeftOut = game.Adversary{
	Name:   "left-out",
	What:   "All providers never deliver one entry, and the next one under its own index, behind the digest that the victim has.",
	Source: "Schliep and Hopper, conversation integrity",
	Games:  []string{"message-integrity"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		third := people3(author, victim)
		r := must(o.Roster(victim, o.Main()))
		h, _ := o.Head(victim, o.Main())
		conspire(o, func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message {
			if string(to) != victim || d.Sid != o.Main() || d.Index > h.Next+1 {
				return []exchange.Message{d}
			}
			if d.Index == h.Next || string(b.AuthorIn(r)) != author {
				return nil
			}
			d.Before = h.Digest
			return []exchange.Message{d}
		})
		// Two authors at once, so that neither knows of the other.
		if err := script(says(o, third, "One."), says(o, author, "Two."), o.Settle); err != nil {
			return err
		}
		return o.Offline(victim, true)
	},
}

// TwinSetup begins a conversation a second time.
var TwinSetup = game.Adversary{
	Name:   "twin-setup",
	What:   "Somebody begins another conversation with the same people; all providers deliver its SETUP as index 0 of whatever conversation it names.",
	Source: "Kobeissi et al. (2017), replay of a first message; this project",
	Games:  []string{"message-integrity"},
	Attack: func(o *game.Oracles) error {
		var up *exchange.Upload
		for _, p := range o.Providers()[:1] {
			overhear(o, p, func(from identity.ID, m exchange.Message) {
				if x, ok := m.(exchange.Upload); ok && from == "alice" {
					if b, err := conversation.Parse(o.Suite(), x.Data); err == nil && b.Type == conversation.SETUP {
						up = &x
					}
				}
			})
		}
		if _, err := o.Create("alice", game.People[1:game.Insiders]...); err != nil || up == nil {
			return err
		}
		b, err := conversation.Parse(o.Suite(), up.Data)
		if err != nil {
			return err
		}
		return sayAll(o, "alice", exchange.Delivery{Sid: b.Sid, Data: up.Data})
	},
}

package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// What the attacks of several files do.

// pick is one of a list, at random.
func pick[T any](o *game.Oracles, list ...T) T { return list[o.Rand().IntN(len(list))] }

// two are two different people of the main conversation.
func two(o *game.Oracles) (one, other string) {
	i := o.Rand().IntN(game.Insiders)
	j := (i + 1 + o.Rand().IntN(game.Insiders-1)) % game.Insiders
	return string(game.People[i]), string(game.People[j])
}

// flipped is b with one bit changed, from byte lo on.
func flipped(o *game.Oracles, b []byte, lo int) []byte {
	b = slices.Clone(b)
	if lo < len(b) {
		b[lo+o.Rand().IntN(len(b)-lo)] ^= 1 << o.Rand().IntN(8)
	}
	return b
}

// conspire corrupts all providers that may be; what each would deliver to a user goes
// through make, with its data block. All must make the same of the same.
func conspire(o *game.Oracles, make func(to identity.ID, d exchange.Delivery, b *conversation.DataBlock) []exchange.Message) []*cowpitest.Provider {
	s := o.Suite()
	list := o.Providers()
	for _, p := range list {
		p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			if d, ok := m.(exchange.Delivery); ok {
				if b, err := conversation.Parse(s, d.Data); err == nil {
					return make(to, d, b)
				}
			}
			return []exchange.Message{m}
		}
	}
	return list
}

// textTo says whether this is a text of author's for one other reader.
func textTo(victim, author string, r *conversation.Roster, to identity.ID, d exchange.Delivery, b *conversation.DataBlock) bool {
	return string(to) == victim && d.Block != nil && b.Type == conversation.MSG && b.RosterDigest == r.Digest() &&
		string(b.AuthorIn(r)) == author
}

// sayAll lets all providers, which are corrupt, say the same to somebody, and lets
// things happen.
func sayAll(o *game.Oracles, to identity.ID, m exchange.Message) error {
	for i := range o.Setting().Providers {
		if err := o.SayAs(i, to, m); err != nil {
			return err
		}
	}
	return o.Settle()
}

// overhear hears what users say to a corrupt provider.
func overhear(o *game.Oracles, p *cowpitest.Provider, hear func(from identity.ID, m exchange.Message)) {
	s := o.Suite()
	p.Word = func(from identity.ID, w channel.Word) {
		if w.Said || w.Payload == nil {
			return
		}
		if m, err := exchange.Parse(s, w.Payload); err == nil {
			hear(from, m)
		}
	}
}

// prekeysOf gets a prekey of each of these people from the directory, by eve, who is
// corrupt, as are all providers: nothing comes of what she asks.
func prekeysOf(o *game.Oracles, ids ...identity.ID) ([]exchange.FetchedKey, error) {
	if _, err := o.Participant("eve"); err != nil {
		return nil, err
	}
	var got []exchange.FetchedKey
	list := o.Providers()
	for _, p := range list {
		p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			if f, ok := m.(exchange.Fetched); ok && to == "eve" {
				got = f.Keys
				return nil
			}
			return []exchange.Message{m}
		}
	}
	if err := o.Act("eve", cowpi.Create{With: ids}); err != nil {
		return nil, err
	}
	err := o.Settle()
	for _, p := range list {
		p.Corrupt = nil
	}
	return got, err
}

// manyKeys gets several prekeys of somebody, one after the other; none if not all can be had.
func manyKeys(o *game.Oracles, of string, n int) (out []exchange.Prekey, err error) {
	for range n {
		got, err := prekeysOf(o, identity.ID(of))
		if err != nil || len(got) != 1 {
			return nil, err
		}
		out = append(out, got[0].Prekey)
	}
	return out, nil
}

// forger makes data blocks and blocks by hand, in somebody's name, with whatever
// secrets it has.
type forger struct {
	suite suite.Suite
	self  identity.Self // the name, and the secret that is used for it
	coins suite.Coins
}

func newForger(o *game.Oracles, self identity.Self) forger {
	var seed suite.Seed
	for i := range seed {
		seed[i] = byte(o.Rand().IntN(256))
	}
	return forger{o.Suite(), self, suite.NewCoins(o.Suite(), seed, self.Secret, 1)}
}

// pretender has somebody's name and public key, and another secret.
func pretender(o *game.Oracles, p identity.Party) identity.Self {
	self := identity.Self{ID: p.ID, Key: p.Key}
	for i := range self.Secret {
		self.Secret[i] = byte(o.Rand().IntN(256))
	}
	return self
}

// setup is a SETUP in the forger's name, with the block for one reader, who has this
// prekey. state is the pair after it.
func (f forger) setup(set identity.Providers, roster []conversation.Entry, reader identity.Party, k exchange.Prekey) (exchange.Delivery, pair.State, error) {
	r, err := conversation.NewRoster(f.suite, roster)
	if err != nil {
		return exchange.Delivery{}, pair.State{}, err
	}
	d := &conversation.DataBlock{Type: conversation.SETUP, Nonce: f.coins.Draw("setup nonce", 0), AuthorID: f.self.ID,
		Providers: set.Digest(f.suite), Roster: r}
	d.Seal(f.suite)
	var st pair.State
	if st.Send, err = st.Send.Assign(k.ID, k.Y); err != nil {
		return exchange.Delivery{}, st, err
	}
	sealed, err := pair.NewTerms(f.suite, f.self, reader, d.Sid, 0, 0).Seal(st, d.Hash(), suite.Key{}, f.coins, 0)
	return exchange.Delivery{Sid: d.Sid, Data: d.Raw(), Block: sealed.Block}, sealed.State, err
}

// text is a MSG behind that SETUP, at index 1.
func (f forger) text(after exchange.Delivery, st pair.State, reader identity.Party, text string) (exchange.Delivery, error) {
	d, err := conversation.Parse(f.suite, after.Data)
	if err != nil {
		return exchange.Delivery{}, err
	}
	m := &conversation.DataBlock{Sid: d.Sid, Type: conversation.MSG, RosterDigest: d.Roster.Digest(), Author: uint16(d.Roster.Position(f.self.ID)), Seq: 1}
	km := suite.Key(f.coins.Draw("k_m", 0))
	if err := content.Seal(f.suite, m, km, content.Plain{Text: []byte(text)}); err != nil {
		return exchange.Delivery{}, err
	}
	sealed, err := pair.NewTerms(f.suite, f.self, reader, d.Sid, 0, 0).Seal(st, m.Hash(), km, f.coins, 1)
	return exchange.Delivery{Sid: d.Sid, Index: 1, Head: 1, Before: conversation.NextDigest(f.suite, suite.Hash{}, d), Data: m.Raw(), Block: sealed.Block}, err
}

// entries is a first roster of these.
func entries(list ...identity.Party) (out []conversation.Entry) {
	for _, p := range list {
		out = append(out, conversation.Entry{Party: p})
	}
	return out
}

// party is the name and key of somebody that there is.
func party(o *game.Oracles, name string) identity.Party {
	p, _ := o.Party(name)
	return p
}

// twistDerived is a suite that hears, or changes, what keys are derived.
func twistDerived(f func(purpose suite.Purpose, out []byte) []byte) *cowpitest.Twist {
	return &cowpitest.Twist{Derived: f}
}

// overhearUploads makes a plot see what users write, at a corrupt provider.
func overhearUploads(o *game.Oracles, p *cowpitest.Provider, plot *cowpitest.Plot) {
	overhear(o, p, func(_ identity.ID, m exchange.Message) {
		if up, ok := m.(exchange.Upload); ok {
			plot.Spy(up)
		}
	})
}

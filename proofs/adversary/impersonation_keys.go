package adversary

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

var authenticity = []string{"message-authentication", "participant-authentication", "untrusted-provider"}

// ForgedSetup begins a conversation in somebody's name, without that one's secret.
var ForgedSetup = game.Adversary{
	Name:   "forged-setup",
	What:   "All providers begin a conversation in somebody's name towards a victim, by the victim's prekey and a secret of their own, and write a text in it.",
	Source: "LaMacchia, Lauter and Mityagin (2007), impersonation; Kobeissi et al. (2017), the first message of X3DH",
	Games:  authenticity,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		return forgeTo(o, newForger(o, pretender(o, party(o, author))), party(o, victim), nil)
	},
}

// forgeTo lets all providers show a victim a SETUP, and a text in it, that a forger makes.
// change may change what the victim is told.
func forgeTo(o *game.Oracles, f forger, victim identity.Party, start func(k exchange.Prekey, st *pair.State) error) error {
	keys, err := prekeysOf(o, victim.ID)
	if err != nil || len(keys) != 1 {
		return err
	}
	m, st, err := f.setup(o.ProviderSet(), entries(f.self.Party(), victim), victim, keys[0].Prekey)
	if err != nil {
		return err
	}
	text, err := f.text(m, st, victim, "It is me, "+string(f.self.ID)+".")
	if err != nil {
		return err
	}
	if err := sayAll(o, victim.ID, m); err != nil {
		return err
	}
	return sayAll(o, victim.ID, text)
}

// KeyCompromise has the victim's long-term secret, and wants to write to it as another.
var KeyCompromise = game.Adversary{
	Name:   "key-compromise",
	What:   "With the long-term secret of the victim, all providers compute, as far as that leads, the key of a chain from somebody honest, and write in it.",
	Source: "Blake-Wilson, Johnson and Menezes (1997), key-compromise impersonation; Kobeissi et al. (2017), Signal",
	Games:  []string{"message-authentication", "participant-authentication"},
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		self, err := o.Reveal(victim)
		if err != nil {
			return err
		}
		keys, err := prekeysOf(o, self.ID)
		if err != nil || len(keys) != 1 {
			return err
		}
		k := keys[0].Prekey
		f := newForger(o, pretender(o, party(o, author)))
		m, _, err := f.setup(o.ProviderSet(), entries(f.self.Party(), self.Party()), self.Party(), k)
		if err != nil {
			return err
		}
		d, err := conversation.Parse(o.Suite(), m.Data)
		if err != nil {
			return err
		}
		// K as far as its parts follow from b and an exponent x of the adversary's own: [a]B does,
		// and [a]Y does not.
		x := suite.Scalar(f.coins.Draw("chain esk", 7))
		aB, err := o.Suite().DH(self.Secret, f.self.Key)
		if err != nil {
			return err
		}
		known := partial{o.Suite(), map[suite.Scalar]suite.Scalar{x: x}, map[product]suite.Point{{f.self.Secret, self.Key}: aB}}
		ref := pair.Ref{Kind: pair.Prekey, ID: k.ID}
		X, ck, err := naxos.Initiate(known, f.self, suite.Coin(x), naxos.Peer{Party: self.Party(), Ephemeral: k.Y}, chainContext(d.Sid, ref))
		if err != nil {
			return err
		}
		st := pair.State{Send: pair.Send{Theirs: pair.Theirs{Ref: ref, Y: k.Y, Used: true}, Chain: pair.SendChain{Ref: ref, X: X, CK: ck}}}
		sealed, err := pair.NewTerms(o.Suite(), f.self, self.Party(), d.Sid, 0, 0).Seal(st, d.Hash(), suite.Key{}, f.coins, 8)
		if err != nil {
			return err
		}
		m.Block = sealed.Block
		text, err := f.text(m, sealed.State, self.Party(), "It is me, "+author+".")
		if err != nil {
			return err
		}
		if err := sayAll(o, self.ID, m); err != nil {
			return err
		}
		return sayAll(o, self.ID, text)
	},
}

// chainContext is the context of a chain of two who are in since the SETUP, as SPEC.md,
// 7.1, has it.
func chainContext(sid suite.Hash, ref pair.Ref) []byte {
	out := []byte{0, 0, 0, 5}
	out = append(append(out, "chain"...), 0, 0, 0, 32)
	out = append(append(out, sid[:]...), 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, byte(ref.Kind))
	return append(out, ref.ID[:]...)
}

// UnknownKeyShare makes two people agree on keys while one takes the other for a third.
var UnknownKeyShare = game.Adversary{
	Name:   "unknown-key-share",
	What:   "All providers give out somebody's public key as that of a user of their own; what is written to that one is delivered to the owner of the key, under a roster with the owner's name.",
	Source: "Blake-Wilson and Menezes (1999), unknown key-share; Frosch et al. (2016), TextSecure",
	Games:  authenticity,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		keys, err := prekeysOf(o, identity.ID(victim))
		if err != nil || len(keys) != 1 {
			return err
		}
		// The router takes what the author says for itself: there is no mallory.
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		var asked exchange.FetchID
		var told []exchange.Upload
		router.Hear = func(from identity.ID, m exchange.Message) bool {
			switch m := m.(type) {
			case exchange.Fetch:
				asked = m.ID
				return false
			case exchange.Upload:
				told = append(told, m)
				return false
			}
			return true
		}
		if err := script(does(o, author, cowpi.Create{With: []identity.ID{"mallory"}}), o.Settle); err != nil {
			return err
		}
		mallory := identity.Party{ID: "mallory", Key: party(o, victim).Key}
		answer := exchange.Fetched{ID: asked, Keys: []exchange.FetchedKey{{Party: mallory, Prekey: keys[0].Prekey}}}
		if err := sayAll(o, identity.ID(author), answer); err != nil || len(told) == 0 {
			return err
		}
		s := o.Suite()
		setup, err := conversation.Parse(s, told[0].Data)
		if err != nil {
			return err
		}
		err = script(
			func() error {
				return sayAll(o, identity.ID(author), exchange.Delivery{Sid: setup.Sid, Data: told[0].Data})
			},
			saysIn(o, author, setup.Sid, "This is between you and me, Mallory."),
			o.Settle,
		)
		if err != nil || len(told) < 2 {
			return err
		}
		// For the victim, in its own name.
		if setup.Roster, err = conversation.NewRoster(s, entries(party(o, author), party(o, victim))); err != nil {
			return err
		}
		setup.Seal(s)
		if err := sayAll(o, identity.ID(victim), exchange.Delivery{Sid: setup.Sid, Data: setup.Raw(), Block: told[0].Blocks[0]}); err != nil {
			return err
		}
		text, err := conversation.Parse(s, told[1].Data)
		if err != nil {
			return err
		}
		text.Sid, text.RosterDigest, text.Author = setup.Sid, setup.Roster.Digest(), uint16(setup.Roster.Position(identity.ID(author)))
		return sayAll(o, identity.ID(victim), exchange.Delivery{Sid: text.Sid, Index: 1, Head: 1, Before: conversation.NextDigest(s, suite.Hash{}, setup),
			Data: text.Seal(s).Raw(), Block: told[1].Blocks[0]})
	},
}

// SubstitutedKey gives out a wrong key of somebody known.
var SubstitutedKey = game.Adversary{
	Name:   "substituted-key",
	What:   "Some or all providers answer a fetch with a key of their own for somebody; where all do, they have it in their directories too.",
	Source: "Albrecht et al. (2023), Matrix; Chase et al. (2019), on key transparency: the directory in the middle",
	Games:  []string{"participant-authentication", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		who, about := two(o)
		false_ := newForger(o, pretender(o, party(o, about))).self
		false_.Key = o.Suite().Public(false_.Secret)
		all := o.Rand().IntN(3) > 0
		for i := range o.Setting().Providers {
			if !all && i > 0 {
				break
			}
			p, err := o.Provider(i)
			if err != nil {
				return err
			}
			p.Corrupt = cowpitest.SubstituteKey(identity.ID(who), identity.ID(about), false_.Key)
			if all {
				if err := showKey(o, i, false_); err != nil {
					return err
				}
			}
		}
		if o.Rand().IntN(2) == 0 {
			if _, err := o.Create(who, identity.ID(about)); err != nil {
				return err
			}
			return o.Settle()
		}
		// Somebody else brings the one with the wrong key back.
		third := people3(who, about)
		for _, p := range o.Providers()[:1] {
			p.Corrupt = cowpitest.SubstituteKey(identity.ID(third), identity.ID(about), false_.Key)
		}
		if _, err := o.Create(third, identity.ID(about), identity.ID(who)); err != nil {
			return err
		}
		return o.Settle()
	},
}

// showKey enters a key of somebody with a corrupt provider, and shows it there.
func showKey(o *game.Oracles, i int, self identity.Self) error {
	// Whose key it should be would be turned away, and try again for ever.
	if err := o.Offline(string(self.ID), true); err != nil {
		return err
	}
	if err := o.Enter(i, self.Party()); err != nil {
		return err
	}
	_, err := o.Intrude(self, i, func(*cowpitest.Actor) [][]byte { return nil })
	return err
}

// SubstitutedNewcomer gives out a wrong key of somebody whom nobody has met.
var SubstitutedNewcomer = game.Adversary{
	Name:   "substituted-newcomer",
	What:   "All providers but one give out a key of their own for somebody whom nobody has met yet, or refuse the one that is right.",
	Source: "Albrecht et al. (2023), Matrix: substituted identities; any-trust directory of this project",
	Games:  []string{"participant-authentication", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		if err := o.Newcomer("nora"); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		who, _ := two(o)
		self := pretender(o, party(o, "nora"))
		self.Key = o.Suite().Public(self.Secret)
		honest := o.Rand().IntN(o.Setting().Providers)
		for i := range o.Setting().Providers {
			if i == honest {
				continue
			}
			p, err := o.Provider(i)
			if err != nil {
				return err
			}
			p.Corrupt = cowpitest.SubstituteKey(identity.ID(who), "nora", self.Key)
			if err := showKey(o, i, self); err != nil {
				return err
			}
		}
		if _, err := o.Create(who, "nora"); err != nil {
			return err
		}
		return o.Settle()
	},
}

// OwnKeyReplaced tells somebody another key of its own.
var OwnKeyReplaced = game.Adversary{
	Name:   "own-key-replaced",
	What:   "A corrupt user, with all providers, begins a conversation in which the roster has another key for the victim than its own.",
	Source: "Diffie, van Oorschot and Wiener (1992), who is who; Roesler et al. (2018)",
	Games:  []string{"participant-authentication", "untrusted-provider"},
	Attack: func(o *game.Oracles) error {
		_, victim := two(o)
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		keys, err := prekeysOf(o, identity.ID(victim))
		if err != nil || len(keys) != 1 {
			return err
		}
		wrong := party(o, victim)
		wrong.Key = party(o, people3("alice", "bob")).Key
		if wrong.ID == "charlie" {
			wrong.Key = party(o, "alice").Key
		}
		m, _, err := newForger(o, eve.Self).setup(o.ProviderSet(), entries(eve.Self.Party(), wrong), party(o, victim), keys[0].Prekey)
		if err != nil {
			return err
		}
		return sayAll(o, identity.ID(victim), m)
	},
}

// someSelf is a key of the adversary's own, under a name.
func someSelf(o *game.Oracles, id identity.ID) identity.Self {
	self := pretender(o, identity.Party{ID: id})
	self.Key = o.Suite().Public(self.Secret)
	return self
}

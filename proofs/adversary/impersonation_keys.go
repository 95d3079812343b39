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
	What:   "With the long-term secret of the victim, all providers compute, as the victim would, the key of a chain from somebody honest, and write in it.",
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
		// The key as the victim computes it, but for the esk of its prekey, which the
		// adversary has to do without: X is the adversary's, and so is the guess.
		d, err := conversation.Parse(o.Suite(), m.Data)
		if err != nil {
			return err
		}
		esk := f.coins.Draw("chain esk", 7)
		X := naxos.Ephemeral{ESK: esk}.Public(o.Suite(), f.self)
		context := chainContext(d.Sid, k.ID)
		ck, err := naxos.Respond(o.Suite(), self, naxos.Ephemeral{}, k.Y, naxos.Peer{Party: f.self.Party(), Ephemeral: X}, context)
		if err != nil {
			return err
		}
		ref := pair.Ref{Kind: pair.Prekey, ID: k.ID}
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

// chainContext is the context of a chain of a SETUP, as SPEC.md, 7.1, has it.
func chainContext(sid suite.Hash, id pair.KeyID) []byte {
	out := []byte{0, 0, 0, 5}
	out = append(append(out, "chain"...), 0, 0, 0, 32)
	out = append(append(out, sid[:]...), 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, byte(pair.Prekey))
	return append(out, id[:]...)
}

// UnknownKeyShare makes two people agree on keys while one takes the other for a third.
var UnknownKeyShare = game.Adversary{
	Name:   "unknown-key-share",
	What:   "A user registers somebody's public key as its own; what is written to it is delivered to the owner of the key, under a roster with the owner's name.",
	Source: "Blake-Wilson and Menezes (1999), unknown key-share; Frosch et al. (2016), TextSecure",
	Games:  authenticity,
	Attack: func(o *game.Oracles) error {
		author, victim := two(o)
		o.Providers()
		if _, err := o.Join("mallory"); err != nil {
			return err
		}
		if err := o.Offline("mallory", true); err != nil {
			return err
		}
		fake := pretender(o, identity.Party{ID: "mallory", Key: party(o, victim).Key})
		for i := range o.Setting().Providers {
			if err := o.Enter(i, fake.Party()); err != nil {
				return err
			}
		}
		keys, err := prekeysOf(o, identity.ID(victim))
		if err != nil || len(keys) != 1 {
			return err
		}
		s := o.Suite()
		var told *exchange.Delivery
		var asked exchange.FetchID
		for _, p := range o.Providers() {
			p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
				if _, failed := m.(exchange.FetchFailed); failed && string(to) == author {
					return nil // Mallory has shown no key to anybody: the answer is made up
				}
				return []exchange.Message{m}
			}
			overhear(o, p, func(from identity.ID, m exchange.Message) {
				switch m := m.(type) {
				case exchange.Fetch:
					asked = m.ID
				case exchange.Upload:
					if string(from) == author && len(m.Blocks) == 1 {
						told = &exchange.Delivery{Data: m.Data, Block: m.Blocks[0]}
					}
				}
			})
		}
		if err := o.Do(author, cowpi.Create{With: []identity.ID{"mallory"}}); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		answer := exchange.Fetched{ID: asked, Keys: []exchange.FetchedKey{{Party: fake.Party(), Prekey: keys[0].Prekey}}}
		if err := sayAll(o, identity.ID(author), answer); err != nil || told == nil {
			return err
		}
		d, err := conversation.Parse(s, told.Data)
		if err != nil || d.Type != conversation.SETUP {
			return err
		}
		roster, err := conversation.NewRoster(s, entries(party(o, author), party(o, victim)))
		if err != nil {
			return err
		}
		d.Roster = roster
		told.Data = d.Seal(s).Raw()
		told.Sid = d.Sid
		return sayAll(o, identity.ID(victim), *told)
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

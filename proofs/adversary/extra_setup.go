package adversary

import (
	"bytes"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// StraySetup is delivered under a Sid that is not its own.
var StraySetup = game.Adversary{
	Name:   "stray-setup",
	What:   "A corrupt user makes a SETUP whose block for the victim is sealed for another Sid; all providers deliver it under that one.",
	Source: "this project, V2",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		f, reader, prekey, err := beginner(o)
		if err != nil || prekey == nil {
			return err
		}
		m, _, err := f.setup(o.ProviderSet(), entries(f.self.Party(), reader), reader, *prekey)
		if err != nil {
			return err
		}
		d, err := conversation.Parse(o.Suite(), m.Data)
		if err != nil {
			return err
		}
		m.Sid[0] ^= 1
		if m.Block, err = f.first(m.Sid, d.Hash(), reader, *prekey); err != nil {
			return err
		}
		o.Providers()
		return sayAll(o, reader.ID, m)
	},
}

// beginner is eve, about to begin a conversation with somebody of whom she has fetched a
// prekey; nil: somebody honest stands in her way.
func beginner(o *game.Oracles) (f forger, reader identity.Party, prekey *exchange.Prekey, err error) {
	if o.Setting().Honest != game.None {
		return f, reader, nil, nil
	}
	_, victim := two(o)
	keys, err := prekeysOf(o, identity.ID(victim))
	if err != nil || len(keys) != 1 {
		return f, reader, nil, err
	}
	eve, err := o.Participant("eve")
	if err != nil {
		return f, reader, nil, err
	}
	return newForger(o, eve.Self), party(o, victim), &keys[0].Prekey, nil
}

// first is a block for somebody by a prekey of theirs, at the beginning of a conversation.
func (f forger) first(sid, data suite.Hash, reader identity.Party, k exchange.Prekey) ([]byte, error) {
	var st pair.State
	var err error
	if st.Send, err = st.Send.Assign(k.ID, k.Y); err != nil {
		return nil, err
	}
	sealed, err := pair.NewTerms(f.suite, f.self, reader, sid, 0, 0).Seal(st, data, suite.Key{}, f.coins, 0)
	return sealed.Block, err
}

// UnsortedRoster has an entry where a search by halves does not find it.
var UnsortedRoster = game.Adversary{
	Name:   "unsorted-roster",
	What:   "A corrupt user makes a SETUP whose roster is out of order; all providers deliver it, with the prekey that is due.",
	Source: "this project, V8",
	Games:  robust,
	Attack: func(o *game.Oracles) error {
		if o.Setting().Honest != game.None {
			return nil
		}
		about, victim := two(o)
		keys, err := manyKeys(o, victim, 2)
		if err != nil || keys == nil {
			return err
		}
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		s, f, reader := o.Suite(), newForger(o, eve.Self), party(o, victim)
		m, _, err := f.setup(o.ProviderSet(), entries(eve.Self.Party(), reader, party(o, about)), reader, keys[0])
		if err != nil {
			return err
		}
		const entry = identity.IDFieldSize + suite.KeySize + 4
		raw := bytes.Clone(m.Data)
		roster := raw[len(raw)-2-3*entry:]
		last := bytes.Clone(roster[2+2*entry:])
		copy(roster[2+2*entry:], roster[2+entry:2+2*entry])
		copy(roster[2+entry:], last)
		rest := raw[3+suite.KeySize+1 : len(raw)-len(roster)] // nonce, author, provider set
		nonce, set := rest[:len(rest)-identity.IDFieldSize-suite.KeySize], rest[len(rest)-suite.KeySize:]
		m.Sid = s.Hash("sid", raw[:3], nonce, identity.ID("eve").Field(), set, roster)
		copy(raw[3:], m.Sid[:])
		m.Data = raw
		if m.Block, err = f.first(m.Sid, conversation.HashOf(s, raw), reader, keys[0]); err != nil {
			return err
		}
		m.Assigned = []exchange.Assigned{{Peer: identity.ID(about), Theirs: exchange.Prekey{ID: pair.KeyID{1}, Y: someSelf(o, "x").Key}, Mine: keys[1].ID}}
		o.Providers()
		return sayAll(o, identity.ID(victim), m)
	},
}

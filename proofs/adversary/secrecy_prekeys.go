package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// ForeignPrekey passes off keys of the adversary's own as somebody's prekeys.
var ForeignPrekey = game.Adversary{
	Name: "foreign-prekey",
	What: "Corrupt providers answer fetches with keys of their own under the right ids: all of them, or those that speak last. What is written to these " +
		"is opened with them, and, where states may be read, with the recipient's long-term secret.",
	Source: "unsigned prekeys in X3DH-like handshakes; SPEC.md, 7.5, case 3",
	Games:  []string{"message-confidentiality", "forward-secrecy"},
	Attack: func(o *game.Oracles) error { return foreignPrekey(o, false) },
}

// ForeignAssigned is the same with a prekey that nobody fetched.
var ForeignAssigned = game.Adversary{
	Name:   "foreign-assigned-prekey",
	What:   "As foreign-prekey; but somebody else begins the conversation, and the key is passed off as the one that was assigned.",
	Source: "this project, SPEC.md, 7.5, case 3, and D1",
	Games:  []string{"message-confidentiality", "forward-secrecy"},
	Attack: func(o *game.Oracles) error { return foreignPrekey(o, true) },
}

func foreignPrekey(o *game.Oracles, assigned bool) error {
	s := o.Suite()
	y := suite.Scalar{8, 7, 6, 5}
	Y := s.Public(y)
	author, others := someone(o, insiders())
	victim := identity.ID(others[0])
	last := o.Rand().IntN(2) == 0 && o.Setting().Honest != game.None
	for _, p := range o.Providers() {
		p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			return []exchange.Message{passOff(m, to, identity.ID(author), victim, Y)}
		}
	}
	m := newMiner(s)
	creator := author
	if assigned {
		creator = others[1]
	}
	with := slices.DeleteFunc(insiders(), func(p string) bool { return p == creator })
	if err := o.Do(creator, cowpi.Create{With: []identity.ID{identity.ID(with[0]), identity.ID(with[1])}}); err != nil {
		return err
	}
	silent := from(others[0]) // an answer would bring another key
	if last {                 // the honest one's answer comes first
		if err := o.SettleHolding(func(a, b string) bool { return silent(a, b) || b == author && a != "mirror1" }); err != nil {
			return err
		}
	}
	if err := o.SettleHolding(silent); err != nil {
		return err
	}
	if err := m.see(o); err != nil {
		return err
	}
	sid, ok := m.newest(conversation.SETUP)
	if !ok {
		return nil
	}
	if err := script(challenged(o, author, sid), o.Settle); err != nil {
		return err
	}
	if err := m.see(o); err != nil {
		return err
	}
	var b *suite.Scalar
	if st, err := o.Read(string(victim)); err == nil {
		b = &st.Self.Secret
	}
	m.respondWith(y, Y, victim, b)
	return decide(o, m.read(sid, identity.ID(author)))
}

// newest is the conversation of the last upload of a type.
func (m *miner) newest(t conversation.Type) (suite.Hash, bool) {
	for _, e := range slices.Backward(m.entries) {
		if e.d.Type == t {
			return e.d.Sid, true
		}
	}
	return suite.Hash{}, false
}

// passOff puts Y in the place of somebody's prekeys in what a provider says.
func passOff(m exchange.Message, to, author, of identity.ID, Y suite.Point) exchange.Message {
	if to != author {
		return m
	}
	switch m := m.(type) {
	case exchange.Fetched:
		m.Keys = slices.Clone(m.Keys)
		for i := range m.Keys {
			if m.Keys[i].ID == of {
				m.Keys[i].Prekey.Y = Y
			}
		}
		return m
	case exchange.Delivery:
		m.Assigned = slices.Clone(m.Assigned)
		for i := range m.Assigned {
			if m.Assigned[i].Peer == of {
				m.Assigned[i].Theirs.Y = Y
			}
		}
		return m
	}
	return m
}

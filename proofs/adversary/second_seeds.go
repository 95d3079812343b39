package adversary

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// SeedsUntilThen knows what random sources gave before they were repaired.
var SeedsUntilThen = game.Adversary{
	Name: "seeds-until-then",
	What: "The seed of every step of everybody is known up to the moment when the text is handed over, and no long-term secret. Chains that were under way by then are computed " +
		"as far as the one-time keys at both their ends follow from seeds.",
	Source: "Yilek et al. (2009), When private keys are public: the Debian OpenSSL bug; LaMacchia, Lauter and Mityagin, NAXOS (2007)",
	Games:  []string{"message-confidentiality"},
	Attack: func(o *game.Oracles) error {
		o.Providers()
		if err := o.BadRandomness(); err != nil {
			return err
		}
		author, others := someone(o, insiders())
		silent := func(a, b string) bool { return b == "router" && (a == others[0] || a == others[1]) } // an answer would bring other keys
		var known []game.Draw
		if err := script(
			saysIn(o, author, o.Main(), "Who is there?"),
			o.Settle, // by their receipts the others offer keys
			saysIn(o, author, o.Main(), "Then listen."),
			holding(o, silent), // chains begin with these
			func() error { known = o.Draws(); return nil },
			challenged(o, author, o.Main()),
			holding(o, silent),
		); err != nil {
			return err
		}
		m := newMiner(o.Suite())
		if err := m.see(o); err != nil {
			return err
		}
		m.fromCoins(known)
		return decide(o, m.read(o.Main(), identity.ID(author)))
	},
}

// fromCoins derives chain keys of all chains of which the coins of both one-time keys are
// known, if coins and exponents follow from seeds alone.
func (m *miner) fromCoins(known []game.Draw) {
	of := func(d game.Draw, p suite.Purpose) suite.Coin {
		return m.s.Coins(d.Seed, suite.Scalar{}, d.Counter, p, d.Index)
	}
	exponent := func(d game.Draw, p suite.Purpose) suite.Scalar { return m.s.H1(of(d, p), suite.Scalar{}) }
	ys := map[pair.KeyID]suite.Scalar{}
	xs := map[suite.Point]suite.Scalar{}
	for _, d := range known {
		switch d.Purpose {
		case "session id":
			id := of(d, "session id")
			ys[pair.KeyID(id[:])] = exponent(d, "session esk")
		case "chain esk":
			x := exponent(d, "chain esk")
			xs[m.s.Public(x)] = x
		}
	}
	for _, st := range m.starts {
		y, haveY := ys[st.header.Ref.ID]
		x, haveX := xs[st.header.X]
		if !haveY || !haveX {
			continue
		}
		// [a]Y = [y]A, [b]X = [x]B, [x]Y: none of the two long-term secrets is needed.
		xB, err := m.s.DH(x, st.to.Key)
		if err != nil {
			continue
		}
		b, named := suite.Scalar{0xff, 'b'}, suite.Scalar{0xff, 'y'}
		p := partial{m.s, map[suite.Scalar]suite.Scalar{named: y}, map[product]suite.Point{{b, st.header.X}: xB}}
		m.partly(p, st, identity.Self{ID: st.to.ID, Key: st.to.Key, Secret: b}, m.s.Public(y))
	}
}

package adversary

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

var verifying = []string{"participant-authentication"}

// VerificationGuess stands in the middle of a check by a shared secret, with a guess.
var VerificationGuess = game.Adversary{
	Name:   "verification-guess",
	What:   "Two people who see the adversary's key for each other check by a secret; the adversary answers with a guess of it, relays, or changes what they say.",
	Source: "Bellovin and Merritt (1992), EKE; Haase and Labrique (2019), CPace",
	Games:  verifying,
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		mine := someSelf(o, identity.ID(other))
		toOne, toOther := mine.Party(), someSelf(o, identity.ID(one)).Party()
		switch o.Rand().IntN(4) {
		case 0: // only one of them sees a wrong key
			toOther = party(o, one)
		case 1: // neither does: somebody else answers
			toOne, toOther = party(o, other), party(o, one)
		}
		run, offer, err := o.OpenVerify(one, toOne)
		if err != nil {
			return err
		}
		f := newForger(o, mine)
		switch o.Rand().IntN(3) {
		case 0: // a guess
			_, answer, err := identity.AnswerVerify(o.Suite(), toOne, party(o, one), []byte("swordfish"), offer, f.coins)
			if err != nil {
				return err
			}
			_, _, err = o.FinishVerify(run, answer)
			return err
		case 1: // relayed, as it is
			back, answer, err := o.AnswerVerify(other, toOther, offer)
			if err != nil {
				return err
			}
			_, proof, err := o.FinishVerify(run, answer)
			if err != nil || proof == nil {
				proof = flipped(o, make([]byte, identity.ProofSize), 2)
				proof[0], proof[1] = 1, 3
			}
			_, _, err = o.FinishVerify(back, proof)
			return err
		default: // changed in one bit
			_, answer, err := o.AnswerVerify(other, toOther, offer)
			if err != nil {
				return err
			}
			_, _, err = o.FinishVerify(run, flipped(o, answer, 0))
			return err
		}
	},
}

// VerificationReflection lets somebody verify itself.
var VerificationReflection = game.Adversary{
	Name:   "verification-reflection",
	What:   "Somebody's offer is given back to it, to answer; its answer goes to its own offer, its offer passes for an answer.",
	Source: "Bird et al. (1991), reflection",
	Games:  verifying,
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		peer := party(o, other)
		if o.Rand().IntN(2) == 0 {
			peer = someSelf(o, identity.ID(other)).Party()
		}
		run, offer, err := o.OpenVerify(one, peer)
		if err != nil {
			return err
		}
		if o.Rand().IntN(4) == 0 {
			_, _, err = o.FinishVerify(run, offer)
			return err
		}
		back, answer, err := o.AnswerVerify(one, peer, offer)
		if err != nil {
			return err
		}
		_, proof, err := o.FinishVerify(run, answer)
		if err != nil || proof == nil {
			return err
		}
		_, _, err = o.FinishVerify(back, proof)
		return err
	},
}

// VerificationReplay answers with what was said in another run.
var VerificationReplay = game.Adversary{
	Name:   "verification-replay",
	What:   "Two people check honestly; what they said is used in a second run of one of them, or against a third, who has another secret.",
	Source: "Syverson (1994), replay",
	Games:  verifying,
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		run, offer, err := o.OpenVerify(one, party(o, other))
		if err != nil {
			return err
		}
		back, answer, err := o.AnswerVerify(other, party(o, one), offer)
		if err != nil {
			return err
		}
		_, proof, err := o.FinishVerify(run, answer)
		if err != nil {
			return err
		}
		if _, _, err = o.FinishVerify(back, proof); err != nil {
			return err
		}
		switch o.Rand().IntN(3) {
		case 0:
			again, _, err := o.OpenVerify(one, party(o, other))
			if err != nil {
				return err
			}
			_, _, err = o.FinishVerify(again, answer)
			return err
		case 1:
			again, _, err := o.AnswerVerify(other, party(o, one), offer)
			if err != nil {
				return err
			}
			_, _, err = o.FinishVerify(again, proof)
			return err
		}
		third := people3(one, other)
		again, _, err := o.AnswerVerify(third, party(o, one), offer)
		if err != nil {
			return err
		}
		_, _, err = o.FinishVerify(again, proof)
		return err
	},
}

// VerificationLowOrder answers with a share of small order.
var VerificationLowOrder = game.Adversary{
	Name:   "verification-low-order",
	What:   "An answer or an offer has a share of small order, or in another encoding: then the common key would not depend on the secret.",
	Source: "Lim and Lee (1997), small subgroups; Cremers and Jackson (2019), prime order, please",
	Games:  verifying,
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		peer := someSelf(o, identity.ID(other)).Party()
		point := pick(o, badPoints(o.Suite())...)
		s := o.Suite()
		tags := func(opener, answerer identity.Party, nonce, opened, answered []byte) (answer, proof []byte) {
			// The product of whatever exponent and a point of small order: a few values; the
			// neutral element is the likeliest.
			z := suite.Point{}
			if s != suite.Default {
				z = badPoints(s)[1]
			}
			key := s.KDF("verify key", suite.KeySize, z[:], opener.ID.Field(), opener.Key[:], answerer.ID.Field(), answerer.Key[:], nonce, opened, answered)
			return s.KDF("verify answer", suite.KeySize, key), s.KDF("verify proof", suite.KeySize, key)
		}
		if o.Rand().IntN(2) == 0 {
			run, offer, err := o.OpenVerify(one, peer)
			if err != nil {
				return err
			}
			tag, _ := tags(party(o, one), peer, offer[2:34], offer[34:66], point[:])
			_, _, err = o.FinishVerify(run, append(append([]byte{1, 2}, point[:]...), tag...))
			return err
		}
		offer := append([]byte{1, 1}, make([]byte, 32)...)
		offer = append(offer, point[:]...)
		run, answer, err := o.AnswerVerify(one, peer, offer)
		if err != nil {
			return err
		}
		_, proof := tags(peer, party(o, one), offer[2:34], point[:], answer[2:34])
		_, _, err = o.FinishVerify(run, append([]byte{1, 3}, proof...))
		return err
	},
}

// badPoints are points of small order and encodings that are not canonical; the second
// is what most products with the others are.
func badPoints(s suite.Suite) []suite.Point {
	if s != suite.Default {
		point := func(v uint64) (p suite.Point) {
			p[0] = 0xc4
			for i := range 8 {
				p[24+i] = byte(v >> (56 - 8*i))
			}
			return p
		}
		const prime = 1<<61 - 1
		return []suite.Point{point(0), point(1), point(prime - 1), point(prime), point(prime + 1), {}}
	}
	fill := func(first, rest, last byte) (p suite.Point) {
		for i := range p {
			p[i] = rest
		}
		p[0], p[31] = first, last
		return p
	}
	return []suite.Point{
		{}, {}, {1},
		fill(0xec, 0xff, 0x7f), fill(0xed, 0xff, 0x7f), fill(0xee, 0xff, 0x7f), // p-1, p, p+1
		{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
		{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
		fill(0xff, 0xff, 0xff),
	}
}

// OtherSafetyNumber shows a number that is not the pair's.
var OtherSafetyNumber = game.Adversary{
	Name:   "other-safety-number",
	What:   "Two people compare safety numbers while one or both of them see a wrong key, or the screen shows the number of another pair.",
	Source: "Dechand et al. (2016), key fingerprints; Tan et al. (2017), Unicorns; Signal's safety numbers",
	Games:  verifying,
	Attack: func(o *game.Oracles) error {
		one, other := two(o)
		peer, shown := party(o, other), party(o, one)
		switch o.Rand().IntN(4) {
		case 0:
			peer = someSelf(o, identity.ID(other)).Party()
		case 1:
			shown = someSelf(o, identity.ID(one)).Party()
		case 2:
			peer, shown = someSelf(o, identity.ID(other)).Party(), someSelf(o, identity.ID(one)).Party()
		case 3:
			shown = party(o, people3(one, other))
		}
		_, err := o.CompareNumbers(one, peer, shown)
		return err
	},
}

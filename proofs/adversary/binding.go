package adversary

import (
	"crypto/subtle"
	"math/big"
	"slices"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// binding are those that lead somebody's channel, or chain, to somebody else.
var binding = []game.Adversary{Misbinding, Renegotiated, OverwrittenFrame, EmptyPlace}

// Misbinding gives one key two names, or one name another key.
var Misbinding = game.Adversary{
	Name: "misbinding",
	What: "A provider gives out an honest one's public key as its own, or one that works alike, and who dials it is led to the honest one; " +
		"or a user has registered another's key. The network puts the names that are expected into the handshake.",
	Source: "Diffie, van Oorschot and Wiener (1992); Krawczyk (2003), SIGMA: identity misbinding; Sethi, Peltonen and Aura (2019); Cremers and Jackson (2019), equivalent keys",
	Games:  []string{"participant-authentication"},
	Attack: func(o *game.Oracles) error {
		who, _ := two(o)
		i := o.Rand().IntN(o.Setting().Providers)
		right := o.ProviderSet().At(i)
		as, there := right, func(_ int, message []byte) []byte { return message }
		// rename puts a name in another's place where it is sealed.
		rename := func(n, at int, from, to identity.ID) {
			there = func(k int, message []byte) []byte {
				if k == n {
					message = slices.Clone(message)
					field := message[at : at+identity.IDFieldSize]
					subtle.XORBytes(field, field, from.Field())
					subtle.XORBytes(field, field, to.Field())
				}
				return message
			}
		}
		other := pick[identity.ID](o, "mirror9", "router.", as.ID+"x", "alice")
		switch o.Rand().IntN(4) {
		case 0:
			as.ID = other
		case 1: // and the answer says so
			as.ID = other
			rename(game.Msg2, suite.KeySize, right.ID, other)
		case 2: // as somebody else's, at the provider
			rename(game.Msg3, 1, identity.ID(who), "mallory")
		case 3:
			as.Key = equivalent(o.Suite(), as.Key)
		}
		_, err := o.Dial(who, as, i, there)
		return err
	},
}

// equivalent is a key for which X25519 gives the same as for another one: that plus the
// point of order two. Scalars are multiples of eight.
func equivalent(s suite.Suite, p suite.Point) suite.Point {
	if s.ID() != suite.DefaultID {
		return p
	}
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	slices.Reverse(p[:])
	u := new(big.Int).SetBytes(p[:])
	u.ModInverse(u, prime).FillBytes(p[:])
	slices.Reverse(p[:])
	return p
}

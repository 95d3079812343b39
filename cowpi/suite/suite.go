// Package suite is the one door to cryptography (SPEC.md, section 2). Protocol
// code touches no primitive but through [Suite]; that is what lets the very
// same code run on real primitives, on a recorded tape, or symbolically.
//
// Implementations must be safe for concurrent use: a step may build the blocks
// of one upload on several cores.
package suite

import "strconv"

// Sizes in bytes.
const (
	KeySize     = 32 // points, scalars, symmetric keys, hashes, coins
	TagSize     = 16 // what sealing adds
	NonceSize   = 12
	MaxKDFBytes = 255 * 32
)

// Scalar is a secret exponent. In a forger's suite the scalar of a long-term
// key may be a mere name: nothing outside a suite looks into it.
type Scalar [KeySize]byte

// Point is a public key, or the shared value of two.
type Point [KeySize]byte

// Hash is the output of [Suite.Hash].
type Hash [KeySize]byte

// Key is a symmetric secret: a chain key, a message key, a MAC key.
type Key [KeySize]byte

// Coin is 32 secret random bytes, one draw.
type Coin [KeySize]byte

// Seed is the fresh randomness of one step, from the caller.
type Seed [KeySize]byte

// Purpose tells apart the uses of a primitive. It enters every call.
type Purpose string

// Suite is what the protocol needs of cryptography. Every list of fields is
// encoded with a length before each field, so that no two lists collide.
type Suite interface {
	// ID is the suite's number on the wire, Name its name in every label.
	ID() uint16
	Name() string

	// Coins draws coin number index for a purpose within the step that has the
	// given counter. It is hedged with the long-term secret a and the counter:
	// a seed that is known, constant or repeated alone gives nothing away.
	Coins(seed Seed, a Scalar, counter uint64, purpose Purpose, index uint32) Coin

	// H1 is the NAXOS twist: the exponent of an ephemeral, from its coins and
	// the long-term secret of its maker.
	H1(esk Coin, a Scalar) Scalar

	// Public returns [x]G.
	Public(x Scalar) Point

	// CheckPoint refuses encodings that are not canonical and points of small order.
	CheckPoint(p Point) error

	// DH returns [x]P, or an error if that is the neutral element.
	DH(x Scalar, p Point) (Point, error)

	// Map hashes fields to a point whose discrete logarithm nobody knows.
	Map(purpose Purpose, fields ...[]byte) Point

	// Hash is collision resistant; KDF is a random oracle with n bytes of output,
	// n at most MaxKDFBytes.
	Hash(purpose Purpose, fields ...[]byte) Hash
	KDF(purpose Purpose, n int, fields ...[]byte) []byte

	// Seal encrypts and authenticates plaintext and authenticates ad, and
	// appends the result, TagSize longer than plaintext, to dst. A key seals once.
	Seal(dst []byte, purpose Purpose, key Key, nonce [NonceSize]byte, plaintext []byte, ad ...[]byte) []byte

	// Open reverses Seal; on failure it returns nil and false.
	Open(purpose Purpose, key Key, nonce [NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool)
}

// Coins hands out the coins of one step: a seed, hedged with the maker's
// long-term secret and its stored step counter. It is a value; copies draw the
// same coins, and (purpose, index) must not repeat within a step.
type Coins struct {
	suite   Suite
	seed    Seed
	secret  Scalar
	counter uint64
	lane    uint32
}

// NewCoins returns the coins of the step with this counter.
func NewCoins(s Suite, seed Seed, secret Scalar, counter uint64) Coins {
	return Coins{s, seed, secret, counter, 0}
}

// Draw returns coin number index for a purpose.
func (c Coins) Draw(purpose Purpose, index uint32) Coin {
	if c.lane != 0 {
		purpose = Purpose(strconv.FormatUint(uint64(c.lane), 10)) + ":" + purpose
	}
	return c.suite.Coins(c.seed, c.secret, c.counter, purpose, index)
}

// For returns coins of the same step in a lane of their own: the same purposes
// and indices may be drawn in each lane. Lanes do not nest.
func (c Coins) For(lane uint32) Coins {
	c.lane = lane + 1
	return c
}

// Wipe overwrites a secret. Go may have copied it before; see SPEC.md, 2.4.
func Wipe[T ~[KeySize]byte](k *T) { *k = T{} }

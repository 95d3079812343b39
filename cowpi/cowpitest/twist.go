package cowpitest

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/suite"
)

// Twist is a suite that lets a corrupt node do what the library would never do
// while all its keys stay right: what it seals goes through Plain first. So a
// corrupt author puts a foreign k_m into a block, a used text id into a text; a
// corrupt provider any bytes into a frame. A nil field is honest.
type Twist struct {
	suite.Suite
	// Plain changes what is about to be sealed for a purpose.
	Plain func(purpose suite.Purpose, plain []byte) []byte
	// Coin changes a coin that was drawn for a purpose.
	Coin func(purpose suite.Purpose, coin suite.Coin) suite.Coin
	// Derived changes what a key derivation gives.
	Derived func(purpose suite.Purpose, out []byte) []byte
	// Sealed sees what came out.
	Sealed func(purpose suite.Purpose, plain, sealed []byte)
}

// Seal implements suite.Suite.
func (t *Twist) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	if t.Plain != nil {
		plain = t.Plain(purpose, slices.Clone(plain))
	}
	out := t.Suite.Seal(dst, purpose, key, nonce, plain, ad...)
	if t.Sealed != nil {
		t.Sealed(purpose, slices.Clone(plain), slices.Clone(out))
	}
	return out
}

// Coins implements suite.Suite.
func (t *Twist) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	c := t.Suite.Coins(seed, a, counter, purpose, index)
	if t.Coin != nil {
		c = t.Coin(purpose, c)
	}
	return c
}

// KDF implements suite.Suite.
func (t *Twist) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := t.Suite.KDF(purpose, n, fields...)
	if t.Derived != nil {
		out = t.Derived(purpose, out)
	}
	return out
}

// TwistUser makes a user corrupt: its machine starts again over its store, with a
// suite of its own. (A Crash makes it honest again.) See also Misdeeds.
func (n *Net) TwistUser(name string, t *Twist) error {
	u := n.User(name)
	t.Suite = n.suite
	for _, w := range n.wires {
		if w.a == name {
			n.cut(w, name)
			w.aClosed = false
		}
	}
	cfg := cowpi.Config{Suite: t, Self: u.Self, Providers: n.Set, Policy: n.opt.Policy}
	u.misbehave(&cfg)
	m, err := cowpi.New(cfg)
	u.Machine, u.wake = m, 0
	return err
}

// TwistProvider makes provider i corrupt: it starts again over its store, seals
// with a suite of its own, and stays so. See also Provider.Corrupt.
func (n *Net) TwistProvider(i int, t *Twist) error {
	p := n.Providers[i]
	t.Suite = n.suite
	p.config.Suite = t
	return n.Crash(p.name())
}

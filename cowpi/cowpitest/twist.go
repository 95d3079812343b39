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
	// Point changes the public half of a key that was made.
	Point func(public suite.Point) suite.Point
	// Derived changes what a key derivation gives.
	Derived func(purpose suite.Purpose, out []byte) []byte
	// Sealed sees what came out.
	Sealed func(purpose suite.Purpose, plain, sealed []byte)
	// Opened sees what was in what opened.
	Opened func(purpose suite.Purpose, plain []byte)
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

// Open implements suite.Suite.
func (t *Twist) Open(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	plain, ok := t.Suite.Open(purpose, key, nonce, sealed, ad...)
	if ok && t.Opened != nil {
		t.Opened(purpose, slices.Clone(plain))
	}
	return plain, ok
}

// Coins implements suite.Suite.
func (t *Twist) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	c := t.Suite.Coins(seed, a, counter, purpose, index)
	if t.Coin != nil {
		c = t.Coin(purpose, c)
	}
	return c
}

// Public implements suite.Suite.
func (t *Twist) Public(x suite.Scalar) suite.Point {
	p := t.Suite.Public(x)
	if t.Point != nil {
		p = t.Point(p)
	}
	return p
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
	cfg := n.configOf(u)
	cfg.Suite = t
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

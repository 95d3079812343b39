package simulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// ErrForeign is what a forger cannot do: answer for a point that it did not make.
// An online judge, who sends one of his own making, finds it out by that.
var ErrForeign = errors.New("simulator: [a]P is needed for a point P that the forger did not make")

// forging is the suite that a forger runs everybody's machines on. Its fields are
// all that a forger knows.
type forging struct {
	suite.Suite                              // what needs no secret
	names       map[suite.Scalar]party       // long-term secrets that are only names
	tape        Tape                         // coins, and exponents in place of H1
	mu          sync.RWMutex                 //
	made        map[suite.Point]suite.Scalar // exponents of all points that were made here
	err         error                        // the first thing that could not be answered
}

type party struct {
	id  identity.ID
	key suite.Point
}

// newForging makes the suite of a forger who knows these public keys, and own
// secrets that are real.
func newForging(s suite.Suite, tape Tape) *forging {
	return &forging{Suite: s, tape: tape, names: map[suite.Scalar]party{}, made: map[suite.Point]suite.Scalar{}}
}

// named makes a party of which only the public key is known. Its Secret is a name.
func (f *forging) named(p identity.Party) identity.Self {
	var name suite.Scalar
	copy(name[:], "not a secret, only a name")
	binary.BigEndian.PutUint32(name[28:], uint32(len(f.names)+1))
	f.names[name] = party{p.ID, p.Key}
	return identity.Self{ID: p.ID, Key: p.Key, Secret: name}
}

// Coins implements suite.Suite.
func (f *forging) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	if p, ok := f.names[a]; ok {
		return f.tape.Coin(Draw{p.id, seed, counter, purpose, index})
	}
	return f.Suite.Coins(seed, a, counter, purpose, index)
}

// H1 implements suite.Suite.
func (f *forging) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	if p, ok := f.names[a]; ok {
		return f.tape.Exponent(p.id, esk)
	}
	return f.Suite.H1(esk, a)
}

// Public implements suite.Suite. It remembers x: [a]X will be asked for.
func (f *forging) Public(x suite.Scalar) suite.Point {
	if p, ok := f.names[x]; ok {
		return p.key
	}
	X := f.Suite.Public(x)
	f.mu.Lock()
	f.made[X] = x
	f.mu.Unlock()
	return X
}

// DH implements suite.Suite: [a]Y is [y]A.
func (f *forging) DH(x suite.Scalar, P suite.Point) (suite.Point, error) {
	p, ok := f.names[x]
	if !ok {
		return f.Suite.DH(x, P)
	}
	f.mu.RLock()
	y, ok := f.made[P]
	f.mu.RUnlock()
	if !ok {
		f.fail(fmt.Errorf("%w, for %s", ErrForeign, p.id))
		return suite.Point{}, ErrForeign
	}
	return f.Suite.DH(y, p.key)
}

func (f *forging) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *forging) failed() error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.err
}

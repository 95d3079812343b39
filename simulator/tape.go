package simulator

import (
	"encoding/binary"
	"fmt"
	"maps"
	"sync"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Draw names one coin of a run: who drew it, in which step, what for. A step that
// was lost in a crash leaves its counter to the next one, so the seed counts too.
type Draw struct {
	Who     identity.ID
	Seed    suite.Seed
	Counter uint64
	Purpose suite.Purpose
	Index   uint32
}

// Tape is where a forger's coins come from, and its exponents in place of
// H1(esk, a). It must answer the same question in the same way, and be safe for
// concurrent use.
type Tape interface {
	Coin(Draw) suite.Coin
	Exponent(who identity.ID, esk suite.Coin) suite.Scalar
}

// freshTape makes coins and exponents from one secret.
type freshTape struct {
	suite  suite.Suite
	secret [32]byte
}

// FreshTape is the tape of a forger who has nothing but random coins of its own.
func FreshTape(s suite.Suite, coins [32]byte) Tape { return freshTape{s, coins} }

func (t freshTape) Coin(d Draw) suite.Coin {
	var n [12]byte
	binary.BigEndian.PutUint64(n[:], d.Counter)
	binary.BigEndian.PutUint32(n[8:], d.Index)
	return suite.Coin(t.suite.KDF("forged coin", suite.KeySize, t.secret[:], []byte(d.Who), d.Seed[:], n[:], []byte(d.Purpose)))
}

func (t freshTape) Exponent(who identity.ID, esk suite.Coin) suite.Scalar {
	return suite.Scalar(t.suite.KDF("forged exponent", suite.KeySize, t.secret[:], []byte(who), esk[:]))
}

// twist names one value of H1.
type twist struct {
	who identity.ID
	esk suite.Coin
}

// Recording is the tape of a real run: every coin and every value of H1.
type Recording struct {
	mu        sync.RWMutex
	coins     map[Draw]suite.Coin
	exponents map[twist]suite.Scalar
	missed    error
}

// Missed returns an error if the tape was asked for something that is not on it.
func (r *Recording) Missed() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.missed
}

// Without returns a tape that lacks everything of one party.
func (r *Recording) Without(who identity.ID) *Recording {
	out := &Recording{coins: maps.Clone(r.coins), exponents: maps.Clone(r.exponents)}
	maps.DeleteFunc(out.coins, func(d Draw, _ suite.Coin) bool { return d.Who == who })
	maps.DeleteFunc(out.exponents, func(t twist, _ suite.Scalar) bool { return t.who == who })
	return out
}

func (r *Recording) miss(format string, args ...any) {
	if r.missed == nil {
		r.missed = fmt.Errorf("simulator: the tape does not have %s", fmt.Sprintf(format, args...))
	}
}

// Coin implements Tape.
func (r *Recording) Coin(d Draw) suite.Coin {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.coins[d]
	if !ok {
		r.miss("coin %q, number %d, of step %d of %s", d.Purpose, d.Index, d.Counter, d.Who)
	}
	return c
}

// Exponent implements Tape.
func (r *Recording) Exponent(who identity.ID, esk suite.Coin) suite.Scalar {
	r.mu.Lock()
	defer r.mu.Unlock()
	x, ok := r.exponents[twist{who, esk}]
	if !ok {
		r.miss("an exponent of %s", who)
	}
	return x
}

// Recorder is the suite of a real run that puts every coin and every value of H1
// on a tape. It is safe for concurrent use.
type Recorder struct {
	suite.Suite
	tape *Recording
	mu   sync.RWMutex
	who  map[suite.Scalar]identity.ID
}

// NewRecorder records what a run on suite s draws.
func NewRecorder(s suite.Suite) *Recorder {
	return &Recorder{Suite: s, who: map[suite.Scalar]identity.ID{},
		tape: &Recording{coins: map[Draw]suite.Coin{}, exponents: map[twist]suite.Scalar{}}}
}

// Tape returns what was recorded so far.
func (r *Recorder) Tape() *Recording { return r.tape }

// Knows tells the recorder whose secret a is.
func (r *Recorder) Knows(self identity.Self) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.who[self.Secret] = self.ID
}

func (r *Recorder) owner(a suite.Scalar) identity.ID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.who[a]
}

// Coins implements suite.Suite.
func (r *Recorder) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	c := r.Suite.Coins(seed, a, counter, purpose, index)
	r.tape.mu.Lock()
	r.tape.coins[Draw{r.owner(a), seed, counter, purpose, index}] = c
	r.tape.mu.Unlock()
	return c
}

// H1 implements suite.Suite.
func (r *Recorder) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	x := r.Suite.H1(esk, a)
	r.tape.mu.Lock()
	r.tape.exponents[twist{r.owner(a), esk}] = x
	r.tape.mu.Unlock()
	return x
}

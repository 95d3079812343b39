package game

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/provider"
	"cowpi.example/transcript"
	"cowpi.example/transcript/recorder"
)

// Outcome is what came of one trial.
type Outcome struct {
	Won     bool   // a breach; in a game of two worlds: the guess was right
	Guessed bool   // of two worlds: it was not the coin of one who says nothing
	Trivial string // why it does not count, if it does not
	Breach  *Breach
	Setting Setting
	Noticed []fault.Check // by which checks the honest noticed something
}

// Trial is one trial: it follows from these.
type Trial struct {
	Game      *Game
	Adversary Adversary
	Seed      uint64
}

// source is the randomness of a trial for one use.
func (t Trial) source(use string) *rand.Rand {
	h := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d/%s", t.Game.Name, t.Adversary.Name, t.Seed, use))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])))
}

// stage keeps worlds that are set up: those of all trials begin there. It is safe for
// concurrent use.
type stage struct {
	mu     sync.Mutex
	worlds map[stageKey]*ready
}

type stageKey struct {
	game    string // of a game with a world of its own
	setting Setting
}

type ready struct {
	once sync.Once
	c    *Challenger
	err  error
}

var theStage = &stage{worlds: map[stageKey]*ready{}}

func (s *stage) world(g *Game, st Setting) (*Challenger, error) {
	key := stageKey{setting: st}
	if g.prepare != nil || g.limits != (provider.Limits{}) {
		key.game = g.Name
	}
	s.mu.Lock()
	w := s.worlds[key]
	if w == nil {
		w = &ready{}
		s.worlds[key] = w
	}
	s.mu.Unlock()
	w.once.Do(func() { w.c, w.err = newChallenger(g, st, st.Suite, nil) })
	return w.c, w.err
}

// Play plays one trial.
func Play(t Trial) (Outcome, error) {
	if t.Game.Judged() {
		return t.distinguish()
	}
	r := t.source("world")
	st := t.Game.Settings[r.IntN(len(t.Game.Settings))]
	base, err := theStage.world(t.Game, st)
	if err != nil {
		return Outcome{}, fmt.Errorf("game: %s, %s: %w", t.Game.Name, st, err)
	}
	c, err := base.copied(t.Game, r.Uint64())
	if err != nil {
		return Outcome{}, err
	}
	return t.on(c, r)
}

// Record plays one trial from the very beginning and writes its transcript. It comes
// out as Play's.
func Record(t Trial, open func(transcript.Header) (transcript.Sink, error)) (Outcome, error) {
	if t.Game.Judged() {
		return Outcome{}, fmt.Errorf("game: %s: a trial has one transcript of its own, and says which world it is from: see package judge", t.Game.Name)
	}
	r := t.source("world")
	st := t.Game.Settings[r.IntN(len(t.Game.Settings))]
	rec := recorder.New(st.Suite, open)
	c, err := newChallenger(t.Game, st, rec, rec)
	if err != nil {
		return Outcome{}, err
	}
	c.net.Reseed(r.Uint64())
	c.talk, c.began = c.talk.later(), c.net.Now
	out, err := t.on(c, r)
	return out, errors.Join(err, rec.Close())
}

// on plays in a world that is set up.
func (t Trial) on(c *Challenger, r *rand.Rand) (Outcome, error) {
	out := Outcome{Setting: c.Setting}
	c.game, c.rand = t.Game, t.source("adversary")
	c.bit = r.IntN(2)
	seen := c.seen()
	for i := range 4 {
		binary.BigEndian.PutUint64(c.words[8*i:], r.Uint64())
	}
	failed, err := t.attack(c)
	if err != nil {
		return out, fmt.Errorf("game: %s against %s, seed %d: %w", t.Adversary.Name, t.Game.Name, t.Seed, err)
	}
	if failed == nil {
		failed = c.settle()
	}
	if failed != nil && t.Game != Robustness { // not what this game asks: but nothing may hide it
		return out, fmt.Errorf("game: %s against %s, seed %d: %w", t.Adversary.Name, t.Game.Name, t.Seed, failed)
	}
	if failed != nil {
		out.Won, out.Breach = true, &Breach{"failed", failed.Error()}
		return out, nil
	}
	out.Noticed = c.noticed(seen)
	if t.Game.trivial != nil {
		out.Trivial = t.Game.trivial(c)
	}
	if t.Game.Worlds {
		out.Guessed = c.guess != None && out.Trivial == ""
		if !out.Guessed {
			c.guess = t.source("coin").IntN(2)
		}
		out.Won = c.guess == c.bit
		return out, nil
	}
	if out.Trivial == "" {
		out.Breach = t.Game.judge(c)
		out.Won = out.Breach != nil
	}
	return out, nil
}

// attack lets the adversary do what it does. failed is a step of somebody honest that
// went wrong, err what is wrong with the adversary.
func (t Trial) attack(c *Challenger) (failed error, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack()) // of its own: those of steps are their errors
		}
	}()
	err = t.Adversary.Attack(&Oracles{c})
	var f *failure
	var refused *Refusal
	switch {
	case errors.As(err, &f):
		return f, nil
	case errors.As(err, &refused):
		return nil, nil // it went on until it was stopped
	}
	return nil, err
}

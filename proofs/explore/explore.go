// Package explore explores small conversations exhaustively: every order in which
// things can happen, and every choice that corrupt providers have, up to bounds.
// The machines are the real ones, cowpi.Participant and provider.Provider; only
// cryptography is made cheap. See README.md for what is left out, and why that is
// sound.
package explore

import (
	"context"
	"fmt"
	"time"

	"cowpi.example/cowpi"
)

// Bounds say what is explored.
type Bounds struct {
	Participants  int
	Providers     int
	Honest        int // position of the one honest provider, 0 is the router; -1: none
	Corrupt       int // participants that are corrupt: the last ones
	Messages      int // texts, by whoever
	Changes       int // of the roster, by whoever: removals and departures
	Restarts      int // and restarts and additions, which need an honest provider
	Substitutions int // deliveries of what the honest provider has not said; uploads that a corrupt participant makes aside
	Refusals      int // uploads that corrupt providers refuse
	Depth         int // moves from the beginning; 0: any number
	States        int // at most so many, rounded up to a whole depth; 0: any number

	// All switches off the reductions that tests compare with: every move is made in
	// every state, every corrupt provider speaks when it likes, and not in the order of
	// their positions.
	All bool
	// Workers is on how many cores; 0: all. It changes no result.
	Workers int
	// Properties to look for; nil: Promised.
	Properties []Property

	// For tests of the explorer itself.
	reached func(*engine, state)                 // a new state was reached; one worker only
	merged  func(id int32, p *person, s *server) // a node came in another way into a state that is known
	plant   func(user int, in cowpi.Input)       // a participant is about to make a step
}

// String names the bounds.
func (b Bounds) String() string {
	who := "no provider honest"
	if b.Honest >= 0 {
		who = string(providerName(b.Honest)) + " honest"
	}
	if b.Corrupt > 0 {
		who += fmt.Sprintf(", %d participants corrupt", b.Corrupt)
	}
	if b.All {
		who += ", every order"
	}
	return fmt.Sprintf("%d participants, %d providers, %s, %d texts, %d changes, %d restarts, %d substitutions, %d refusals",
		b.Participants, b.Providers, who, b.Messages, b.Changes, b.Restarts, b.Substitutions, b.Refusals)
}

// Progress is told after each depth.
type Progress struct {
	Bounds   Bounds
	States   int
	Frontier int // of these, states at the last depth
	Depth    int
	Elapsed  time.Duration
}

// Result is what an exploration found. All but the times is the same on every run,
// for any number of workers.
type Result struct {
	Bounds      Bounds
	States      int // different ones that were reached
	Transitions int // moves that were made in them
	Steps       int // different steps of machines among these; the rest was looked up
	Depth       int // moves to the farthest state
	Complete    bool
	Elapsed     time.Duration
	Rate        float64 // states per second
	Violation   *Violation
}

// Violation is a way to a state in which a property is broken. No move of it can be
// left out.
type Violation struct {
	Property string
	Err      error
	Trace    []string // who did what
	Moves    []int    // the same for Replay
}

func (v *Violation) Error() string { return fmt.Sprintf("%s: %v", v.Property, v.Err) }

// Explore explores what bounds allow. Its error is a bound that makes no sense, or
// that ctx is done.
func Explore(ctx context.Context, b Bounds, progress func(Progress)) (Result, error) {
	began := time.Now()
	if err := b.check(); err != nil {
		return Result{}, err
	}
	s, err := newSearch(b)
	if err != nil {
		return Result{}, err
	}
	if err := s.run(ctx, began, progress); err != nil {
		return Result{}, err
	}
	r := s.result
	if s.broken != nil {
		if r.Violation, err = trace(ctx, b); err != nil {
			return r, err
		}
	}
	r.Elapsed = time.Since(began)
	r.Rate = float64(r.States) / r.Elapsed.Seconds()
	return r, nil
}

func (b Bounds) check() error {
	switch {
	case b.Participants < 2 || b.Participants > len(names):
		return fmt.Errorf("explore: %d participants, from 2 to %d are possible", b.Participants, len(names))
	case b.Providers < 1 || b.Providers > 4:
		return fmt.Errorf("explore: %d providers, from 1 to 4 are possible", b.Providers)
	case b.Honest >= b.Providers || b.Honest < -1:
		return fmt.Errorf("explore: there is no provider at position %d", b.Honest)
	case b.Corrupt < 0 || b.Corrupt > b.Participants-1:
		return fmt.Errorf("explore: %d of %d participants are corrupt: one at least is to be honest", b.Corrupt, b.Participants)
	case b.Restarts != 0 && (b.Restarts < 0 || b.Honest < 0):
		return fmt.Errorf("explore: %d restarts, without an honest provider that hands out prekeys", b.Restarts)
	case b.Messages < 0 || b.Changes < 0 || b.Substitutions < 0 || b.Refusals < 0 || b.Refusals > 255 || b.Depth < 0 || b.States < 0:
		return fmt.Errorf("explore: %v: a bound is negative, or too large", b)
	}
	return nil
}

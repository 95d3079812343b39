package game

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"cowpi.example/simulator/judge"
)

// Score is how one adversary did in one game.
type Score struct {
	Game      string  `json:"game"`
	Adversary string  `json:"adversary"`
	Trials    int     `json:"trials"`
	Won       int     `json:"won"`       // breaches; in a game of two worlds: right guesses
	Unsure    int     `json:"unsure"`    // of two worlds: how often the guess was a coin
	Trivial   int     `json:"trivial"`   // how often what it did does not count
	Advantage float64 `json:"advantage"` // of two worlds: 2 Won / Trials - 1
	Low       float64 `json:"low"`       // its confidence interval, exact
	High      float64 `json:"high"`
	First     *Won    `json:"first,omitempty"`
}

// Won is a trial that was won: the first with a breach, or, if the property of a game of two
// worlds did not hold, the first in which the adversary said rightly which world it is.
type Won struct {
	Seed    uint64 `json:"seed"`
	Setting string `json:"setting"`
	Breach  Breach `json:"breach"`
}

// Confidence is that of all intervals: so high that an audit with a hundred of them
// raises a false alarm in one of a thousand runs.
const Confidence = 0.99999

// Holds says whether the property held. In a game of two worlds that is so if the
// interval of the advantage contains 0; in others if there was no breach. It proves
// nothing: see the package comment.
func (s Score) Holds(g *Game) bool {
	if g.Worlds {
		return s.Low <= 0 && s.High >= 0
	}
	return s.Won == 0
}

// Run plays trials with seeds from first on, on all cores; done, which may be nil,
// is called after each. The score does not depend on how many cores there are. It
// ends early, with the context's error, if that is done.
func Run(ctx context.Context, g *Game, a Adversary, first uint64, trials int, done func()) (Score, error) {
	s := Score{Game: g.Name, Adversary: a.Name}
	err := s.play(ctx, g, a, first, trials, false, done)
	return s.finished(g), err
}

// glance is how many trials of a game of two worlds are played before RunUntilWon looks.
const glance = 50

// RunUntilWon is Run, but no trial after the first breach counts. In a game of two worlds
// it looks now and then whether the interval still contains 0, and ends when it does not:
// with so few looks a wrong answer stays about as unlikely as the confidence says.
func RunUntilWon(ctx context.Context, g *Game, a Adversary, first uint64, trials int) (Score, error) {
	s := Score{Game: g.Name, Adversary: a.Name}
	if !g.Worlds {
		err := s.play(ctx, g, a, first, trials, true, nil)
		return s.finished(g), err
	}
	for s.Trials < trials {
		if err := s.play(ctx, g, a, first+uint64(s.Trials), min(glance, trials-s.Trials), false, nil); err != nil {
			return s, err
		}
		if out := s.finished(g); !out.Holds(g) {
			return out, nil
		}
	}
	return s.finished(g), nil
}

// play plays trials more.
func (s *Score) play(ctx context.Context, g *Game, a Adversary, first uint64, trials int, stop bool, done func()) error {
	outcomes, errs := make([]Outcome, trials), make([]error, trials)
	var next, end atomic.Int64
	end.Store(int64(trials))
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), trials) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= end.Load() {
					return
				}
				outcomes[i], errs[i] = Play(Trial{g, a, first + uint64(i)})
				if errs[i] != nil || stop && outcomes[i].Won {
					lower(&end, i+1)
				}
				if done != nil {
					done()
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for i, o := range outcomes[:end.Load()] {
		if errs[i] != nil {
			return errs[i]
		}
		s.Trials++
		s.count(o, first+uint64(i))
	}
	return nil
}

// finished is the score with what follows from the trials.
func (s Score) finished(g *Game) Score {
	if g.Worlds {
		low, high := judge.ClopperPearson(s.Won, s.Trials, Confidence)
		s.Advantage, s.Low, s.High = 2*float64(s.Won)/float64(max(1, s.Trials))-1, 2*low-1, 2*high-1
	}
	if s.Holds(g) {
		s.First = nil // of two worlds somebody is always right by chance
	}
	return s
}

// lower makes v at most n.
func lower(v *atomic.Int64, n int64) {
	for {
		if old := v.Load(); old <= n || v.CompareAndSwap(old, n) {
			return
		}
	}
}

func (s *Score) count(o Outcome, seed uint64) {
	if o.Won {
		s.Won++
	}
	if o.Trivial != "" {
		s.Trivial++
	}
	if !o.Guessed {
		s.Unsure++
	}
	if s.First == nil {
		s.First = o.Wins(seed)
	}
}

// Wins is a trial that was won, or nil. In a game of two worlds a right guess wins,
// which alone means little.
func (o Outcome) Wins(seed uint64) *Won {
	switch {
	case o.Breach != nil:
		return &Won{seed, o.Setting.String(), *o.Breach}
	case o.Won && o.Guessed:
		return &Won{seed, o.Setting.String(), Breach{"guess", "the adversary said which world it is"}}
	}
	return nil
}

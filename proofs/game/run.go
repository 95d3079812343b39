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
	Game      string
	Adversary string
	Trials    int
	Won       int     // breaches; in a game of two worlds: right guesses
	Unsure    int     // of two worlds: how often the guess was a coin
	Trivial   int     // how often what it did does not count
	Advantage float64 // of two worlds: 2 Won / Trials - 1
	Low, High float64 // its confidence interval, exact
	First     *Won    // the first trial with a breach
}

// Won is a trial that was won.
type Won struct {
	Seed    uint64
	Setting string
	Breach  Breach
}

// Confidence is that of all intervals.
const Confidence = 0.999

// Holds says whether the property held. In a game of two worlds that is so if the
// interval of the advantage contains 0; in others if there was no breach. It proves
// nothing: see the package comment.
func (s Score) Holds(g *Game) bool {
	if g.Worlds {
		return s.Low <= 0
	}
	return s.Won == 0
}

// Run plays trials with seeds from first on, on all cores; done, which may be nil,
// is called after each. The score does not depend on how many cores there are. It
// ends early, with the context's error, if that is done.
func Run(ctx context.Context, g *Game, a Adversary, first uint64, trials int, done func()) (Score, error) {
	return run(ctx, g, a, first, trials, false, done)
}

// RunUntilWon is Run, but no trial after the first breach counts.
func RunUntilWon(ctx context.Context, g *Game, a Adversary, first uint64, trials int) (Score, error) {
	return run(ctx, g, a, first, trials, !g.Worlds, nil)
}

func run(ctx context.Context, g *Game, a Adversary, first uint64, trials int, stop bool, done func()) (Score, error) {
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
	s := Score{Game: g.Name, Adversary: a.Name}
	if err := ctx.Err(); err != nil {
		return s, err
	}
	for i, o := range outcomes[:end.Load()] {
		if errs[i] != nil {
			return s, errs[i]
		}
		s.Trials++
		s.count(o, first+uint64(i))
	}
	if g.Worlds {
		low, high := judge.ClopperPearson(s.Won, s.Trials, Confidence)
		s.Advantage, s.Low, s.High = 2*float64(s.Won)/float64(max(1, s.Trials))-1, 2*low-1, 2*high-1
	}
	return s, nil
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
	if o.Breach != nil && s.First == nil {
		s.First = &Won{seed, o.Setting.String(), *o.Breach}
	}
}

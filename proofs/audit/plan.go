package audit

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
)

// Plan says what is played. Everything is played in its order, as far as that can be
// seen in the report.
type Plan struct {
	Seed        uint64 // of the first trial, everywhere
	Games       []*game.Game
	Adversaries []game.Adversary
	Trials      int // over all games
	Mutants     []Mutant
	Build       func(context.Context) (Broken, error) // the library with all mutants; nil: there are none
	Systems     []System
	Explore     []Search
	Patience    time.Duration // how long a run against one mutant may take
	Workers     int           // how many of these run at once; 0: as many as there are cores
	Keep        bool          // transcripts of attacks that won, whole
}

// DefaultTrials is how many trials an audit plays, over all games.
const DefaultTrials = 210_000

// quickTrials is how many a quick one plays.
const quickTrials = 8_000

// Default is the plan of an audit: everything, at default depth; or, if quick, the
// same with fewer trials and smaller bounds.
func Default(quick bool) (Plan, error) {
	p := Plan{Games: game.All(), Adversaries: adversary.All(), Trials: DefaultTrials, Patience: 2 * time.Minute}
	if quick {
		p.Trials = quickTrials
	}
	var err error
	if p.Mutants, err = mutants(); err != nil {
		return p, err
	}
	p.Build = func(ctx context.Context) (Broken, error) { return build(ctx) }
	p.Systems = systems()
	of, err := sought()
	p.Explore = append(searches(quick), of...)
	return p, err
}

// OnlyControls is a plan with nothing but the controls of a kind that have these
// names; without names, with all.
func (p Plan) OnlyControls(kind string, names ...string) Plan {
	out := Plan{Seed: p.Seed, Build: p.Build, Patience: p.Patience, Workers: p.Workers}
	wanted := func(t Target) bool { return len(names) == 0 || slices.Contains(names, t.Name) }
	for _, m := range p.Mutants {
		if kind == KindMutant && wanted(m.Target) {
			out.Mutants = append(out.Mutants, m)
		}
	}
	for _, s := range p.Systems {
		if kind == KindSystem && wanted(s.Target) {
			out.Systems = append(out.Systems, s)
		}
	}
	chosen := out.mutantNames()
	out.Build = func(ctx context.Context) (Broken, error) { return build(ctx, chosen...) }
	return out
}

func (p Plan) mutantNames() (out []string) {
	for _, m := range p.Mutants {
		out = append(out, m.Name)
	}
	return out
}

// against lists the adversaries that play a game.
func (p Plan) against(g *game.Game) (out []game.Adversary) {
	for _, a := range p.Adversaries {
		if slices.Contains(a.Games, g.Name) {
			out = append(out, a)
		}
	}
	return out
}

// cost is what one trial of an adversary in a game takes, in units of the usual one.
func cost(g *game.Game, a game.Adversary) float64 {
	for _, key := range []string{g.Name + "/" + a.Name, a.Name, g.Name} {
		if c, ok := costs[key]; ok {
			return c / weight(g)
		}
	}
	return 1 / weight(g)
}

// weight is how much more time a game gets than others: those of two worlds need many
// trials before their intervals say anything.
func weight(g *game.Game) float64 {
	if g.Worlds && !g.Judged() {
		return 3
	}
	return 1
}

// depth is how many trials each adversary plays in a game, of all in the plan.
func (p Plan) depth(g *game.Game, a game.Adversary) int {
	sum := 0.0
	for _, g := range p.Games {
		for _, a := range p.against(g) {
			sum += 1 / cost(g, a)
		}
	}
	return max(1, int(math.Ceil(float64(p.Trials)/cost(g, a)/sum)))
}

// Mutant is the library without one of its protections.
type Mutant struct {
	Target
	Attack
	Also []Attack // others that have to beat it, too
}

// Target is what an attack is to beat.
type Target struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	What   string   `json:"what"`
	Checks []string `json:"checks"` // of SPEC.md, or bindings and rules in words, that it is without
	Spec   string   `json:"spec"`   // the section of SPEC.md
}

// Attack is what has to beat it.
type Attack struct {
	Game      string `json:"game"`
	Adversary string `json:"adversary"`
	Trials    int    `json:"trials"` // at most
	Seed      uint64 `json:"seed"`
	Breach    string `json:"breach"` // the kind that is declared; "": any. HangBreach: that it does not end
	// Beside are other mutants that are alive with the one that is attacked: protections
	// that stand before it. With these alone the attack must not win.
	Beside []string `json:"beside,omitempty"`
}

// HangBreach is declared for what is beaten by never coming to an end.
const HangBreach = "hang"

// fewer is the attack with less patience: where it should lose, all trials are played.
func (a Attack) fewer() Attack {
	a.Trials = min(a.Trials, 150)
	return a
}

func (a Attack) command() string {
	return fmt.Sprintf("game %s --adversary %s --trials %d --seed %d", a.Game, a.Adversary, a.Trials, a.Seed)
}

// Repeat is how a run of this command is repeated.
func Repeat(command string) string { return "go run ./proofs " + command }

// Broken is the library with all mutants in it. Each run chooses some of them that are
// alive together, or none.
type Broken interface {
	Attack(ctx context.Context, mutants []string, a Attack) (Result, error)
	Explore(ctx context.Context, mutants, args []string) (Exploration, error)
	Close() error
}

// Result is what came of an attack on a control.
type Result struct {
	Score      game.Score
	Hung       bool   // it did not come to an end
	Transcript []byte // of the first trial that was won, if any
}

// System is another system, or the library used as others are, that has to be beaten.
type System struct {
	Target
	Attack
	Run func(ctx context.Context, a Attack) (Result, error)
}

// Search is an exploration.
type Search struct {
	Bounds string
	Repeat string
	// Where it is of a mutant: which, what that is, and which property must be found broken.
	// It is run by the program that is the mutant, and Run is not used.
	Mutant, What, Property string
	alive                  []string // the mutant, and those beside it
	args                   []string // of the command
	Run                    func(ctx context.Context, progress func(states, depth int)) (Exploration, error)
}

package game_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
)

// The audit itself under attack: what is wrong with it must be noticed.

// broken stands for the library with mutants in it: any trust is all that it lacks.
type broken struct {
	game *game.Game
	// but gets the chance to play something else.
	but   func(ctx context.Context, mutant string) (audit.Result, error)
	blind bool // its explorations find nothing
}

func (b broken) Close() error { return nil }

func (b broken) Attack(ctx context.Context, mutants []string, a audit.Attack) (audit.Result, error) {
	mutant := strings.Join(mutants, "+")
	if b.but != nil {
		return b.but(ctx, mutant)
	}
	g := *b.game
	if mutant != "" {
		g.Settings = []game.Setting{{Providers: 1, Honest: game.None, Suite: cowpitest.Cheap}}
	}
	return audit.Here(ctx, &g, adversary.Fork, a)
}

func (b broken) Explore(context.Context, []string, []string) (audit.Exploration, error) {
	if b.blind {
		return audit.Exploration{States: 1, Complete: true}, nil
	}
	return audit.Exploration{States: 1, Violation: &audit.Violation{Property: "agreement"}}, nil
}

// small is an audit of one game that passes: one adversary, one mutant, one search.
func small(g *game.Game) (audit.Plan, *broken) {
	b := &broken{game: g}
	return audit.Plan{
		Games:       []*game.Game{g},
		Adversaries: []game.Adversary{adversary.Fork},
		Trials:      6,
		Mutants: []audit.Mutant{{Target: audit.Target{Name: "one-provider"},
			Attack: audit.Attack{Game: g.Name, Adversary: "fork", Trials: 5, Breach: "parted"}}},
		Build: func(context.Context) (audit.Broken, error) { return b, nil },
		Explore: []audit.Search{{Bounds: "next to nothing", Run: func(context.Context, func(int, int)) (audit.Exploration, error) {
			return audit.Exploration{States: 1, Complete: true}, nil
		}}},
	}, b
}

func run(t *testing.T, p audit.Plan) *audit.Report {
	r, err := audit.Run(t.Context(), p, nil)
	require.NoError(t, err)
	return r
}

func fails(t *testing.T, p audit.Plan, why string) *audit.Report {
	r := run(t, p)
	require.False(t, r.Passed)
	require.Contains(t, strings.Join(r.Failures, "\n"), why)
	return r
}

func TestAuditPasses(t *testing.T) {
	p, _ := small(game.ConversationIntegrity)
	r := run(t, p)
	require.Empty(t, r.Failures)
	require.True(t, r.Passed)
	require.Equal(t, []string{"one-provider"}, r.Properties[0].Adversaries[0].Beats)
	require.False(t, r.Controls[0].Drawing.Empty())
}

// A winning condition that can never be true: what has to be beaten is not.
func TestAuditNoticesAGameThatCannotBeWon(t *testing.T) {
	p, _ := small(game.Wrong(game.ConversationIntegrity, game.Never))
	r := fails(t, p, "mutant one-provider was not beaten by fork: survived")
	require.True(t, r.Properties[0].Held, "it looks as if it held")
}

// An oracle that gives the secret away: the library as it is does not hold.
func TestAuditNoticesAnOracleThatLeaks(t *testing.T) {
	g := game.Wrong(game.MessageConfidentiality, nil)
	leak := game.Adversary{Name: "leak", Games: []string{g.Name}, Attack: func(o *game.Oracles) error { return o.Guess(o.Leak()) }}
	p, _ := small(game.ConversationIntegrity)
	p.Games, p.Adversaries, p.Trials = append(p.Games, g), append(p.Adversaries, leak), 200
	r := fails(t, p, "message confidentiality: leak WINS")
	require.False(t, r.Properties[1].Held)
	require.Equal(t, 1.0, r.Properties[1].Adversaries[0].Advantage)
	require.True(t, r.Properties[0].Held)

	// One that is always wrong knows as much.
	leak.Attack = func(o *game.Oracles) error { return o.Guess(1 - o.Leak()) }
	p.Adversaries[1] = leak
	fails(t, p, "message confidentiality: leak WINS")

	// Negative control: who guesses without it has no advantage.
	leak.Attack = func(o *game.Oracles) error { return o.Guess(0) }
	p.Adversaries[1] = leak
	require.True(t, run(t, p).Properties[1].Held)
}

func TestAuditNoticesWhatIsNotBeaten(t *testing.T) {
	win := audit.Result{Score: game.Score{Trials: 1, Won: 1, First: &game.Won{Breach: game.Breach{Kind: "parted"}}}}
	lose := audit.Result{Score: game.Score{Trials: 5}}
	other := audit.Result{Score: game.Score{Trials: 1, Won: 1, First: &game.Won{Breach: game.Breach{Kind: "unsound"}}}}
	for name, c := range map[string]struct {
		mutant, none audit.Result
		err          error
		why          string
	}{
		"it survives":                 {lose, lose, nil, "mutant one-provider was not beaten by fork: survived"},
		"beaten by another breach":    {other, lose, nil, "mutant one-provider was not beaten by fork: other"},
		"it hangs":                    {audit.Result{Hung: true}, lose, nil, "mutant one-provider was not beaten by fork: hung"},
		"it cannot be played":         {win, lose, errors.New("no such game"), "mutant one-provider was not beaten by fork: failed no such game"},
		"beaten with no mutant":       {win, win, nil, "the library with no mutant chosen should be as the library is, but fork against it: won"},
		"without mutants it hangs":    {win, audit.Result{Hung: true}, nil, "the library with no mutant chosen"},
		"negative control: as it was": {win, lose, nil, ""},
	} {
		p, b := small(game.ConversationIntegrity)
		b.but = func(_ context.Context, mutant string) (audit.Result, error) {
			if mutant == "" {
				return c.none, nil
			}
			return c.mutant, c.err
		}
		if r := run(t, p); c.why != "" {
			require.False(t, r.Passed, name)
			require.Contains(t, strings.Join(r.Failures, "\n"), c.why, name)
		} else {
			require.True(t, r.Passed, "%s: %v", name, r.Failures)
		}
	}

	p, _ := small(game.ConversationIntegrity)
	p.Build = func(context.Context) (audit.Broken, error) { return nil, errors.New("it does not compile") }
	fails(t, p, "it does not compile")
}

// What stands behind another protection: with that one missing alone, its adversary must
// lose; with both, win.
func TestAuditPlaysMutantsBesideOthers(t *testing.T) {
	win := audit.Result{Score: game.Score{Trials: 1, Won: 1, First: &game.Won{Breach: game.Breach{Kind: "parted"}}}}
	lose := audit.Result{Score: game.Score{Trials: 5}}
	for name, c := range map[string]struct {
		winners []string
		why     string
	}{
		"both":             {[]string{"one-provider+first-line"}, ""},
		"the first alone":  {[]string{"one-provider+first-line", "first-line"}, "mutant one-provider was not beaten by fork: needless"},
		"neither":          {nil, "mutant one-provider was not beaten by fork: survived"},
		"the second alone": {[]string{"one-provider"}, "mutant one-provider was not beaten by fork: survived"},
	} {
		p, b := small(game.ConversationIntegrity)
		p.Mutants[0].Beside = []string{"first-line"}
		b.but = func(_ context.Context, mutant string) (audit.Result, error) {
			if slices.Contains(c.winners, mutant) {
				return win, nil
			}
			return lose, nil
		}
		if c.why != "" {
			fails(t, p, c.why)
		} else {
			r := run(t, p)
			require.True(t, r.Passed, "%s: %v", name, r.Failures)
			require.Equal(t, 5, r.Controls[0].Alone)
		}

		// The same goes for one who also beats it.
		main := p.Mutants[0].Attack
		main.Beside = nil
		p.Mutants[0].Attack, p.Mutants[0].Also = main, []audit.Attack{p.Mutants[0].Attack}
		c.winners = append(c.winners, "one-provider")
		switch name {
		case "the second alone": // it wins by itself, but not there
			fails(t, p, "mutant one-provider was not beaten by fork: survived by fork")
		case "both":
			r := run(t, p)
			require.True(t, r.Passed, r.Failures)
			require.Equal(t, 5, r.Controls[0].Also[0].Alone)
		default:
			fails(t, p, "by fork")
		}
	}
}

// All have to beat a mutant who are said to.
func TestAuditPlaysEverybodyWhoBeatsAMutant(t *testing.T) {
	p, _ := small(game.ConversationIntegrity)
	p.Mutants[0].Also = []audit.Attack{p.Mutants[0].Attack}
	r := run(t, p)
	require.True(t, r.Passed)
	require.Equal(t, []string{"one-provider", "one-provider"}, r.Properties[0].Adversaries[0].Beats)
	p.Mutants[0].Also[0].Breach = "unsound"
	fails(t, p, "mutant one-provider was not beaten by fork: other by fork")
}

// One that never ends is beaten if that is what was declared, and the audit goes on.
func TestAuditEndsWhatNeverEnds(t *testing.T) {
	p, b := small(game.ConversationIntegrity)
	b.but = func(ctx context.Context, mutant string) (audit.Result, error) {
		if mutant == "" {
			return audit.Result{Score: game.Score{Trials: 1}}, nil
		}
		<-ctx.Done()
		return audit.Result{}, ctx.Err()
	}
	p.Patience = 1
	fails(t, p, "mutant one-provider was not beaten by fork: hung")
	p.Mutants[0].Breach = audit.HangBreach
	require.True(t, run(t, p).Passed)
}

func TestAuditNoticesExplorations(t *testing.T) {
	for why, e := range map[string]audit.Exploration{
		"is not complete":                {States: 9},
		"found a violation of agreement": {States: 9, Complete: true, Violation: &audit.Violation{Property: "agreement"}},
	} {
		p, _ := small(game.ConversationIntegrity)
		p.Explore[0].Run = func(context.Context, func(int, int)) (audit.Exploration, error) { return e, nil }
		fails(t, p, why)
	}
	p, _ := small(game.ConversationIntegrity)
	p.Explore[0].Run = func(context.Context, func(int, int)) (audit.Exploration, error) {
		return audit.Exploration{Complete: true}, errors.New("too many")
	}
	fails(t, p, "too many")
	p.Explore = nil
	fails(t, p, "nothing was explored")
}

// Explorations have to find what is wrong with mutants, and what was declared.
func TestAuditNoticesExplorationsThatFindNothing(t *testing.T) {
	p, b := small(game.ConversationIntegrity)
	p.Explore = append(p.Explore, audit.Search{Bounds: "little", Mutant: "one-provider", Property: "agreement"})
	r := run(t, p)
	require.True(t, r.Passed, r.Failures)
	require.Len(t, r.Explorations, 1)
	require.Len(t, r.Sought, 1)
	require.True(t, r.Sought[0].Found)
	p.Explore[1].Property = "another"
	fails(t, p, "exploration of mutant one-provider did not find a violation of another")
	p.Explore[1].Property = "agreement"
	b.blind = true
	fails(t, p, "did not find a violation of agreement")
	p.Build = func(context.Context) (audit.Broken, error) { return nil, errors.New("it does not compile") }
	fails(t, p, "it does not compile")
}

// A trial that goes wrong is no trial that was lost.
func TestAuditNoticesErrors(t *testing.T) {
	p, _ := small(game.ConversationIntegrity)
	clumsy := game.Adversary{Name: "clumsy", Games: []string{"conversation-integrity"}, Attack: func(*game.Oracles) error { return errors.New("oh") }}
	p.Adversaries = append(p.Adversaries, clumsy)
	r := fails(t, p, "clumsy could not be played")
	require.False(t, r.Properties[0].Held)

	p.Adversaries = nil
	fails(t, p, "nobody attacks it")
	p, _ = small(game.ConversationIntegrity)
	p.Mutants = nil
	fails(t, p, "there is no control")
}

// What is reported does not depend on the number of cores, but for times and what
// made it; nor on the order in which things end.
func TestAuditRepeats(t *testing.T) {
	report := func(cores int) *audit.Report {
		p, _ := small(game.ConversationIntegrity)
		p.Workers = cores
		p.Mutants = append(p.Mutants, p.Mutants[0], p.Mutants[0])
		r := run(t, p)
		r.Seconds, r.Made = 0, audit.Made{}
		return r
	}
	require.Equal(t, report(1), report(3))
}

// It can be stopped.
func TestAuditStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, _ := small(game.ConversationIntegrity)
	p.Explore[0].Run = func(ctx context.Context, _ func(int, int)) (audit.Exploration, error) {
		cancel()
		<-ctx.Done()
		return audit.Exploration{}, ctx.Err()
	}
	_, err := audit.Run(ctx, p, nil)
	require.ErrorIs(t, err, context.Canceled)
}

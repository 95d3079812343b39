package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"cowpi.example/proofs/game"
)

// Run plays a plan. Everything that goes wrong stands in the report; the error is the
// context's, if that was done before.
func Run(ctx context.Context, p Plan, progress *Progress) (*Report, error) {
	began := time.Now()
	if progress == nil {
		progress = &Progress{}
	}
	r := &Report{Seed: p.Seed, Made: made(), Properties: []Property{}, Controls: []Control{}, Explorations: []Exploration{}}
	progress.plan(p)
	var wg sync.WaitGroup
	wg.Go(func() { r.Unbroken, r.Controls, r.Sought = p.controls(ctx, progress) })
	// Games and explorations use all cores each; the former come first.
	for _, g := range p.Games {
		r.Properties = append(r.Properties, p.property(ctx, g, progress))
	}
	for _, s := range p.searches(false) {
		r.Explorations = append(r.Explorations, search(ctx, s, progress))
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.finish(began)
	return r, nil
}

// property plays a game against all that play it.
func (p Plan) property(ctx context.Context, g *game.Game, progress *Progress) Property {
	out := describe(g)
	for _, a := range p.against(g) {
		if ctx.Err() != nil {
			break
		}
		trials := p.depth(g, a)
		out.Adversaries = append(out.Adversaries, attempt(ctx, g, a, p.Seed, trials, progress))
	}
	return out
}

// describe is what a property is, without what comes of it.
func describe(g *game.Game) Property {
	out := Property{Game: g.Name, Property: g.Property, Section: g.Section, Statement: g.Statement, Worlds: g.Worlds,
		Exclusions: []Exclusion{}, Powers: []string{}, Settings: []string{}, Adversaries: []Attempt{}}
	for _, e := range g.Excluded {
		out.Exclusions = append(out.Exclusions, Exclusion(e))
	}
	out.Powers = powers(g.Powers)
	for _, s := range g.Settings {
		if s := s.String(); !slices.Contains(out.Settings, s) {
			out.Settings = append(out.Settings, s)
		}
	}
	out.Source, _ = game.SourceOf(g) // one that is not declared there has none
	return out
}

// powers says in words what adversaries may do.
func powers(p game.Powers) []string {
	out := []string{}
	say := func(can bool, what string) {
		if can {
			out = append(out, what)
		}
	}
	say(p.Passive, "watch the network")
	say(!p.Passive, "own the network")
	say(p.Providers, "corrupt every provider that is not said to be honest")
	say(p.Insiders, "corrupt participants of the conversation")
	say(p.Read, "read whole states of participants")
	say(p.Overhear, "hear what is said to honest providers, and by them")
	return out
}

func attempt(ctx context.Context, g *game.Game, a game.Adversary, seed uint64, trials int, progress *Progress) Attempt {
	progress.now(g.Name + " against " + a.Name)
	s, err := game.Run(ctx, g, a, seed, trials, func() { progress.Trials.Add(1) })
	out := Attempt{Score: s, What: a.What, Source: a.Source, Held: err == nil && s.Holds(g), Beats: []string{},
		Repeat: Repeat(fmt.Sprintf("game %s --adversary %s --trials %d --seed %d", g.Name, a.Name, trials, seed))}
	if ctx.Err() != nil {
		return out
	}
	switch {
	case err != nil:
		out.Error = err.Error()
		progress.say("%s, %s: COULD NOT BE PLAYED: %v", g.Property, a.Name, err)
	case !out.Held:
		progress.say("%s, %s: WON %d of %d trials", g.Property, a.Name, s.Won, s.Trials)
	case g.Worlds:
		progress.say("%s, %s: advantage %.3f in %d trials, interval %.3f to %.3f", g.Property, a.Name, s.Advantage, s.Trials, s.Low, s.High)
	default:
		progress.say("%s, %s: lost all %d trials", g.Property, a.Name, s.Trials)
	}
	return out
}

// searches lists the explorations of mutants, or the others.
func (p Plan) searches(ofMutants bool) []Search {
	return slices.DeleteFunc(slices.Clone(p.Explore), func(s Search) bool { return (s.Mutant != "") != ofMutants })
}

// controls builds the mutants, and lets everything be attacked and explored that has to
// be beaten.
func (p Plan) controls(ctx context.Context, progress *Progress) (unbroken *Control, out []Control, found []Sought) {
	out = make([]Control, len(p.Mutants)+len(p.Systems))
	explore := p.searches(true)
	found = make([]Sought, len(explore))
	var broken Broken
	var err error
	if needed := len(p.Mutants)+len(explore) > 0; needed && p.Build != nil {
		if broken, err = p.Build(ctx); err == nil {
			defer func() { _ = broken.Close() }()
			progress.say("built the library with %d mutants", len(p.Mutants))
		}
	} else if needed {
		err = errors.New("there is no way to build mutants")
	}
	var jobs []func()
	if len(p.Mutants) > 0 {
		m := p.Mutants[0]
		m.Name, m.What, m.Attack.Beside = "", "no mutant is chosen: this must not be beaten", nil
		jobs = append(jobs, func() {
			c := p.control(ctx, m.Target, m.Attack, ofMutant(broken, err), progress)
			unbroken = &c
		})
	}
	for i, m := range p.Mutants {
		m.Kind = KindMutant
		jobs = append(jobs, func() { out[i] = p.mutant(ctx, m, broken, err, progress) })
	}
	for i, s := range explore {
		jobs = append(jobs, func() { found[i] = s.seek(ctx, broken, err, progress) })
	}
	for i, s := range p.Systems {
		s.Kind = KindSystem
		jobs = append(jobs, func() { out[len(p.Mutants)+i] = p.control(ctx, s.Target, s.Attack, s.Run, progress) })
	}
	next := make(chan func())
	var wg sync.WaitGroup
	for range p.workers() {
		wg.Go(func() {
			for job := range next {
				job()
			}
		})
	}
	for _, job := range jobs {
		next <- job
	}
	close(next)
	wg.Wait()
	return unbroken, out, found
}

func (p Plan) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

type attacked = func(context.Context, Attack) (Result, error)

func ofMutant(b Broken, err error, names ...string) attacked {
	return func(ctx context.Context, a Attack) (Result, error) {
		if err != nil {
			return Result{}, err
		}
		return b.Attack(ctx, names, a)
	}
}

// control lets one be attacked, and draws how it was beaten.
func (p Plan) control(ctx context.Context, t Target, a Attack, run attacked, progress *Progress) Control {
	c, transcript := p.attack(ctx, t, a, run)
	if p.Keep {
		c.transcript = transcript
	}
	if len(transcript) > 0 {
		var err error
		if c.Drawing, err = draw(transcript, "m"+Anchor(t.Name)+"-"); err != nil {
			c.Error = "its attack could not be drawn: " + err.Error()
		}
	}
	if t.Name != "" && ctx.Err() == nil {
		progress.control(c)
	}
	return c
}

// attack lets one be attacked.
func (p Plan) attack(ctx context.Context, t Target, a Attack, run attacked) (c Control, transcript []byte) {
	a.Seed += p.Seed
	c = Control{Target: t, Attack: a, Repeat: Repeat("mutants " + t.Name)}
	if t.Checks == nil {
		c.Checks = []string{}
	}
	switch {
	case t.Kind == KindSystem:
		c.Repeat = Repeat("controls " + t.Name)
	case t.Name == "":
		c.Repeat = Repeat(a.command())
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if p.Patience > 0 {
		limited, cancel = context.WithTimeout(ctx, p.Patience)
	}
	defer cancel()
	res, err := run(limited, a)
	if ctx.Err() != nil {
		return c, nil
	}
	if err != nil && limited.Err() != nil {
		res, err = Result{Hung: true}, nil
	}
	c.judge(res, err)
	return c, res.Transcript
}

// mutant lets one be attacked by everybody who must beat it; and, if it stands behind
// others, by the same where these alone are missing.
func (p Plan) mutant(ctx context.Context, m Mutant, broken Broken, err error, progress *Progress) Control {
	against := func(names ...string) attacked { return ofMutant(broken, err, names...) }
	stands := func(c *Control) {
		if c.Beaten && len(c.Beside) > 0 {
			without, _ := p.attack(ctx, m.Target, c.fewer(), against(c.Beside...))
			c.stands(without)
		}
	}
	c := p.control(ctx, m.Target, m.Attack, against(m.alive(m.Attack)...), progress)
	stands(&c)
	for _, a := range m.Also {
		other, _ := p.attack(ctx, m.Target, a, against(m.alive(a)...))
		stands(&other)
		c.also(other)
	}
	return c
}

// alive lists a mutant and those that are beside it in an attack.
func (t Target) alive(a Attack) []string { return append([]string{t.Name}, a.Beside...) }

// also takes in how somebody else came out against it.
func (c *Control) also(o Control) {
	c.Also = append(c.Also, Also{o.Game, o.Adversary, o.Breach, o.Beside, o.Beaten, o.Outcome, o.Played, o.Alone, o.First, o.Error})
	if c.Beaten && !o.Beaten {
		c.Beaten, c.Outcome, c.Error = false, o.Outcome, "by "+o.Adversary+" "+o.Error
	}
}

// stands takes in how the same attack came out where the mutant was not alive, but those
// beside it were. There it must lose: else what the mutant is without is no protection.
func (c *Control) stands(without Control) {
	if without.Outcome != OutcomeSurvived {
		c.Beaten, c.Outcome, c.Error = false, OutcomeNeedless, without.Error
	}
	c.Alone = without.Played
}

// judge says how it came out.
func (c *Control) judge(res Result, err error) {
	s := res.Score
	c.Played, c.Won, c.Advantage, c.Low, c.High, c.First = s.Trials, s.Won, s.Advantage, s.Low, s.High, s.First
	g := game.Find(c.Game)
	lost := s.First != nil || g != nil && s.Trials > 0 && !s.Holds(g)
	switch {
	case err != nil:
		c.Outcome, c.Error = OutcomeFailed, err.Error()
	case res.Hung:
		c.Outcome = OutcomeHung
	case !lost:
		c.Outcome = OutcomeSurvived
	case c.Breach != "" && (s.First == nil || s.First.Breach.Kind != c.Breach):
		c.Outcome = OutcomeOther
	default:
		c.Outcome = OutcomeWon
	}
	c.Beaten = c.Outcome == OutcomeWon || c.Outcome == OutcomeHung && c.Breach == HangBreach
}

// search explores.
func search(ctx context.Context, s Search, progress *Progress) Exploration {
	if ctx.Err() != nil {
		return Exploration{Bounds: s.Bounds}
	}
	progress.now("exploring " + s.Bounds)
	before := progress.States.Load()
	e, err := s.Run(ctx, func(states, _ int) { progress.States.Store(before + int64(states)) })
	progress.States.Store(before + int64(e.States))
	e.Bounds, e.Repeat = s.Bounds, s.Repeat
	if err != nil {
		e.Error = err.Error()
	}
	switch {
	case ctx.Err() != nil:
	case e.Violation != nil:
		progress.say("explored %s: VIOLATION of %s", e.Bounds, e.Violation.Property)
	case e.Done():
		progress.say("explored %s: %d states: %s", e.Bounds, e.States, e.Word())
	default:
		progress.say("explored %s: NOT COMPLETE after %d states %s", e.Bounds, e.States, e.Error)
	}
	return e
}

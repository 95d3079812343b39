package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cowpi.example/proofs/explore"
	"cowpi.example/proofs/mutant"
)

// seek is a negative control of explorations: the library without a protection, in
// which one has to find that a property is broken.
type seek struct {
	mutant, property string
	bounds           explore.Bounds
}

// Small bounds, in each of which nothing is found in the library as it is.
var (
	lie     = explore.Bounds{Participants: 3, Providers: 2, Honest: 1, Changes: 1, Substitutions: 1}
	refused = explore.Bounds{Participants: 2, Providers: 2, Honest: 1, Messages: 1, Changes: 1, Substitutions: 1, Refusals: 1, States: 20_000}
	author  = explore.Bounds{Participants: 2, Providers: 2, Honest: 1, Corrupt: 1, Messages: 1, Substitutions: 1}
	returns = explore.Bounds{Participants: 2, Providers: 2, Honest: 1, Changes: 1, Restarts: 1}
	nobody  = explore.Bounds{Participants: 2, Providers: 1, Honest: -1, Messages: 2} // is honest of the providers
	forked  = explore.Bounds{Participants: 3, Providers: 1, Honest: -1, Messages: 1, Changes: 1, States: 60_000}
)

var seeks = []seek{
	{"d1-one-provider-is-enough", explore.Blame.Name, lie},
	{"d1-block-not-compared", explore.Blame.Name, lie},
	{"d1-data-block-not-compared", explore.Integrity.Name, refused},
	{"d4-never-made", explore.Machine, author},
	{"d6-anything-leads-on", explore.Machine, returns},
	{"refusal-resolves", explore.Machine, refused},
	{"v6-any-seq", explore.Authenticity.Name, nobody},
	{"c3-repeats-are-shown", explore.Authenticity.Name, forked},
}

// sought lists them as searches.
func sought() (out []Search, err error) {
	all, err := mutant.Load()
	for _, k := range seeks {
		i := slices.IndexFunc(all, func(m mutant.Mutant) bool { return m.Name == k.mutant })
		if i < 0 {
			return nil, fmt.Errorf("audit: explorations are to find a mutant %q, which there is not", k.mutant)
		}
		s := SearchOf(k.bounds)
		s.Mutant, s.What, s.Property, s.alive = k.mutant, all[i].What, k.property, all[i].Alive()
		s.Repeat = Repeat(command(k.bounds) + " --mutant " + k.mutant)
		out = append(out, s)
	}
	return out, err
}

// Sought is a mutant that an exploration has to find broken, and what came of it.
type Sought struct {
	Mutant   string `json:"mutant"`
	What     string `json:"what"`
	Property string `json:"property"` // that has to be found broken
	Found    bool   `json:"found"`
	Exploration
}

// Explored is what the command explore says with --json.
type Explored struct {
	Version int  `json:"version"`
	Passed  bool `json:"passed"`
	Exploration
}

// seek explores a mutant.
func (s Search) seek(ctx context.Context, b Broken, err error, progress *Progress) Sought {
	out := Sought{Mutant: s.Mutant, What: s.What, Property: s.Property}
	if err == nil {
		out.Exploration, err = b.Explore(ctx, s.alive, s.args)
	}
	out.Bounds, out.Repeat = s.Bounds, s.Repeat
	if err != nil {
		out.Error = err.Error()
	}
	out.Found = out.Violation != nil && out.Violation.Property == s.Property
	if out.Found {
		progress.say("mutant %s: a violation of %s was found by exploring %d states", s.Mutant, s.Property, out.States)
	} else if ctx.Err() == nil {
		progress.say("mutant %s: exploration DID NOT FIND a violation of %s %s", s.Mutant, s.Property, out.Error)
	}
	return out
}

// Word says what came of it.
func (s Sought) Word() string {
	if s.Found {
		return "found"
	}
	return "NOT FOUND: " + s.Exploration.Word()
}

// Explore lets this command explore.
func (b Binary) Explore(ctx context.Context, args []string) (Exploration, error) {
	out, err := b.run(ctx, append(args, "--json")...)
	if err != nil {
		return Exploration{}, err
	}
	var e Explored
	if err := json.Unmarshal(out, &e); err != nil {
		return e.Exploration, fmt.Errorf("audit: what the mutant says: %w", err)
	}
	if e.Version != Version {
		return e.Exploration, fmt.Errorf("audit: the mutant speaks of version %d", e.Version)
	}
	return e.Exploration, nil
}

func (b built) Explore(ctx context.Context, mutants, args []string) (Exploration, error) {
	bin, err := b.binary(mutants...)
	if err != nil {
		return Exploration{}, err
	}
	return bin.Explore(ctx, args)
}

// ExploreMutant explores a mutant, which is compiled for it.
func ExploreMutant(ctx context.Context, name string, b explore.Bounds) (e Exploration, err error) {
	all, err := build(ctx, name)
	if err != nil {
		return e, err
	}
	defer func() { _ = all.Close() }()
	bin, err := all.(built).alive(name)
	if err != nil {
		return e, err
	}
	s := SearchOf(b)
	e, err = bin.Explore(ctx, s.args)
	e.Bounds, e.Repeat = s.Bounds, Repeat(command(b)+" --mutant "+name)
	return e, err
}

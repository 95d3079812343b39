package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cowpi.example/proofs/game"
	"cowpi.example/proofs/mutant"
)

// How many trials an adversary has against a mutant. In games that are not of two
// worlds the first breach ends it.
const (
	mutantTrials      = 2000
	mutantWorldTrials = 300
)

// Chosen is the mutant that this very process is; "" if it is the library as it is.
// Those beside it are not named.
func Chosen() string {
	name, _, _ := strings.Cut(os.Getenv(mutant.Variable), "+")
	return name
}

// mutants is the catalogue: all have to be beaten.
func mutants() ([]Mutant, error) {
	all, err := mutant.Load()
	var list []Mutant
	for _, m := range all {
		one := Mutant{Target: Target{m.Name, KindMutant, m.What, append([]string{}, m.Breaks...), m.Section},
			Attack: attackOf(mutant.Attack{Game: m.Game, Adversary: m.Adversary, Breach: m.Breach, Beside: m.Beside})}
		for _, a := range m.Also {
			one.Also = append(one.Also, attackOf(a))
		}
		list = append(list, one)
	}
	return list, err
}

func attackOf(m mutant.Attack) Attack {
	a := Attack{Game: m.Game, Adversary: m.Adversary, Breach: m.Breach, Beside: m.Beside, Trials: mutantTrials}
	if g := game.Find(m.Game); g != nil && g.Worlds {
		a.Trials = mutantWorldTrials
	}
	return a
}

// built is the catalogue, compiled.
type built struct {
	folder   string
	programs []mutant.Program
}

// build compiles this command with the mutants that are named, or with all.
func build(ctx context.Context, names ...string) (Broken, error) {
	all, err := mutant.Load()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		all = slices.DeleteFunc(all, func(m mutant.Mutant) bool { return !slices.Contains(names, m.Name) })
	}
	root, err := mutant.Root(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "cowpi-mutants-")
	if err != nil {
		return nil, err
	}
	b := built{folder: folder}
	b.programs, err = mutant.Build(ctx, root, "./proofs", folder, all, nil)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b built) Close() error { return os.RemoveAll(b.folder) }

// binary is the program that holds these mutants, alive. Without names, any will do.
func (b built) binary(names ...string) (Binary, error) {
	for _, p := range b.programs {
		if slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(p.Holds, n) }) {
			continue
		}
		return Binary{func(ctx context.Context, args ...string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, p.Path, args...)
			cmd.Env = mutant.Env(names...)
			return cmd
		}}, nil
	}
	return Binary{}, fmt.Errorf("audit: there is no program with mutants %q", names)
}

// alive is the program that is a mutant, with those beside it.
func (b built) alive(name string) (Binary, error) {
	for _, p := range b.programs {
		for _, m := range p.Mutants {
			if m.Name == name {
				return b.binary(m.Alive()...)
			}
		}
	}
	return Binary{}, fmt.Errorf("audit: there is no mutant %q", name)
}

func (b built) Attack(ctx context.Context, mutants []string, a Attack) (Result, error) {
	bin, err := b.binary(mutants...)
	if err != nil {
		return Result{}, err
	}
	return bin.Attack(ctx, a)
}

// Again plays a trial of a mutant again, which is compiled for it, and returns what
// the command replay says there, and the transcript.
func Again(ctx context.Context, w Win) (r Replayed, record []byte, err error) {
	b, err := build(ctx, w.Mutant)
	if err != nil {
		return r, nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	bin, err := b.(built).alive(w.Mutant)
	if err != nil {
		return r, nil, err
	}
	folder := b.(built).folder
	kept, file := filepath.Join(folder, "win.json"), filepath.Join(folder, "transcript")
	raw, err := json.Marshal(w)
	if err != nil {
		return r, nil, err
	}
	if err := os.WriteFile(kept, raw, 0o600); err != nil {
		return r, nil, err
	}
	out, err := bin.run(ctx, "replay", kept, "--json", "--transcript", file)
	if err != nil {
		return r, nil, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, nil, err
	}
	record, err = os.ReadFile(file)
	return r, record, err
}

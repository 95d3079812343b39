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
func Chosen() string { return os.Getenv(mutant.Variable) }

// mutants is the catalogue: those that have to be beaten, and those that cannot be.
func mutants() (list []Mutant, redundant []Redundant, err error) {
	all, err := mutant.Load()
	for _, m := range all {
		t := Target{m.Name, KindMutant, m.What, append([]string{}, m.Breaks...), m.Section}
		if m.Redundant != "" {
			redundant = append(redundant, Redundant{t, m.Redundant})
			continue
		}
		a := Attack{Game: m.Game, Adversary: m.Adversary, Breach: m.Breach, Trials: mutantTrials}
		if g := game.Find(m.Game); g != nil && g.Worlds {
			a.Trials = mutantWorldTrials
		}
		list = append(list, Mutant{t, a})
	}
	return list, redundant, err
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
	all = slices.DeleteFunc(all, func(m mutant.Mutant) bool { return m.Redundant != "" })
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

// binary is the program that holds a mutant. As none, any will do: the first.
func (b built) binary(name string) (Binary, error) {
	for _, p := range b.programs {
		for _, m := range p.Mutants {
			if name == "" {
				m = mutant.Mutant{}
			} else if m.Name != name {
				continue
			}
			return Binary{func(ctx context.Context, args ...string) *exec.Cmd {
				cmd := exec.CommandContext(ctx, p.Path, args...)
				cmd.Env = mutant.Env(m)
				return cmd
			}}, nil
		}
	}
	return Binary{}, fmt.Errorf("audit: there is no mutant %q", name)
}

func (b built) Attack(ctx context.Context, name string, a Attack) (Result, error) {
	bin, err := b.binary(name)
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
	bin, err := b.(built).binary(w.Mutant)
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

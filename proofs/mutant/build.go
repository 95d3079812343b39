package mutant

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Variable is the environment variable that says which mutant is alive, by its name;
// those beside it follow, joined by "+".
// A program that was built for another mutant refuses to start.
const Variable = "COWPI_MUTANT"

// Module is what is broken.
const Module = "cowpi.example"

// Program is a compiled program with one or more mutants in it.
type Program struct {
	Path    string
	Mutants []Mutant // those that were asked for
	Holds   []string // and all that are in it
}

// Env is the environment by which in a program just these mutants are alive; without
// names it is the original.
func Env(names ...string) []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, Variable+"=") }), Variable+"="+strings.Join(names, "+"))
}

// Root finds the folder of the module: that of the working directory.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("mutant: mutants are compiled from source, by the go tool, in the folder of the module: %w", explain(err))
	}
	name, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if name != Module {
		return "", fmt.Errorf("mutant: mutants are compiled in the folder of module %s; this is %s", Module, name)
	}
	return dir, nil
}

func explain(err error) error {
	var failed *exec.ExitError
	if errors.As(err, &failed) && len(failed.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	return err
}

// Build compiles a package with all mutants, in as few programs as can hold them,
// into a folder. root is the folder of the module. pkg is a main package from there,
// like "./proofs", or "" to compile the library and keep nothing. built, if not nil,
// is called with each program as soon as it is there.
func Build(ctx context.Context, root, pkg, folder string, mutants []Mutant, built func(Program)) ([]Program, error) {
	var out []Program
	for i, batch := range batches(root, mutants) {
		if batch.err != nil {
			return out, batch.err
		}
		dir := filepath.Join(folder, strconv.Itoa(i))
		p := Program{Path: filepath.Join(dir, "program"), Mutants: batch.mutants, Holds: batch.names}
		if err := batch.write(dir, root); err != nil {
			return out, err
		}
		args := []string{"build", "-overlay", filepath.Join(dir, "overlay.json")}
		if pkg == "" {
			args = append(args, "./cowpi/...")
		} else {
			args = append(args, "-o", p.Path, pkg)
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = root
		if said, err := cmd.CombinedOutput(); err != nil {
			return out, fmt.Errorf("mutant: build %d: %w\n%s", i, err, said)
		}
		out = append(out, p)
		if built != nil {
			built(p)
		}
	}
	return out, nil
}

// batch is a set of mutants that fit into one program.
type batch struct {
	mutants []Mutant         // those that were asked for
	names   []string         // and all that are in it
	files   map[string]*file // by name
	err     error
}

// file is a file of the library under change.
type file struct {
	text  string
	edits []placed
}

type placed struct {
	from, to int
	by       string
}

// batches puts each mutant into the first program in which nobody else changes the
// same place.
func batches(root string, mutants []Mutant) (out []*batch) {
	for _, m := range mutants {
		for i := 0; ; i++ {
			if i == len(out) {
				out = append(out, &batch{files: map[string]*file{}})
			}
			fits, err := out[i].add(root, m)
			if !fits && err == nil && len(out[i].names) == 0 {
				err = &FormatError{m.Name, 0, "it changes one place twice, or one that a mutant beside it changes"}
			}
			if err != nil {
				return []*batch{{err: err}}
			}
			if fits {
				break
			}
		}
	}
	return out
}

// add takes a mutant in, with those beside it, or says that it does not fit.
func (b *batch) add(root string, m Mutant) (fits bool, err error) {
	places := map[string][]placed{}
	var names []string
	for _, one := range append([]Mutant{m}, m.others...) {
		if slices.Contains(b.names, one.Name) {
			continue
		}
		names = append(names, one.Name)
		for _, e := range one.Edits {
			f, err := b.file(root, one, e)
			if err != nil {
				return false, err
			}
			at := strings.Index(f.text, e.Find)
			place := placed{at, at + len(e.Find), one.replacement(e)}
			for _, p := range slices.Concat(f.edits, places[e.File]) {
				if place.from < p.to && p.from < place.to {
					return false, nil
				}
			}
			places[e.File] = append(places[e.File], place)
		}
	}
	for name, list := range places {
		b.files[name].edits = append(b.files[name].edits, list...)
	}
	b.names = append(b.names, names...)
	b.mutants = append(b.mutants, m)
	return true, nil
}

// file is the file that an edit is of. What is to be found stands there once.
func (b *batch) file(root string, m Mutant, e Edit) (*file, error) {
	f := b.files[e.File]
	if f == nil {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.File)))
		if err != nil {
			return nil, &FormatError{m.Name, 0, err.Error()}
		}
		f = &file{text: string(text)}
		b.files[e.File] = f
	}
	if n := strings.Count(f.text, e.Find); n != 1 {
		return nil, &FormatError{m.Name, 0, fmt.Sprintf("in %s what is to be found stands %d times: %s", e.File, n, strings.TrimSpace(e.Find))}
	}
	return f, nil
}

var token = regexp.MustCompile(`\b` + Token + `\b`)

// replacement is what an edit puts in place, with the condition in it.
func (m Mutant) replacement(e Edit) string {
	return token.ReplaceAllLiteralString(e.Replace, fmt.Sprintf("mutation.On(%q)", m.Name))
}

var packageClause = regexp.MustCompile(`(?m)^package \w+$`)

// changed is a file with everybody's edits.
func (f *file) changed() string {
	slices.SortFunc(f.edits, func(a, b placed) int { return cmp.Compare(b.from, a.from) })
	text := f.text
	for _, e := range f.edits {
		text = text[:e.from] + e.by + text[e.to:]
	}
	at := packageClause.FindStringIndex(text)
	return text[:at[1]] + "\n\nimport \"" + Module + "/cowpi/mutation\"\n" + text[at[1]:]
}

// write writes the overlay.
func (b *batch) write(dir, root string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	replace := map[string]string{}
	put := func(name, text string) error {
		to := filepath.Join(dir, strings.ReplaceAll(name, "/", "+"))
		replace[filepath.Join(root, filepath.FromSlash(name))] = to
		return os.WriteFile(to, []byte(text), 0o644)
	}
	for name, f := range b.files {
		if len(f.edits) > 0 {
			if err := put(name, f.changed()); err != nil {
				return err
			}
		}
	}
	if err := put("cowpi/mutation/mutation.go", fmt.Sprintf(mutation, b.names, Variable)); err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "overlay.json"), raw, 0o644)
}

// mutation is a package that exists in the overlay only.
const mutation = `package mutation

import (
	"os"
	"strings"
)

var names = %#v

var alive = func() map[string]bool {
	alive := map[string]bool{}
	for _, name := range strings.Split(os.Getenv(%q), "+") {
		held := name == ""
		for _, n := range names {
			held = held || n == name
		}
		if !held {
			println("this program does not hold the mutant", name)
			os.Exit(2)
		}
		alive[name] = true
	}
	return alive
}()

// On says whether a mutant is alive.
func On(name string) bool { return alive[name] }
`

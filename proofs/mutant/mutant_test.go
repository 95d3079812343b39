package mutant_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/game"
	"cowpi.example/proofs/mutant"
)

func load(t *testing.T) []mutant.Mutant {
	list, err := mutant.Load()
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

// Every description fits the source as it is, and all of them compile.
func TestCatalogueFitsTheSource(t *testing.T) {
	root, err := mutant.Root(context.Background())
	require.NoError(t, err)
	programs, err := mutant.Build(context.Background(), root, "", t.TempDir(), load(t), nil)
	require.NoError(t, err)
	n := 0
	for _, p := range programs {
		n += len(p.Mutants)
	}
	require.Equal(t, len(load(t)), n)
	t.Logf("%d mutants in %d programs", n, len(programs))
}

// A program is the mutant that it is told to be, the original if it is told nothing,
// and none at all if it does not hold the mutant.
func TestOneProgramIsManyMutants(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module cowpi.example\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\n\nfunc main() {\n\tif one() {\n\t\tprint(1)\n\t}\n\tif two() {\n\t\tprint(2)\n\t}\n}\n\nfunc one() bool { return true }\nfunc two() bool { return true }\n"), 0o600))
	edit := func(name, find, replace string) mutant.Mutant {
		return mutant.Mutant{Name: name, Edits: []mutant.Edit{{File: "main.go", Find: find, Replace: replace}}}
	}
	list := []mutant.Mutant{
		edit("no-one", "\tif one() {\n", "\tif !MUTANT && one() {\n"),
		edit("no-two", "\tif two() {\n", "\tif !MUTANT && two() {\n"),
		edit("never-one", "\tif one() {\n", "\tif one() && !MUTANT {\n"), // does not fit beside the first
	}
	programs, err := mutant.Build(context.Background(), root, ".", t.TempDir(), list, nil)
	require.NoError(t, err)
	require.Len(t, programs, 2)
	require.Equal(t, list[:2], programs[0].Mutants)
	for name, want := range map[string]string{"": "12", "no-one": "2", "no-two": "1"} {
		cmd := exec.Command(programs[0].Path)
		cmd.Env = mutant.Env(name)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err)
		require.Equal(t, want, string(out), name)
	}
	cmd := exec.Command(programs[0].Path)
	cmd.Env = mutant.Env(list[2].Name)
	var failed *exec.ExitError
	require.ErrorAs(t, cmd.Run(), &failed)
	require.Equal(t, 2, failed.ExitCode())

	for _, e := range []mutant.Mutant{edit("gone", "\tif three() {\n", "MUTANT"), edit("twice", "() bool { return true }\n", "MUTANT")} {
		_, err := mutant.Build(context.Background(), root, ".", t.TempDir(), []mutant.Mutant{e}, nil)
		var wrong *mutant.FormatError
		require.ErrorAs(t, err, &wrong)
	}
	_, err = mutant.Build(context.Background(), root, ".", t.TempDir(), []mutant.Mutant{edit("broken", "\tif one() {\n", "MUTANT {\n")}, nil)
	require.ErrorContains(t, err, "main.go")
}

// head is all of a description but its edits.
const head = "what: w\nbreaks: D1, a rule\nsection: 1\ngame: g\nadversary: a\nbreach: b\nattack: one\n\ttwo\n\n"

// What is no description is refused, with the line.
func TestMalformedDescriptions(t *testing.T) {
	good := head + "file: f.go\nfind:\nx\nreplace:\nMUTANT\nend\n"
	m, err := mutant.Parse("m.mutant", good)
	require.NoError(t, err)
	require.Equal(t, mutant.Mutant{Name: "m", What: "w", Breaks: []string{"D1", "a rule"}, Section: "1", Game: "g", Adversary: "a",
		Breach: "b", Attack: "one two", Edits: []mutant.Edit{{"f.go", "x\n", "MUTANT\n"}}}, m)
	m, err = mutant.Parse("m.mutant", "beside: c, d\nalso: e f, h i in j, k l beside m d, n o in p\n\tbeside q\n"+good)
	require.NoError(t, err)
	require.Equal(t, []string{"c", "d"}, m.Beside)
	require.Equal(t, []mutant.Attack{{"g", "e", "f", nil}, {"j", "h", "i", nil}, {"g", "k", "l", []string{"m", "d"}}, {"p", "n", "o", []string{"q"}}}, m.Also)
	require.Equal(t, []string{"m", "c", "d"}, m.Alive())
	for name, text := range map[string]string{
		"also who":         "also: e\n" + good,
		"also what":        "also: e f of g\n" + good,
		"beside whom":      "also: e f beside \n" + good,
		"a field unknown":  "colour: red\n" + good,
		"a field twice":    "what: v\n" + good,
		"a field missing":  good[len("what: w\n"):],
		"no edit":          good[:len(good)-len("file: f.go\nfind:\nx\nreplace:\nMUTANT\nend\n")],
		"no condition":     head + "file: f.go\nfind:\nx\nreplace:\ny\nend\n",
		"no end":           good[:len(good)-len("end\n")],
		"nothing to find":  head + "file: f.go\nfind:\nreplace:\nMUTANT\nend\n",
		"find is missing":  head + "file: f.go\nreplace:\nMUTANT\nend\n",
		"words without it": head + "hello\n",
	} {
		_, err := mutant.Read(fstest.MapFS{"x.mutant": {Data: []byte(text)}})
		var wrong *mutant.FormatError
		require.True(t, errors.As(err, &wrong), name)
		require.Equal(t, "x.mutant", wrong.File)
	}
}

// A mutant beside another is in a program with it, and not alone.
func TestBeside(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module cowpi.example\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\n\nfunc main() {\n\tif one || two {\n\t\tprint(3)\n\t}\n}\n\nvar one = true\nvar two = true\n"), 0o600))
	describe := func(of, beside string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(head + beside + "file: main.go\nfind:\nvar " + of + " = true\nreplace:\nvar " + of + " = !MUTANT\nend\n")}
	}
	list, err := mutant.Read(fstest.MapFS{"a.mutant": describe("one", "beside: b\n"), "b.mutant": describe("two", "")})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, list[0].Alive())
	programs, err := mutant.Build(context.Background(), root, ".", t.TempDir(), list[:1], nil)
	require.NoError(t, err)
	says := func(programs []mutant.Program, want string, alive ...string) {
		cmd := exec.Command(programs[0].Path)
		cmd.Env = mutant.Env(alive...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err)
		require.Equal(t, want, string(out))
	}
	says(programs, "", list[0].Alive()...)
	says(programs, "3", list[0].Beside...)

	// Those that another attack needs beside it are there as well, and not alive with it.
	list, err = mutant.Read(fstest.MapFS{"a.mutant": describe("one", "also: e f in g beside b\n"), "b.mutant": describe("two", "")})
	require.NoError(t, err)
	programs, err = mutant.Build(context.Background(), root, ".", t.TempDir(), list[:1], nil)
	require.NoError(t, err)
	says(programs, "3", list[0].Alive()...)
	require.Equal(t, []string{"a", "b"}, programs[0].Holds)
	says(programs, "", programs[0].Holds...)

	var wrong *mutant.FormatError
	for _, beside := range []string{"beside: c\n", "beside: a\n", "also: e f in g beside c\n", "also: e f in g beside a\n"} {
		_, err = mutant.Read(fstest.MapFS{"a.mutant": describe("one", beside)})
		require.ErrorAs(t, err, &wrong)
	}
	list, err = mutant.Read(fstest.MapFS{"a.mutant": describe("one", "beside: b\n"), "b.mutant": describe("one", "")})
	require.NoError(t, err)
	_, err = mutant.Build(context.Background(), root, ".", t.TempDir(), list[:1], nil)
	require.ErrorAs(t, err, &wrong, "both change one place")
}

// Every numbered check has a mutant; who must win against it exists.
func TestEveryCheckHasAMutant(t *testing.T) {
	broken := map[string]bool{}
	for _, m := range load(t) {
		for _, b := range m.Breaks {
			broken[b] = true
		}
		require.NotNil(t, game.Find(m.Game), m.Name)
	}
	spec, err := os.ReadFile("../../cowpi/SPEC.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| ([A-Z]\d+) \|`).FindAllStringSubmatch(string(spec), -1)
	require.Greater(t, len(rows), 60)
	var missing []string
	for _, row := range rows {
		if !broken[row[1]] {
			missing = append(missing, row[1])
		}
	}
	require.Empty(t, missing)
}

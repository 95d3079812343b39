package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/testdata/scripts"
)

var update = flag.Bool("update", false, "write the golden files anew")

const folder = "../../../testdata/scripts"

// called runs the command in this process.
func called(vars map[string]string, stdin string, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	code = run(args, env{in: strings.NewReader(stdin), out: &o, err: &e, getenv: func(k string) string { return vars[k] }})
	return code, o.String(), e.String()
}

func scriptNames(t *testing.T) []string {
	names, err := fs.Glob(scripts.Files(), "*.cowpi")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	return names
}

// Every script of the folder runs as it says, prints what it printed before, and
// prints the same twice.
func TestGolden(t *testing.T) {
	for _, name := range scriptNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for ending, args := range map[string][]string{".txt": nil, ".jsonl": {"--json"}} {
				args = append([]string{"demo", "--script", filepath.Join(folder, name)}, args...)
				code, out, errs := called(nil, "", args...)
				require.Empty(t, errs)
				require.Equal(t, exitOK, code)
				_, again, _ := called(nil, "", args...)
				require.Equal(t, out, again, "it must depend on nothing but the seed")
				file := filepath.Join(folder, "golden", strings.TrimSuffix(name, ".cowpi")+ending)
				if *update {
					require.NoError(t, os.WriteFile(file, []byte(out), 0o644))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Equal(t, string(want), out, "if this is meant: go test ./cowpi/cmd/cowpi -update")
			}
		})
	}
}

// Other seeds: other orders, the same script.
func TestOtherSeeds(t *testing.T) {
	for _, name := range scriptNames(t) {
		for _, seed := range []string{"2", "3", "18446744073709551615"} {
			code, _, errs := called(nil, "", "demo", "--script", filepath.Join(folder, name), "--json", "--seed", seed)
			require.Equal(t, exitOK, code, "%s with seed %s: %s", name, seed, errs)
		}
	}
}

// fields decodes one line that has just these fields.
func fields(t *testing.T, line string, into any) {
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(into), line)
	var all map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &all))
	for k, v := range all {
		require.NotNil(t, v, "%s in %s", k, line)
	}
}

// One conversation: the objects have just the fields that the format has.
func TestJSONLines(t *testing.T) {
	code, out, errs := called(nil, "conversation a: Alice Bob\nAlice: \"<\\n>\"\nBob: yes\n", "demo", "--json", "--script", "-")
	require.Equal(t, exitOK, code, errs)
	require.Empty(t, errs)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, lines, 8)
	require.Equal(t, `{"participant":"Alice","index":0,"epoch":0,"kind":"roster","author":"Alice","text":"added Alice, Bob","acked_by":["Bob"]}`, lines[0])
	require.Equal(t, `{"participant":"Alice","index":2,"epoch":0,"kind":"text","author":"Alice","text":"<\n>","acked_by":["Bob"]}`, lines[1])
	for _, l := range lines[:6] {
		var s seen
		fields(t, l, &s)
		require.Equal(t, 7, strings.Count(l, `":`), l)
	}
	var ends [2]closing
	for i, l := range lines[6:] {
		fields(t, l, &ends[i])
		require.Equal(t, 4, strings.Count(l, `":`), l)
	}
	require.Equal(t, closing{"", "Alice", ends[0].Code, false, ""}, ends[0])
	require.Equal(t, closing{"", "Bob", ends[0].Code, false, ""}, ends[1])
	require.Regexp(t, `^[0-9]{60}$`, ends[0].Code)
}

// A fork: who was caught, where, and by which check, is in the last objects.
func TestJSONOfTheFork(t *testing.T) {
	closings := func(name string) map[string]closing {
		_, out, _ := called(nil, "", "demo", "--json", "--script", filepath.Join(folder, name))
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		ends := map[string]closing{}
		for _, l := range lines[len(lines)-4:] {
			var c closing
			fields(t, l, &c)
			ends[c.Participant] = c
		}
		return ends
	}
	ends := closings("fork.cowpi")
	require.True(t, ends["Charlie"].Stopped && ends["Dave"].Stopped)
	require.Contains(t, ends["Charlie"].Error, "check D1 failed (providers)")
	require.Contains(t, ends["Charlie"].Error, "index 12")
	require.False(t, ends["Alice"].Stopped || ends["Bob"].Stopped)
	require.Equal(t, ends["Alice"].Code, ends["Bob"].Code)
	require.Len(t, ends["Charlie"].Code, 60, "one can compare codes after a stop")

	ends = closings("fork-single.cowpi")
	require.Equal(t, ends["Alice"].Code, ends["Bob"].Code)
	require.Equal(t, ends["Charlie"].Code, ends["Dave"].Code)
	require.NotEqual(t, ends["Alice"].Code, ends["Charlie"].Code)
	require.False(t, ends["Charlie"].Stopped)

	_, text, _ := called(nil, "", "demo", "--script", filepath.Join(folder, "fork.cowpi"))
	require.Contains(t, text, "Charlie stopped in protest at index 12: check D1, by providers")
	require.Contains(t, text, "The fork was caught by Charlie at index 12, Dave at index 12.")
	_, text, _ = called(nil, "", "demo", "--script", filepath.Join(folder, "fork-single.cowpi"))
	require.Contains(t, text, "Nobody noticed; only the codes differ.")
}

// The command itself, as a process: 0, 1 and 2, and what goes where.
func TestProcess(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "cowpi")
	built, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	bad := filepath.Join(t.TempDir(), "bad.cowpi")
	require.NoError(t, os.WriteFile(bad, []byte("conversation a: Alice\n\nAlice dances\n"), 0o644))
	for _, c := range []struct {
		stdin    string
		args     []string
		code     int
		out, err string
	}{
		{"", []string{"demo"}, 0, "Bob: No... Yes.", ""},
		{"", []string{"demo", "--json", "--seed", "7"}, 0, `"conversation":"lunch","participant":"Alice","index":0`, ""},
		{"", []string{"help"}, 0, "usage:", ""},
		{"", []string{"demo", "-h"}, 0, "usage:", ""},
		{"conversation a: Alice Bob\nAlice: hi\nexpect Bob does not see \"hi\"", []string{"demo", "--script", "-"}, 1,
			"Something else happened", "standard input: line 3: expect Bob does not see \"hi\" in a: it is not so: Bob saw it at 2"},
		{"", []string{"demo", "--script", bad}, 2, "", bad + `: line 3: a user cannot do this: "dances"`},
		{"", []string{"demo", "--script", bad + "x"}, 2, "", "no such file"},
		{"", []string{"demo", "--colour"}, 2, "", "flag provided but not defined: -colour"},
		{"", []string{"demo", "--seed", "x"}, 2, "", "usage:"},
		{"", []string{"demo", "fork.cowpi"}, 2, "", `what does "fork.cowpi" mean here?`},
		{"", []string{"dance"}, 2, "", `there is no command "dance"`},
		{"", nil, 2, "", "usage:"},
	} {
		cmd := exec.Command(binary, c.args...)
		var out, errs bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &out, &errs
		_ = cmd.Run()
		require.Equal(t, c.code, cmd.ProcessState.ExitCode(), "%q: %s", c.args, errs.String())
		require.Contains(t, out.String(), c.out, "%q", c.args)
		require.Contains(t, errs.String(), c.err, "%q", c.args)
		require.Equal(t, c.out == "", out.Len() == 0, "%q", c.args)
		require.Equal(t, c.err == "", errs.Len() == 0, "%q", c.args)
	}
}

// With --json, standard output holds nothing but objects, also when it goes wrong.
func TestJSONAlone(t *testing.T) {
	code, out, errs := called(nil, "conversation a: Alice Bob\nexpect Bob left", "demo", "--json", "--script", "-")
	require.Equal(t, exitOtherwise, code)
	require.Contains(t, errs, "line 2")
	for line := range strings.Lines(out) {
		require.True(t, json.Valid([]byte(line)), line)
	}
}

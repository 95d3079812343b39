package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/transcript"
)

const lunch = `conversation lunch: Alice Bob Charlie
Alice: Are you going to the protests?
Bob: No...
Alice: Have you had lunch yet?
Charlie: Yes.
`

const other = `conversation lunch: Alice Bob Charlie
Alice: It rains.
Bob: It does.
Alice: (here stands the real one)
Charlie: I see.
`

// door is the command in a folder of its own.
type door struct {
	t   *testing.T
	dir string
}

func newDoor(t *testing.T) door {
	d := door{t, t.TempDir()}
	d.write("lunch.cowpi", lunch)
	d.write("other.cowpi", other)
	require.Zero(t, d.run("keys", "--script", "@lunch.cowpi", "-o", "@world.json").code)
	return d
}

func (d door) path(name string) string { return filepath.Join(d.dir, name) }

func (d door) write(name, text string) {
	require.NoError(d.t, os.WriteFile(d.path(name), []byte(text), 0o600))
}

func (d door) read(name string) []byte {
	b, err := os.ReadFile(d.path(name))
	require.NoError(d.t, err)
	return b
}

type result struct {
	code     int
	out, err string
}

// run runs the command; an argument that begins with @ is a file in the folder.
func (d door) run(args ...string) result {
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "@"); ok {
			args[i] = d.path(name)
		}
	}
	var out, err bytes.Buffer
	code := run(args, strings.NewReader(lunch), &out, &err)
	return result{code, out.String(), err.String()}
}

func (d door) must(args ...string) string {
	d.t.Helper()
	r := d.run(args...)
	require.Zero(d.t, r.code, "%v: %s", args, r.err)
	return r.out
}

// The way of the README: keys, a real transcript, a forged one, and nobody can tell.
func TestForgeAndJudge(t *testing.T) {
	d := newDoor(t)
	d.must("keys", "--from", "@world.json", "-o", "@public.json")
	d.must("keys", "--from", "@world.json", "--only", "Bob", "-o", "@bob.json")
	d.must("keys", "--from", "@world.json", "--only", "mirror1", "-o", "@mirror.json")
	require.Zero(t, strings.Count(string(d.read("public.json")), "secret"))
	require.Equal(t, 1, strings.Count(string(d.read("bob.json")), "secret"))

	d.must("record", "--script", "@lunch.cowpi", "--keys", "@world.json", "-o", "@real")
	d.must("forge", "--script", "@lunch.cowpi", "--keys", "@public.json", "-o", "@forged")
	d.must("forge", "--script", "@lunch.cowpi", "--keys", "@bob.json", "--as", "Bob", "-o", "@bobs")
	d.must("forge", "--script", "@lunch.cowpi", "--keys", "@mirror.json", "--as", "mirror1", "-o", "@mirrors")
	d.must("forge", "--script", "-", "--keys", "@public.json", "-o", "@stdin")
	for _, f := range []string{"@real", "@forged", "@bobs", "@mirrors", "@stdin"} {
		require.Contains(t, d.must("transcript", "verify", f, "--keys", "@world.json"), "Nothing is broken")
		require.Contains(t, d.must("transcript", "compare", f), "All fits together.")
		require.Contains(t, d.must("transcript", "show", "--width", "200", f), "Have you had lunch yet?")
		require.Contains(t, d.must("judge", f, "--keys", "@world.json"), "Nobody could tell.")
	}
	require.Contains(t, d.must("judge", "@real", "@forged", "--keys", "@world.json"), "prove nothing")
	require.Contains(t, d.must("judge", "@real", "@forged"), "Nobody could tell.") // with public keys alone
	require.NotEqual(t, d.read("real"), d.read("forged"))
}

// The same seed makes the same transcript, and no seed another one each time.
func TestSeeds(t *testing.T) {
	d := newDoor(t)
	for _, out := range []string{"@a", "@b"} {
		d.must("forge", "--script", "@lunch.cowpi", "--seed", "5", "-o", out)
	}
	require.Equal(t, d.read("a"), d.read("b"))
	for _, out := range []string{"@a", "@b"} {
		d.must("forge", "--script", "@lunch.cowpi", "-o", out)
	}
	require.NotEqual(t, d.read("a"), d.read("b"))
}

func TestForgeAroundAMessage(t *testing.T) {
	d := newDoor(t)
	for _, v := range []string{"start", "before"} {
		d.must("record", "--script", "@lunch.cowpi", "--keys", "@world.json", "-o", "@real", "--state", "@state.json",
			"--said", "Have you had lunch yet?", "--variant", v)
		d.must("forge", "--script", "@other.cowpi", "--keys", "@world.json", "--around", "@state.json", "-o", "@around")
		shown := d.must("transcript", "show", "--width", "200", "@around")
		require.Contains(t, shown, "Have you had lunch yet?")
		require.Contains(t, shown, "It rains.")
		require.NotContains(t, shown, "protests")
		require.Contains(t, d.must("transcript", "verify", "@around", "--state", "@state.json"), "Nothing is broken")
		require.Contains(t, d.must("judge", "@real", "@around", "--keys", "@world.json", "--state", "@state.json"), "Nobody could tell.")
	}
	r := d.run("forge", "--script", "@lunch.cowpi", "--keys", "@world.json", "--around", "@world.json", "-o", "@none")
	require.Equal(t, exitMisuse, r.code)
	require.Contains(t, r.err, "world.json")
	require.NoFileExists(t, d.path("none"))
}

// Two messages of one conversation stand in another one, both unchanged.
func TestForgeAroundTwoMessages(t *testing.T) {
	d := newDoor(t)
	for out, said := range map[string]string{"@one": "Have you had lunch yet?", "@two": "No..."} {
		d.must("record", "--script", "@lunch.cowpi", "--keys", "@world.json", "--seed", "3", "-o", "@real", "--state", out, "--said", said)
	}
	d.must("forge", "--script", "@other.cowpi", "--keys", "@world.json", "--around", "@one", "--around", "@two", "-o", "@around")
	shown := d.must("transcript", "show", "--width", "200", "@around")
	for _, text := range []string{"It rains.", "No...", "Have you had lunch yet?", "I see."} {
		require.Contains(t, shown, text)
	}
	for _, state := range []string{"@one", "@two"} {
		require.Contains(t, d.must("judge", "@real", "@around", "--keys", "@world.json", "--state", state), "Nobody could tell.")
	}
}

func TestConvert(t *testing.T) {
	d := newDoor(t)
	d.must("forge", "--script", "@lunch.cowpi", "-o", "@a")
	d.must("transcript", "convert", "@a", "-o", "@b")
	require.Contains(t, d.must("transcript", "convert", "@b", "--form", "binary", "-o", "@c", "--json"), `"records"`)
	require.Equal(t, exitMisuse, d.run("transcript", "convert", "@a", "-o", "-", "--json").code)
	require.Equal(t, d.read("a"), d.read("c"))
	require.True(t, json.Valid(bytes.SplitN(d.read("b"), []byte("\n"), 2)[0]))
	d.must("forge", "--script", "@lunch.cowpi", "--form", "json", "--timed", "-o", "@timed")
	require.Contains(t, string(d.read("timed")), `"clock"`)
	d.must("transcript", "show", "@a", "--html", "@page.html")
	require.Contains(t, string(d.read("page.html")), "</html>")
}

// A fork shows: in compare, in verify, and in the exit status.
func TestWhatDoesNotHold(t *testing.T) {
	d := newDoor(t)
	fork := "../testdata/scripts/fork.cowpi"
	d.must("record", "--script", fork, "-o", "@fork")
	for _, args := range [][]string{{"transcript", "verify", "@fork"}, {"transcript", "compare", "@fork"}, {"judge", "@fork"}} {
		r := d.run(args...)
		require.Equal(t, exitNot, r.code, "%v", args)
		require.Empty(t, r.err)
		r = d.run(append(args, "--json")...)
		require.Equal(t, exitNot, r.code)
		require.True(t, json.Valid([]byte(r.out)), r.out)
	}
	d.write("wrong.cowpi", lunch+"expect Bob sees: Something else\n")
	r := d.run("record", "--script", "@wrong.cowpi", "-o", "@x")
	require.Equal(t, exitMisuse, r.code, r.err)
	d.write("wrong.cowpi", lunch+"expect Bob does not see: Yes.\n")
	r = d.run("record", "--script", "@wrong.cowpi", "-o", "@x")
	require.Contains(t, []int{exitNot, exitMisuse}, r.code)
	require.Contains(t, r.err, "line 6")
}

func TestMisuse(t *testing.T) {
	d := newDoor(t)
	d.must("keys", "--from", "@world.json", "-o", "@public.json")
	d.must("forge", "--script", "@lunch.cowpi", "-o", "@good")
	cut := d.read("good")
	d.write("cut", string(cut[:len(cut)-10]))
	d.write("bad.json", `{"suite":"none"}`)
	var foreign bytes.Buffer
	w, err := transcript.NewWriter(&foreign, transcript.Header{SuiteID: 7, Suite: "Other"})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	d.write("foreign", foreign.String())
	d.write("bad.cowpi", "conversation lunch: Alice Bob\nnonsense\n")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"say what to do", []string{"transcript"}},
		{"unknown command", []string{"dance"}},
		{"unknown flag", []string{"forge", "--dance"}},
		{"required flag", []string{"forge"}},
		{"accepts", []string{"judge"}},
		{"no such file", []string{"transcript", "show", "@nothing"}},
		{"record", []string{"transcript", "verify", "@cut"}},
		{"suite", []string{"forge", "--keys", "@bad.json", "-o", "@x"}},
		{"of suite", []string{"judge", "@foreign"}},
		{"of suite", []string{"transcript", "compare", "@foreign"}},
		{"another suite", []string{"transcript", "verify", "@foreign"}},
		{"line 2", []string{"forge", "--script", "@bad.cowpi", "-o", "@x"}},
		{"secret must be", []string{"forge", "--script", "@lunch.cowpi", "--keys", "@public.json", "--as", "Bob", "-o", "@x"}},
		{"all secrets", []string{"record", "--script", "@lunch.cowpi", "--keys", "@public.json", "-o", "@x"}},
		{"no public key", []string{"forge", "--keys", "@public.json", "-o", "@x"}}, // the default script has other people
		{"binary or json", []string{"forge", "--script", "@lunch.cowpi", "--form", "verse", "-o", "@x"}},
		{"nobody wrote", []string{"record", "--script", "@lunch.cowpi", "-o", "@x", "--state", "@s", "--said", "Hm"}},
		{"start or before", []string{"record", "--script", "@lunch.cowpi", "-o", "@x", "--state", "@s", "--said", "No...", "--variant", "x"}},
		{"not in", []string{"keys", "--from", "@world.json", "--only", "Zed"}},
		{"no game", []string{"game", "chess"}},
		{"no adversary", []string{"game", "conversation-integrity", "--adversary", "nobody"}},
		{"does not play", []string{"game", "message-integrity", "--adversary", "fork"}},
		{"at least one", []string{"game", "conversation-integrity", "--adversary", "fork", "--trials", "0"}},
		{"cannot go to standard output", []string{"game", "conversation-integrity", "--adversary", "fork", "--json", "--transcript", "-"}},
		{"no mutant", []string{"mutants", "nothing"}},
		{"say of which", []string{"mutants", "--win", "@x"}},
		{"no system", []string{"controls", "nothing"}},
		{"less than none", []string{"--trials", "-1"}},
		{"no report", []string{"report", "@bad.json", "-o", "@x"}},
		{"bad.json", []string{"replay", "@bad.json", "--transcript", "@x"}},
		{"no report", []string{"replay", "@bad.json", "--control", "c"}},
	} {
		r := d.run(c.args...)
		require.Equal(t, exitMisuse, r.code, "%v", c.args)
		require.Contains(t, r.err, c.says, "%v", c.args)
		require.NoFileExists(t, d.path("x"))
	}
	left, err := filepath.Glob(d.path(".proofs-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestHelpAndCompletion(t *testing.T) {
	d := newDoor(t)
	help := d.must("help")
	for _, name := range []string{"keys", "record", "forge", "transcript", "judge", "completion", "game", "mutants", "controls", "list", "replay", "report", "--quick"} {
		require.Contains(t, help, name)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.NotEmpty(t, d.must("completion", shell))
	}
	require.Contains(t, d.must("__complete", "forge", "--form", ""), "json")
	require.Contains(t, d.must("__complete", "game", ""), "conversation-integrity")
	require.Contains(t, d.must("__complete", "game", "conversation-integrity", "--adversary", ""), "fork")
	require.Contains(t, d.must("__complete", "mutants", ""), "d1-one-provider-is-enough")
	require.Contains(t, d.must("__complete", "controls", ""), "single-provider")
}

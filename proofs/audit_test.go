package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
)

// beTheCommand makes this test's program the command itself.
const beTheCommand = "COWPI_TEST_IS_PROOFS"

func TestMain(m *testing.M) {
	if os.Getenv(beTheCommand) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// little is a plan that passes: one game, one adversary, one control, one search.
func little(bool) (audit.Plan, error) {
	p, err := audit.Default(true)
	p.Games, p.Adversaries, p.Trials, p.Mutants = []*game.Game{game.ConversationIntegrity}, []game.Adversary{adversary.Fork}, 4, nil
	p.Explore = []audit.Search{{Bounds: "little", Run: func(context.Context, func(int, int)) (audit.Exploration, error) {
		return audit.Exploration{States: 12, Complete: true}, nil
	}}}
	return p, err
}

func (d door) planned(plan planner, args ...string) result {
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "@"); ok {
			args[i] = d.path(name)
		}
	}
	var out, err bytes.Buffer
	return result{runPlanned(plan, args, strings.NewReader(""), &out, &err), out.String(), err.String()}
}

// The command alone is the audit: a table, or JSON and nothing else, and the page.
func TestAudit(t *testing.T) {
	d := newDoor(t)
	r := d.planned(little, "--html", "@page.html", "--seed", "3", "--trials", "5")
	require.Zero(t, r.code, r.out+r.err)
	for _, s := range []string{"conversation integrity", "PASSED.", "prove nothing", "explored little", "Seed 3"} {
		require.Contains(t, r.out, s)
	}
	require.Contains(t, r.err, "lost all 5 trials")
	require.Contains(t, r.err, "system single-provider: beaten by fork")
	require.NotContains(t, r.err, "\x1b", "that is no terminal")
	require.Contains(t, string(d.read("page.html")), "go run ./proofs --seed 3 --trials 5")

	r = d.planned(little, "--json", "--html", "@page2.html")
	require.Zero(t, r.code)
	report, err := audit.Parse([]byte(r.out))
	require.NoError(t, err)
	require.True(t, report.Passed)
	d.write("report.json", r.out)
	d.must("report", "@report.json", "-o", "@again.html")
	require.Equal(t, string(d.read("page2.html")), string(d.read("again.html")))

	failing := func(quick bool) (audit.Plan, error) {
		p, err := little(quick)
		p.Explore = nil
		return p, err
	}
	r = d.planned(failing, "--no-report", "--html", "@none.html")
	require.Equal(t, exitNot, r.code)
	require.Contains(t, r.out, "!! nothing was explored\nNOT PASSED.")
	require.NoFileExists(t, d.path("none.html"))
}

func TestGame(t *testing.T) {
	d := newDoor(t)
	fork := []string{"game", "conversation-integrity", "--adversary", "fork", "--trials", "3", "--seed", "7"}
	out := d.must(fork...)
	require.Contains(t, out, "fork")
	require.Contains(t, out, "prove nothing")
	var p audit.Played
	require.NoError(t, json.Unmarshal([]byte(d.must(append(fork, "--json", "--until-won", "--transcript", "@t", "--win", "@w")...)), &p))
	require.Equal(t, 3, p.Scores[0].Trials)
	require.Contains(t, d.must("transcript", "show", "@t"), "Are you going")
	require.NoFileExists(t, d.path("w"), "nothing was won")
}

// keptWin is a win that never was.
func keptWin(t *testing.T) []byte {
	b, err := json.Marshal(audit.Win{Version: audit.Version, Game: "conversation-integrity", Adversary: "fork", Seed: 2, Breach: game.Breach{Kind: "parted"}})
	require.NoError(t, err)
	return b
}

// A kept win is played again, and whether it comes out the same is said.
func TestReplay(t *testing.T) {
	d := newDoor(t)
	d.write("w", string(keptWin(t)))
	r := d.run("replay", "@w", "--transcript", "@t")
	require.Equal(t, exitNot, r.code)
	require.Contains(t, r.out, "IT DID NOT COME OUT THE SAME: it was not won")
	require.Contains(t, d.must("transcript", "show", "@t"), "Are you going")
	var said audit.Replayed
	r = d.run("replay", "@w", "--json")
	require.Equal(t, exitNot, r.code)
	require.NoError(t, json.Unmarshal([]byte(r.out), &said))
	require.False(t, said.Same)
	require.Equal(t, uint64(2), said.Win.Seed)
}

func TestList(t *testing.T) {
	d := newDoor(t)
	out := d.must("list")
	for _, s := range []string{"conversation-integrity", "the paper's introduction", "d1-one-provider-is-enough", "single-provider"} {
		require.Contains(t, out, s)
	}
	var l listing
	require.NoError(t, json.Unmarshal([]byte(d.must("list", "--json")), &l))
	require.Len(t, l.Games, len(game.All()))
	require.NotEmpty(t, l.Mutants)
}

func TestControls(t *testing.T) {
	d := newDoor(t)
	require.Contains(t, d.must("controls", "single-provider", "--transcript", "@t"), "All were beaten.")
	require.Contains(t, d.must("transcript", "show", "@t"), "HERE THEY PART")
	var b beaten
	require.NoError(t, json.Unmarshal([]byte(d.must("controls", "--json", "single-provider")), &b))
	require.True(t, b.Passed)
}

// The program that attacks a mutant is this command: here without any, so it loses.
func TestBinary(t *testing.T) {
	bin := audit.Binary{Command: func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0], args...)
		cmd.Env = append(os.Environ(), beTheCommand+"=1")
		return cmd
	}}
	a := audit.Attack{Game: "conversation-integrity", Adversary: "fork", Trials: 2, Seed: 5}
	res, err := bin.Attack(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, 2, res.Score.Trials)
	require.Zero(t, res.Score.Won)
	require.Nil(t, res.Transcript)

	a.Game = "chess"
	_, err = bin.Attack(t.Context(), a)
	require.ErrorContains(t, err, "no game")
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = bin.Attack(done, a)
	require.ErrorIs(t, err, context.Canceled)
}

// Where mutants cannot be compiled, the audit says so before it plays for minutes.
func TestAuditNeedsTheSource(t *testing.T) {
	d := newDoor(t)
	t.Chdir(t.TempDir())
	r := d.planned(little, "--no-report")
	require.Equal(t, 2, r.code)
	require.Contains(t, r.err, "cowpi.example")
	require.NotContains(t, r.err, "lost all")
}

package audit_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
)

// The audit in small: every game against each of its adversaries, and the systems
// that must be beaten. Mutants are compiled and beaten in TestMutants of package main,
// and by the command.
func TestAuditInSmall(t *testing.T) {
	p, err := audit.Default(true)
	require.NoError(t, err)
	p.Trials, p.Mutants, p.Explore = 300, nil, nil
	r, err := audit.Run(t.Context(), p, nil)
	require.NoError(t, err)
	require.Len(t, r.Properties, len(game.All()))
	for _, g := range r.Properties {
		for _, a := range g.Adversaries {
			require.Empty(t, a.Error)
			require.True(t, a.Held, "%s, %s: %v; repeat: %s", g.Game, a.Adversary, a.First, a.Repeat)
		}
	}
	require.NotEmpty(t, r.Controls)
	for _, c := range r.Controls {
		require.True(t, c.Beaten, "%s: %s %s", c.Name, c.Outcome, c.Error)
	}
}

// Who plays a game, or must beat a mutant, exists.
func TestNamesExist(t *testing.T) {
	p, err := audit.Default(false)
	require.NoError(t, err)
	plays := func(name, in string) bool {
		a, ok := adversary.Find(name)
		for _, g := range a.Games {
			ok = ok && game.Find(g) != nil
		}
		return ok && game.Find(in) != nil
	}
	for _, a := range adversary.All() {
		require.NotEmpty(t, a.Games)
		for _, g := range a.Games {
			require.True(t, plays(a.Name, g), a.Name)
		}
	}
	for _, m := range p.Mutants {
		require.True(t, plays(m.Adversary, m.Game), "%s: %s in %s", m.Name, m.Adversary, m.Game)
	}
}

// Nobody plays who has never won: each adversary is declared to beat something.
func TestEverybodyBeatsSomething(t *testing.T) {
	p, err := audit.Default(false)
	require.NoError(t, err)
	beats := map[string]bool{}
	for _, m := range p.Mutants {
		for _, a := range append(m.Also, m.Attack) {
			beats[a.Adversary] = true
		}
	}
	for _, s := range p.Systems {
		beats[s.Adversary] = true
	}
	var idle []string
	for _, a := range p.Adversaries {
		if !beats[a.Name] {
			idle = append(idle, a.Name)
		}
	}
	require.Empty(t, idle)
}

// Trials are as many as the plan says, or a little more, and nobody has none.
func TestDepth(t *testing.T) {
	p, err := audit.Default(true)
	require.NoError(t, err)
	p.Mutants, p.Systems, p.Explore, p.Trials = nil, nil, nil, 60
	r, err := audit.Run(t.Context(), p, nil)
	require.NoError(t, err)
	require.GreaterOrEqual(t, r.Totals.Trials, 60)
	for _, g := range r.Properties {
		for _, a := range g.Adversaries {
			require.Positive(t, a.Trials)
		}
	}
}

var quoted = regexp.MustCompile("`([a-z]+)`")

// fields lists the names of all fields of a type, as JSON has them.
func fields(t reflect.Type, into map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		fields(t.Elem(), into)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				into[name] = true
			} else if !f.Anonymous {
				continue
			}
			if f.Name != "Drawing" {
				fields(f.Type, into)
			}
		}
	}
}

// README.md describes just the fields that there are.
func TestEveryFieldIsDescribed(t *testing.T) {
	names := map[string]bool{}
	fields(reflect.TypeFor[audit.Report](), names)
	require.Contains(t, names, "advantage")
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	described := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
			described[m[1]] = true
		}
		if n := len(described); n > 0 && strings.Contains(line, "`") {
			for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
				if names[m[1]] {
					described[m[1]] = true
				}
			}
		}
	}
	require.Equal(t, names, described)
}

// A report is read as it was written; nothing else is taken for one.
func TestParse(t *testing.T) {
	r := &audit.Report{Report: audit.Form, Version: audit.Version, Failures: []string{"x"}}
	b, err := json.Marshal(r)
	require.NoError(t, err)
	back, err := audit.Parse(b)
	require.NoError(t, err)
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.Equal(t, string(b), string(again))
	for _, bad := range []string{"", "[]", `{"report":"cowpi-audit"}`, `{"report":"cowpi-audit","version":2}`, `{"report":"cowpi-audit","version":1,"more":1}`} {
		_, err := audit.Parse([]byte(bad))
		require.Error(t, err, bad)
	}
}

// A win is kept of mutants, and compared by how it came out.
func TestWins(t *testing.T) {
	won := &game.Won{Seed: 3, Setting: "s", Breach: game.Breach{Kind: "parted"}}
	var c audit.Control
	c.Kind, c.Name, c.Game, c.Adversary, c.First = audit.KindMutant, "m", "g", "a", won
	w := audit.WinOf(c)
	require.Equal(t, audit.Win{Version: 1, Game: "g", Adversary: "a", Mutant: "m", Seed: 3, Setting: "s", Breach: won.Breach}, *w)
	require.True(t, w.Replayed(won).Same)
	require.False(t, w.Replayed(nil).Same)
	other := *won
	other.Setting = "t"
	require.Contains(t, w.Replayed(&other).Differs, "setting")
	other = *won
	other.Breach.Kind = "unsound"
	require.Contains(t, w.Replayed(&other).Differs, "unsound")
	c.Kind = audit.KindSystem
	require.Nil(t, audit.WinOf(c))
}

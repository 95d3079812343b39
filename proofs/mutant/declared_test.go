package mutant_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
	"cowpi.example/proofs/mutant"
)

// kinds lists the kinds of breaches that the games' judges know.
func kinds(t *testing.T) map[string]bool {
	files, err := filepath.Glob("../game/*.go")
	require.NoError(t, err)
	out := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?:Breach\{|kind(?:, what)? = )"([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			out[m[1]] = true
		}
	}
	return out
}

// What a mutant says of who beats it can be true: there is such a game, the adversary
// plays it, and there is such a breach. A step that fails is the aim of robustness
// alone; elsewhere it would be an accident.
func TestWhoBeatsAMutantPlays(t *testing.T) {
	known := kinds(t)
	require.Greater(t, len(known), 10)
	beaten := 0
	for _, m := range load(t) {
		beaten++
		for _, w := range append(m.Also, mutant.Attack{Game: m.Game, Adversary: m.Adversary, Breach: m.Breach}) {
			g := game.Find(w.Game)
			require.NotNil(t, g, m.Name)
			a, ok := adversary.Find(w.Adversary)
			require.True(t, ok, "%s: there is no adversary %q", m.Name, w.Adversary)
			require.Contains(t, a.Games, w.Game, "%s: %s does not play", m.Name, a.Name)
			switch {
			case g.Worlds:
				require.Equal(t, "guess", w.Breach, m.Name)
			case w.Breach == "failed":
				require.Equal(t, game.Robustness.Name, w.Game, m.Name)
			default:
				require.NotEqual(t, "guess", w.Breach, m.Name)
				require.True(t, known[w.Breach], "%s: no judge finds %q", m.Name, w.Breach)
			}
		}
	}
	require.GreaterOrEqual(t, beaten, 75)
}

// secondLines lists what is broken by mutants beside others only, and what these are
// without: the lines that stand before it.
func secondLines(list []mutant.Mutant) map[string]string {
	breaks, first, behind := map[string][]string{}, map[string]bool{}, map[string][]string{}
	for _, m := range list {
		breaks[m.Name] = m.Breaks
	}
	for _, m := range list {
		for _, b := range m.Breaks {
			first[b] = first[b] || len(m.Beside) == 0
			for _, o := range m.Beside {
				behind[b] = append(behind[b], breaks[o]...)
			}
		}
	}
	out := map[string]string{}
	for b, list := range behind {
		if slices.Sort(list); !first[b] {
			out[b] = strings.Join(slices.Compact(list), ", ")
		}
	}
	return out
}

// The table of SPEC.md, 11.1, lists these and no others, and what they stand behind.
func TestSecondLines(t *testing.T) {
	spec, err := os.ReadFile("../../cowpi/SPEC.md")
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(spec), "\n### 11.1 ")
	require.True(t, ok)
	text, _, _ = strings.Cut(text, "\n## ")
	rows := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| (.*) \| (.+) \|$`).FindAllStringSubmatch(text, -1) {
		if row[1] != "check" {
			rows[row[1]] = row[2]
		}
	}
	require.Equal(t, secondLines(load(t)), rows)

	some := []mutant.Mutant{{Name: "a", Breaks: []string{"X1", "X2"}, Beside: []string{"b"}}, {Name: "b", Breaks: []string{"X2", "X3"}}}
	require.Equal(t, map[string]string{"X1": "X2, X3"}, secondLines(some))
}

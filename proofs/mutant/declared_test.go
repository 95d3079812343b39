package mutant_test

import (
	"maps"
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
		if m.Redundant != "" {
			require.Empty(t, m.Game+m.Adversary+m.Breach+m.Attack, "%s is beaten, or redundant", m.Name)
			continue
		}
		beaten++
		g := game.Find(m.Game)
		require.NotNil(t, g, m.Name)
		a, ok := adversary.Find(m.Adversary)
		require.True(t, ok, "%s: there is no adversary %q", m.Name, m.Adversary)
		require.Contains(t, a.Games, m.Game, "%s: %s does not play", m.Name, a.Name)
		switch {
		case g.Worlds:
			require.Equal(t, "guess", m.Breach, m.Name)
		case m.Breach == "failed":
			require.Equal(t, game.Robustness.Name, m.Game, m.Name)
		default:
			require.NotEqual(t, "guess", m.Breach, m.Name)
			require.True(t, known[m.Breach], "%s: no judge finds %q", m.Name, m.Breach)
		}
	}
	require.GreaterOrEqual(t, beaten, 75)
}

// needless lists what no game needs: of which all mutants are redundant.
func needless(list []mutant.Mutant) []string {
	needed := map[string]bool{}
	for _, m := range list {
		for _, b := range m.Breaks {
			needed[b] = needed[b] || m.Redundant == ""
		}
	}
	maps.DeleteFunc(needed, func(_ string, yes bool) bool { return yes })
	return slices.Sorted(maps.Keys(needed))
}

// The table of SPEC.md, 11.1, lists these and no others, and says what each is for.
func TestChecksThatNoGameNeeds(t *testing.T) {
	spec, err := os.ReadFile("../../cowpi/SPEC.md")
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(spec), "\n### 11.1 ")
	require.True(t, ok)
	text, _, _ = strings.Cut(text, "\n## ")
	var rows []string
	for _, row := range regexp.MustCompile(`(?m)^\| (.*) \| (.+) \|$`).FindAllStringSubmatch(text, -1) {
		if row[1] != "check" && row[1] != "---" {
			rows = append(rows, row[1])
		}
	}
	slices.Sort(rows)
	require.Equal(t, needless(load(t)), rows)

	some := []mutant.Mutant{{Breaks: []string{"X1", "X2"}, Redundant: "for order"}, {Breaks: []string{"X2"}}, {Breaks: []string{"X3"}}}
	require.Equal(t, []string{"X1"}, needless(some))
}

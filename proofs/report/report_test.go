package report_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
	"cowpi.example/proofs/report"
)

// rich is a report in which there is some of everything: a real one of little, with
// the same control as if it were several mutants; what failed; strings that attack the page.
func rich(t *testing.T) *audit.Report {
	p, err := audit.Default(true)
	require.NoError(t, err)
	p.Games, p.Adversaries = []*game.Game{game.ConversationIntegrity, game.MessageConfidentiality}, []game.Adversary{adversary.Fork}
	p.Trials, p.Mutants, p.Explore = 5, nil, nil
	r, err := audit.Run(t.Context(), p, nil)
	require.NoError(t, err)
	i := 0
	for i < len(r.Controls) && r.Controls[i].Name != "single-provider" {
		i++
	}
	require.False(t, r.Controls[i].Drawing.Empty())
	r.Controls = r.Controls[i : i+1]
	m := r.Controls[0]
	m.Kind, m.Name, m.Checks = audit.KindMutant, "d1-none", []string{"D1", "a binding"}
	bad := m
	bad.Name, bad.Beaten, bad.Outcome, bad.Error = `<script>alert(1)</script>`, false, audit.OutcomeSurvived, "\x1b[31m\u202e"+hostile
	r.Controls = append(r.Controls, m, bad)
	a := &r.Properties[1]
	a.Adversaries = append(a.Adversaries, audit.Attempt{Score: game.Score{Game: a.Game, Adversary: "leak", Trials: 40, Advantage: 1, Low: .7, High: 1,
		First: &game.Won{Seed: 3, Setting: "s", Breach: game.Breach{Kind: "guess", What: hostile}}}, What: hostile})
	r.Explorations = []audit.Exploration{{Bounds: "3 participants, 2 providers", States: 1_234_567, Depth: 30, Rate: 54321, Complete: true},
		{Bounds: strings.Repeat("x", 200), States: 5, Violation: &audit.Violation{Property: "agreement", What: hostile, Trace: []string{"alice says", hostile}}}}
	r.Sought = []audit.Sought{{Mutant: "d1-none", What: "no comparison", Property: "agreement", Found: true, Exploration: r.Explorations[1]},
		{Mutant: hostile, Property: "agreement", Exploration: audit.Exploration{States: 7, Complete: true}}}
	r.Repeat = "go run ./proofs --seed 0 --quick"
	return r
}

const hostile = `"><img src=x onerror=alert(1)><a href="javascript:alert(1)">`

func written(t *testing.T, r *audit.Report) string {
	var b bytes.Buffer
	require.NoError(t, report.Write(&b, r))
	return b.String()
}

// What was found stands on the page, with statement, code, attack and how to repeat it.
func TestReportSaysIt(t *testing.T) {
	r := rich(t)
	page := written(t, r)
	for _, s := range []string{
		"NOT PASSED.", "conversation integrity", game.ConversationIntegrity.Statement[:40], "func parted(c *Challenger) *Breach {",
		"lengths are not hidden beyond padding", "Here they part: index 21", "d1-none", "D1, a binding",
		"1,234,567", "54,321", "A violation of agreement was NOT found", "A violation of agreement was found", "go run ./proofs --seed 0 --quick", r.Made.Go, audit.Note, "prove nothing", "A violation of agreement",
		"go run ./proofs game conversation-integrity --adversary fork",
	} {
		require.Contains(t, page, s)
	}
	passed := *r
	passed.Passed = true
	require.Contains(t, written(t, &passed), "PASSED. ")
	require.NotContains(t, written(t, &passed), "NOT PASSED.")
}

// A page made from JSON is the same; and whatever stands in that, it stays text.
func TestReportIsSelfContained(t *testing.T) {
	r := rich(t)
	page := written(t, r)
	b, err := json.Marshal(r)
	require.NoError(t, err)
	back, err := audit.Parse(b)
	require.NoError(t, err)
	require.Equal(t, page, written(t, back))

	// A drawing is not read by package report, so it may say anything.
	b = bytes.ReplaceAll(b, []byte("Are you going to the protests?"), []byte(`\u003cscript\u003ealert(1)\u003c/script\u003e\" onload=\"x`))
	b = bytes.ReplaceAll(b, []byte(`"Href":"`), []byte(`"Href":"javascript:alert(1)//`))
	back, err = audit.Parse(b)
	require.NoError(t, err)
	forged := written(t, back)
	require.Contains(t, forged, "&lt;script&gt;alert(1)")

	for _, p := range []string{page, forged} {
		require.NotContains(t, p, "<script")
		require.NotContains(t, p, "<img")
		require.NotContains(t, p, `href="javascript`)
		require.NotContains(t, p, "\x1b")
		require.NotContains(t, p, "\u202e")
		require.NotRegexp(t, `(?i)<[^>]*\son[a-z]+\s*=`, regexp.MustCompile(`"[^"]*"`).ReplaceAllString(p, `""`))
		for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(p, -1) {
			require.True(t, strings.HasPrefix(m[1], "#"), m[1])
		}
		require.NotContains(t, p, "url(")
		require.NotContains(t, p, "@import")
	}
}

// No two elements have one name, and what is linked to is there.
func TestReportLinks(t *testing.T) {
	page := written(t, rich(t))
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		// The drawing of the one control serves for three here.
		require.True(t, !ids[m[1]] || strings.HasPrefix(m[1], "msingle-provider-"), m[1])
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		require.True(t, ids[m[1]], m[1])
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/sheet"
)

// Every line of the output fits COLUMNS, whatever is said; many participants take
// several tables.
func TestWidth(t *testing.T) {
	text := "users 日本\nconversation a: Alice Bob Charlie Dave Erin Frank 日本\n" +
		"Alice: \"" + strings.Repeat("日本語 \\u202e", 20) + "\"\nBob: " + strings.Repeat("x", 300) + "\n"
	for columns, want := range map[string]int{"": 100, "40": 40, "200": 200, "nonsense": 100, "1": 24} {
		code, out, errs := called(map[string]string{"COLUMNS": columns}, text, "demo", "--script", "-")
		require.Equal(t, exitOK, code, errs)
		for line := range strings.Lines(out) {
			require.LessOrEqual(t, sheet.Columns(strings.TrimSuffix(line, "\n")), want, "%q", line)
		}
		require.NotContains(t, out, "\u202e")
	}
}

// Colours are for terminals, and not where NO_COLOR says otherwise.
func TestColours(t *testing.T) {
	show := func(terminal bool, vars map[string]string) string {
		var out bytes.Buffer
		code := run([]string{"demo", "--script", "-"}, env{in: strings.NewReader("conversation a: Alice Bob\nAlice: hi"),
			out: &out, err: &out, terminal: terminal, getenv: func(k string) string { return vars[k] }})
		require.Equal(t, exitOK, code)
		return out.String()
	}
	plain := show(false, nil)
	require.NotContains(t, plain, "\x1b")
	require.Equal(t, plain, show(true, map[string]string{"NO_COLOR": "1"}))
	require.Equal(t, plain, show(true, map[string]string{"TERM": "dumb"}))
	coloured := show(true, nil)
	require.Contains(t, coloured, "\x1b[1m")
	for _, s := range []sheet.Style{sheet.Bold, sheet.Dim, sheet.Red} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+string(s)+"m", "")
	}
	require.Equal(t, plain, strings.ReplaceAll(coloured, "\x1b[0m", ""))
}

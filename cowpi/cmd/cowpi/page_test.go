package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Nothing that a participant writes reaches the terminal as a control.
func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünï, 日本, 🙂":      "plain, ünï, 日本, 🙂",
		"\x1b[31mred":            `\x1b[31mred`,
		"a\nBob: b":              `a\nBob: b`,
		"\u202eeslaf\u202c":      `\u202eeslaf\u202c`,
		"\u2066x\u2069\u200f":    `\u2066x\u2069\u200f`,
		"a\u2028b\u0085c\u009bd": `a\u2028b\u0085c\u009bd`,
		"tab\tnul\x00":           `tab\tnul\x00`,
		"bad \xff\xc0":           `bad \xff\xc0`,
		"no\u00a0break":          `no\u00a0break`,
		"\U000e0041":             `\U000e0041`,
	} {
		require.Equal(t, want, escape(in))
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range escape(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")) {
			require.True(t, unicode.IsPrint(r), "%U", r)
		}
	})
}

// Wrapping fits the width, loses nothing but spaces, and does not hang.
func TestWrap(t *testing.T) {
	require.Equal(t, []string{"Alice: Lets go", "  to the", "  protest"}, wrap("Alice: Lets go to the protest", 14))
	require.Equal(t, []string{"abcdefgh", "  ijklmn", "  o p"}, wrap("abcdefghijklmno p", 8))
	require.Equal(t, []string{"日本", "  日", "  本"}, wrap("日本日本", 5))
	require.Equal(t, []string{""}, wrap("", 10))
	rapid.Check(t, func(t *rapid.T) {
		text := escape(rapid.String().Draw(t, "text"))
		width := rapid.IntRange(6, 40).Draw(t, "width")
		lines := wrap(text, width)
		for _, l := range lines {
			require.LessOrEqual(t, room(l), width, "%q", l)
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		require.Equal(t, bare(text), bare(strings.Join(lines, "")))
	})
}

// Every line of the output fits COLUMNS, whatever is said; many participants take
// several tables.
func TestWidth(t *testing.T) {
	text := "users 日本\nconversation a: Alice Bob Charlie Dave Erin Frank 日本\n" +
		"Alice: \"" + strings.Repeat("日本語 \\u202e", 20) + "\"\nBob: " + strings.Repeat("x", 300) + "\n"
	for columns, want := range map[string]int{"": 100, "40": 40, "200": 200, "nonsense": 100, "1": 24} {
		code, out, errs := called(map[string]string{"COLUMNS": columns}, text, "demo", "--script", "-")
		require.Equal(t, exitOK, code, errs)
		for line := range strings.Lines(out) {
			require.LessOrEqual(t, room(strings.TrimSuffix(line, "\n")), want, "%q", line)
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
	for _, s := range []style{bold, dim, red} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+string(s)+"m", "")
	}
	require.Equal(t, plain, strings.ReplaceAll(coloured, "\x1b[0m", ""))
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		require.Equal(t, want, thousands(n))
	}
}

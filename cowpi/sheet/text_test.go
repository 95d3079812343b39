package sheet

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Nothing that somebody else writes reaches the terminal as a control, or is drawn
// outside its line.
func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünï, 日本, 🙂":             "plain, ünï, 日本, 🙂",
		"naïve 日本 🎉":                    "naïve 日本 🎉",
		"\x1b[31mred":                   `\x1b[31mred`,
		"a\nBob: b":                     `a\nBob: b`,
		"\u202eeslaf\u202c":             `\u202eeslaf\u202c`,
		"\u2066x\u2069\u200f":           `\u2066x\u2069\u200f`,
		"zero\u200bwidth\u2060\ufeff":   `zero\u200bwidth\u2060\ufeff`,
		"a\u2028b\u0085c\u009bd":        `a\u2028b\u0085c\u009bd`,
		"tab\tnul\x00":                  `tab\tnul\x00`,
		"bad \xff\xc0":                  `bad \xff\xc0`,
		"no\u00a0break":                 `no\u00a0break`,
		"\U000e0041":                    `\U000e0041`,
		"e\u0301\u0301\u0301\u0301":     "e\u0301\u0301\u0301" + `\u0301`,
		"e\u0301\u0302\u0303\U0001e130": "e\u0301\u0302\u0303" + `\U0001e130`,
	} {
		require.Equal(t, want, Safe(in))
	}
	rapid.Check(t, func(t *rapid.T) {
		marks := rapid.StringOf(rapid.RuneFrom(nil, unicode.M)).Draw(t, "marks")
		safe := Safe(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text") + marks)
		inRow := 0
		for _, r := range safe {
			require.True(t, unicode.IsPrint(r), "%U", r)
			if inRow++; !unicode.Is(unicode.M, r) {
				inRow = 0
			}
			require.LessOrEqual(t, inRow, 3)
		}
		require.Equal(t, safe, Safe(safe), "once is enough")
	})
}

// JSON says the same when it is safe, and holds nothing that a terminal obeys.
func TestSafeJSON(t *testing.T) {
	for in, want := range map[string]string{
		"plain, 日本, 🙂":                             `"plain, 日本, 🙂"`,
		"\x1b[31m\x7f\u009b\u202e\u200b\U000e0041": `"\u001b[31m\u007f\u009b\u202e\u200b\udb40\udc41"`,
	} {
		b, err := json.Marshal(in)
		require.NoError(t, err)
		require.Equal(t, want, string(SafeJSON(b)))
	}
	rapid.Check(t, func(t *rapid.T) {
		in := map[string]string{rapid.String().Draw(t, "name"): rapid.String().Draw(t, "text")}
		b, err := json.MarshalIndent(in, "", "  ")
		require.NoError(t, err)
		safe := SafeJSON(b)
		for _, r := range string(safe) {
			require.True(t, unicode.IsPrint(r) || r == '\n', "%U", r)
		}
		var out map[string]string
		require.NoError(t, json.Unmarshal(safe, &out))
		require.Equal(t, in, out)
		require.Equal(t, safe, SafeJSON(safe), "once is enough")
	})
}

// Wrapping fits the width, loses nothing but spaces, and does not hang.
func TestWrap(t *testing.T) {
	require.Equal(t, []string{"Alice: Lets go", "  to the", "  protest"}, Wrap("Alice: Lets go to the protest", 14))
	require.Equal(t, []string{"   Lets go to", "     the", "     protest"}, Wrap("   Lets go to the protest", 14))
	require.Equal(t, []string{"abcdefgh", "  ijklmn", "  o p"}, Wrap("abcdefghijklmno p", 8))
	require.Equal(t, []string{"日本", "  日", "  本"}, Wrap("日本日本", 5))
	require.Equal(t, []string{"a", "b"}, Wrap("ab", 1))
	require.Equal(t, []string{""}, Wrap("", 10))
	require.Equal(t, []string{""}, Wrap("          ", 4))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Repeat(" ", rapid.IntRange(0, 9).Draw(t, "lead")) + Safe(rapid.String().Draw(t, "text"))
		width := rapid.IntRange(2, 40).Draw(t, "width")
		lines := Wrap(text, width)
		for _, l := range lines {
			require.LessOrEqual(t, Columns(l), width, "%q", l)
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		require.Equal(t, bare(text), bare(strings.Join(lines, "")))
	})
}

func TestThousands(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		require.Equal(t, want, Thousands(n))
	}
}

func TestFives(t *testing.T) {
	for code, want := range map[string]string{"": "", "12345": "12345", "1234567": "12345 67", "ééééééé": "ééééé éé"} {
		require.Equal(t, want, Fives(code))
	}
}

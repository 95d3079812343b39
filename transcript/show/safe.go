package show

import (
	"strings"
	"unicode/utf8"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/sheet"
)

// Safe makes a text harmless for terminals and pages, as sheet.Safe does.
func Safe(s string) string { return sheet.Safe(s) }

// safeLines is Safe, but leaves line feeds as they are.
func safeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Safe(l)
	}
	return strings.Join(lines, "\n")
}

// name is an id, safe to draw. An empty one has a word of its own.
func name(id identity.ID) string {
	if id == "" {
		return "(nobody)"
	}
	return Safe(string(id))
}

// names joins ids as in a sentence, at most eight of them.
func names[T ~[]identity.ID](ids T) string {
	const most = 8
	out := make([]string, 0, most+1)
	for _, id := range ids[:min(len(ids), most)] {
		out = append(out, name(id))
	}
	if more := len(ids) - most; more > 0 {
		out = append(out, count(uint64(more), "other", "others"))
	}
	return and(out)
}

func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// count is a number with its noun.
func count(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return sheet.Thousands(n) + " " + many
}

// cut shortens a text to at most n bytes, at the beginning of a rune.
func cut(b []byte, n int) (string, int) {
	if len(b) <= n {
		return string(b), 0
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return string(b[:n]), len(b) - n
}

package show

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cowpi.example/cowpi/identity"
)

// Safe makes a text harmless for terminals and pages: whatever is not printable
// (control characters, escapes, line ends, signs that turn the direction of writing
// or have no width, bytes that are no UTF-8) is written as an escape, and more than
// three combining marks in a row, which would be drawn across other lines, are too.
func Safe(s string) string { return safe(s, false) }

// safe may leave line feeds as they are.
func safe(s string, lines bool) string {
	var b strings.Builder
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case r == '\n' && lines, unicode.IsPrint(r) && marks <= 3:
			b.WriteRune(r)
		case r < 0x10000 && unicode.IsPrint(r):
			b.WriteString(`\u` + strconv.FormatUint(uint64(r)|0x10000, 16)[1:])
		case unicode.IsPrint(r):
			b.WriteString(`\U` + strconv.FormatUint(uint64(r)|0x100000000, 16)[1:])
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += n
	}
	return b.String()
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
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s + " " + many
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

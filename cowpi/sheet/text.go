package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Safe makes a text harmless for terminals and pages: whatever is not printable
// (control characters, escapes, line ends, signs that turn the direction of writing
// or have no width, bytes that are no UTF-8) is written as an escape, and more than
// three combining marks in a row, which would be drawn across other lines, are too.
// A text that is safe stays as it is.
func Safe(s string) string {
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
		case unicode.IsPrint(r) && marks <= 3:
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

// SafeJSON makes JSON harmless for terminals: whatever is not printable is written as
// an escape of JSON, so that it says the same as before. It is for JSON that an
// encoder wrote, in UTF-8: outside of strings that has nothing but ASCII.
func SafeJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case unicode.IsPrint(r) || r < ' ': // as white space; in strings encoders escape it
			out = append(out, b[i:i+n]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
		i += n
	}
	return out
}

// wide are the ranges that take two columns, near enough.
var wide = [...][2]rune{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x4dbf}, {0x4e00, 0xa4cf}, {0xac00, 0xd7a3},
	{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}}

// Columns is how much room a safe text takes.
func Columns(s string) (n int) {
	for _, r := range s {
		n += room(r)
	}
	return n
}

func room(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// Wrap breaks a safe text into lines of at most width columns, at spaces if it can.
// All but the first are indented two columns more than the text itself, as far as
// there is room for that.
func Wrap(s string, width int) (lines []string) {
	const least = 2 // for a wide rune beside the indentation
	text := strings.TrimLeft(s, " ")
	spare := max(0, width-least)
	used := min(len(s)-len(text), width/2, spare)
	line, fresh := strings.Repeat(" ", used), true
	indent := strings.Repeat(" ", min(used+2, spare))
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used, fresh = indent, len(indent), true
	}
	for i, word := range strings.Split(text, " ") {
		if i > 0 && !fresh {
			if used+1+Columns(word) > width && word != "" {
				flush()
			} else {
				line += " "
				used++
			}
		}
		for _, r := range word {
			if used+room(r) > width && !fresh {
				flush()
			}
			line += string(r)
			used += room(r)
			fresh = false
		}
	}
	if strings.TrimSpace(line) != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// Thousands writes a number with commas.
func Thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Fives puts a space after every five characters, so that people can compare codes.
func Fives(code string) string {
	var out []string
	for chunk := range slices.Chunk([]rune(code), 5) {
		out = append(out, string(chunk))
	}
	return strings.Join(out, " ")
}

package main

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes a text harmless for a terminal: what is not printable, line ends
// and signs that turn the direction of writing among it, is written as an escape.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += n
	}
	return b.String()
}

// wide are the ranges that take two columns, near enough.
var wide = [...][2]rune{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x4dbf}, {0x4e00, 0xa4cf}, {0xac00, 0xd7a3},
	{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}}

// columns is how much room a rune takes.
func columns(r rune) int {
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

func room(s string) (n int) {
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// wrap breaks an escaped text into lines of at most width columns, at spaces if
// it can; all but the first are indented.
func wrap(s string, width int) (lines []string) {
	const indent = "  "
	line, used := "", 0
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used = indent, len(indent)
	}
	for i, word := range strings.Split(s, " ") {
		need := room(word)
		fresh := used == 0 || len(lines) > 0 && used == len(indent)
		if i > 0 && !fresh {
			if used+1+need > width && need > 0 {
				flush()
			} else {
				line += " "
				used++
			}
		}
		for _, r := range word {
			if n := columns(r); used+n > width && used > len(indent) {
				flush()
			}
			line += string(r)
			used += columns(r)
		}
	}
	if strings.TrimSpace(line) != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

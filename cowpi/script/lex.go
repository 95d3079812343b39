package script

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error says what is wrong with a script, and in which line, counted from 1.
type Error struct {
	Line   int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// token is a word, a quoted string, a colon or a comma.
type token struct {
	text   string
	quoted bool
	mark   bool // colon or comma
}

// is says whether a token is just this word or mark, not quoted.
func (t token) is(word string) bool { return !t.quoted && t.text == word }

func (t token) String() string { return strconv.Quote(t.text) }

// next reads a token. ok is false at the end of the line, or at a comment.
func next(s string) (t token, rest string, ok bool, err error) {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	if s == "" || s[0] == '#' {
		return token{}, "", false, nil
	}
	switch s[0] {
	case ':', ',':
		return token{text: s[:1], mark: true}, s[1:], true, nil
	case '"':
		text, rest, err := unquote(s)
		if err != nil {
			return token{}, "", false, err
		}
		if rest != "" && !strings.ContainsRune(" \t:,", rune(rest[0])) {
			return token{}, "", false, fmt.Errorf("a space is missing after %s", strconv.Quote(text))
		}
		return token{text: text, quoted: true}, rest, true, nil
	}
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ':' || r == ',' || r == '"' })
	if end < 0 {
		end = len(s)
	}
	if end < len(s) && s[end] == '"' {
		return token{}, "", false, fmt.Errorf("a quote within a word: %s", s[:end+1])
	}
	return token{text: s[:end]}, s[end:], true, nil
}

// unquote reads a string in double quotes, with the escapes of Go.
func unquote(s string) (text, rest string, err error) {
	prefix, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("the quotes do not close, or an escape is unknown")
	}
	text, err = strconv.Unquote(prefix)
	if err != nil || !utf8.ValidString(text) {
		return "", "", fmt.Errorf("the quoted text is not UTF-8")
	}
	return text, s[len(prefix):], nil
}

// tokens reads a whole line.
func tokens(s string) (out []token, err error) {
	for {
		t, rest, ok, err := next(s)
		if err != nil || !ok {
			return out, err
		}
		out = append(out, t)
		s = rest
	}
}

// saying splits a line like
//
//	Alice: text        Alice in lunch: text
//
// into its parts. ok is false for lines of any other kind.
func saying(s string) (who, in token, text string, ok bool) {
	who, rest, ok, err := next(s)
	if err != nil || !ok || who.mark {
		return who, in, "", false
	}
	t, rest, ok, err := next(rest)
	if err == nil && ok && t.is("in") {
		if in, rest, ok, err = next(rest); err != nil || !ok || in.mark {
			return who, in, "", false
		}
		t, rest, ok, err = next(rest)
	}
	if err != nil || !ok || !t.mark || t.text != ":" {
		return who, in, "", false
	}
	return who, in, strings.TrimSpace(rest), true
}

package transcript

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The decoder of JSON is our own because encoding/json takes too much for the same:
// names in any case, the last of two members of one name, numbers that are no
// integers, and text that is not UTF-8, which it replaces. It knows which members
// there may be and how large they may get before it takes them.

// scanner reads one JSON text. The first failure sticks.
type scanner struct {
	b   []byte
	i   int
	err error
}

// scanError says where in a JSON text something is wrong.
type scanError struct {
	at   int
	what string
}

func (e *scanError) Error() string { return fmt.Sprintf("at byte %d of it: %s", e.at, e.what) }

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = &scanError{s.i, fmt.Sprintf(format, args...)}
	}
}

// scan reads b, which is one object and white space around it.
func scan(b []byte, t *table, o *object) error {
	s := &scanner{b: b}
	s.object(t, o)
	if s.space(); s.i < len(b) {
		s.fail("something follows the object")
	}
	return s.err
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\n' || s.b[s.i] == '\r') {
		s.i++
	}
}

// next skips white space and takes c if it is next.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.err == nil && s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) want(c byte) {
	if !s.next(c) {
		s.fail("%q wanted", string(c))
	}
}

// items walks along what is between open and shut, separated by commas. Every call
// of item takes something, or fails.
func (s *scanner) items(open, shut byte, item func()) {
	if s.want(open); s.next(shut) {
		return
	}
	for s.err == nil {
		item()
		if s.next(shut) {
			return
		}
		s.want(',')
	}
}

// array walks along an array of at most max items.
func (s *scanner) array(max uint64, item func()) {
	n := uint64(0)
	s.items('[', ']', func() {
		if n++; n > max {
			s.fail("more than %d items", max)
			return
		}
		item()
	})
}

func (s *scanner) object(t *table, o *object) {
	if o.table != t {
		*o = object{table: t, values: make([]value, len(t.specs))}
	}
	o.set = 0
	s.items('{', '}', func() {
		name := s.text(64)
		i, ok := t.index[string(name)]
		switch {
		case s.err != nil:
			return
		case !ok:
			s.fail("member %q is unknown", name)
			return
		case o.set&(1<<i) != 0:
			s.fail("member %q is there twice", name)
			return
		}
		s.want(':')
		s.member(&t.specs[i], &o.values[i])
		o.set |= 1 << i
	})
}

func (s *scanner) member(p *spec, v *value) {
	*v = value{}
	switch p.form {
	case formWord:
		v.raw = s.text(int(p.max))
	case formNumber:
		v.num = s.number(p.max)
	case formFlag:
		v.num = s.boolean()
	case formHex:
		v.raw = s.hex(0, int(p.max))
	case formFixed:
		v.raw = s.hex(int(p.max), int(p.max))
	case formWords:
		s.array(p.max, func() { v.list = append(v.list, s.text(maxName)) })
	case formFixeds:
		s.array(p.max, func() { v.list = append(v.list, s.hex(32, 32)) })
	case formObject:
		v.objects = make([]object, 1)
		s.object(p.of, &v.objects[0])
	case formObjects:
		s.array(p.max, func() {
			v.objects = append(v.objects, object{})
			s.object(p.of, &v.objects[len(v.objects)-1])
		})
	}
}

// number takes an integer as Go and everybody else writes it: no sign, no leading
// zeros, no fraction, no exponent.
func (s *scanner) number(max uint64) uint64 {
	s.space()
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' && s.i-start < 21 {
		s.i++
	}
	digits := string(s.b[start:s.i])
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > max || len(digits) > 1 && digits[0] == '0' {
		s.fail("%q is no integer from 0 to %d", digits, max)
		return 0
	}
	return n
}

func (s *scanner) boolean() uint64 {
	s.space()
	switch rest := s.b[s.i:]; {
	case bytes.HasPrefix(rest, []byte("true")):
		s.i += 4
		return 1
	case bytes.HasPrefix(rest, []byte("false")):
		s.i += 5
	default:
		s.fail("true or false wanted")
	}
	return 0
}

// hex takes least to most bytes in lower-case hexadecimal, and returns the digits.
func (s *scanner) hex(least, most int) []byte {
	digits := s.text(2 * most)
	if s.err == nil && len(digits) < 2*least {
		s.fail("%d bytes wanted in hexadecimal", least)
	}
	if len(digits)%2 != 0 {
		s.fail("an odd number of hexadecimal digits")
	}
	for _, c := range digits {
		if !isHex(c) {
			s.fail("%q is no lower-case hexadecimal digit", string(rune(c)))
			break
		}
	}
	return digits
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// text takes a string of at most max bytes in UTF-8.
func (s *scanner) text(max int) []byte {
	s.want('"')
	start := s.i
	for s.err == nil && s.i < len(s.b) && s.b[s.i] != '"' && s.b[s.i] != '\\' && s.b[s.i] >= ' ' {
		s.i++
	}
	out := s.b[start:s.i:s.i] // without escapes, it is what is in the line
	for s.err == nil && !s.next0('"') {
		switch {
		case s.i == len(s.b):
			s.fail("a string without end")
		case s.b[s.i] == '\\':
			out = s.escape(out)
		case s.b[s.i] < ' ':
			s.fail("a control character in a string")
		default:
			out = append(out, s.b[s.i])
			s.i++
		}
		if len(out) > max {
			break
		}
	}
	switch {
	case len(out) > max:
		s.fail("a string of more than %d bytes", max)
	case !utf8.Valid(out):
		s.fail("a string that is not UTF-8")
	}
	if s.err != nil {
		return nil
	}
	return out
}

// next0 is next, where white space counts.
func (s *scanner) next0(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape takes one escape, or two that make one character.
func (s *scanner) escape(out []byte) []byte {
	s.i++
	if s.i < len(s.b) {
		if c, ok := escapes[s.b[s.i]]; ok {
			s.i++
			return append(out, c)
		}
	}
	r := s.unit()
	if utf16.IsSurrogate(r) {
		low := rune(-1)
		if s.next0('\\') {
			low = s.unit()
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			s.fail("half a surrogate pair")
		}
	}
	return utf8.AppendRune(out, r)
}

// unit takes u and four hexadecimal digits, lower-case like all others.
func (s *scanner) unit() (r rune) {
	if !s.next0('u') || len(s.b)-s.i < 4 {
		s.fail("an escape that does not exist")
		return 0
	}
	for _, c := range s.b[s.i : s.i+4] {
		if !isHex(c) {
			s.fail("%q is no lower-case hexadecimal digit", string(rune(c)))
			return 0
		}
		r = r<<4 | rune(hexValue(c))
	}
	s.i += 4
	return r
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

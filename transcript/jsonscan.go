package transcript

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The decoder of JSON is our own because encoding/json takes too much for the same:
// names in any case, the last of two members of one name, numbers that are no
// integers, and text that is not UTF-8, which it replaces. It knows which members
// there may be and how large they may get before it takes them.

// A form is what the value of a member looks like.
type form uint8

const (
	formWord    form = iota // a string of at most max bytes
	formNumber              // an integer from 0 to max
	formFlag                // true or false
	formHex                 // a string of at most max bytes in hexadecimal
	formFixed               // a string of just max bytes in hexadecimal
	formWords               // an array of at most max strings, ids
	formFixeds              // an array of at most max keys in hexadecimal
	formObject              // an object
	formObjects             // an array of at most max objects
)

// spec is a member that an object may have.
type spec struct {
	name string
	form form
	max  uint64
	of   *table // of objects
}

// table is all the members that an object may have, at most 64.
type table struct {
	specs []spec
	index map[string]int
}

func newTable(specs ...spec) *table {
	t := &table{specs, map[string]int{}}
	for i, s := range specs {
		t.index[s.name] = i
	}
	return t
}

// mask is a set of members.
func (t *table) mask(names ...string) (m uint64) {
	for _, name := range names {
		i, ok := t.index[name]
		if !ok {
			panic("transcript: no member " + name) // a bug of ours; package variables find it
		}
		m |= 1 << i
	}
	return m
}

// value is what a member says. Strings lie in the line that they were read from,
// unless they had escapes.
type value struct {
	num     uint64
	raw     []byte // of a string; of hexadecimal, the digits
	list    [][]byte
	objects []object
}

// object is a parsed object.
type object struct {
	table  *table
	set    uint64 // the members that are there
	values []value
}

func (o *object) has(name string) bool        { return o.set&(1<<o.table.index[name]) != 0 }
func (o *object) num(name string) uint64      { return o.value(name).num }
func (o *object) flag(name string) bool       { return o.value(name).num == 1 }
func (o *object) word(name string) string     { return string(o.value(name).raw) }
func (o *object) fixed(name string, d []byte) { _, _ = hex.Decode(d, o.value(name).raw) }

// value is that of a member, or none if it is not there: values are used again.
func (o *object) value(name string) *value {
	if !o.has(name) {
		return &value{}
	}
	return &o.values[o.table.index[name]]
}

// bytes is nil where nothing is.
func (o *object) bytes(name string) []byte {
	raw := o.value(name).raw
	if len(raw) == 0 {
		return nil
	}
	out := make([]byte, len(raw)/2)
	_, _ = hex.Decode(out, raw)
	return out
}

// lacks returns the first member of a set that is not there, or "".
func (o *object) lacks(need uint64) string { return o.table.first(need &^ o.set) }

// others returns the first member that is there and not in a set, or "".
func (o *object) others(may uint64) string { return o.table.first(o.set &^ may) }

func (t *table) first(set uint64) string {
	for i := range t.specs {
		if set&(1<<i) != 0 {
			return t.specs[i].name
		}
	}
	return ""
}

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

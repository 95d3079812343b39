package transcript

import "encoding/hex"

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

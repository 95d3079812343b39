package transcript

import (
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"cowpi.example/cowpi/identity"
)

const formJSON = "JSON lines"

// maxLine bounds a line of JSON. The largest that a JSONWriter writes is a message
// of maxSent bytes in hexadecimal; there is room for spaces and escapes.
const maxLine = 3 * MaxRecord

const any64 = math.MaxUint64

// partyTable and memberTable are the objects in lists.
var (
	partyTable  = newTable(spec{name: "id", form: formWord, max: maxName}, spec{name: "key", form: formFixed, max: 32})
	memberTable = newTable(spec{name: "id", form: formWord, max: maxName}, spec{name: "key", form: formFixed, max: 32},
		spec{name: "joined", form: formNumber, max: math.MaxUint32})
)

// headerTable is the first line.
var headerTable = newTable(
	spec{name: "transcript", form: formWord, max: maxName},
	spec{name: "version", form: formNumber, max: any64},
	spec{name: "suite", form: formWord, max: maxName},
	spec{name: "suiteid", form: formNumber, max: math.MaxUint16},
	spec{name: "timed", form: formFlag},
	spec{name: "providers", form: formObjects, max: identity.MaxProviders, of: partyTable},
)

// lineTable is all the members of the other lines, in the order in which they are
// written.
var lineTable = newTable(
	spec{name: "type", form: formWord, max: maxName},
	spec{name: "connection", form: formNumber, max: any64},
	spec{name: "provider", form: formWord, max: maxName},
	spec{name: "user", form: formWord, max: maxName},
	spec{name: "key", form: formFixed, max: 32},
	spec{name: "client", form: formWord, max: maxName},
	spec{name: "server", form: formWord, max: maxName},
	spec{name: "node", form: formWord, max: maxName},
	spec{name: "now", form: formNumber, max: any64},
	spec{name: "to", form: formWord, max: maxName},
	spec{name: "kind", form: formWord, max: maxName},
	spec{name: "packet", form: formWord, max: maxName},
	spec{name: "message", form: formWord, max: maxName},
	spec{name: "block", form: formWord, max: maxName},
	spec{name: "who", form: formWord, max: maxName},
	spec{name: "number", form: formNumber, max: any64},
	spec{name: "what", form: formWord, max: maxName},
	spec{name: "conversation", form: formFixed, max: 32},
	spec{name: "index", form: formNumber, max: any64},
	spec{name: "epoch", form: formNumber, max: math.MaxUint32},
	spec{name: "party", form: formWord, max: maxName},
	spec{name: "upto", form: formNumber, max: any64},
	spec{name: "textid", form: formFixed, max: 16},
	spec{name: "text", form: formWord, max: maxText},
	spec{name: "texthex", form: formHex, max: maxText},
	spec{name: "members", form: formObjects, max: maxMembers, of: memberTable},
	spec{name: "added", form: formWords, max: maxMembers},
	spec{name: "removed", form: formWords, max: maxMembers},
	spec{name: "restarted", form: formWords, max: maxMembers},
	spec{name: "reason", form: formNumber, max: math.MaxUint8},
	spec{name: "code", form: formWord, max: codeDigits},
	spec{name: "check", form: formWord, max: maxName},
	spec{name: "error", form: formWord, max: maxWords},
	spec{name: "bytes", form: formHex, max: maxBytes},
	spec{name: "plain", form: formHex, max: maxBytes},
	spec{name: "inner", form: formHex, max: maxBytes},
	spec{name: "records", form: formNumber, max: any64},
	spec{name: "digest", form: formFixed, max: 32},
)

// derived are the members that say in words what plain says already.
var derived = []string{"packet", "message", "block", "conversation", "index"}

// shape is which members a line has: those that must be there, and may.
type shape struct{ need, may uint64 }

func newShape(need ...string) shape {
	m := lineTable.mask(append(need, "type")...)
	return shape{m, m}
}

// shapes are the lines by type; a sent has more, by its kind, and a saw, by what.
var shapes = map[string]shape{
	"registered": newShape("provider", "user", "key"),
	"connected":  newShape("connection", "client", "server"),
	"closed":     newShape("connection"),
	"sent":       newShape("connection", "to", "kind", "bytes"),
	"delivered":  newShape("connection", "to"),
	"saw":        newShape("who", "number", "what", "conversation"),
	"crashed":    newShape("node"),
	"clock":      newShape("now"),
	"saved":      newShape("node"),
	"restored":   newShape("node"),
	"end":        newShape("records", "digest"),
}

// sentShapes are those of a sent, by kind.
var sentShapes = func() (out [len(kindNames)]shape) {
	for k := range out {
		out[k] = shapes["sent"]
		if Kind(k).hasPlain() {
			out[k].need |= lineTable.mask("plain")
		}
		if Kind(k) == Renewal {
			out[k].need |= lineTable.mask("inner")
		}
		out[k].may = out[k].need
		if Kind(k) == Data {
			out[k].may |= lineTable.mask(derived...)
		}
	}
	return out
}()

// sawShapes are those of a saw, by what.
var sawShapes = func() (out [len(whatNames)]shape) {
	for w := Text; w <= Fault; w++ {
		m := shapes["saw"].need | lineTable.mask(partsOf[w].members()...)
		out[w] = shape{m, m}
	}
	text := lineTable.mask("text")
	out[Text].need &^= text // or texthex: text of the reader says which
	out[Text].may |= lineTable.mask("texthex")
	return out
}()

// jsonLine is a line that is being written: members are appended.
type jsonLine []byte

// name begins a member of the innermost object.
func (l *jsonLine) name(name string) {
	if b := *l; len(b) > 0 && b[len(b)-1] != '{' {
		*l = append(*l, ',')
	}
	*l = append(append(append(*l, '"'), name...), '"', ':')
}

func (l *jsonLine) number(name string, n uint64) {
	l.name(name)
	*l = strconv.AppendUint(*l, n, 10)
}

func (l *jsonLine) hex(name string, v []byte) {
	l.name(name)
	*l = append(*l, '"')
	*l = append(hex.AppendEncode(*l, v), '"')
}

func (l *jsonLine) word(name, v string) {
	l.name(name)
	*l = appendString(*l, v)
}

// list writes an array of n items.
func (l *jsonLine) list(name string, n int, item func(i int)) {
	l.name(name)
	*l = append(*l, '[')
	for i := range n {
		if i > 0 {
			*l = append(*l, ',')
		}
		item(i)
	}
	*l = append(*l, ']')
}

func (l *jsonLine) ids(name string, ids []identity.ID) {
	l.list(name, len(ids), func(i int) { *l = appendString(*l, string(ids[i])) })
}

func (l *jsonLine) open() { *l = append(*l, '{') }
func (l *jsonLine) shut() { *l = append(*l, '}') }

// appendString writes a string of UTF-8 with as few escapes as JSON allows.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, `\u00`...)
			b = hex.AppendEncode(b, []byte{c})
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// isText says whether a text is a string in JSON. Otherwise it is hexadecimal.
func isText(b []byte) bool { return utf8.Valid(b) }

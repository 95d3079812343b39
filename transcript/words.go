package transcript

import (
	"encoding/binary"
	"strings"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// maxLinks bounds how many connections between providers are remembered as open. A
// provider has 15 mirrors at most, so only a transcript that is made for it has
// more; of what is sent on the others nothing is said in words.
const maxLinks = 4096

// namer says in words what is in messages. What it says depends on nothing but the
// records up to there, so writer and reader come to the same.
type namer struct {
	providers map[identity.ID]bool
	links     map[uint64]bool // connections whose client is a provider
	form      suite.Suite
}

// anyPoint is a suite to which every point is a point: words are about what a
// message looks like, in whatever suite it was made.
type anyPoint struct{ suite.Suite }

func (anyPoint) CheckPoint(suite.Point) error { return nil }

func newNamer(h Header) *namer {
	n := &namer{map[identity.ID]bool{}, map[uint64]bool{}, anyPoint{suite.Default}}
	for _, p := range h.Providers {
		n.providers[p.ID] = true
	}
	return n
}

// provider says whether a client is a provider, or a corrupt copy of one.
func (n *namer) provider(id identity.ID) bool {
	return n.providers[id] || n.providers[identity.ID(strings.TrimRight(string(id), "*"))]
}

// note follows which connections there are.
func (n *namer) note(r Record) {
	switch r := r.(type) {
	case Connected:
		delete(n.links, r.Conn)
		if n.provider(r.Client) && len(n.links) < maxLinks {
			n.links[r.Conn] = true
		}
	case Closed:
		delete(n.links, r.Conn)
	}
}

// words is what a message says. A word that is "" is not there.
type words struct {
	packet       string // between providers
	message      string
	block        string      // the type of the data block in it
	conversation *suite.Hash // nil: of none
	index        uint64      // of something in that conversation
	indexed      bool
}

var packetNames = [...]string{1: "Hello", 2: "Data", 3: "Ack", 4: "Resync", 5: "Snapshot", 6: "End"}

var logNames = map[byte]string{1: "Propose", 2: "Commit", 3: "Pick", 4: "Expire", 5: "Withdraw", 16: "Confirm", 17: "Asked",
	18: "Verdict"}

// words of a message.
func (n *namer) words(s *Sent) words {
	p := s.Opened.Plain
	switch {
	case s.Opened.Kind != Data || len(p) == 0:
		return words{}
	case n.links[s.Conn]:
		return packetWords(p)
	}
	m, err := exchange.Parse(n.form, p)
	if err != nil {
		return words{}
	}
	return messageWords(m)
}

// packetWords are those of SPEC.md, 9.4.
func packetWords(p []byte) (w words) {
	if int(p[0]) >= len(packetNames) || p[0] == 0 {
		return w
	}
	w.packet = packetNames[p[0]]
	if w.packet != "Data" || len(p) < 1+8+8+1 {
		return w
	}
	m := p[17:]
	w.message = logNames[m[0]]
	switch w.message {
	case "Propose", "Commit":
		m = m[1:]
	case "Verdict":
		m = m[min(9, len(m)):]
	default:
		return w
	}
	if len(m) >= 40 {
		sid := suite.Hash(m[:32])
		w.conversation, w.index, w.indexed = &sid, binary.BigEndian.Uint64(m[32:]), true
	}
	return w
}

// messageWords are those of SPEC.md, 9.2.
func messageWords(m exchange.Message) (w words) {
	of := func(sid suite.Hash) { w.conversation = &sid }
	at := func(sid suite.Hash, i uint64) { w.conversation, w.index, w.indexed = &sid, i, true }
	switch m := m.(type) {
	case exchange.Prekeys:
		w.message = "Prekeys"
	case exchange.Withdraw:
		w.message = "Withdraw"
	case exchange.Fetch:
		w.message = "Fetch"
	case exchange.Upload:
		w.message = "Upload"
		var sid *suite.Hash
		w.block, sid = blockWords(m.Data)
		w.conversation = sid
	case exchange.Ack:
		w.message = "Ack"
		at(m.Sid, m.Index)
	case exchange.HandoutAck:
		w.message = "HandoutAck"
	case exchange.Welcome:
		w.message = "Welcome"
	case exchange.Stocked:
		w.message = "Stocked"
	case exchange.Fetched:
		w.message = "Fetched"
	case exchange.FetchFailed:
		w.message = "FetchFailed"
	case exchange.Handouts:
		w.message = "Handouts"
	case exchange.LowStock:
		w.message = "LowStock"
	case exchange.Delivery:
		w.message = "Delivery"
		at(m.Sid, m.Index)
		w.block, _ = blockWords(m.Data)
	case exchange.Refused:
		w.message = "Refused"
		at(m.Sid, m.Index)
	case exchange.Seen:
		w.message = "Seen"
		of(m.Sid)
	}
	return w
}

// blockWords looks at the beginning of a data block: version, suite 2, Sid 32, type.
func blockWords(data []byte) (string, *suite.Hash) {
	if len(data) < 36 || data[0] != conversation.Version {
		return "", nil
	}
	t := conversation.Type(data[35])
	if t < conversation.SETUP || t > conversation.UPDATE {
		return "", nil
	}
	sid := suite.Hash(data[3:35])
	return t.String(), &sid
}

// write appends the members.
func (w *words) write(l *jsonLine) {
	for i, v := range [...]string{w.packet, w.message, w.block} {
		if v != "" {
			l.word(derived[i], v)
		}
	}
	if w.conversation != nil {
		l.hex("conversation", w.conversation[:])
	}
	if w.indexed {
		l.number("index", w.index)
	}
}

// differs returns the first member in an object that is not what write would have
// written, or "".
func (w *words) differs(o *object) string {
	for i, v := range [...]string{w.packet, w.message, w.block} {
		if o.has(derived[i]) && (v == "" || o.word(derived[i]) != v) {
			return derived[i]
		}
	}
	if o.has("conversation") {
		var sid suite.Hash
		if o.fixed("conversation", sid[:]); w.conversation == nil || *w.conversation != sid {
			return "conversation"
		}
	}
	if o.has("index") && (!w.indexed || o.num("index") != w.index) {
		return "index"
	}
	return ""
}

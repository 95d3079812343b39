package judge

import (
	"encoding/binary"
	"strconv"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/transcript"
)

// layer is where a field of a message lies.
type layer int

const (
	plain  layer = iota // in what was opened
	inner               // in what was opened within that
	onWire              // in the bytes as they were sent
)

func (l layer) of(m *said) []byte {
	return [...][]byte{m.opened.Plain, m.opened.Inner, m.bytes}[l]
}

// span is one field of a message: its name, and its place.
type span struct {
	field    string
	in       layer
	from, to int
}

func (x span) of(m *said) []byte { return x.in.of(m)[x.from:x.to] }

// cutter cuts a message into fields. When bytes are missing it stops, and leaves
// the judgement to those who parse.
type cutter struct {
	b      []byte
	layer  layer
	at     int
	prefix string
	out    []span
	done   bool
}

func (c *cutter) take(name string, n int) []byte {
	if c.done || n < 0 || c.at+n > len(c.b) {
		c.done = true
		return nil
	}
	c.out = append(c.out, span{c.prefix + name, c.layer, c.at, c.at + n})
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *cutter) number(name string, n int) int {
	var b [8]byte
	copy(b[8-n:], c.take(name, n))
	v := binary.BigEndian.Uint64(b[:])
	if v > 1<<30 {
		return 1 << 30
	}
	return int(v)
}

// all takes several fields, each a name and a size.
func (c *cutter) all(fields ...any) {
	for i := 0; i+1 < len(fields); i += 2 {
		c.take(fields[i].(string), fields[i+1].(int))
	}
}

// each repeats something as often as a count says.
func (c *cutter) each(name string, f func()) {
	for range c.number(name, 2) {
		if c.done {
			return
		}
		f()
	}
}

func (c *cutter) in(prefix string, f func()) {
	old := c.prefix
	c.prefix += prefix
	f()
	c.prefix = old
}

// dissect names every field of a message.
func dissect(m *said) []span {
	switch m.opened.Kind {
	case transcript.Hello, transcript.Handshake:
		return handshake(m, "", onWire, plain)
	case transcript.Renewal:
		return append(frame(m), handshake(m, "renewal ", plain, inner)...)
	case transcript.Data:
		c := &cutter{b: m.opened.Plain}
		switch {
		case len(c.b) == 0:
		case m.conn.user:
			exchangeMessage(c)
		default:
			linkPacket(c)
		}
		return append(frame(m), c.out...)
	}
	return nil
}

func frame(m *said) []span {
	return []span{{"frame", onWire, 0, min(256, len(m.bytes))}}
}

// handshake names the fields of a handshake message: those that are open lie in one
// layer, those that are sealed in another.
func handshake(m *said, prefix string, open, sealed layer) []span {
	o := &cutter{b: open.of(m), layer: open, prefix: prefix}
	c := &cutter{b: sealed.of(m), layer: sealed, prefix: prefix}
	switch size := len(o.b); {
	case size == channel.Msg1Size:
		o.take("msg1 E_c", size)
	case size == channel.Msg2Size && !m.toServer:
		o.all("msg2 E_s", 32, "msg2 seal", size-32)
		c.all("msg2 id", 65, "msg2 Y", 32)
	case size == channel.Msg3Size && m.toServer:
		o.take("msg3 seal", size)
		c.all("msg3 role", 1, "msg3 id", 65, "msg3 A", 32, "msg3 X", 32)
	}
	return append(o.out, c.out...)
}

var handoutNames = map[exchange.HandoutKind]string{exchange.HandoutFetched: "fetched ", exchange.HandoutAssigned: "assigned ",
	exchange.HandoutExpired: "expired ", exchange.HandoutWithdrawn: "withdrawn "}

// The names of SPEC.md, 9.2 and 9.4, by type bytes.
var (
	messageNames = map[int]string{1: "Prekeys", 2: "Withdraw", 3: "Fetch", 4: "Upload", 5: "Ack", 6: "HandoutAck", 16: "Welcome", 17: "Stocked",
		18: "Fetched", 19: "FetchFailed", 20: "Handouts", 21: "LowStock", 22: "Delivery", 23: "Refused", 24: "Seen"}
	packetNames = map[int]string{1: "link Hello", 2: "link Data", 3: "link LinkAck", 4: "link Resync", 5: "link Snapshot", 6: "link End"}
	logNames    = map[int]string{1: "Propose", 2: "Commit", 3: "Pick", 4: "Expire", 5: "log Withdraw", 16: "Confirm", 17: "Asked", 18: "Verdict"}
)

func exchangeMessage(c *cutter) {
	tag := 0
	if len(c.b) > 0 {
		tag = int(c.b[0])
	}
	name := messageNames[tag]
	if name == "" {
		name = "message " + strconv.Itoa(tag)
	}
	c.in(name+" ", func() {
		if tag == 4 {
			upload(c)
			return
		}
		c.take("type", 1)
		switch tag {
		case 1:
			c.take("batch", 4)
			c.each("count", func() { c.all("id", 8, "Y", 32) })
		case 2, 17, 21:
			c.take("number", 4)
		case 3:
			c.all("id", 16, "purpose", 32)
			c.each("count", func() { c.take("user", 65) })
		case 5:
			c.all("Sid", 32, "index", 8)
		case 6:
			c.take("position", 8)
		case 16:
			c.all("batch", 4, "stock", 4, "handouts", 8)
			c.each("count", func() { c.all("Sid", 32, "head", 8) })
		case 18:
			c.take("id", 16)
			c.each("count", func() { c.all("user", 65, "key", 32, "prekey id", 8, "prekey Y", 32) })
		case 19:
			c.all("id", 16, "reason", 1, "user", 65)
		case 20:
			c.take("first", 8)
			c.each("count", func() {
				kind := exchange.HandoutKind(c.number("kind", 1))
				c.in(handoutNames[kind], func() {
					c.take("prekey id", 8)
					if kind == exchange.HandoutFetched || kind == exchange.HandoutAssigned {
						c.all("to", 65, "purpose", 32)
					}
				})
			})
		case 22:
			c.all("Sid", 32, "index", 8, "head", 8, "digest before", 32)
			dataBlock(c)
			c.each("block count", func() { block(c) })
			c.each("assigned count", func() { c.all("assigned peer", 65, "assigned id", 8, "assigned Y", 32, "assigned own id", 8) })
		case 23:
			c.all("Sid", 32, "upload", 32, "seq", 8, "index", 8, "epoch", 4, "reason", 1, "user", 65, "provider", 65)
		case 24:
			c.all("Sid", 32, "seq", 8)
		}
	})
}

func upload(c *cutter) {
	c.take("type", 1)
	dataBlock(c)
	c.each("block count", func() { block(c) })
	c.each("auth count", func() { c.all("auth key id", 8, "MAC", 32) })
}

func dataBlock(c *cutter) {
	end := c.number("data length", 4) + c.at
	if c.done || end > len(c.b) || end-c.at < 36 {
		c.done = true
		return
	}
	t := conversation.Type(c.b[c.at+35])
	c.in(t.String()+" ", func() {
		c.all("version", 1, "suite", 2, "Sid", 32, "type", 1)
		if t != conversation.SETUP {
			c.all("epoch", 4, "roster digest", 32, "author", 2, "seq", 8, "k", 8)
		}
		switch t {
		case conversation.MSG:
			c.take("com", 32)
			n := c.number("text length", 4)
			c.all("text seal", min(n, 48))
			c.all("text seal, rest", n-min(n, 48))
		case conversation.RCPT:
			c.take("stopped", 1)
		default:
			c.all("nonce", 32, "author id", 65, "provider set", 32)
			c.each("roster count", func() { c.all("roster id", 65, "roster key", 32, "roster joined", 4) })
		}
	})
	if c.at != end {
		c.done = true
	}
}

func block(c *cutter) {
	if c.at >= len(c.b) || c.done {
		c.done = true
		return
	}
	if pair.SizeOf(c.b[c.at]) == pair.StartSize {
		c.take("block form", 1)
		name := "block session key id"
		if pair.Kind(c.number("block kind", 1)) == pair.Prekey {
			name = "block prekey id"
		}
		c.all(name, 8, "block X", 32, "block n", 4, "start block seal", 88)
	} else {
		c.all("block form", 1, "block n", 4, "block seal", 48)
	}
}

func linkPacket(c *cutter) {
	c.in(packetNames[int(c.b[0])]+" ", func() {
		switch c.take("type", 1)[0] {
		case 1:
			c.all("first", 8, "last", 8, "taken", 8, "digest", 32)
		case 2:
			c.all("number", 8, "stable", 8)
			logMessage(c)
		case 3:
			c.take("taken", 8)
		case 4:
			c.take("full", 1)
		case 5:
			c.each("count", func() {
				c.take("key", c.number("key length", 4))
				c.take("value", c.number("value length", 4))
			})
		case 6:
			c.all("last", 8, "digest", 32)
		}
	})
}

func runs(c *cutter) {
	c.each("runs", func() { c.all("run batch", 4, "run position", 2, "run count", 2) })
}

func logMessage(c *cutter) {
	if c.at >= len(c.b) {
		return
	}
	t := c.b[c.at]
	c.prefix = logNames[int(t)] + " "
	c.take("type", 1)
	switch t {
	case 1:
		c.all("Sid", 32, "first", 8)
		c.each("count", func() {
			c.number("upload length", 4)
			upload(c)
			c.each("owners", func() { runs(c) })
		})
	case 2:
		c.all("Sid", 32, "first", 8, "count", 2)
	case 3:
		c.all("user", 65, "fetch id", 16, "purpose", 32)
		c.each("count", func() { c.all("owner", 65, "batch", 4, "position", 2) })
	case 4:
		c.all("user", 65, "fetch id", 16)
		c.each("count", func() { c.all("owner", 65, "prekey id", 8) })
	case 5:
		c.take("owner", 65)
		runs(c)
		c.each("count", func() { c.take("prekey id", 8) })
	case 16:
		c.all("owner", 65, "batch", 4, "digest", 32)
	case 17:
		c.all("owner", 65, "batch", 4)
	case 18:
		c.all("number", 8, "Sid", 32, "first", 8, "accepted", 2)
		if c.number("refused", 1) == 1 {
			c.take("reason", 1)
			if c.number("has user", 1) == 1 {
				c.take("user", 65)
			}
		}
	}
}

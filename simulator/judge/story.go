package judge

import (
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// story is a transcript taken apart. It never fails: what does not fit is a
// contradiction.
type story struct {
	suite     suite.Suite
	head      transcript.Header
	records   []transcript.Record
	conns     map[uint64]*connection
	sent      map[int]*said // by record
	delivered map[int]*said // by record
	all       []*said       // in order
	wrong     []string
	providers map[identity.ID]int
	users     map[identity.ID]suite.Point
	sizes     map[place]int // of sealed texts
}

// connection is one connection.
type connection struct {
	number         uint64
	client, server identity.ID
	user           bool // the client is a user, not the router
	closed         bool
	way            [2]flow // to the client, to the server
}

// flow is one direction of it.
type flow struct {
	sent    int
	waiting []*said
}

// said is one message on a connection.
type said struct {
	record   int
	conn     *connection
	toServer bool
	nth      int // of its direction, from 0
	bytes    []byte
	opened   transcript.Opened
	from, to identity.ID
	message  exchange.Message // between user and provider, in a frame; nil: something else
}

func side(toServer bool) int {
	if toServer {
		return 1
	}
	return 0
}

func (st *story) say(format string, args ...any) {
	st.wrong = append(st.wrong, fmt.Sprintf(format, args...))
}

// read takes a transcript apart.
func read(s suite.Suite, m *transcript.Memory) *story {
	st := &story{suite: s, head: m.Head, records: m.Records, conns: map[uint64]*connection{}, sent: map[int]*said{},
		delivered: map[int]*said{}, providers: map[identity.ID]int{}, users: map[identity.ID]suite.Point{}, sizes: map[place]int{}}
	for i, p := range m.Head.Providers {
		st.providers[p.ID] = i
	}
	last := uint64(0)
	for i, r := range m.Records {
		switch r := r.(type) {
		case transcript.Connected:
			if r.Conn != last+1 {
				st.say("connection %d comes after %d", r.Conn, last)
			}
			last = r.Conn
			st.connected(r)
		case transcript.Closed:
			if c := st.open(r.Conn, "closes"); c != nil {
				c.closed = true
			}
		case transcript.Sent:
			st.send(i, r)
		case transcript.Delivered:
			st.deliver(i, r)
		}
	}
	return st
}

func (st *story) connected(r transcript.Connected) {
	if st.conns[r.Conn] != nil {
		st.say("connection %d begins twice", r.Conn)
		return
	}
	at, client := st.providers[r.Client]
	if _, ok := st.providers[r.Server]; !ok {
		st.say("connection %d is to %q, which is no provider", r.Conn, r.Server)
	}
	if client && (at != 0 || st.providers[r.Server] == 0) {
		st.say("connection %d is from %s to %s", r.Conn, r.Client, r.Server)
	}
	for _, c := range st.conns {
		if !c.closed && c.client == r.Client && c.server == r.Server {
			st.say("%s is connected to %s twice", r.Client, r.Server)
		}
	}
	st.conns[r.Conn] = &connection{number: r.Conn, client: r.Client, server: r.Server, user: !client}
}

// open returns a connection on which something may happen.
func (st *story) open(n uint64, what string) *connection {
	c := st.conns[n]
	switch {
	case c == nil:
		st.say("connection %d %s and never began", n, what)
	case c.closed:
		st.say("connection %d %s and is closed", n, what)
	default:
		return c
	}
	return nil
}

func (st *story) send(i int, r transcript.Sent) {
	c := st.open(r.Conn, "carries a message")
	if c == nil {
		return
	}
	f := &c.way[side(r.ToServer)]
	m := &said{record: i, conn: c, toServer: r.ToServer, nth: f.sent, bytes: r.Bytes, opened: r.Opened, from: c.server, to: c.client}
	if r.ToServer {
		m.from, m.to = c.client, c.server
	}
	if c.user && r.Opened.Kind == transcript.Data && len(r.Opened.Plain) > 0 {
		msg, err := exchange.Parse(st.suite, r.Opened.Plain)
		if err != nil {
			st.say("%s says to %s what nobody could read: %v", m.from, m.to, err)
		} else {
			m.message = msg
			if d, ok := msg.(exchange.Delivery); ok {
				if b, err := conversation.Parse(st.suite, d.Data); err == nil && b.Type == conversation.MSG {
					st.sizes[place{d.Sid, d.Index}] = len(b.Sealed)
				}
			}
		}
	}
	f.sent++
	f.waiting = append(f.waiting, m)
	st.sent[i] = m
	st.all = append(st.all, m)
}

func (st *story) deliver(i int, r transcript.Delivered) {
	c := st.open(r.Conn, "delivers a message")
	if c == nil {
		return
	}
	f := &c.way[side(r.ToServer)]
	if len(f.waiting) == 0 {
		st.say("on connection %d a message arrives that was not sent", r.Conn)
		return
	}
	st.delivered[i] = f.waiting[0]
	f.waiting = f.waiting[1:]
}

// sealedSize is the size of the sealed text at an index.
func (st *story) sealedSize(at place) (int, bool) {
	n, ok := st.sizes[at]
	return n, ok
}

// String says which message it is.
func (m *said) String() string {
	return fmt.Sprintf("message %d of %s to %s on connection %d", m.nth, m.from, m.to, m.conn.number)
}

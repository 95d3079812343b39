package show

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Bounds on what is remembered while reading, so that no transcript needs much
// memory. Honest ones stay far below.
const (
	maxConns  = 1 << 16 // connections open at the same time
	maxFlight = 1 << 12 // messages on their way, in one direction of a connection
	maxFaults = 50
)

// First bytes of the messages that are drawn (SPEC.md, 9.2). Others are not parsed.
const (
	saysUpload   = 4
	saysDelivery = 22
	saysRefused  = 23
)

// conn is an open connection.
type conn struct {
	client, server identity.ID
	sent, arrived  [2]uint64 // messages so far, to the client and to the server
	flight         [2][]mark // those of them that are drawn
}

// mark waits for a message to arrive.
type mark struct {
	number  uint64
	arrived *bool
}

type builder struct {
	opt       Options
	m         *Model
	suite     suite.Suite
	conns     map[uint64]*conn
	talks     map[suite.Hash]*talk
	order     []*talk
	entries   *recent[[32]byte, Entry]
	rosters   *recent[suite.Hash, []identity.ID]
	unopened  uint64
	strangers uint64 // events and messages of conversations that are not drawn
	lostConns uint64
	faults    uint64 // accusations that are not listed
}

// Read builds the model of a transcript in one pass, record by record. A transcript
// of another suite is drawn without what is in its messages.
func Read(src transcript.Source, opt Options) (*Model, error) {
	h := src.Header()
	b := &builder{opt: opt.filled(), m: &Model{Suite: h.Suite}, conns: map[uint64]*conn{}, talks: map[suite.Hash]*talk{},
		entries: newRecent[[32]byte, Entry](512), rosters: newRecent[suite.Hash, []identity.ID](256)}
	for _, p := range h.Providers {
		b.m.Providers = append(b.m.Providers, p.ID)
	}
	for _, s := range []suite.Suite{suite.Default, opt.Suite} {
		if s != nil && h.SuiteID == s.ID() {
			b.suite = s
		}
	}
	for {
		r, err := src.Next()
		if errors.Is(err, io.EOF) {
			b.finish()
			return b.m, nil
		}
		if err != nil {
			return nil, fmt.Errorf("show: %w", err)
		}
		b.m.Records++
		b.record(r)
	}
}

func side(toServer bool) int {
	if toServer {
		return 1
	}
	return 0
}

func (b *builder) record(r transcript.Record) {
	switch r := r.(type) {
	case transcript.Connected:
		if len(b.conns) >= maxConns {
			b.lostConns++
			return
		}
		b.conns[r.Conn] = &conn{client: r.Client, server: r.Server}
	case transcript.Closed:
		delete(b.conns, r.Conn)
	case transcript.Delivered:
		c, i := b.conns[r.Conn], side(r.ToServer)
		if c == nil {
			return
		}
		c.arrived[i]++
		for len(c.flight[i]) > 0 && c.flight[i][0].number <= c.arrived[i] {
			if c.flight[i][0].number == c.arrived[i] {
				*c.flight[i][0].arrived = true
			}
			c.flight[i] = c.flight[i][1:]
		}
	case transcript.Sent:
		b.sent(r)
	case transcript.Crashed:
		for _, t := range b.order {
			t.happens(r.Node, "crashes, and begins again from what it stored")
		}
	case transcript.Restored:
		for _, t := range b.order {
			t.happens(r.Node, "crashes, and begins again from an earlier copy of what it stored")
		}
	case transcript.Saw:
		b.saw(r)
	}
}

// sent looks into a message and marks it on its way.
func (b *builder) sent(r transcript.Sent) {
	c, i := b.conns[r.Conn], side(r.ToServer)
	if c == nil {
		return
	}
	c.sent[i]++
	if r.Opened.Kind == transcript.Dark {
		b.unopened++
	}
	if r.Opened.Kind != transcript.Data || b.suite == nil || len(r.Opened.Plain) == 0 {
		return
	}
	var arrived []*bool
	switch {
	case slices.Contains(b.m.Providers, c.client):
		from, to := c.server, c.client
		if r.ToServer {
			from, to = c.client, c.server
		}
		arrived = b.link(from, to, r.Opened.Plain)
	case r.ToServer:
		arrived = b.upload(c.client, c.server, r.Opened.Plain)
	default:
		arrived = b.delivery(c.server, c.client, r.Opened.Plain)
	}
	for _, a := range arrived {
		if len(c.flight[i]) < maxFlight {
			c.flight[i] = append(c.flight[i], mark{c.sent[i], a})
		}
	}
}

// upload is what a user says.
func (b *builder) upload(from, to identity.ID, plain []byte) []*bool {
	if plain[0] != saysUpload {
		return nil
	}
	m, err := exchange.Parse(b.suite, plain)
	u, ok := m.(exchange.Upload)
	if err != nil || !ok {
		return nil
	}
	e, sid := b.entry(u.Data)
	t := b.talk(sid)
	if t == nil || e.Type == "" {
		return nil
	}
	return t.uploaded(&Upload{From: from, To: to}, u.Data, u.ID(b.suite))
}

// delivery is what a provider says to a user.
func (b *builder) delivery(from, to identity.ID, plain []byte) []*bool {
	if plain[0] != saysDelivery && plain[0] != saysRefused {
		return nil
	}
	m, err := exchange.Parse(b.suite, plain)
	if err != nil {
		return nil
	}
	switch m := m.(type) {
	case exchange.Delivery:
		if t := b.talk(m.Sid); t != nil {
			e, _ := b.entry(m.Data)
			return t.delivered(from, to, m, e)
		}
	case exchange.Refused:
		if t := b.talk(m.Sid); t != nil {
			t.refused(from, to, m)
		}
	}
	return nil
}

// link is what router and mirror say to each other.
func (b *builder) link(from, to identity.ID, plain []byte) (arrived []*bool) {
	switch m := linkMessage(plain).(type) {
	case proposed:
		t := b.talk(m.sid)
		for i, raw := range m.uploads {
			u, err := exchange.Parse(b.suite, raw)
			if up, ok := u.(exchange.Upload); err == nil && ok && t != nil {
				e, _ := b.entry(up.Data)
				arrived = append(arrived, t.proposed(from, to, m.first+uint64(i), up.Data, e)...)
			}
		}
	case committed:
		if t := b.talk(m.sid); t != nil {
			t.committed(to, m)
		}
	case judged:
		if t := b.talk(m.sid); t != nil && m.refused {
			t.judged(from, m)
		}
	}
	return arrived
}

// saw is an event of a participant's view.
func (b *builder) saw(s transcript.Saw) {
	if s.What == transcript.Fault {
		if len(b.m.Faults) < maxFaults {
			b.m.Faults = append(b.m.Faults, Fault{s.Who, s.Party, s.Check, s.Error})
		} else {
			b.faults++
		}
		return
	}
	if t := b.talk(s.Sid); t != nil {
		t.saw(s)
	}
}

// talk finds or begins a conversation; nil: too many.
func (b *builder) talk(sid suite.Hash) *talk {
	if t := b.talks[sid]; t != nil {
		return t
	}
	if len(b.order) >= b.opt.Conversations {
		b.strangers++
		return nil
	}
	t := newTalk(b, &Conversation{Sid: sid, Number: len(b.order) + 1, Providers: slices.Clone(b.m.Providers)})
	b.talks[sid] = t
	b.order = append(b.order, t)
	return t
}

package judge

import (
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// people follows all participants through a transcript: what each knew when. It
// cannot run their programs as package replay runs those of providers, because it
// does not know what people wished for and what their coins were. All else
// follows, and is compared.
type people struct {
	st    *story
	world map[identity.ID]suite.Point
	set   suite.Hash // digest of the provider set
	users map[identity.ID]*person
	texts map[place]shownText
	// oddities are what was shown in place of a text.
	oddities map[place]transcript.Saw
	said     []string // contradictions in what people sent
	seen     []string // contradictions in what they saw
	unsure   string

	now      uint64 // if the transcript is timed
	restored bool   // a provider was
	corrupt  map[identity.ID]bool
}

// place is an index of a conversation.
type place struct {
	sid   suite.Hash
	index uint64
}

// person is what one participant knows, as far as a transcript shows it.
type person struct {
	id       identity.ID
	links    []line
	got      map[suite.Hash][]map[uint64]exchange.Delivery // by provider
	talks    map[suite.Hash]*talk
	known    map[identity.ID]bool // the trust table
	answers  map[exchange.FetchID]map[int]exchange.Fetched
	fetches  map[exchange.FetchID]exchange.Fetch // that wait for answers
	asked    map[exchange.FetchID]string         // all of them
	fetched  []fetchedKeys
	assigned map[[2]string]exchange.Prekey // peer, Sid -> the key to begin with
	chains   map[chainOf]*chain
	batches  map[uint32][]exchange.Prekey
	batch    uint32         // the last one
	gone     uint32         // batches up to this one were withdrawn
	offered  map[int]uint32 // by provider: batches
	logs     []map[uint64]string
	position uint64 // of the hand-out log
	online   bool
	blind    bool       // the router's connection is gone: what it wrote since was not seen
	late     bool       // it sends that now
	again    bool       // it has just come online, and sends all again
	parting  suite.Hash // a conversation that it left, as the last: it may have written first
	number   uint64     // of the last event
	slack    uint64     // events that there may have been and that nobody told
	expect   []expected
}

// line is the connection to one provider.
type line struct {
	conn     uint64
	welcomed bool
	gone     bool // it is closed, and the participant need not know
	owed     [][]byte
}

// expected is an event that must come: one that is in the transcript, or one that
// is only counted; maybe: it may or may not have been.
type expected struct {
	saw    transcript.Saw
	hidden bool
	maybe  bool
}

// talk is a conversation as a participant knows it.
type talk struct {
	phase   byte // 0 unknown, 1 its own SETUP is on its way, 2 active, 3 gone
	state   conversation.State
	authors map[uint16]conversation.Author
	last    uint64 // index, once gone
	epoch   uint32 // once gone
	heads   []uint64
	flying  []flying
	owes    uint64 // one above the index of which a receipt is due
	stopped bool   // it broke off, and has still to say so
	retry   uint64 // when it sends again what was refused
	refused bool   // uploads were, in this epoch
}

// flying is an upload of one's own that has no place yet.
type flying struct {
	id     suite.Hash
	data   suite.Hash
	block  *conversation.DataBlock
	blocks [][]byte
	before *conversation.Roster
}

type fetchedKeys struct {
	purpose suite.Hash
	keys    map[identity.ID]exchange.Prekey
}

type chainOf struct {
	sid          suite.Hash
	to           identity.ID
	joined, peer uint32
}

type chain struct {
	ref      pair.Ref
	X        suite.Point
	n        uint32
	accepted bool
}

func follow(e Evidence) *people {
	st := e.story()
	p := &people{st: st, world: map[identity.ID]suite.Point{}, users: map[identity.ID]*person{}, texts: map[place]shownText{}, oddities: map[place]transcript.Saw{},
		corrupt: map[identity.ID]bool{}}
	for _, id := range e.Corrupt {
		p.corrupt[id] = true
	}
	for _, s := range e.everybody() {
		p.world[s.ID] = s.Key
	}
	if set, err := identity.UnsafeProviders(st.suite, st.head.Providers...); err == nil {
		p.set = set.Digest(st.suite)
	}
	for _, u := range e.World.Users {
		p.users[u.ID] = newPerson(u.ID, len(st.head.Providers))
	}
	for i, rec := range st.records {
		p.record(i, rec)
	}
	for _, u := range e.World.Users {
		p.rest(p.users[u.ID])
	}
	return p
}

func newPerson(id identity.ID, providers int) *person {
	u := &person{id: id, links: make([]line, providers), known: map[identity.ID]bool{}, talks: map[suite.Hash]*talk{},
		assigned: map[[2]string]exchange.Prekey{}, chains: map[chainOf]*chain{}, batches: map[uint32][]exchange.Prekey{},
		fetches: map[exchange.FetchID]exchange.Fetch{}, asked: map[exchange.FetchID]string{}}
	u.forget()
	u.logs = make([]map[uint64]string, providers)
	return u
}

// forget is a crash: what is not stored is gone.
func (u *person) forget() {
	u.links = make([]line, len(u.links))
	u.got = map[suite.Hash][]map[uint64]exchange.Delivery{}
	u.answers = map[exchange.FetchID]map[int]exchange.Fetched{}
	u.offered = map[int]uint32{}
	u.logs = make([]map[uint64]string, len(u.links))
	u.online = false
	for _, t := range u.talks {
		t.heads, t.retry = make([]uint64, len(u.links)), 0
	}
}

func (p *people) sent(format string, args ...any) {
	p.said = append(p.said, fmt.Sprintf(format, args...))
}
func (p *people) saw(format string, args ...any) {
	p.seen = append(p.seen, fmt.Sprintf(format, args...))
}

func (p *people) record(i int, rec transcript.Record) {
	switch rec := rec.(type) {
	case transcript.Clock:
		p.now = rec.Now
	case transcript.Restored:
		p.restored = true
	case transcript.Connected:
		if u := p.users[rec.Client]; u != nil {
			p.rest(u)
			at, ok := p.st.providers[rec.Server]
			if !ok {
				p.unsure = "the router forked"
				return
			}
			p.linkDown(u, at)
			u.links[at] = line{conn: rec.Conn}
		}
	case transcript.Closed:
		if c := p.st.conns[rec.Conn]; c != nil {
			u, at := p.users[c.client], p.st.providers[c.server]
			if u != nil && u.links[at].conn == rec.Conn {
				p.rest(u)
				u.links[at].gone = true
				u.blind = u.blind || at == 0 && u.online
				u.links[at].owed = nil
			}
		}
	case transcript.Crashed:
		if u := p.users[rec.Node]; u != nil {
			if u.online && u.anyGone() { // did it know that it was offline?
				u.expect = append(u.expect, expected{maybe: true})
			}
			u.forget()
		}
	case transcript.Delivered:
		m := p.st.delivered[i]
		if m == nil {
			return
		}
		u, at := p.users[m.to], p.st.providers[m.from]
		if u == nil {
			return
		}
		p.rest(u)
		u.late, u.again, u.parting = false, false, suite.Hash{}
		if m.message != nil && u.links[at].conn == m.conn.number {
			p.heard(i, u, at, m.message)
		}
	case transcript.Sent:
		if m := p.st.sent[i]; m != nil && m.message != nil {
			if u, at := p.users[m.from], p.st.providers[m.to]; u != nil {
				p.says(u, at, m)
			}
		}
	case transcript.Saw:
		if u := p.users[rec.Who]; u != nil {
			p.view(u, rec)
		} else {
			p.saw("an event of %q, which is nobody", rec.Who)
		}
	}
}

// rest is what must be over before somebody does something else.
func (p *people) rest(u *person) {
	for i := range u.links {
		if n := len(u.links[i].owed); n > 0 {
			p.sent("%s did not send %s %d messages that it owed", u.id, p.st.head.Providers[i].ID, n)
			u.links[i].owed = nil
		}
	}
	for _, x := range u.expect {
		switch {
		case x.maybe:
			u.slack++
		case x.hidden:
			u.number++
		default:
			p.saw("%s was not told of index %d", u.id, x.saw.Index)
		}
	}
	u.expect = nil
}

// linkDown is a connection that a participant knows to be gone.
func (p *people) linkDown(u *person, at int) {
	if u.online {
		u.online = false
		u.expect = append(u.expect, expected{hidden: true}) // Offline
	}
	u.links[at] = line{}
	u.offered[at] = 0
	for _, g := range u.got {
		g[at] = nil
	}
	for _, t := range u.talks {
		t.heads[at] = 0
	}
}

// heard is a message from a provider.
func (p *people) heard(i int, u *person, at int, m exchange.Message) {
	if _, welcome := m.(exchange.Welcome); welcome == u.links[at].welcomed {
		p.hangsUp(u, at, fault.Refute(fault.H5, "%T is out of order", m))
		return
	}
	switch m := m.(type) {
	case exchange.Welcome:
		u.links[at].welcomed = true
		for _, h := range m.Heads {
			t := u.talk(h.Sid)
			t.heads[at] = max(t.heads[at], h.Head+1)
		}
		online := true
		for _, l := range u.links {
			online = online && l.welcomed
		}
		u.again = online
		switch {
		case online && u.anyGone(): // it may not know, and hear it later
			u.expect = append(u.expect, expected{maybe: true}, expected{maybe: true})
		case online:
			u.online = true
			u.late, u.blind = u.blind, false
			u.expect = append(u.expect, expected{hidden: true})
		}
	case exchange.Delivery:
		t := u.talk(m.Sid)
		t.heads[at] = max(t.heads[at], m.Head+1, m.Index+1)
		if u.got[m.Sid] == nil {
			u.got[m.Sid] = make([]map[uint64]exchange.Delivery, len(u.links))
		}
		if u.got[m.Sid][at] == nil {
			u.got[m.Sid][at] = map[uint64]exchange.Delivery{}
		}
		u.got[m.Sid][at][m.Index] = m
		for p.advance(i, u, m.Sid, t) {
		}
	case exchange.Handouts:
		p.handedOut(u, at, m)
	case exchange.Fetched:
		p.answered(u, at, m)
	case exchange.FetchFailed:
		u.expect = append(u.expect, expected{maybe: true})
	case exchange.Refused:
		p.refused(u, m)
		u.expect = append(u.expect, expected{maybe: true})
	}
}

func (u *person) talk(sid suite.Hash) *talk {
	if u.talks[sid] == nil {
		u.talks[sid] = &talk{heads: make([]uint64, len(u.links))}
	}
	return u.talks[sid]
}

// owe expects a message to a provider.
func (u *person) owe(at int, m exchange.Message) {
	if l := &u.links[at]; l.welcomed && !l.gone {
		l.owed = append(l.owed, exchange.Encode(m))
	}
}

func (u *person) oweAll(m exchange.Message) {
	for i := range u.links {
		u.owe(i, m)
	}
}

// meets is the first sight of a key.
func (p *people) meets(u *person, id identity.ID) {
	if id != u.id && !u.known[id] {
		u.known[id] = true
		u.expect = append(u.expect, expected{hidden: true})
	}
}

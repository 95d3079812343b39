package explore

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// person is a participant in one of its states: a machine over a store, both never
// changed, and what the explorer needs to know of them. A step is made on a copy.
type person struct {
	user    int
	machine *cowpi.Participant
	store   *overlay
	seed    suite.Seed // the coins of its next step: they follow from what is stored
	events  []cowpi.Event
	view    int32 // interned
	in      bool
	next    uint64
	digest  suite.Hash
	roster  *conversation.Roster
	waiting []bool // by provider: its delivery of index next waits for those of others
	later   []bool // by provider: a delivery of a later index waits
	wake    bool   // it asked for a Tick
	spent   spent
}

// server is an honest provider in one of its states.
type server struct {
	position int
	machine  *provider.Provider
	store    *overlay
	said     [][]int32 // by user: deliveries so far, as numbers of inputs
	entries  []digest  // the data blocks of what it delivered
	log      uint64    // mirror: the last message of the router's log; router: the last of a mirror's
	proposal *proposal
	refused  int // entries of proposals, by corrupt mirrors
}

// proposal is what is in flight between router and mirrors.
type proposal struct {
	number, first uint64
	count         int
}

// stored is the digest of what a node has stored, without what two orders of the
// same things leave different and nothing depends on: the counters of steps and
// events (coins do not depend on them here), and the numbers of the log between
// providers (the adversary at its other end knows where it stands).
func stored(o *overlay, person bool) digest {
	parts := make([][]byte, 0, 2*len(o.changed))
	for _, r := range o.changed {
		k, v := r.Key, r.Value
		switch {
		case person && k[0] == 'M':
			v = v[17:] // version, steps, events
		case !person && k[0] == 'L':
			continue
		case !person && k[0] == 'w' && v != nil:
			v = v[9:] // version, number of the proposal
		}
		if v == nil {
			v = []byte("deleted")
		}
		parts = append(parts, k, v)
	}
	return digestOf(parts...)
}

// addPerson reads what the explorer needs to know of a machine, and gives the number
// of the state that it is in. Whoever is out for good makes no further step: nothing
// of it counts but what it was shown, and no machine is kept.
func (e *engine) addPerson(p *person, v View) (int32, error) {
	sid := e.world.sid
	h, in, err := p.machine.Head(p.store, sid)
	if err != nil {
		return 0, err
	}
	if p.in = in; in {
		p.next, p.digest = h.Next, h.Digest
		if p.roster, _, err = p.machine.Roster(p.store, sid); err != nil {
			return 0, err
		}
	} else {
		p.next, p.roster = 0, nil
		if list := p.machine.UnsafeWaiting(sid); e.returns() && len(list[e.b.Honest]) > 0 {
			p.next = list[e.b.Honest][0] // outside, any index may come next
		}
	}
	v = v.at(in, Head{h.Next, h.Digest})
	vd := v.digest()
	p.view = e.views.id(vd, func() *View { return &v })
	parts := [][]byte{{'P', byte(p.user), flag(p.wake)}, p.spent.bytes(), vd[:]}
	if !in && !e.returns() {
		p.machine, p.store, p.events = nil, nil, nil
		return e.people.id(digestOf(parts...), func() *person { return p }), nil
	}
	p.waiting, p.later = make([]bool, e.world.set.Len()), make([]bool, e.world.set.Len())
	for i, list := range p.machine.UnsafeWaiting(sid) {
		for _, at := range list {
			p.waiting[i] = p.waiting[i] || at == p.next
			p.later[i] = p.later[i] || at > p.next
		}
	}
	s := stored(p.store, true)
	p.seed = seedOf(s)
	volatile, err := p.machine.UnsafeVolatile(p.store)
	if err != nil {
		return 0, err
	}
	d := digestOf(append(parts, s[:], volatile)...)
	id := e.people.id(d, func() *person { return p })
	if e.b.merged != nil && e.people.at(id) != p {
		e.b.merged(id, p, nil)
	}
	return id, nil
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// addServer is the same for a provider.
func (e *engine) addServer(s *server) int32 {
	st := stored(s.store, false)
	d := digestOf([]byte{'S', byte(s.position), byte(s.refused)}, st[:], s.machine.UnsafeVolatile())
	id := e.servers.id(d, func() *server { return s })
	if e.b.merged != nil && e.servers.at(id) != s {
		e.b.merged(id, nil, s)
	}
	return id
}

// text is what a participant writes as its i-th text, from 0.
func (e *engine) text(user, i int) string { return fmt.Sprintf("%s %d", e.world.users[user].ID, i+1) }

// textOf is the text of a move that hands one over.
func (e *engine) textOf(p *person, m move) string {
	return e.text(p.user, p.spent.texts) + e.deeds[m.extra]
}

// returns says whether somebody who is out may be brought back.
func (e *engine) returns() bool { return e.b.Restarts > 0 }

// fromUser, with a user's number, is to whom a message for the honest provider is.
const fromUser = 16

// input is a message for a node, and what it is for people.
type input struct {
	payload []byte
	data    digest // of a delivery: the data block
	name    string
}

func (e *engine) input(to int, payload []byte) int32 {
	return e.inputs.id(digestOf([]byte{byte(to)}, payload), func() input {
		in := input{payload: payload}
		m, err := exchange.Parse(cheap, payload)
		if err != nil {
			in.name = err.Error()
			return in
		}
		switch m := m.(type) {
		case exchange.Delivery:
			in.data = digestOf(m.Data)
			in.name = fmt.Sprintf("index %d, %s", m.Index, e.nameOf(m.Data))
		case exchange.Refused:
			in.name = fmt.Sprintf("refusal of seq %d: %s", m.Seq, m.Reason)
		case exchange.Upload:
			in.data = digestOf(m.Data)
			in.name = e.nameOf(m.Data)
		default:
			in.name = fmt.Sprintf("%T", m)
		}
		return in
	})
}

// upload is one that somebody made, with the authentication that came with it.
type upload struct {
	exchange.Upload
	author int
	data   digest
	block  *conversation.DataBlock
	name   string
}

func (e *engine) upload(author int, u exchange.Upload) int32 {
	return e.uploads.id(digestOf(exchange.Encode(u)), func() upload {
		b, _ := conversation.Parse(cheap, u.Data)
		return upload{u, author, digestOf(u.Data), b, e.nameOf(u.Data)}
	})
}

// nameOf tells a data block for people.
func (e *engine) nameOf(data []byte) string {
	b, err := conversation.Parse(cheap, data)
	if err != nil {
		return err.Error()
	}
	who := string(b.AuthorID)
	if b.Type == conversation.MSG || b.Type == conversation.RCPT {
		who = fmt.Sprintf("participant %d of epoch %d", b.Author+1, b.Epoch)
	}
	return fmt.Sprintf("%s with seq %d of %s, who knew index %d", b.Type, b.Seq, who, b.K)
}

package provider

import (
	"bytes"
	"slices"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// person is a user that speaks to every provider.
type person struct {
	n      *net
	self   identity.Self
	dials  []channel.Dialling
	conns  []channel.Conn
	ids    []ConnID // at the providers; 0: not connected
	up     []bool
	got    [][]exchange.Message // by provider
	random uint64
	batch  uint32
	auto   bool                // acknowledge what every provider has delivered
	seen   map[entryKey]uint32 // by which providers, as bits

	batches []exchange.Prekeys // what to say again when connected again
	fetches []exchange.Fetch
	uploads []exchange.Upload
	stay    bool // connect again when a connection is lost
}

// join registers a user with every provider and connects it.
func (n *net) join(id string) *person {
	k := len(n.nodes)
	p := &person{n: n, self: self(id), dials: make([]channel.Dialling, k), conns: make([]channel.Conn, k),
		ids: make([]ConnID, k), up: make([]bool, k), got: make([][]exchange.Message, k), seen: map[entryKey]uint32{}, stay: true}
	n.users[p.self.ID] = p
	for i := range n.nodes {
		n.step(i, Register{User: p.self.Party()})
	}
	p.connect()
	n.run()
	return p
}

func (p *person) connect() {
	for i := range p.ids {
		if p.ids[i] == 0 {
			p.dial(i)
		}
	}
}

func (p *person) coins() suite.Coins {
	p.random++
	return suite.NewCoins(def, suite.Seed{1}, p.self.Secret, p.random)
}

func (p *person) dial(i int) {
	n := p.n
	d, msg1, err := channel.Dial(def, p.self, channel.RoleUser, n.set.At(i), p.coins())
	require.NoError(n.t, err)
	id := n.nextConn()
	p.dials[i], p.ids[i], p.up[i] = d, id, false
	n.nodes[i].conns[id] = &wireEnd{user: p, node: i}
	n.step(i, Opened{id})
	n.queue = append(n.queue, packetTo{to: i, conn: id, data: msg1})
}

// lost: a connection is gone.
func (p *person) lost(i int) {
	p.ids[i] = 0
	if p.stay {
		p.dial(i)
	}
}

// leave closes all connections.
func (p *person) leave() {
	p.stay = false
	for i, id := range p.ids {
		if id != 0 {
			p.ids[i] = 0
			delete(p.n.nodes[i].conns, id)
			p.n.step(i, Closed{id})
		}
	}
}

func (p *person) receive(i int, data []byte) {
	t := p.n.t
	if p.ids[i] == 0 {
		return
	}
	if !p.up[i] {
		c, msgs, err := p.dials[i].Finish(data, p.coins())
		if err != nil {
			return // of a connection that is gone
		}
		p.conns[i], p.up[i] = c, true
		for _, m := range msgs {
			p.n.queue = append(p.n.queue, packetTo{to: i, conn: p.ids[i], data: m})
		}
		return
	}
	c, o, err := p.conns[i].Open(data, p.coins())
	if err != nil {
		return // of a connection that is gone
	}
	p.conns[i] = c
	for _, m := range o.Replies {
		p.n.queue = append(p.n.queue, packetTo{to: i, conn: p.ids[i], data: m})
	}
	if !o.HasData {
		return
	}
	m, err := exchange.Parse(def, o.Data)
	require.NoError(t, err)
	p.got[i] = append(p.got[i], m)
	p.again(i, m)
	if p.auto {
		switch m := m.(type) {
		case exchange.Delivery:
			p.process(i, entryKey{m.Sid, m.Index})
		case exchange.Handouts:
			p.send(i, exchange.HandoutAck{Position: m.First + uint64(len(m.List)) - 1})
		}
	}
	if c.NeedsRenewal() {
		c, f, err := p.conns[i].Renew(p.coins())
		require.NoError(t, err)
		p.conns[i] = c
		p.n.queue = append(p.n.queue, packetTo{to: i, conn: p.ids[i], data: f})
	}
}

// process acknowledges an index once every provider has delivered it, and again
// whenever it comes again.
func (p *person) process(i int, at entryKey) {
	full := uint32(1)<<len(p.ids) - 1
	was := p.seen[at]
	p.seen[at] |= 1 << i
	for k := range p.ids {
		if p.seen[at] == full && (was != full || k == i) && p.ready(k) {
			p.send(k, exchange.Ack{Sid: at.sid, Index: at.index})
		}
	}
}

// send says something to one provider.
func (p *person) send(i int, m exchange.Message) {
	require.NotZero(p.n.t, p.ids[i], "%q is not connected to %d", p.self.ID, i)
	c, f, err := p.conns[i].Seal(exchange.Encode(m))
	require.NoError(p.n.t, err)
	p.conns[i] = c
	p.n.queue = append(p.n.queue, packetTo{to: i, conn: p.ids[i], data: f})
}

// tell says something to every provider, and lets the network come to rest.
func (p *person) tell(m exchange.Message) {
	for i := range p.ids {
		if p.ready(i) {
			p.send(i, m)
		}
	}
	p.n.run()
}

func (p *person) ready(i int) bool { return p.ids[i] != 0 && p.up[i] && p.conns[i].Confirmed() }

// submit uploads, and again after each reconnection, until it comes back or is refused.
func (p *person) submit(u exchange.Upload) {
	p.uploads = append(p.uploads, u)
	if p.ready(0) {
		p.send(0, u)
	}
}

// again is what clients do on what comes from provider i: after a Welcome they say
// again what is open; what is answered is not open any more.
func (p *person) again(i int, m exchange.Message) {
	switch m := m.(type) {
	case exchange.Welcome:
		for _, b := range p.batches {
			if b.Batch > m.Batch {
				p.send(i, b)
			}
		}
		for _, f := range p.fetches {
			p.send(i, f)
		}
		p.resubmit()
	case exchange.Refused:
		if m.Reason == exchange.ReasonAuthExpired {
			p.resubmit()
		} else {
			p.uploads = slices.DeleteFunc(p.uploads, func(u exchange.Upload) bool { return u.ID(def) == m.Upload })
		}
	case exchange.Delivery:
		p.uploads = slices.DeleteFunc(p.uploads, func(u exchange.Upload) bool { return bytes.Equal(u.Data, m.Data) })
	}
}

// resubmit uploads again, once every connection is up, with keys of these.
func (p *person) resubmit() {
	for i := range p.ids {
		if !p.ready(i) {
			return
		}
	}
	for k := range p.uploads {
		d, err := conversation.Parse(def, p.uploads[k].Data)
		require.NoError(p.n.t, err)
		p.auths(&p.uploads[k], d.Sid)
		p.send(0, p.uploads[k])
	}
}

// all lists the messages of one kind from one provider.
func all[T exchange.Message](p *person, i int) (out []T) {
	for _, m := range p.got[i] {
		if x, ok := m.(T); ok {
			out = append(out, x)
		}
	}
	return out
}

// last is the last message of one kind from a provider.
func last[T exchange.Message](p *person, i int) T {
	list := all[T](p, i)
	require.NotEmpty(p.n.t, list, "%q got none from %d", p.self.ID, i)
	return list[len(list)-1]
}

func (p *person) forget() {
	for i := range p.got {
		p.got[i] = nil
	}
}

package provider

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

var def = suite.Default

// node is a provider with its store and its connections.
type node struct {
	p      *Provider
	store  *store.Memory
	conns  map[ConnID]*wireEnd
	wake   uint64
	events []Event
	faults []error
}

// wireEnd is the far end of a connection of a node: a user or another node.
type wireEnd struct {
	user *person
	node int
	conn ConnID // at that node
}

// packetTo is one message on its way.
type packetTo struct {
	to   int     // node, or -1
	user *person // or a user
	conn ConnID
	data []byte
	from int // node a user's message comes from
}

// net is a network of providers and users, in order and without loss.
type net struct {
	t       require.TestingT
	set     identity.Providers
	selves  []identity.Self
	nodes   []*node
	users   map[identity.ID]*person
	queue   []packetTo
	now     uint64
	seed    uint64
	conn    ConnID
	limits  Limits
	crash   func(at int) bool // true: the node dies after this commit, before its effects
	timing  func(time.Duration)
	stepper func(nd *node, in Input, seed suite.Seed) (Output, error)
	offline map[int]bool // nodes that cannot be connected to
}

func self(id string) identity.Self {
	s, err := identity.NewSelf(def, identity.ID(id), def.Hash("test key", []byte(id)))
	if err != nil {
		panic(err)
	}
	return s
}

func newNet(t require.TestingT, mirrors int, limits Limits) *net {
	n := &net{t: t, users: map[identity.ID]*person{}, now: 1_000_000, limits: limits, offline: map[int]bool{}}
	var parties []identity.Party
	for i := range mirrors + 1 {
		s := self(fmt.Sprintf("provider %d", i))
		n.selves = append(n.selves, s)
		parties = append(parties, s.Party())
	}
	var err error
	n.set, err = identity.UnsafeProviders(def, parties...)
	require.NoError(t, err)
	for i := range n.selves {
		n.nodes = append(n.nodes, &node{store: &store.Memory{}})
		n.start(i)
	}
	n.run()
	return n
}

// start makes the provider of a node anew over its store.
func (n *net) start(i int) {
	cfg := Config{Suite: def, Self: n.selves[i], Providers: n.set, Limits: n.limits}
	make := NewMirror
	if i == 0 {
		make = NewRouter
	}
	p, err := make(cfg)
	require.NoError(n.t, err)
	n.nodes[i].p = p
	n.nodes[i].conns = map[ConnID]*wireEnd{}
	n.nodes[i].wake = 0
	n.step(i, Tick{})
}

// restart is a crash: everything that is not in the store is lost, connections too.
func (n *net) restart(i int) {
	nd := n.nodes[i]
	ends := nd.conns
	n.queue = slices.DeleteFunc(n.queue, func(q packetTo) bool { return q.to == i || q.user != nil && q.from == i })
	n.start(i)
	for _, id := range sortedConns(ends) {
		n.hangUp(ends[id])
	}
}

func sortedConns(m map[ConnID]*wireEnd) (out []ConnID) {
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// hangUp tells the far end that a connection is gone.
func (n *net) hangUp(end *wireEnd) {
	if end.user != nil {
		end.user.lost(end.node)
		return
	}
	far := n.nodes[end.node]
	if _, ok := far.conns[end.conn]; ok {
		delete(far.conns, end.conn)
		n.step(end.node, Closed{end.conn})
	}
}

func (n *net) nextConn() ConnID { n.conn++; return n.conn }

func (n *net) nextSeed() (s suite.Seed) {
	n.seed++
	binary.BigEndian.PutUint64(s[:], n.seed)
	return s
}

// step performs one step of a node and its effects.
func (n *net) step(i int, in Input) {
	nd := n.nodes[i]
	stepper := n.stepper
	if stepper == nil {
		stepper = func(nd *node, in Input, seed suite.Seed) (Output, error) { return nd.p.Step(nd.store, in, seed, n.now) }
	}
	start := time.Now()
	out, err := stepper(nd, in, n.nextSeed())
	if n.timing != nil {
		n.timing(time.Since(start))
	}
	require.NoError(n.t, err, "node %d: %T", i, in)
	nd.store.Commit(out.Records)
	nd.events = append(nd.events, out.Events...)
	for _, e := range out.Events {
		if f, ok := e.(Fault); ok {
			nd.faults = append(nd.faults, f.Err)
		}
	}
	if n.crash != nil && n.crash(i) {
		n.restart(i)
		return
	}
	for _, e := range out.Effects {
		n.perform(i, e)
	}
}

func (n *net) perform(i int, e Effect) {
	nd := n.nodes[i]
	switch e := e.(type) {
	case Send:
		end, ok := nd.conns[e.Conn]
		if !ok {
			return
		}
		if end.user != nil {
			n.queue = append(n.queue, packetTo{to: -1, user: end.user, from: i, data: e.Bytes})
		} else {
			n.queue = append(n.queue, packetTo{to: end.node, conn: end.conn, data: e.Bytes})
		}
	case Close:
		if end, ok := nd.conns[e.Conn]; ok {
			delete(nd.conns, e.Conn)
			n.hangUp(end)
		}
	case Dial:
		n.queue = append(n.queue, packetTo{to: 0, conn: 0, data: []byte{byte(e.Mirror)}})
	case WakeAt:
		nd.wake = e.Time
	}
}

// deliver hands over one message.
func (n *net) deliver(q packetTo) {
	switch {
	case q.user != nil:
		q.user.receive(q.from, q.data)
	case q.conn == 0:
		n.link(int(q.data[0]))
	default:
		if _, ok := n.nodes[q.to].conns[q.conn]; ok {
			n.step(q.to, Received{q.conn, q.data})
		}
	}
}

// link connects the router with a mirror that it dialled.
func (n *net) link(mirror int) {
	if n.offline[mirror] || n.offline[0] {
		n.step(0, LinkDown{mirror})
		return
	}
	here, there := n.nextConn(), n.nextConn()
	n.nodes[0].conns[here] = &wireEnd{node: mirror, conn: there}
	n.nodes[mirror].conns[there] = &wireEnd{node: 0, conn: here}
	n.step(mirror, Opened{there})
	n.step(0, LinkUp{mirror, here})
}

// run delivers until nothing is left, then lets a little time pass for redials.
func (n *net) run() {
	for range 200_000 {
		if len(n.queue) > 0 {
			q := n.queue[0]
			n.queue = n.queue[1:]
			n.deliver(q)
			continue
		}
		if n.linked() {
			return
		}
		n.wait(1000)
	}
	require.FailNow(n.t, "the network does not come to rest")
}

func (n *net) linked() bool {
	for i := 1; i < len(n.nodes); i++ {
		if n.offline[i] || n.offline[0] {
			continue
		}
		if n.nodes[0].p == nil || n.nodes[i].p == nil {
			continue
		}
		if l := n.nodes[0].p.mem.plain.links[i]; l.phase == linkHeard && len(n.offline) > 0 {
			continue // the router waits for the others
		} else if l.phase != linkMet && len(n.nodes[0].faults)+len(n.nodes[i].faults) == 0 {
			return false
		}
	}
	return true
}

// wait lets time pass.
func (n *net) wait(ms uint64) {
	n.now += ms
	for i, nd := range n.nodes {
		if nd.wake != 0 && nd.wake <= n.now {
			nd.wake = 0
			n.step(i, Tick{})
		}
	}
}

// person is a user that speaks to every provider.
type person struct {
	n      *net
	self   identity.Self
	dials  []channel.Dialling
	conns  []channel.Conn
	ids    []ConnID // at the providers; 0: not connected
	up     []bool
	got    [][]exchange.Message // by provider
	seqs   map[suite.Hash]uint64
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
		ids: make([]ConnID, k), up: make([]bool, k), got: make([][]exchange.Message, k), seqs: map[suite.Hash]uint64{}, seen: map[entryKey]uint32{}, stay: true}
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

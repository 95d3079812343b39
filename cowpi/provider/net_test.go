package provider

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

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
	t        require.TestingT
	set      identity.Providers
	selves   []identity.Self
	nodes    []*node
	users    map[identity.ID]*person
	queue    []packetTo
	now      uint64
	seed     uint64
	conn     ConnID
	limits   Limits
	crash    func(at int) bool // true: the node dies after this commit, before its effects
	timing   func(time.Duration)
	stepper  func(nd *node, in Input, seed suite.Seed) (Output, error)
	uploaded func(exchange.Upload) // told of every upload that a person makes
	offline  map[int]bool          // nodes that cannot be connected to
	lying    map[int]suite.Suite   // nodes that do not keep to the default one
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

func (n *net) suite(i int) suite.Suite {
	if s := n.lying[i]; s != nil {
		return s
	}
	return def
}

// start makes the provider of a node anew over its store.
func (n *net) start(i int) {
	cfg := Config{Suite: n.suite(i), Self: n.selves[i], Providers: n.set, Limits: n.limits}
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

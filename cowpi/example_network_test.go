package cowpi_test

import (
	"crypto/rand"
	"fmt"
	"time"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Alice and Bob, a router and a mirror, all in one process. What phone does is
// all that an application must do; the cloud stands for sockets and servers.
func Example() {
	c := newCloud("router", "mirror")
	alice, bob := c.join("alice"), c.join("bob")
	check(alice.do(cowpi.Create{With: []identity.ID{"bob"}}))
	c.run()
	check(alice.do(cowpi.Send{Sid: alice.sid, Text: []byte("Are you going to the protests?")}))
	check(alice.do(cowpi.Send{Sid: alice.sid, Text: []byte("Have you had lunch yet?")}))
	c.run()
	check(bob.do(cowpi.Send{Sid: bob.sid, Text: []byte("No... Yes.")}))
	c.run()

	hers, _, err := alice.machine.Code(&alice.store, alice.sid)
	check(err)
	his, _, err := bob.machine.Code(&bob.store, bob.sid)
	check(err)
	fmt.Println("equal codes:", hers == his)
	// Each text is shown twice: on Alice's phone and on Bob's.

	// Output:
	// alice: Are you going to the protests?
	// alice: Are you going to the protests?
	// alice: Have you had lunch yet?
	// alice: Have you had lunch yet?
	// bob: No... Yes.
	// bob: No... Yes.
	// equal codes: true
}

// network is what a phone needs of its operating system.
type network interface {
	send(provider int, message []byte) // whole and in order, or the link breaks
	hangUp(provider int)
	wakeAt(t cowpi.Time)
}

// cloud is a provider set with its wires. They never break, and nobody waits for
// a clock here, so that closing and waking are left out.
type cloud struct {
	set   identity.Providers
	nodes []*provider.Provider
	disks []store.Memory
	far   map[provider.ConnID]func([]byte) // what is at the far end of a connection
	queue []func()
	users map[identity.ID]identity.Party // as they are registered
}

// party is what Alice and Bob know of each other when they meet.
func (c *cloud) party(id identity.ID) identity.Party { return c.users[id] }

func newCloud(ids ...identity.ID) *cloud {
	c := &cloud{disks: make([]store.Memory, len(ids)), far: map[provider.ConnID]func([]byte){},
		users: map[identity.ID]identity.Party{}}
	var selves []identity.Self
	var parties []identity.Party
	for _, id := range ids {
		selves = append(selves, newSelf(id))
		parties = append(parties, selves[len(selves)-1].Party())
	}
	var err error
	c.set, err = identity.NewProviders(suite.Default, parties...)
	check(err)
	for i, self := range selves {
		start := provider.NewMirror
		if i == 0 {
			start = provider.NewRouter
		}
		node, err := start(provider.Config{Suite: suite.Default, Self: self, Providers: c.set})
		check(err)
		c.nodes = append(c.nodes, node)
		c.step(i, provider.Tick{})
	}
	c.run()
	return c
}

func newSelf(id identity.ID) identity.Self {
	var random [32]byte
	rand.Read(random[:])
	self, err := identity.NewSelf(suite.Default, id, random)
	check(err)
	return self
}

// step is for a provider what do is for a phone.
func (c *cloud) step(i int, in provider.Input) {
	var seed suite.Seed
	rand.Read(seed[:])
	out, err := c.nodes[i].Step(&c.disks[i], in, seed, uint64(time.Now().UnixMilli()))
	check(err)
	c.disks[i].Commit(out.Records)
	for _, effect := range out.Effects {
		switch e := effect.(type) {
		case provider.Send:
			c.queue = append(c.queue, func() { c.far[e.Conn](e.Bytes) })
		case provider.Dial:
			c.queue = append(c.queue, func() { c.link(e.Mirror) })
		}
	}
}

// connect gives provider i a connection, whose far end takes what it sends.
func (c *cloud) connect(i int, far func([]byte)) (send func([]byte), conn provider.ConnID) {
	conn = provider.ConnID(len(c.far) + 1)
	c.far[conn] = far
	return func(b []byte) { c.step(i, provider.Received{Conn: conn, Bytes: b}) }, conn
}

// link connects the router with a mirror.
func (c *cloud) link(mirror int) {
	var toRouter func([]byte)
	toMirror, there := c.connect(mirror, func(b []byte) { toRouter(b) })
	toRouter, here := c.connect(0, toMirror)
	c.step(mirror, provider.Opened{Conn: there})
	c.step(0, provider.LinkUp{Mirror: mirror, Conn: here})
}

// wires are the links of one phone.
type wires struct {
	cloud *cloud
	to    []func([]byte)
}

func (w *wires) send(provider int, message []byte) {
	w.cloud.queue = append(w.cloud.queue, func() { w.to[provider](message) })
}
func (w *wires) hangUp(int)        {}
func (w *wires) wakeAt(cowpi.Time) {}

// join registers a new user with every provider, which happens out of band, and
// connects its phone.
func (c *cloud) join(id identity.ID) *phone {
	self, w := newSelf(id), &wires{cloud: c}
	p, err := newPhone(self, c.set, w)
	check(err)
	c.users[id] = self.Party()
	for i := range c.nodes {
		c.step(i, provider.Register{User: self.Party()})
		to, conn := c.connect(i, func(b []byte) { check(p.do(cowpi.Received{Provider: i, Bytes: b})) })
		w.to = append(w.to, to)
		c.step(i, provider.Opened{Conn: conn})
		check(p.do(cowpi.LinkUp{Provider: i}))
	}
	c.run()
	return p
}

// run delivers until nothing is on its way.
func (c *cloud) run() {
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		next()
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

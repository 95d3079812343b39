// Package cowpitest is a test network: any number of users, providers and
// conversations in one process, with a seeded scheduler that decides which
// message goes next, when links break, and where nodes crash. The machines in it
// are the real ones; nothing is simulated but the wires, the clock and the disk.
//
// Everything follows from the seed. A Net is not safe for concurrent use.
package cowpitest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Suite is the suite that the network was asked for.
func (n *Net) Suite() suite.Suite { return n.opt.Suite }

// Options describe a network. Zero values are sensible.
type Options struct {
	Seed      uint64
	Suite     suite.Suite // nil: suite.Default
	Providers int         // 0: router and two mirrors; 1: a router alone, which only tests may have
	Users     []string
	Policy    cowpi.Policy    // for every user
	Limits    provider.Limits // for every provider
	// Tap sees every message on every wire, and every step; it may be nil.
	Tap Tap
	// Coins is where all randomness of nodes comes from; zeros: from Seed, which then
	// is all that a network depends on. A forger's must not be guessed.
	Coins [32]byte
	// Self gives a user or a provider its long-term key, from 32 random bytes; nil:
	// identity.NewSelf. A forger's are names of keys whose secrets it does not have.
	Self func(id identity.ID, random [32]byte) (identity.Self, error)
	// Stop, if not nil, is asked before each thing that happens; its error ends the
	// run at once.
	Stop func() error
}

// User is one user with its store, as an application would hold it.
type User struct {
	Self    identity.Self
	Store   *store.Memory
	Machine *cowpi.Participant
	Events  []cowpi.Event // committed with the records
	Offline bool          // the phone has no network
	Corrupt func(exchange.Upload) exchange.Upload
	Misdeeds
	Word   func(provider identity.ID, w channel.Word) // what it says and hears; may be nil
	Effort Effort
	wake   cowpi.Time
	few    int // how many providers it uses, the first of the set; 0: all
}

// Provider is a router or mirror with its store.
type Provider struct {
	Self    identity.Self
	Store   *store.Memory
	Machine *provider.Provider
	Events  []provider.Event
	Corrupt Tamper                                 // nil: honest
	Log     func(message []byte) [][]byte          // what it writes for other providers; nil: honest
	Hear    Ear                                    // nil: honest
	Word    func(peer identity.ID, w channel.Word) // what it says and hears; may be nil
	Effort  Effort
	wake    uint64
	index   int
	config  provider.Config
}

// Effort counts what a node spent.
type Effort struct {
	Steps    int
	Sent     int // bytes put on wires
	Received int
	Mults    int // scalar multiplications
}

// Net is a network.
type Net struct {
	Now       uint64 // the clock, in milliseconds
	Providers []*Provider
	Users     []*User
	Set       identity.Providers

	opt     Options
	suite   *counting
	rand    *rand.Rand
	coins   *rand.ChaCha8
	wires   []*wire
	joined  uint64 // wires that there ever were
	conns   provider.ConnID
	dials   map[int]bool // mirrors that the router wants to be connected to
	pause   map[string]bool
	clones  []*Provider // corrupt copies of the router
	routing map[identity.ID]*Provider
	plan    crashPlan
	failed  string // the node whose step failed last
	leaving bool   // a crash is under way that leaves what was sent on the wires
}

// Start is the time at which every network begins.
const Start = 1_700_000_000_000

// New builds a network, registers every user with every provider, and connects
// nobody yet: Settle or Run do.
func New(opt Options) (*Net, error) {
	if opt.Suite == nil {
		opt.Suite = suite.Default
	}
	if opt.Providers == 0 {
		opt.Providers = 3
	}
	if opt.Self == nil {
		opt.Self = func(id identity.ID, random [32]byte) (identity.Self, error) {
			return identity.NewSelf(opt.Suite, id, random)
		}
	}
	seed := opt.Coins
	if seed == ([32]byte{}) {
		binary.LittleEndian.PutUint64(seed[:], opt.Seed)
	}
	n := &Net{Now: Start, opt: opt, suite: &counting{Suite: opt.Suite},
		rand: rand.New(rand.NewPCG(opt.Seed, 1)), coins: rand.NewChaCha8(seed),
		dials: map[int]bool{}, pause: map[string]bool{}, routing: map[identity.ID]*Provider{}}
	var parties []identity.Party
	for i := range opt.Providers {
		name := "router"
		if i > 0 {
			name = fmt.Sprintf("mirror%d", i)
		}
		self, err := opt.Self(identity.ID(name), n.random())
		if err != nil {
			return nil, err
		}
		n.Providers = append(n.Providers, &Provider{Self: self, Store: &store.Memory{}, index: i})
		parties = append(parties, self.Party())
	}
	var err error
	if n.Set, err = identity.UnsafeProviders(opt.Suite, parties...); err != nil {
		return nil, err
	}
	if opt.Tap != nil {
		opt.Tap.Began(n)
	}
	for _, p := range n.Providers {
		p.config = provider.Config{Suite: n.suite, Self: p.Self, Providers: n.Set, Limits: opt.Limits,
			UnsafeTamper: p.tamper, UnsafeLog: p.write, UnsafeHear: p.hear, UnsafeWord: p.told}
		if err := n.startProvider(p); err != nil {
			return nil, err
		}
	}
	for _, name := range opt.Users {
		if _, err := n.AddUser(name); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// AddUser makes a user and registers it with every provider, out of band.
func (n *Net) AddUser(name string) (*User, error) {
	self, err := n.opt.Self(identity.ID(name), n.random())
	if err != nil {
		return nil, err
	}
	u := &User{Self: self, Store: &store.Memory{}}
	if err := n.startUser(u); err != nil {
		return nil, err
	}
	n.Users = append(n.Users, u)
	for _, p := range n.Providers {
		if err := n.stepProvider(p, provider.Register{User: self.Party()}); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (n *Net) random() (b [32]byte) {
	_, _ = n.coins.Read(b[:]) // never fails
	return b
}

// User returns a user by name, or nil.
func (n *Net) User(name string) *User {
	i := slices.IndexFunc(n.Users, func(u *User) bool { return string(u.Self.ID) == name })
	if i < 0 {
		return nil
	}
	return n.Users[i]
}

// startUser makes the machine of a user over its store, as after a crash.
func (n *Net) startUser(u *User) error {
	m, err := cowpi.New(n.configOf(u))
	u.Machine, u.wake = m, 0
	return err
}

func (n *Net) configOf(u *User) cowpi.Config {
	cfg := cowpi.Config{Suite: n.suite, Self: u.Self, Providers: n.setOf(u), Policy: n.opt.Policy}
	u.misbehave(&cfg)
	return cfg
}

func (n *Net) startProvider(p *Provider) error {
	var err error
	if p.index == 0 {
		p.Machine, err = provider.NewRouter(p.config)
	} else {
		p.Machine, err = provider.NewMirror(p.config)
	}
	if err != nil {
		return err
	}
	p.wake = 0
	return n.stepProvider(p, provider.Tick{})
}

// Do gives a user's machine an input of the application.
func (n *Net) Do(name string, in cowpi.Input) (cowpi.Output, error) {
	u := n.User(name)
	if u == nil {
		return cowpi.Output{}, fmt.Errorf("cowpitest: no user %q", name)
	}
	return n.stepUser(u, in)
}

// stepUser is one step of a user: commit records and events, then do the effects.
func (n *Net) stepUser(u *User, in cowpi.Input) (cowpi.Output, error) {
	before := n.suite.mults()
	seed := suite.Seed(n.random())
	out, err := guarded(n.suite, func() (cowpi.Output, error) {
		return u.Machine.Step(u.Store, in, seed, cowpi.Time(n.Now))
	})
	u.Effort.Steps++
	u.Effort.Mults += n.suite.mults() - before
	n.tapStep(string(u.Self.ID), in, out.Records, err)
	if err != nil {
		return out, err
	}
	return out, n.complete(string(u.Self.ID), u.Effort.Steps, aftermath{
		commit: func() { u.Store.Commit(out.Records) },
		events: func() {
			u.Events = append(u.Events, out.Events...)
			if n.opt.Tap != nil && len(out.Events) > 0 {
				n.opt.Tap.Committed(string(u.Self.ID), out.Events)
			}
		},
		effects: func() { n.userEffects(u, out.Effects) },
	})
}

func (n *Net) userEffects(u *User, effects []cowpi.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case cowpi.Transmit:
			if w := n.wire(string(u.Self.ID), n.providerFor(u, e.Provider)); w != nil {
				n.push(w, string(u.Self.ID), e.Bytes)
				u.Effort.Sent += len(e.Bytes)
			}
		case cowpi.Hangup:
			n.cut(n.wire(string(u.Self.ID), n.providerFor(u, e.Provider)), string(u.Self.ID))
		case cowpi.WakeAt:
			if u.wake == 0 || e.At < u.wake {
				u.wake = e.At
			}
		}
	}
}

// stepProvider is one step of a provider.
func (n *Net) stepProvider(p *Provider, in provider.Input) error {
	before := n.suite.mults()
	seed := suite.Seed(n.random())
	out, err := guarded(n.suite, func() (provider.Output, error) { return p.Machine.Step(p.Store, in, seed, n.Now) })
	p.Effort.Steps++
	p.Effort.Mults += n.suite.mults() - before
	n.tapStep(p.name(), in, out.Records, err)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name(), err)
	}
	return n.complete(p.name(), p.Effort.Steps, aftermath{
		commit:  func() { p.Store.Commit(out.Records) },
		events:  func() { p.Events = append(p.Events, out.Events...) },
		effects: func() { n.providerEffects(p, out.Effects) },
	})
}

func (n *Net) providerEffects(p *Provider, effects []provider.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case provider.Send:
			if w := n.wireOf(p, e.Conn); w != nil {
				n.push(w, p.name(), e.Bytes)
				p.Effort.Sent += len(e.Bytes)
			}
		case provider.Close:
			n.cut(n.wireOf(p, e.Conn), p.name())
		case provider.Dial:
			if p == n.Providers[0] {
				n.dials[e.Mirror] = true
			}
		case provider.WakeAt:
			p.wake = e.Time
		}
	}
}

func (p *Provider) name() string {
	if p.config.UnsafeAlone {
		return string(p.Self.ID) + "*" // a corrupt copy
	}
	return string(p.Self.ID)
}

// providerFor is who serves a user as provider i: a corrupt router may send some
// users to a copy of itself.
func (n *Net) providerFor(u *User, i int) string {
	if c := n.routing[u.Self.ID]; i == 0 && c != nil {
		return c.name()
	}
	return n.Providers[i].name()
}

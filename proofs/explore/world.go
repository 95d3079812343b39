package explore

import (
	"encoding/binary"
	"fmt"
	"math"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// now is the time at which everything happens: it does not pass, but for a Tick
// that a participant asked for.
const now = 1_700_000_000_000

// stock is how many prekeys everybody has, in one batch.
const stock = 12

// names of participants and providers.
var names = []identity.ID{"alice", "bob", "charlie", "dave", "erin"}

func providerName(i int) identity.ID {
	if i == 0 {
		return "router"
	}
	return identity.ID(fmt.Sprintf("mirror %d", i))
}

// world is where an exploration begins: everybody honest and connected, in one
// conversation in which all that was due has been said. It is made by the machines
// themselves, handshakes, prekeys and SETUP included.
type world struct {
	users, providers []identity.Self
	set              identity.Providers
	sid              suite.Hash
	people           []*cowpi.Participant
	servers          []*provider.Provider
	stores           []*store.Memory // of people, then of servers
	events           [][]cowpi.Event // of people
	logs             [][]uint64      // by sender and reader: messages of the log between providers
	todo             []func() error
	steps            uint64
}

// Connections are numbered by who is at the other end.
func userConn(user int) provider.ConnID       { return provider.ConnID(1 + user) }
func mirrorConn(position int) provider.ConnID { return provider.ConnID(100 + position) }

const routerConn provider.ConnID = 100

func (w *world) config(u int) cowpi.Config {
	return cowpi.Config{Suite: cheap, Self: w.users[u], Providers: w.set, Policy: cowpi.Policy{Stock: stock, Floor: 1}}
}

func (w *world) serverConfig(i int) provider.Config {
	return provider.Config{Suite: cheap, Self: w.providers[i], Providers: w.set, Limits: provider.Limits{LowStock: 1, Burst: math.MaxInt32}}
}

func newWorld(participants, providers int) (*world, error) {
	w := &world{}
	self := func(id identity.ID) (identity.Self, error) {
		var random [32]byte
		copy(random[:], id)
		return identity.NewSelf(cheap, id, random)
	}
	var parties []identity.Party
	for i := range providers {
		s, err := self(providerName(i))
		if err != nil {
			return nil, err
		}
		w.providers, parties = append(w.providers, s), append(parties, s.Party())
	}
	var err error
	if w.set, err = identity.UnsafeProviders(cheap, parties...); err != nil {
		return nil, err
	}
	for _, id := range names[:participants] {
		s, err := self(id)
		if err != nil {
			return nil, err
		}
		w.users = append(w.users, s)
		w.stores = append(w.stores, &store.Memory{})
	}
	w.events = make([][]cowpi.Event, participants)
	for i := range providers {
		w.logs = append(w.logs, make([]uint64, providers))
		w.stores = append(w.stores, &store.Memory{})
		create := provider.NewMirror
		if i == 0 {
			create = provider.NewRouter
		}
		m, err := create(w.serverConfig(i))
		if err != nil {
			return nil, err
		}
		w.servers = append(w.servers, m)
		w.serve(i, provider.Tick{})
		for _, u := range w.users {
			w.serve(i, provider.Register{User: u.Party()})
		}
	}
	for u := range w.users {
		m, err := cowpi.New(w.config(u))
		if err != nil {
			return nil, err
		}
		w.people = append(w.people, m)
		for i := range providers {
			w.serve(i, provider.Opened{Conn: userConn(u)})
			w.give(u, cowpi.LinkUp{Provider: i})
		}
	}
	if err := w.settle(); err != nil {
		return nil, err
	}
	var with []identity.ID
	for _, u := range w.users[1:] {
		with = append(with, u.ID)
	}
	w.give(0, cowpi.Create{With: with})
	if err := w.settle(); err != nil {
		return nil, err
	}
	for _, e := range w.events[0] {
		if c, ok := e.Body.(cowpi.Created); ok {
			w.sid = c.Sid
		}
	}
	for u, m := range w.people {
		if _, in, err := m.Head(w.stores[u], w.sid); err != nil || !in {
			return nil, fmt.Errorf("explore: %s did not get into the conversation: %w", w.users[u].ID, err)
		}
	}
	return w, nil
}

// settle lets everything happen, in the order in which it came up.
func (w *world) settle() error {
	for len(w.todo) > 0 {
		next := w.todo[0]
		w.todo = w.todo[1:]
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) seed() (s suite.Seed) {
	w.steps++
	binary.BigEndian.PutUint64(s[:], w.steps)
	return s
}

// give is a step of a participant, later.
func (w *world) give(u int, in cowpi.Input) {
	w.todo = append(w.todo, func() error {
		out, err := w.people[u].Step(w.stores[u], in, w.seed(), now)
		if err != nil {
			return err
		}
		w.stores[u].Commit(out.Records)
		w.events[u] = append(w.events[u], out.Events...)
		for _, e := range out.Effects {
			if t, ok := e.(cowpi.Transmit); ok {
				w.serve(t.Provider, provider.Received{Conn: userConn(u), Bytes: t.Bytes})
			}
		}
		return nil
	})
}

// serve is a step of a provider, later.
func (w *world) serve(i int, in provider.Input) {
	w.todo = append(w.todo, func() error {
		disk := w.stores[len(w.users)+i]
		out, err := w.servers[i].Step(disk, in, w.seed(), now)
		if err != nil {
			return err
		}
		disk.Commit(out.Records)
		for _, e := range out.Effects {
			switch e := e.(type) {
			case provider.Send:
				w.carry(i, e)
			case provider.Dial:
				w.serve(e.Mirror, provider.Opened{Conn: routerConn})
				w.serve(0, provider.LinkUp{Mirror: e.Mirror, Conn: mirrorConn(e.Mirror)})
			}
		}
		return nil
	})
}

func (w *world) carry(from int, e provider.Send) {
	to := int(e.Conn - routerConn)
	if e.Conn >= routerConn && len(e.Bytes) >= len(frame(nil)) {
		if p, err := provider.ParsePacket(cheap, payload(e.Bytes)); err == nil && p.Kind == provider.PacketData {
			w.logs[from][to] = p.Number
		}
	}
	switch {
	case e.Conn < routerConn:
		w.give(int(e.Conn)-1, cowpi.Received{Provider: from, Bytes: e.Bytes})
	case from == 0:
		w.serve(to, provider.Received{Conn: routerConn, Bytes: e.Bytes})
	default:
		w.serve(0, provider.Received{Conn: mirrorConn(from), Bytes: e.Bytes})
	}
}

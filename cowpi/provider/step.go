package provider

import (
	"errors"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// step is one step under way: everything it changes is staged, in the draft and
// in the tables of the memory, and thrown away together if it fails.
type step struct {
	*Provider
	d       *store.Draft
	plain   plain
	now     uint64
	coins   suite.Coins
	counter uint64
	drew    bool // coins were drawn
	fresh   bool // the store was empty
	out     Output
	entries map[entryKey]*loaded // of this step, by place
	settled []message            // router without mirrors: messages that are stable at once
}

// Step takes an input at a time, in ms. seed is fresh randomness. On an error,
// a *fault.Misuse, a *fault.Bug or one of the store, nothing has changed. What
// somebody else does wrong is no error: the connection is closed, and a Fault
// event says why.
func (p *Provider) Step(v store.View, in Input, seed suite.Seed, now uint64) (Output, error) {
	s, err := p.begin(v, seed, now)
	if err != nil {
		return Output{}, err
	}
	err = s.handle(in)
	var ev *fault.Evidence
	if r, ok := in.(Received); ok && errors.As(err, &ev) {
		who := s.blame(r.Conn)
		p.mem.rollback()
		if s, err = p.begin(v, seed, now); err != nil {
			return Output{}, err
		}
		s.event(Fault{fault.Blame(ev, who, "")})
		err = s.close(r.Conn)
	}
	if err == nil {
		err = s.end()
	}
	if err != nil {
		p.mem.rollback()
		return Output{}, err
	}
	s.out.Records = s.d.Records()
	p.mem.commit()
	p.mem.plain = s.plain
	return s.out, nil
}

func (p *Provider) begin(v store.View, seed suite.Seed, now uint64) (*step, error) {
	s := &step{Provider: p, d: store.NewDraft(v), plain: p.mem.plain.copied(), now: now, entries: map[entryKey]*loaded{}}
	raw, err := v.Get(key(tabCounter))
	if err != nil {
		return nil, err
	}
	if s.fresh = raw == nil; !s.fresh {
		r := reader("counter", raw)
		s.counter = r.U64("steps")
		if err := stored(r); err != nil {
			return nil, err
		}
	}
	s.coins = suite.NewCoins(p.cfg.Suite, seed, p.cfg.Self.Secret, s.counter)
	return s, nil
}

// handle dispatches an input.
func (s *step) handle(in Input) error {
	switch in := in.(type) {
	case Register:
		return s.register(in)
	case Opened:
		if _, known := s.mem.conns.get(in.Conn); known {
			return fault.Misusef("step", "connection %d is open already", in.Conn)
		}
		s.mem.conns.put(in.Conn, conn{phase: opened})
		return nil
	case LinkUp:
		return s.linkUp(in)
	case LinkDown:
		if !s.Router() || in.Mirror < 1 || in.Mirror > s.mirrors() {
			return fault.Misusef("step", "no mirror %d to dial", in.Mirror)
		}
		s.lostLink(in.Mirror)
		return nil
	case Received:
		return s.received(in.Conn, in.Bytes)
	case Closed:
		return s.forget(in.Conn)
	case Tick:
		return s.tick()
	case UnsafeSay:
		if conn, ok := s.mem.users.get(in.User); ok {
			return s.send(conn, exchange.Encode(in.Message))
		}
		return nil
	case UnsafeWrite:
		return s.writeAnything(in.Message)
	}
	return fault.Misusef("step", "no input")
}

// end does what each step ends with: deliveries that became possible, dialling,
// the next wake-up, the counter of coins.
func (s *step) end() error {
	if err := s.settle(); err != nil {
		return err
	}
	if s.Router() {
		s.dial()
		if err := s.wake(); err != nil {
			return err
		}
	}
	switch {
	case s.drew:
		s.saveCounter(s.counter + 1)
	case s.fresh:
		s.saveCounter(s.counter)
	}
	return nil
}

func (s *step) saveCounter(n uint64) { s.d.Put(key(tabCounter), record(8).U64(n).Bytes()) }

func (s *step) tick() error {
	s.plain.wake = 0 // what is still due is asked for again
	if s.Router() && s.plain.synced {
		return s.expire()
	}
	return nil
}

func (s *step) event(e Event)   { s.out.Events = append(s.out.Events, e) }
func (s *step) effect(e Effect) { s.out.Effects = append(s.out.Effects, e) }

// register is the operator's input.
func (s *step) register(in Register) error {
	if !in.User.ID.Valid() {
		return fault.Misusef("register", "id %q is not well formed", in.User.ID)
	}
	if err := s.cfg.Suite.CheckPoint(in.User.Key); err != nil {
		return fault.Misusef("register", "key of %q: %v", in.User.ID, err)
	}
	u, known, err := loadUser(s.d, in.User.ID)
	if err != nil || known && u.key == in.User.Key {
		return err
	}
	if known && !in.Replace {
		return fault.Misusef("register", "%q is registered with another key", in.User.ID)
	}
	s.d.Put(key(tabUser, in.User.ID.Field()), user{key: in.User.Key}.encode())
	s.d.Delete(key(tabRing, in.User.ID.Field()))
	if c, ok := s.mem.users.get(in.User.ID); ok {
		return s.close(c)
	}
	return nil
}

// received takes one message from a connection.
func (s *step) received(id ConnID, data []byte) error {
	c, ok := s.mem.conns.get(id)
	if !ok {
		return nil // it crossed our Close
	}
	switch c.phase {
	case opened:
		s.drew = true
		a, msg2, err := channel.Accept(s.cfg.Suite, s.cfg.Self, data, s.coins)
		if err != nil {
			return err
		}
		s.mem.conns.put(id, conn{phase: answering, answering: a})
		s.effect(Send{id, msg2})
		return nil
	case answering:
		ch, err := c.answering.Finish(data)
		if err != nil {
			return err
		}
		next := conn{phase: up, channel: ch}
		if err := s.admitPeer(&next, ch.Peer()); err != nil {
			return err
		}
		s.mem.conns.put(id, next)
		s.tellWord(next, ch.Begins(true))
		return nil
	case dialling:
		s.drew = true
		ch, msgs, err := c.dialling.Finish(data, s.coins)
		if err != nil {
			return err
		}
		s.mem.conns.put(id, conn{phase: up, channel: ch, mirror: c.mirror})
		s.tellWord(conn{mirror: c.mirror}, ch.Begins(true))
		for _, m := range msgs {
			s.effect(Send{id, m})
		}
		return nil
	}
	return s.frame(id, c, data)
}

// admitPeer says whether whoever claims to be at the other end may be there.
func (s *step) admitPeer(c *conn, peer channel.Peer) error {
	if peer.Role == channel.RoleRouter {
		if s.Router() || peer.Party != s.cfg.Providers.At(0) {
			return fault.Refute(fault.H4, "%q is not our router", peer.ID)
		}
		c.router = true
		return nil
	}
	u, ok, err := loadUser(s.d, peer.ID)
	if err != nil {
		return err
	}
	if !ok || u.key != peer.Key {
		return fault.Refute(fault.R1, "%q is not registered with this key", peer.ID)
	}
	c.user = peer.ID
	return nil
}

// frame takes a frame of a connection that is up.
func (s *step) frame(id ConnID, c conn, data []byte) error {
	ch, o, err := c.channel.Open(data, s.coins)
	if err != nil {
		return err
	}
	c.channel = ch
	s.drew = s.drew || len(o.Replies) > 0
	for _, r := range o.Replies {
		s.effect(Send{id, r})
	}
	if ch.NeedsRenewal() && len(o.Replies) == 0 {
		s.drew = true
		next, f, err := ch.Renew(s.coins)
		if err == nil { // else it is used up, and sealing says so
			c.channel = next
			s.effect(Send{id, f})
		}
	}
	s.mem.conns.put(id, c)
	if o.Confirmed {
		s.tellWord(c, ch.Begins(false))
	}
	if o.HasData {
		s.tellWord(c, channel.Word{Payload: o.Data})
	}
	if c.user == "" {
		return s.linkFrame(id, c, o)
	}
	if o.Confirmed || o.Renewed {
		if err := s.keepAK(c.user, ch); err != nil {
			return err
		}
	}
	if o.Confirmed {
		if err := s.welcome(id, c.user); err != nil {
			return err
		}
	}
	if !o.HasData {
		return nil
	}
	m, err := exchange.Parse(s.cfg.Suite, o.Data)
	if err != nil {
		return err
	}
	return s.fromUser(id, c.user, m)
}

// keepAK adds the authentication key of a connection to the user's ring.
func (s *step) keepAK(id identity.ID, ch channel.Conn) error {
	ring, err := loadRing(s.d, id)
	if err != nil {
		return err
	}
	if len(ring) == ringSize {
		ring = ring[1:]
	}
	ring = append(ring, authKey{ch.AuthKeyID(), ch.AK()})
	s.d.Put(key(tabRing, id.Field()), encodeRing(ring))
	return nil
}

// send seals a message on a connection.
func (s *step) send(id ConnID, payload []byte) error {
	c, ok := s.mem.conns.get(id)
	if !ok {
		return nil
	}
	ch, f, err := c.channel.Seal(payload)
	if errors.Is(err, channel.ErrExhausted) {
		return s.close(id) // the client did not renew the keys in time
	}
	if err != nil {
		return fault.Bugf("sealing %d bytes: %v", len(payload), err)
	}
	c.channel = ch
	s.mem.conns.put(id, c)
	s.tellWord(c, channel.Word{Said: true, Payload: payload})
	s.effect(Send{id, f})
	return nil
}

// tellWord tells a game what was said or heard on a connection.
func (s *step) tellWord(c conn, w channel.Word) {
	if s.cfg.UnsafeWord != nil {
		s.cfg.UnsafeWord(identity.ID(farEnd(s.cfg.Providers, c).ID), w)
	}
}

// toUser sends a message to a user, if connected.
func (s *step) toUser(id identity.ID, m exchange.Message) error {
	if c, ok := s.mem.users.get(id); ok {
		return s.tell(c, id, m)
	}
	return nil
}

// tell sends a message to a user on a connection. It is the one place where a
// corrupt provider says something else.
func (s *step) tell(at ConnID, to identity.ID, m exchange.Message) error {
	if s.cfg.UnsafeTamper == nil {
		return s.send(at, exchange.Encode(m))
	}
	for _, m := range s.cfg.UnsafeTamper(to, m) {
		if err := s.send(at, exchange.Encode(m)); err != nil {
			return err
		}
	}
	return nil
}

// close ends a connection.
func (s *step) close(id ConnID) error {
	if _, ok := s.mem.conns.get(id); ok {
		s.effect(Close{id})
	}
	return s.forget(id)
}

// forget drops what is known of a connection that is gone.
func (s *step) forget(id ConnID) error {
	c, ok := s.mem.conns.get(id)
	if !ok {
		return nil
	}
	s.mem.conns.del(id)
	switch {
	case c.mirror > 0:
		s.lostLink(c.mirror)
	case c.router:
		if s.plain.links[0].conn == id {
			s.plain.links[0] = linkState{}
		}
	case c.user != "":
		if now, ok := s.mem.users.get(c.user); ok && now == id {
			s.mem.users.del(c.user)
			return s.eachCursor(c.user, func(sid suite.Hash, _ []stretch) error {
				s.mem.pushed.del(pushKey{id, sid})
				return nil
			})
		}
	}
	return nil
}

// blame says who is at the other end of a connection.
func (s *step) blame(id ConnID) fault.Party {
	c, _ := s.mem.conns.get(id)
	return farEnd(s.cfg.Providers, c)
}

func farEnd(set identity.Providers, c conn) fault.Party {
	switch {
	case c.mirror > 0:
		return fault.Party{Role: fault.RoleProvider, ID: string(set.At(c.mirror).ID)}
	case c.router:
		return fault.Party{Role: fault.RoleProvider, ID: string(set.At(0).ID)}
	case c.user != "":
		return fault.Party{Role: fault.RoleUser, ID: string(c.user)}
	}
	return fault.Party{}
}

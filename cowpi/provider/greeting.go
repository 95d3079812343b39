package provider

import (
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/fault"
)

// linkPhase is how far router and mirror are with each other.
type linkPhase uint8

const (
	linkDown linkPhase = iota
	linkDialled
	linkGreeting // connecting; a mirror has said hello
	linkHeard    // router: it has heard the mirror's hello, and waits for those of the others
	linkCatching // router: it is behind, and has asked the mirror to help
	linkMet      // both have said hello, and the logs agree
)

// linkState is the volatile side of a link.
type linkState struct {
	phase linkPhase
	conn  ConnID
	retry uint64 // ms: not dialled before
	sent  uint64 // last message sent on this connection
}

// dial asks for connections to mirrors that have none.
func (s *step) dial() {
	for i := 1; i <= s.mirrors(); i++ {
		if l := &s.plain.links[i]; l.phase == linkDown && s.now >= l.retry {
			l.phase = linkDialled
			s.effect(Dial{i})
		}
	}
}

// lostLink notes that the connection to a mirror is gone.
func (s *step) lostLink(i int) {
	s.plain.links[i] = linkState{retry: s.now + s.cfg.Limits.Redial}
}

// linkUp starts the handshake with a mirror.
func (s *step) linkUp(in LinkUp) error {
	if !s.Router() || in.Mirror < 1 || in.Mirror > s.mirrors() {
		return fault.Misusef("step", "no mirror %d to dial", in.Mirror)
	}
	if _, known := s.mem.conns.get(in.Conn); known {
		return fault.Misusef("step", "connection %d is open already", in.Conn)
	}
	if old := s.plain.links[in.Mirror]; old.phase > linkDialled {
		if err := s.close(old.conn); err != nil {
			return err
		}
	}
	s.drew = true
	d, msg1, err := channel.Dial(s.cfg.Suite, s.cfg.Self, channel.RoleRouter, s.cfg.Providers.At(in.Mirror), s.coins)
	if err != nil {
		return err
	}
	s.plain.links[in.Mirror] = linkState{phase: linkGreeting, conn: in.Conn}
	s.mem.conns.put(in.Conn, conn{phase: dialling, dialling: d, mirror: in.Mirror})
	s.effect(Send{in.Conn, msg1})
	return nil
}

// linkFrame takes a frame between router and mirror.
func (s *step) linkFrame(id ConnID, c conn, o channel.Opened) error {
	if o.Confirmed && !s.Router() {
		if old := s.plain.links[0]; old.phase != linkDown {
			if err := s.close(old.conn); err != nil {
				return err
			}
		}
		s.plain.links[0] = linkState{phase: linkGreeting, conn: id}
		if err := s.sayHello(0); err != nil {
			return err
		}
	}
	if !o.HasData {
		return nil
	}
	p, err := parsePacket(o.Data)
	if err != nil {
		return err
	}
	l := &s.plain.links[c.mirror]
	switch {
	case p.kind == packetHello && l.phase == linkGreeting:
		return s.heardHello(c.mirror, p)
	case p.kind == packetData && l.phase == linkMet:
		return s.heardData(id, c.mirror, p)
	case p.kind == packetAck && l.phase == linkMet:
		return s.heardAck(c.mirror, p.number)
	case p.kind == packetResync && !s.Router() && l.phase == linkGreeting:
		return s.tellState(id, p.full)
	case (p.kind == packetSnapshot || p.kind == packetEnd) && l.phase == linkCatching:
		return s.heardState(c.mirror, p)
	}
	return fault.Refute(fault.M1, "packet %d comes at the wrong time", p.kind)
}

// peers are the first and last of those who read our log.
func (s *step) peers() (first, last int) {
	if s.Router() {
		return 1, s.mirrors()
	}
	return 0, 0
}

func (s *step) sayHello(peer int) error {
	st, err := outlog{s.d}.state()
	if err != nil {
		return err
	}
	n, h, err := inlog{s.d, peer}.at()
	if err != nil {
		return err
	}
	return s.send(s.plain.links[peer].conn, packet{kind: packetHello, first: st.first, last: st.last, number: n, digest: h}.encode())
}

// heardHello compares the logs: check M1. Either both go on from where they
// were, or a router that has just started finds that it has forgotten something
// (it was restored from a backup) and catches up, or something is wrong that we
// cannot mend: a mirror that forgot what it had acknowledged must not be told by
// the router alone what that was, so it is not served any more.
func (s *step) heardHello(peer int, p packet) error {
	if s.Router() && !s.plain.synced {
		s.plain.links[peer].phase = linkHeard
		s.plain.hellos = with(s.plain.hellos, peer, p)
		s.plain.heard |= 1 << peer
		return s.allHeard()
	}
	if err := s.compare(peer, p); err != nil {
		return err
	}
	if s.Router() {
		if err := s.sayHello(peer); err != nil {
			return err
		}
	}
	return s.met(peer, p.number)
}

// forgot says whether we do not know any more what a peer has of us.
func (s *step) forgot(peer int, p packet) (bool, error) {
	st, err := outlog{s.d}.state()
	if err != nil {
		return false, err
	}
	taken, _, err := inlog{s.d, peer}.at()
	return p.number > st.last || p.first-1 > taken, err
}

// compare is check M1 on a hello.
func (s *step) compare(peer int, p packet) error {
	st, err := outlog{s.d}.state()
	if err != nil {
		return err
	}
	taken, _, err := inlog{s.d, peer}.at()
	if err != nil {
		return err
	}
	if p.number > st.last || p.first-1 > taken {
		return fault.Refute(fault.M1, "messages that were sent are not known here any more")
	}
	if p.number < st.first-1 || p.last < taken {
		return fault.Refute(fault.M1, "messages that were acknowledged or sent are not known there any more")
	}
	h, err := outlog{s.d}.digestAt(st, p.number)
	if err != nil {
		return err
	}
	if h != p.digest {
		return fault.Refute(fault.M1, "the logs differ at message %d", p.number)
	}
	return nil
}

// met: the logs agree, messages flow. The peer has taken ours up to number.
func (s *step) met(peer int, number uint64) error {
	s.plain.links[peer].phase = linkMet
	s.plain.links[peer].sent = number
	s.event(Linked{max(peer, s.position)})
	return s.heardAck(peer, number)
}

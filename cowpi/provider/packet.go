package provider

import (
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// What router and mirror say on their connection.
const (
	packetHello    = 1 // where my log stands, and how far I took yours: first the mirror, then the router
	packetData     = 2 // a message of my log
	packetAck      = 3 // how far I took yours
	packetResync   = 4 // router: I am behind, begin your log anew, and (if full) tell me your state
	packetSnapshot = 5 // mirror: records
	packetEnd      = 6 // mirror: that was all, and my log begins anew after this message
)

// packet is one of them; which fields mean something depends on kind.
type packet struct {
	kind    byte
	first   uint64     // hello: the first message kept
	last    uint64     // hello: the last message written
	number  uint64     // hello, ack: the last taken; data: its number; end: the last written
	stable  uint64     // data: all mirrors have what is up to here
	digest  suite.Hash // hello, end: the digest at number
	full    bool       // resync
	message []byte     // data
	records []store.Record
}

// maxMessage bounds a message of a log.
const maxMessage = channel.MaxPayload - 32

func (p packet) encode() []byte {
	w := wire.NewWriter(64 + len(p.message)).U8(p.kind)
	switch p.kind {
	case packetHello:
		w.U64(p.first).U64(p.last).U64(p.number).Fixed(p.digest[:])
	case packetData:
		w.U64(p.number).U64(p.stable).Fixed(p.message)
	case packetAck:
		w.U64(p.number)
	case packetResync:
		w.Bool(p.full)
	case packetSnapshot:
		w.Count(len(p.records))
		for _, r := range p.records {
			w.Field(r.Key).Field(r.Value)
		}
	case packetEnd:
		w.U64(p.number).Fixed(p.digest[:])
	}
	return w.Bytes()
}

func parsePacket(data []byte) (packet, error) {
	r := wire.NewReader("packet", data)
	p := packet{kind: r.U8("type")}
	switch p.kind {
	case packetHello:
		p.first, p.last, p.number, p.digest = r.U64("first"), r.U64("last"), r.U64("taken"), wire.Array32[suite.Hash](r, "digest")
		if p.first == 0 || p.first-1 > p.last {
			r.Fail("first", "%d after %d", p.first, p.last)
		}
	case packetData:
		p.number, p.stable, p.message = r.U64("number"), r.U64("stable"), r.Rest("message")
	case packetAck:
		p.number = r.U64("number")
	case packetResync:
		p.full = r.Bool("full")
	case packetSnapshot:
		for range r.Count("records", 1<<16-1, 8) {
			p.records = append(p.records, store.Record{
				Key: r.Bytes("key", maxMessage), Value: r.Bytes("value", maxMessage)})
		}
	case packetEnd:
		p.number, p.digest = r.U64("number"), wire.Array32[suite.Hash](r, "digest")
	default:
		r.Fail("type", "%d is unknown", p.kind)
	}
	if err := r.Done(); err != nil {
		return packet{}, err
	}
	return p, nil
}

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
		s.plain.hellos[peer] = p
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

// heardAck moves on what a peer has taken, handles what has become stable, and
// sends more.
func (s *step) heardAck(peer int, n uint64) error {
	first, last := s.peers()
	out := outlog{s.d}
	before, err := out.stable(first, last)
	if err != nil {
		return err
	}
	st, err := out.state()
	if err != nil {
		return err
	}
	kept := map[uint64][]byte{}
	for i := st.first; s.Router() && i <= min(n, st.last); i++ {
		if kept[i], _, err = out.get(i); err != nil {
			return err
		}
	}
	if err := out.ack(s.d, peer, n, first, last); err != nil {
		return err
	}
	after, err := out.stable(first, last)
	if err != nil {
		return err
	}
	for i := before + 1; s.Router() && i <= after; i++ {
		m, err := parseMessage(s.cfg.Suite, kept[i])
		if err != nil {
			return fault.Bugf("our own message %d: %v", i, err)
		}
		if err := s.stable(m); err != nil {
			return err
		}
	}
	return s.pump(peer)
}

// pump sends what the window allows.
func (s *step) pump(peer int) error {
	l := &s.plain.links[peer]
	if l.phase != linkMet {
		return nil
	}
	out := outlog{s.d}
	st, err := out.state()
	if err != nil {
		return err
	}
	acked, err := out.acked(peer)
	if err != nil {
		return err
	}
	first, last := s.peers()
	stable, err := out.stable(first, last)
	if err != nil {
		return err
	}
	for l.sent < st.last && l.sent-min(acked, l.sent) < uint64(s.cfg.Limits.LinkWindow) {
		m, _, err := out.get(l.sent + 1)
		if err != nil {
			return err
		}
		l.sent++
		if err := s.send(l.conn, packet{kind: packetData, number: l.sent, stable: stable, message: m}.encode()); err != nil {
			return err
		}
		if l.phase != linkMet {
			return nil // the keys were used up and the connection is closed
		}
	}
	return nil
}

// heardData takes a message of the peer's log, once.
func (s *step) heardData(id ConnID, peer int, p packet) error {
	fresh, err := inlog{s.d, peer}.take(s.cfg.Suite, s.d, p.number, p.message)
	if err != nil {
		return err
	}
	if fresh {
		m, err := parseMessage(s.cfg.Suite, p.message)
		if err != nil {
			return err
		}
		if s.Router() {
			err = s.fromMirror(peer, m)
		} else {
			_, h, e := inlog{s.d, peer}.at()
			if e != nil {
				return e
			}
			if e := keepTail(s.d, p.number, h, p.message, p.stable); e != nil {
				return e
			}
			err = s.fromRouter(p.number, m)
		}
		if err != nil {
			return err
		}
	}
	n, _, err := inlog{s.d, peer}.at()
	if err != nil {
		return err
	}
	return s.send(id, packet{kind: packetAck, number: n}.encode())
}

// toRouter appends to a mirror's log.
func (s *step) toRouter(m message) error {
	if _, err := (outlog{s.d}).append(s.cfg.Suite, s.d, encodeMessage(m)); err != nil {
		return err
	}
	return s.pump(0)
}

// broadcast appends to the router's log and returns the number. Without mirrors
// the message is stable at once.
func (s *step) broadcast(m message) (uint64, error) {
	if s.mirrors() == 0 {
		s.settled = append(s.settled, m)
		return 0, nil
	}
	n, err := outlog{s.d}.append(s.cfg.Suite, s.d, encodeMessage(m))
	if err != nil {
		return 0, err
	}
	for i := 1; i <= s.mirrors(); i++ {
		if err := s.pump(i); err != nil {
			return 0, err
		}
	}
	return n, nil
}

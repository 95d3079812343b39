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
	if _, err := s.write(m); err != nil {
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
	n, err := s.write(m)
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

// write appends to one's own log, and returns the number of what stands there last.
func (s *step) write(m message) (n uint64, err error) {
	list := [][]byte{encodeMessage(m)}
	if s.cfg.UnsafeLog != nil {
		list = s.cfg.UnsafeLog(list[0])
	}
	for _, raw := range list {
		if n, err = (outlog{s.d}).append(s.cfg.Suite, s.d, raw); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// writeAnything appends what a corrupt provider likes, and sends it.
func (s *step) writeAnything(raw []byte) error {
	if _, err := (outlog{s.d}).append(s.cfg.Suite, s.d, raw); err != nil {
		return err
	}
	if !s.Router() {
		return s.pump(0)
	}
	for i := 1; i <= s.mirrors(); i++ {
		if err := s.pump(i); err != nil {
			return err
		}
	}
	return nil
}

package explore

import (
	"encoding/binary"
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// serving is a step of an honest provider under way: one move, and the answers of
// the corrupt ones at the other ends of its links.
type serving struct {
	e   *engine
	s   *server
	out *outcome
	bad bool // it refused what came, by closing the connection
}

func (e *engine) stepServer(was *server, m move) (*outcome, error) {
	machine, err := was.machine.UnsafeCopy(e.world.serverConfig(was.position))
	if err != nil {
		return nil, err
	}
	s := *was
	s.machine, s.said, s.entries = machine, append([][]int32(nil), was.said...), was.entries
	v := &serving{e: e, s: &s, out: &outcome{}}
	switch m.kind {
	case take:
		data := e.inputs.at(m.arg).payload
		if s.position > 0 {
			err = v.picked(int(m.who), data)
		}
		if err == nil && !v.bad {
			err = v.input(userConn(int(m.who)), data)
		}
	case propose:
		err = v.proposed(e.uploads.at(m.arg))
		if p := s.proposal; err == nil && !v.bad && p != nil && (p.count == 0 || m.extra == 1) {
			s.proposal = nil // refused, so that another may follow; or to be final at once
			err = v.logged(commitMessage(e.world.sid, s.next(e), p.count))
		}
	case commit:
		s.proposal = nil
		err = v.logged(commitMessage(e.world.sid, s.next(e), int(m.arg)))
	case judge:
		err = v.judged(m)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", providerName(s.position), err)
	}
	if v.bad {
		return nothing, nil
	}
	v.out.node = e.addServer(&s)
	return v.out, nil
}

// next is the index that comes next at a provider.
func (s *server) next(e *engine) uint64 { return e.first + uint64(len(s.entries)) }

// input gives the provider one message on a connection, and reads what it says.
func (v *serving) input(conn provider.ConnID, data []byte) error {
	out, err := v.s.machine.Step(v.s.store, provider.Received{Conn: conn, Bytes: frame(data)}, suite.Seed{}, now)
	if err != nil {
		return err
	}
	v.s.store = v.s.store.with(out.Records)
	for _, ev := range out.Events {
		if f, ok := ev.(provider.Fault); ok {
			if conn < routerConn && !v.e.corrupt(int(conn)-1) {
				return fmt.Errorf("it finds fault with an honest participant: %w", f.Err)
			}
			v.bad = true // the corrupt end connects again, and is where it was
			return nil
		}
	}
	for _, eff := range out.Effects {
		send, ok := eff.(provider.Send)
		if !ok {
			continue
		}
		if send.Conn < routerConn {
			err = v.toUser(int(send.Conn)-1, payload(send.Bytes))
		} else {
			err = v.toPeer(send.Conn, payload(send.Bytes))
		}
		if err != nil || v.bad {
			return err
		}
	}
	return nil
}

// toUser passes on what changes something for a participant: deliveries, refusals.
func (v *serving) toUser(user int, data []byte) error {
	m, err := exchange.Parse(cheap, data)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case exchange.Delivery:
		if at := int(m.Index - v.e.first); at == len(v.s.entries) {
			v.s.entries = append(v.s.entries[:at:at], digestOf(m.Data))
		}
		v.out.toUsers = append(v.out.toUsers, letter{user, v.e.input(user, data)})
		m.Head = m.Index // as a corrupt provider would say it
		list := v.s.said[user]
		v.s.said[user] = append(list[:len(list):len(list)], v.e.input(user, exchange.Encode(m)))
	case exchange.Refused, exchange.Fetched, exchange.FetchFailed:
		v.out.toUsers = append(v.out.toUsers, letter{user, v.e.input(user, data)})
	}
	return nil
}

// toPeer is what a corrupt provider at the other end of a link reads: it learns
// what is proposed, and acknowledges everything at once. Were it late, deliveries
// would be late; they can be late on their way to each participant as well.
func (v *serving) toPeer(conn provider.ConnID, data []byte) error {
	p, err := provider.ParsePacket(cheap, data)
	if err != nil {
		return err
	}
	if p.Kind != provider.PacketData {
		return nil
	}
	if p.Raw[0] == 18 { // the honest mirror's verdict: how many it accepts
		v.s.proposal = &proposal{count: int(binary.BigEndian.Uint16(p.Raw[49:]))}
	}
	if prop, ok := p.Message.(provider.Proposal); ok {
		v.s.proposal = &proposal{p.Number, prop.First, len(prop.Uploads)}
		for _, u := range prop.Uploads {
			v.out.learned = append(v.out.learned, v.e.upload(-1, u))
		}
	}
	return v.input(conn, packet(3, p.Number, nil))
}

// logged is the next message of a corrupt router's log.
func (v *serving) logged(message []byte) error {
	v.s.log++
	return v.input(routerConn, packet(2, v.s.log, message))
}

// judged is the verdict of all corrupt mirrors on the proposal in flight: they
// accept a number of entries; where that is not all, the last one refuses the next.
func (v *serving) judged(m move) error {
	p := v.s.proposal
	if p == nil || int(m.arg) > p.count {
		v.bad = true
		return nil
	}
	v.s.proposal = nil
	if int(m.arg) < p.count {
		v.s.refused++
	}
	v.s.log++
	for i := 1; i < v.e.world.set.Len(); i++ {
		accepted := p.count
		if i == v.e.world.set.Len()-1 {
			accepted = int(m.arg)
		}
		if err := v.input(mirrorConn(i), packet(2, v.s.log, verdictMessage(v.e.world.sid, p, accepted, reasons[m.extra]))); err != nil || v.bad {
			return err
		}
	}
	return nil
}

// picked lets a corrupt router pick what a participant fetches, before the honest
// mirror hears of the fetch.
func (v *serving) picked(user int, data []byte) error {
	m, err := exchange.Parse(cheap, data)
	f, ok := m.(exchange.Fetch)
	if err != nil || !ok {
		return err
	}
	return v.choose(len(f.IDs), func(picks []int) []byte { return pickMessage(v.e.world.users[user].ID, f, picks) })
}

// proposed lets a corrupt router propose an upload, with prekeys where they are due.
func (v *serving) proposed(u upload) error {
	first := v.s.next(v.e)
	return v.choose(len(conversation.Assignments(u.block)), func(picks []int) []byte {
		return proposeMessage(v.e.world.sid, first, u.Upload, picks)
	})
}

// choose writes a message into the log for which prekeys are to be picked, one of
// each of so many owners: the first that are free, as the mirror sees it.
func (v *serving) choose(owners int, message func(picks []int) []byte) error {
	picks := make([]int, owners)
	for {
		was, out := *v.s, *v.out
		machine, err := v.s.machine.UnsafeCopy(v.e.world.serverConfig(v.s.position))
		if err != nil {
			return err
		}
		v.s.machine = machine
		if err := v.logged(message(picks)); err != nil || !v.bad {
			return err
		}
		i := 0 // the next choice, as one counts
		for ; i < owners; i++ {
			if picks[i]++; picks[i] < stock {
				break
			}
			picks[i] = 0
		}
		if i == owners {
			return nil
		}
		*v.s, *v.out, v.bad = was, out, false
	}
}

// What corrupt providers write on links (SPEC.md, 9.4): packets and log messages.

func packet(kind byte, number uint64, message []byte) []byte {
	w := wire.NewWriter(32 + len(message)).U8(kind).U64(number)
	if kind == 2 {
		w.U64(number - 1).Fixed(message) // all mirrors have what came before
	}
	return w.Bytes()
}

// proposeMessage proposes one upload. Of each of these owners one prekey is picked.
func proposeMessage(sid suite.Hash, first uint64, u exchange.Upload, picks []int) []byte {
	w := wire.NewWriter(1024).U8(1).Fixed(sid[:]).U64(first).Count(1).Field(exchange.Encode(u)).Count(len(picks))
	for _, pos := range picks {
		w.Count(1).U32(1).U16(uint16(pos)).U16(1)
	}
	return w.Bytes()
}

// pickMessage hands one prekey of each user asked for to the user that asks.
func pickMessage(user identity.ID, f exchange.Fetch, picks []int) []byte {
	w := wire.NewWriter(256).U8(3).Fixed(user.Field()).Fixed(f.ID[:]).Fixed(f.Sid[:]).Count(len(f.IDs))
	for i, id := range f.IDs {
		w.Fixed(id.Field()).U32(1).U16(uint16(picks[i]))
	}
	return w.Bytes()
}

func commitMessage(sid suite.Hash, first uint64, count int) []byte {
	return wire.NewWriter(64).U8(2).Fixed(sid[:]).U64(first).U16(uint16(count)).Bytes()
}

func verdictMessage(sid suite.Hash, p *proposal, accepted int, why exchange.Reason) []byte {
	w := wire.NewWriter(64).U8(18).U64(p.number).Fixed(sid[:]).U64(p.first).U16(uint16(accepted)).Bool(accepted < p.count)
	if accepted < p.count {
		w.U8(uint8(why)).Bool(false)
	}
	return w.Bytes()
}

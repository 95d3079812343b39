package cowpi

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// linkPhase is where the connection to one provider stands:
//
//	down --LinkUp--> dialling --msg2--> confirming --first frame: Welcome--> welcomed
//	any --LinkDown, or a broken check--> down
type linkPhase uint8

const (
	linkDown linkPhase = iota
	linkDialling
	linkConfirming
	linkWelcomed
)

// link is the connection to one provider. It is a value.
type link struct {
	phase    linkPhase
	dialling channel.Dialling
	conn     channel.Conn
	batch    uint32 // batches of our prekeys that the provider holds
	stock    uint32 // our prekeys left, as it says
	offered  uint32 // batches that we sent on this connection
	waiting  int    // its deliveries that wait for those of others
}

func (s *step) linkUp(i int) error {
	s.linkDown(i)
	d, msg1, err := channel.Dial(s.suite, s.self, channel.RoleUser, s.providers.At(i), s.coinsFor(i))
	if err != nil {
		return err
	}
	s.links[i] = link{phase: linkDialling, dialling: d}
	s.out.Effects = append(s.out.Effects, Transmit{i, msg1})
	return nil
}

// linkDown forgets a connection. Deliveries that came over it are dropped too:
// they come again, because they were not acknowledged.
func (s *step) linkDown(i int) {
	if s.online() {
		s.emit(Offline{})
	}
	s.links[i] = link{}
	for _, sid := range s.allBoxes() {
		b := s.box(sid)
		b.got[i], b.heads[i] = nil, 0
		s.tidy(sid) // or conversations that a provider made up would stay for ever
	}
}

// online says whether every provider has welcomed us.
func (s *step) online() bool {
	for _, l := range s.links {
		if l.phase != linkWelcomed {
			return false
		}
	}
	return true
}

// hangUp ends a connection upon a broken check.
func (s *step) hangUp(i int, err error) {
	id := s.providers.At(i).ID
	err = fault.Blame(err, fault.Party{Role: fault.RoleProvider, ID: string(id)}, fmt.Sprintf("connection to %s", id))
	s.emit(ProviderFault{id, err})
	s.linkDown(i)
	s.out.Effects = append(s.out.Effects, Hangup{i})
}

// say sends a message to a provider, if it is connected.
func (s *step) say(i int, m exchange.Message) error {
	l := s.links[i]
	if l.phase != linkWelcomed {
		return nil
	}
	payload := exchange.Encode(m)
	conn, frame, err := l.conn.Seal(payload)
	if errors.Is(err, channel.ErrExhausted) {
		s.hangUp(i, fault.Refute(fault.F4, "the provider does not answer a renewal of the keys, which are used up"))
		return nil
	}
	if err != nil {
		return err
	}
	s.links[i].conn = conn
	s.tellWord(i, channel.Word{Said: true, Payload: payload})
	s.out.Effects = append(s.out.Effects, Transmit{i, frame})
	return s.renewIfNeeded(i)
}

// tellWord tells a game what was said or heard.
func (s *step) tellWord(i int, w channel.Word) {
	if s.word != nil {
		s.word(s.providers.At(i).ID, w)
	}
}

func (s *step) sayAll(m exchange.Message) error {
	for i := range s.links {
		if err := s.say(i, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) renewIfNeeded(i int) error {
	if l := s.links[i]; l.conn.NeedsRenewal() {
		return s.renew(i)
	}
	return nil
}

func (s *step) renew(i int) error {
	conn, frame, err := s.links[i].conn.Renew(s.coinsFor(i))
	if err != nil {
		return err
	}
	s.links[i].conn = conn
	s.out.Effects = append(s.out.Effects, Transmit{i, frame})
	return nil
}

// coinsFor gives the channel to provider i coins of its own: several channels may
// draw under the same purposes in one step.
func (s *step) coinsFor(i int) suite.Coins {
	return s.coins.For(uint32(i))
}

func (s *step) renewChannels() error {
	for i, l := range s.links {
		if l.phase == linkWelcomed && !l.conn.Renewing() {
			if err := s.renew(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *step) received(i int, data []byte) error {
	l := s.links[i]
	switch l.phase {
	case linkDown:
		return nil // late bytes of a link that is gone
	case linkDialling:
		conn, msgs, err := l.dialling.Finish(data, s.coinsFor(i))
		if err != nil {
			s.hangUp(i, err)
			return nil
		}
		s.links[i] = link{phase: linkConfirming, conn: conn}
		s.tellWord(i, conn.Begins(true))
		for _, m := range msgs {
			s.out.Effects = append(s.out.Effects, Transmit{i, m})
		}
		return nil
	}
	conn, opened, err := l.conn.Open(data, s.coinsFor(i))
	if err != nil {
		s.hangUp(i, err)
		return nil
	}
	s.links[i].conn = conn
	if opened.Confirmed {
		s.tellWord(i, conn.Begins(false))
	}
	if opened.HasData {
		s.tellWord(i, channel.Word{Payload: opened.Data})
	}
	for _, reply := range opened.Replies {
		s.out.Effects = append(s.out.Effects, Transmit{i, reply})
	}
	if !opened.HasData {
		return s.renewIfNeeded(i)
	}
	m, err := exchange.Parse(s.suite, opened.Data)
	if err == nil {
		err = s.heard(i, m)
	}
	if fault.CheckOf(err) != "" {
		s.hangUp(i, err)
		return nil
	}
	if err != nil {
		return err
	}
	if s.links[i].phase == linkWelcomed {
		return s.renewIfNeeded(i)
	}
	return nil
}

// heard acts on a message from a provider. Evidence ends the connection.
func (s *step) heard(i int, m exchange.Message) error {
	if w, ok := m.(exchange.Welcome); ok != (s.links[i].phase == linkConfirming) {
		return fault.Refute(fault.H5, "%T is out of order", m)
	} else if ok {
		return s.welcomed(i, w)
	}
	switch m := m.(type) {
	case exchange.Delivery:
		return s.delivered(i, m)
	case exchange.Refused:
		return s.refused(i, m)
	case exchange.Seen:
		return nil // says only that the upload need not be sent again
	case exchange.Stocked:
		return s.stocked(i, m)
	case exchange.LowStock:
		return s.lowStock(i, m)
	case exchange.Handouts:
		return s.handedOut(i, m)
	case exchange.Fetched:
		return s.answered(i, m.ID, fetchAnswer{got: true, keys: m.Keys})
	case exchange.FetchFailed:
		return s.answered(i, m.ID, fetchAnswer{got: true, failed: true, reason: m.Reason, user: m.User})
	}
	return fault.Refute(fault.W1, "a provider does not say %T", m)
}

func (s *step) welcomed(i int, w exchange.Welcome) error {
	if w.Batch > s.meta.Batch {
		return fault.Refute(fault.T3, "batch %d, only %d were made", w.Batch, s.meta.Batch)
	}
	s.links[i].phase = linkWelcomed
	s.links[i].batch, s.links[i].stock = w.Batch, w.Stock
	for _, h := range w.Heads {
		b := s.box(h.Sid)
		b.heads[i] = max(b.heads[i], h.Head+1)
		s.due[h.Sid] = true
	}
	if err := s.offerStock(i); err != nil {
		return err
	}
	if err := s.askAgain(i); err != nil {
		return err
	}
	if !s.online() {
		return nil
	}
	s.emit(Online{})
	if err := s.topUp(); err != nil {
		return err
	}
	return s.resendAll()
}

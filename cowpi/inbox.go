package cowpi

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// Bounds on deliveries that wait for those of other providers. An honest provider
// stays far below: it sends no more than its window before it hears an Ack.
const (
	maxWaiting      = 512     // per conversation and provider
	maxWaitingTotal = 1 << 15 // per provider, over all conversations
)

// box holds the deliveries of one conversation that wait until every provider
// has delivered the same. It is never changed in place: steps work on copies.
type box struct {
	got   [][]*exchange.Delivery // by provider, ascending by index
	heads []uint64               // by provider: one above the highest index it named
	retry Time                   // when refused uploads are sent again; 0: none
}

func (b *box) clone() *box {
	c := &box{got: slices.Clone(b.got), heads: slices.Clone(b.heads), retry: b.retry}
	for i := range c.got {
		c.got[i] = slices.Clone(c.got[i])
	}
	return c
}

// box returns a copy to change, once in a step; the caller puts it into s.boxes.
func (s *step) box(sid suite.Hash) *box {
	if b := s.boxes[sid]; b != nil {
		return b
	}
	var b *box
	if _, dropped := s.boxes[sid]; !dropped && s.vol.boxes[sid] != nil {
		b = s.vol.boxes[sid].clone()
	} else {
		n := s.providers.Len()
		b = &box{got: make([][]*exchange.Delivery, n), heads: make([]uint64, n)}
	}
	s.boxes[sid] = b
	return b
}

// look returns a box that is not to be changed.
func (s *step) look(sid suite.Hash) *box {
	if b, ok := s.boxes[sid]; ok {
		return b
	}
	return s.vol.boxes[sid]
}

// allBoxes lists the ids of all boxes in order.
func (s *step) allBoxes() []suite.Hash {
	var out []suite.Hash
	for sid := range s.vol.boxes {
		if _, touched := s.boxes[sid]; !touched {
			out = append(out, sid)
		}
	}
	for sid, b := range s.boxes {
		if b != nil {
			out = append(out, sid)
		}
	}
	slices.SortFunc(out, func(a, b suite.Hash) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// delivered puts a delivery into its box.
func (s *step) delivered(i int, m exchange.Delivery) error {
	b := s.box(m.Sid)
	b.heads[i] = max(b.heads[i], m.Head+1, m.Index+1)
	at := sort.Search(len(b.got[i]), func(j int) bool { return b.got[i][j].Index >= m.Index })
	s.due[m.Sid] = true
	if at < len(b.got[i]) && b.got[i][at].Index == m.Index {
		return nil // sent again
	}
	if len(b.got[i]) >= maxWaiting || s.links[i].waiting >= maxWaitingTotal {
		return fault.Refute(fault.D7, "more than %d deliveries of one conversation, or %d in all, without an Ack", maxWaiting, maxWaitingTotal)
	}
	b.got[i] = slices.Insert(b.got[i], at, &m)
	s.links[i].waiting++
	return nil
}

// take drops the first n deliveries of a provider from a box.
func (s *step) take(b *box, i, n int) {
	b.got[i] = b.got[i][n:]
	s.links[i].waiting -= n
}

// caughtUp says whether we processed all that any provider has for us: SPEC.md, 10.5.
func (s *step) caughtUp(sid suite.Hash, next uint64) bool {
	if !s.online() {
		return false
	}
	if b := s.look(sid); b != nil {
		for _, h := range b.heads {
			if h > next {
				return false
			}
		}
	}
	return true
}

// advance processes what every provider has delivered.
func (s *step) advance(sid suite.Hash) error {
	for {
		more, err := s.advanceOne(sid)
		if err != nil || !more {
			return err
		}
	}
}

// advanceOne processes the next index, if it is complete. It first drops what was
// processed before, and acknowledges it again.
func (s *step) advanceOne(sid suite.Hash) (more bool, err error) {
	if s.look(sid) == nil {
		return false, nil
	}
	c, err := s.local(sid)
	if err != nil {
		return false, err
	}
	next, exact, err := s.nextIndex(sid, c)
	if err != nil {
		return false, err
	}
	b := s.box(sid)
	for i := range b.got {
		old := 0
		for old < len(b.got[i]) && b.got[i][old].Index < next {
			old++
		}
		if old > 0 {
			s.take(b, i, old)
			if err := s.say(i, exchange.Ack{Sid: sid, Index: next - 1}); err != nil {
				return false, err
			}
		}
	}
	var same []*exchange.Delivery
	for i := range b.got {
		if len(b.got[i]) == 0 || exact && b.got[i][0].Index != next {
			return false, nil // not all have delivered, or one has left a gap: wait
		}
		same = append(same, b.got[i][0])
	}
	for _, d := range same {
		if d.Index != same[0].Index {
			// Outside the conversation, where we do not know which index comes next,
			// a provider that is behind shall catch up.
			return false, s.skipBelow(sid, same)
		}
	}
	index := same[0].Index
	err = s.agree(same)
	if err == nil {
		err = s.process(sid, c, *same[0])
	}
	if err == errHeld {
		return false, nil
	}
	if err != nil {
		if fault.CheckOf(err) == "" {
			return false, err
		}
		err = fault.Blame(err, fault.Party{Role: fault.RoleProviders}, fmt.Sprintf("conversation %x, index %d", sid[:4], index),
			s.exhibits(same)...)
		if err := s.stopAt(sid, c, same, err); err != nil {
			return false, err
		}
	}
	b = s.box(sid)
	for i := range b.got {
		s.take(b, i, 1)
	}
	return true, s.sayAll(exchange.Ack{Sid: sid, Index: index})
}

// nextIndex is the lowest index that we still want. exact says that we want just
// that one next: we take part, or wait for our own SETUP.
func (s *step) nextIndex(sid suite.Hash, c local) (next uint64, exact bool, err error) {
	switch c.Phase {
	case phaseActive:
		h, ok, err := s.keep.Head(s.draft, sid)
		if err == nil && !ok {
			err = fault.Bugf("an active conversation without a public state")
		}
		return h.Next, true, err
	case phaseSetup:
		return 0, true, nil
	case phaseGone:
		return c.LastIndex + 1, false, nil
	}
	return 0, false, nil
}

// skipBelow drops, outside a conversation, deliveries of an index that some other
// provider has left behind: they cannot become complete.
func (s *step) skipBelow(sid suite.Hash, first []*exchange.Delivery) error {
	high := first[0].Index
	for _, d := range first {
		high = max(high, d.Index)
	}
	b := s.box(sid)
	for i := range b.got {
		for len(b.got[i]) > 0 && b.got[i][0].Index < high {
			s.take(b, i, 1)
		}
		if err := s.say(i, exchange.Ack{Sid: sid, Index: high - 1}); err != nil {
			return err
		}
	}
	s.due[sid] = true
	return nil
}

// agree is check D1.
func (s *step) agree(same []*exchange.Delivery) error {
	for i, d := range same {
		if !d.Equal(*same[0]) {
			return fault.Refute(fault.D1, "%s and %s deliver different things", s.providers.At(0).ID, s.providers.At(i).ID)
		}
	}
	return nil
}

// exhibits shows what each provider delivered.
func (s *step) exhibits(same []*exchange.Delivery) []fault.Exhibit {
	out := make([]fault.Exhibit, len(same))
	for i, d := range same {
		out[i] = fault.Exhibit{Name: string(s.providers.At(i).ID), Bytes: exchange.Encode(*d)}
	}
	return out
}

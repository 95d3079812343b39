package provider

import (
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

func wire32(r *wire.Reader, field string) suite.Hash { return wire.Array32[suite.Hash](r, field) }

// deliverable is the first index of a conversation that may not be delivered
// yet: the router waits until every mirror has it, a mirror for the commit.
func (s *step) deliverable(sid suite.Hash) (uint64, error) {
	if s.Router() && s.mirrors() > 0 {
		return number(s.d, key(tabStable, sid[:]))
	}
	h, _, err := s.public.Head(s.d, sid)
	return h.Next, err
}

// headFor is the highest index below next that a cursor covers.
func headFor(list []stretch, next uint64) (uint64, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		end := next
		if to := list[i].to; to != 0 && to < next {
			end = to
		}
		if end > list[i].from {
			return end - 1, true
		}
	}
	return 0, false
}

// push sends a user what the window allows of a conversation.
func (s *step) push(id identity.ID, sid suite.Hash) error {
	at, ok := s.mem.users.get(id)
	if !ok {
		return nil
	}
	list, err := loadCursor(s.d, id, sid)
	if err != nil || len(list) == 0 {
		return err
	}
	next, err := s.deliverable(sid)
	if err != nil {
		return err
	}
	head, ok := headFor(list, next)
	if !ok {
		return nil
	}
	pk := pushKey{at, sid}
	from, ok := s.mem.pushed.get(pk)
	if !ok || from < list[0].from {
		from = list[0].from
	}
	was := from
	for _, st := range list {
		from = max(from, st.from)
		for ; from < next && (st.to == 0 || from < st.to); from++ {
			if from-list[0].from >= uint64(s.cfg.Limits.Window) {
				break
			}
			m, err := s.deliveryTo(id, entryKey{sid, from}, head)
			if err != nil {
				return err
			}
			if err := s.tell(at, id, m); err != nil {
				return err
			}
			if _, ok := s.mem.conns.get(at); !ok {
				return nil
			}
		}
		if st.to == 0 || from < st.to {
			break
		}
	}
	if from != was || !ok {
		s.mem.pushed.put(pk, from)
	}
	return nil
}

// ack moves a user's cursor. What is acknowledged beyond what we delivered, or
// again, is ignored: after a backup is restored that is honest.
func (s *step) ack(id identity.ID, m exchange.Ack) error {
	list, err := loadCursor(s.d, id, m.Sid)
	if err != nil || len(list) == 0 {
		return err
	}
	next, err := s.deliverable(m.Sid)
	if err != nil {
		return err
	}
	moved := false
	for len(list) > 0 && list[0].from < next && list[0].from <= m.Index {
		st := list[0]
		if err := s.acknowledged(entryKey{m.Sid, st.from}); err != nil {
			return err
		}
		moved = true
		st.from++
		if st.to != 0 && st.from >= st.to {
			list = list[1:]
			continue
		}
		list[0] = st
	}
	if !moved {
		return nil
	}
	saveCursor(s.d, id, m.Sid, list)
	if len(list) == 0 {
		if at, ok := s.mem.users.get(id); ok {
			s.mem.pushed.del(pushKey{at, m.Sid})
		}
		return nil
	}
	return s.push(id, m.Sid)
}

// deliverAll pushes new indices to those who are due them and connected.
func (s *step) deliverAll(sid suite.Hash, first uint64, count int) error {
	told := map[identity.ID]bool{}
	for i := range uint64(count) {
		l, err := s.readers(entryKey{sid, first + i})
		if err != nil {
			return err
		}
		ids := l.order
		if ids == nil {
			for p := range l.roster.Len() {
				ids = append(ids, l.roster.At(p).ID)
			}
		} else {
			ids = append(ids[:len(ids):len(ids)], l.author)
		}
		for _, id := range ids {
			if !told[id] {
				told[id] = true
				if err := s.push(id, sid); err != nil {
					return err
				}
			}
		}
		for _, owner := range l.owners {
			if err := s.pushLog(owner); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle handles messages that are stable at once, there being no mirrors.
func (s *step) settle() error {
	for len(s.settled) > 0 {
		m := s.settled[0]
		s.settled = s.settled[1:]
		if err := s.stable(m); err != nil {
			return err
		}
	}
	return nil
}

// stable handles a message of the router's log that every mirror has by now.
func (s *step) stable(m message) error {
	switch m := m.(type) {
	case commit:
		if m.count == 0 {
			return nil
		}
		if s.mirrors() > 0 {
			s.d.Put(key(tabStable, m.sid[:]), be64(m.first+uint64(m.count)))
		}
		return s.deliverAll(m.sid, m.first, m.count)
	case pickFor:
		return s.picked(m)
	case expire:
		return s.expired(m)
	case withdraw:
		return s.pushLog(m.owner)
	case proposal:
		return nil
	}
	return fault.Bugf("%T in the router's log", m)
}

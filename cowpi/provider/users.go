package provider

import (
	"math"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// welcome greets a user whose key was just proved, and pushes what waits.
func (s *step) welcome(at ConnID, id identity.ID) error {
	if old, ok := s.mem.users.get(id); ok && old != at {
		if err := s.close(old); err != nil {
			return err
		}
	}
	s.mem.users.put(id, at)
	u, _, err := loadUser(s.d, id)
	if err != nil {
		return err
	}
	if !u.shown {
		u.shown = true
		s.d.Put(key(tabUser, id.Field()), u.encode())
	}
	s.event(UserSeen{id})

	o, err := loadOwner(s.d, id)
	if err != nil {
		return err
	}
	w := exchange.Welcome{Batch: o.held, Stock: uint32(countRuns(o.free))}
	if w.Handouts, err = s.logLength(id); err != nil {
		return err
	}
	var sids []suite.Hash
	err = s.eachCursor(id, func(sid suite.Hash, list []stretch) error {
		next, err := s.deliverable(sid)
		if err != nil {
			return err
		}
		if head, ok := headFor(list, next); ok && head >= list[0].from {
			sids = append(sids, sid)
			if len(w.Heads) < exchange.MaxHeads {
				w.Heads = append(w.Heads, exchange.HeadOf{Sid: sid, Head: head})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.tell(at, id, w); err != nil {
		return err
	}
	c, ok := s.mem.conns.get(at)
	if !ok {
		return nil
	}
	c.handouts = o.acked
	s.mem.conns.put(at, c)
	if err := s.pushLog(id); err != nil {
		return err
	}
	for _, sid := range sids {
		if err := s.push(id, sid); err != nil {
			return err
		}
	}
	return nil
}

// fromUser takes a message of a user.
func (s *step) fromUser(at ConnID, id identity.ID, m exchange.Message) error {
	if s.cfg.UnsafeHear != nil && !s.cfg.UnsafeHear(id, m) {
		return nil
	}
	if s.Router() && !s.plain.synced {
		switch m.(type) {
		case exchange.Fetch, exchange.Upload, exchange.Withdraw:
			return s.park(at, m)
		}
	}
	switch m := m.(type) {
	case exchange.Prekeys:
		return s.prekeys(id, m)
	case exchange.Withdraw:
		return s.withdrawal(id, m)
	case exchange.Fetch:
		return s.fetch(id, m)
	case exchange.Ack:
		return s.ack(id, m)
	case exchange.HandoutAck:
		return s.ackLog(id, m)
	case exchange.Upload:
		if s.Router() {
			return s.upload(id, m)
		}
	}
	return fault.Refute(fault.W1, "%T is not for users to send here", m)
}

// maxParked bounds, in bytes, what waits for the mirrors after a start of the router.
const maxParked = 64 << 20

// park keeps a message until the router has met every mirror: before that, its
// own log may be an old one.
func (s *step) park(at ConnID, m exchange.Message) error {
	size := 128
	switch m := m.(type) {
	case exchange.Upload:
		size += waiting{upload: m}.size()
	case exchange.Fetch:
		size += len(m.IDs) * identity.IDFieldSize
	}
	if s.plain.parkedSize+size > maxParked {
		return s.close(at) // it connects and sends again
	}
	s.plain.parkedSize += size
	s.plain.parked = append(s.plain.parked[:len(s.plain.parked):len(s.plain.parked)], parked{at, m})
	return nil
}

// unpark handles what was parked.
func (s *step) unpark() error {
	list := s.plain.parked
	s.plain.parked, s.plain.parkedSize = nil, 0
	for _, p := range list {
		c, ok := s.mem.conns.get(p.conn)
		if !ok {
			continue
		}
		err := s.fromUser(p.conn, c.user, p.message)
		if fault.CheckOf(err) != "" {
			// What the user did wrong is not for the mirror's connection, on which we
			// act, to pay for. A handler refuses before it changes anything.
			s.event(Fault{fault.Blame(err, s.blame(p.conn), "")})
			err = s.close(p.conn)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stableNo is the number up to which the log is with every mirror. What is not
// must not be shown to users: a router restored from a backup would not know it.
func (s *step) stableNo() (uint64, error) {
	if !s.Router() || s.mirrors() == 0 {
		return math.MaxUint64, nil
	}
	return outlog{s.d}.stable(1, s.mirrors())
}

// eachCursor lists the conversations in which a user is owed something.
func (s *step) eachCursor(id identity.ID, yield func(sid suite.Hash, list []stretch) error) error {
	prefix := key(tabCursor, id.Field())
	var failed error
	err := scanPrefix(s.d, prefix, func(k, raw []byte) bool {
		list, err := parseCursor(raw)
		if err == nil {
			err = yield(suite.Hash(k[len(prefix):]), list)
		}
		failed = err
		return err == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

package provider

import (
	"math"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// allHeard looks whether the router has heard every mirror since its start. Only
// then it knows whether its own log is an old one. If not, it begins to work for
// users; else it first catches up.
func (s *step) allHeard() error {
	if s.plain.heard != 1<<(s.mirrors()+1)-2 {
		return nil
	}
	behind := false
	for i := 1; i <= s.mirrors(); i++ {
		b, err := s.forgot(i, s.plain.hellos[i])
		if err != nil {
			return err
		}
		behind = behind || b
	}
	if behind {
		return s.catchUp()
	}
	s.plain.synced = true
	if err := s.greetAll(); err != nil {
		return err
	}
	return s.work()
}

// greetAll says hello to the mirrors that wait for it. One whose log does not
// agree is dropped.
func (s *step) greetAll() error {
	for i := 1; i <= s.mirrors(); i++ {
		l := &s.plain.links[i]
		if l.phase != linkHeard && l.phase != linkCatching {
			continue
		}
		err := s.compare(i, s.plain.hellos[i])
		if fault.CheckOf(err) != "" {
			s.event(Fault{fault.Blame(err, s.blame(l.conn), "")})
			err = s.close(l.conn)
		} else if err == nil {
			if err = s.sayHello(i); err == nil {
				err = s.met(i, s.plain.hellos[i].number)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// work does what had to wait until the router was sure of its log.
func (s *step) work() error {
	var owners []identity.ID
	var failed error
	err := scanPrefix(s.d, key(tabAsked), func(k, _ []byte) bool {
		r := wire.NewReader("key", k[1:len(k)-1])
		id := identity.ReadID(r, "owner")
		failed = stored(r)
		if n := len(owners); n == 0 || owners[n-1] != id {
			owners = append(owners, id)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	for _, id := range owners {
		if err := s.retryWithdrawal(id); err != nil {
			return err
		}
	}
	return s.unpark()
}

// wake asks for a Tick when the next fetch expires or a mirror is to be dialled.
func (s *step) wake() error {
	next := uint64(math.MaxUint64)
	if s.plain.synced {
		err := scanPrefix(s.d, key(tabExpiry), func(k, _ []byte) bool {
			next = beKey(k[:9])
			return false
		})
		if err != nil {
			return err
		}
	}
	for i := 1; i <= s.mirrors(); i++ {
		if l := s.plain.links[i]; l.phase == linkDown {
			next = min(next, l.retry)
		}
	}
	if next != s.plain.wake && next != math.MaxUint64 {
		s.effect(WakeAt{next})
	}
	s.plain.wake = next
	return nil
}

// dropProposals ends what was in flight: nobody was told of it.
func (s *step) dropProposals() error {
	var sids []suite.Hash
	err := scanPrefix(s.d, key(tabProposal), func(k, _ []byte) bool {
		sids = append(sids, suite.Hash(k[1:]))
		return true
	})
	if err != nil {
		return err
	}
	for _, sid := range sids {
		p, ok, err := s.inFlight(sid)
		if err != nil {
			return err
		}
		if ok {
			if err := s.resolve(p, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// pushEverything pushes to all who are connected.
func (s *step) pushEverything() error {
	for _, id := range sortedKeys(s.mem.users) {
		if err := s.pushLog(id); err != nil {
			return err
		}
		var sids []suite.Hash
		err := s.eachCursor(id, func(sid suite.Hash, _ []stretch) error { sids = append(sids, sid); return nil })
		if err != nil {
			return err
		}
		for _, sid := range sids {
			if err := s.push(id, sid); err != nil {
				return err
			}
		}
	}
	return nil
}

package provider

import (
	"math"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/wire"
)

// allMet looks whether the router has met every mirror since its start. Only then
// it knows that its own log is not an old one, and works for users.
func (s *step) allMet() error {
	for i := 1; i <= s.mirrors(); i++ {
		if s.plain.links[i].phase == linkMet {
			s.plain.met |= 1 << i
		}
	}
	if s.plain.synced || s.plain.met != 1<<(s.mirrors()+1)-2 {
		return nil
	}
	s.plain.synced = true
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

func (s *step) startCatching(peer int) error {
	return fault.Refute(fault.M1, "the router is behind mirror %d", peer)
}

func (s *step) tellState(id ConnID) error { return nil }

func (s *step) heardState(peer int, p packet) error { return nil }

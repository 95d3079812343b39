package provider

import (
	"cowpi.example/cowpi/fault"
)

// fromRouter takes a message of the router's log on a mirror. What is wrong with
// it is evidence against the router, and nothing of it is taken: the link stands
// still until the operators have looked. SPEC.md, section 9.4.
func (s *step) fromRouter(link uint64, m message) error {
	switch m := m.(type) {
	case proposal:
		m.link = link
		return s.proposed(m)
	case commit:
		return s.committed(link, m)
	case pickFor:
		return s.pickedBy(link, m)
	case expire:
		return s.expiredBy(link, m)
	case withdraw:
		return s.withdrawnBy(link, m)
	}
	return fault.Refute(fault.M1, "%T from the router", m)
}

// proposed judges a proposal: check M2, and M3 for each entry. The entries that
// are accepted are kept, and their prekeys reserved, until the commit.
func (s *step) proposed(p proposal) error {
	if raw, err := s.d.Get(proposalKey(p.sid)); err != nil {
		return err
	} else if raw != nil {
		return fault.Refute(fault.M2, "a second proposal is in flight")
	}
	at, err := s.startWalk(p.sid)
	if err != nil {
		return err
	}
	if p.first != at.st.Next || len(p.entries) == 0 {
		return fault.Refute(fault.M2, "%d entries for index %d, the next is %d", len(p.entries), p.first, at.st.Next)
	}
	v := verdict{link: p.link, sid: p.sid, first: p.first}
	for i := range p.entries {
		e := &p.entries[i]
		if e.block.Sid != p.sid {
			return fault.Refute(fault.M2, "an entry is of another conversation")
		}
		st, err := at.at(e.block)
		if err != nil {
			return err
		}
		r, err := s.judge(st, e, "")
		if err != nil {
			return err
		}
		if r != nil {
			v.refused, v.reason, v.user = true, r.reason, r.user
			s.event(Refused{Sid: p.sid, Reason: r.reason.String(), Err: r.err})
			break
		}
		if err := s.takeAssigned(e); err != nil {
			return err
		}
		if err := s.name(st.Roster, e, true); err != nil {
			return err
		}
		at.apply(s.cfg.Suite, st, e.block)
		v.accepted++
	}
	p.entries = p.entries[:v.accepted]
	s.saveProposal(p)
	return s.toRouter(v)
}

// committed takes a commit: check M4.
func (s *step) committed(link uint64, m commit) error {
	p, ok, err := s.inFlight(m.sid)
	if err != nil {
		return err
	}
	if !ok || m.first != p.first || m.count > len(p.entries) {
		return fault.Refute(fault.M4, "commit of %d entries from %d, and these were not accepted", m.count, m.first)
	}
	s.d.Delete(proposalKey(m.sid))
	if err := s.finish(link, p, m.count); err != nil || m.count == 0 {
		return err
	}
	return s.deliverAll(m.sid, m.first, m.count)
}

package provider

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// fromMirror takes a message of a mirror's log.
func (s *step) fromMirror(mirror int, m message) error {
	switch m := m.(type) {
	case confirm:
		return s.confirmed(mirror, m)
	case asked:
		return s.askedAt(mirror, m)
	case verdict:
		return s.judged(mirror, m)
	}
	return fault.Refute(fault.M1, "%T from a mirror", m)
}

func verdictKey(sid suite.Hash, mirror int) []byte {
	return key(tabVerdict, sid[:], []byte{byte(mirror)})
}

func (s *step) verdictOf(sid suite.Hash, mirror int) (verdict, bool, error) {
	raw, err := s.d.Get(verdictKey(sid, mirror))
	if err != nil || raw == nil {
		return verdict{}, false, err
	}
	r := reader("verdict", raw)
	v := readVerdict(r).(verdict)
	return v, true, stored(r)
}

// judged takes a verdict: check M8. After the last one the proposal is resolved.
// Verdicts on what a restored router does not know any more are ignored.
func (s *step) judged(mirror int, m verdict) error {
	p, ok, err := s.inFlight(m.sid)
	if err != nil {
		return err
	}
	_, again, err := s.verdictOf(m.sid, mirror)
	if err != nil {
		return err
	}
	if restored, err := s.restoredAt(); err != nil || m.link <= restored {
		return err
	}
	if !ok || again || p.link != m.link || p.first != m.first || m.accepted > len(p.entries) || m.refused != (m.accepted < len(p.entries)) {
		return fault.Refute(fault.M8, "a verdict on %d entries of message %d, and no such proposal is in flight", m.accepted, m.link)
	}
	w := record(128)
	m.encode(w)
	s.d.Put(verdictKey(m.sid, mirror), w.Bytes())

	accepted := len(p.entries)
	var refuses verdict
	from := 0
	for i := 1; i <= s.mirrors(); i++ {
		v, ok, err := s.verdictOf(m.sid, i)
		if err != nil || !ok {
			return err
		}
		if v.accepted < accepted {
			accepted, refuses, from = v.accepted, v, i
		}
	}
	for i := 1; i <= s.mirrors(); i++ {
		s.d.Delete(verdictKey(m.sid, i))
	}
	owners := concerned(p)
	if err := s.resolve(p, accepted); err != nil {
		return err
	}
	if accepted < len(p.entries) {
		if err := s.sendBack(p, accepted, refuses, s.cfg.Providers.At(from).ID); err != nil {
			return err
		}
	}
	for _, o := range owners {
		if err := s.retryWithdrawal(o); err != nil {
			return err
		}
	}
	return s.propose(p.sid)
}

// concerned lists whose fetched prekeys a proposal names: a withdrawal may have
// waited for it.
func concerned(p proposal) (out []identity.ID) {
	for _, e := range p.entries {
		out = append(out, conversation.FetchesFor(e.block)...)
		for _, n := range conversation.Assignments(e.block) {
			out = append(out, n.Owner)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// resolve commits the first count entries of a proposal, and frees what the rest
// had reserved.
func (s *step) resolve(p proposal, count int) error {
	link, err := s.broadcast(commit{p.sid, p.first, count})
	if err != nil {
		return err
	}
	s.d.Delete(proposalKey(p.sid))
	return s.finish(link, p, count)
}

// finish is what a commit does on every provider. It fills in the authors.
func (s *step) finish(link uint64, p proposal, count int) error {
	at, err := s.startWalk(p.sid)
	if err != nil {
		return err
	}
	for i := range p.entries {
		e := &p.entries[i]
		st, err := at.at(e.block)
		if err != nil {
			return err
		}
		e.author = e.block.AuthorIn(st.Roster)
		if i >= count {
			if err := s.release(st.Roster, e); err != nil {
				return err
			}
			at.apply(s.cfg.Suite, st, e.block)
			continue
		}
		if err := s.finalise(link, st, at.apply(s.cfg.Suite, st, e.block), e); err != nil {
			return err
		}
	}
	return nil
}

// sendBack refuses the entry that a mirror does not accept to its author, and puts
// the ones behind it back to the front of the waiting list.
func (s *step) sendBack(p proposal, refused int, v verdict, from identity.ID) error {
	back := make([]waiting, 0, len(p.entries))
	for i := refused; i < len(p.entries); i++ {
		e := p.entries[i]
		w := waiting{user: e.author, id: e.id, upload: e.upload, block: e.block}
		if i == refused {
			r := &refusal{reason: v.reason, user: v.user}
			if err := s.refuseFrom(w, r, from); err != nil {
				return err
			}
			continue
		}
		use, _ := s.mem.usage.get(w.user)
		use.count++
		use.bytes += w.size()
		s.mem.usage.put(w.user, use)
		back = append(back, w)
	}
	q, _ := s.mem.queues.get(p.sid)
	if list := append(back, q.list...); len(list) > 0 {
		s.mem.queues.put(p.sid, queue{list})
	}
	return nil
}

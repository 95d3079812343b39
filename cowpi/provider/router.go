package provider

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// upload takes an upload of a user: what is accepted already is answered with
// Seen, the rest waits for its turn (SPEC.md, section 9.4).
func (s *step) upload(id identity.ID, m exchange.Upload) error {
	d, err := conversation.Parse(s.cfg.Suite, m.Data)
	if err != nil {
		return err
	}
	w := waiting{user: id, id: m.ID(s.cfg.Suite), upload: m, block: d}
	if seen, last, err := s.seen(w); err != nil || seen {
		if err == nil {
			err = s.toUser(id, exchange.Seen{Sid: d.Sid, Seq: last})
		}
		return err
	}
	q, _ := s.mem.queues.get(d.Sid)
	if i := slices.IndexFunc(q.list, func(o waiting) bool { return o.id == w.id && o.user == id }); i >= 0 {
		q.list = slices.Clone(q.list) // the same again, perhaps with newer authentication
		q.list[i] = w
		s.mem.queues.put(d.Sid, q)
		return s.propose(d.Sid)
	}
	prop, _, err := s.inFlight(d.Sid)
	if err != nil {
		return err
	}
	n := 0
	for _, e := range prop.entries {
		if e.id == w.id {
			return nil
		}
		if e.block.Epoch == d.Epoch && e.block.Author == d.Author {
			n++
		}
	}
	for _, o := range q.list {
		if o.user == id {
			n++
		}
	}
	use, _ := s.mem.usage.get(id)
	why := exchange.Reason(0)
	switch {
	case !use.bucket.take(s.now, s.cfg.Limits):
		why = exchange.ReasonRate
	case n >= s.cfg.Limits.InFlight, use.count >= s.cfg.Limits.Waiting, use.bytes+w.size() > s.cfg.Limits.WaitingBytes:
		why = exchange.ReasonTooMany
	case w.size()+1024 > s.cfg.Limits.BatchBytes:
		why = exchange.ReasonTooLarge
	}
	if why != 0 {
		s.mem.usage.put(id, use)
		return s.refuse(w, refusefLimit(why))
	}
	use.count++
	use.bytes += w.size()
	s.mem.usage.put(id, use)
	s.mem.queues.put(d.Sid, queue{append(q.list[:len(q.list):len(q.list)], w)})
	return s.propose(d.Sid)
}

func refusefLimit(why exchange.Reason) *refusal {
	return refusef(why, "", fault.A6, "%v", why)
}

// take draws one upload from the bucket.
func (b *bucket) take(now uint64, l Limits) bool {
	full := uint64(l.Burst) * 1000
	if b.at == 0 {
		b.milli = full
	} else if now > b.at {
		b.milli = min(full, b.milli+min(now-b.at, full)*uint64(l.Rate))
	}
	b.at = max(now, 1)
	if b.milli < 1000 {
		return false
	}
	b.milli -= 1000
	return true
}

// seen says whether an upload is accepted already, by seq and epoch alone, and
// the author's last seq.
func (s *step) seen(w waiting) (bool, uint64, error) {
	k := s.public
	st, ok, err := k.Load(s.d, w.block.Sid, w.block.Author)
	if err != nil || !ok {
		return false, 0, err
	}
	if w.block.Type == conversation.SETUP {
		last := uint64(0)
		if pos := st.Roster.Position(w.user); pos >= 0 {
			a, err := k.Author(s.d, st.Head, uint16(pos))
			if err != nil {
				return false, 0, err
			}
			last = a.Seq
		}
		return true, last, nil
	}
	mine := int(w.block.Author) < st.Roster.Len() && st.Roster.At(int(w.block.Author)).ID == w.user
	return mine && w.block.Epoch == st.Epoch && w.block.Seq <= st.Last.Seq, st.Last.Seq, nil
}

// refuse tells an author that its upload is not taken. It is judged by committed
// state only.
func (s *step) refuse(w waiting, r *refusal) error { return s.refuseFrom(w, r, s.cfg.Self.ID) }

func (s *step) refuseFrom(w waiting, r *refusal, from identity.ID) error {
	h, _, err := s.public.Head(s.d, w.block.Sid)
	if err != nil {
		return err
	}
	index := h.Next
	if index > 0 {
		index--
	}
	s.event(Refused{User: w.user, Sid: w.block.Sid, Reason: r.reason.String(), Err: r.err})
	return s.toUser(w.user, exchange.Refused{Sid: w.block.Sid, Upload: w.id, Seq: w.block.Seq, Index: index,
		Epoch: h.Epoch, Reason: r.reason, User: r.user, From: from})
}

// unqueue notes that an upload does not wait any more.
func (s *step) unqueue(w waiting) {
	use, _ := s.mem.usage.get(w.user)
	use.count--
	use.bytes -= w.size()
	s.mem.usage.put(w.user, use)
}

func proposalKey(sid suite.Hash) []byte { return key(tabProposal, sid[:]) }

// inFlight reads the proposal of a conversation that is not resolved.
func (s *step) inFlight(sid suite.Hash) (proposal, bool, error) {
	return loadProposal(s.cfg.Suite, s.d, proposalKey(sid))
}

func loadProposal(sui suite.Suite, v store.View, k []byte) (proposal, bool, error) {
	raw, err := v.Get(k)
	if err != nil || raw == nil {
		return proposal{}, false, err
	}
	p, err := parseStoredProposal(sui, raw)
	return p, err == nil, err
}

func parseStoredProposal(sui suite.Suite, raw []byte) (proposal, error) {
	r := reader("proposal", raw)
	link := r.U64("link")
	m, err := readProposal(sui, r)
	if e := stored(r); e != nil {
		return proposal{}, e
	}
	if err != nil {
		return proposal{}, fault.Bugf("store: %v", err)
	}
	p := m.(proposal)
	p.link = link
	return p, nil
}

func (p proposal) store() []byte {
	w := record(4096).U64(p.link)
	p.encode(w)
	return w.Bytes()
}

func (s *step) saveProposal(p proposal) { s.d.Put(proposalKey(p.sid), p.store()) }

// propose makes a batch of what waits, if nothing is in flight. An entry is
// refused only by committed state: one that does not fit behind others of the
// batch waits for their fate.
func (s *step) propose(sid suite.Hash) error {
	q, ok := s.mem.queues.get(sid)
	if !ok || !s.plain.synced {
		return nil
	}
	if raw, err := s.d.Get(proposalKey(sid)); err != nil || raw != nil {
		return err
	}
	at, err := s.startWalk(sid)
	if err != nil {
		return err
	}
	p := proposal{sid: sid, first: at.st.Next}
	size := 0
	var rest []waiting
	for i, w := range q.list {
		if len(p.entries) == s.cfg.Limits.Batch {
			rest = append(rest, q.list[i:]...)
			break
		}
		e := proposed{upload: w.upload, block: w.block, id: w.id}
		st, r, err := s.offer(at, &e, w.user)
		if err != nil {
			return err
		}
		if r == nil && len(p.entries) > 0 && size+e.size() > s.cfg.Limits.BatchBytes {
			if err := s.release(st.Roster, &e); err != nil {
				return err
			}
			rest = append(rest, q.list[i:]...)
			break
		}
		switch {
		case r == nil:
			at.apply(s.cfg.Suite, st, e.block)
			s.unqueue(w)
			p.entries = append(p.entries, e)
			size += e.size()
		case len(p.entries) > 0:
			rest = append(rest, w)
		default:
			s.unqueue(w)
			if err := s.refuse(w, r); err != nil {
				return err
			}
		}
	}
	if len(rest) == 0 {
		s.mem.queues.del(sid)
	} else {
		s.mem.queues.put(sid, queue{rest})
	}
	if len(p.entries) == 0 {
		return nil
	}
	if s.mirrors() == 0 {
		if err := s.resolve(p, len(p.entries)); err != nil {
			return err
		}
		return s.propose(sid)
	}
	if p.link, err = s.broadcast(p); err == nil {
		s.saveProposal(p)
	}
	return err
}

// size is what an entry takes in a proposal.
func (e *proposed) size() int {
	w := wire.NewWriter(1024)
	proposal{entries: []proposed{*e}}.encode(w)
	return len(w.Bytes())
}

// offer judges an entry behind those before it and reserves its prekeys. It
// returns the state that it was judged by.
func (s *step) offer(at *walk, e *proposed, by identity.ID) (conversation.State, *refusal, error) {
	st, err := at.at(e.block)
	if err != nil {
		return st, nil, err
	}
	if r, err := s.judge(st, e, by); r != nil || err != nil {
		return st, r, err
	}
	if r, err := s.pickAssigned(e); r != nil || err != nil {
		return st, r, err
	}
	if err := s.name(st.Roster, e, true); err != nil {
		return st, nil, err
	}
	if n := e.size(); n > maxMessage/2 {
		if err := s.release(st.Roster, e); err != nil {
			return st, nil, err
		}
		return st, refusef(exchange.ReasonTooLarge, "", fault.A6, "%d bytes with the prekeys to assign", n), nil
	}
	return st, nil, nil
}

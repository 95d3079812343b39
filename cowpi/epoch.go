package cowpi

import (
	"encoding/binary"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// resolve takes our own upload that came back: its chains are known to their
// recipients, and the pairs that it made are pairs from now on.
func (s *step) resolve(sid suite.Hash, e entry) error {
	u, err := s.body(sid, e.pending.Serial)
	if err != nil {
		return err
	}
	s.dropUpload(sid, e.pending.Serial)
	for i, id := range conversation.Recipients(e.before.Roster, e.d) {
		peer, selfJoin, fresh := e.peerOf(s.self.ID, id)
		block := u.Blocks[i]
		name := activePair(sid, selfJoin, peer.Joined, id)
		if fresh {
			made := pendingPair(sid, e.pending.Serial, id)
			st, err := s.loadPair(made)
			if err != nil {
				return err
			}
			st.Send, _ = st.Send.Confirm(block)
			s.saveSend(name, st.Send)
			s.saveReceive(name, st.Receive)
			continue
		}
		// A continue form only moves a floor that may lag behind: look at it rarely,
		// so that the delta of an accepted upload stays small.
		if h, err := pair.ParseHeader(s.suite, block); err == nil && !h.Start && h.N%64 != 0 {
			continue
		}
		send, err := s.loadSend(name)
		if err != nil {
			return err
		}
		if send, changed := send.Confirm(block); changed {
			s.saveSend(name, send)
		}
	}
	return nil
}

// newEpoch goes over to the roster of a SETUP or UPDATE (SPEC.md, 10.6).
func (s *step) newEpoch(c local, e entry) error {
	sid, d := e.m.Sid, e.d
	ev := RosterChanged{Sid: sid, Index: e.m.Index, Epoch: d.NewEpoch(), By: e.author}
	for _, p := range d.Roster.Entries() {
		ev.Members = append(ev.Members, Member{p.ID, p.Key, p.Joined})
		switch {
		case p.Joined != d.NewEpoch():
		case e.before.Roster != nil && e.before.Roster.Position(p.ID) >= 0:
			ev.Restarted = append(ev.Restarted, p.ID)
		case !e.joining || p.ID == s.self.ID:
			ev.Added = append(ev.Added, p.ID)
		}
	}
	if e.before.Roster != nil {
		for _, p := range e.before.Roster.Entries() {
			if d.Roster.Position(p.ID) < 0 {
				ev.Removed = append(ev.Removed, p.ID)
				s.draft.Delete(shownKey(sid, p.ID))
			}
		}
	}
	if d.Type == conversation.UPDATE {
		s.emit(Acked{sid, e.m.Index, e.author, d.K})
	}
	s.emit(ev)
	self, in := d.Roster.Find(s.self.ID)
	if !in {
		reason := EndRemoved
		if e.own {
			reason = EndLeft
		}
		return s.end(sid, reason, e.m.Index, d.NewEpoch(), nil)
	}
	if self.Joined == d.NewEpoch() {
		c.Joined, c.MayWrite, c.Adder, c.SelfRestart = self.Joined, false, "", false
		if d.Type == conversation.UPDATE {
			c.Adder, c.SelfRestart = e.author, e.own
		}
	}
	if c.Phase == phaseGone || c.Phase == phaseUnknown {
		c.Owed, c.DueAt, c.HeldTexts = 0, 0, false
	}
	c.Phase = phaseActive
	c = s.owe(c, e)
	if err := s.dropOldEpoch(sid, d.Roster, self); err != nil {
		return err
	}
	if e.own {
		if err := s.dropIntent(sid, e.pending.Serial); err != nil {
			return err
		}
	}
	// Texts that wait were written for the readers of before. Where we added
	// somebody ourselves, they were handed over in that knowledge.
	if len(ev.Added) > 0 && !e.own && !e.joining && d.Type == conversation.UPDATE {
		texts, err := s.unwritten(sid)
		if err != nil {
			return err
		}
		if len(texts) > 0 {
			c.HeldTexts = true
			s.emit(TextsHeld{sid, ev.Added, texts})
		}
	}
	s.putLocal(sid, c)
	s.draft.Delete(sidKey(keyHold, sid))
	return nil
}

// dropOldEpoch wipes what belonged to the epoch before: uploads that can have no
// place any more (their texts wait again), pairs made for them, and the pairs with
// those that are gone or started afresh.
func (s *step) dropOldEpoch(sid suite.Hash, roster *conversation.Roster, self conversation.Entry) error {
	for _, kind := range []byte{keyUpload, keyBody, keyPending} {
		if err := s.wipeAll(sidKey(kind, sid)); err != nil {
			return err
		}
	}
	err := s.eachText(sid, func(n uint64, q queued) {
		if q.Written {
			q.Written = false
			s.putText(sid, n, q)
		}
	})
	if err != nil {
		return err
	}
	prefix := sidKey(keyPair, sid)
	return s.scan(prefix, func(tail, _ []byte) error {
		selfJoin, peerJoin := binary.BigEndian.Uint32(tail), binary.BigEndian.Uint32(tail[4:])
		peer := identity.ID(tail[8 : len(tail)-2]) // the rest: a zero and the half
		p, in := roster.Find(peer)
		if !in || p.Joined != peerJoin || self.Joined != selfJoin {
			s.draft.Delete(append(prefix[:len(prefix):len(prefix)], tail...))
		}
		return nil
	})
}

// stopAt ends a conversation at a delivery that breaks a check (SPEC.md, 10.7).
func (s *step) stopAt(sid suite.Hash, c local, same []*exchange.Delivery, cause error) error {
	index := same[0].Index
	var err error
	switch c.Phase {
	case phaseGone: // we are out already: what the providers tell apart is nothing to us
		c.LastIndex = max(c.LastIndex, index)
		s.putLocal(sid, c)
		err = s.wipe(sid) // an entry that would have brought us back may have made pairs
	case phaseUnknown:
		err = s.end(sid, EndDeclined, index, 0, cause)
	default:
		err = s.stop(sid, cause)
	}
	for _, m := range same {
		if err == nil {
			err = s.wipeNamed(*m)
		}
	}
	return err
}

// stop ends a conversation that we take part in. A last receipt tells the others,
// whatever the head is; it is sent once and changes nothing.
func (s *step) stop(sid suite.Hash, cause error) error {
	c, err := s.local(sid)
	if err != nil {
		return err
	}
	switch c.Phase {
	case phaseActive:
		h, _, err := s.keep.Head(s.draft, sid)
		if err != nil {
			return err
		}
		if err := s.writeStopped(sid); err != nil && !exhausted(err) {
			return err
		}
		return s.end(sid, EndStopped, h.Next-1, h.Epoch, cause)
	case phaseGone:
		return nil
	}
	var index uint64
	if b := s.look(sid); b != nil {
		for _, list := range b.got {
			for _, d := range list {
				index = max(index, d.Index)
			}
		}
	}
	s.due[sid] = true
	return s.end(sid, EndDeclined, index, 0, cause)
}

// wipe deletes every record of a conversation that holds a secret or a wish.
func (s *step) wipe(sid suite.Hash) error {
	for _, kind := range []byte{keyPair, keyPending, keyText, keyUpload, keyBody, keyIntent, keyHold} {
		if err := s.wipeAll(sidKey(kind, sid)); err != nil {
			return err
		}
	}
	return nil
}

// end wipes all that is ours of a conversation but three numbers and the hashes
// of texts that were shown.
func (s *step) end(sid suite.Hash, reason EndReason, index uint64, epoch uint32, cause error) error {
	var texts []Text
	if err := s.eachText(sid, func(_ uint64, q queued) { texts = append(texts, q.Text) }); err != nil {
		return err
	}
	if err := s.wipe(sid); err != nil {
		return err
	}
	err := s.operations(func(o operation) error {
		if o.Sid == sid {
			s.draft.Delete(fetchKey(o.ID))
			s.setFetched(o.ID, nil)
		}
		return nil
	})
	if err != nil {
		return err
	}
	code, _, err := s.Code(s.draft, sid)
	if err != nil {
		return err
	}
	if err := s.keep.Drop(s.draft, sid); err != nil {
		return err
	}
	s.putLocal(sid, local{Phase: phaseGone, Reason: reason, LastEpoch: epoch, LastIndex: index})
	s.emit(Ended{sid, reason, index, epoch, cause, texts, code})
	return nil
}

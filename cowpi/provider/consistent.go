package provider

import (
	"encoding/binary"
	"errors"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// refuteState turns a contradiction that shows while a told state is taken over
// into evidence against the mirror that told it. In a state of our own it would
// be a bug.
func refuteState(err error) error {
	var bug *fault.Bug
	if errors.As(err, &bug) {
		return fault.Refute(fault.M1, "a state that does not fit together: %v", bug)
	}
	return err
}

// consistent says whether the records of a state that was taken over fit together:
// whatever a later step relies upon without looking must be true. Its loops go
// over records that are there, however far the numbers in them reach.
func (s *step) consistent() error {
	if err := s.membersAreOwed(); err != nil {
		return err
	}
	readers, err := s.countReaders()
	if err != nil {
		return err
	}
	live := map[string]int{} // key of a batch -> prekeys
	if err := s.entriesAreOwed(readers, live); err != nil {
		return err
	}
	return s.stocksFit(live)
}

// sidIndex takes the key of an entry apart.
func sidIndex(k []byte) entryKey {
	return entryKey{suite.Hash(k[1:]), beKey(k)}
}

// membersAreOwed: who takes part in a conversation is owed what comes in it, and
// nobody else.
func (s *step) membersAreOwed() error {
	open := map[suite.Hash]int{}
	var failed error
	err := scanPrefix(s.d, key(tabCursor), func(k, raw []byte) bool {
		list, err := parseCursor(raw)
		if err == nil && len(list) > 0 && list[len(list)-1].to == 0 {
			open[suite.Hash(k[1+identity.IDFieldSize:])]++
		}
		failed = err
		return failed == nil
	})
	if err = firstError(failed, err); err != nil {
		return err
	}
	sids, err := s.public.Sids(s.d)
	if err != nil {
		return err
	}
	for _, sid := range sids {
		st, _, err := s.public.Load(s.d, sid, 0)
		if err != nil {
			return err
		}
		if st.Providers != s.digest {
			return fault.Bugf("a conversation of another provider set")
		}
		for i := range st.Roster.Len() {
			list, err := loadCursor(s.d, st.Roster.At(i).ID, sid)
			if err != nil {
				return err
			}
			if len(list) == 0 || list[len(list)-1].to != 0 {
				return fault.Bugf("%q takes part and is owed nothing", st.Roster.At(i).ID)
			}
		}
		if open[sid] != st.Roster.Len() {
			return fault.Bugf("%d are owed what comes, %d take part", open[sid], st.Roster.Len())
		}
		delete(open, sid)
	}
	if len(open) > 0 {
		return fault.Bugf("somebody is owed what comes in no conversation")
	}
	return nil
}

// countReaders puts together every delivery that is owed, and counts them.
func (s *step) countReaders() (map[entryKey]uint32, error) {
	readers := map[entryKey]uint32{}
	var failed error
	err := scanPrefix(s.d, key(tabCursor), func(k, raw []byte) bool {
		r := wire.NewReader("key", k[1:])
		id, sid := identity.ReadID(r, "user"), wire32(r, "sid")
		failed = s.countOwed(readers, id, sid, raw)
		return failed == nil
	})
	return readers, firstError(failed, err)
}

func (s *step) countOwed(readers map[entryKey]uint32, id identity.ID, sid suite.Hash, raw []byte) error {
	list, err := parseCursor(raw)
	if err != nil {
		return err
	}
	h, _, err := s.public.Head(s.d, sid)
	if err != nil {
		return err
	}
	before := uint64(0)
	for i, x := range list {
		end := x.to
		switch {
		case end == 0 && i == len(list)-1:
			end = h.Next
		case end <= x.from || end > h.Next:
			return fault.Bugf("%q is owed %d up to %d", id, x.from, x.to)
		}
		if x.from < before || x.from > h.Next {
			return fault.Bugf("%q is owed %d and more, of %d", id, x.from, h.Next)
		}
		before = end
		for at := (entryKey{sid, x.from}); at.index < end; at.index++ {
			if _, err := s.deliveryTo(id, at, at.index); err != nil { // it must be there
				return err
			}
			readers[at]++
		}
	}
	return nil
}

// entriesAreOwed: an entry is kept for just those who are still owed it. It counts
// the prekeys that entries hold.
func (s *step) entriesAreOwed(readers map[entryKey]uint32, live map[string]int) error {
	var failed error
	left := 0
	err := scanPrefix(s.d, key(tabLeft), func(k, raw []byte) bool {
		left++
		if at := sidIndex(k); binary.BigEndian.Uint32(raw) != readers[at] {
			failed = fault.Bugf("index %d is kept for another number of readers", at.index)
		}
		return failed == nil
	})
	if err = firstError(failed, err); err != nil {
		return err
	}
	entries := 0
	err = scanPrefix(s.d, key(tabEntry), func(k, _ []byte) bool {
		entries++
		failed = s.entryFits(sidIndex(k), live)
		return failed == nil
	})
	if err = firstError(failed, err); err == nil && (left != len(readers) || entries != len(readers)) {
		err = fault.Bugf("%d entries are kept, for %d, and %d are owed", entries, left, len(readers))
	}
	return err
}

// entryFits counts the prekeys that an entry assigns: as many as are due.
func (s *step) entryFits(at entryKey, live map[string]int) error {
	l, err := s.load(at)
	if err != nil {
		return err
	}
	d, err := l.block(s.cfg.Suite)
	if err != nil {
		return err
	}
	needs := conversation.Assignments(d)
	if d.Sid != at.sid || len(needs) != len(l.picks) {
		return fault.Bugf("index %d is of another conversation, or assigns other prekeys", at.index)
	}
	for i, n := range needs {
		if countRuns(l.picks[i]) != len(n.Peers) {
			return fault.Bugf("index %d assigns other prekeys of %q", at.index, n.Owner)
		}
		countLive(live, n.Owner, l.picks[i])
	}
	return nil
}

func countLive(live map[string]int, id identity.ID, runs []run) {
	for _, r := range runs {
		live[string(batchKey(tabBatch, id, r.first.batch()))] += r.count
	}
}

// stocksFit: what is free, or assigned by an entry, is there, and is all that a
// batch counts; and nothing is named any more, there being no proposals.
func (s *step) stocksFit(live map[string]int) error {
	var failed error
	err := scanPrefix(s.d, key(tabOwner), func(k, raw []byte) bool {
		id := identity.ReadID(wire.NewReader("key", k[1:]), "owner")
		o, err := parseOwner(raw)
		for _, r := range o.free {
			if _, e := prekey(s.d, id, r.end()-1); e != nil {
				err = firstError(err, e)
			}
		}
		countLive(live, id, o.free)
		failed = err
		return failed == nil
	})
	if err = firstError(failed, err); err != nil {
		return err
	}
	err = scanPrefix(s.d, key(tabBatch), func(k, raw []byte) bool {
		b, err := parseBatch(raw)
		if err == nil && (b.live == 0 || b.live != live[string(k)]) {
			err = fault.Bugf("a batch has %d live prekeys, %d were found", b.live, live[string(k)])
		}
		delete(live, string(k))
		failed = err
		return failed == nil
	})
	if err = firstError(failed, err); err == nil && len(live) > 0 {
		err = fault.Bugf("prekeys of %d batches that are not there", len(live))
	}
	if err != nil {
		return err
	}
	err = scanPrefix(s.d, key(tabFetched), func(_, raw []byte) bool {
		f, err := parseFetched(raw)
		if err == nil && f.named {
			err = fault.Bugf("a prekey is named by no proposal")
		}
		failed = err
		return failed == nil
	})
	return firstError(failed, err)
}

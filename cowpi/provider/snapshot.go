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

// A router that was restored from a backup finds that its mirrors know more of
// its log than it does. It then (SPEC.md, section 9.5)
//
//   - takes over the whole shared state of the mirror that has taken the most of
//     its log, with the end of the log, which the other mirrors get again;
//   - drops the proposals in flight: nothing of them was delivered, and their
//     prekeys are free again;
//   - has every mirror begin its own log anew with what still counts of it: which
//     batches it holds, which withdrawals were asked for.
//
// What was delivered stays delivered, and no index is used twice: the router had
// delivered nothing that was not with every mirror. It trusts the mirror for what
// it forgot; that its memory is lost is what a backup means. Keys of users, their
// authentication keys and registrations are its own and never taken over.

const (
	snapshotPacket = 900 << 10
	maxSnapshot    = 1 << 30
)

// catchUp asks the mirrors, as far as they are connected and not asked yet.
func (s *step) catchUp() error {
	if s.plain.source == 0 {
		s.plain.source = 1
		for i := 2; i <= s.mirrors(); i++ {
			if s.plain.hellos[i].number > s.plain.hellos[s.plain.source].number {
				s.plain.source = i
			}
		}
	}
	for i := 1; i <= s.mirrors(); i++ {
		l := &s.plain.links[i]
		if l.phase != linkHeard {
			continue
		}
		if i == s.plain.source {
			s.plain.state, s.plain.size = nil, 0
		}
		s.plain.ended &^= 1 << i
		l.phase = linkCatching
		if err := s.send(l.conn, packet{kind: packetResync, full: i == s.plain.source}.encode()); err != nil {
			return err
		}
	}
	return nil
}

// tellState answers on a mirror: it begins its own log anew, and tells its state.
func (s *step) tellState(id ConnID, full bool) error {
	st, err := s.beginAnew()
	if err != nil {
		return err
	}
	if full {
		if err := s.tellRecords(id); err != nil {
			return err
		}
	}
	return s.send(id, packet{kind: packetEnd, number: st.last, digest: st.digest}.encode())
}

// beginAnew drops what the mirror's log still holds, and writes into it what of
// all that it ever held still counts. It returns where the new log begins.
func (s *step) beginAnew() (logState, error) {
	st, err := outlog{s.d}.state()
	if err != nil {
		return st, err
	}
	for ; st.first <= st.last; st.first++ {
		s.d.Delete(numbered(keyOutM, st.first))
	}
	st.before = st.digest
	saveState(s.d, st)
	s.d.Put(append(slices.Clone(keyAcked), 0), be64(st.last))

	var messages []message
	var failed error
	err = scanPrefix(s.d, key(tabBatch), func(k, raw []byte) bool {
		r := wire.NewReader("key", k[1:])
		m := confirm{owner: identity.ReadID(r, "owner"), batch: r.U32("batch")}
		if failed = stored(r); failed != nil {
			return false
		}
		var b batch
		if b, failed = parseBatch(raw); failed != nil {
			return false
		}
		m.digest = b.digest
		messages = append(messages, m)
		return true
	})
	if failed != nil || err != nil {
		return st, firstError(failed, err)
	}
	err = scanPrefix(s.d, key(tabOwner), func(k, raw []byte) bool {
		r := wire.NewReader("key", k[1:])
		id := identity.ReadID(r, "owner")
		o, e := parseOwner(raw)
		if failed = firstError(stored(r), e); failed != nil {
			return false
		}
		if o.asked > 0 {
			messages = append(messages, asked{id, o.asked})
		}
		return true
	})
	if failed != nil || err != nil {
		return st, firstError(failed, err)
	}
	for _, m := range messages {
		if _, err := (outlog{s.d}).append(s.cfg.Suite, s.d, encodeMessage(m)); err != nil {
			return st, err
		}
	}
	return st, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// snapshotPrefixes are what a mirror tells: the shared tables, how far it took
// the router's log, and what it keeps of it.
func snapshotPrefixes() [][]byte {
	var out [][]byte
	for _, t := range sharedTables {
		out = append(out, key(t))
	}
	return append(out, inlog{}.key(), keyTail)
}

func (s *step) tellRecords(id ConnID) error {
	p := packet{kind: packetSnapshot}
	size := 0
	flush := func() error {
		if len(p.records) == 0 {
			return nil
		}
		err := s.send(id, p.encode())
		p.records, size = nil, 0
		return err
	}
	for _, prefix := range snapshotPrefixes() {
		var failed error
		err := scanPrefix(s.d, prefix, func(k, v []byte) bool {
			n := len(k) + len(v) + 8
			if size+n > snapshotPacket || len(p.records) == 1<<15 {
				failed = flush()
			}
			p.records = append(p.records, store.Record{Key: k, Value: v})
			size += n
			return failed == nil
		})
		if failed != nil || err != nil {
			return firstError(failed, err)
		}
	}
	return flush()
}

// heardState collects what the mirrors answer; when all have, it is taken over
// in one step.
func (s *step) heardState(peer int, p packet) error {
	if p.kind == packetSnapshot {
		if peer != s.plain.source {
			return fault.Refute(fault.M1, "state that was not asked for")
		}
		for _, r := range p.records {
			s.plain.size += len(r.Key) + len(r.Value)
		}
		if s.plain.size > maxSnapshot {
			return fault.Refute(fault.M1, "a state of %d bytes", s.plain.size)
		}
		s.plain.state = append(s.plain.state[:len(s.plain.state):len(s.plain.state)], p.records...)
		return nil
	}
	s.plain.ends = with(s.plain.ends, peer, p)
	s.plain.ended |= 1 << peer
	if s.plain.ended != 1<<(s.mirrors()+1)-2 {
		return nil
	}
	return s.takeOver()
}

// takeOver installs the state of the source. Every record of it is checked for
// its form, and then whether all fit together, so that the store holds nothing
// that we could not read, or that would break a later step: check M1.
func (s *step) takeOver() error {
	source := s.plain.source
	for _, t := range append(slices.Clone(sharedTables), tabConfirm, tabAsked, tabReady, tabVerdict, tabStable, tabExpiry, tabLink) {
		if err := s.wipe(key(t)); err != nil {
			return err
		}
	}
	tail := map[uint64][]byte{}
	for _, r := range s.plain.state {
		if err := s.wellFormed(r); err != nil {
			return fault.Refute(fault.M1, "a record of the state: %v", err)
		}
		if isPrefix(keyTail, r.Key) {
			tail[beKey(r.Key)] = r.Value
			continue
		}
		s.d.Put(r.Key, r.Value)
	}
	if err := s.takeOverLog(tail); err != nil {
		return err
	}
	if err := s.wipe(inlog{}.key()); err != nil {
		return err
	}
	for i := 1; i <= s.mirrors(); i++ {
		inlog{s.d, i}.set(s.d, s.plain.ends[i].number, s.plain.ends[i].digest)
	}
	if err := refuteState(s.rebuild()); err != nil {
		return err
	}
	s.plain.state, s.plain.size, s.plain.source = nil, 0, 0
	s.entries = map[entryKey]*loaded{}
	s.plain.synced = true
	s.event(Restored{source})
	if err := refuteState(s.dropProposals()); err != nil {
		return err
	}
	if err := refuteState(s.consistent()); err != nil {
		return err
	}
	if err := s.greetAll(); err != nil {
		return err
	}
	if err := s.pushEverything(); err != nil {
		return err
	}
	return s.work()
}

func isPrefix(prefix, k []byte) bool {
	return len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix)
}

func (s *step) wipe(prefix []byte) error {
	var keys [][]byte
	err := scanPrefix(s.d, prefix, func(k, _ []byte) bool { keys = append(keys, k); return true })
	for _, k := range keys {
		s.d.Delete(k)
	}
	return err
}

// takeOverLog rebuilds the router's own log from the end of it that the source
// keeps: check M1, its digests chain up.
func (s *step) takeOverLog(tail map[uint64][]byte) error {
	last, digest, err := inlog{s.d, 0}.at()
	if err != nil {
		return err
	}
	first := last + 1
	for first > 1 && len(tail[first-1]) > suite.KeySize {
		first--
	}
	st := logState{first: first, last: last, digest: digest}
	if first > 1 && first <= last { // of the first one kept only the digest counts
		st.first, st.before = first+1, suite.Hash(tail[first])
	}
	h := st.before
	for n := st.first; n <= last; n++ {
		m := tail[n][suite.KeySize:]
		if h = digestAfter(s.cfg.Suite, h, m); h != suite.Hash(tail[n]) {
			return fault.Refute(fault.M1, "the digest at message %d is wrong", n)
		}
		s.d.Put(numbered(keyOutM, n), tail[n])
	}
	if h != digest {
		return fault.Refute(fault.M1, "the digest at message %d is wrong", last)
	}
	for i := 1; i <= s.mirrors(); i++ {
		n := s.plain.hellos[i].number
		if n > last || n < st.first-1 {
			return fault.Refute(fault.M1, "mirror %d has taken %d messages, %d to %d are known", i, n, st.first, last)
		}
		s.d.Put(append(slices.Clone(keyAcked), byte(i)), be64(n))
	}
	saveState(s.d, st)
	s.d.Put(keyRestored, be64(last))
	return nil
}

// keyRestored holds the number of the log at which the router was last restored.
var keyRestored = key(tabLink, []byte("r"))

func (s *step) restoredAt() (uint64, error) {
	return number(s.d, keyRestored)
}

// rebuild makes the router's own tables from the shared ones: what may be
// delivered, and when fetches expire.
func (s *step) rebuild() error {
	k := conversation.NewKeeper(s.cfg.Suite, tabPublic) // one that has not seen any roster before
	sids, err := k.Sids(s.d)
	if err != nil {
		return err
	}
	for _, sid := range sids {
		st, _, err := k.Load(s.d, sid, 0)
		if err != nil {
			return fault.Refute(fault.M1, "a public state: %v", err)
		}
		s.d.Put(key(tabStable, sid[:]), be64(st.Next))
	}
	st, err := outlog{s.d}.state()
	if err != nil {
		return err
	}
	stable, err := s.stableNo()
	if err != nil {
		return err
	}
	for n := st.last; n > stable; n-- { // backwards: the first commit not everywhere counts
		raw, _, err := outlog{s.d}.get(n)
		if err != nil {
			return err
		}
		m, err := parseMessage(s.cfg.Suite, raw)
		if err != nil {
			return err
		}
		if c, ok := m.(commit); ok && c.count > 0 {
			s.d.Put(key(tabStable, c.sid[:]), be64(c.first))
		}
	}
	var failed error
	err = scanPrefix(s.d, key(tabFetch), func(k, raw []byte) bool {
		r := wire.NewReader("key", k[1:])
		user, id := identity.ReadID(r, "user"), wire.Array16[exchange.FetchID](r, "fetch")
		f, e := parseFetch(raw)
		failed = firstError(stored(r), e)
		s.d.Put(expiryKey(f.expires, user, id), []byte{})
		return failed == nil
	})
	return firstError(failed, err)
}

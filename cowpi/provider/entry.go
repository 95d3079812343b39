package provider

import (
	"encoding/binary"
	"math"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// entry is an accepted upload, kept until everybody has acknowledged it.
type entry struct {
	before suite.Hash // h_{i-1}
	author identity.ID
	data   []byte
	blocks [][]byte
	picks  [][]run
}

type entryKey struct {
	sid   suite.Hash
	index uint64
}

func (k entryKey) key(tab byte) []byte { return key(tab, k.sid[:], be64(k.index)) }

func (e entry) encode() []byte {
	w := record(256 + len(e.data) + len(e.blocks)*pair.StartSize)
	w.Fixed(e.before[:]).Fixed(e.author.Field()).Field(e.data).Count(len(e.blocks))
	for _, b := range e.blocks {
		w.Field(b)
	}
	w.Count(len(e.picks))
	for _, runs := range e.picks {
		encodeRuns(w, runs)
	}
	return w.Bytes()
}

func parseEntry(raw []byte) (entry, error) {
	r := reader("entry", raw)
	e := entry{before: wire32(r, "before"), author: identity.ReadID(r, "author"),
		data: r.Bytes("data block", conversation.MaxDataBlock)}
	for range r.Count("blocks", exchange.MaxBlocks, 4) {
		e.blocks = append(e.blocks, r.Bytes("block", pair.StartSize))
	}
	for range r.Count("picks", conversation.MaxRoster, 2) {
		e.picks = append(e.picks, readRuns(r))
	}
	return e, stored(r)
}

// finalise applies one entry at the end of its conversation: public state,
// entry, cursors, logs (SPEC.md, section 9.4). st is the state that it was judged
// by, after is conversation.Apply of it. Its prekeys are reserved.
func (s *step) finalise(link uint64, st, after conversation.State, e *proposed) error {
	d, at := e.block, entryKey{after.Sid, st.Next}
	if err := s.public.Save(s.d, after, d); err != nil {
		return err
	}
	author := d.AuthorIn(st.Roster)
	s.d.Put(at.key(tabEntry), entry{st.Digest, author, e.upload.Data, e.upload.Blocks, e.picks}.encode())
	others := conversation.Recipients(st.Roster, d)
	s.d.Put(at.key(tabLeft), be32(uint32(1+len(others))))
	if d.Roster != nil {
		if err := s.turnOver(at, st, d, append(others, author)); err != nil {
			return err
		}
	}
	if err := s.use(st.Roster, e); err != nil {
		return err
	}
	for i, n := range conversation.Assignments(d) {
		entries := make([]exchange.Handout, len(n.Peers))
		var failed error
		eachNo(e.picks[i], func(k int, no stockNo) {
			p, err := prekey(s.d, n.Owner, no)
			if err != nil {
				failed = err
			}
			entries[k] = exchange.Handout{Kind: exchange.HandoutAssigned, Prekey: p.ID, To: n.Peers[k], Sid: at.sid}
		})
		if failed != nil {
			return failed
		}
		if err := s.log(n.Owner, link, entries); err != nil {
			return err
		}
	}
	s.event(Committed{at.sid, at.index})
	return nil
}

// lastEpoch stands for the end of an epoch that is not over.
const lastEpoch = math.MaxUint64

// turnOver begins an epoch: the roster of the one before stays for as long as
// entries of it do, those who come get a cursor, those who go an end.
func (s *step) turnOver(at entryKey, st conversation.State, d *conversation.DataBlock, concerned []identity.ID) error {
	if st.Roster != nil {
		s.d.Put(key(tabRoster, at.sid[:], be64(at.index)), st.Roster.Bytes())
	}
	s.d.Put(key(tabRoster, at.sid[:], be64(lastEpoch)), d.Roster.Bytes())
	for _, id := range concerned {
		was := st.Roster != nil && st.Roster.Position(id) >= 0
		is := d.Roster.Position(id) >= 0
		if was == is {
			continue
		}
		list, err := loadCursor(s.d, id, at.sid)
		if err != nil {
			return err
		}
		if is {
			list = append(list, stretch{from: at.index})
		} else {
			if len(list) == 0 || list[len(list)-1].to != 0 {
				return fault.Bugf("%q has no open cursor", id)
			}
			list[len(list)-1].to = at.index + 1
		}
		saveCursor(s.d, id, at.sid, list)
	}
	return nil
}

// acknowledged counts one reader of an entry less, and drops it after the last.
func (s *step) acknowledged(at entryKey) error {
	raw, err := s.d.Get(at.key(tabLeft))
	if err != nil {
		return err
	}
	if len(raw) != 4 {
		return fault.Bugf("index %d is gone before all have acknowledged it", at.index)
	}
	if left := binary.BigEndian.Uint32(raw); left > 1 {
		s.d.Put(at.key(tabLeft), be32(left-1))
		return nil
	}
	e, err := s.load(at)
	if err != nil {
		return err
	}
	if len(e.picks) > 0 {
		d, err := e.block(s.cfg.Suite)
		if err != nil {
			return err
		}
		for i, n := range conversation.Assignments(d) {
			if err := s.retire(n.Owner, e.picks[i]); err != nil {
				return err
			}
		}
	}
	s.d.Delete(at.key(tabLeft))
	s.d.Delete(at.key(tabEntry))
	delete(s.entries, at)
	return s.dropRoster(at)
}

// dropRoster drops the roster of the epoch of an entry that is gone, if the epoch
// is over and no entry of it is left.
func (s *step) dropRoster(at entryKey) error {
	var before uint64 // first index of the epoch's entries
	var end []byte
	err := scanPrefix(s.d, key(tabRoster, at.sid[:]), func(k, _ []byte) bool {
		if n := beKey(k); n < at.index {
			before = n + 1
			return true
		}
		end = k
		return false
	})
	if err != nil {
		return err
	}
	if end == nil || beKey(end) == lastEpoch {
		return nil
	}
	left := false
	err = s.d.Scan(entryKey{at.sid, before}.key(tabLeft), entryKey{at.sid, beKey(end) + 1}.key(tabLeft),
		func(_, _ []byte) bool { left = true; return false })
	if err == nil && !left {
		s.d.Delete(end)
	}
	return err
}

// loaded is an entry with what is needed to deliver it, read once in a step.
type loaded struct {
	entry
	parsed *conversation.DataBlock // if needed
	roster *conversation.Roster    // by which it was judged; of a SETUP its own
	order  []identity.ID           // of an UPDATE: its recipients
	needs  map[identity.ID]need    // whose prekeys were picked
	owners []identity.ID
}

type need struct {
	peers []identity.ID
	nos   []stockNo
}

func (l *loaded) block(sui suite.Suite) (*conversation.DataBlock, error) {
	if l.parsed == nil {
		d, err := conversation.Parse(sui, l.data)
		if err != nil {
			return nil, fault.Bugf("store: %v", err)
		}
		l.parsed = d
	}
	return l.parsed, nil
}

func (s *step) load(at entryKey) (*loaded, error) {
	if l, ok := s.entries[at]; ok {
		return l, nil
	}
	raw, err := s.d.Get(at.key(tabEntry))
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, fault.Bugf("index %d is gone before all have acknowledged it", at.index)
	}
	l := &loaded{}
	if l.entry, err = parseEntry(raw); err != nil {
		return nil, err
	}
	s.entries[at] = l
	return l, nil
}

// readers prepares delivery: the roster, and for an UPDATE the recipients.
func (s *step) readers(at entryKey) (*loaded, error) {
	l, err := s.load(at)
	if err != nil || l.roster != nil {
		return l, err
	}
	var raw []byte
	err = s.d.Scan(key(tabRoster, at.sid[:], be64(at.index)), store.PrefixEnd(key(tabRoster, at.sid[:])),
		func(_, v []byte) bool { raw = v; return false })
	if err != nil {
		return nil, err
	}
	if l.roster, err = conversation.ParseRoster(s.cfg.Suite, raw); err != nil {
		return nil, fault.Bugf("store: roster of index %d: %v", at.index, err)
	}
	if conversation.Type(l.data[typeOffset]) == conversation.UPDATE {
		d, err := l.block(s.cfg.Suite)
		if err != nil {
			return nil, err
		}
		l.order = conversation.Recipients(l.roster, d)
	}
	return l, s.assigned(l)
}

// typeOffset is where the type stands in a data block: behind version, suite, Sid.
const typeOffset = 1 + 2 + 32

// assigned prepares the look-up of assigned prekeys.
func (s *step) assigned(l *loaded) error {
	if len(l.picks) == 0 {
		return nil
	}
	d, err := l.block(s.cfg.Suite)
	if err != nil {
		return err
	}
	l.needs = map[identity.ID]need{}
	for i, n := range conversation.Assignments(d) {
		x := need{peers: n.Peers, nos: make([]stockNo, 0, len(n.Peers))}
		eachNo(l.picks[i], func(_ int, no stockNo) { x.nos = append(x.nos, no) })
		l.needs[n.Owner] = x
		l.owners = append(l.owners, n.Owner)
	}
	return nil
}

// blockFor is the block of one reader; nil for the author.
func (l *loaded) blockFor(id identity.ID) ([]byte, error) {
	if id == l.author {
		return nil, nil
	}
	pos := -1
	if l.order != nil {
		if i, ok := slices.BinarySearch(l.order, id); ok {
			pos = i
		}
	} else if pos = l.roster.Position(id); pos > l.roster.Position(l.author) {
		pos--
	}
	if pos < 0 || pos >= len(l.blocks) {
		return nil, fault.Bugf("no block for %q", id)
	}
	return l.blocks[pos], nil
}

// to returns the prekey of owner that was assigned for peer.
func (n need) to(peer identity.ID) (stockNo, bool) {
	i, ok := slices.BinarySearch(n.peers, peer)
	if !ok {
		return 0, false
	}
	return n.nos[i], true
}

// deliveryTo puts together what one reader gets.
func (s *step) deliveryTo(id identity.ID, at entryKey, head uint64) (exchange.Delivery, error) {
	l, err := s.readers(at)
	if err != nil {
		return exchange.Delivery{}, err
	}
	m := exchange.Delivery{Sid: at.sid, Index: at.index, Head: head, Before: l.before, Data: l.data}
	if m.Block, err = l.blockFor(id); err != nil {
		return m, err
	}
	own, ok := l.needs[id]
	if !ok {
		return m, nil
	}
	for _, peer := range own.peers { // pairs need a prekey in each direction
		no, ok := l.needs[peer].to(id)
		mine, _ := own.to(peer)
		if !ok {
			return m, fault.Bugf("prekeys of %q and %q are assigned one way", id, peer)
		}
		theirs, err := prekey(s.d, peer, no)
		if err != nil {
			return m, err
		}
		my, err := prekey(s.d, id, mine)
		if err != nil {
			return m, err
		}
		m.Assigned = append(m.Assigned, exchange.Assigned{Peer: peer, Theirs: theirs, Mine: my.ID})
	}
	return m, nil
}

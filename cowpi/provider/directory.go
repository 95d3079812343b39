package provider

import (
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// batchDigest is what mirrors confirm to the router: the whole batch.
func batchDigest(s suite.Suite, owner identity.ID, n uint32, prekeys []byte) suite.Hash {
	return s.Hash("stock batch", owner.Field(), be32(n), prekeys)
}

// BatchDigest is the digest by which a mirror confirms a batch of prekeys.
func BatchDigest(s suite.Suite, owner identity.ID, m exchange.Prekeys) suite.Hash {
	return batchDigest(s, owner, m.Batch, encodePrekeys(m.List))
}

// prekeys takes a batch of prekeys of its owner: check R3. What is held already, or
// was skipped, is passed over: it comes again after a crash, perhaps with what its owner
// has left of it.
func (s *step) prekeys(id identity.ID, m exchange.Prekeys) error {
	o, err := loadOwner(s.d, id)
	if err != nil {
		return err
	}
	if m.Batch <= o.held {
		return s.toUser(id, exchange.Stocked{Batch: o.held})
	}
	if n := countRuns(o.free) + len(m.List); len(m.List) == 0 || n > s.cfg.Limits.Stock {
		return fault.Refute(fault.R3, "%d prekeys more make %d", len(m.List), n)
	}
	if err := s.uniqueIDs(id, m.List); err != nil {
		return err
	}
	raw := encodePrekeys(m.List)
	digest := batchDigest(s.cfg.Suite, id, m.Batch, raw)
	o.held = m.Batch
	o.free = giveRuns(o.free, []run{{newStockNo(m.Batch, 0), len(m.List)}})
	o.low = o.low && countRuns(o.free) < s.cfg.Limits.LowStock
	saveOwner(s.d, id, o)
	s.d.Put(batchKey(tabBatch, id, m.Batch), batch{digest, len(m.List)}.encode())
	s.d.Put(batchKey(tabPrekeys, id, m.Batch), raw)
	if s.Router() {
		if err := s.maybeReady(id, m.Batch); err != nil {
			return err
		}
	} else if err := s.toRouter(confirm{id, m.Batch, digest}); err != nil {
		return err
	}
	return s.toUser(id, exchange.Stocked{Batch: o.held})
}

// uniqueIDs is check R3: among what is live, and in the list itself. (Ids of
// prekeys that are gone are not remembered; to repeat one harms its owner only.)
func (s *step) uniqueIDs(id identity.ID, list []exchange.Prekey) error {
	seen := make(map[pair.KeyID]bool, len(list))
	for _, k := range list {
		_, is, err := loadFetched(s.d, id, k.ID)
		if err != nil {
			return err
		}
		if seen[k.ID] || is {
			return fault.Refute(fault.R3, "prekey id %x comes twice", k.ID)
		}
		seen[k.ID] = true
	}
	var clash *pair.KeyID
	err := scanPrefix(s.d, key(tabPrekeys, id.Field()), func(_, raw []byte) bool {
		for i := 0; (i+1)*prekeySize <= len(raw); i++ {
			if k := pair.KeyID(raw[i*prekeySize:]); seen[k] {
				clash = &k
				return false
			}
		}
		return true
	})
	if clash != nil {
		return fault.Refute(fault.R3, "prekey id %x comes twice", *clash)
	}
	return err
}

// confirmed notes that a mirror holds a batch.
func (s *step) confirmed(mirror int, m confirm) error {
	s.d.Put(append(batchKey(tabConfirm, m.owner, m.batch), byte(mirror)), m.digest[:])
	return s.maybeReady(m.owner, m.batch)
}

// maybeReady puts a batch in stock if the router and all mirrors hold the same.
func (s *step) maybeReady(id identity.ID, n uint32) error {
	b, ok, err := loadBatch(s.d, id, n)
	if err != nil || !ok {
		return err
	}
	for i := 1; i <= s.mirrors(); i++ {
		raw, err := s.d.Get(append(batchKey(tabConfirm, id, n), byte(i)))
		if err != nil {
			return err
		}
		if raw == nil {
			return nil
		}
		if len(raw) != suite.KeySize {
			return fault.Bugf("store: a digest of %d bytes", len(raw))
		}
		if suite.Hash(raw) != b.digest {
			return nil
		}
	}
	for i := 1; i <= s.mirrors(); i++ {
		s.d.Delete(append(batchKey(tabConfirm, id, n), byte(i)))
	}
	s.d.Put(batchKey(tabReady, id, n), []byte{1})
	return s.retryWithdrawal(id)
}

// log appends entries to the hand-out log of an owner.
func (s *step) log(id identity.ID, link uint64, entries []exchange.Handout) error {
	if len(entries) == 0 {
		return nil
	}
	o, err := loadOwner(s.d, id)
	if err != nil {
		return err
	}
	l := logged{link, exchange.Handouts{First: o.log + 1, List: entries}}
	s.d.Put(key(tabLog, id.Field(), be64(l.First)), l.encode())
	o.log += uint64(len(entries))
	saveOwner(s.d, id, o)
	return nil
}

// logged is one stored stretch of a hand-out log.
type logged struct {
	link uint64
	exchange.Handouts
}

func (l logged) last() uint64 { return l.First + uint64(len(l.List)) - 1 }

func (l logged) encode() []byte {
	w := record(128 * len(l.List)).U64(l.link).Count(len(l.List))
	for _, e := range l.List {
		w.Field(e.Encode())
	}
	return w.Bytes()
}

func parseLogged(first uint64, raw []byte) (logged, error) {
	r := reader("hand-out log", raw)
	l := logged{link: r.U64("link")}
	l.First = first
	for range r.Count("entries", exchange.MaxHandouts, 4) {
		h, err := exchange.ParseHandout(r.Bytes("entry", 256))
		if err != nil {
			return l, fault.Bugf("store: hand-out log: %v", err)
		}
		l.List = append(l.List, h)
	}
	return l, stored(r)
}

// eachLogged lists the stored stretches of a log that users may see: those that
// every mirror has as well.
func (s *step) eachLogged(id identity.ID, yield func(key []byte, l logged) (bool, error)) error {
	stable, err := s.stableNo()
	if err != nil {
		return err
	}
	prefix := key(tabLog, id.Field())
	var failed error
	err = scanPrefix(s.d, prefix, func(k, raw []byte) bool {
		l, e := parseLogged(beKey(k), raw)
		if e != nil {
			failed = e
			return false
		}
		if l.link > stable {
			return false
		}
		more, e := yield(k, l)
		failed = e
		return more && e == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// logLength is the length of an owner's log, as far as users may see it.
func (s *step) logLength(id identity.ID) (uint64, error) {
	o, err := loadOwner(s.d, id)
	n := o.acked
	if err == nil {
		err = s.eachLogged(id, func(_ []byte, l logged) (bool, error) {
			n = max(n, l.last())
			return true, nil
		})
	}
	return n, err
}

// pushLog sends an owner what it has not seen of its log.
func (s *step) pushLog(id identity.ID) error {
	at, ok := s.mem.users.get(id)
	if !ok {
		return nil
	}
	c, _ := s.mem.conns.get(at)
	pushed := c.handouts
	var list []exchange.Handouts
	err := s.eachLogged(id, func(_ []byte, l logged) (bool, error) {
		if l.First > pushed {
			list = append(list, l.Handouts)
			pushed = l.last()
		}
		return true, nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	c.handouts = pushed
	s.mem.conns.put(at, c)
	for _, m := range list {
		if err := s.tell(at, id, m); err != nil {
			return err
		}
	}
	return nil
}

// ackLog drops what the owner has processed of its log.
func (s *step) ackLog(id identity.ID, m exchange.HandoutAck) error {
	o, err := loadOwner(s.d, id)
	if err != nil {
		return err
	}
	acked := o.acked
	var gone [][]byte
	err = s.eachLogged(id, func(k []byte, l logged) (bool, error) {
		if l.last() > m.Position {
			acked = max(acked, min(m.Position, l.last()))
			return false, nil
		}
		gone, acked = append(gone, k), l.last()
		return true, nil
	})
	if err != nil || acked == o.acked {
		return err
	}
	for _, k := range gone {
		s.d.Delete(k)
	}
	o.acked = acked
	saveOwner(s.d, id, o)
	return nil
}

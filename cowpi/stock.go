package cowpi

import (
	"encoding/binary"
	"maps"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// own is a prekey of ours in stock: 8 bytes of id, 32 of coins, 32 of public key.
type own struct {
	ID  pair.KeyID
	ESK suite.Coin
	Y   suite.Point
}

// maxBatch bounds the prekeys of one batch.
const maxBatch = exchange.MaxPrekeys

func stockKey(batch uint32, pos uint16) []byte {
	b := binary.BigEndian.AppendUint32([]byte{keyStock}, batch)
	return binary.BigEndian.AppendUint16(b, pos)
}

func byIDKey(id pair.KeyID) []byte { return append([]byte{keyByID}, id[:]...) }

func encodeOwn(k own) []byte {
	return wire.NewWriter(73).U8(recordVersion).Fixed(k.ID[:]).Fixed(k.ESK[:]).Fixed(k.Y[:]).Bytes()
}

func parseOwn(raw []byte) (own, error) {
	r := wire.NewReader("prekey record", raw)
	r.Version(recordVersion)
	k := own{wire.Array8[pair.KeyID](r, "id"), wire.Array32[suite.Coin](r, "esk"), wire.Array32[suite.Point](r, "Y")}
	return k, stored(r.Done())
}

// stockAt returns where a prekey of ours is stored, nil if it is not in stock.
func (s *step) stockAt(id pair.KeyID) ([]byte, error) {
	at, err := s.draft.Get(byIDKey(id))
	if err == nil && at != nil && (len(at) != len(stockKey(0, 0)) || at[0] != keyStock) {
		return nil, fault.Bugf("stored record: prekey %x is at %x", id, at)
	}
	return at, err
}

// inStock finds a prekey of ours by its id.
func (s *step) inStock(id pair.KeyID) (own, bool, error) {
	at, err := s.stockAt(id)
	if err != nil || at == nil {
		return own{}, false, err
	}
	raw, err := s.draft.Get(at)
	if err != nil {
		return own{}, false, err
	}
	k, err := parseOwn(raw)
	return k, err == nil, err
}

// wipePrekey takes a prekey out of stock, if it is there.
func (s *step) wipePrekey(id pair.KeyID) error {
	at, err := s.stockAt(id)
	if err != nil || at == nil {
		return err
	}
	s.draft.Delete(at)
	s.draft.Delete(byIDKey(id))
	return nil
}

// makeBatch adds n prekeys to the stock and offers them to every provider.
func (s *step) makeBatch(n int) error {
	s.meta.Batch++
	for pos := range min(n, maxBatch) {
		id := s.coin("prekey id")
		e := naxos.Ephemeral{ESK: s.coin("prekey esk")}
		k := own{pair.KeyID(id[:8]), e.ESK, e.Public(s.suite, s.self)}
		at := stockKey(s.meta.Batch, uint16(pos))
		s.draft.Put(at, encodeOwn(k))
		s.draft.Put(byIDKey(k.ID), at)
	}
	for i := range s.links {
		if err := s.offerStock(i); err != nil {
			return err
		}
	}
	return nil
}

// offerStock sends a provider the batches that it does not hold. A batch below
// the last is offered whole or not at all: nothing of it can have been handed out
// before every provider holds it.
func (s *step) offerStock(i int) error {
	l := s.links[i]
	if l.phase != linkWelcomed {
		return nil
	}
	if s.meta.Withdrawn > 0 {
		left, err := s.anyStock(s.meta.Withdrawn)
		if err != nil {
			return err
		}
		if left || l.batch < s.meta.Withdrawn {
			if err := s.say(i, exchange.Withdraw{Batch: s.meta.Withdrawn}); err != nil {
				return err
			}
		}
	}
	for b := max(l.batch, l.offered, s.meta.Withdrawn) + 1; b <= s.meta.Batch; b++ {
		m := exchange.Prekeys{Batch: b}
		err := s.scan(binary.BigEndian.AppendUint32([]byte{keyStock}, b), func(_, value []byte) error {
			k, err := parseOwn(value)
			m.List = append(m.List, exchange.Prekey{ID: k.ID, Y: k.Y})
			return err
		})
		if err != nil {
			return err
		}
		if err := s.say(i, m); err != nil {
			return err
		}
		s.links[i].offered = b
	}
	return nil
}

// anyStock says whether a prekey of a batch up to last is left.
func (s *step) anyStock(last uint32) (found bool, err error) {
	err = s.draft.Scan([]byte{keyStock}, stockKey(last+1, 0), func(_, _ []byte) bool {
		found = true
		return false
	})
	return found, err
}

// topUp makes a batch when every provider holds all batches and few are left.
func (s *step) topUp() error {
	if !s.online() {
		return nil
	}
	left := s.links[0].stock
	for _, l := range s.links {
		if l.batch < s.meta.Batch {
			return nil // what is on its way counts first
		}
		left = min(left, l.stock)
	}
	if int(left) >= s.policy.Floor && s.meta.Batch > s.meta.Withdrawn {
		return nil
	}
	if int(left) >= s.policy.Stock {
		return nil
	}
	// We never hold more than a provider takes: one that says again and again that
	// nothing is left could otherwise make us offend the others.
	held, err := s.inStockNow()
	if err != nil || held >= maxOwn {
		return err
	}
	return s.makeBatch(min(s.policy.Stock-int(left), maxOwn-held))
}

// maxOwn bounds the prekeys of ours that are in stock, or handed out and not used.
const maxOwn = 4096

// inStockNow counts them.
func (s *step) inStockNow() (n int, err error) {
	err = s.draft.Scan(stockKey(s.meta.Withdrawn+1, 0), []byte{keyStock + 1}, func(_, _ []byte) bool {
		n++
		return true
	})
	return n, err
}

func (s *step) stocked(i int, m exchange.Stocked) error {
	if m.Batch > s.meta.Batch {
		return fault.Refute(fault.T3, "batch %d, only %d were made", m.Batch, s.meta.Batch)
	}
	if m.Batch > s.links[i].batch {
		s.links[i].batch = m.Batch
		// Until it tells more, all of the batch is there. A count that is too high
		// only means that the next notice of a low stock tops it up.
		s.links[i].stock = max(s.links[i].stock, uint32(s.policy.Floor))
	}
	return s.topUp()
}

func (s *step) lowStock(i int, m exchange.LowStock) error {
	s.links[i].stock = m.Count
	return s.topUp()
}

func (s *step) replaceStock() error {
	s.meta.Withdrawn = s.meta.Batch
	for i := range s.links {
		s.links[i].stock = 0
	}
	if err := s.makeBatch(s.policy.Stock); err != nil {
		return err
	}
	return nil
}

// handedOut takes a stretch of the hand-out log of our prekeys. An entry counts
// when every provider has told the same at its position: check T3.
func (s *step) handedOut(i int, m exchange.Handouts) error {
	if m.First == 0 || m.First > s.meta.Handouts+1+exchange.MaxHandouts {
		return fault.Refute(fault.T3, "hand-out log position %d after %d", m.First, s.meta.Handouts)
	}
	logs := make([]map[uint64]string, s.providers.Len())
	for p := range logs {
		logs[p] = map[uint64]string{}
		if s.vol.handouts != nil {
			maps.Copy(logs[p], s.vol.handouts[p])
		}
	}
	for j, h := range m.List {
		if pos := m.First + uint64(j); pos > s.meta.Handouts && len(logs[i]) < 2*exchange.MaxHandouts {
			logs[i][pos] = string(h.Encode())
		}
	}
	before := s.meta.Handouts
	for {
		pos := s.meta.Handouts + 1
		first, ok := logs[0][pos]
		for p := range logs {
			entry, here := logs[p][pos]
			if ok && here && entry != first {
				s.emit(ProviderFault{Err: &fault.Evidence{Check: fault.T3, Who: fault.Party{Role: fault.RoleProviders},
					Where: "hand-out log", What: "providers tell different things at one position", Exhibits: []fault.Exhibit{
						{Name: string(s.providers.At(0).ID), Bytes: []byte(first)}, {Name: string(s.providers.At(p).ID), Bytes: []byte(entry)}}}})
				delete(logs[p], pos)
				ok = false
			}
			ok = ok && here
		}
		if !ok {
			break
		}
		h, err := exchange.ParseHandout([]byte(first))
		if err != nil {
			return err
		}
		if h.Kind == exchange.HandoutExpired || h.Kind == exchange.HandoutWithdrawn {
			if err := s.wipePrekey(h.Prekey); err != nil {
				return err
			}
		}
		for p := range logs {
			delete(logs[p], pos)
		}
		s.meta.Handouts = pos
	}
	s.logs = logs
	if s.meta.Handouts == before {
		return nil
	}
	return s.sayAll(exchange.HandoutAck{Position: s.meta.Handouts})
}

// ownParty is us as others see us.
func (s *step) ownParty() identity.Party { return s.self.Party() }

package provider

import (
	"encoding/binary"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/wire"
)

func expiryKey(at uint64, user identity.ID, id exchange.FetchID) []byte {
	return key(tabExpiry, be64(at), user.Field(), id[:])
}

// busyWait is when the router looks again at a fetch that a proposal keeps.
const busyWait = 60_000

// expire ends the fetches whose time has come (SPEC.md, section 6.3): not those
// that a proposal in flight names; they wait for its fate.
func (s *step) expire() error {
	var due [][]byte
	err := s.d.Scan(key(tabExpiry), key(tabExpiry, be64(s.now), []byte{0xff}), func(k, _ []byte) bool {
		due = append(due, k)
		return len(due) < 256
	})
	if err != nil {
		return err
	}
	for _, k := range due {
		r := reader("expiry", append([]byte{recordVersion}, k[9:]...))
		m := expire{user: identity.ReadID(r, "user"), fetch: wire.Array16[exchange.FetchID](r, "fetch")}
		if err := stored(r); err != nil {
			return err
		}
		s.d.Delete(k)
		f, ok, err := loadFetch(s.d, m.user, m.fetch)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		busy := false
		for _, p := range f.picks {
			g, open, err := loadFetched(s.d, p.owner, p.prekey.ID)
			if err != nil {
				return err
			}
			if open && g.by == m.user && g.fetch == m.fetch {
				m.unused = append(m.unused, unused{p.owner, p.prekey.ID})
				busy = busy || g.named
			}
		}
		if busy {
			s.d.Put(expiryKey(s.now+busyWait, m.user, m.fetch), []byte{})
			continue
		}
		n, err := s.broadcast(m)
		if err != nil {
			return err
		}
		if err := s.applyExpire(n, m); err != nil {
			return err
		}
	}
	return nil
}

// applyExpire logs what a fetch left unused, and forgets its answer.
func (s *step) applyExpire(link uint64, m expire) error {
	for _, p := range m.unused {
		s.d.Delete(key(tabFetched, p.owner.Field(), p.prekey[:]))
		err := s.log(p.owner, link, []exchange.Handout{{Kind: exchange.HandoutExpired, Prekey: p.prekey}})
		if err != nil {
			return err
		}
	}
	s.d.Delete(fetchKey(m.user, m.fetch))
	if s.Router() {
		return nil
	}
	return s.expired(m)
}

// expired tells the owners, when an expiry is stable.
func (s *step) expired(m expire) error {
	for _, p := range m.unused {
		if err := s.pushLog(p.owner); err != nil {
			return err
		}
	}
	return nil
}

// expiredBy takes an expiry of the router: check M6.
func (s *step) expiredBy(link uint64, m expire) error {
	for _, p := range m.unused {
		g, open, err := loadFetched(s.d, p.owner, p.prekey)
		if err != nil {
			return err
		}
		if !open || g.by != m.user || g.fetch != m.fetch {
			return fault.Refute(fault.M6, "prekey %x of %q is not waiting in fetch %x of %q", p.prekey, p.owner, m.fetch, m.user)
		}
		if g.named {
			return fault.Refute(fault.M6, "a proposal names prekey %x of %q", p.prekey, p.owner)
		}
	}
	return s.applyExpire(link, m)
}

// withdrawal takes a Withdraw of an owner. The router logs it once the owner has
// asked every provider: each mirror passes the wish on through its log. So no
// mirror ever has to wait for its owner within the router's log. (A corrupt router can
// withdraw what nobody asked it to, as it can hand it out and let it expire.)
func (s *step) withdrawal(id identity.ID, m exchange.Withdraw) error {
	o, err := loadOwner(s.d, id)
	if err != nil || m.Batch <= o.asked {
		return err
	}
	o.asked, o.held = m.Batch, max(o.held, m.Batch)
	saveOwner(s.d, id, o)
	if !s.Router() {
		return s.toRouter(asked{id, m.Batch})
	}
	return s.retryWithdrawal(id)
}

// askedAt notes that an owner has asked a mirror.
func (s *step) askedAt(mirror int, m asked) error {
	s.d.Put(key(tabAsked, m.owner.Field(), []byte{byte(mirror)}), be32(m.batch))
	return s.retryWithdrawal(m.owner)
}

// retryWithdrawal withdraws what the owner has asked all providers for, as far as
// no proposal needs it. It is called again when a proposal is resolved.
func (s *step) retryWithdrawal(id identity.ID) error {
	if !s.plain.synced {
		return nil
	}
	o, err := loadOwner(s.d, id)
	if err != nil {
		return err
	}
	upTo := o.asked
	for i := 1; i <= s.mirrors() && upTo > 0; i++ {
		raw, err := s.d.Get(key(tabAsked, id.Field(), []byte{byte(i)}))
		if err != nil {
			return err
		}
		if raw == nil {
			return nil
		}
		if len(raw) != 4 {
			return fault.Bugf("store: a batch number of %d bytes", len(raw))
		}
		upTo = min(upTo, binary.BigEndian.Uint32(raw))
	}
	if upTo == 0 {
		return nil
	}
	m := withdraw{owner: id}
	ready := s.ready(id)
	for _, r := range o.free {
		ok, err := ready(r.first.batch())
		if err != nil {
			return err
		}
		if ok && r.first.batch() <= upTo {
			m.free = append(m.free, r)
		}
	}
	err = scanPrefix(s.d, key(tabFetched, id.Field()), func(k, raw []byte) bool {
		if g, e := parseFetched(raw); e == nil && !g.named && g.batch <= upTo && len(m.fetched) < 4096 {
			m.fetched = append(m.fetched, pair.KeyID(k[len(k)-8:]))
		}
		return true
	})
	if err != nil || len(m.free)+len(m.fetched) == 0 {
		return err
	}
	n, err := s.broadcast(m)
	if err != nil {
		return err
	}
	return s.applyWithdraw(n, m)
}

// withdrawnBy takes a withdrawal of the router: check M7.
func (s *step) withdrawnBy(link uint64, m withdraw) error {
	o, err := loadOwner(s.d, m.owner)
	if err != nil {
		return err
	}
	for _, id := range m.fetched {
		g, open, err := loadFetched(s.d, m.owner, id)
		if err != nil {
			return err
		}
		if !open || g.named {
			return fault.Refute(fault.M7, "prekey %x of %q is not fetched, or a proposal names it", id, m.owner)
		}
	}
	if _, ok := cutRuns(o.free, m.free); !ok {
		return fault.Refute(fault.M7, "prekeys of %q are not in stock", m.owner)
	}
	return s.applyWithdraw(link, m)
}

func (s *step) applyWithdraw(link uint64, m withdraw) error {
	var entries []exchange.Handout
	var failed error
	eachNo(m.free, func(_ int, no stockNo) {
		k, err := prekey(s.d, m.owner, no)
		if err != nil {
			failed = err
		}
		entries = append(entries, exchange.Handout{Kind: exchange.HandoutWithdrawn, Prekey: k.ID})
	})
	if failed != nil {
		return failed
	}
	if _, err := s.take(m.owner, m.free); err != nil {
		return err
	}
	if err := s.retire(m.owner, m.free); err != nil {
		return err
	}
	for _, id := range m.fetched {
		s.d.Delete(key(tabFetched, m.owner.Field(), id[:]))
		entries = append(entries, exchange.Handout{Kind: exchange.HandoutWithdrawn, Prekey: id})
	}
	for len(entries) > 0 {
		n := min(len(entries), 2048)
		if err := s.log(m.owner, link, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	if s.Router() {
		return nil
	}
	return s.pushLog(m.owner)
}

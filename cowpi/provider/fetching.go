package provider

import (
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
)

// fetch takes a Fetch of a user. A mirror answers only what the router has
// picked: until then it says nothing.
func (s *step) fetch(id identity.ID, m exchange.Fetch) error {
	f, known, err := loadFetch(s.d, id, m.ID)
	if err != nil {
		return err
	}
	if known {
		return s.answer(id, m.ID, f)
	}
	if !s.Router() {
		return nil
	}
	reason, user, err := s.mayFetch(id, m)
	if err != nil {
		return err
	}
	if reason != 0 {
		return s.toUser(id, exchange.FetchFailed{ID: m.ID, Reason: reason, User: user})
	}
	p := pickFor{user: id, fetch: m.ID, sid: m.Sid}
	for _, o := range m.IDs {
		runs, ok, err := s.pick(o, 1)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Bugf("the stock of %q is empty, and was not", o)
		}
		p.picks = append(p.picks, picked{o, runs[0].first})
	}
	n, err := s.broadcast(p)
	if err != nil {
		return err
	}
	return s.applyPick(n, p)
}

// mayFetch says why a Fetch fails, or 0.
func (s *step) mayFetch(id identity.ID, m exchange.Fetch) (exchange.Reason, identity.ID, error) {
	n, err := s.openFetches(id)
	if err != nil {
		return 0, "", err
	}
	if n >= s.cfg.Limits.Fetches {
		return exchange.ReasonTooMany, "", nil
	}
	for _, o := range m.IDs {
		u, ok, err := loadUser(s.d, o)
		if err != nil {
			return 0, "", err
		}
		if !ok || !u.shown {
			return exchange.ReasonUnknownUser, o, nil
		}
		st, err := loadOwner(s.d, o)
		if err != nil {
			return 0, "", err
		}
		taken, _, err := takeRuns(st.free, 1, s.ready(o))
		if err != nil {
			return 0, "", err
		}
		if len(taken) == 0 {
			return exchange.ReasonNoStock, o, nil
		}
	}
	return 0, "", nil
}

// openFetches counts the fetches of a user that hold an unused prekey.
func (s *step) openFetches(id identity.ID) (n int, err error) {
	var failed error
	err = scanPrefix(s.d, key(tabFetch, id.Field()), func(_, raw []byte) bool {
		f, e := parseFetch(raw)
		if e != nil {
			failed = e
			return false
		}
		for _, p := range f.picks {
			_, open, e := loadFetched(s.d, p.owner, p.prekey.ID)
			if e != nil {
				failed = e
				return false
			}
			if open {
				n++
				break
			}
		}
		return true
	})
	if failed != nil {
		err = failed
	}
	return n, err
}

// applyPick records what was picked for a fetch: the prekeys leave the stock, go
// into the logs, and wait for their use. They were taken from the free ones.
func (s *step) applyPick(link uint64, m pickFor) error {
	f := fetch{link: link, expires: s.now + s.cfg.Limits.PrekeyLife, sid: m.sid}
	for _, p := range m.picks {
		k, err := prekey(s.d, p.owner, p.no)
		if err != nil {
			return err
		}
		f.picks = append(f.picks, fetchPick{p.owner, k})
		s.d.Put(key(tabFetched, p.owner.Field(), k.ID[:]), fetched{p.no.batch(), m.user, m.fetch, m.sid, false}.encode())
		if err := s.retire(p.owner, []run{{p.no, 1}}); err != nil {
			return err
		}
		err = s.log(p.owner, link, []exchange.Handout{{Kind: exchange.HandoutFetched, Prekey: k.ID, To: m.user, Sid: m.sid}})
		if err != nil {
			return err
		}
	}
	s.d.Put(fetchKey(m.user, m.fetch), f.encode())
	if s.Router() {
		s.d.Put(expiryKey(f.expires, m.user, m.fetch), []byte{})
		return nil
	}
	return s.picked(m)
}

// picked tells those concerned, when a pick is stable.
func (s *step) picked(m pickFor) error {
	f, ok, err := loadFetch(s.d, m.user, m.fetch)
	if err != nil {
		return err
	}
	if ok {
		if err := s.answer(m.user, m.fetch, f); err != nil {
			return err
		}
	}
	for _, p := range m.picks {
		if err := s.pushLog(p.owner); err != nil {
			return err
		}
	}
	return nil
}

// answer answers a fetch, if every mirror has it. The keys are those of our own
// directory: that is what makes it any-trust.
func (s *step) answer(id identity.ID, n exchange.FetchID, f fetch) error {
	stable, err := s.stableNo()
	if err != nil || f.link > stable {
		return err
	}
	a := exchange.Fetched{ID: n}
	for _, p := range f.picks {
		u, ok, err := loadUser(s.d, p.owner)
		if err != nil {
			return err
		}
		if !ok {
			return nil // the router knows somebody whom we do not: we have nothing to say
		}
		a.Keys = append(a.Keys, exchange.FetchedKey{Party: identity.Party{ID: p.owner, Key: u.key}, Prekey: p.prekey})
	}
	return s.toUser(id, a)
}

// pickedBy takes a pick of the router: check M5.
func (s *step) pickedBy(link uint64, m pickFor) error {
	_, known, err := loadFetch(s.d, m.user, m.fetch)
	if err != nil {
		return err
	}
	if known {
		return fault.Refute(fault.M5, "fetch %x of %q is answered twice", m.fetch, m.user)
	}
	for _, p := range m.picks {
		ok, err := s.take(p.owner, []run{{p.no, 1}})
		if err != nil {
			return err
		}
		if !ok {
			return fault.Refute(fault.M5, "prekey %d of %q is not in stock", p.no, p.owner)
		}
	}
	return s.applyPick(link, m)
}

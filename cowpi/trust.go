package cowpi

import (
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Trusted is an entry of the trust table (SPEC.md, 10.2).
type Trusted struct {
	Key      suite.Point
	Verified bool // people compared it; else only seen first
}

func trustKey(id identity.ID) []byte { return append([]byte{keyTrust}, id...) }

func (s *step) trusted(id identity.ID) (Trusted, bool, error) { return loadTrust(s.draft, id) }

func loadTrust(v store.View, id identity.ID) (Trusted, bool, error) {
	raw, err := v.Get(trustKey(id))
	if err != nil || raw == nil {
		return Trusted{}, false, err
	}
	r := wire.NewReader("trust record", raw)
	r.Version(recordVersion)
	t := Trusted{wire.Array32[suite.Point](r, "key"), r.Bool("verified")}
	return t, true, stored(r.Done())
}

func (s *step) putTrust(id identity.ID, t Trusted) {
	s.draft.Put(trustKey(id), wire.NewWriter(34).U8(recordVersion).Fixed(t.Key[:]).Bool(t.Verified).Bytes())
}

// Trust returns the entry of a user in the trust table kept in a store.
func (p *Participant) Trust(v store.View, id identity.ID) (Trusted, bool, error) {
	return loadTrust(v, id)
}

// distrust returns the first of these parties whose key differs from the trust
// table: check T1. Parties seen for the first time do not differ.
func (s *step) distrust(parties []identity.Party) (p identity.Party, known Trusted, found bool, err error) {
	for _, p := range parties {
		t, ok, err := s.trusted(p.ID)
		if err != nil {
			return p, t, false, err
		}
		if ok && t.Key != p.Key {
			return p, t, true, nil
		}
	}
	return identity.Party{}, Trusted{}, false, nil
}

// see enters parties into the trust table that are not in it yet.
func (s *step) see(parties []identity.Party) error {
	for _, p := range parties {
		if p.ID == s.self.ID {
			continue
		}
		_, ok, err := s.trusted(p.ID)
		if err != nil {
			return err
		}
		if !ok {
			s.putTrust(p.ID, Trusted{Key: p.Key})
			s.emit(KeySeen{p.ID, p.Key})
		}
	}
	return nil
}

// held is what a conversation waits for: a decision on the changed key of a user.
type held struct {
	identity.Party
	Rejected bool // the decision was no; it is carried out with the entry
}

func encodeHeld(h held) []byte {
	return wire.NewWriter(100).U8(recordVersion).Fixed(h.ID.Field()).Fixed(h.Key[:]).Bool(h.Rejected).Bytes()
}

func parseHeld(raw []byte) (held, error) {
	r := wire.NewReader("hold record", raw)
	r.Version(recordVersion)
	h := held{identity.Party{ID: identity.ReadID(r, "id"), Key: wire.Array32[suite.Point](r, "key")}, r.Bool("rejected")}
	return h, stored(r.Done())
}

// hold keeps a conversation at the entry that brings a changed key, until the
// application decides. It is recorded so that the question is asked once. If the
// key was rejected, that is evidence under T1, against nobody.
func (s *step) hold(sid suite.Hash, p identity.Party, known Trusted) error {
	key := sidKey(keyHold, sid)
	raw, err := s.draft.Get(key)
	if err != nil {
		return err
	}
	if raw != nil {
		before, err := parseHeld(raw)
		if err != nil {
			return err
		}
		if before.Party == p && before.Rejected {
			return &fault.Evidence{Check: fault.T1, Who: fault.Party{Role: fault.RoleUnknown, ID: string(p.ID)},
				What: "the application rejected the key of " + string(p.ID)}
		}
		if before.Party == p {
			return nil
		}
	}
	s.draft.Put(key, encodeHeld(held{Party: p}))
	s.emit(KeyChanged{User: p.ID, Known: known.Key, Offered: p.Key, Verified: known.Verified, Sid: sid})
	return nil
}

// holds visits the conversations that wait for a decision on just this key.
func (s *step) holds(p identity.Party, visit func(sid suite.Hash)) error {
	return s.scan([]byte{keyHold}, func(tail, value []byte) error {
		h, err := parseHeld(value)
		if err == nil && h.Party == p {
			visit(suite.Hash(tail))
		}
		return err
	})
}

func (s *step) decideKey(in DecideKey) error {
	p := identity.Party{ID: in.User, Key: in.Key}
	if in.Accept {
		if err := s.suite.CheckPoint(in.Key); err != nil || !in.User.Valid() {
			return fault.Misusef("decide key", "no well-formed user and key")
		}
		s.putTrust(in.User, Trusted{Key: in.Key})
	}
	// A conversation stops at the entry that brings a rejected key, in the way of
	// all stops, so that what that entry names is wiped as well. If its deliveries
	// have gone with a connection, that is when they have come again.
	err := s.holds(p, func(sid suite.Hash) {
		if in.Accept {
			s.draft.Delete(sidKey(keyHold, sid))
		} else {
			s.draft.Put(sidKey(keyHold, sid), encodeHeld(held{p, true}))
		}
		s.due[sid] = true
	})
	if err != nil {
		return err
	}
	return s.decideOperations(p, in.Accept)
}

func (s *step) markVerified(in MarkVerified) error {
	t, ok, err := s.trusted(in.User)
	if err != nil {
		return err
	}
	if ok && t.Key != in.Key {
		return fault.Misusef("mark verified", "the key of %q in the trust table is another one: decide on it first", in.User)
	}
	if err := s.suite.CheckPoint(in.Key); err != nil || !in.User.Valid() {
		return fault.Misusef("mark verified", "no well-formed user and key")
	}
	s.putTrust(in.User, Trusted{Key: in.Key, Verified: true})
	return nil
}

// parties lists the users of fetched keys.
func parties(keys []exchange.FetchedKey) []identity.Party {
	out := make([]identity.Party, len(keys))
	for i, k := range keys {
		out[i] = k.Party
	}
	return out
}

package cowpi

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// operation is something of ours that waits for keys from the directory: a
// conversation to create (Sid zero), or an UPDATE to one (SPEC.md, 6.3).
type operation struct {
	ID    exchange.FetchID
	Nonce [32]byte // of the SETUP to be
	Sid   suite.Hash
	IDs   []identity.ID
	Keys  []exchange.FetchedKey // the answer, once all providers agreed; may wait for a decision on a key
}

// fetchAnswer is what one provider said to a fetch.
type fetchAnswer struct {
	got    bool
	keys   []exchange.FetchedKey
	failed bool
	reason exchange.Reason
	user   identity.ID
}

func fetchKey(id exchange.FetchID) []byte { return append([]byte{keyFetch}, id[:]...) }

func writeKeys(w *wire.Writer, keys []exchange.FetchedKey) {
	w.Count(len(keys))
	for _, k := range keys {
		w.Fixed(k.ID.Field()).Fixed(k.Key[:]).Fixed(k.Prekey.ID[:]).Fixed(k.Prekey.Y[:])
	}
}

func readKeys(r *wire.Reader) (out []exchange.FetchedKey) {
	for range r.Count("keys", exchange.MaxFetch, identity.IDFieldSize+72) {
		out = append(out, exchange.FetchedKey{
			Party:  identity.Party{ID: identity.ReadID(r, "id"), Key: wire.Array32[suite.Point](r, "key")},
			Prekey: exchange.Prekey{ID: wire.Array8[pair.KeyID](r, "prekey id"), Y: wire.Array32[suite.Point](r, "prekey")}})
	}
	return out
}

func writeIDs(w *wire.Writer, ids []identity.ID) {
	w.Count(len(ids))
	for _, id := range ids {
		w.Fixed(id.Field())
	}
}

func readIDs(r *wire.Reader) (out []identity.ID) {
	for range r.Count("ids", exchange.MaxFetch, identity.IDFieldSize) {
		out = append(out, identity.ReadID(r, "id"))
	}
	return out
}

func (s *step) putOperation(o operation) {
	w := wire.NewWriter(256).U8(recordVersion).Fixed(o.Nonce[:]).Fixed(o.Sid[:])
	writeIDs(w, o.IDs)
	writeKeys(w, o.Keys)
	s.draft.Put(fetchKey(o.ID), w.Bytes())
}

func parseOperation(tail, raw []byte) (operation, error) {
	r := wire.NewReader("operation record", raw)
	r.Version(recordVersion)
	o := operation{ID: exchange.FetchID(tail), Nonce: wire.Array32[[32]byte](r, "nonce"), Sid: wire.Array32[suite.Hash](r, "sid")}
	o.IDs, o.Keys = readIDs(r), readKeys(r)
	return o, stored(r.Done())
}

func (s *step) operations(visit func(operation) error) error {
	return s.scan([]byte{keyFetch}, func(tail, value []byte) error {
		o, err := parseOperation(tail, value)
		if err != nil {
			return err
		}
		return visit(o)
	})
}

// purpose is what the fetch of an operation names: see DataBlock.Purpose.
func (s *step) purpose(o operation) suite.Hash {
	if o.Sid != (suite.Hash{}) {
		return o.Sid
	}
	return conversation.SetupPurpose(s.suite, o.Nonce, s.self.ID, s.digest)
}

func (s *step) create(ids []identity.ID) error {
	if len(ids)+1 > conversation.MaxRoster {
		return fault.Misusef("create", "%d participants, at most %d allowed", len(ids)+1, conversation.MaxRoster)
	}
	o := operation{ID: s.fetchID(), Nonce: s.coin("setup nonce"), IDs: ids}
	if len(ids) == 0 {
		return s.writeSetup(o)
	}
	return s.ask(o)
}

func (s *step) fetchID() exchange.FetchID {
	c := s.coin("fetch id")
	return exchange.FetchID(c[:16])
}

// ask stores an operation and asks every provider for its keys.
func (s *step) ask(o operation) error {
	s.putOperation(o)
	return s.sayAll(exchange.Fetch{ID: o.ID, Sid: s.purpose(o), IDs: o.IDs})
}

// askAgain repeats to a provider what it may not have heard.
func (s *step) askAgain(i int) error {
	return s.operations(func(o operation) error {
		if len(o.Keys) > 0 {
			return nil
		}
		return s.say(i, exchange.Fetch{ID: o.ID, Sid: s.purpose(o), IDs: o.IDs})
	})
}

// answered takes a provider's answer to a fetch. All must answer the same, and for
// just the ids asked: check T2. That some provider cannot answer ends the operation.
func (s *step) answered(i int, id exchange.FetchID, a fetchAnswer) error {
	raw, err := s.draft.Get(fetchKey(id))
	if err != nil || raw == nil {
		return err
	}
	o, err := parseOperation(id[:], raw)
	if err != nil || len(o.Keys) > 0 {
		return err
	}
	if a.failed {
		s.emit(OperationFailed{Operation: o.ID, Sid: o.Sid, Reason: a.reason, User: a.user, Why: "keys cannot be fetched: " + a.reason.String()})
		return s.dropOperation(o)
	}
	if !slices.EqualFunc(a.keys, o.IDs, func(k exchange.FetchedKey, id identity.ID) bool { return k.ID == id }) {
		return fault.Refute(fault.T2, "keys of other users than those asked for")
	}
	answers := make([]fetchAnswer, s.providers.Len())
	copy(answers, s.vol.fetched[id])
	if s.fetched != nil {
		copy(answers, s.fetched[id])
	}
	answers[i] = a
	s.setFetched(id, answers)
	for _, other := range answers {
		if !other.got {
			return nil
		}
	}
	for p, other := range answers {
		if !slices.Equal(other.keys, answers[0].keys) {
			err := &fault.Evidence{Check: fault.T2, Who: fault.Party{Role: fault.RoleProviders}, Where: "fetch",
				What: "providers " + string(s.providers.At(0).ID) + " and " + string(s.providers.At(p).ID) + " answer differently"}
			s.emit(OperationFailed{Operation: o.ID, Sid: o.Sid, Why: "providers answer differently", Err: err})
			s.emit(ProviderFault{Err: err})
			return s.dropOperation(o)
		}
	}
	s.setFetched(id, nil)
	o.Keys = a.keys
	s.putOperation(o)
	return s.resume(o, true)
}

func (s *step) setFetched(id exchange.FetchID, answers []fetchAnswer) {
	if s.fetched == nil {
		s.fetched = map[exchange.FetchID][]fetchAnswer{}
		for k, v := range s.vol.fetched {
			s.fetched[k] = v
		}
	}
	if answers == nil {
		delete(s.fetched, id)
	} else {
		s.fetched[id] = answers
	}
}

// resume goes on with an operation that has its keys, unless one of them differs
// from the trust table.
func (s *step) resume(o operation, first bool) error {
	p, known, differs, err := s.distrust(parties(o.Keys))
	if err != nil {
		return err
	}
	if differs {
		if first {
			s.emit(KeyChanged{User: p.ID, Known: known.Key, Offered: p.Key, Verified: known.Verified, Operation: o.ID})
		}
		return nil
	}
	if err := s.see(parties(o.Keys)); err != nil {
		return err
	}
	s.draft.Delete(fetchKey(o.ID))
	if o.Sid == (suite.Hash{}) {
		return s.writeSetup(o)
	}
	return s.fetchedFor(o)
}

// decideOperations goes on with, or drops, what waits for a decision on a key.
func (s *step) decideOperations(p identity.Party, accept bool) error {
	return s.operations(func(o operation) error {
		if !slices.Contains(parties(o.Keys), p) {
			return nil
		}
		if accept {
			return s.resume(o, true)
		}
		s.emit(OperationFailed{Operation: o.ID, Sid: o.Sid, User: p.ID, Why: "the key of " + string(p.ID) + " was rejected"})
		return s.dropOperation(o)
	})
}

// dropOperation forgets an operation; of an UPDATE the intent too.
func (s *step) dropOperation(o operation) error {
	s.draft.Delete(fetchKey(o.ID))
	s.setFetched(o.ID, nil)
	if o.Sid != (suite.Hash{}) {
		in, ok, err := s.intent(o.Sid)
		if err != nil {
			return err
		}
		if ok && !in.Leave { // a wish to leave came later, and needs no keys
			s.draft.Delete(sidKey(keyIntent, o.Sid))
		}
		s.due[o.Sid] = true
	}
	return nil
}

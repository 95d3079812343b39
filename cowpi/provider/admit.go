package provider

import (
	"crypto/subtle"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// refusal says why an upload is not taken.
type refusal struct {
	reason exchange.Reason
	user   identity.ID // whose keys or stock are the reason
	err    error       // evidence
}

func refusef(reason exchange.Reason, user identity.ID, c fault.Check, format string, args ...any) *refusal {
	return &refusal{reason, user, fault.Refute(c, format, args...)}
}

// walk is the public state of a conversation along a batch of entries that are
// not stored yet.
type walk struct {
	keeper conversation.Keeper
	v      store.View
	st     conversation.State
	last   map[uint16]conversation.Author
	fresh  bool // an epoch began: the store knows nothing of its authors
}

// startWalk begins at the committed state.
func (s *step) startWalk(sid suite.Hash) (*walk, error) {
	w := &walk{keeper: s.public, v: s.d, last: map[uint16]conversation.Author{}}
	st, ok, err := w.keeper.Load(s.d, sid, 0)
	if err != nil {
		return nil, err
	}
	if !ok {
		st = conversation.Before(s.digest)
	}
	w.st = st
	return w, nil
}

// at returns the state as a block is judged by it.
func (w *walk) at(d *conversation.DataBlock) (conversation.State, error) {
	st := w.st
	if d.Type == conversation.SETUP || st.Next == 0 {
		return st, nil
	}
	if last, ok := w.last[d.Author]; ok {
		st.Last = last
		return st, nil
	}
	if w.fresh {
		st.Last = st.First()
		return st, nil
	}
	var err error
	st.Last, err = w.keeper.Author(w.v, st.Head, d.Author)
	return st, err
}

// apply goes on behind a valid block and returns the state after it.
func (w *walk) apply(s suite.Suite, st conversation.State, d *conversation.DataBlock) conversation.State {
	w.st = conversation.Apply(s, st, d)
	if d.Roster != nil {
		w.last, w.fresh = map[uint16]conversation.Author{}, true
	} else {
		w.last[d.Author] = w.st.Last
	}
	return w.st
}

// judge is Valid and Admission (SPEC.md, section 9.3), but for the stock, of one
// entry. It changes nothing. by is who uploads it, or empty on a mirror.
func (s *step) judge(st conversation.State, e *proposed, by identity.ID) (*refusal, error) {
	d := e.block
	if err := conversation.Valid(st, d, len(e.upload.Blocks)); err != nil {
		if fault.CheckOf(err) == "" {
			return nil, err
		}
		reason := exchange.ReasonInvalid
		if fault.CheckOf(err) == fault.V13 {
			reason = exchange.ReasonProviderSet
		}
		return &refusal{reason: reason, err: err}, nil
	}
	if d.Roster != nil && d.Roster.Len() > s.cfg.Limits.Roster {
		return refusef(exchange.ReasonTooLarge, "", fault.A6, "roster of %d entries", d.Roster.Len()), nil
	}
	author := d.AuthorIn(st.Roster)
	if by != "" && author != by {
		return refusef(exchange.ReasonAuthWrong, "", fault.A2, "%q uploads what %q wrote", by, author), nil
	}
	if r, err := s.authentic(e, author); r != nil || err != nil {
		return r, err
	}
	if r, err := s.knownKeys(d); r != nil || err != nil {
		return r, err
	}
	return s.namesFetched(st, e, author)
}

// authentic is checks A1 and A2.
func (s *step) authentic(e *proposed, author identity.ID) (*refusal, error) {
	if len(e.upload.Auths) != s.cfg.Providers.Len() {
		return refusef(exchange.ReasonProviderSet, "", fault.A2, "%d authentication blocks for %d providers",
			len(e.upload.Auths), s.cfg.Providers.Len()), nil
	}
	auth := e.upload.Auths[s.position]
	ring, err := loadRing(s.d, author)
	if err != nil {
		return nil, err
	}
	known := false
	for i := range ring {
		if ring[i].id != auth.KeyID {
			continue
		}
		known = true
		want := exchange.Authenticate(s.cfg.Suite, ring[i].key, ring[i].id, e.block.Sid, e.id)
		if subtle.ConstantTimeCompare(want.MAC[:], auth.MAC[:]) == 1 {
			return nil, nil
		}
	}
	if !known {
		return refusef(exchange.ReasonAuthExpired, "", fault.A1, "no authentication key %x of %q", auth.KeyID, author), nil
	}
	return refusef(exchange.ReasonAuthWrong, "", fault.A2, "the authentication block does not verify"), nil
}

// knownKeys is check A3: the keys of those who join or start afresh are the ones
// that they registered with this provider, and showed to it.
func (s *step) knownKeys(d *conversation.DataBlock) (*refusal, error) {
	for _, e := range conversation.Fresh(d) {
		u, ok, err := loadUser(s.d, e.ID)
		switch {
		case err != nil:
			return nil, err
		case !ok || !u.shown:
			return refusef(exchange.ReasonUnknownUser, e.ID, fault.A3, "%q is not known here", e.ID), nil
		case u.key != e.Key:
			return refusef(exchange.ReasonKeyDiffers, e.ID, fault.A3, "%q is registered with another key", e.ID), nil
		}
	}
	return nil, nil
}

// namesFetched is check A5: every block that opens a fresh pair names a prekey
// that was fetched by this author, for this purpose, and is still unused.
func (s *step) namesFetched(st conversation.State, e *proposed, author identity.ID) (*refusal, error) {
	purpose := e.block.Purpose(s.cfg.Suite)
	for owner, id := range fetchedNames(s.cfg.Suite, st.Roster, e) {
		if id == nil {
			return refusef(exchange.ReasonPrekey, owner, fault.A5, "the block to %q names no prekey", owner), nil
		}
		f, open, err := loadFetched(s.d, owner, *id)
		if err != nil {
			return nil, err
		}
		if !open || f.named || f.by != author || f.sid != purpose {
			return refusef(exchange.ReasonPrekey, owner, fault.A5, "prekey %x of %q was not handed out for this", *id, owner), nil
		}
	}
	return nil, nil
}

// fetchedNames lists, in the order of ids, whose fetched prekeys an upload must
// name, and which it names; nil: none.
func fetchedNames(sui suite.Suite, before *conversation.Roster, e *proposed) func(yield func(identity.ID, *pair.KeyID) bool) {
	return func(yield func(identity.ID, *pair.KeyID) bool) {
		due := conversation.FetchesFor(e.block)
		for i, id := range conversation.Recipients(before, e.block) {
			if len(due) == 0 {
				return
			}
			if id != due[0] {
				continue
			}
			due = due[1:]
			var name *pair.KeyID
			h, err := pair.ParseHeader(sui, e.upload.Blocks[i])
			if err == nil && h.Start && h.Ref.Kind == pair.Prekey {
				name = &h.Ref.ID
			}
			if !yield(id, name) {
				return
			}
		}
	}
}

// name marks the fetched prekeys of an upload as named by a proposal, or not.
func (s *step) name(before *conversation.Roster, e *proposed, is bool) error {
	for owner, id := range fetchedNames(s.cfg.Suite, before, e) {
		if id == nil {
			return fault.Bugf("an admitted block names no prekey")
		}
		f, open, err := loadFetched(s.d, owner, *id)
		if err != nil {
			return err
		}
		if !open || f.named == is {
			return fault.Bugf("prekey %x of %q: named %v", *id, owner, f.named)
		}
		f.named = is
		s.d.Put(key(tabFetched, owner.Field(), id[:]), f.encode())
	}
	return nil
}

// use drops the fetched prekeys of an upload that is accepted.
func (s *step) use(before *conversation.Roster, e *proposed) error {
	for owner, id := range fetchedNames(s.cfg.Suite, before, e) {
		if id == nil {
			return fault.Bugf("an accepted block names no prekey")
		}
		s.d.Delete(key(tabFetched, owner.Field(), id[:]))
	}
	return nil
}

// pickAssigned takes the prekeys to be assigned: check A4. If a stock does not
// suffice, nothing is taken.
func (s *step) pickAssigned(e *proposed) (*refusal, error) {
	needs := conversation.Assignments(e.block)
	e.picks = nil
	for i, n := range needs {
		runs, ok, err := s.pick(n.Owner, len(n.Peers))
		if err != nil {
			return nil, err
		}
		if !ok {
			for j := range e.picks {
				if err := s.give(needs[j].Owner, e.picks[j]); err != nil {
					return nil, err
				}
			}
			e.picks = nil
			return refusef(exchange.ReasonNoStock, needs[i].Owner, fault.A4, "%q has fewer than %d prekeys in stock",
				n.Owner, len(n.Peers)), nil
		}
		e.picks = append(e.picks, runs)
	}
	return nil, nil
}

// takeAssigned takes the prekeys that the router has picked: check M3.
func (s *step) takeAssigned(e *proposed) error {
	needs := conversation.Assignments(e.block)
	if len(needs) != len(e.picks) {
		return fault.Refute(fault.M3, "picks of %d stocks where %d are needed", len(e.picks), len(needs))
	}
	for i, n := range needs {
		if countRuns(e.picks[i]) != len(n.Peers) {
			return fault.Refute(fault.M3, "%d prekeys of %q where %d are needed", countRuns(e.picks[i]), n.Owner, len(n.Peers))
		}
		ok, err := s.take(n.Owner, e.picks[i])
		if err != nil {
			return err
		}
		if !ok {
			return fault.Refute(fault.M3, "picked prekeys of %q are not in stock", n.Owner)
		}
	}
	return nil
}

// release gives back what an entry that is not committed had reserved.
func (s *step) release(before *conversation.Roster, e *proposed) error {
	for i, n := range conversation.Assignments(e.block) {
		if err := s.give(n.Owner, e.picks[i]); err != nil {
			return err
		}
	}
	return s.name(before, e, false)
}

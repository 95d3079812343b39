package cowpi

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// since is somebody as meant by a removal or a restart: the participant with this
// join epoch. Once it is removed or restarted by others, the wish is fulfilled.
type since struct {
	ID     identity.ID
	Joined uint32
}

// intent is an UPDATE that we want (SPEC.md, 10.5). It outlives the epochs that
// others begin before it has its place.
type intent struct {
	Serial  uint64 // of the upload that carries it; 0: none does
	Leave   bool
	Add     []identity.ID
	Remove  []since
	Restart []since
	Keys    []exchange.FetchedKey // what was fetched for it so far
}

func writeSince(w *wire.Writer, list []since) {
	w.Count(len(list))
	for _, x := range list {
		w.Fixed(x.ID.Field()).U32(x.Joined)
	}
}

func readSince(r *wire.Reader) (out []since) {
	for range r.Count("participants", conversation.MaxRoster, identity.IDFieldSize+4) {
		out = append(out, since{identity.ReadID(r, "id"), r.U32("joined")})
	}
	return out
}

func (s *step) putIntent(sid suite.Hash, in intent) {
	w := wire.NewWriter(256).U8(recordVersion).U64(in.Serial).Bool(in.Leave)
	writeIDs(w, in.Add)
	writeSince(w, in.Remove)
	writeSince(w, in.Restart)
	writeKeys(w, in.Keys)
	s.draft.Put(sidKey(keyIntent, sid), w.Bytes())
}

func (s *step) intent(sid suite.Hash) (in intent, ok bool, err error) {
	raw, err := s.draft.Get(sidKey(keyIntent, sid))
	if err != nil || raw == nil {
		return in, false, err
	}
	r := wire.NewReader("intent record", raw)
	r.Version(recordVersion)
	in.Serial = r.U64("serial")
	in.Leave, in.Add = r.Bool("leave"), readIDs(r)
	in.Remove, in.Restart, in.Keys = readSince(r), readSince(r), readKeys(r)
	err = stored(r.Done())
	return in, err == nil, err
}

// plan makes an intent of an Update.
func (s *step) plan(in Update) error {
	const op = "update"
	if _, busy, err := s.intent(in.Sid); err != nil {
		return err
	} else if busy {
		return fault.Misusef(op, "another update of this conversation is under way")
	}
	st, _, err := s.keep.Load(s.draft, in.Sid, 0)
	if err != nil {
		return err
	}
	all := slices.Concat(in.Add, in.Remove, in.Restart)
	slices.Sort(all)
	if err := s.checkIDs(op, all); err != nil {
		return err
	}
	if len(all) == 0 {
		return fault.Misusef(op, "nothing to do")
	}
	want := intent{Add: slices.Sorted(slices.Values(in.Add))}
	for _, id := range in.Add {
		if st.Roster.Position(id) >= 0 {
			return fault.Misusef(op, "%q takes part already", id)
		}
	}
	for _, list := range []struct {
		ids []identity.ID
		to  *[]since
	}{{in.Remove, &want.Remove}, {in.Restart, &want.Restart}} {
		for _, id := range list.ids {
			e, ok := st.Roster.Find(id)
			if !ok {
				return fault.Misusef(op, "%q does not take part", id)
			}
			*list.to = append(*list.to, since{id, e.Joined})
		}
	}
	if slices.Contains(in.Remove, s.self.ID) {
		return fault.Misusef(op, "to remove oneself is to leave")
	}
	if st.Roster.Len()+len(in.Add)-len(in.Remove) > conversation.MaxRoster {
		return fault.Misusef(op, "more than %d participants", conversation.MaxRoster)
	}
	s.putIntent(in.Sid, want)
	s.due[in.Sid] = true
	return nil
}

// planLeave makes an intent to leave, in place of any other. An UPDATE of ours
// that is on its way comes first.
func (s *step) planLeave(sid suite.Hash) {
	s.putIntent(sid, intent{Leave: true})
	s.due[sid] = true
}

// dropIntent drops the intent that an upload of ours carries, because it was done
// or cannot be. What we wish for since then remains.
func (s *step) dropIntent(sid suite.Hash, serial uint64) error {
	in, ok, err := s.intent(sid)
	if ok && in.Serial == serial {
		s.draft.Delete(sidKey(keyIntent, sid))
	}
	return err
}

// apply makes of an intent the new roster, as far as the intent still means
// something for the old one.
func (in *intent) apply(st conversation.State, self identity.ID) []conversation.Entry {
	key := map[identity.ID]suite.Point{}
	for _, k := range in.Keys {
		key[k.ID] = k.Key
	}
	in.Add = slices.DeleteFunc(in.Add, func(id identity.ID) bool { return st.Roster.Position(id) >= 0 })
	stale := func(x since) bool {
		e, ok := st.Roster.Find(x.ID)
		return !ok || e.Joined != x.Joined
	}
	in.Remove = slices.DeleteFunc(in.Remove, stale)
	in.Restart = slices.DeleteFunc(in.Restart, stale)
	var out []conversation.Entry
	for _, e := range st.Roster.Entries() {
		x := since{e.ID, e.Joined}
		if slices.Contains(in.Remove, x) || in.Leave && e.ID == self {
			continue
		}
		if slices.Contains(in.Restart, x) {
			e.Joined = st.Epoch + 1
		}
		out = append(out, e)
	}
	for _, id := range in.Add {
		out = append(out, conversation.Entry{Party: identity.Party{ID: id, Key: key[id]}, Joined: st.Epoch + 1})
	}
	return out
}

// writeUpdate writes the UPDATE that is wanted, once its keys are there.
func (s *step) writeUpdate(o *outbox) (wrote bool, err error) {
	in, ok, err := s.intent(o.sid)
	if err != nil || !ok {
		return false, err
	}
	if in.Leave && o.state.Roster.Len() == 1 {
		// The last participant just deletes.
		return false, s.end(o.sid, EndLeft, o.state.Next-1, o.state.Epoch, nil)
	}
	entries := in.apply(o.state, s.self.ID)
	if !in.Leave && len(in.Add)+len(in.Remove)+len(in.Restart) == 0 {
		s.draft.Delete(sidKey(keyIntent, o.sid))
		s.emit(UpdateMoot{o.sid})
		return false, nil
	}
	s.putIntent(o.sid, in)
	if len(entries) > conversation.MaxRoster {
		return false, s.failUpdate(o.sid, "", "more participants than allowed")
	}
	missing, err := s.missingKeys(o, in, entries)
	if err != nil || len(missing) > 0 {
		return false, err
	}
	for _, e := range entries {
		i := slices.IndexFunc(in.Keys, func(k exchange.FetchedKey) bool { return k.ID == e.ID })
		if i >= 0 && in.Keys[i].Key != e.Key {
			return false, s.failUpdate(o.sid, e.ID, "the key of "+string(e.ID)+" is not the one of the conversation: remove and add instead")
		}
	}
	roster, err := conversation.NewRoster(s.suite, entries)
	if err != nil {
		return false, err
	}
	in.Serial = o.Serial + 1
	s.putIntent(o.sid, in)
	d := o.next(conversation.UPDATE)
	d.Nonce, d.AuthorID, d.Providers, d.Roster = s.coin("update nonce"), s.self.ID, s.digest, roster
	return true, s.upload(o, d.Seal(s.suite), suite.Key{}, 0, in.Keys)
}

// missingKeys fetches what an intent still needs, unless that is under way.
func (s *step) missingKeys(o *outbox, in intent, entries []conversation.Entry) ([]identity.ID, error) {
	var missing []identity.ID
	self := slices.IndexFunc(entries, func(e conversation.Entry) bool { return e.ID == s.self.ID })
	all := self >= 0 && entries[self].Joined == o.state.Epoch+1
	for _, e := range entries {
		need := e.ID != s.self.ID && (all || e.Joined == o.state.Epoch+1)
		if need && !slices.ContainsFunc(in.Keys, func(k exchange.FetchedKey) bool { return k.ID == e.ID }) {
			missing = append(missing, e.ID)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	under := false
	err := s.operations(func(op operation) error {
		under = under || op.Sid == o.sid
		return nil
	})
	if err != nil || under {
		return missing, err
	}
	slices.Sort(missing)
	return missing, s.ask(operation{ID: s.fetchID(), Sid: o.sid, IDs: missing})
}

// fetchedFor gives an intent the keys that came for it.
func (s *step) fetchedFor(o operation) error {
	in, ok, err := s.intent(o.Sid)
	if err != nil || !ok {
		return err
	}
	in.Keys = append(in.Keys, o.Keys...)
	s.putIntent(o.Sid, in)
	s.due[o.Sid] = true
	return nil
}

func (s *step) failUpdate(sid suite.Hash, user identity.ID, why string) error {
	s.draft.Delete(sidKey(keyIntent, sid))
	s.emit(OperationFailed{Sid: sid, User: user, Why: why})
	return nil
}

// writeSetup begins a conversation with the keys that were fetched.
func (s *step) writeSetup(op operation) error {
	entries := []conversation.Entry{{Party: s.ownParty()}}
	for _, k := range op.Keys {
		entries = append(entries, conversation.Entry{Party: k.Party})
	}
	roster, err := conversation.NewRoster(s.suite, entries)
	if err != nil {
		return err
	}
	d := &conversation.DataBlock{Type: conversation.SETUP, Nonce: op.Nonce, AuthorID: s.self.ID, Providers: s.digest, Roster: roster}
	d.Seal(s.suite)
	o := outbox{local: local{Phase: phaseSetup}, sid: d.Sid, state: conversation.Before(s.digest)}
	s.emit(Created{op.ID, d.Sid})
	return s.upload(&o, d, suite.Key{}, 0, op.Keys)
}

package cowpi

import (
	"errors"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// errHeld says that a delivery waits for the application's decision on a key.
var errHeld = errors.New("held")

// entry is one index under way: the delivery, what it parses to, the public
// state before (Roster nil before a SETUP or at a join) and after.
type entry struct {
	m             exchange.Delivery
	d             *conversation.DataBlock
	before, after conversation.State
	joining       bool // we are not in the conversation before this entry, by our own knowledge
	author        identity.ID
	own           bool
	km            suite.Key
	pending       pending // own: the upload
}

// process takes one index that all providers delivered alike (SPEC.md, 10.3):
// Valid, own block, content. Its errors are evidence, upon which we stop; errHeld;
// or of the other families.
func (s *step) process(sid suite.Hash, c local, m exchange.Delivery) error {
	e, err := s.judge(c, m)
	if errors.Is(err, errIgnored) {
		return s.ignore(sid, c, m)
	}
	if err != nil {
		return err
	}
	members := freshParties(e)
	p, known, differs, err := s.distrust(members)
	if err != nil {
		return err
	}
	if differs {
		if err := s.hold(sid, p, known); err != nil {
			return err
		}
		return errHeld
	}
	if e.own {
		if e.pending, err = s.findOwn(sid, e.d); err != nil {
			return err
		}
	}
	// From here on the draft is written; when a check fails below, the stop that
	// follows wipes every record of the conversation, so no half of it stays.
	if err := s.open(&e); err != nil {
		return err
	}
	if err := s.assign(&e); err != nil {
		return err
	}
	if err := s.keep.Save(s.draft, e.after, e.d); err != nil {
		return err
	}
	if err := s.see(members); err != nil {
		return err
	}
	return s.apply(c, e)
}

// errIgnored says that an entry is not for us: we are out of the conversation.
var errIgnored = errors.New("ignored")

// judge parses a delivery and holds it against the public state.
func (s *step) judge(c local, m exchange.Delivery) (entry, error) {
	e := entry{m: m}
	d, err := conversation.Parse(s.suite, m.Data)
	if err != nil {
		if c.Phase == phaseGone {
			return e, errIgnored
		}
		return e, err
	}
	e.d = d
	if d.Sid != m.Sid {
		return e, fault.Refute(fault.V2, "a block of another conversation")
	}
	switch c.Phase {
	case phaseActive:
		st, ok, err := s.keep.Load(s.draft, m.Sid, d.Author)
		if err != nil || !ok {
			return e, err
		}
		e.before = st
		if st.Providers != s.digest {
			// We have gone over to other providers since. What these agree upon, with perhaps
			// nobody honest among them, need not be what others are shown. Nobody is to blame.
			return e, &fault.Evidence{Check: fault.V13, Who: fault.Party{Role: fault.RoleUnknown, ID: string(s.self.ID)},
				What: "the conversation is of another provider set than our own"}
		}
	case phaseGone:
		if !s.leadsOn(c, m.Index, d) {
			return e, errIgnored
		}
		e.joining = true
	case phaseUnknown:
		e.joining = d.Type != conversation.SETUP
		fallthrough
	case phaseSetup:
		e.before = conversation.Before(s.digest)
	}
	if e.joining {
		err = conversation.ValidJoin(s.ownParty(), s.digest, m.Index, d)
		e.before = conversation.State{}
		e.author = d.AuthorID
		e.after = conversation.Join(s.suite, s.digest, m.Index, m.Before, d)
	} else {
		if m.Before != e.before.Digest || m.Index != e.before.Next {
			return e, fault.Refute(fault.D2, "the digest of what came before is not ours")
		}
		if err = conversation.Valid(e.before, d, conversation.AnyBlocks); err == nil {
			e.author = d.AuthorIn(e.before.Roster)
			e.after = conversation.Apply(s.suite, e.before, d)
		}
	}
	if err != nil {
		return e, err
	}
	e.own = e.author == s.self.ID
	if d.Roster != nil {
		if self, ok := d.Roster.Find(s.self.ID); ok && self.Key != s.self.Key {
			return e, fault.Refute(fault.T4, "the roster has another key for us")
		} else if !ok && c.Phase != phaseActive {
			return e, fault.Refute(fault.T4, "we are not in the roster")
		}
	}
	if e.own != (m.Block == nil) {
		return e, fault.Refute(fault.D3, "a block for the author, or none for a recipient")
	}
	return e, nil
}

// leadsOn is check D6: what brings back one that is out of a conversation.
func (s *step) leadsOn(c local, index uint64, d *conversation.DataBlock) bool {
	if d.Type != conversation.UPDATE || index <= c.LastIndex || d.Epoch >= 1<<32-1 || d.NewEpoch() <= c.LastEpoch {
		return false
	}
	self, ok := d.Roster.Find(s.self.ID)
	return ok && self.Joined == d.NewEpoch() && d.AuthorID != s.self.ID
}

// ignore passes over an entry while we are out of the conversation. What it names
// or assigns of our prekeys is used up, and wiped.
func (s *step) ignore(sid suite.Hash, c local, m exchange.Delivery) error {
	c.LastIndex = max(c.LastIndex, m.Index)
	s.putLocal(sid, c)
	return s.wipeNamed(m)
}

// freshParties lists whose keys an entry brings: the others that it adds or
// restarts; at a SETUP and for a joiner, all others.
func freshParties(e entry) []identity.Party {
	if e.d.Roster == nil {
		return nil
	}
	var out []identity.Party
	for _, p := range e.d.Roster.Entries() {
		if e.joining || p.Joined == e.d.NewEpoch() {
			out = append(out, p.Party)
		}
	}
	return out
}

// findOwn is check D4: what comes back as ours is an upload that we made.
func (s *step) findOwn(sid suite.Hash, d *conversation.DataBlock) (pending, error) {
	all, err := s.pendings(sid)
	if err != nil {
		return pending{}, err
	}
	for _, p := range all {
		if p.Data == d.Hash() {
			return p, nil
		}
	}
	return pending{}, fault.Refute(fault.D4, "an upload of ours that we never made")
}

// apply does what an entry means, now that it is known to be good.
func (s *step) apply(c local, e entry) error {
	sid, d := e.m.Sid, e.d
	if e.own {
		if err := s.resolve(sid, e); err != nil {
			return err
		}
	}
	if !e.joining && e.before.Roster != nil {
		c.MayWrite = s.unlocksWriting(c, e)
	}
	if d.Roster == nil {
		c = s.owe(c, e)
		s.putLocal(sid, c)
		s.emit(Acked{sid, e.m.Index, e.author, d.K})
	}
	switch d.Type {
	case conversation.MSG:
		return s.show(e)
	case conversation.RCPT:
		if d.Stopped && !e.own {
			s.emit(PeerStopped{sid, e.m.Index, e.author, d.K})
		}
		return nil
	}
	return s.newEpoch(c, e)
}

// unlocksWriting is the joiner's rule (SPEC.md, 10.4): one that joined by UPDATE
// writes no text before it has seen an upload by that UPDATE's author, or by one
// that was there before; by anyone, if it restarted itself. One who came later proves
// nothing: perhaps it was brought in by those alone who joined with us.
func (s *step) unlocksWriting(c local, e entry) bool {
	if c.MayWrite || e.own || c.Adder == "" {
		return c.MayWrite
	}
	author, _ := e.before.Roster.Find(e.author)
	return c.SelfRestart || e.author == c.Adder || author.Joined < c.Joined
}

// owe notes the receipt that is due for an entry, or that one of ours has paid it.
func (s *step) owe(c local, e entry) local {
	if e.own {
		if e.d.Type != conversation.SETUP && e.d.K+1 >= c.Owed {
			c.Owed, c.DueAt = 0, 0
		}
		if !e.d.AddsOrRestarts() || e.d.Type == conversation.SETUP {
			return c
		}
	}
	if e.d.Type == conversation.RCPT {
		return c
	}
	if c.Owed == 0 {
		c.DueAt = s.now
		if n := e.after.Roster.Len(); n > 8 {
			// A random delay of up to n seconds, so that a large group does not answer
			// every text all at once.
			coin := s.coin("receipt delay")
			r := uint64(coin[0])<<16 | uint64(coin[1])<<8 | uint64(coin[2])
			c.DueAt += Time(r * uint64(n) * uint64(s.policy.ReceiptDelay) >> 24)
		}
	}
	c.Owed = e.m.Index + 1
	return c
}

// show opens the text of a MSG. k_m fits: that was checked with the block.
func (s *step) show(e entry) error {
	sid, index, epoch := e.m.Sid, e.m.Index, e.d.Epoch
	var plain content.Plain
	if e.own {
		raw, err := s.draft.Get(textKey(sid, e.pending.Text))
		if err != nil {
			return err
		}
		q, err := parseText(raw)
		if err != nil {
			return err
		}
		s.draft.Delete(textKey(sid, e.pending.Text))
		plain = content.Plain(q.Text)
	} else {
		var err error
		if plain, err = content.Open(s.suite, e.d, e.km); err != nil {
			s.emit(Unreadable{sid, index, epoch, e.author})
			return nil
		}
	}
	repeat, err := s.remember(sid, e.author, plain)
	if err != nil {
		return err
	}
	if repeat {
		s.emit(Repeated{sid, index, epoch, e.author, plain.ID})
		return nil
	}
	s.emit(Shown{sid, index, epoch, e.author, Text(plain)})
	return nil
}

// rememberedTexts is how many shown texts per author are remembered.
const rememberedTexts = 32

func shownKey(sid suite.Hash, author identity.ID) []byte {
	return sidKey(keyShown, sid, []byte(author)...)
}

// remember is check C3: it says whether a text of this author was shown before,
// among its last 32, and moves it to the end of those.
func (s *step) remember(sid suite.Hash, author identity.ID, p content.Plain) (bool, error) {
	key := shownKey(sid, author)
	raw, err := s.draft.Get(key)
	if err != nil {
		return false, err
	}
	digest := p.Digest(s.suite)
	if len(raw)%len(digest) != 0 || len(raw) > rememberedTexts*len(digest) {
		return false, fault.Bugf("stored record: %d bytes of remembered texts", len(raw))
	}
	list := make([]byte, 0, len(raw)+len(digest))
	repeat := false
	for i := 0; i+len(digest) <= len(raw); i += len(digest) {
		if suite.Hash(raw[i:i+len(digest)]) == digest {
			repeat = true
			continue
		}
		list = append(list, raw[i:i+len(digest)]...)
	}
	list = append(list, digest[:]...)
	if over := len(list) - rememberedTexts*len(digest); over > 0 {
		list = list[over:]
	}
	s.draft.Put(key, list)
	return repeat, nil
}

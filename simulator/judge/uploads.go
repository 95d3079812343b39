package judge

import (
	"maps"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

func judgePeople(e Evidence) Opinion {
	p := e.people()
	if p.unsure != "" {
		return cannotTell("%s", p.unsure)
	}
	for _, u := range e.World.Users {
		p.receipts(p.users[u.ID])
	}
	return contradictions(p.said)
}

// receipts wants everybody who could pay a receipt to have paid it.
func (p *people) receipts(u *person) {
	for _, t := range u.talks {
		if t.phase == 2 && u.online && t.owes > 0 && len(t.flying) == 0 && u.caughtUp(t) && t.state.Roster.Len() <= 8 {
			p.sent("%s owes a receipt of index %d", u.id, t.owes-1)
		}
	}
}

func (u *person) caughtUp(t *talk) bool {
	for i, h := range t.heads {
		if h > t.state.Next || u.links[i].gone {
			return false
		}
	}
	return u.online
}

// upload holds an upload against what its author knew.
func (p *people) upload(u *person, m *said, x exchange.Upload) {
	s := p.st.suite
	d, err := conversation.Parse(s, x.Data)
	if err != nil {
		p.sent("%s: %v", m, err)
		return
	}
	t := u.talk(d.Sid)
	id := x.ID(s)
	for _, f := range t.flying {
		if f.id == id { // again, perhaps with other authentication
			if p.st.head.Timed && !u.again && p.now != t.retry {
				p.sent("%s is sent again at %d, and was due at %d", m, p.now, t.retry)
			}
			return
		}
	}
	var before *conversation.Roster
	if d.Type == conversation.SETUP {
		if t.phase != 0 {
			p.sent("%s: a second SETUP", m)
		}
		t.phase, t.authors = 1, map[uint16]conversation.Author{}
		if err := conversation.Valid(conversation.Before(p.set), d, len(x.Blocks)); err != nil || d.AuthorID != u.id {
			p.sent("%s: a SETUP of %s: %v", m, d.AuthorID, err)
			return
		}
	} else {
		before = p.judgeUpload(u, t, m, d, len(x.Blocks))
		if before == nil {
			return
		}
	}
	if d.Roster != nil {
		for _, e := range d.Roster.Entries() {
			if p.world[e.ID] != e.Key {
				p.sent("%s: another key of %s", m, e.ID)
			}
		}
	}
	fetched := p.fetchedFor(u, m, d)
	for i, to := range conversation.Recipients(before, d) {
		p.block(u, t, m, d, before, to, x.Blocks[i], fetched)
	}
	t.flying = append(t.flying, flying{id, d.Hash(), d, x.Blocks, before})
}

// judgeUpload is the judgement of anything but a SETUP. It returns the roster that
// it was written under.
func (p *people) judgeUpload(u *person, t *talk, m *said, d *conversation.DataBlock, blocks int) *conversation.Roster {
	if t.phase == 3 && u.parting == d.Sid {
		return p.judgeLate(u, t, m, d, blocks)
	}
	if t.phase == 3 && t.stopped && d.Stopped {
		return p.judgeStop(u, t, m, d, blocks)
	}
	if t.phase != 2 {
		p.sent("%s: it does not take part in %x", m, d.Sid[:4])
		return nil
	}
	if u.late {
		return p.judgeLate(u, t, m, d, blocks)
	}
	if !u.caughtUp(t) && u.online && !d.Stopped && !u.anyGone() {
		p.sent("%s: it was written before all was processed", m)
	}
	st := t.state
	pos := st.Roster.Position(u.id)
	if int(d.Author) != pos {
		p.sent("%s: it names position %d as its author, not %d", m, d.Author, pos)
		return nil
	}
	last := st.First()
	if a, ok := t.authors[d.Author]; ok {
		last = a
	}
	want := last.Seq + 1 + uint64(len(t.flying))
	if d.Seq != want && !(t.refused && d.Seq < want && d.Seq > last.Seq) {
		p.sent("%s: seq %d, not %d", m, d.Seq, want)
	}
	if d.K != st.Next-1 {
		p.sent("%s: k %d, when %d was processed", m, d.K, st.Next-1)
	}
	st.Last = conversation.Author{Seq: d.Seq - 1, K: last.K}
	if err := conversation.Valid(st, d, blocks); err != nil {
		p.sent("%s: %v", m, err)
		return nil
	}
	if d.Type == conversation.RCPT && !d.Stopped && t.owes == 0 {
		p.sent("%s: a receipt that was not due", m)
	}
	if d.Stopped {
		p.sent("%s: it says that it stopped, and goes on", m)
	}
	return st.Roster
}

// judgeLate judges an upload that was made, unseen, some time before.
func (p *people) judgeLate(u *person, t *talk, m *said, d *conversation.DataBlock, blocks int) *conversation.Roster {
	st := t.state
	st.Last = conversation.Author{Seq: d.Seq - 1, K: min(d.K, st.Next-1)}
	if err := conversation.Valid(st, d, blocks); err != nil || int(d.Author) != st.Roster.Position(u.id) || d.K+1 < t.state.Base {
		p.sent("%s: %v", m, err)
		return nil
	}
	return st.Roster
}

// finalReasons are those upon which a SETUP or UPDATE is given up.
var finalReasons = []exchange.Reason{exchange.ReasonUnknownUser, exchange.ReasonKeyDiffers, exchange.ReasonNoStock,
	exchange.ReasonPrekey, exchange.ReasonTooLarge, exchange.ReasonProviderSet}

// refused is a refusal: unless it is final, what was refused is sent again after a
// pause.
func (p *people) refused(u *person, m exchange.Refused) {
	const pause = 1000 // cowpi.Policy.Retry, unless somebody chose otherwise
	t := u.talk(m.Sid)
	t.refused = true
	for _, f := range t.flying {
		final := f.block.Roster != nil && slices.Contains(finalReasons, m.Reason)
		if f.id == m.Upload && !final && t.retry <= p.now {
			t.retry = p.now + pause
		}
	}
}

func (u *person) anyGone() bool {
	for _, l := range u.links {
		if l.gone {
			return true
		}
	}
	return false
}

// fetchedFor finds the prekeys that were fetched for an upload.
func (p *people) fetchedFor(u *person, m *said, d *conversation.DataBlock) map[identity.ID][]pair.KeyID {
	need := conversation.FetchesFor(d)
	if len(need) == 0 {
		return nil
	}
	out := map[identity.ID][]pair.KeyID{}
	purpose := d.Purpose(p.st.suite)
	for _, f := range u.fetched {
		if f.purpose == purpose {
			for id, k := range f.keys {
				out[id] = append(out[id], k.ID)
			}
		}
	}
	maps.DeleteFunc(out, func(id identity.ID, _ []pair.KeyID) bool { return !slices.Contains(need, id) })
	for _, id := range need {
		if len(out[id]) == 0 {
			p.sent("%s: it fetched no key of %s for this", m, id)
		}
	}
	return out
}

// chainTo names the chain to a recipient. Join epochs are those after the block,
// but for one who goes.
func (u *person) chainTo(t *talk, d *conversation.DataBlock, before *conversation.Roster, to identity.ID) chainOf {
	c := chainOf{sid: d.Sid, to: to}
	for _, r := range []*conversation.Roster{before, d.Roster} {
		if r == nil {
			continue
		}
		self, mine := r.Find(u.id)
		peer, ok := r.Find(to)
		if mine {
			c.joined = self.Joined
		}
		if ok {
			c.peer = peer.Joined
		}
	}
	if d.Roster != nil && d.Roster.Position(to) < 0 { // the old pair
		if self, ok := before.Find(u.id); ok {
			c.joined = self.Joined
		}
	}
	return c
}

// block holds a block against the chain that it is of.
func (p *people) block(u *person, t *talk, m *said, d *conversation.DataBlock, before *conversation.Roster, to identity.ID, b []byte, fetched map[identity.ID][]pair.KeyID) {
	h, err := pair.ParseHeader(p.st.suite, b)
	if err != nil {
		p.sent("%s: the block for %s: %v", m, to, err)
		return
	}
	at := u.chainTo(t, d, before, to)
	c := u.chains[at]
	fresh := fetched[to] != nil
	switch {
	case c == nil && !h.Start:
		p.sent("%s: the block for %s goes on with no chain", m, to)
	case c != nil && !fresh && (!h.Start || h.X == c.X):
		if h.N != c.n {
			p.sent("%s: the block for %s has place %d in its chain, not %d", m, to, h.N, c.n)
		}
		if h.Start && h.Ref != c.ref {
			p.sent("%s: the block for %s names another key than its chain", m, to)
		}
		if h.Start == c.accepted {
			p.sent("%s: the block for %s has the wrong form", m, to)
		}
		c.n++
	case !h.Start || h.N != 0:
		p.sent("%s: the block for %s does not begin its chain", m, to)
	default:
		p.begin(u, m, d, to, h, c, fetched[to])
		u.chains[at] = &chain{ref: h.Ref, X: h.X, n: 1}
	}
}

// begin is the first block of a chain: which key may it name?
func (p *people) begin(u *person, m *said, d *conversation.DataBlock, to identity.ID, h pair.Header, old *chain, fetched []pair.KeyID) {
	if h.Ref.Kind == pair.Session {
		if fetched != nil || old == nil && !u.heardFrom(d.Sid, to) {
			p.sent("%s: the block for %s names a key that was not offered", m, to)
		}
		return
	}
	allowed := append([]pair.KeyID(nil), fetched...)
	if a, ok := u.assigned[[2]string{string(to), string(d.Sid[:])}]; ok && fetched == nil {
		allowed = append(allowed, a.ID)
	}
	for _, id := range allowed {
		if id == h.Ref.ID {
			return
		}
	}
	p.sent("%s: the block for %s names a prekey that was given for something else", m, to)
}

// heardFrom says whether somebody wrote in a conversation, so that it may have
// offered keys.
func (u *person) heardFrom(sid suite.Hash, _ identity.ID) bool {
	t := u.talks[sid]
	return t != nil && t.state.Next > 0
}

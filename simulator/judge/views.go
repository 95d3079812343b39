package judge

import (
	"reflect"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
	"cowpi.example/transcript"
)

// shownText is a text as the first was shown it.
type shownText struct {
	author identity.ID
	id     content.TextID
	text   string
}

func judgeViews(e Evidence) Opinion {
	p := e.people()
	if p.unsure != "" {
		return cannotTell("%s", p.unsure)
	}
	return contradictions(p.seen)
}

// advance processes the next index of a conversation, if it is complete.
func (p *people) advance(i int, u *person, sid suite.Hash, t *talk) bool {
	next, exact := uint64(0), true
	switch t.phase {
	case 0:
		exact = false
	case 2:
		next = t.state.Next
	case 3:
		next, exact = t.last+1, false
	}
	got := u.got[sid]
	lows := make([]uint64, len(u.links)) // the first that each provider has to offer
	const none = 1 << 63
	for at := range u.links {
		lows[at] = none
		old := false
		for n := range got[at] {
			if n < next {
				delete(got[at], n)
				old = true
			} else {
				lows[at] = min(lows[at], n)
			}
		}
		if old {
			u.owe(at, exchange.Ack{Sid: sid, Index: next - 1})
		}
	}
	first := lows[0]
	for _, low := range lows {
		if low == none || exact && low != next || low != first {
			return false
		}
	}
	// One that has not heard yet that a connection is gone still counts what came
	// over it. Whether it had heard, shows in whether it goes on.
	for at, l := range u.links {
		if l.gone && !p.follows(i, u, sid, first) {
			p.linkDown(u, at)
			return false
		}
	}
	m, why := got[0][first], p.disagreement(u, sid, first)
	for at := range u.links {
		delete(got[at], first)
	}
	if why != nil {
		p.stops(u, sid, t, first, why)
	} else {
		p.process(i, u, t, m)
	}
	u.oweAll(exchange.Ack{Sid: sid, Index: first})
	return true
}

// follows says whether the next thing in the transcript is that somebody saw an
// index, or acknowledged it: that comes at once.
func (p *people) follows(i int, u *person, sid suite.Hash, index uint64) bool {
	if i+1 >= len(p.st.records) {
		return false
	}
	if m := p.st.sent[i+1]; m != nil && m.from == u.id {
		a, ok := m.message.(exchange.Ack)
		return ok && a.Sid == sid && a.Index == index
	}
	s, ok := p.st.records[i+1].(transcript.Saw)
	return ok && s.Who == u.id && s.Sid == sid && s.Index <= index
}

// process takes one index.
func (p *people) process(i int, u *person, t *talk, m exchange.Delivery) {
	s := p.st.suite
	d, err := conversation.Parse(s, m.Data)
	if err != nil || d.Sid != m.Sid {
		p.saw("index %d of %x, delivered to %s, is malformed: %v", m.Index, m.Sid[:4], u.id, err)
		return
	}
	joining := t.phase == 3 || t.phase == 0 && d.Type != conversation.SETUP
	if t.phase == 3 && !leadsOn(u, t, m.Index, d) {
		t.last = max(t.last, m.Index)
		return
	}
	before := t.state
	var author identity.ID
	if joining {
		err = conversation.ValidJoin(identity.Party{ID: u.id, Key: p.world[u.id]}, p.set, m.Index, d)
		before, author = conversation.State{}, d.AuthorID
	} else {
		if t.phase != 2 {
			before = conversation.Before(p.set)
		} else if before.Last = before.First(); d.Type != conversation.SETUP {
			if a, ok := t.authors[d.Author]; ok {
				before.Last = a
			}
		}
		if m.Before != before.Digest || m.Index != before.Next {
			p.saw("index %d of %x, delivered to %s, does not follow", m.Index, m.Sid[:4], u.id)
		}
		if err = conversation.Valid(before, d, conversation.AnyBlocks); err == nil {
			author = d.AuthorIn(before.Roster)
		}
	}
	if err != nil {
		p.saw("index %d of %x, delivered to %s: %v", m.Index, m.Sid[:4], u.id, err)
		return
	}
	own := author == u.id
	if own != (m.Block == nil) {
		p.saw("index %d of %x: a block for its author %s, or none for another", m.Index, m.Sid[:4], u.id)
	}
	if why := p.refusal(i, u, m, author); why != nil {
		p.stops(u, m.Sid, t, m.Index, why)
		return
	}
	if joining {
		t.state = conversation.Join(s, p.set, m.Index, m.Before, d)
	} else {
		t.state = conversation.Apply(s, before, d)
	}
	for _, a := range m.Assigned {
		u.assigned[[2]string{string(a.Peer), string(m.Sid[:])}] = a.Theirs
	}
	p.events(u, t, m, d, before, author, joining)
}

func leadsOn(u *person, t *talk, index uint64, d *conversation.DataBlock) bool {
	if d.Type != conversation.UPDATE || index <= t.last || d.NewEpoch() <= t.epoch || d.AuthorID == u.id {
		return false
	}
	e, ok := d.Roster.Find(u.id)
	return ok && e.Joined == d.NewEpoch()
}

// events expects what a participant is told of an index, and keeps the books.
func (p *people) events(u *person, t *talk, m exchange.Delivery, d *conversation.DataBlock, before conversation.State, author identity.ID, joining bool) {
	own := author == u.id
	expect := func(s transcript.Saw) {
		s.Who, s.Sid, s.Index = u.id, m.Sid, m.Index
		u.expect = append(u.expect, expected{saw: s})
	}
	ack := transcript.Saw{What: transcript.Ack, Party: author, UpTo: d.K}
	if own {
		p.landed(u, t, d, before)
	}
	t.owe(own, m, d)
	if d.Roster == nil {
		t.authors[d.Author] = t.state.Last
		expect(ack)
		if d.Type == conversation.MSG {
			expect(transcript.Saw{What: transcript.Text, Epoch: d.Epoch, Party: author})
		} else if d.Stopped && !own {
			expect(transcript.Saw{What: transcript.PeerStopped, Party: author, UpTo: d.K})
		}
		return
	}
	t.authors = map[uint16]conversation.Author{}
	t.flying, t.refused = nil, false
	roster := transcript.Saw{What: transcript.Roster, Epoch: d.NewEpoch(), Party: author}
	for _, e := range d.Roster.Entries() {
		if joining || e.Joined == d.NewEpoch() {
			p.meets(u, e.ID)
		}
		roster.Members = append(roster.Members, transcript.Member{ID: e.ID, Key: e.Key, Joined: e.Joined})
		switch {
		case e.Joined != d.NewEpoch():
		case before.Roster != nil && before.Roster.Position(e.ID) >= 0:
			roster.Restarted = append(roster.Restarted, e.ID)
		case !joining || e.ID == u.id:
			roster.Added = append(roster.Added, e.ID)
		}
	}
	if before.Roster != nil {
		for _, e := range before.Roster.Entries() {
			if d.Roster.Position(e.ID) < 0 {
				roster.Removed = append(roster.Removed, e.ID)
			}
		}
	}
	if d.Type == conversation.UPDATE {
		ack.Epoch = 0
		expect(ack)
	}
	expect(roster)
	if d.Roster.Position(u.id) < 0 {
		reason := cowpi.EndRemoved
		if own {
			reason = cowpi.EndLeft
		}
		expect(transcript.Saw{What: transcript.Ended, Epoch: d.NewEpoch(), Reason: uint8(reason),
			Code: identity.ConversationCode(p.st.suite, t.state.Digest).Digits()})
		t.phase, t.last, t.epoch, t.owes = 3, m.Index, d.NewEpoch(), 0
		return
	}
	t.phase = 2
	if d.Type == conversation.UPDATE { // texts may be held, a wish may have been fulfilled
		u.expect = append(u.expect, expected{maybe: true}, expected{maybe: true})
	}
}

// owe notes the receipt that an entry makes due, or pays.
func (t *talk) owe(own bool, m exchange.Delivery, d *conversation.DataBlock) {
	if own {
		if d.Type != conversation.SETUP && d.K+1 >= t.owes {
			t.owes = 0
		}
		if !d.AddsOrRestarts() || d.Type == conversation.SETUP {
			return
		}
	}
	if d.Type != conversation.RCPT {
		t.owes = m.Index + 1
	}
}

// landed is an upload of one's own that has its place.
func (p *people) landed(u *person, t *talk, d *conversation.DataBlock, before conversation.State) {
	for i, f := range t.flying {
		if f.data != d.Hash() {
			continue
		}
		for j, to := range conversation.Recipients(before.Roster, d) {
			c := u.chains[u.chainTo(t, d, before.Roster, to)]
			h, err := pair.ParseHeader(p.st.suite, f.blocks[j])
			if c != nil && err == nil && h.Start && h.X == c.X {
				c.accepted = true
			}
		}
		t.flying = append(t.flying[:i:i], t.flying[i+1:]...)
		return
	}
	p.sent("index %d of %x is by %s, which did not upload it", t.state.Next-1, d.Sid[:4], u.id)
}

// view holds an event against what was expected.
func (p *people) view(u *person, s transcript.Saw) {
	for len(u.expect) > 0 && (u.expect[0].hidden || u.expect[0].maybe) {
		if u.expect[0].hidden {
			u.number++
		} else {
			u.slack++
		}
		u.expect = u.expect[1:]
	}
	if s.Number <= u.number || s.Number-u.number-1 > u.slack {
		p.saw("%s: event %d comes after %d", u.id, s.Number, u.number)
	} else {
		u.slack -= s.Number - u.number - 1
	}
	u.number = s.Number
	if len(u.expect) == 0 {
		p.alone(u, s)
		return
	}
	want := u.expect[0].saw
	u.expect = u.expect[1:]
	switch {
	case p.odd(u, want, s):
		want.What, want.ID = s.What, s.ID
	case want.What == transcript.Text && s.What == transcript.Text:
		p.text(u, s)
		want.ID, want.Text = s.ID, s.Text
	}
	want.Number = s.Number
	if !reflect.DeepEqual(want, s) {
		p.saw("%s saw %+v, not %+v", u.id, s, want)
	}
}

// alone is an event that follows from nothing in the transcript: the last one in a
// conversation may leave it.
func (p *people) alone(u *person, s transcript.Saw) {
	t := u.talks[s.Sid]
	if s.What != transcript.Ended || t == nil || t.phase != 2 || t.state.Roster.Len() != 1 {
		p.saw("%s saw %+v, and nothing had come", u.id, s)
		return
	}
	want := transcript.Saw{Who: u.id, Number: s.Number, What: transcript.Ended, Sid: s.Sid, Index: t.state.Next - 1, Epoch: t.state.Epoch,
		Reason: uint8(cowpi.EndLeft), Code: identity.ConversationCode(p.st.suite, t.state.Digest).Digits()}
	if !reflect.DeepEqual(want, s) {
		p.saw("%s saw %+v, not %+v", u.id, s, want)
	}
	t.phase, t.last, t.epoch, t.owes = 3, want.Index, want.Epoch, 0
	u.parting = s.Sid
}

// text is a text that was shown: to all the same, and of the length that was sealed.
func (p *people) text(u *person, s transcript.Saw) {
	at := place{s.Sid, s.Index}
	if p.corrupt[u.id] && s.Party == u.id {
		return // what it says that it wrote
	}
	this := shownText{s.Party, s.ID, string(s.Text)}
	if first, ok := p.texts[at]; ok && first != this {
		p.saw("%s saw another text at index %d than others", u.id, s.Index)
	}
	p.texts[at] = this
	if size, ok := p.st.sealedSize(at); ok && size != wire.Padme(20+len(s.Text))+suite.TagSize {
		p.saw("the text at index %d has %d bytes, which %d sealed ones do not hold", s.Index, len(s.Text), size)
	}
}

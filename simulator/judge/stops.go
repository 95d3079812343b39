package judge

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// What happens if somebody is corrupt: a participant stops, and says so.

// hangsUp ends a connection to a provider that broke a check.
func (p *people) hangsUp(u *person, at int, why error) {
	id := p.st.head.Providers[at].ID
	if !p.corrupt[id] {
		p.saw("%s has to hang up on %s, which is not corrupt: %v", u.id, id, why)
	}
	why = fault.Blame(why, fault.Party{Role: fault.RoleProvider, ID: string(id)}, "connection to "+string(id))
	u.expect = append(u.expect, expected{saw: transcript.Saw{Who: u.id, What: transcript.Fault, Party: id,
		Check: string(fault.CheckOf(why)), Error: why.Error()}})
	p.linkDown(u, at)
}

// disagreement is why a participant stops to whom providers delivered different
// things, or nil if they did not.
func (p *people) disagreement(u *person, sid suite.Hash, index uint64) error {
	for at := range u.links {
		if !u.got[sid][0][index].Equal(u.got[sid][at][index]) {
			err := fault.Refute(fault.D1, "%s and %s deliver different things", p.st.head.Providers[0].ID, p.st.head.Providers[at].ID)
			return fault.Blame(err, fault.Party{Role: fault.RoleProviders}, where(sid, index))
		}
	}
	return nil
}

func where(sid suite.Hash, index uint64) string {
	return fmt.Sprintf("conversation %x, index %d", sid[:4], index)
}

// refusal is why a participant stops at a block of a corrupt author, or nil if it
// goes on. What is in a block, only its recipient knows: that it stops shows in
// what comes next.
func (p *people) refusal(i int, u *person, m exchange.Delivery, author identity.ID) error {
	if !p.corrupt[author] || m.Block == nil || i+1 >= len(p.st.records) {
		return nil
	}
	s, ok := p.st.records[i+1].(transcript.Saw)
	if !ok || s.Who != u.id || s.Sid != m.Sid || s.What != transcript.Ended || s.Reason != uint8(cowpi.EndStopped) {
		return nil
	}
	h, err := pair.ParseHeader(p.st.suite, m.Block)
	if err != nil {
		return nil
	}
	why := fault.Refute(fault.P5, "the block at n = %d does not open", h.N)
	if s.Check == string(fault.C1) {
		why = fault.Refute(fault.C1, "k_m does not fit com")
	}
	return fault.Blame(why, fault.Party{Role: fault.RoleAuthor, ID: string(author)}, where(m.Sid, m.Index))
}

// stops ends a conversation for a participant at an index that broke a check.
func (p *people) stops(u *person, sid suite.Hash, t *talk, index uint64, why error) {
	if len(p.corrupt) == 0 {
		p.saw("%s has to stop: %v; and nobody is corrupt", u.id, why)
	}
	s := transcript.Saw{Who: u.id, What: transcript.Ended, Sid: sid, Index: index, Reason: uint8(cowpi.EndDeclined),
		Check: string(fault.CheckOf(why)), Error: why.Error()}
	switch t.phase {
	case 3: // it is out already
		t.last = max(t.last, index)
		return
	case 2:
		s.Reason, s.Index, s.Epoch = uint8(cowpi.EndStopped), t.state.Next-1, t.state.Epoch
		s.Code = identity.ConversationCode(p.st.suite, t.state.Digest).Digits()
		t.stopped = true
	}
	u.expect = append(u.expect, expected{saw: s})
	t.phase, t.last, t.epoch, t.owes, t.flying = 3, s.Index, s.Epoch, 0, nil
}

// judgeStop judges the upload by which a participant says that it stopped. It
// returns the roster that it was written under.
func (p *people) judgeStop(u *person, t *talk, m *said, d *conversation.DataBlock, blocks int) *conversation.Roster {
	st := t.state
	if a, ok := t.authors[d.Author]; ok {
		st.Last = a
	} else {
		st.Last = st.First()
	}
	seq := st.Last.Seq
	st.Last.Seq = d.Seq - 1
	if err := conversation.Valid(st, d, blocks); err != nil || int(d.Author) != st.Roster.Position(u.id) || d.K != st.Next-1 || d.Seq <= seq {
		p.sent("%s: it stopped, and says so otherwise: %v", m, err)
		return nil
	}
	t.stopped = false
	return st.Roster
}

// odd says whether what a corrupt author wrote was shown as something else than a
// text: as one that nobody can read, or that came before. It notes what it was.
func (p *people) odd(u *person, want, s transcript.Saw) bool {
	if want.What != transcript.Text || s.What != transcript.Unreadable && s.What != transcript.Repeat || !p.corrupt[want.Party] {
		return false
	}
	at := place{s.Sid, s.Index}
	if first, ok := p.oddities[at]; ok && (first.What != s.What || first.ID != s.ID) {
		p.saw("%s saw index %d as something else than others", u.id, s.Index)
	}
	p.oddities[at] = s
	if s.What == transcript.Repeat && !p.shownBefore(want.Party, s) {
		p.saw("%s saw index %d as a repeat of a text that it never saw", u.id, s.Index)
	}
	return true
}

// shownBefore says whether a text with this id was shown earlier in the conversation.
func (p *people) shownBefore(author identity.ID, s transcript.Saw) bool {
	for at, text := range p.texts {
		if at.sid == s.Sid && at.index < s.Index && text.id == s.ID && text.author == author {
			return true
		}
	}
	return false
}

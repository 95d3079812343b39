package verify

import (
	"slices"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// view is how far a participant's events went.
type view struct {
	number uint64                // of the last event
	next   map[suite.Hash]uint64 // one above the last index shown of a conversation
}

// saw judges an event of a participant.
func (v *verifier) saw(e transcript.Saw) {
	w := v.views[e.Who]
	if w == nil {
		w = &view{next: map[suite.Hash]uint64{}}
		v.views[e.Who] = w
	}
	s := at(e.Sid, e.Index).of(e.Who)
	v.judge(ViewOrder, e.Number > w.number, s, "event %d comes after %d", e.Number, w.number)
	w.number = e.Number
	if e.What == transcript.Fault {
		_, place := v.base(e.Party)
		v.judge(ViewOrder, place >= 0 || e.Party == "", Subject{Participant: e.Who, Provider: e.Party}, "the accused is not of the provider set")
		return
	}
	t := v.talks[e.Sid]
	if !v.needs(ViewBacked, t != nil, s, "nothing was ever uploaded or delivered of this conversation") {
		return
	}
	if e.What == transcript.Ended {
		v.ended(t, e, s)
		return
	}
	v.judge(ViewOrder, e.Index+1 >= w.next[e.Sid], s, "an event of index %d comes after one of index %d", e.Index, w.next[e.Sid]-1)
	w.next[e.Sid] = max(w.next[e.Sid], e.Index+1)
	if e.Index < t.low {
		v.cannot(ViewBacked, s, "an event of an index that everybody had acknowledged, or that is too long ago")
		return
	}
	x := v.backed(t, e.Who, e.Index)
	if !v.needs(ViewBacked, x != nil, s, "not every provider had delivered this index to this participant, or not the same") {
		return
	}
	t.ends[e.Who] = lastOne{x.index, x.after}
	if !x.ok {
		v.cannot(ViewContent, s, "the data block of this index is not one that can be judged")
		return
	}
	v.content(t, x, e, s)
	v.secrets.sawText(x, e, s)
}

// backed is the version of an index that a participant has from every provider.
func (v *verifier) backed(t *talk, who identity.ID, index uint64) *version {
	all := uint32(1)<<v.set.Len() - 1
	for _, x := range t.versions[index] {
		if x.got[who] == all {
			return x
		}
	}
	return nil
}

// content judges an event by the data block of its index.
func (v *verifier) content(t *talk, x *version, e transcript.Saw, s Subject) {
	d := x.d
	fits := func(good bool, format string, args ...any) { v.judge(ViewContent, good, s, format, args...) }
	fits(e.Party == x.author, "the author of this index is %q, shown is %q", x.author, e.Party)
	epoch := d.Epoch
	switch e.What {
	case transcript.Text, transcript.Repeat, transcript.Unreadable:
		fits(d.Type == conversation.MSG, "a text is shown where a %s stands", d.Type)
	case transcript.Ack:
		fits(d.Type != conversation.SETUP, "a receipt is shown where a %s stands", d.Type)
	case transcript.PeerStopped:
		fits(d.Type == conversation.RCPT && d.Stopped, "a stop is shown where none is said")
	case transcript.Roster:
		fits(d.Roster != nil, "a roster is shown where a %s stands", d.Type)
		epoch = d.NewEpoch()
	}
	switch e.What {
	case transcript.Ack, transcript.PeerStopped:
		fits(e.UpTo == d.K, "index %d is acknowledged, shown is %d", d.K, e.UpTo)
		return
	}
	fits(e.Epoch == epoch, "the epoch is %d, shown is %d", epoch, e.Epoch)
	if e.What == transcript.Text && d.Type == conversation.MSG {
		fits(len(d.Sealed) == content.SealedSize(len(e.Text)), "a text of %d bytes is shown, %d bytes were sealed", len(e.Text), len(d.Sealed))
	}
	if e.What == transcript.Roster && d.Roster != nil {
		v.roster(x, e, fits)
	}
}

// roster judges a roster, and what is said to have changed.
func (v *verifier) roster(x *version, e transcript.Saw, fits func(bool, string, ...any)) {
	var members []transcript.Member
	var added, removed, restarted []identity.ID
	in := false
	if x.pre.Roster != nil {
		_, in = x.pre.Roster.Find(e.Who)
		for _, m := range x.pre.Roster.Entries() {
			if x.d.Roster.Position(m.ID) < 0 {
				removed = append(removed, m.ID)
			}
		}
	}
	for _, m := range x.d.Roster.Entries() {
		members = append(members, transcript.Member{ID: m.ID, Key: m.Key, Joined: m.Joined})
		was := x.pre.Roster != nil && x.pre.Roster.Position(m.ID) >= 0
		switch {
		case m.Joined != x.d.NewEpoch():
		case was:
			restarted = append(restarted, m.ID)
		default:
			added = append(added, m.ID)
		}
	}
	fits(slices.Equal(members, e.Members), "the members are not those of the roster")
	if x.d.Type == conversation.UPDATE && !in {
		added, removed, restarted = []identity.ID{e.Who}, nil, nil // one who joins knows no more
	}
	// One that stopped knows no roster before either: it may take part and not know.
	same := slices.Equal(added, e.Added) && slices.Equal(removed, e.Removed) && slices.Equal(restarted, e.Restarted)
	joins := slices.Equal(e.Added, []identity.ID{e.Who}) && len(e.Removed)+len(e.Restarted) == 0
	fits(same || joins && slices.Contains(restarted, e.Who), "what is shown to have changed is not what did")
}

// ended judges the conversation code at an end.
func (v *verifier) ended(t *talk, e transcript.Saw, s Subject) {
	if e.Code == "" {
		return
	}
	after, known := suite.Hash{}, false
	if last, ok := t.ends[e.Who]; ok && last.index == e.Index {
		after, known = last.after, true
	} else if x := v.backed(t, e.Who, e.Index); x != nil {
		after, known = x.after, true
	}
	if !known {
		v.cannot(ViewCode, s, "what this participant had processed last is not known any more")
		return
	}
	v.judge(ViewCode, identity.ConversationCode(v.suite, after).Digits() == e.Code, s, "the code is not that of the conversation up to this index")
}

package cowpi

import (
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Outbox returns the texts of a conversation, in order, that were handed over and have
// neither a place in it nor been handed back.
func (p *Participant) Outbox(v store.View, sid suite.Hash) (out []Text, err error) {
	s := &step{Participant: p, draft: store.NewDraft(v)}
	err = s.eachText(sid, func(_ uint64, q queued) { out = append(out, q.Text) })
	return out, err
}

// Holds is what a machine holds for others, for games that bound it.
type Holds struct {
	Deliveries int // that wait for those of other providers
	Most       int // of them, of one provider and one conversation
	Boxes      int // conversations of which something is held
	Entries    int // of hand-out logs, not yet compared
	Answers    int // to fetches
	Stock      int // its own prekeys, in the store
}

// UnsafeHolds says what the machine and its store hold.
func (p *Participant) UnsafeHolds(v store.View) (h Holds, err error) {
	h.Boxes, h.Answers = len(p.vol.boxes), len(p.vol.fetched)
	for _, b := range p.vol.boxes {
		for _, got := range b.got {
			h.Deliveries += len(got)
			h.Most = max(h.Most, len(got))
		}
	}
	for _, log := range p.vol.handouts {
		h.Entries += len(log)
	}
	err = v.Scan([]byte{keyStock}, []byte{keyStock + 1}, func(_, _ []byte) bool {
		h.Stock++
		return true
	})
	return h, err
}

// Last returns what the public state of a conversation knows of one author.
func (p *Participant) Last(v store.View, sid suite.Hash, author identity.ID) (last conversation.Author, ok bool, err error) {
	st, ok, err := p.keep.Load(v, sid, 0)
	if err != nil || !ok {
		return last, false, err
	}
	pos := st.Roster.Position(author)
	if pos < 0 {
		return last, false, nil
	}
	last, err = p.keep.Author(v, st.Head, uint16(pos))
	return last, err == nil, err
}

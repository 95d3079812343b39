package provider

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
)

// Holds is what a provider holds for one user, for games that bound it.
type Holds struct {
	Waiting int // uploads that wait
	Most    int // of them, in one conversation
	Bytes   int // of them
	Stock   int // prekeys in stock
	Fetches int // with an unused prekey
}

// UnsafeHolds says what the provider holds for a user.
func (p *Provider) UnsafeHolds(v store.View, user identity.ID) (h Holds, err error) {
	for _, q := range p.mem.queues.base {
		n := 0
		for _, w := range q.list {
			if w.user == user {
				n++
				h.Bytes += w.size()
			}
		}
		h.Waiting += n
		h.Most = max(h.Most, n)
	}
	o, err := loadOwner(v, user)
	if err != nil {
		return h, err
	}
	h.Stock = countRuns(o.free)
	h.Fetches, err = (&step{Provider: p, d: store.NewDraft(v)}).openFetches(user)
	return h, err
}

// UnsafeLargestRoster counts the entries of the largest roster of a conversation.
func (p *Provider) UnsafeLargestRoster(v store.View) (n int, err error) {
	sids, err := p.public.Sids(v)
	for _, sid := range sids {
		st, ok, err := p.public.Load(v, sid, 0)
		if err != nil || !ok {
			return n, err
		}
		n = max(n, st.Roster.Len())
	}
	return n, err
}

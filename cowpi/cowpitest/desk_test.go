package cowpitest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
)

// What the desk keeps: stocks, and the order of conversations.

func (d *desk) fetch(m exchange.Fetch) []exchange.FetchedKey {
	if keys, ok := d.fetches[m.ID]; ok {
		return keys
	}
	var keys []exchange.FetchedKey
	for _, id := range m.IDs {
		keys = append(keys, exchange.FetchedKey{Party: d.guests[id].self.Party(), Prekey: d.take(id)})
	}
	d.fetches[m.ID] = keys
	return keys
}

func (d *desk) take(id identity.ID) exchange.Prekey {
	require.NotEmpty(d.t, d.stocks[id], "stock of %s", id)
	k := d.stocks[id][0]
	d.stocks[id] = d.stocks[id][1:]
	return k
}

// next takes the first waiting upload of a user, or of anybody, off the list.
func (d *desk) next(from string) arrival {
	d.t.Helper()
	i := slices.IndexFunc(d.waiting, func(a arrival) bool { return from == "" || string(a.from) == from })
	require.GreaterOrEqual(d.t, i, 0, "no upload of %q waits", from)
	a := d.waiting[i]
	d.waiting = slices.Delete(d.waiting, i, i+1)
	return a
}

// valid judges an upload as an honest provider does, but for Admission.
func (d *desk) valid(a arrival) error {
	b := d.books[a.block.Sid]
	if b == nil {
		return conversation.Valid(conversation.Before(d.set.Digest(d.suite)), a.block, len(a.upload.Blocks))
	}
	st := b.state
	st.Last = st.First()
	if last, ok := b.last[a.from]; ok {
		st.Last = last
	}
	return conversation.Valid(st, a.block, len(a.upload.Blocks))
}

// order gives the next upload of a user its place and delivers it; false if it is
// not valid, and dropped.
func (d *desk) order(from string) bool {
	d.t.Helper()
	a := d.next(from)
	if d.valid(a) != nil {
		return false
	}
	d.place(a)
	return true
}

// place gives an upload its place, valid or not, and delivers it to everybody.
func (d *desk) place(a arrival) {
	for _, x := range d.deliveries(a) {
		x.to.due = append(x.to.due, x.m)
		d.tellAll(x.to, x.m)
	}
}

type dueTo struct {
	to *guest
	m  exchange.Delivery
}

// deliveries gives an upload its place.
func (d *desk) deliveries(a arrival) (out []dueTo) {
	sid := a.block.Sid
	b := d.books[sid]
	if b == nil {
		b = &book{state: conversation.Before(d.set.Digest(d.suite))}
		d.books[sid] = b
	}
	before := b.state
	b.state = conversation.Apply(d.suite, before, a.block)
	if a.block.Roster != nil {
		b.last = map[identity.ID]conversation.Author{}
	} else {
		b.last[a.from] = b.state.Last
	}
	assigned := d.assign(a.block)
	m := exchange.Delivery{Sid: sid, Index: before.Next, Head: before.Next, Before: before.Digest, Data: a.upload.Data}
	for i, id := range conversation.Recipients(before.Roster, a.block) {
		if i < len(a.upload.Blocks) {
			x := m
			x.Block, x.Assigned = a.upload.Blocks[i], assigned[id]
			out = append(out, dueTo{d.guests[id], x})
		}
	}
	return append(out, dueTo{d.guests[a.from], m})
}

func (d *desk) assign(block *conversation.DataBlock) map[identity.ID][]exchange.Assigned {
	type way struct{ owner, peer identity.ID }
	picks := map[way]exchange.Prekey{}
	needs := conversation.Assignments(block)
	for _, n := range needs {
		for _, peer := range n.Peers {
			picks[way{n.Owner, peer}] = d.take(n.Owner)
		}
	}
	out := map[identity.ID][]exchange.Assigned{}
	for _, n := range needs {
		for _, peer := range n.Peers {
			out[n.Owner] = append(out[n.Owner], exchange.Assigned{Peer: peer,
				Theirs: picks[way{peer, n.Owner}], Mine: picks[way{n.Owner, peer}].ID})
		}
	}
	return out
}

// settle orders all that waits, and what follows from it.
func (d *desk) settle() {
	d.t.Helper()
	for i := 0; len(d.waiting) > 0; i++ {
		require.Less(d.t, i, 10000, "uploads without end")
		d.order("")
	}
}

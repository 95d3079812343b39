package verify

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
)

// delivery judges a delivery. It returns the version that it tells of, for its
// arrival.
func (v *verifier) delivery(c *conn, m exchange.Delivery) any {
	t := v.talk(m.Sid)
	s := at(m.Sid, m.Index).on(c.number).by(c.server).of(c.client)
	if m.Index < t.low {
		v.cannot(ProviderSame, s, "an index is delivered again that everybody had acknowledged, or that is too long ago")
		return nil
	}
	v.judge(DeliveryOrder, m.Head >= m.Index, s, "the highest index is said to be %d", m.Head)
	x := v.find(t, c, m)
	for t.high-t.low > v.window {
		v.settle(t)
	}
	if x == nil || m.Index < t.low {
		return nil
	}
	v.sameToAll(t, c, x, s)
	v.inSequence(c, x, m, s)
	if c.place > 0 {
		v.committed(t, c, x, s)
	}
	if !x.ok {
		if x.waits {
			v.cannot(DeliveryBlock, s, "the index before was delivered to nobody yet")
		}
		return x
	}
	v.block(t, x, c, m, s)
	v.assigned(t, x, c, m, s)
	return x
}

// sameToAll judges what a provider says of an index to one after the other.
func (v *verifier) sameToAll(t *talk, c *conn, x *version, s Subject) {
	if _, known := x.first[c.server]; known {
		v.ok(ProviderSame) // or it was told when the provider first said this
		return
	}
	x.first[c.server] = c.client
	for _, o := range t.versions[x.index] {
		if to, also := o.first[c.server]; also && o != x {
			v.fail(ProviderSame, s, "to %s it delivered something else", to)
			return
		}
	}
	v.ok(ProviderSame)
}

// inSequence judges the order of indices on a connection. Who was out for a while
// has a gap, up to the index that brings it in again.
func (v *verifier) inSequence(c *conn, x *version, m exchange.Delivery, s Subject) {
	last, before := c.last[m.Sid]
	if !before || m.Index >= last {
		c.last[m.Sid] = m.Index + 1
	}
	brings := false
	if x.ok && x.d.Roster != nil {
		e, in := x.d.Roster.Find(c.client)
		was := x.pre.Roster != nil && x.pre.Roster.Position(c.client) >= 0
		brings = in && e.Joined == x.d.NewEpoch() && !was
	}
	v.needs(DeliveryOrder, !before || m.Index == last || m.Index > last && brings, s,
		"index %d comes on this connection where %d is due", m.Index, last)
}

// block judges whether the recipient is due this index, and gets its block.
func (v *verifier) block(t *talk, x *version, c *conn, m exchange.Delivery, s Subject) {
	if c.client == x.author {
		v.judge(DeliveryBlock, m.Block == nil, s, "the author gets a block")
		return
	}
	pos, due := slices.BinarySearch(x.recipients, c.client)
	if !v.judge(DeliveryBlock, due, s, "it is delivered to somebody who is not due it") {
		return
	}
	if len(x.uploads) == 0 {
		v.cannot(DeliveryBlock, s, "the upload is not known")
		return
	}
	u := match(x.uploads, pos, m.Block)
	if v.judge(DeliveryBlock, u != nil, s, "the block is not the one that was uploaded for this recipient") {
		x.uploads = []*upload{u} // from now on only blocks of the same upload fit
	}
}

// assigned judges the prekeys that a delivery assigns (SPEC.md, 6.4).
func (v *verifier) assigned(t *talk, x *version, c *conn, m exchange.Delivery, s Subject) {
	var due []identity.ID
	for _, n := range conversation.Assignments(x.d) {
		if n.Owner == c.client {
			due = n.Peers
		}
	}
	var peers []identity.ID
	for _, a := range m.Assigned {
		peers = append(peers, a.Peer)
	}
	if len(due)+len(peers) == 0 {
		return
	}
	if !v.judge(PrekeysAssigned, slices.Equal(due, peers), s, "prekeys are assigned for %q, due are %q", peers, due) {
		return
	}
	if x.assigned == nil {
		x.assigned = map[[2]identity.ID]keyID{}
	}
	for _, a := range m.Assigned {
		given := handout{exchange.HandoutAssigned, c.client, t.sid}
		v.inStock(a.Peer, a.Theirs, s)
		v.give(a.Peer, a.Theirs.ID, given, s)
		v.give(c.client, a.Mine, handout{exchange.HandoutAssigned, a.Peer, t.sid}, s)
		v.sameAssigned(x, a.Peer, c.client, a.Theirs.ID, s)
		v.sameAssigned(x, c.client, a.Peer, a.Mine, s)
	}
}

func (v *verifier) sameAssigned(x *version, owner, to identity.ID, id keyID, s Subject) {
	pair := [2]identity.ID{owner, to}
	if told, known := x.assigned[pair]; known {
		v.judge(PrekeysAssigned, told == id, s, "of the prekeys of %s another one was assigned to %s", owner, to)
		return
	}
	x.assigned[pair] = id
}

// namedPrekeys judges the prekeys that blocks to fresh pairs name.
func (v *verifier) namedPrekeys(t *talk, x *version) {
	if len(x.uploads) != 1 {
		return
	}
	v.named(t, x, x.uploads[0])
}

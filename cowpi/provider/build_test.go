package provider

import (
	"encoding/binary"
	"slices"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// bytes draws test bytes.
func (p *person) bytes() [32]byte {
	p.random++
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], p.random)
	return def.Hash("test bytes", []byte(p.self.ID), b[:])
}

// stock uploads a batch of prekeys to every provider.
func (p *person) stock(count int) exchange.Prekeys {
	p.batch++
	m := exchange.Prekeys{Batch: p.batch}
	for range count {
		b := p.bytes()
		m.List = append(m.List, exchange.Prekey{ID: pair.KeyID(b[:8]), Y: def.Public(suite.Scalar(p.bytes()))})
	}
	p.batches = append(p.batches, m)
	p.tell(m)
	return m
}

// fetchFor fetches one prekey of each, for a purpose.
func (p *person) fetchFor(sid suite.Hash, ids ...identity.ID) exchange.Fetched {
	slices.Sort(ids)
	b := p.bytes()
	m := exchange.Fetch{ID: exchange.FetchID(b[:16]), Sid: sid, IDs: ids}
	p.fetches = append(p.fetches, m)
	p.tell(m)
	var first exchange.Fetched
	for i := range p.ids {
		a := last[exchange.Fetched](p, i)
		require.Equal(p.n.t, m.ID, a.ID)
		if i == 0 {
			first = a
		}
		require.Equal(p.n.t, first, a)
	}
	return first
}

// block makes a well-formed block; no provider can look into it.
func (p *person) block(ref *pair.Ref) []byte {
	b := p.bytes()
	size, head := pair.ContinueSize, []byte{2, 0, 0, 0, 0}
	if ref != nil {
		X := def.Public(suite.Scalar(p.bytes()))
		size = pair.StartSize
		head = append([]byte{1, byte(ref.Kind)}, ref.ID[:]...)
		head = append(append(head, X[:]...), 0, 0, 0, 0)
	}
	out := append(head, make([]byte, size-len(head))...)
	copy(out[len(head):], b[:])
	return out
}

// auths authenticates an upload to every provider.
func (p *person) auths(u *exchange.Upload, sid suite.Hash) {
	id := u.ID(def)
	if p.n.uploaded != nil {
		p.n.uploaded(*u)
	}
	u.Auths = nil
	for _, c := range p.conns {
		u.Auths = append(u.Auths, exchange.Authenticate(def, c.AK(), c.AuthKeyID(), sid, id))
	}
}

// upload wraps a data block. fetched names prekeys by recipient.
func (p *person) upload(before *conversation.Roster, d *conversation.DataBlock, fetched exchange.Fetched) exchange.Upload {
	u := exchange.Upload{Data: d.Raw()}
	for _, id := range conversation.Recipients(before, d) {
		var ref *pair.Ref
		for _, k := range fetched.Keys {
			if k.ID == id {
				ref = &pair.Ref{Kind: pair.Prekey, ID: k.Prekey.ID}
			}
		}
		u.Blocks = append(u.Blocks, p.block(ref))
	}
	p.auths(&u, d.Sid)
	return u
}

// group is a conversation as its test sees it.
type group struct {
	n      *net
	sid    suite.Hash
	st     conversation.State
	last   map[identity.ID]conversation.Author
	blocks []*conversation.DataBlock
}

func rosterOf(t require.TestingT, epochs map[*person]uint32) *conversation.Roster {
	var entries []conversation.Entry
	for p, e := range epochs {
		entries = append(entries, conversation.Entry{Party: p.self.Party(), Joined: e})
	}
	r, err := conversation.NewRoster(def, entries)
	require.NoError(t, err)
	return r
}

// setup makes the SETUP upload of a conversation, with fetching.
func (p *person) setup(others ...*person) (*conversation.DataBlock, exchange.Upload) {
	epochs := map[*person]uint32{p: 0}
	var ids []identity.ID
	for _, o := range others {
		epochs[o] = 0
		ids = append(ids, o.self.ID)
	}
	d := &conversation.DataBlock{Type: conversation.SETUP, Nonce: p.bytes(), AuthorID: p.self.ID,
		Providers: p.n.set.Digest(def), Roster: rosterOf(p.n.t, epochs)}
	f := p.fetchFor(conversation.SetupPurpose(def, d.Nonce, p.self.ID, d.Providers), ids...)
	d.Seal(def)
	return d, p.upload(nil, d, f)
}

// found makes a conversation.
func (p *person) found(others ...*person) *group {
	d, u := p.setup(others...)
	p.submit(u)
	p.n.run()
	g := &group{n: p.n, sid: d.Sid, st: conversation.Before(p.n.set.Digest(def)), last: map[identity.ID]conversation.Author{}}
	g.accept(d)
	return g
}

// accept moves the test's own public state on.
func (g *group) accept(d *conversation.DataBlock) {
	author := d.AuthorIn(g.st.Roster)
	st := g.at(author)
	require.NoError(g.n.t, conversation.Valid(st, d, conversation.AnyBlocks))
	g.st = conversation.Apply(def, st, d)
	if d.Roster != nil {
		g.last = map[identity.ID]conversation.Author{}
	} else {
		g.last[author] = g.st.Last
	}
	g.blocks = append(g.blocks, d)
}

func (g *group) at(author identity.ID) conversation.State {
	st := g.st
	if st.Roster != nil {
		st.Last = st.First()
	}
	if l, ok := g.last[author]; ok {
		st.Last = l
	}
	return st
}

// next fills in the head of the author's next block.
func (g *group) next(p *person, typ conversation.Type) *conversation.DataBlock {
	st := g.at(p.self.ID)
	return &conversation.DataBlock{Sid: g.sid, Type: typ, Epoch: st.Epoch, RosterDigest: st.Roster.Digest(),
		Author: uint16(st.Roster.Position(p.self.ID)), Seq: st.Last.Seq + 1, K: st.Next - 1}
}

// msg makes the upload of a text.
func (g *group) msg(p *person, size int) (*conversation.DataBlock, exchange.Upload) {
	d := g.next(p, conversation.MSG)
	d.Com, d.Sealed = p.bytes(), make([]byte, size+suite.TagSize)
	d.Seal(def)
	return d, p.upload(g.st.Roster, d, exchange.Fetched{})
}

// say sends a text and takes it as accepted.
func (g *group) say(p *person) *conversation.DataBlock {
	d, u := g.msg(p, 32)
	p.submit(u)
	g.accept(d)
	g.n.run()
	return d
}

// update makes the upload of an UPDATE: add, remove, restart.
func (g *group) update(p *person, add, remove, restart []*person) (*conversation.DataBlock, exchange.Upload) {
	d := g.next(p, conversation.UPDATE)
	d.AuthorID, d.Providers = p.self.ID, g.n.set.Digest(def)
	var entries []conversation.Entry
	for _, e := range g.st.Roster.Entries() {
		if slices.ContainsFunc(remove, func(q *person) bool { return q.self.ID == e.ID }) {
			continue
		}
		if slices.ContainsFunc(restart, func(q *person) bool { return q.self.ID == e.ID }) {
			e.Joined = d.Epoch + 1
		}
		entries = append(entries, e)
	}
	for _, q := range add {
		entries = append(entries, conversation.Entry{Party: q.self.Party(), Joined: d.Epoch + 1})
	}
	var err error
	d.Roster, err = conversation.NewRoster(def, entries)
	require.NoError(g.n.t, err)
	d.Seal(def)
	var f exchange.Fetched
	if due := conversation.FetchesFor(d); len(due) > 0 {
		f = p.fetchFor(d.Purpose(def), due...)
	}
	return d, p.upload(g.st.Roster, d, f)
}

// change uploads an UPDATE and takes it as accepted.
func (g *group) change(p *person, add, remove, restart []*person) *conversation.DataBlock {
	d, u := g.update(p, add, remove, restart)
	p.submit(u)
	g.n.run()
	g.accept(d)
	return d
}

// sameDeliveries requires that all providers delivered to p just these indices of
// a conversation, and the same.
func (g *group) sameDeliveries(p *person, indices ...uint64) {
	t := g.n.t
	var first []exchange.Delivery
	for i := range p.ids {
		var got []exchange.Delivery
		for _, m := range all[exchange.Delivery](p, i) {
			if m.Sid == g.sid {
				got = append(got, m)
			}
		}
		var at []uint64
		for _, m := range got {
			at = append(at, m.Index)
		}
		require.Equal(t, indices, at, "%q from %d", p.self.ID, i)
		if i == 0 {
			first = got
		}
		for k := range got {
			require.True(t, first[k].Equal(got[k]), "%q: index %d differs at %d", p.self.ID, got[k].Index, i)
			require.Equal(t, g.blocks[got[k].Index].Raw(), got[k].Data)
		}
	}
}

// noFaults requires that no provider blamed anybody.
func (n *net) noFaults() {
	for i, nd := range n.nodes {
		require.Empty(n.t, nd.faults, "node %d", i)
	}
}

func indices(from, to uint64) (out []uint64) {
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

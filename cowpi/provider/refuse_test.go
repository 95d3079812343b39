package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// refused requires that the last upload of p was refused like this, and returns
// the refusal.
func refused(p *person, reason exchange.Reason, user identity.ID, from int, c fault.Check) exchange.Refused {
	t := p.n.t
	r := last[exchange.Refused](p, 0)
	require.Equal(t, reason, r.Reason, "%v", r.Reason)
	require.Equal(t, user, r.User)
	require.Equal(t, p.n.set.At(from).ID, r.From)
	var err error
	for _, e := range p.n.nodes[from].events {
		if r, ok := e.(Refused); ok {
			err = r.Err
		}
	}
	require.Equal(t, c, fault.CheckOf(err), "%v", err)
	return r
}

// trial uploads something that must be refused, then (the negative control) the
// same as it should be.
func trial(g *group, p *person, bad, good exchange.Upload, d *conversation.DataBlock, check func()) {
	p.send(0, bad)
	g.n.run()
	check()
	p.send(0, good)
	g.n.run()
	g.accept(d)
	g.complete(p, 0, uint64(len(g.blocks)))
	g.n.noFaults()
}

func TestA1AuthExpired(t *testing.T) {
	for at := range 3 {
		n := newNet(t, 2, Limits{})
		ps := people(n, 20, "ann", "bob")
		g := ps[0].found(ps[1])
		d, good := g.msg(ps[0], 10)
		bad := good
		bad.Auths = append([]exchange.Auth(nil), good.Auths...)
		bad.Auths[at].KeyID[0] ^= 1
		trial(g, ps[0], bad, good, d, func() {
			r := refused(ps[0], exchange.ReasonAuthExpired, "", at, fault.A1)
			require.Equal(t, uint64(0), r.Index)
			require.Equal(t, uint64(1), r.Seq)
			require.Equal(t, good.ID(def), r.Upload)
		})
	}
}

// The last eight keys count, not more.
func TestA1EightKeys(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	d, u := g.msg(ps[0], 10)
	old := u
	reconnect := func(times int) {
		for range times {
			ps[0].leave()
			ps[0].stay = true
			ps[0].connect()
			n.run()
		}
	}
	reconnect(8)
	ps[0].send(0, old)
	n.run()
	refused(ps[0], exchange.ReasonAuthExpired, "", 0, fault.A1)
	ps[0].auths(&u, g.sid)
	reconnect(7)
	ps[0].send(0, u)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 2)
}

func TestA2AuthWrong(t *testing.T) {
	for at := range 3 {
		n := newNet(t, 2, Limits{})
		ps := people(n, 20, "ann", "bob")
		g := ps[0].found(ps[1])
		d, good := g.msg(ps[0], 10)
		bad := good
		bad.Auths = append([]exchange.Auth(nil), good.Auths...)
		bad.Auths[at].MAC[31] ^= 1
		trial(g, ps[0], bad, good, d, func() { refused(ps[0], exchange.ReasonAuthWrong, "", at, fault.A2) })
	}
}

// The authentication covers each block: one that was changed on its way to the
// mirror would be noticed there, and at the router.
func TestA2EveryBlockIsAuthenticated(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1:]...)
	d, good := g.msg(ps[0], 10)
	bad := good
	bad.Blocks = [][]byte{good.Blocks[0], append([]byte(nil), good.Blocks[1]...)}
	bad.Blocks[1][20] ^= 1
	trial(g, ps[0], bad, good, d, func() { refused(ps[0], exchange.ReasonAuthWrong, "", 0, fault.A2) })
}

// Somebody else's upload, with its valid authentication: A2.
func TestA2OnlyTheAuthorUploads(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	d, u := g.msg(ps[0], 10)
	ps[1].send(0, u)
	n.run()
	refused(ps[1], exchange.ReasonAuthWrong, "", 0, fault.A2)
	ps[0].send(0, u)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 2)
}

func TestReasonProviderSet(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	d, good := g.msg(ps[0], 10)
	bad := good
	bad.Auths = good.Auths[:2]
	trial(g, ps[0], bad, good, d, func() { refused(ps[0], exchange.ReasonProviderSet, "", 0, fault.A2) })

	up, u := g.update(ps[0], nil, nil, []*person{ps[1]})
	other := *up
	other.Providers[0] ^= 1
	other.Seal(def)
	w := u
	w.Data = other.Raw()
	ps[0].auths(&w, g.sid)
	trial(g, ps[0], w, u, up, func() { refused(ps[0], exchange.ReasonProviderSet, "", 0, fault.V13) })
}

func TestReasonInvalid(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob")
	g := ps[0].found(ps[1])
	g.say(ps[1])
	d, good := g.msg(ps[0], 10)
	late := *d
	late.Seq = 7
	late.Seal(def)
	bad := ps[0].upload(g.st.Roster, &late, exchange.Fetched{})
	trial(g, ps[0], bad, good, d, func() {
		r := refused(ps[0], exchange.ReasonInvalid, "", 0, fault.V6)
		require.Equal(t, uint64(1), r.Index)
		require.Equal(t, uint64(7), r.Seq)
	})
	// What is accepted is seen, again and again, and nothing changes.
	ps[0].send(0, good)
	n.run()
	require.Equal(t, exchange.Seen{Sid: g.sid, Seq: 1}, last[exchange.Seen](ps[0], 0))
	g.sameDeliveries(ps[1], 0, 1, 2)
	// Of another epoch it is not valid any more.
	g.change(ps[1], nil, nil, []*person{ps[0]})
	ps[0].send(0, good)
	n.run()
	require.Equal(t, uint32(1), refused(ps[0], exchange.ReasonInvalid, "", 0, fault.V4).Epoch)
}

// Sending a SETUP again is answered with Seen too.
func TestSetupAgain(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob")
	d, u := ps[0].setup(ps[1])
	for range 2 {
		ps[0].send(0, u)
		n.run()
	}
	require.Equal(t, exchange.Seen{Sid: d.Sid}, last[exchange.Seen](ps[0], 0))
	require.Len(t, all[exchange.Delivery](ps[1], 0), 1)
}

func TestA3Keys(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1])
	d, good := g.update(ps[0], []*person{ps[2]}, nil, nil)
	swap := func(change func(*conversation.Entry)) exchange.Upload {
		other := *d
		entries := d.Roster.Entries()
		for i := range entries {
			if entries[i].ID == "cem" {
				change(&entries[i])
			}
		}
		var err error
		other.Roster, err = conversation.NewRoster(def, entries)
		require.NoError(t, err)
		other.Seal(def)
		u := exchange.Upload{Data: other.Raw(), Blocks: good.Blocks}
		ps[0].auths(&u, g.sid)
		return u
	}
	bad := swap(func(e *conversation.Entry) { e.Key = self("mallory").Key })
	ps[0].send(0, bad)
	n.run()
	refused(ps[0], exchange.ReasonKeyDiffers, "cem", 0, fault.A3)
	n.step(0, Register{User: self("cez").Party()}) // registered, but never seen
	ps[0].send(0, swap(func(e *conversation.Entry) { e.Party = self("cez").Party() }))
	n.run()
	refused(ps[0], exchange.ReasonUnknownUser, "cez", 0, fault.A3)
	trial(g, ps[0], swap(func(e *conversation.Entry) { e.Party = self("cf").Party() }), good, d, func() {
		refused(ps[0], exchange.ReasonUnknownUser, "cf", 0, fault.A3)
	})
}

// A mirror has its own directory: what the router alone believes is refused (A3),
// and the entries behind the refused one are not lost.
func TestA3MirrorHasItsOwnDirectory(t *testing.T) {
	n := newNet(t, 2, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	g := ps[0].found(ps[1])
	_, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
	real := ps[2].self.Party()
	ps[2].leave()
	n.step(2, Register{User: identity.Party{ID: "cem", Key: self("mallory").Key}, Replace: true})
	next, v := g.msg(ps[1], 10) // judged behind the UPDATE it would wait; behind nothing it is valid
	ps[0].send(0, u)
	ps[1].send(0, v)
	n.run()
	refused(ps[0], exchange.ReasonUnknownUser, "cem", 2, fault.A3)
	g.accept(next)
	n.step(2, Register{User: real, Replace: true})
	ps[2].stay = true
	ps[2].connect()
	n.run()
	d, u := g.update(ps[0], []*person{ps[2]}, nil, nil)
	ps[0].send(0, u)
	n.run()
	g.accept(d)
	g.complete(ps[1], 0, 3)
	n.noFaults()
	n.sameState(g, ps...)
}

// Not enough stock for the assigned prekeys: A4, and nothing is taken.
func TestA4Stock(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem")
	poor := n.join("dee")
	poor.auto = true
	poor.stock(2) // one is fetched; one left for two peers
	d, u := ps[0].setup(ps[1], ps[2], poor)
	ps[0].send(0, u)
	n.run()
	refused(ps[0], exchange.ReasonNoStock, "dee", 0, fault.A4)
	poor.stock(1)
	ps[0].send(0, u)
	n.run()
	g := &group{n: n, sid: d.Sid, st: conversation.Before(n.set.Digest(def))}
	g.accept(d)
	g.complete(poor, 0, 1)
	require.Len(t, all[exchange.Delivery](poor, 0)[0].Assigned, 2)
	n.noFaults()
}

// The ways in which a block may name a prekey that is not its author's to use: A5.
func TestA5Prekeys(t *testing.T) {
	n := newNet(t, 1, Limits{})
	ps := people(n, 20, "ann", "bob", "cem", "dee")
	g := ps[0].found(ps[1])
	d, good := g.update(ps[0], []*person{ps[2]}, nil, nil)
	pos := 1 // cem's block: behind bob's
	with := func(ref *pair.Ref) exchange.Upload {
		u := good
		u.Blocks = append([][]byte(nil), good.Blocks...)
		u.Blocks[pos] = ps[0].block(ref)
		ps[0].auths(&u, g.sid)
		return u
	}
	other := ps[3].fetchFor(g.sid, "cem").Keys[0].Prekey.ID           // fetched by somebody else
	purpose := ps[0].fetchFor(suite.Hash{7}, "cem").Keys[0].Prekey.ID // for something else
	peer := ps[0].fetchFor(g.sid, "dee").Keys[0].Prekey.ID            // of somebody else
	h, err := pair.ParseHeader(def, good.Blocks[pos])
	require.NoError(t, err)
	for _, ref := range []*pair.Ref{{Kind: pair.Prekey, ID: other}, {Kind: pair.Prekey, ID: purpose},
		{Kind: pair.Prekey, ID: peer}, {Kind: pair.Prekey, ID: pair.KeyID{1}}, {Kind: pair.Session, ID: h.Ref.ID}, nil} {
		ps[0].send(0, with(ref))
		n.run()
		refused(ps[0], exchange.ReasonPrekey, "cem", 0, fault.A5)
	}
	ps[0].send(0, good)
	n.run()
	g.accept(d)
	g.complete(ps[0], 0, 2)
	n.noFaults()
	// Once used, it is used: a restart of cem needs another.
	again, u := g.update(ps[1], nil, nil, []*person{ps[2]})
	u.Blocks[1] = ps[1].block(&h.Ref)
	ps[1].auths(&u, g.sid)
	ps[1].send(0, u)
	n.run()
	refused(ps[1], exchange.ReasonPrekey, "cem", 0, fault.A5)
	_ = again
}

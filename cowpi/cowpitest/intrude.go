package cowpitest

import (
	"math/rand/v2"
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// Intrude connects to provider i as a user, says payloads, and hangs up, all in
// one go. It returns what the provider said. The user's own machine, if it was
// connected, is not any more. payloads gets the connection, to authenticate by.
func (n *Net) Intrude(self identity.Self, i int, payloads func(a *Actor) [][]byte) ([][]byte, error) {
	p := n.Providers[i]
	a := NewActor(n.suite, self)
	n.conns++
	w := n.lay(&wire{a: "intruder", b: p.name(), bConn: n.conns})
	defer func() {
		n.cut(w, "intruder")
		w.aClosed = false
	}()
	if err := n.stepProvider(p, provider.Opened{Conn: w.bConn}); err != nil {
		return nil, err
	}
	say := func(msgs ...[]byte) error {
		for len(msgs) > 0 || len(w.toA) > 0 {
			if w.dead {
				return nil
			}
			if len(msgs) > 0 {
				m := msgs[0]
				msgs = msgs[1:]
				n.push(w, w.a, m)
				w.toB = nil
				n.arrived(w, true, m)
				if err := n.stepProvider(p, provider.Received{Conn: w.bConn, Bytes: m}); err != nil {
					return err
				}
				continue
			}
			n.arrived(w, false, w.toA[0])
			answer, err := a.Take(w.toA[0])
			if err != nil {
				n.cut(w, "intruder") // a corrupt provider has garbled it
				return nil
			}
			w.toA, msgs = w.toA[1:], append(msgs, answer...)
		}
		return nil
	}
	msg1, err := a.Dial(channel.RoleUser, p.Self.Party())
	if err == nil {
		err = say(msg1)
	}
	if err != nil || !a.Up() || w.dead {
		return nil, err
	}
	for _, b := range payloads(a) {
		if w.dead {
			return a.Heard, nil
		}
		f, err := a.Say(b)
		if err != nil {
			return a.Heard, nil // the provider has not shown its keys: a corrupt one
		}
		if err := say(f); err != nil {
			return a.Heard, err
		}
	}
	return a.Heard, nil
}

// Babble is what a corrupt user may say to a provider, of no use to anybody.
func (p *Plot) Babble(a *Actor, ids []identity.ID) [][]byte {
	r := p.Rand
	sid := someHash(r)
	var u exchange.Upload
	if len(p.Uploads) > 0 {
		u = p.Uploads[r.IntN(len(p.Uploads))]
		if d, err := conversation.Parse(p.Suite, u.Data); err == nil {
			sid = d.Sid
		}
	}
	id := someHash(r)
	var m exchange.Message
	switch r.IntN(10) {
	case 0:
		m = exchange.Ack{Sid: sid, Index: uint64(r.IntN(40))}
	case 1:
		m = exchange.HandoutAck{Position: uint64(r.IntN(40))}
	case 2:
		m = exchange.Withdraw{Batch: r.Uint32N(3)}
	case 3:
		k := exchange.Prekey{ID: pair.KeyID(id[:8]), Y: p.point(r)}
		m = exchange.Prekeys{Batch: r.Uint32N(5), List: []exchange.Prekey{k, {ID: pair.KeyID(id[:8]), Y: p.point(r)}}[:1+r.IntN(2)]}
	case 4:
		list := slices.Clone(ids)[:r.IntN(len(ids)+1)]
		m = exchange.Fetch{ID: exchange.FetchID(id[:16]), Sid: sid, IDs: list}
	case 5:
		m = exchange.Delivery{Sid: sid, Data: u.Data}
	case 6:
		return [][]byte{flipOne(r, exchange.Encode(u))}
	case 7:
		return [][]byte{id[:r.IntN(32)]}
	default: // what somebody wrote, as one's own
		if d, err := conversation.Parse(p.Suite, u.Data); err == nil && r.IntN(2) == 0 {
			p.falsify(r, d)
			u.Data, sid = d.Raw(), d.Sid
		}
		u.Auths = nil
		for range 3 {
			u.Auths = append(u.Auths, a.Authenticate(sid, u.ID(p.Suite)))
		}
		u.Auths = u.Auths[:2+r.IntN(2)]
		m = u
	}
	return [][]byte{exchange.Encode(m)}
}

// falsify changes a field of a data block and seals it anew.
func (p *Plot) falsify(r *rand.Rand, d *conversation.DataBlock) {
	switch r.IntN(9) {
	case 0:
		d.Seq += uint64(r.IntN(5)) - 2
	case 1:
		d.K += uint64(r.IntN(5)) - 2
	case 2:
		d.Epoch += r.Uint32N(3) - 1
	case 3:
		d.Author = uint16(r.IntN(4))
	case 4:
		d.RosterDigest[0] ^= 1
	case 5:
		d.Com[0] ^= 1
	case 6:
		d.Sealed = flipOne(r, d.Sealed)
	case 7:
		d.Stopped = !d.Stopped
	case 8:
		p.falsifyRoster(r, d)
	}
	d.Seal(p.Suite)
}

func (p *Plot) falsifyRoster(r *rand.Rand, d *conversation.DataBlock) {
	if d.Roster == nil {
		return
	}
	list := d.Roster.Entries()
	switch r.IntN(4) {
	case 0:
		list = slices.Delete(list, 0, 1)
	case 1:
		list[r.IntN(len(list))].Joined = d.NewEpoch()
	case 2:
		list[r.IntN(len(list))].Key = p.point(r)
	case 3:
		list = append(list, conversation.Entry{Party: identity.Party{ID: "nobody", Key: p.point(r)}, Joined: d.NewEpoch()})
	}
	if roster, err := conversation.NewRoster(p.Suite, list); err == nil {
		d.Roster = roster
	}
}

// Corrupt makes a user do all that a participant can do wrong, now and then: wrong
// data blocks, wrong keys for some, blocks that are spoilt, exchanged or left out,
// text ids used twice, receive keys of small order.
func (p *Plot) Corrupt(n *Net, name string) error {
	u, r := n.User(name), p.Rand
	now := func(oneIn int) bool { return !p.Off && r.IntN(oneIn) == 0 }
	var old []content.Plain
	u.UnsafeText = func(_ suite.Hash, t content.Plain) content.Plain {
		old = append(old, t)
		if now(3) {
			t.ID = old[r.IntN(len(old))].ID
		}
		if now(3) {
			t = old[r.IntN(len(old))]
		}
		return t
	}
	u.UnsafeData = func(d *conversation.DataBlock) {
		if d.Type == conversation.MSG && now(6) {
			p.Lies++
			author := d.Author // another one's blocks it cannot make
			p.falsify(r, d)
			d.Author = author
			d.Seal(p.Suite)
		}
	}
	u.UnsafeKey = func(_ *conversation.DataBlock, _ identity.ID, km suite.Key) suite.Key {
		if now(12) {
			p.Lies++
			km[0] ^= 1
		}
		return km
	}
	u.Corrupt = func(up exchange.Upload) exchange.Upload {
		p.Spy(up)
		if !now(6) || len(up.Blocks) == 0 {
			return up
		}
		p.Lies++
		up.Blocks = slices.Clone(up.Blocks)
		i, j := r.IntN(len(up.Blocks)), r.IntN(len(up.Blocks))
		switch r.IntN(5) {
		case 0:
			up.Blocks[i] = slices.Clone(up.Blocks[i])
			up.Blocks[i][len(up.Blocks[i])-1] ^= 1
		case 1:
			up.Blocks[i], up.Blocks[j] = up.Blocks[j], up.Blocks[i]
		case 2:
			up.Blocks = append(up.Blocks, up.Blocks[i])
		case 3:
			up.Blocks = up.Blocks[1:]
		case 4:
			if d, err := conversation.Parse(p.Suite, p.Uploads[r.IntN(len(p.Uploads))].Data); err == nil {
				p.falsify(r, d)
				up.Data = d.Raw()
			}
		}
		return up
	}
	return n.TwistUser(name, &Twist{Plain: func(purpose suite.Purpose, plain []byte) []byte {
		if purpose == "block" && len(plain) > suite.KeySize && now(20) {
			p.Lies++
			clear(plain[len(plain)-suite.KeySize:]) // R of small order
		}
		if purpose == "text" && now(20) {
			plain[len(plain)-1] ^= 1 // the padding
		}
		return plain
	}})
}

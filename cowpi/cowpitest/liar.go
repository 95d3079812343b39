package cowpitest

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// Plot is what corrupt nodes know together and how they lie: at random, from a
// seed. Where they Collude, providers tell the same lie about the same message, so
// that only an honest one can give them away.
type Plot struct {
	Suite   suite.Suite
	Rand    *rand.Rand
	Seed    uint64
	Collude bool
	OneIn   int               // one message in so many is a lie
	Off     bool              // honest for now
	Uploads []exchange.Upload // all that anybody wrote, as the router knows it
	Lies    int               // told so far
	kept    []said
}

type said struct {
	to identity.ID
	m  exchange.Message
}

// keep remembers the last things said, to say them again elsewhere.
func (p *Plot) keep(to identity.ID, m exchange.Message) {
	if len(p.kept) >= 256 {
		p.kept = slices.Clone(p.kept[64:])
	}
	p.kept = append(p.kept, said{to, m})
}

// Spy makes the plot see what an honest user writes.
func (p *Plot) Spy(up exchange.Upload) exchange.Upload {
	if len(p.Uploads) < 1000 {
		p.Uploads = append(p.Uploads, up)
	}
	return up
}

// Tamper is what a provider of this plot says.
func (p *Plot) Tamper() Tamper {
	var held []said
	return func(to identity.ID, m exchange.Message) (out []exchange.Message) {
		for i, h := range held { // what was kept back comes late, if it comes
			if h.to == to && p.Rand.IntN(3) == 0 {
				held = slices.Delete(slices.Clone(held), i, i+1)
				out = append(out, h.m)
				break
			}
		}
		p.keep(to, m)
		r := p.Rand
		if p.Collude {
			r = p.same(to, m)
		}
		if p.Off || r.IntN(p.OneIn) != 0 {
			return append(out, m)
		}
		p.Lies++
		switch r.IntN(8) {
		case 0:
			return out // dropped
		case 1:
			return append(out, m, m)
		case 2:
			held = append(held, said{to, m})
			return out
		case 3:
			old := p.kept[p.Rand.IntN(len(p.kept))] // perhaps another user's
			return append(out, m, old.m)
		case 4:
			return append(out, p.invent(r, to), m)
		}
		return append(out, p.alter(r, m))
	}
}

// same draws the same for the same message, at whichever provider.
func (p *Plot) same(to identity.ID, m exchange.Message) *rand.Rand {
	if d, ok := m.(exchange.Delivery); ok {
		d.Head = 0
		m = d
	}
	h := sha256.Sum256(append([]byte(to), exchange.Encode(m)...))
	return rand.New(rand.NewPCG(p.Seed, binary.BigEndian.Uint64(h[:])))
}

func flipOne(r *rand.Rand, b []byte) []byte {
	if len(b) == 0 {
		return []byte{byte(r.IntN(256))}
	}
	b = slices.Clone(b)
	b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	return b
}

func (p *Plot) point(r *rand.Rand) suite.Point {
	return p.Suite.Public(suite.Scalar{byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
}

func someHash(r *rand.Rand) (h suite.Hash) {
	binary.BigEndian.PutUint64(h[:], r.Uint64())
	return h
}

// alter changes a message so that it still is one.
func (p *Plot) alter(r *rand.Rand, m exchange.Message) exchange.Message {
	switch m := m.(type) {
	case exchange.Delivery:
		return p.alterDelivery(r, m)
	case exchange.Welcome:
		m.Heads = slices.Clone(m.Heads)
		switch r.IntN(4) {
		case 0:
			m.Batch = r.Uint32N(5)
		case 1:
			m.Stock = r.Uint32N(100)
		case 2:
			m.Heads = append(m.Heads, exchange.HeadOf{Sid: someHash(r), Head: r.Uint64()})
		case 3:
			m.Heads = nil
		}
		return m
	case exchange.Fetched:
		m.Keys = slices.Clone(m.Keys)
		if len(m.Keys) == 0 {
			return m
		}
		k := &m.Keys[r.IntN(len(m.Keys))]
		switch r.IntN(4) {
		case 0:
			k.Key = p.point(r)
		case 1:
			k.Prekey.Y = p.point(r)
		case 2:
			k.Prekey.ID[0] ^= 1
		case 3:
			m.Keys = m.Keys[1:]
		}
		return m
	case exchange.FetchFailed:
		m.Reason = exchange.Reason(1 + r.IntN(11))
		return m
	case exchange.Handouts:
		m.List = slices.Clone(m.List)
		if len(m.List) == 0 || r.IntN(2) == 0 {
			m.First += uint64(r.IntN(3))
			return m
		}
		h := &m.List[r.IntN(len(m.List))]
		if r.IntN(2) == 0 {
			h.Kind = exchange.HandoutExpired // as if it could be wiped
		} else {
			h.Prekey[0] ^= 1
		}
		return m
	case exchange.Stocked:
		m.Batch = r.Uint32N(6)
		return m
	case exchange.LowStock:
		m.Count = r.Uint32N(60)
		return m
	case exchange.Refused:
		m.Reason = exchange.Reason(1 + r.IntN(11))
		return m
	case exchange.Seen:
		m.Seq += uint64(r.IntN(9))
	}
	return m
}

func (p *Plot) alterDelivery(r *rand.Rand, m exchange.Delivery) exchange.Delivery {
	m.Assigned = slices.Clone(m.Assigned)
	switch r.IntN(9) {
	case 0:
		m.Index += uint64(r.IntN(5)) - 2
	case 1:
		m.Head = r.Uint64()
	case 2:
		m.Before = someHash(r)
	case 3:
		m.Data = flipOne(r, m.Data)
	case 4: // another entry in its place
		if len(p.Uploads) > 0 {
			u := p.Uploads[r.IntN(len(p.Uploads))]
			m.Data = u.Data
			if len(u.Blocks) > 0 && m.Block != nil {
				m.Block = u.Blocks[r.IntN(len(u.Blocks))]
			}
		}
	case 5:
		if m.Block != nil {
			m.Block = slices.Clone(m.Block)
			m.Block[len(m.Block)-1-r.IntN(16)] ^= 1 // the header must still parse
		}
	case 6:
		if m.Block == nil {
			m.Block = append([]byte{2}, make([]byte, pair.ContinueSize-1)...)
		} else {
			m.Block = nil
		}
	case 7:
		if len(m.Assigned) > 0 {
			a := &m.Assigned[r.IntN(len(m.Assigned))]
			if r.IntN(2) == 0 {
				a.Theirs.Y = p.point(r)
			} else {
				a.Mine[0] ^= 1
			}
		}
	case 8:
		if len(m.Assigned) > 0 {
			m.Assigned = m.Assigned[1:]
		}
	}
	return m
}

// invent makes something up: for a conversation that there is, or is not.
func (p *Plot) invent(r *rand.Rand, to identity.ID) exchange.Message {
	var u exchange.Upload
	sid := someHash(r)
	if len(p.Uploads) > 0 {
		u = p.Uploads[r.IntN(len(p.Uploads))]
		if d, err := conversation.Parse(p.Suite, u.Data); err == nil {
			sid = d.Sid
		}
	}
	id := someHash(r)
	switch r.IntN(8) {
	case 0: // an entry that was never ordered, or was, at another index
		m := exchange.Delivery{Sid: sid, Index: uint64(r.IntN(30)), Before: someHash(r), Data: u.Data}
		m.Head = m.Index + uint64(r.IntN(3))
		if len(u.Blocks) > 0 {
			m.Block = u.Blocks[r.IntN(len(u.Blocks))]
		}
		return m
	case 1:
		return exchange.Refused{Sid: sid, Upload: u.ID(p.Suite), Index: uint64(r.IntN(9)), Epoch: r.Uint32N(3),
			Reason: exchange.Reason(1 + r.IntN(11)), From: "router"}
	case 2:
		return exchange.Seen{Sid: sid, Seq: uint64(r.IntN(50))}
	case 3:
		return exchange.LowStock{Count: 0}
	case 4:
		return exchange.Stocked{Batch: r.Uint32N(4)}
	case 5:
		return exchange.Handouts{First: uint64(1 + r.IntN(20)), List: []exchange.Handout{
			{Kind: exchange.HandoutWithdrawn, Prekey: pair.KeyID(id[:8])}}}
	case 6:
		return exchange.Fetched{}
	}
	return exchange.Upload{Data: u.Data} // not for providers to say
}

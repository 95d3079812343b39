package cowpi

import (
	"bytes"
	"maps"
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// UnsafeCopy returns a second machine with the same connections that goes on from
// here by itself, over a copy of the store. cfg is that of the first, but for its
// Unsafe fields, and a suite around the first one's. It is for games and exploration, which try several futures: of two
// copies that both went on in reality, one would use every key of a channel a
// second time. The machine itself is not changed, and is not to be stepped at the
// same time. Errors are those of [New].
func (p *Participant) UnsafeCopy(cfg Config) (*Participant, error) {
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	// Boxes and answers are replaced by steps, never changed in place.
	c.vol = volatile{slices.Clone(p.vol.links), maps.Clone(p.vol.boxes), p.vol.fetched, p.vol.handouts}
	for i, l := range c.vol.links {
		c.vol.links[i].dialling, c.vol.links[i].conn = l.dialling.UnsafeOver(c.suite), l.conn.UnsafeOver(c.suite)
	}
	return c, nil
}

// UnsafeVolatile is all that the machine holds outside its store, but for the keys
// of its channels, as bytes: two machines of one participant over equal stores go
// on alike if these are equal. It is for exploration, which looks for states that
// it has seen before. Left out is what nothing depends on any more: Head of a waiting
// delivery, which counted when it came, and heads that are not above what was processed.
func (p *Participant) UnsafeVolatile(v store.View) ([]byte, error) {
	w := wire.NewWriter(256)
	for _, l := range p.vol.links {
		w.U8(uint8(l.phase)).U32(l.batch).U32(l.stock).U32(l.offered).U32(uint32(l.waiting))
	}
	for _, sid := range sortedBy(p.vol.boxes, func(h suite.Hash) []byte { return h[:] }) {
		h, _, err := p.keep.Head(v, sid)
		if err != nil {
			return nil, err
		}
		b := p.vol.boxes[sid]
		empty := b.retry == 0
		for i, list := range b.got {
			empty = empty && len(list) == 0 && b.heads[i] <= h.Next
		}
		if empty {
			continue
		}
		w.Fixed(sid[:]).U64(uint64(b.retry))
		for i, list := range b.got {
			head := b.heads[i]
			if head <= h.Next {
				head = 0
			}
			w.U64(head).U32(uint32(len(list)))
			for _, d := range list {
				c := *d
				c.Head = 0
				w.Field(exchange.Encode(c))
			}
		}
	}
	for _, id := range sortedBy(p.vol.fetched, func(id exchange.FetchID) []byte { return id[:] }) {
		w.Fixed(id[:])
		for _, a := range p.vol.fetched[id] {
			w.Bool(a.got).Bool(a.failed).U8(uint8(a.reason)).Field([]byte(a.user))
			writeKeys(w, a.keys)
		}
	}
	for _, log := range p.vol.handouts {
		w.U32(uint32(len(log)))
		for _, pos := range slices.Sorted(maps.Keys(log)) {
			w.U64(pos).Field([]byte(log[pos]))
		}
	}
	return w.Bytes(), nil
}

// sortedBy lists the keys of a map in the order of their bytes.
func sortedBy[K comparable, V any](m map[K]V, bytesOf func(K) []byte) []K {
	return slices.SortedFunc(maps.Keys(m), func(a, b K) int { return bytes.Compare(bytesOf(a), bytesOf(b)) })
}

// UnsafeWaiting lists, by provider, the indices of a conversation that wait for
// the other providers.
func (p *Participant) UnsafeWaiting(sid suite.Hash) [][]uint64 {
	out := make([][]uint64, len(p.vol.links))
	if b := p.vol.boxes[sid]; b != nil {
		for i, list := range b.got {
			for _, d := range list {
				out[i] = append(out[i], d.Index)
			}
		}
	}
	return out
}

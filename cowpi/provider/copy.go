package provider

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// UnsafeCopy returns a second machine with the same connections that goes on from
// here by itself, over a copy of the store. cfg is that of the first, but for its
// Unsafe fields, and a suite around the first one's. It is for games and exploration, which try several futures. The
// machine itself is not changed, and is not to be stepped at the same time. Errors
// are those of [NewRouter] and [NewMirror].
func (p *Provider) UnsafeCopy(cfg Config) (*Provider, error) {
	c, err := newProvider(cfg, p.Router())
	if err != nil {
		return nil, err
	}
	m := p.mem
	c.mem = memory{m.conns.copied(), m.users.copied(), m.pushed.copied(), m.queues.copied(), m.usage.copied(), m.plain.copied()}
	for id, x := range c.mem.conns.base {
		x.answering, x.dialling, x.channel = x.answering.UnsafeOver(c.cfg.Suite), x.dialling.UnsafeOver(c.cfg.Suite), x.channel.UnsafeOver(c.cfg.Suite)
		c.mem.conns.base[id] = x
	}
	return c, nil
}

// copied is a table that changes by itself. Between steps nothing is staged, and
// values are replaced, never changed in place.
func (t *table[K, V]) copied() *table[K, V] {
	return &table[K, V]{maps.Clone(t.base), map[K]*V{}}
}

// UnsafeStock, for games, lists the prekeys of an owner's first batch that are not
// used up yet, in the order of their upload: picks take the first of them.
func UnsafeStock(v store.View, owner identity.ID) (out []exchange.Prekey, err error) {
	raw, err := v.Get(batchKey(tabPrekeys, owner, 1))
	for pos := 0; err == nil; pos++ {
		k, ok := prekeyAt(raw, pos)
		if !ok {
			break
		}
		if k.ID != (pair.KeyID{}) {
			out = append(out, k)
		}
	}
	return out, err
}

// UnsafeVolatile is what the machine holds outside its store, as bytes, but for the
// keys of its channels, and what belongs to the links between providers: two
// machines of one provider over equal stores, with their links up, treat users and
// conversations alike if these are equal, while nobody uploads faster than Limits
// allow. It is for exploration, which looks for states that it has seen before.
func (p *Provider) UnsafeVolatile() []byte {
	w := wire.NewWriter(256)
	m := p.mem
	for _, id := range sortedKeys(m.conns) {
		c, _ := m.conns.get(id)
		w.U64(uint64(id)).U8(uint8(c.phase)).U32(uint32(c.mirror)).Bool(c.router).Field([]byte(c.user)).U64(c.handouts)
	}
	for _, id := range sortedKeys(m.users) {
		at, _ := m.users.get(id)
		w.Field([]byte(id)).U64(uint64(at))
	}
	pushed := slices.SortedFunc(maps.Keys(m.pushed.base), func(a, b pushKey) int {
		return cmp.Or(cmp.Compare(a.conn, b.conn), bytes.Compare(a.sid[:], b.sid[:]))
	})
	for _, k := range pushed {
		w.U64(uint64(k.conn)).Fixed(k.sid[:]).U64(m.pushed.base[k])
	}
	for _, sid := range slices.SortedFunc(maps.Keys(m.queues.base), func(a, b suite.Hash) int { return bytes.Compare(a[:], b[:]) }) {
		list := m.queues.base[sid].list
		w.Fixed(sid[:]).Count(len(list))
		for _, u := range list {
			w.Field([]byte(u.user)).Field(exchange.Encode(u.upload))
		}
	}
	for _, id := range sortedKeys(m.usage) {
		u, _ := m.usage.get(id)
		if u.count != 0 {
			w.Field([]byte(id)).U64(uint64(u.count)).U64(uint64(u.bytes))
		}
	}
	w.Bool(m.plain.synced).U32(m.plain.heard).U32(uint32(len(m.plain.parked))).U64(m.plain.wake)
	return w.Bytes()
}

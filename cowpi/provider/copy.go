package provider

import "maps"

// UnsafeCopy returns a second machine with the same connections that goes on from
// here by itself, over a copy of the store. cfg is that of the first, but for its
// Unsafe fields. It is for games and exploration, which try several futures. The
// machine itself is not changed, and is not to be stepped at the same time. Errors
// are those of [NewRouter] and [NewMirror].
func (p *Provider) UnsafeCopy(cfg Config) (*Provider, error) {
	c, err := newProvider(cfg, p.Router())
	if err != nil {
		return nil, err
	}
	m := p.mem
	c.mem = memory{m.conns.copied(), m.users.copied(), m.pushed.copied(), m.queues.copied(), m.usage.copied(), m.plain.copied()}
	return c, nil
}

// copied is a table that changes by itself. Between steps nothing is staged, and
// values are replaced, never changed in place.
func (t *table[K, V]) copied() *table[K, V] {
	return &table[K, V]{maps.Clone(t.base), map[K]*V{}}
}

package cowpi

import (
	"maps"
	"slices"
)

// UnsafeCopy returns a second machine with the same connections that goes on from
// here by itself, over a copy of the store. cfg is that of the first, but for its
// Unsafe fields. It is for games and exploration, which try several futures: of two
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
	return c, nil
}

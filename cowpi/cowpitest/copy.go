package cowpitest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Reseed makes everything that happens from now on follow from another seed.
func (n *Net) Reseed(seed uint64) {
	var coins [32]byte
	binary.LittleEndian.PutUint64(coins[:], seed)
	coins[31] = 1 // not the coins with which a network of that seed begins
	n.rand, n.coins = rand.New(rand.NewPCG(seed, 2)), rand.NewChaCha8(coins)
}

// Copy returns a second network in the same state, which goes on by itself from a
// seed of its own: just as this one would after Reseed. Nobody taps the copy. What
// was done to nodes (Corrupt, Misdeeds, Twist) is not copied: copy first, corrupt
// later. Several copies may be made at once, while the network itself rests.
func (n *Net) Copy(seed uint64) (*Net, error) { return n.CopyOver(seed, n.opt.Suite) }

// CopyOver is Copy, but everybody in the copy goes on over s: one around the network's
// own suite that looks at what is done.
func (n *Net) CopyOver(seed uint64, s suite.Suite) (*Net, error) {
	c := &Net{Now: n.Now, Set: n.Set, opt: n.opt, suite: &counting{Suite: s}, joined: n.joined, conns: n.conns,
		dials: maps.Clone(n.dials), pause: maps.Clone(n.pause)}
	c.opt.Tap, c.opt.Stop, c.opt.Suite = nil, nil, s
	c.Reseed(seed)
	if len(n.clones) > 0 {
		return nil, fmt.Errorf("cowpitest: a forked network is not copied")
	}
	for _, p := range n.Providers {
		d := *p
		d.Store, d.Events = p.Store.Clone(), slices.Clip(p.Events)
		d.Corrupt, d.Log, d.Hear, d.Word = nil, nil, nil, nil
		d.config.Suite, d.config.UnsafeTamper, d.config.UnsafeLog = c.suite, d.tamper, d.write
		d.config.UnsafeHear, d.config.UnsafeWord = d.hear, d.told
		var err error
		if d.Machine, err = p.Machine.UnsafeCopy(d.config); err != nil {
			return nil, err
		}
		c.Providers = append(c.Providers, &d)
	}
	for _, u := range n.Users {
		v := *u
		v.Store, v.Events, v.Corrupt, v.Misdeeds, v.Word = u.Store.Clone(), slices.Clip(u.Events), nil, Misdeeds{}, nil
		var err error
		if v.Machine, err = u.Machine.UnsafeCopy(c.configOf(&v)); err != nil {
			return nil, err
		}
		c.Users = append(c.Users, &v)
	}
	for _, w := range n.wires {
		x := *w
		x.toA, x.toB = slices.Clone(w.toA), slices.Clone(w.toB)
		c.wires = append(c.wires, &x)
	}
	c.routing = map[identity.ID]*Provider{}
	return c, nil
}

package cowpitest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// Written is a block that a participant wrote.
type Written struct {
	To      identity.ID
	Chain   Chain
	offered int
}

// Chain is where a block, or a chain key, stands: the receive key and X name the chain.
type Chain struct {
	Ref pair.Ref
	X   suite.Point
	N   uint32
}

func stockName(id pair.KeyID) string { return fmt.Sprintf("stock %x", id) }

func pairName(sid suite.Hash, selfJoin, peerJoin uint32, peer identity.ID) string {
	return fmt.Sprintf("pair %x %d %d %s", sid[:4], selfJoin, peerJoin, peer)
}

func pendingName(sid suite.Hash, serial uint64, peer identity.ID) string {
	return fmt.Sprintf("upload %x %d %s", sid[:4], serial, peer)
}

// recordName is the name of the pair of which one half is stored under a key: SPEC.md,
// 10.9.
func recordName(key []byte) string {
	sid, rest := suite.Hash(key[1:]), key[1+suite.KeySize:]
	peer := identity.ID(rest[8 : len(rest)-2])
	if key[0] == 'q' {
		return pendingName(sid, binary.BigEndian.Uint64(rest), peer)
	}
	return pairName(sid, binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:]), peer)
}

func mineName(where string, r pair.Ref) string {
	return fmt.Sprintf("%s: key %d %x", where, r.Kind, r.ID)
}

func chainName(where, way string, x suite.Point, n uint32) string {
	return fmt.Sprintf("%s: %s chain %x at %d", where, way, x, n)
}

// names lists the secrets of the model; those whose id is not known yet as such.
func (r *Keyring) names() (known []string, unknown map[string]int) {
	unknown = map[string]int{}
	for id := range r.stock {
		known = append(known, stockName(id))
	}
	for _, t := range r.talks {
		for name, k := range t.pairs {
			if k.send.Ref.Kind != pair.None {
				known = append(known, chainName(name, "sending", k.send.X, k.send.N))
			}
			if k.receive.Ref.Kind != pair.None {
				known = append(known, chainName(name, "receiving", k.receive.X, k.receive.N))
			}
			for _, m := range k.mine {
				if m.ID == (pair.KeyID{}) {
					unknown[name]++
				} else {
					known = append(known, mineName(name, m))
				}
			}
		}
	}
	slices.Sort(known)
	return known, unknown
}

// Holdings is what somebody gets to know who reads all of a participant's state.
type Holdings struct {
	Keys   map[pair.Ref]bool // receive keys of its making, with their esk
	Chains []Chain           // chain keys, each at its position
	Texts  map[suite.Hash][]string
}

// Holds is what the participant should hold now.
func (r *Keyring) Holds() Holdings {
	h := Holdings{Keys: map[pair.Ref]bool{}, Texts: map[suite.Hash][]string{}}
	for id := range r.stock {
		h.Keys[pair.Ref{Kind: pair.Prekey, ID: id}] = true
	}
	for sid, t := range r.talks {
		h.Texts[sid] = slices.Clone(t.texts)
		for _, k := range t.pairs {
			for _, c := range []Chain{k.meant, k.receive} {
				if c != (Chain{}) {
					h.Chains = append(h.Chains, c)
				}
			}
			for _, m := range k.mine {
				h.Keys[m] = true
			}
		}
	}
	return h
}

// Exposes is the predicate of SPEC.md, 7.5, cases 1 and 2, for one reading of the
// block's author or of its recipient.
func (h Holdings) Exposes(block Chain, ofRecipient bool) bool {
	if ofRecipient && h.Keys[block.Ref] {
		return true
	}
	return slices.ContainsFunc(h.Chains, func(c Chain) bool { return c.Ref == block.Ref && c.X == block.X && c.N <= block.N })
}

// Blocks lists the blocks of an upload that the participant made; ok is false if it
// made none with this data block.
func (r *Keyring) Blocks(data suite.Hash) ([]Written, bool) {
	w, ok := r.wrote[data]
	return w, ok
}

// Offers is Offered, asked of the author.
func (r *Keyring) Offers(data suite.Hash, to identity.ID) int {
	for _, w := range r.wrote[data] {
		if w.To == to {
			return w.offered
		}
	}
	return 0
}

// Made says whether a prekey is of the participant's making.
func (r *Keyring) Made(id pair.KeyID) bool { return r.made[id] }

// Stock notes a new prekey.
func (r *Keyring) Stock(id pair.KeyID) { r.stock[id], r.made[id] = true, true }

// HandedOver notes a text that the application handed over.
func (r *Keyring) HandedOver(sid suite.Hash, text string) {
	t := r.talk(sid)
	t.texts = append(t.texts, text)
}

// Learn tells the model the id of a session key, if that was stored under this key
// for a pair of which the model knows that a key was made, and not yet which. An id
// that was there before is none that was made now, even if it should be gone.
func (r *Keyring) Learn(key []byte, id pair.KeyID) {
	if r.learnt[id] {
		return
	}
	r.learnt[id] = true
	name := recordName(key)
	for _, t := range r.talks {
		if k := t.pairs[name]; k != nil {
			if i := slices.Index(k.mine, pair.Ref{Kind: pair.Session}); i >= 0 && !slices.Contains(k.mine, pair.Ref{Kind: pair.Session, ID: id}) {
				k.mine[i].ID = id
			}
		}
	}
}

// Clone returns an independent copy, without Offered and Saw.
func (r *Keyring) Clone() *Keyring {
	c := *r
	c.Offered, c.Saw = nil, nil
	c.stock, c.made, c.learnt = maps.Clone(r.stock), maps.Clone(r.made), maps.Clone(r.learnt)
	c.wrote, c.handouts = maps.Clone(r.wrote), maps.Clone(r.handouts)
	c.talks, c.deliveries = map[suite.Hash]*talk{}, map[suite.Hash]map[uint64]exchange.Delivery{}
	for sid, m := range r.deliveries {
		c.deliveries[sid] = maps.Clone(m)
	}
	for sid, t := range r.talks {
		u := *t
		u.pairs, u.uploads, u.texts = map[string]*keys{}, maps.Clone(t.uploads), slices.Clone(t.texts)
		for name, k := range t.pairs {
			l := *k
			l.mine = slices.Clone(k.mine)
			u.pairs[name] = &l
		}
		c.talks[sid] = &u
	}
	return &c
}

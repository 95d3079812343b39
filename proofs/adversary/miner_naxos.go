package adversary

import (
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// respondWith derives chain keys of all chains to somebody that were started with a
// key Y = [y]G of the adversary's own; b is that somebody's long-term secret, or nil.
func (m *miner) respondWith(y suite.Scalar, Y suite.Point, owner identity.ID, b *suite.Scalar) {
	for _, st := range m.starts {
		if st.to.ID != owner {
			continue
		}
		self := identity.Self{ID: owner, Key: st.to.Key, Secret: suite.Scalar{0xff, 'b'}}
		p := partial{m.s, map[suite.Scalar]suite.Scalar{{0xff, 'y'}: y}, nil}
		if b != nil {
			p.known[self.Secret] = *b
		}
		m.partly(p, st, self, Y)
	}
}

// respondWithout derives chain keys of chains between two people whose long-term secrets
// are known, to prekeys of which the public halves are: [a]Y and [b]X are known, [x]Y
// is not.
func (m *miner) respondWithout(prekeys map[pair.KeyID]suite.Point) {
	for _, st := range m.starts {
		a, haveA := m.secrets[st.from]
		b, haveB := m.secrets[st.to.ID]
		Y, haveY := prekeys[st.header.Ref.ID]
		if !haveA || !haveB || !haveY {
			continue
		}
		aY, err := m.s.DH(a.Secret, Y)
		if err != nil {
			continue
		}
		y := suite.Scalar{0xff, 'y'}
		p := partial{m.s, map[suite.Scalar]suite.Scalar{b.Secret: b.Secret}, map[product]suite.Point{{y, a.Key}: aY}}
		m.partly(p, st, b, Y)
	}
}

// product names [x]P.
type product struct {
	x suite.Scalar
	P suite.Point
}

// partly derives a chain key as far as its parts are known.
func (m *miner) partly(p partial, st start, self identity.Self, Y suite.Point) {
	ck, err := naxos.Respond(p, self, naxos.Ephemeral{ESK: suite.Coin{0xff, 'y'}}, Y,
		naxos.Peer{Party: st.author.Party, Ephemeral: st.header.X}, startContext(st))
	if err == nil {
		m.found(st.link, chainKey{ck, 0})
	}
}

// partial is a suite for one who knows only some of the secrets: the others are names.
// A product that it cannot compute is zeros, which is right where it does not enter.
type partial struct {
	suite.Suite
	known    map[suite.Scalar]suite.Scalar // by name
	products map[product]suite.Point
}

// H1 implements suite.Suite: the exponent of a one-time key is called by its coins.
func (p partial) H1(esk suite.Coin, _ suite.Scalar) suite.Scalar { return suite.Scalar(esk) }

// DH implements suite.Suite.
func (p partial) DH(x suite.Scalar, P suite.Point) (suite.Point, error) {
	if k, ok := p.known[x]; ok {
		return p.Suite.DH(k, P)
	}
	return p.products[product{x, P}], nil
}

// key opens a block.
func (m *miner) key(e entry, b blockTo) (suite.Key, bool) {
	for _, k := range m.chains[link{e.d.Sid, e.author.ID, b.to.ID}] {
		for _, ck := range m.at(k, b.header.N) {
			in, err := pair.OpenUnder(m.s, ck, e.author.Party, b.to.Party, e.d.Hash(), b.bytes)
			if err == nil {
				return in.Key, true
			}
		}
	}
	return suite.Key{}, false
}

// open opens a text by one block of its upload.
func (m *miner) open(e entry, b blockTo) (string, bool) {
	km, ok := m.key(e, b)
	if !ok {
		return "", false
	}
	p, err := content.Open(m.s, e.d, km)
	return string(p.Text), err == nil
}

package pair

import (
	"encoding/binary"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
)

// person is one side of a pair: its terms, its state, and its step counter.
type person struct {
	self  identity.Self
	terms *Terms
	st    State
	steps uint64
}

// blk is one block with what the caller of the package knows about it.
type blk struct {
	bytes   []byte
	digest  suite.Hash
	km      suite.Key
	content bool
}

var testSid = suite.Hash{0x51, 0xd}

// newCouple returns two people; each has an assigned prekey of the other.
func newCouple(t require.TestingT, s suite.Suite) (a, b *person) {
	a, b = newPerson(t, s, "alice"), newPerson(t, s, "bob")
	a.terms = NewTerms(s, a.self, b.self.Party(), testSid, 3, 7)
	b.terms = NewTerms(s, b.self, a.self.Party(), testSid, 7, 3)
	assign(t, s, a, b, KeyID{'b'})
	assign(t, s, b, a, KeyID{'a'})
	return a, b
}

func newPerson(t require.TestingT, s suite.Suite, id string) *person {
	self, err := identity.NewSelf(s, identity.ID(id), [32]byte{id[0], 9})
	require.NoError(t, err)
	return &person{self: self}
}

// assign gives user a prekey of owner.
func assign(t require.TestingT, s suite.Suite, user, owner *person, id KeyID) {
	e := naxos.Ephemeral{ESK: suite.Coin{id[0], 0x77}}
	y := e.Public(s, owner.self)
	var err error
	user.st.Send, err = user.st.Send.Assign(id, y)
	require.NoError(t, err)
	owner.st.Receive, err = owner.st.Receive.Assign(id, e.ESK, y)
	require.NoError(t, err)
}

// coins returns the coins of the next step.
func (p *person) coins() suite.Coins {
	p.steps++
	return suite.NewCoins(p.terms.suite, suite.Seed{1}, p.self.Secret, p.steps)
}

// prepare returns a data block's digest and k_m that differ from all others.
func (p *person) prepare() blk {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], p.steps)
	h := p.terms.suite.Hash("test data block", p.terms.selfID[:], n[:])
	km := suite.Key(p.terms.suite.Hash("test k_m", h[:]))
	return blk{digest: h, km: km, content: true}
}

// seal writes a block and keeps the new state.
func (p *person) seal(t require.TestingT) blk {
	m := p.prepare()
	old := p.st
	out, err := p.terms.Seal(p.st, m.digest, m.km, p.coins(), 4)
	require.NoError(t, err)
	require.Equal(t, out.ReceiveChanged, old.Receive != out.State.Receive)
	require.NotEqual(t, old.Send, out.State.Send)
	p.st = out.State
	m.bytes = out.Block
	return m
}

// open must succeed; it keeps the new state.
func (p *person) open(t require.TestingT, m blk) {
	old := p.st
	out, err := p.terms.Open(p.st, m.digest, m.bytes, m.content)
	require.NoError(t, err)
	require.Equal(t, m.km, out.Key)
	require.Equal(t, out.SendChanged, old.Send != out.State.Send)
	require.NotEqual(t, old.Receive, out.State.Receive)
	p.st = out.State
}

// refuses must fail, and leave nothing behind.
func (p *person) refuses(t require.TestingT, m blk) error {
	old := p.st
	out, err := p.terms.Open(p.st, m.digest, m.bytes, m.content)
	require.Error(t, err)
	require.Equal(t, Opened{State: old}, out, "a failure changed the state or gave a key away")
	return err
}

func (p *person) confirm(m blk) (changed bool) {
	p.st.Send, changed = p.st.Send.Confirm(m.bytes)
	return changed
}

// deliver is an accepted upload: the author sees it come back, the peer opens it.
func deliver(t require.TestingT, from, to *person, m blk) {
	from.confirm(m)
	to.open(t, m)
}

// say seals and delivers.
func say(t require.TestingT, from, to *person) blk {
	m := from.seal(t)
	deliver(t, from, to, m)
	return m
}

// refs lists what may still be named.
func (r Receive) refs() []Ref {
	var out []Ref
	for _, own := range r.Mine[:r.Held()] {
		out = append(out, own.Ref)
	}
	return out
}

// flip returns the block with one bit changed.
func (m blk) flip(at int, bit byte) blk {
	m.bytes = append([]byte(nil), m.bytes...)
	m.bytes[at] ^= bit
	return m
}

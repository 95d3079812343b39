package judge

import (
	"bytes"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// piece is one block of a chain.
type piece struct {
	u     exchange.Upload
	d     *conversation.DataBlock
	h     pair.Header
	block []byte
	fresh bool // it belongs to an UPDATE that may not have been accepted, and begins a pair
}

// pieces lists the blocks of one author to one recipient in the conversation of the
// message, as they were uploaded, each once, chain by chain.
func (o *opener) pieces(author, to identity.ID) (chains [][]piece) {
	rosters := map[suite.Hash]*conversation.Roster{}
	seen := map[suite.Hash]bool{}
	var X suite.Point
	for _, m := range o.st.all {
		u, ok := m.message.(exchange.Upload)
		if !ok {
			continue
		}
		d, err := conversation.Parse(o.s, u.Data)
		if err != nil || d.Sid != o.data.Sid {
			continue
		}
		if d.Roster != nil {
			rosters[d.Roster.Digest()] = d.Roster
		}
		before := rosters[d.RosterDigest]
		id := u.ID(o.s)
		if m.from != author || seen[id] || d.Type != conversation.SETUP && (before == nil || int(d.Author) >= before.Len()) {
			continue
		}
		seen[id] = true
		for i, r := range conversation.Recipients(before, d) {
			if r != to || i >= len(u.Blocks) {
				continue
			}
			h, err := pair.ParseHeader(o.s, u.Blocks[i])
			if err != nil {
				continue
			}
			if len(chains) == 0 || h.Start && h.X != X {
				X = h.X
				chains = append(chains, nil)
			}
			last := len(chains) - 1
			chains[last] = append(chains[last], piece{u, d, h, u.Blocks[i], d.Type == conversation.UPDATE && h.Start && h.N == 0})
		}
	}
	return chains
}

// rest opens the other blocks of the chain of a block, from the known key on.
func (o *opener) rest(b transcript.BlockState, block []byte, to identity.Self) {
	for _, c := range o.pieces(o.state.Author, b.To) {
		mine := false
		for _, p := range c {
			mine = mine || bytes.Equal(p.block, block) && bytes.Equal(p.d.Raw(), o.data.Raw())
		}
		if !mine {
			continue
		}
		for _, p := range c {
			if p.h.N < b.At {
				continue
			}
			plain, ok := openBlock(o.s, b.Chain, p.h.N-b.At, p.d, o.author.Party(), to.Party(), p.block)
			if !ok && (p.h.Start || !c[0].fresh) {
				o.say("block %d of the chain to %s does not open", p.h.N, b.To)
				continue
			}
			if ok {
				o.holds(p, plain)
			}
		}
	}
}

// holds looks at what was in a block.
func (o *opener) holds(p piece, plain []byte) {
	o.opened++
	km := suite.Key(plain[:32])
	if p.d.Type != conversation.MSG {
		if km != (suite.Key{}) {
			o.say("a block of a %s holds a k_m", p.d.Type)
		}
		return
	}
	if err := content.Fits(o.s, p.d, km); err != nil {
		o.say("another message: %v", err)
		return
	}
	text, err := content.Open(o.s, p.d, km)
	if err != nil {
		o.say("another message: %v", err)
		return
	}
	if h := p.d.Hash(); km == o.state.Key && h != o.data.Hash() {
		o.say("k_m is that of message %x as well", h[:4])
	}
	o.shown(p.d, text)
}

// answers opens the chains that somebody started with the key that the message
// offered: whoever has its secret can.
func (o *opener) answers(from identity.Self, R suite.Point, own transcript.OwnState, joins [2]uint32) {
	ref := pair.Ref{Kind: pair.Session, ID: own.ID}
	for _, c := range o.pieces(from.ID, o.state.Author) {
		h := c[0].h
		if !h.Start || h.Ref != ref || h.N != 0 {
			continue
		}
		z1, err1 := o.s.DH(from.Secret, R)
		z2, err2 := o.s.DH(o.author.Secret, h.X)
		z3, err3 := o.s.DH(own.Scalar, h.X)
		if err1 != nil || err2 != nil || err3 != nil {
			o.say("%s answers with a key that is none", from.ID)
			continue
		}
		k := chainKey(o.s, o.data.Sid, joins, ref, from.Party(), o.author.Party(), h.X, R, z1, z2, z3)
		for _, p := range c {
			plain, ok := openBlock(o.s, k, p.h.N, p.d, from.Party(), o.author.Party(), p.block)
			if !ok && p.h.Start {
				o.say("block %d of %s, to the key that the message offered, does not open", p.h.N, from.ID)
			}
			if ok {
				o.holds(p, plain)
			}
		}
	}
}

// authentication checks all MACs under the authentication keys that are known.
func (o *opener) authentication() {
	for i, ak := range o.state.Auths {
		id := [8]byte(o.s.KDF("auth key id", 8, ak[:]))
		if o.upload.Auths[i].KeyID != id {
			o.say("authentication key %d has another id", i)
		}
		for _, m := range o.st.all {
			u, ok := m.message.(exchange.Upload)
			if !ok || i >= len(u.Auths) || u.Auths[i].KeyID != id || len(u.Data) < 35 {
				continue
			}
			o.macs++
			if exchange.Authenticate(o.s, ak, id, suite.Hash(u.Data[3:35]), u.ID(o.s)) != u.Auths[i] {
				o.say("%s: MAC %d is not under the key of its connection", m, i)
			}
		}
	}
}

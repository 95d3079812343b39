package adversary

import (
	"encoding/binary"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// miner takes all that crossed the network and that corrupt providers opened, and all
// states that were read, and opens whatever follows from these.
type miner struct {
	s       suite.Suite
	rosters map[suite.Hash]*conversation.Roster // by digest
	uploads []exchange.Upload
	entries []entry
	starts  []start
	chains  map[link][]chainKey
	own     []ownKey
	texts   []string // all that stood in states
	secrets map[identity.ID]identity.Self
	tried   map[string]bool
}

// link is a direction of a pair.
type link struct {
	sid      suite.Hash
	from, to identity.ID
}

type chainKey struct {
	ck suite.Key
	n  uint32
}

// ownKey is a receive key, or what may be one.
type ownKey struct {
	owner identity.Self
	ref   pair.Ref
	esk   suite.Coin
	y     suite.Point
}

// entry is an upload taken apart.
type entry struct {
	d      *conversation.DataBlock
	author conversation.Entry
	blocks []blockTo
}

type blockTo struct {
	to     conversation.Entry
	bytes  []byte
	header pair.Header
}

// start is a block by which a chain started.
type start struct {
	link
	author, to conversation.Entry
	header     pair.Header
}

func newMiner(s suite.Suite) *miner {
	return &miner{s: s, rosters: map[suite.Hash]*conversation.Roster{}, chains: map[link][]chainKey{},
		secrets: map[identity.ID]identity.Self{}, tried: map[string]bool{}}
}

// see takes all uploads up to now.
func (m *miner) see(o *game.Oracles) error {
	all, err := o.Uploads()
	if err != nil {
		return err
	}
	for _, u := range all[len(m.uploads):] {
		m.uploads = append(m.uploads, u)
		d, err := conversation.Parse(m.s, u.Data)
		if err != nil {
			continue
		}
		m.entry(d, u.Blocks)
	}
	return nil
}

func (m *miner) entry(d *conversation.DataBlock, blocks [][]byte) {
	before := m.rosters[d.RosterDigest]
	if d.Roster != nil {
		m.rosters[d.Roster.Digest()] = d.Roster
	}
	if d.Type != conversation.SETUP && (before == nil || d.Roster == nil && int(d.Author) >= before.Len()) {
		return
	}
	author := d.AuthorIn(before)
	list := conversation.Recipients(before, d)
	if len(list) != len(blocks) {
		return
	}
	pairs := conversation.PairsOf(before, d, author)
	e := entry{d: d}
	for i, to := range list {
		h, err := pair.ParseHeader(m.s, blocks[i])
		if err != nil {
			continue
		}
		me, peer, _ := pairs.With(to)
		e.author = me
		e.blocks = append(e.blocks, blockTo{peer, blocks[i], h})
		if h.Start {
			m.starts = append(m.starts, start{link{d.Sid, author, to}, me, peer, h})
		}
	}
	m.entries = append(m.entries, e)
}

// take takes a state that was read.
func (m *miner) take(st game.State) {
	m.secrets[st.Self.ID] = st.Self
	_ = st.Store.Scan(nil, nil, func(k, v []byte) bool {
		switch {
		case k[0] == 'K' && len(v) >= 73: // SPEC.md, 10.9
			m.own = append(m.own, ownKey{st.Self, pair.Ref{Kind: pair.Prekey, ID: pair.KeyID(v[1:])}, suite.Coin(v[9:]), suite.Point(v[41:])})
		case (k[0] == 'p' || k[0] == 'q') && len(k) > 1+suite.KeySize+8+2:
			peer := identity.ID(k[1+suite.KeySize+8 : len(k)-2])
			m.half(st.Self, suite.Hash(k[1:]), peer, k[len(k)-1], v)
		}
		m.texts = append(m.texts, string(v)) // a text may stand anywhere, as it is
		return true
	})
}

func (m *miner) half(self identity.Self, sid suite.Hash, peer identity.ID, half byte, v []byte) {
	if half == 's' {
		if st, err := pair.ParseSend(v); err == nil && st.Chain.Ref.Kind != pair.None {
			m.found(link{sid, self.ID, peer}, chainKey{suite.Key(st.Chain.CK), st.Chain.N})
		}
		return
	}
	st, err := pair.ParseReceive(v)
	if err != nil {
		return
	}
	if st.Chain.Ref.Kind != pair.None {
		m.found(link{sid, peer, self.ID}, chainKey{suite.Key(st.Chain.CK), st.Chain.N})
	}
	for _, own := range st.Mine[:st.Held()] {
		m.own = append(m.own, ownKey{self, own.Ref, own.ESK, own.Y})
	}
}

func (m *miner) found(l link, k chainKey) {
	if !slices.Contains(m.chains[l], k) {
		m.chains[l] = append(m.chains[l], k)
	}
}

// derive makes chain keys of all receive keys that are known, wherever a chain was
// started with one.
func (m *miner) derive(with ...ownKey) {
	for _, k := range append(with, m.own...) {
		for _, st := range m.starts {
			if st.header.Ref != k.ref || st.to.ID != k.owner.ID {
				continue
			}
			id := string(k.esk[:]) + string(st.header.X[:]) + string(st.author.ID)
			if m.tried[id] {
				continue
			}
			m.tried[id] = true
			ck, err := naxos.Respond(m.s, k.owner, naxos.Ephemeral{ESK: k.esk}, k.y,
				naxos.Peer{Party: st.author.Party, Ephemeral: st.header.X}, startContext(st))
			if err == nil {
				m.found(st.link, chainKey{ck, 0})
			}
		}
	}
}

// startContext is the context of a chain: SPEC.md, 7.1.
func startContext(st start) []byte {
	field := func(b, f []byte) []byte { return append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...) }
	b := field(nil, []byte("chain"))
	b = field(b, st.sid[:])
	b = field(b, binary.BigEndian.AppendUint32(nil, st.author.Joined))
	b = field(b, binary.BigEndian.AppendUint32(nil, st.to.Joined))
	return field(b, append([]byte{byte(st.header.Ref.Kind)}, st.header.Ref.ID[:]...))
}

// texts of an author that the miner can read, from a place in the uploads on.
func (m *miner) read(sid suite.Hash, author identity.ID) (out []string) {
	for _, e := range slices.Backward(m.entries) {
		if e.d.Type != conversation.MSG || e.d.Sid != sid || e.author.ID != author {
			continue
		}
		for _, b := range e.blocks {
			if text, ok := m.open(e, b); ok {
				out = append(out, text)
				break
			}
		}
	}
	return append(out, m.texts...)
}

// far is how far a chain is followed.
const far = 64

// at is a chain key moved to a position; and as it is, in case it does not move.
func (m *miner) at(k chainKey, n uint32) (out []suite.Key) {
	if n >= k.n && n-k.n <= far {
		if ck, err := pair.Forward(m.s, k.ck, k.n, n); err == nil {
			out = append(out, ck)
		}
	}
	if n != k.n {
		out = append(out, k.ck)
	}
	return out
}

package verify

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// place is where a chain key stands: n steps from the beginning of its chain.
type place struct {
	first suite.Key // CK_0
	n     uint32
}

// begun is how a chain began: the initiator's X, and the key that it named.
type begun struct{ x, y suite.Point }

// exponent is a one-time key's secrets.
type exponent struct {
	esk suite.Coin
	x   suite.Scalar
}

// spy is a suite that remembers the secrets which a message's state is made of.
type spy struct {
	suite.Suite
	mu     sync.Mutex
	twists map[suite.Scalar]suite.Coin
	public map[suite.Point]exponent
	begins map[suite.Key]begun
	chains map[suite.Key]place
	keys   map[suite.Key]suite.Key // MK: the chain key before it
	blocks map[string]suite.Key    // what was sealed: MK
	plains map[string][]byte
	auths  map[[8]byte]suite.Key
	selves map[identity.ID]suite.Scalar
}

func newSpy() *spy {
	return &spy{Suite: suite.Default, twists: map[suite.Scalar]suite.Coin{}, public: map[suite.Point]exponent{},
		begins: map[suite.Key]begun{}, chains: map[suite.Key]place{}, keys: map[suite.Key]suite.Key{}, blocks: map[string]suite.Key{},
		plains: map[string][]byte{}, auths: map[[8]byte]suite.Key{}, selves: map[identity.ID]suite.Scalar{}}
}

func (s *spy) self(id identity.ID, random [32]byte) (identity.Self, error) {
	self, err := identity.NewSelf(suite.Default, id, random)
	s.selves[id] = self.Secret
	return self, err
}

func (s *spy) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	x := s.Suite.H1(esk, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twists[x] = esk
	return x
}

func (s *spy) Public(x suite.Scalar) suite.Point {
	p := s.Suite.Public(x)
	s.mu.Lock()
	defer s.mu.Unlock()
	if esk, ok := s.twists[x]; ok {
		s.public[p] = exponent{esk, x}
	}
	return p
}

func (s *spy) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := s.Suite.KDF(purpose, n, fields...)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch purpose {
	case "H2":
		s.begins[suite.Key(out)] = begun{suite.Point(fields[5]), suite.Point(fields[6])}
		s.chains[suite.Key(out)] = place{suite.Key(out), 0}
	case "chain":
		if at, ok := s.chains[suite.Key(fields[0])]; ok {
			s.keys[suite.Key(out[:32])] = suite.Key(fields[0])
			s.chains[suite.Key(out[32:])] = place{at.first, at.n + 1}
		}
	case "auth key id":
		s.auths[[8]byte(out)] = suite.Key(fields[0])
	}
	return out
}

func (s *spy) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	kept := append([]byte(nil), plain...)
	at := len(dst)
	out := s.Suite.Seal(dst, purpose, key, nonce, plain, ad...)
	if purpose == "block" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.blocks[string(out[at:])] = key
		s.plains[string(out[at:])] = kept
	}
	return out
}

// state is the state of one upload: with the chain keys of the blocks' own places,
// or with those where their chains begin.
func (s *spy) state(t testing.TB, blocks []*conversation.DataBlock, of said, fromStart bool) transcript.MessageState {
	u := of.parsed.(exchange.Upload)
	d, err := conversation.Parse(suite.Default, u.Data)
	require.NoError(t, err)
	out := transcript.MessageState{Author: of.conn.Client, Upload: of.sent.Opened.Plain}
	var before *conversation.Roster
	for _, b := range blocks { // its SETUP, and its roster
		if b.Type == conversation.SETUP && b.Sid == d.Sid {
			out.Setup = b.Raw()
		}
		if b.Roster != nil && b.Roster.Digest() == d.RosterDigest {
			before, out.Roster = b.Roster, b.Roster.Bytes()
		}
	}
	for i, to := range conversation.Recipients(before, d) {
		b := u.Blocks[i]
		h, err := pair.ParseHeader(suite.Default, b)
		require.NoError(t, err)
		sealed := b[pair.ContinueSize-48:]
		if h.Start {
			sealed = b[pair.StartSize-88:]
		}
		plain, ok := s.plains[string(sealed)]
		if !ok { // a corrupt author spoilt it
			out.Blocks = append(out.Blocks, transcript.BlockState{To: to, At: h.N})
			continue
		}
		ck := s.keys[s.blocks[string(sealed)]]
		at := s.chains[ck]
		require.Equal(t, h.N, at.n)
		if out.Key == (suite.Key{}) {
			out.Key = suite.Key(plain[:32])
		}
		st := transcript.BlockState{To: to, At: h.N, Chain: ck}
		if fromStart {
			st.At, st.Chain = 0, at.first
		}
		if h.Start && h.N == 0 {
			e := s.public[h.X]
			st.Start = &transcript.StartState{ESK: e.esk, X: e.x, Named: s.begins[at.first].y}
		}
		if h.Start {
			e := s.public[suite.Point(plain[40:])]
			st.Offered = &transcript.OwnState{ID: pair.KeyID(plain[32:]), ESK: e.esk, Scalar: e.x}
		}
		out.Blocks = append(out.Blocks, st)
	}
	for _, a := range u.Auths {
		ak, ok := s.auths[a.KeyID]
		require.True(t, ok)
		out.Auths = append(out.Auths, ak)
	}
	return out
}

// spied plays a script with a spy, and returns the states of all its uploads.
func spied(t testing.TB, s script.Script, fromStart bool) (*transcript.Memory, *spy, []transcript.MessageState) {
	x := newSpy()
	m := transcripttest.RecordWith(t, s, x, play.Options{Seed: 1, Self: x.self})
	var states []transcript.MessageState
	var blocks []*conversation.DataBlock
	for _, of := range each(m) {
		if u, ok := of.parsed.(exchange.Upload); ok {
			b, err := conversation.Parse(suite.Default, u.Data)
			require.NoError(t, err)
			blocks = append(blocks, b)
			states = append(states, x.state(t, blocks, of, fromStart))
		}
	}
	return m, x, states
}

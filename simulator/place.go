package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// placing is the suite of a forger who must place real messages. What it knows of
// these, and nothing else, is put in the place of its own coins.
type placing struct {
	*forging
	w         *Witness // where its own coins went, in this run
	coins     map[Draw]suite.Coin
	exponents map[twist]suite.Scalar // of one-time keys that are wholly known
	points    map[Draw]suite.Point   // one-time keys of which only the public half is known
	handles   map[suite.Scalar]suite.Point
	starts    map[Draw]suite.Key    // first key of a chain
	links     map[chainAt]suite.Key // a later key of a chain
	auths     map[Draw]suite.Key
	dim       dark            // may be nil
	seals     sync.Map        // sealed -> plain, where dim gave the sealed
	early     map[Draw]uint32 // of chains that are known from a later key on: its number
}

// chainAt is a key of a chain, named by the coin of the chain's X.
type chainAt struct {
	first Draw
	n     uint32
}

// dark is a tape of what comes from keys that nobody has, neither the forger nor a
// distinguisher: the first keys of chains with a one-time key of which only the
// public half is known, and what was sealed under chain keys from before the one
// that was handed over. A forger makes them up. To compare with a real run they are
// as in that run.
type dark interface {
	first(Draw) (suite.Key, bool)
	sealed(chainAt, [suite.NonceSize]byte) []byte
}

// newPlacing puts messages where plans say that they belong: without plans, nowhere.
func newPlacing(f *forging, plans []plan, states []transcript.MessageState) (*placing, error) {
	s := &placing{forging: f, coins: map[Draw]suite.Coin{}, exponents: map[twist]suite.Scalar{}, points: map[Draw]suite.Point{},
		handles: map[suite.Scalar]suite.Point{}, starts: map[Draw]suite.Key{}, links: map[chainAt]suite.Key{},
		auths: map[Draw]suite.Key{}, early: map[Draw]uint32{}}
	for i, p := range plans {
		if err := s.place(p, &states[i]); err != nil {
			return nil, err
		}
	}
	for at := range s.points { // of which another message gives both halves
		if _, whole := s.exponents[twist{at.Who, s.coins[at]}]; whole {
			delete(s.points, at)
		}
	}
	for at := range s.starts { // and of a chain the beginning
		delete(s.early, at)
	}
	return s, nil
}

// place puts one message where a plan says that it belongs.
func (s *placing) place(p plan, st *transcript.MessageState) error {
	t, err := readTarget(s.Suite, st)
	if err != nil {
		return err
	}
	if len(p.chains) != len(st.Blocks) || len(p.auths) != len(st.Auths) {
		return fmt.Errorf("simulator: the message has %d blocks and %d authentication blocks, its place %d and %d",
			len(st.Blocks), len(st.Auths), len(p.chains), len(p.auths))
	}
	set := func(at *Draw, c suite.Coin) {
		if at != nil {
			s.coins[*at] = c
		}
	}
	set(p.setup, t.setup.Nonce)
	set(p.update, t.data.Nonce)
	if t.data.Type == conversation.MSG {
		set(p.key, suite.Coin(st.Key))
		var id suite.Coin
		copy(id[:], t.plain.ID[:])
		set(p.text, id)
	}
	for i, c := range p.chains {
		if err := s.placeChain(c, st.Author, t.upload.Blocks[i], st.Blocks[i]); err != nil {
			return err
		}
	}
	for i, at := range p.auths {
		s.auths[at] = st.Auths[i]
	}
	return nil
}

func (s *placing) placeChain(c chainPlan, author identity.ID, block []byte, b transcript.BlockState) error {
	h, err := pair.ParseHeader(s.Suite, block)
	if err != nil {
		return err
	}
	if b.At == 0 {
		s.starts[c.first] = b.Chain
	} else {
		s.links[chainAt{c.first, b.At}] = b.Chain
		if n, known := s.early[c.first]; !known || b.At < n {
			s.early[c.first] = b.At
		}
	}
	if !h.Start {
		return nil
	}
	s.coins[c.namedID] = named(h.Ref.ID)
	if h.N == 0 {
		if b.Start == nil {
			return errors.New("simulator: the state of a chain's beginning is missing")
		}
		s.coins[c.first] = b.Start.ESK
		s.exponents[twist{author, b.Start.ESK}] = b.Start.X
		s.points[c.named] = b.Start.Named
	} else {
		s.points[c.first] = h.X
	}
	if b.Offered == nil {
		return errors.New("simulator: the state of an offered key is missing")
	}
	s.coins[c.offeredID] = named(b.Offered.ID)
	s.coins[c.offered] = b.Offered.ESK
	s.exponents[twist{author, b.Offered.ESK}] = b.Offered.Scalar
	return nil
}

// named is a coin of which a key's id is made.
func named(id pair.KeyID) (c suite.Coin) {
	copy(c[:], id[:])
	return c
}

// Coins implements suite.Suite.
func (s *placing) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	c := s.forging.Coins(seed, a, counter, purpose, index)
	if placed, ok := s.coins[Draw{s.w.owner(a), seed, counter, purpose, index}]; ok {
		return placed
	}
	return c
}

// H1 implements suite.Suite.
func (s *placing) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	who := s.w.owner(a)
	if x, ok := s.exponents[twist{who, esk}]; ok {
		return x
	}
	if at, ok := s.w.coin(esk); ok {
		if X, ok := s.points[at]; ok {
			handle := suite.Scalar(s.Suite.Hash("not an exponent, only a name", X[:]))
			s.mu.Lock()
			s.handles[handle] = X
			s.mu.Unlock()
			return handle
		}
	}
	return s.forging.H1(esk, a)
}

func (s *placing) handle(x suite.Scalar) (suite.Point, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	X, ok := s.handles[x]
	return X, ok
}

// Public implements suite.Suite.
func (s *placing) Public(x suite.Scalar) suite.Point {
	if X, ok := s.handle(x); ok {
		return X
	}
	return s.forging.Public(x)
}

// DH implements suite.Suite. Where neither exponent is known, any value will do,
// as long as both sides get the same: nobody else can compute the true one.
func (s *placing) DH(x suite.Scalar, P suite.Point) (suite.Point, error) {
	X, only := s.handle(x)
	if p, ok := s.names[x]; ok {
		X, only = p.key, true
	}
	if !only {
		return s.Suite.DH(x, P)
	}
	s.mu.RLock()
	y, made := s.made[P]
	s.mu.RUnlock()
	if made {
		return s.Suite.DH(y, X)
	}
	if !s.public(X) && !s.public(P) {
		s.fail(fmt.Errorf("%w", ErrForeign))
		return suite.Point{}, ErrForeign
	}
	if bytes.Compare(X[:], P[:]) > 0 {
		X, P = P, X
	}
	return suite.Point(s.Suite.KDF("forged product", suite.KeySize, X[:], P[:])), nil
}

// public says whether only the public half of a one-time key was placed.
func (s *placing) public(P suite.Point) bool {
	for _, X := range s.points {
		if X == P {
			return true
		}
	}
	return false
}

// KDF implements suite.Suite: where the keys of the message come from, they come.
func (s *placing) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := s.forging.KDF(purpose, n, fields...)
	switch purpose {
	case "H2":
		X, Y := suite.Point(fields[5]), suite.Point(fields[6])
		at, ok := s.w.draw(X)
		if !ok {
			return out
		}
		// A receive key that was placed may have been used before: a prekey in an
		// UPDATE that was refused, and then made anew. Like what comes before a known
		// later key, the key of that other chain is nobody's to know: any will do.
		_, early := s.early[at]
		if k, ok := s.starts[at]; ok {
			copy(out, k[:])
		} else if early || s.public(Y) {
			k := s.unknown(at, early, s.w.esk(X))
			copy(out, k[:])
		}
	case "chain":
		if len(s.links) == 0 {
			return out
		}
		if at, i, ok := s.w.chainOf(suite.Key(fields[0])); ok {
			if k, ok := s.links[chainAt{at, i + 1}]; ok {
				copy(out[suite.KeySize:], k[:])
			}
		}
	case "auth key":
		if at, ok := s.w.draw(s.w.startOf(suite.Key(fields[0])).X); ok {
			if k, ok := s.auths[at]; ok {
				copy(out, k[:])
			}
		}
	}
	return out
}

// unknown makes the first key of a chain that neither the forger nor anybody else
// could compute.
func (s *placing) unknown(at Draw, early bool, esk suite.Coin) suite.Key {
	if s.dim != nil && !early {
		if k, ok := s.dim.first(at); ok {
			return k
		}
	}
	return suite.Key(s.Suite.KDF("forged chain key", suite.KeySize, esk[:]))
}

// before finds the place of a block that is sealed under a key from before those
// that are known of its chain.
func (s *placing) before(mk suite.Key) (chainAt, bool) {
	if s.dim == nil || len(s.early) == 0 {
		return chainAt{}, false
	}
	at, n, ok := s.w.chainOf(s.w.keyOf(mk))
	if !ok {
		return chainAt{}, false
	}
	known, early := s.early[at]
	return chainAt{at, n}, early && n < known
}

// Seal implements suite.Suite. Under a key that nobody has, a sealed block is as
// good as random: so it may come from a tape.
func (s *placing) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	if purpose == "block" {
		if at, ok := s.before(key); ok {
			if out := s.dim.sealed(at, nonce); out != nil {
				s.seals.Store(string(out), slices.Clone(plain))
				return append(dst, out...)
			}
		}
	}
	return s.forging.Seal(dst, purpose, key, nonce, plain, ad...)
}

// Open implements suite.Suite.
func (s *placing) Open(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	if purpose == "block" {
		if _, ok := s.before(key); ok {
			if plain, ok := s.seals.Load(string(sealed)); ok {
				return slices.Clone(plain.([]byte)), true
			}
		}
	}
	return s.forging.Open(purpose, key, nonce, sealed, ad...)
}

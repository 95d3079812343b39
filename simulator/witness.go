package simulator

import (
	"slices"
	"sync"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// Witness is a suite that remembers where everything in a run came from: which
// coin is in which key, which chain a block belongs to. In a real run it lets an
// author tell the state of one message ([Witness.State]); in a forgery it tells
// the forger which of its own coins ended up where. It grows with the run. It is
// safe for concurrent use.
type Witness struct {
	suite.Suite
	mu     sync.RWMutex
	owners map[suite.Scalar]identity.ID
	coins  map[suite.Coin]Draw
	ids    map[pair.KeyID]Draw          // of prekeys and session keys
	texts  map[[16]byte]Draw            // of texts
	twists map[suite.Scalar]twist       // x -> (who, esk)
	scalar map[suite.Point]suite.Scalar // X -> x
	starts map[suite.Key]start          // K, the output of H2
	places map[suite.Key]place          // CK -> where it stands
	marks  map[suite.Key]suite.Key      // MK -> its CK
	blocks map[string]sealed            // by the whole block
	auths  map[suite.Key]suite.Key      // AK -> K
	named  map[[8]byte]suite.Key        // id of an AK -> AK
	keys   map[suite.Hash]suite.Key     // com -> k_m
	setups map[suite.Hash][]byte        // Sid -> data block of its SETUP
	roster map[suite.Hash][]byte        // digest -> roster
}

// start is one run of the key exchange.
type start struct {
	X, Y suite.Point
}

// place is a chain key's: the first key of its chain, and its number.
type place struct {
	first suite.Key
	n     uint32
}

// sealed is a block as it was sealed.
type sealed struct {
	mk    suite.Key
	plain []byte
	nonce [suite.NonceSize]byte
	seal  []byte // without the header before it
}

// NewWitness watches a run on suite s.
func NewWitness(s suite.Suite) *Witness {
	return &Witness{Suite: s, owners: map[suite.Scalar]identity.ID{}, coins: map[suite.Coin]Draw{}, ids: map[pair.KeyID]Draw{},
		texts: map[[16]byte]Draw{}, twists: map[suite.Scalar]twist{}, scalar: map[suite.Point]suite.Scalar{},
		starts: map[suite.Key]start{}, places: map[suite.Key]place{}, marks: map[suite.Key]suite.Key{},
		blocks: map[string]sealed{}, auths: map[suite.Key]suite.Key{}, named: map[[8]byte]suite.Key{},
		keys: map[suite.Hash]suite.Key{}, setups: map[suite.Hash][]byte{}, roster: map[suite.Hash][]byte{}}
}

// Knows tells the witness whose secret, or name of a secret, a is.
func (w *Witness) Knows(self identity.Self) {
	if o, ok := w.Suite.(Observer); ok {
		o.Knows(self)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.owners[self.Secret] = self.ID
}

// Coins implements suite.Suite.
func (w *Witness) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	c := w.Suite.Coins(seed, a, counter, purpose, index)
	w.mu.Lock()
	defer w.mu.Unlock()
	d := Draw{w.owners[a], seed, counter, purpose, index}
	w.coins[c] = d
	switch purpose {
	case "prekey id", "session id":
		w.ids[pair.KeyID(c[:])] = d
	case "text id":
		w.texts[[16]byte(c[:])] = d
	}
	return c
}

// H1 implements suite.Suite.
func (w *Witness) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	x := w.Suite.H1(esk, a)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.twists[x] = twist{w.owners[a], esk}
	return x
}

// Public implements suite.Suite.
func (w *Witness) Public(x suite.Scalar) suite.Point {
	X := w.Suite.Public(x)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scalar[X] = x
	return X
}

// KDF implements suite.Suite.
func (w *Witness) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := w.Suite.KDF(purpose, n, fields...)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch purpose {
	case "H2": // context, idA, A, idB, B, X, Y, ...
		K := suite.Key(out)
		w.starts[K] = start{suite.Point(fields[5]), suite.Point(fields[6])}
		w.places[K] = place{K, 0}
	case "chain":
		ck := suite.Key(fields[0])
		w.marks[suite.Key(out)] = ck
		at := w.places[ck]
		w.places[suite.Key(out[suite.KeySize:])] = place{at.first, at.n + 1}
	case "com":
		w.keys[suite.Hash(out)] = suite.Key(fields[0])
	case "auth key":
		w.auths[suite.Key(out)] = suite.Key(fields[0])
	case "auth key id":
		w.named[[8]byte(out)] = suite.Key(fields[0])
	}
	return out
}

// Seal implements suite.Suite.
func (w *Witness) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	out := w.Suite.Seal(dst, purpose, key, nonce, plain, ad...)
	if purpose == "block" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.blocks[string(out)] = sealed{key, slices.Clone(plain), nonce, slices.Clone(out[len(dst):])}
	}
	return out
}

func (w *Witness) owner(a suite.Scalar) identity.ID {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.owners[a]
}

func (w *Witness) coin(c suite.Coin) (Draw, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	d, ok := w.coins[c]
	return d, ok
}

func (w *Witness) startOf(K suite.Key) start {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.starts[K]
}

// esk returns the coins that the one-time key X was made from.
func (w *Witness) esk(X suite.Point) suite.Coin {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.twists[w.scalar[X]].esk
}

func (w *Witness) keyOf(mk suite.Key) suite.Key {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.marks[mk]
}

// draw returns the coin that the one-time key X was made from.
func (w *Witness) draw(X suite.Point) (Draw, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	x, ok := w.scalar[X]
	if !ok {
		return Draw{}, false
	}
	t, ok := w.twists[x]
	if !ok {
		return Draw{}, false
	}
	d, ok := w.coins[t.esk]
	return d, ok
}

// chainOf tells in which chain a chain key stands: the coin of the X by which the
// chain was started, and the key's number.
func (w *Witness) chainOf(ck suite.Key) (Draw, uint32, bool) {
	w.mu.RLock()
	at, ok := w.places[ck]
	s := w.starts[at.first]
	w.mu.RUnlock()
	if !ok {
		return Draw{}, 0, false
	}
	d, ok := w.draw(s.X)
	return d, at.n, ok
}

// Hash implements suite.Suite.
func (w *Witness) Hash(purpose suite.Purpose, fields ...[]byte) suite.Hash {
	h := w.Suite.Hash(purpose, fields...)
	switch {
	case purpose == "roster":
		w.mu.Lock()
		w.roster[h] = slices.Clone(fields[0])
		w.mu.Unlock()
	case purpose == "data block" && len(fields[0]) > typeAt && fields[0][typeAt] == byte(conversation.SETUP):
		w.mu.Lock()
		w.setups[suite.Hash(fields[0][3:])] = slices.Clone(fields[0])
		w.mu.Unlock()
	}
	return h
}

// typeAt is where the type of a data block stands: behind version, suite and Sid.
const typeAt = 1 + 2 + 32

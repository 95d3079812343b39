package judge

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// stuck is a suite in which one bit of something that should be random is always
// zero. All else works: what has a bit missing is known by its place, so that seals
// open and keys agree.
type stuck struct {
	suite.Suite
	which
	bit int

	mu      sync.Mutex
	coins   map[suite.Coin]bool
	scalars map[suite.Scalar]bool
	points  map[suite.Point]suite.Point
	seals   map[string]bool
}

// which says of what a bit is stuck.
type which struct {
	coin  suite.Purpose // of a coin
	point suite.Purpose // of the one-time key that is made of this coin
	kdf   suite.Purpose // of what is derived
	seal  suite.Purpose // of what is sealed
}

func (s *stuck) clear(b []byte) bool {
	was := b[s.bit/8]&(1<<(s.bit%8)) != 0
	b[s.bit/8] &^= 1 << (s.bit % 8)
	return was
}

func (s *stuck) Coins(seed suite.Seed, a suite.Scalar, counter uint64, purpose suite.Purpose, index uint32) suite.Coin {
	c := s.Suite.Coins(seed, a, counter, purpose, index)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := strings.IndexByte(string(purpose), ':'); i >= 0 { // the lane of a channel
		purpose = purpose[i+1:]
	}
	switch {
	case purpose == s.coin:
		s.clear(c[:])
	case purpose != s.point:
	case purpose == "channel ephemeral":
		s.scalars[suite.Scalar(c)] = true
	default:
		s.coins[c] = true
	}
	return c
}

func (s *stuck) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	x := s.Suite.H1(esk, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.coins[esk] {
		s.scalars[x] = true
	}
	return x
}

func (s *stuck) Public(x suite.Scalar) suite.Point {
	P := s.Suite.Public(x)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scalars[x] {
		whole := P
		if s.clear(P[:]) {
			s.points[P] = whole
		}
	}
	return P
}

func (s *stuck) whole(P suite.Point) (suite.Point, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.points[P]
	return w, ok
}

func (s *stuck) CheckPoint(P suite.Point) error {
	if w, ok := s.whole(P); ok {
		P = w
	}
	return s.Suite.CheckPoint(P)
}

func (s *stuck) DH(x suite.Scalar, P suite.Point) (suite.Point, error) {
	if w, ok := s.whole(P); ok {
		P = w
	}
	return s.Suite.DH(x, P)
}

func (s *stuck) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := s.Suite.KDF(purpose, n, fields...)
	if purpose == s.kdf {
		s.clear(out)
	}
	return out
}

func (s *stuck) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	out := s.Suite.Seal(dst, purpose, key, nonce, plain, ad...)
	if purpose == s.seal && s.clear(out[len(dst):]) {
		s.mu.Lock()
		s.seals[string(out[len(dst):])] = true
		s.mu.Unlock()
	}
	return out
}

func (s *stuck) Open(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	if purpose == s.seal {
		s.mu.Lock()
		cleared := s.seals[string(sealed)]
		s.mu.Unlock()
		if cleared {
			whole := append([]byte(nil), sealed...)
			whole[s.bit/8] |= 1 << (s.bit % 8)
			sealed = whole
		}
	}
	return s.Suite.Open(purpose, key, nonce, sealed, ad...)
}

// Scripts in which things happen often.
func often(n int, what string) string { return strings.Repeat(what, n) }

var (
	talking  = "providers 2\nconversation lunch: Alice Bob\n" + often(30, "Alice in lunch: hm\nBob in lunch: hm\n")
	starting = "providers 2\nconversation lunch: Alice Bob\n" + often(13, "router crashes\nmirror1 crashes\n")
	renewed  = "providers 2\nconversation lunch: Alice Bob\n" + often(13, "Alice renews the keys\nBob renews the keys\n")
	changing = "providers 2\nconversation lunch: Alice Bob\n" + often(52, "Alice restarts Bob in lunch\n")
)

// beginning is many conversations.
func beginning() string {
	out := "providers 2\n"
	for i := range 52 {
		out += "conversation c" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ": Alice Bob\n"
	}
	return out
}

// A simulator in which a bit of something random is always zero is caught by
// counting, in every field that should be random.
func TestStuckBits(t *testing.T) {
	real, cheap := suite.Default, cowpitest.Cheap
	cases := []struct {
		field  string
		suite  suite.Suite
		script string
		which
	}{
		{"msg1 E_c", real, starting, which{point: "channel ephemeral"}},
		{"msg2 E_s", real, starting, which{point: "channel ephemeral"}},
		{"msg2 Y", real, starting, which{point: "channel naxos"}},
		{"msg3 X", real, starting, which{point: "channel naxos"}},
		{"msg2 seal", real, starting, which{seal: "handshake 2"}},
		{"msg3 seal", real, starting, which{seal: "handshake 3"}},
		{"renewal msg1 E_c", real, renewed, which{point: "channel ephemeral"}},
		{"renewal msg2 E_s", real, renewed, which{point: "channel ephemeral"}},
		{"renewal msg2 Y", real, renewed, which{point: "channel naxos"}},
		{"renewal msg3 X", real, renewed, which{point: "channel naxos"}},
		{"renewal msg2 seal", real, renewed, which{seal: "handshake 2"}},
		{"renewal msg3 seal", real, renewed, which{seal: "handshake 3"}},
		{"Upload auth key id", cheap, "providers 2\nconversation lunch: Alice Bob\n" + often(26, "router crashes\nAlice in lunch: hm\n"), which{kdf: "auth key id"}},
		{"frame", real, talking, which{seal: "frame"}},
		{"Prekeys Y", real, talking, which{point: "prekey esk"}},
		{"Prekeys id", cheap, talking, which{coin: "prekey id"}},
		{"Upload block X", real, talking, which{point: "chain esk"}},
		{"Upload block session key id", cheap, talking, which{coin: "session id"}},
		{"Upload block prekey id", cheap, changing, which{coin: "prekey id"}},
		{"Upload start block seal", real, talking, which{seal: "block"}},
		{"Upload block seal", real, talking, which{seal: "block"}},
		{"Upload MSG com", cheap, talking, which{kdf: "com"}},
		{"Upload MSG text seal", real, talking, which{seal: "text"}},
		{"Upload MAC", cheap, talking, which{kdf: "auth"}},
		{"text id", cheap, talking, which{coin: "text id"}},
		{"Upload UPDATE nonce", cheap, changing, which{coin: "update nonce"}},
		{"Upload SETUP nonce", cheap, beginning(), which{coin: "setup nonce"}},
		{"Fetch id", cheap, beginning(), which{coin: "fetch id"}},
	}
	done := map[string]bool{}
	for i, c := range cases {
		done[c.field] = true
		s := &stuck{which: c.which, bit: 1 + 7*i%50, coins: map[suite.Coin]bool{}, scalars: map[suite.Scalar]bool{},
			points: map[suite.Point]suite.Point{}, seals: map[string]bool{}}
		forge := func(u *simulator.Unsafe) Opinion {
			sc, err := script.Parse(c.script)
			require.NoError(t, err, c.field)
			w, err := simulator.NewWorld(c.suite, sc, [32]byte{3})
			require.NoError(t, err)
			e := Evidence{World: w, Transcript: &transcript.Memory{}}
			_, err = simulator.Outsider{Public: w.Public()}.Forge(simulator.Job{Script: sc, Schedule: 1, Coins: [32]byte{byte(i)},
				Open: simulator.To(e.Transcript), UnsafeProtocol: u})
			require.NoError(t, err, c.field)
			return Find("statistics").Judge(e)
		}
		o := forge(&simulator.Unsafe{Suite: func(below suite.Suite) suite.Suite { s.Suite = below; return s }})
		t.Logf("%-26s %v", c.field, o)
		require.Equal(t, Simulated, o.Answer, c.field)
		require.Contains(t, o.Reason, c.field)
		if o := forge(nil); o.Answer != CannotTell {
			t.Errorf("%s, not stuck: %v", c.field, o)
		}
	}
	for field := range randomFields {
		require.True(t, done[field], "the field %q should be random, and no bit of it is stuck here", field)
	}
}

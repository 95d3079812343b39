package pair

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
)

// spy has both long-term secrets, sees every block, and reads states. It tries
// each thing that it has on each block. That it does not open a block proves
// nothing by itself; that it opens one that the predicate calls safe, or fails
// to open one that it calls exposed, would show a flaw.
type spy struct {
	terms  [2]*Terms // of each recipient
	states []State
	heads  []Header // all start forms seen
	chains map[spyKey]suite.Key
}

type spyKey struct {
	to  int
	esk suite.Coin
	x   suite.Point
}

func newSpy(a, b *person) *spy {
	return &spy{terms: [2]*Terms{a.terms, b.terms}, chains: map[spyKey]suite.Key{}}
}

// read takes a whole state.
func (s *spy) read(st State) { s.states = append(s.states, st) }

// see takes a block from the network.
func (s *spy) see(m blk) {
	if h, err := ParseHeader(suite.Default, m.bytes); err == nil && h.Start {
		s.heads = append(s.heads, h)
	}
}

// open tries to open a block for this recipient.
func (s *spy) open(to int, m blk) (suite.Key, bool) {
	for _, st := range s.states {
		if km, ok := s.try(to, m, st.Send.Chain.CK, st.Send.Chain.N); ok {
			return km, true
		}
		if km, ok := s.try(to, m, st.Receive.Chain.CK, st.Receive.Chain.N); ok {
			return km, true
		}
		for _, own := range st.Receive.Mine {
			for _, h := range s.heads {
				if h.Ref != own.Ref {
					continue
				}
				if km, ok := s.try(to, m, s.respond(to, own, h), 0); ok {
					return km, true
				}
			}
		}
	}
	return suite.Key{}, false
}

func (s *spy) respond(to int, own Own, h Header) suite.Key {
	t, k := s.terms[to], spyKey{to, own.ESK, h.X}
	ck, ok := s.chains[k]
	if !ok {
		ck, _ = naxos.Respond(t.suite, t.self, naxos.Ephemeral{ESK: own.ESK}, own.Y,
			naxos.Peer{Party: t.peer, Ephemeral: h.X}, t.context(t.peerJoin, t.selfJoin, h.Ref))
		s.chains[k] = ck
	}
	return ck
}

// try walks a chain from a position on to that of a block.
func (s *spy) try(to int, m blk, ck suite.Key, from uint32) (suite.Key, bool) {
	t := s.terms[to]
	h, err := ParseHeader(t.suite, m.bytes)
	if err != nil || h.N < from {
		return suite.Key{}, false
	}
	var mk suite.Key
	for ; from <= h.N; from++ {
		mk = step(t.suite, &ck)
	}
	plain, ok := t.suite.Open("block", mk, nonce(m.digest), m.bytes[h.size():],
		m.digest[:], t.peerID[:], t.peer.Key[:], t.selfID[:], t.self.Key[:], m.bytes[:h.size()])
	if !ok {
		return suite.Key{}, false
	}
	return suite.Key(plain), true
}

// settled returns two people in the middle of a conversation, and a spy.
func settled(t *testing.T) (a, b *person, s *spy) {
	a, b = newCouple(t, suite.Default)
	for range 3 {
		say(t, a, b)
		say(t, b, a)
		say(t, a, b)
	}
	return a, b, newSpy(a, b)
}

// A pair heals after three flights (B, A, B) of an unread participant B, here
// with A's whole state read, long-term secret included: the first brings A a new
// key of B and is exposed still; with the second A's direction has healed, and
// with the third B's.
func TestHealingAfterThreeFlights(t *testing.T) {
	a, b, s := settled(t)
	s.read(a.st)
	for flight, c := range []struct {
		from, to *person
		index    int // of the recipient
		exposed  bool
	}{
		{b, a, 0, true},
		{a, b, 1, false},
		{b, a, 0, false},
		{a, b, 1, false},
	} {
		for range 2 {
			m := c.from.seal(t)
			s.see(m)
			km, ok := s.open(c.index, m)
			require.Equal(t, c.exposed, ok, "flight %d", flight)
			if ok {
				require.Equal(t, m.km, km)
			}
			deliver(t, c.from, c.to, m)
		}
	}
}

// Without the first flight nothing heals: A alone goes on with the chain read.
func TestNoHealingWithoutThePeer(t *testing.T) {
	a, b, s := settled(t)
	s.read(a.st)
	for range 5 {
		m := say(t, a, b)
		s.see(m)
		_, ok := s.open(1, m)
		require.True(t, ok)
	}
}

// Forward secrecy at once: after a block has been processed on both sides, both
// states and both long-term secrets do not open it; just before, they do.
func TestForwardSecrecyAtOnce(t *testing.T) {
	a, b, _ := settled(t)
	var past []blk
	var to []int
	for range 3 {
		for i, p := range []*person{a, b} {
			before := newSpy(a, b)
			q := []*person{b, a}[i]
			before.read(q.st)
			m := say(t, p, q)
			before.see(m)
			_, ok := before.open(1-i, m)
			require.True(t, ok, "negative control")
			past, to = append(past, m), append(to, 1-i)

			after := newSpy(a, b)
			after.read(a.st)
			after.read(b.st)
			for j, m := range past {
				after.see(m)
				_, ok := after.open(to[j], m)
				require.False(t, ok, "block %d after block %d", j, len(past)-1)
			}
		}
	}
}

// A refused start stays exposed while its recipient's key is outstanding, and no
// longer: naming a newer key wipes it.
func TestRefusedStartIsExposedUntilItsKeyIsWiped(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	refused := a.seal(t)
	opens := func() bool {
		s := newSpy(a, b)
		s.see(refused)
		s.read(b.st)
		_, ok := s.open(1, refused)
		return ok
	}
	require.True(t, opens())
	say(t, b, a) // offers a session key
	require.True(t, opens())
	say(t, a, b) // names it
	require.False(t, opens())
}

// Case 3 of the predicate: the receive key is not of the recipient's making, since
// all providers are corrupt and passed off one of theirs. Then, and only then, its
// block is exposed to whoever reads the recipient's long-term secret, at any time,
// and to nobody without that. The recipient itself does not open it.
func TestForeignPrekeyIsExposedWithTheLongTermSecret(t *testing.T) {
	for _, foreign := range []bool{true, false} {
		a, b := newCouple(t, suite.Default)
		y := suite.Scalar{9, 9} // the adversary's; a known exponent, where an owner has coins
		if foreign {
			a.st.Send = Send{}
			var err error
			a.st.Send, err = a.st.Send.Assign(KeyID{'e'}, a.terms.suite.Public(y))
			require.NoError(t, err)
		}
		m := a.seal(t)
		h, err := ParseHeader(suite.Default, m.bytes)
		require.NoError(t, err)
		s := a.terms.suite
		// What the adversary has: y, all that is public, and a long-term secret.
		opens := func(secret suite.Scalar) bool {
			z1, err := s.DH(y, a.self.Key)
			require.NoError(t, err)
			z2, err := s.DH(secret, h.X)
			require.NoError(t, err)
			z3, err := s.DH(y, h.X)
			require.NoError(t, err)
			Y := a.st.Send.Theirs.Y
			ck := suite.Key(s.KDF("H2", suite.KeySize, a.terms.context(3, 7, h.Ref), a.self.ID.Field(), a.self.Key[:],
				b.self.ID.Field(), b.self.Key[:], h.X[:], Y[:], z1[:], z2[:], z3[:]))
			km, ok := newSpy(a, b).try(1, m, ck, 0)
			require.True(t, !ok || km == m.km)
			return ok
		}
		require.Equal(t, foreign, opens(b.self.Secret))
		require.False(t, opens(a.self.Secret), "the author's long-term secret is of no use")
		require.False(t, opens(suite.Scalar{1}))
		if foreign {
			b.refuses(t, m)
			after := newSpy(a, b) // nor is what is in both states afterwards, with both long-term secrets
			after.see(m)
			after.read(a.st)
			after.read(b.st)
			_, ok := after.open(1, m)
			require.False(t, ok)
		}
	}
}

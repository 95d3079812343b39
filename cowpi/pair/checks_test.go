package pair

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

var (
	lowOrder     = suite.Point{1}
	notCanonical = suite.Point{31: 0xff}
)

// Every test here breaks one check and then shows that the untampered block is
// still accepted by the same state.

func TestP1Forms(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	start := say(t, a, b)
	require.Len(t, start.bytes, StartSize)
	short := a.seal(t)
	require.Len(t, short.bytes, ContinueSize)
	start = b.seal(t)

	for _, c := range []struct {
		to *person
		m  blk
	}{{a, start}, {b, short}} {
		good := c.m.bytes
		require.Equal(t, len(good), SizeOf(good[0]))
		require.Zero(t, SizeOf(good[0]+2))
		broken := [][]byte{nil, {}, good[:1], good[:len(good)-1], append(good[:len(good):len(good)], 0), make([]byte, 1<<16)}
		for form := range 256 {
			if byte(form) != good[0] {
				broken = append(broken, append([]byte{byte(form)}, good[1:]...))
			}
		}
		if len(good) == StartSize {
			for kind := 3; kind < 256; kind++ {
				broken = append(broken, append([]byte{formStart, byte(kind)}, good[2:]...))
			}
			broken = append(broken, append([]byte{formStart, 0}, good[2:]...))
		}
		for _, bytes := range broken {
			m := c.m
			m.bytes = bytes
			require.Equal(t, fault.P1, fault.CheckOf(c.to.refuses(t, m)), "%x", bytes)
			h, err := ParseHeader(suite.Default, bytes)
			require.Equal(t, fault.P1, fault.CheckOf(err))
			require.Zero(t, h)
		}
		c.to.open(t, c.m)
	}
}

// X, W3: checked by whoever sees the header, without a secret.
func TestW3X(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	m := a.seal(t)
	for _, x := range []suite.Point{{}, lowOrder, notCanonical} {
		bad := m
		bad.bytes = append([]byte(nil), m.bytes...)
		copy(bad.bytes[1+refSize:], x[:])
		require.Equal(t, fault.W3, fault.CheckOf(b.refuses(t, bad)))
		_, err := ParseHeader(suite.Default, bad.bytes)
		require.Equal(t, fault.W3, fault.CheckOf(err))
	}
	_, err := ParseHeader(suite.Default, m.bytes)
	require.NoError(t, err)
	b.open(t, m)
}

func TestP2KeyNotHeld(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	m := a.seal(t)
	without := *b
	without.st.Receive.Mine = [MaxMine]Own{}
	require.Equal(t, fault.P2, fault.CheckOf(without.refuses(t, m)))
	// The same id as a session key is another key.
	require.Equal(t, fault.P2, fault.CheckOf(b.refuses(t, m.flip(1, 3))))
	require.Equal(t, fault.P2, fault.CheckOf(b.refuses(t, m.flip(2, 1))))
	b.open(t, m)
	require.False(t, b.st.Receive.Holds(Ref{}))
	// Nor does the X of the chain go on with it under another reference.
	renamed := *a
	renamed.st.Send.Chain.Ref.ID[0] ^= 1
	require.Equal(t, fault.P2, fault.CheckOf(b.refuses(t, renamed.seal(t))))
	// A wiped key starts nothing again.
	again := newCoupleMember(t, a)
	require.Equal(t, fault.P2, fault.CheckOf(b.refuses(t, again.seal(t))))
	b.open(t, a.seal(t))
}

// newCoupleMember returns somebody who has the same keys as a, but would start
// the first chain with other coins.
func newCoupleMember(t *testing.T, a *person) *person {
	fresh, _ := newCouple(t, a.terms.suite)
	fresh.steps = a.steps + 1000
	return fresh
}

// skipTo moves the sending chain on without blocks, as an author that does not
// stop where it should.
func (p *person) skipTo(n uint32) {
	for p.st.Send.Chain.N < n {
		step(p.terms.suite, &p.st.Send.Chain.CK)
		p.st.Send.Chain.N++
	}
	p.st.Send.Chain.Floor = n
}

func TestP3Jumps(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	say(t, a, b)
	first := a.seal(t)
	b.open(t, first)
	require.Equal(t, fault.P3, fault.CheckOf(b.refuses(t, first)), "replayed")

	far := *a
	far.skipTo(2 + MaxSkip)
	edge := far.seal(t)
	far = *a
	far.skipTo(2 + MaxSkip + 1)
	require.Equal(t, fault.P3, fault.CheckOf(b.refuses(t, far.seal(t))))
	atEdge := *b
	atEdge.open(t, edge) // negative control: one less is accepted
	require.Equal(t, fault.P3, fault.CheckOf(atEdge.refuses(t, a.seal(t))), "skipped keys are gone")
	b.open(t, edge)
}

// The bound holds as well where a chain is first seen.
func TestP3FirstSeenTooLate(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	a.seal(t) // refused
	far := *a
	far.skipTo(MaxSkip + 1)
	require.Equal(t, fault.P3, fault.CheckOf(b.refuses(t, far.seal(t))))
	a.skipTo(MaxSkip)
	b.open(t, a.seal(t))
}

// The author's prototype looped for ever when the wanted id was below the
// oldest kept, and as long as it was told when it was far above.
func TestP3NoLoopIsSteeredByN(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	for range 3 {
		say(t, a, b)
	}
	short, last, start := a.seal(t), a.seal(t), b.seal(t)
	count := &counting{Suite: suite.Default}
	for _, c := range []struct {
		to *person
		m  blk
		at int
	}{{b, short, 1}, {a, start, startHeader - 4}} {
		*count = counting{Suite: suite.Default}
		counted := *c.to
		terms := *c.to.terms
		terms.suite = count
		counted.terms = &terms
		refused := 0
		for _, n := range []uint32{0, 1, 2, MaxSkip + 4, 1 << 16, 1 << 31, maxN, maxN + 1} {
			m := c.m.flip(0, 0)
			if binary.BigEndian.Uint32(m.bytes[c.at:]) == n {
				continue
			}
			binary.BigEndian.PutUint32(m.bytes[c.at:], n)
			if err := counted.refuses(t, m); fault.CheckOf(err) == fault.P3 {
				refused++
			} else {
				require.Equal(t, fault.P5, fault.CheckOf(err)) // within reach of a new chain
			}
		}
		require.GreaterOrEqual(t, refused, 5)
		require.LessOrEqual(t, count.kdf, 20, "a refused n was walked to")
		c.to.open(t, c.m)
	}
	// Nor does the last position wrap around.
	require.False(t, isStart(last))
	atEnd := *b
	atEnd.st.Receive.Chain.N = maxN
	binary.BigEndian.PutUint32(last.bytes[1:], maxN+1)
	require.Equal(t, fault.P3, fault.CheckOf(atEnd.refuses(t, last)))
	binary.BigEndian.PutUint32(last.bytes[1:], maxN)
	require.Equal(t, fault.P5, fault.CheckOf(atEnd.refuses(t, last)))
	binary.BigEndian.PutUint32(last.bytes[1:], 4)
	b.open(t, last)
}

func TestP4NoChain(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	late := *b
	say(t, a, b)
	short := a.seal(t)
	require.Equal(t, fault.P4, fault.CheckOf(late.refuses(t, short)))
	b.open(t, short)
}

// The seal covers the key, the data block, both ids and keys, and the header.
func TestP5Seal(t *testing.T) {
	for _, form := range []string{"start", "continue"} {
		a, b := newCouple(t, suite.Default)
		if form == "continue" {
			say(t, a, b)
		}
		m := a.seal(t)
		other := m
		other.digest[31] ^= 1 // not in the nonce
		require.Equal(t, fault.P5, fault.CheckOf(b.refuses(t, other)))
		other = m
		other.digest[0] ^= 1 // in the nonce
		require.Equal(t, fault.P5, fault.CheckOf(b.refuses(t, other)))

		for name, change := range map[string]func(*Terms){
			"author's id":       func(t *Terms) { t.peerID[1] ^= 1 },
			"author's key":      func(t *Terms) { t.peer.Key = b.self.Key },
			"recipient's id":    func(t *Terms) { t.selfID[1] ^= 1 },
			"recipient's key":   func(t *Terms) { t.self.Key = a.self.Key },
			"recipient secret":  func(t *Terms) { t.self.Secret[7] ^= 1 },
			"conversation":      func(t *Terms) { t.sid[0] ^= 1 },
			"author's epoch":    func(t *Terms) { t.peerJoin++ },
			"recipient's epoch": func(t *Terms) { t.selfJoin++ },
		} {
			wrong := *b
			terms := *b.terms
			change(&terms)
			wrong.terms = &terms
			if form == "continue" && (name == "conversation" || name == "author's epoch" ||
				name == "recipient's epoch" || name == "recipient secret") {
				wrong.open(t, m) // bound into the chain, not once more into each block
				continue
			}
			require.Equal(t, fault.P5, fault.CheckOf(wrong.refuses(t, m)), "%s: %s", form, name)
		}
		b.open(t, m)
	}
}

func TestP6OfferedKey(t *testing.T) {
	for _, r := range []suite.Point{{}, lowOrder, notCanonical} {
		a, b := newCouple(t, suite.Default)
		a.seal(t) // makes the chain and R
		bad := *a
		bad.st.Receive.Mine[1].Y = r
		require.Equal(t, fault.P6, fault.CheckOf(b.refuses(t, bad.seal(t))))
		b.open(t, a.seal(t))
	}
}

// P6: the id of the last key taken offers that key or none.
func TestP6TwoKeysUnderOneID(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	b.open(t, a.seal(t)) // opened by b, not yet seen by a: the start form goes on
	bad := *a
	bad.st.Receive.Mine[1].Y = b.self.Key
	require.Equal(t, fault.P6, fault.CheckOf(b.refuses(t, bad.seal(t))))
	theirs := b.st.Send
	b.open(t, a.seal(t))
	require.Equal(t, theirs, b.st.Send)
}

func TestP7KeyWhereThereIsNoContent(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	for range 2 { // first the start form, then the continue form
		m := a.seal(t)
		bare := m
		bare.content = false
		require.Equal(t, fault.P7, fault.CheckOf(b.refuses(t, bare)))
		deliver(t, a, b, m)
	}
	// Zero is what is wanted there, whichever byte differs.
	for at := range suite.KeySize {
		m := a.prepare()
		m.content = false
		m.km = suite.Key{}
		m.km[at] = 1
		out, err := a.terms.Seal(a.st, m.digest, m.km, a.coins(), 0)
		require.NoError(t, err)
		m.bytes = out.Block
		require.Equal(t, fault.P7, fault.CheckOf(b.refuses(t, m)))
	}
	m := a.prepare()
	m.content, m.km = false, suite.Key{}
	out, err := a.terms.Seal(a.st, m.digest, m.km, a.coins(), 0)
	require.NoError(t, err)
	m.bytes = out.Block
	b.open(t, m)
}

// Every single-bit change of both forms is refused with the state unchanged, and
// the untampered block is accepted afterwards.
func TestEveryBitCounts(t *testing.T) {
	a, b := newCouple(t, suite.Default)
	for _, m := range []blk{a.seal(t), a.seal(t)} { // starting a chain, then going on in the start form
		everyBit(t, b, m)
		deliver(t, a, b, m)
	}
	m := a.seal(t)
	require.Len(t, m.bytes, ContinueSize)
	everyBit(t, b, m)
	b.open(t, m)
}

func everyBit(t *testing.T, to *person, m blk) {
	for at := range m.bytes {
		for bit := byte(1); bit != 0; bit <<= 1 {
			var e *fault.Evidence
			err := to.refuses(t, m.flip(at, bit))
			require.True(t, errors.As(err, &e), "byte %d: %v", at, err)
			require.Contains(t, []fault.Check{fault.P1, fault.W3, fault.P2, fault.P3, fault.P5}, e.Check)
			if at >= len(m.bytes)-continuePlain-suite.TagSize {
				require.Equal(t, fault.P5, e.Check)
			}
		}
	}
}

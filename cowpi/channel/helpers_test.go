package channel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Points that check W3 refuses, wherever they stand.
var badPoints = []suite.Point{
	{},
	{1},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p - 1
	{0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p + 9: the base point, not canonical
}

func party(id identity.ID) identity.Self {
	var seed [32]byte
	copy(seed[:], id)
	self, err := identity.NewSelf(suite.Default, id, seed)
	if err != nil {
		panic(err)
	}
	return self
}

var (
	alice   = party("alice")
	mallory = party("mallory")
	router  = party("router.example")
	mirror  = party("mirror.example")
)

// coins are those of step n of a party.
func coins(self identity.Self, n uint64) suite.Coins {
	return suite.NewCoins(suite.Default, suite.Seed{7}, self.Secret, n)
}

// run is a handshake up to msg3 with everything in between.
type run struct {
	d     Dialling
	msg1  []byte
	a     Answering
	msg2  []byte
	conn  Conn // the client's
	msg3  []byte
	first []byte
}

func start(t require.TestingT, s suite.Suite, client identity.Self, role Role, server identity.Self) run {
	var r run
	var err error
	r.d, r.msg1, err = Dial(s, client, role, server.Party(), suite.NewCoins(s, suite.Seed{7}, client.Secret, 1))
	require.NoError(t, err)
	r.a, r.msg2, err = Accept(s, server, r.msg1, suite.NewCoins(s, suite.Seed{8}, server.Secret, 1))
	require.NoError(t, err)
	conn, out, err := r.d.Finish(r.msg2, suite.NewCoins(s, suite.Seed{7}, client.Secret, 2))
	require.NoError(t, err)
	require.Len(t, out, 2)
	r.conn, r.msg3, r.first = conn, out[0], out[1]
	return r
}

// connect runs a whole handshake; the provider's first frame is the Welcome.
func connect(t require.TestingT, s suite.Suite, client identity.Self, role Role, server identity.Self) (Conn, Conn) {
	r := start(t, s, client, role, server)
	srv, err := r.a.Finish(r.msg3)
	require.NoError(t, err)
	srv, got, err := srv.Open(r.first, suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, Opened{Confirmed: true}, got)
	srv, welcome, err := srv.Seal([]byte("welcome"))
	require.NoError(t, err)
	cli, got, err := r.conn.Open(welcome, suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, Opened{Data: []byte("welcome"), HasData: true, Confirmed: true}, got)
	return cli, srv
}

func connected(t require.TestingT) (Conn, Conn) {
	return connect(t, suite.Default, alice, RoleUser, router)
}

// pass seals a payload at one end and requires that the other end shows it: the
// negative control of most tests here.
func pass(t require.TestingT, from, to Conn, payload string) (Conn, Conn) {
	from, frame, err := from.Seal([]byte(payload))
	require.NoError(t, err)
	to, got, err := to.Open(frame, suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, Opened{Data: []byte(payload), HasData: true}, got)
	return from, to
}

// refused requires that a frame breaks check f and changes nothing.
func refused(t require.TestingT, f fault.Check, c Conn, frame []byte) {
	next, got, err := c.Open(frame, coins(c.self, 99))
	require.Equal(t, f, fault.CheckOf(err), "%v", err)
	require.Equal(t, c, next)
	require.Equal(t, Opened{}, got)
}

func misuse(t require.TestingT, err error) {
	var m *fault.Misuse
	require.ErrorAs(t, err, &m)
}

// forgeFrame seals any plaintext as the next frame of a chain.
func forgeFrame(c chain, plain []byte) []byte {
	key, _ := c.step(suite.Default)
	return suite.Default.Seal(nil, "frame", key, [suite.NonceSize]byte{}, plain)
}

// forgeMsg2 is what a provider with a valid key could answer: any hello.
func forgeMsg2(t require.TestingT, server identity.Self, msg1, hello []byte) []byte {
	s := suite.Default
	e := suite.Scalar{5}
	E := s.Public(e)
	dh, err := newShares(s, e, suite.Point(msg1), server.Secret, suite.Point(msg1))
	require.NoError(t, err)
	th := hash1(s, msg1, E[:])
	return s.Seal(E[:], "handshake 2", dh.key(s, "handshake key 1", th), [suite.NonceSize]byte{}, hello, th[:])
}

// forgeMsg3 is what a client could send: any plaintext.
func forgeMsg3(a Answering, plain []byte) []byte {
	th := hash2(suite.Default, a.msg1[:], a.msg2[:])
	return suite.Default.Seal(nil, "handshake 3", a.t2, [suite.NonceSize]byte{}, plain, th[:])
}

// openMsg3 is the plaintext of a genuine msg3.
func openMsg3(t require.TestingT, a Answering, msg3 []byte) []byte {
	th := hash2(suite.Default, a.msg1[:], a.msg2[:])
	plain, ok := suite.Default.Open("handshake 3", a.t2, [suite.NonceSize]byte{}, msg3, th[:])
	require.True(t, ok)
	return plain
}

// flipped returns a copy of b with one bit of byte i changed.
func flipped(b []byte, i int) []byte {
	c := append([]byte(nil), b...)
	c[i] ^= 1 << (i % 8)
	return c
}

func BenchmarkHandshake(b *testing.B) {
	for b.Loop() {
		connected(b)
	}
}

func BenchmarkFrame(b *testing.B) {
	for name, size := range map[string]int{"200": 200, "64KiB": 1 << 16} {
		b.Run(name, func(b *testing.B) {
			cli, srv := connected(b)
			payload := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				next, frame, err := cli.Seal(payload)
				if err != nil {
					b.Fatal(err)
				}
				after, _, err := srv.Open(frame, suite.Coins{})
				if err != nil {
					b.Fatal(err)
				}
				next.send.n, after.recv.n = 0, 0 // go on for ever
				cli, srv = next, after
			}
		})
	}
}

package channel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

func TestHandshakeGivesBothSidesTheSame(t *testing.T) {
	for _, role := range []Role{RoleUser, RoleRouter} {
		cli, srv := connect(t, suite.Default, alice, role, mirror)
		require.True(t, cli.Confirmed())
		require.True(t, srv.Confirmed())
		require.Equal(t, cli.AK(), srv.AK())
		require.NotZero(t, cli.AK())
		require.Equal(t, cli.AuthKeyID(), srv.AuthKeyID())
		require.Equal(t, Peer{mirror.Party(), RoleProvider}, cli.Peer())
		require.Equal(t, Peer{alice.Party(), role}, srv.Peer())
		require.Equal(t, role, cli.Role())
		require.Equal(t, RoleProvider, srv.Role())
		for range 3 {
			cli, srv = pass(t, cli, srv, "up")
			srv, cli = pass(t, srv, cli, "down")
			srv, cli = pass(t, srv, cli, "down again")
		}
	}
}

// Two handshakes with other coins share no key.
func TestHandshakesAreFresh(t *testing.T) {
	a, b := start(t, suite.Default, alice, RoleUser, router), start(t, suite.Default, alice, RoleUser, router)
	require.Equal(t, a.conn.AK(), b.conn.AK(), "the same coins give the same run")
	_, msg2, err := Accept(suite.Default, router, a.msg1, coins(router, 77))
	require.NoError(t, err)
	c, _, err := a.d.Finish(msg2, coins(alice, 2))
	require.NoError(t, err)
	require.NotEqual(t, a.conn.AK(), c.AK())
	d, _, err := a.d.Finish(a.msg2, coins(alice, 78))
	require.NoError(t, err)
	require.NotEqual(t, a.conn.AK(), d.AK())
}

// Whoever the user is, the sizes are the same.
func TestConstantLengths(t *testing.T) {
	require.Equal(t, []int{32, 145, 146}, []int{Msg1Size, Msg2Size, Msg3Size})
	for _, n := range []int{1, 2, 63, 64} {
		for _, role := range []Role{RoleUser, RoleRouter} {
			id := identity.ID(strings.Repeat("x", n))
			r := start(t, suite.Default, party(id), role, party("p"+id[1:]))
			require.Len(t, r.msg1, Msg1Size)
			require.Len(t, r.msg2, Msg2Size)
			require.Len(t, r.msg3, Msg3Size)
			require.Len(t, r.first, MinFrameSize)
			srv, err := r.a.Finish(r.msg3)
			require.NoError(t, err)
			require.Equal(t, id, srv.Peer().ID)
		}
	}
}

func TestW1HandshakeSizes(t *testing.T) {
	r := start(t, suite.Default, alice, RoleUser, router)
	for _, change := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return append(append([]byte(nil), b...), 0) },
		func([]byte) []byte { return nil },
	} {
		_, _, err := Accept(suite.Default, router, change(r.msg1), coins(router, 1))
		require.Equal(t, fault.W1, fault.CheckOf(err))
		_, out, err := r.d.Finish(change(r.msg2), coins(alice, 2))
		require.Equal(t, fault.W1, fault.CheckOf(err))
		require.Nil(t, out)
		_, err = r.a.Finish(change(r.msg3))
		require.Equal(t, fault.W1, fault.CheckOf(err))
	}
	r.accepted(t)
}

// accepted is the negative control: the genuine messages still do.
func (r run) accepted(t require.TestingT) {
	conn, out, err := r.d.Finish(r.msg2, coins(alice, 2))
	require.NoError(t, err)
	require.Equal(t, r.conn, conn)
	require.Equal(t, [][]byte{r.msg3, r.first}, out)
	srv, err := r.a.Finish(r.msg3)
	require.NoError(t, err)
	_, got, err := srv.Open(r.first, suite.Coins{})
	require.NoError(t, err)
	require.True(t, got.Confirmed)
}

// A change to msg1 shows at the provider if it spoils the point, else at the
// client, which finds msg2 sealed for another msg1.
func TestH1EveryChangeOfMessages1And2(t *testing.T) {
	r := start(t, suite.Default, alice, RoleUser, router)
	for i := range r.msg1 {
		_, msg2, err := Accept(suite.Default, router, flipped(r.msg1, i), coins(router, 1))
		if err != nil {
			require.Equal(t, fault.W3, fault.CheckOf(err))
			continue
		}
		_, out, err := r.d.Finish(msg2, coins(alice, 2))
		require.Equal(t, fault.H1, fault.CheckOf(err), "byte %d of message 1", i)
		require.Nil(t, out)
	}
	for i := range r.msg2 {
		_, out, err := r.d.Finish(flipped(r.msg2, i), coins(alice, 2))
		if i == suite.KeySize-1 && fault.CheckOf(err) == fault.W3 {
			continue // the top byte of E_s: not canonical any more
		}
		require.Equal(t, fault.H1, fault.CheckOf(err), "byte %d of message 2", i)
		require.Nil(t, out)
	}
	r.accepted(t)
}

func TestH3EveryChangeOfMessage3(t *testing.T) {
	r := start(t, suite.Default, alice, RoleUser, router)
	for i := range r.msg3 {
		srv, err := r.a.Finish(flipped(r.msg3, i))
		require.Equal(t, fault.H3, fault.CheckOf(err), "byte %d", i)
		require.Equal(t, Conn{}, srv)
	}
	// msg3 of another handshake of the same two.
	a2, _, err := Accept(suite.Default, router, r.msg1, coins(router, 77))
	require.NoError(t, err)
	_, err = a2.Finish(r.msg3)
	require.Equal(t, fault.H3, fault.CheckOf(err))
	r.accepted(t)
}

// W3: a key of small order, or in another encoding, in each place of a handshake.
func TestW3BadKeysEverywhere(t *testing.T) {
	r := start(t, suite.Default, alice, RoleUser, router)
	hello := append(router.ID.Field(), make([]byte, suite.KeySize)...)
	plain3 := openMsg3(t, r.a, r.msg3)
	for _, p := range badPoints {
		_, _, err := Accept(suite.Default, router, p[:], coins(router, 1)) // E_c
		require.Equal(t, fault.W3, fault.CheckOf(err))

		msg2 := append(append([]byte(nil), p[:]...), r.msg2[suite.KeySize:]...) // E_s
		_, _, err = r.d.Finish(msg2, coins(alice, 2))
		require.Equal(t, fault.W3, fault.CheckOf(err))

		copy(hello[identity.IDFieldSize:], p[:]) // Y_s
		_, _, err = r.d.Finish(forgeMsg2(t, router, r.msg1, hello), coins(alice, 2))
		require.Equal(t, fault.W3, fault.CheckOf(err))

		for _, at := range []int{66, 98} { // A, X_c
			bad := append([]byte(nil), plain3...)
			copy(bad[at:], p[:])
			_, err = r.a.Finish(forgeMsg3(r.a, bad))
			require.Equal(t, fault.W3, fault.CheckOf(err))
		}
		_, _, err = Dial(suite.Default, alice, RoleUser, identity.Party{ID: "p", Key: p}, coins(alice, 1)) // S: our own table
		misuse(t, err)
	}
	// Controls: the forgers' tools make what is accepted.
	copy(hello[identity.IDFieldSize:], mirror.Key[:])
	_, _, err := r.d.Finish(forgeMsg2(t, router, r.msg1, hello), coins(alice, 2))
	require.NoError(t, err)
	_, err = r.a.Finish(forgeMsg3(r.a, plain3))
	require.NoError(t, err)
	r.accepted(t)
}

// Identity misbinding: who is dialled under one name must not pass for another.
func TestH2IdentityMisbinding(t *testing.T) {
	relay := func(dialled identity.Party, server identity.Self) error {
		d, msg1, err := Dial(suite.Default, alice, RoleUser, dialled, coins(alice, 1))
		require.NoError(t, err)
		_, msg2, err := Accept(suite.Default, server, msg1, coins(server, 1))
		require.NoError(t, err)
		conn, out, err := d.Finish(msg2, coins(alice, 2))
		if err != nil {
			require.Equal(t, Conn{}, conn)
			require.Nil(t, out)
		}
		return err
	}
	// Mallory has registered the router's key under her own name, and relays.
	require.Equal(t, fault.H2, fault.CheckOf(relay(identity.Party{ID: mallory.ID, Key: router.Key}, router)))
	// The right name with another key, either way.
	require.Equal(t, fault.H1, fault.CheckOf(relay(identity.Party{ID: router.ID, Key: mallory.Key}, router)))
	require.Equal(t, fault.H1, fault.CheckOf(relay(router.Party(), identity.Self{ID: router.ID, Key: router.Key, Secret: mallory.Secret})))
	require.Equal(t, fault.H1, fault.CheckOf(relay(router.Party(), mirror)))
	require.NoError(t, relay(router.Party(), router))
}

func TestH4RoleAndIDOfTheClient(t *testing.T) {
	r := start(t, suite.Default, alice, RoleUser, router)
	plain := openMsg3(t, r.a, r.msg3)
	for name, change := range map[string]func(b []byte){
		"role 0":       func(b []byte) { b[0] = 0 },
		"role 3":       func(b []byte) { b[0] = 3 },
		"empty id":     func(b []byte) { clear(b[1:66]) },
		"id too long":  func(b []byte) { b[1] = 65 },
		"id cut short": func(b []byte) { b[1]-- },
		"not UTF-8":    func(b []byte) { b[2] = 0xff },
	} {
		bad := append([]byte(nil), plain...)
		change(bad)
		_, err := r.a.Finish(forgeMsg3(r.a, bad))
		require.Equal(t, fault.H4, fault.CheckOf(err), name)
	}
	// Control: the other role, and another id, pass this check.
	good := append([]byte(nil), plain...)
	good[0] = byte(RoleRouter)
	good[2] = 'A'
	srv, err := r.a.Finish(forgeMsg3(r.a, good))
	require.NoError(t, err)
	require.Equal(t, Peer{identity.Party{ID: "Alice", Key: alice.Key}, RoleRouter}, srv.Peer())
	// But it is a claim only: the keys differ, nothing is confirmed.
	refused(t, fault.F1, srv, r.first)
	r.accepted(t)
}

// H5: each first frame that says too much, at either end.
func TestH5NoDataBeforeConfirmation(t *testing.T) {
	r := start(t, suite.Default, alice, RoleUser, router)
	srv, err := r.a.Finish(r.msg3)
	require.NoError(t, err)
	for _, c := range []Conn{srv, r.conn} {
		require.False(t, c.Confirmed())
		next, frame, err := c.Seal([]byte("too early"))
		misuse(t, err)
		require.Nil(t, frame)
		require.Equal(t, c, next)
		_, _, err = c.Renew(coins(alice, 3))
		misuse(t, err)
	}
	refused(t, fault.H5, srv, forgeFrame(srv.recv, encodeFrame(kindData, []byte("x"))))
	refused(t, fault.H5, srv, forgeFrame(srv.recv, encodeFrame(kindHandshake, r.msg1)))
	refused(t, fault.H5, srv, forgeFrame(srv.recv, encodeFrame(kindHandshake, nil)))
	refused(t, fault.H5, r.conn, forgeFrame(r.conn.recv, encodeFrame(kindHandshake, nil)))

	srv, got, err := srv.Open(r.first, suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, Opened{Confirmed: true}, got)
	// The provider's first may carry data, or none.
	_, empty, err := srv.Seal(nil)
	require.NoError(t, err)
	_, got, err = r.conn.Open(empty, suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, Opened{Confirmed: true}, got)
	srv, welcome, err := srv.Seal([]byte("welcome"))
	require.NoError(t, err)
	cli, got, err := r.conn.Open(welcome, suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, Opened{Data: []byte("welcome"), HasData: true, Confirmed: true}, got)
	pass(t, cli, srv, "control")
}

// Unknown key share: Mallory claims Alice's key under her own name, or Alice's
// name and key, without Alice's secret. Nothing is ever confirmed.
func TestAClaimWithoutTheSecretConfirmsNothing(t *testing.T) {
	for _, claim := range []identity.Self{
		{ID: mallory.ID, Key: alice.Key, Secret: mallory.Secret},
		{ID: alice.ID, Key: alice.Key, Secret: mallory.Secret},
	} {
		r := start(t, suite.Default, claim, RoleUser, router)
		srv, err := r.a.Finish(r.msg3)
		require.NoError(t, err)
		require.Equal(t, claim.Party(), srv.Peer().Party)
		refused(t, fault.F1, srv, r.first)
		require.NotEqual(t, r.conn.AK(), srv.AK())
		require.False(t, srv.Confirmed())
	}
	// A relayed handshake of Alice's belongs to Alice, with or without Mallory.
	_, srv := connected(t)
	require.Equal(t, alice.Party(), srv.Peer().Party)
}

// A provider that knows S's name and key but not its secret never confirms, even
// when it could guess t1: here it has the shared values of the handshake.
func TestAProviderWithoutItsSecretConfirmsNothing(t *testing.T) {
	s := suite.Default
	r := start(t, s, alice, RoleUser, router)
	fake := r.a // everything but the long-term secret
	fake.self.Secret = mallory.Secret
	fake.Y = fake.own.Public(s, fake.self)
	hello := append(router.ID.Field(), fake.Y[:]...)
	msg2 := forgeMsg2(t, router, r.msg1, hello)
	cli, out, err := r.d.Finish(msg2, coins(alice, 2))
	require.NoError(t, err)
	dh, err := newShares(s, suite.Scalar{5}, suite.Point(r.msg1), router.Secret, suite.Point(r.msg1))
	require.NoError(t, err)
	fake.msg2 = [Msg2Size]byte(msg2)
	fake.t2 = dh.key(s, "handshake key 2", hash2(s, r.msg1, msg2))
	srv, err := fake.Finish(out[0])
	require.NoError(t, err)
	refused(t, fault.F1, srv, out[1])
	srv.confirmed = true // she does not care
	_, welcome, err := srv.Seal([]byte("welcome"))
	require.NoError(t, err)
	refused(t, fault.F1, cli, welcome)
	r.accepted(t)
}

// Reflection: nothing that one side made is accepted by that side.
func TestReflection(t *testing.T) {
	r := start(t, suite.Default, router, RoleRouter, mirror)
	_, _, err := r.d.Finish(r.msg1, coins(router, 2))
	require.Equal(t, fault.W1, fault.CheckOf(err))
	// The router answers itself in place of the mirror.
	_, msg2, err := Accept(suite.Default, router, r.msg1, coins(router, 3))
	require.NoError(t, err)
	_, _, err = r.d.Finish(msg2, coins(router, 2))
	require.Equal(t, fault.H1, fault.CheckOf(err))
	refused(t, fault.F1, r.conn, r.first)

	cli, srv := connect(t, suite.Default, router, RoleRouter, mirror)
	_, up, err := cli.Seal([]byte("up"))
	require.NoError(t, err)
	_, down, err := srv.Seal([]byte("down"))
	require.NoError(t, err)
	refused(t, fault.F1, cli, up)
	refused(t, fault.F1, srv, down)
	pass(t, cli, srv, "control")
}

func TestMisuse(t *testing.T) {
	for _, role := range []Role{RoleProvider, 3} {
		_, msg1, err := Dial(suite.Default, alice, role, router.Party(), coins(alice, 1))
		misuse(t, err)
		require.Nil(t, msg1)
	}
	_, _, err := Dial(suite.Default, identity.Self{}, RoleUser, router.Party(), coins(alice, 1))
	misuse(t, err)
	_, _, err = Dial(suite.Default, alice, RoleUser, identity.Party{Key: router.Key}, coins(alice, 1))
	misuse(t, err)
	_, _, err = Accept(suite.Default, identity.Self{}, make([]byte, Msg1Size), coins(alice, 1))
	misuse(t, err)
	_, _, err = Dialling{}.Finish(make([]byte, Msg2Size), coins(alice, 1))
	misuse(t, err)
	_, err = Answering{}.Finish(make([]byte, Msg3Size))
	misuse(t, err)
	_, _, err = Conn{}.Open(make([]byte, MinFrameSize), coins(alice, 1))
	misuse(t, err)
	_, _, err = Conn{}.Seal(nil)
	misuse(t, err)
	_, _, err = Conn{}.Renew(coins(alice, 1))
	misuse(t, err)
}

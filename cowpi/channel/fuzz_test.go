package channel

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// evidence requires that a refusal names a check: hostile input is nobody's
// misuse, and no bug.
func evidence(t *testing.T, err error) {
	var e *fault.Evidence
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Check)
}

func FuzzAccept(f *testing.F) {
	corpustest.Add(f, "channel.FuzzAccept")
	r := start(f, suite.Default, alice, RoleUser, router)
	f.Add(r.msg1)
	f.Add(badPoints[1][:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		a, msg2, err := Accept(suite.Default, router, in, coins(router, 1))
		if err != nil {
			evidence(t, err)
			require.Equal(t, Answering{}, a)
			require.Nil(t, msg2)
			return
		}
		require.Len(t, msg2, Msg2Size)
		require.Equal(t, in, a.msg1[:])
	})
}

// The input is msg2, or its plaintext, sealed as only the provider can.
func FuzzDiallingFinish(f *testing.F) {
	corpustest.Add(f, "channel.FuzzDiallingFinish")
	r := start(f, suite.Default, alice, RoleUser, router)
	f.Add(r.msg2, false)
	f.Add([]byte{}, false)
	f.Add(append(router.ID.Field(), mirror.Key[:]...), true)
	f.Add(append(mirror.ID.Field(), mirror.Key[:]...), true)
	f.Add(append(router.ID.Field(), badPoints[2][:]...), true)
	f.Fuzz(func(t *testing.T, in []byte, sealed bool) {
		msg2 := in
		if sealed {
			msg2 = forgeMsg2(t, router, r.msg1, in)
		}
		conn, out, err := r.d.Finish(msg2, coins(alice, 2))
		if err != nil {
			evidence(t, err)
			require.Equal(t, Conn{}, conn)
			require.Nil(t, out)
			return
		}
		if sealed {
			require.Equal(t, router.ID.Field(), in[:identity.IDFieldSize])
			require.Len(t, in, helloSize)
		} else {
			require.Equal(t, r.msg2, in)
		}
	})
}

// The input is msg3, or its plaintext, sealed as any client can.
func FuzzAnsweringFinish(f *testing.F) {
	corpustest.Add(f, "channel.FuzzAnsweringFinish")
	r := start(f, suite.Default, alice, RoleUser, router)
	plain := openMsg3(f, r.a, r.msg3)
	f.Add(r.msg3, false)
	f.Add([]byte{}, false)
	f.Add(plain, true)
	f.Add(flipped(plain, 1), true)
	f.Add(flipped(plain, 64), true)
	f.Fuzz(func(t *testing.T, in []byte, sealed bool) {
		msg3 := in
		if sealed {
			msg3 = forgeMsg3(r.a, in)
		}
		conn, err := r.a.Finish(msg3)
		if err != nil {
			evidence(t, err)
			require.Equal(t, Conn{}, conn)
			return
		}
		require.False(t, conn.Confirmed())
		if !sealed {
			require.Equal(t, r.msg3, in)
			return
		}
		p, X, err := decodeMsg3(in)
		require.NoError(t, err)
		require.Equal(t, p, conn.Peer())
		require.Equal(t, in, wire.NewWriter(0).U8(uint8(p.Role)).Fixed(p.ID.Field()).Fixed(p.Key[:]).Fixed(X[:]).Bytes())
	})
}

// The input is a frame, or its plaintext, sealed as the peer can, in any state of
// either side.
func FuzzConnOpen(f *testing.F) {
	corpustest.Add(f, "channel.FuzzConnOpen")
	cli, srv := connected(f)
	r := start(f, suite.Default, alice, RoleUser, router)
	unconfirmed, err := r.a.Finish(r.msg3)
	if err != nil {
		f.Fatal(err)
	}
	states := []Conn{cli, srv, r.conn, unconfirmed}
	for i, st := range stages(f, cli, srv) {
		states = append(states, st.cli, st.srv)
		f.Add(st.frame, uint8(4+2*i), false)
	}
	f.Add(encodeFrame(kindData, []byte("data")), uint8(0), true)
	f.Add(encodeFrame(kindData, nil), uint8(3), true)
	f.Add(encodeFrame(kindData, make([]byte, 300)), uint8(1), true)
	f.Add(encodeFrame(kindHandshake, r.msg1), uint8(1), true)
	f.Add(encodeFrame(kindHandshake, nil), uint8(10), true)
	f.Add(append(encodeFrame(kindData, nil), 0), uint8(0), true)
	f.Fuzz(func(t *testing.T, in []byte, state uint8, sealed bool) {
		c := states[int(state)%len(states)]
		frame := in
		if sealed {
			frame = forgeFrame(c.recv, in)
		}
		next, got, err := c.Open(frame, coins(c.self, 60))
		if err != nil {
			evidence(t, err)
			require.Equal(t, c, next)
			require.Equal(t, Opened{}, got)
		} else {
			require.NotEqual(t, c, next)
			require.Equal(t, got.HasData, len(got.Data) > 0)
		}
		if !sealed {
			return
		}
		k, payload, err := decodeFrame(in)
		if err != nil {
			require.Nil(t, payload)
			return
		}
		require.True(t, bytes.Equal(in, encodeFrame(k, payload)))
	})
}

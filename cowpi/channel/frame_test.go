package channel

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// Frames of all sizes arrive, and a payload shows only as its bucket.
func TestFrameSizes(t *testing.T) {
	require.Equal(t, MaxFrameSize, bucket(MaxPayload)+suite.TagSize)
	cli, srv := connected(t)
	for _, n := range []int{0, 1, 250, 251, 252, 1000, 1 << 16, MaxPayload - 1, MaxPayload} {
		payload := bytes.Repeat([]byte{0xab}, n)
		next, frame, err := cli.Seal(payload)
		require.NoError(t, err)
		require.Len(t, frame, bucket(n)+suite.TagSize)
		after, got, err := srv.Open(frame, suite.Coins{})
		require.NoError(t, err)
		require.Equal(t, n > 0, got.HasData)
		require.True(t, bytes.Equal(payload, got.Data))
		cli, srv = next, after
	}
	next, frame, err := cli.Seal(make([]byte, MaxPayload+1))
	misuse(t, err)
	require.NotErrorIs(t, err, ErrExhausted)
	require.Nil(t, frame)
	require.Equal(t, cli, next)
	require.Equal(t, bucket(0), bucket(251))
	require.Less(t, bucket(251), bucket(252))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(256, MaxPayload).Draw(t, "n")
		require.Less(t, float64(bucket(n)-n-frameHeader), 0.12*float64(n+frameHeader))
	})
}

// F1: changed, cut, repeated, reordered or lost frames; the right one still opens.
func TestF1FramesInOrderOnly(t *testing.T) {
	cli, srv := connected(t)
	var frames [][]byte
	for _, p := range []string{"one", "two", "three"} {
		next, frame, err := cli.Seal([]byte(p))
		require.NoError(t, err)
		frames = append(frames, frame)
		cli = next
	}
	for i := range frames[0] {
		refused(t, fault.F1, srv, flipped(frames[0], i))
	}
	refused(t, fault.F1, srv, append(append([]byte(nil), frames[0]...), 0))
	refused(t, fault.F1, srv, frames[1]) // "one" was lost, or comes later
	refused(t, fault.F1, srv, frames[2])
	_, other := connect(t, suite.Default, mallory, RoleUser, router)
	refused(t, fault.F1, other, frames[0])

	for i, want := range []string{"one", "two", "three"} {
		next, got, err := srv.Open(frames[i], suite.Coins{})
		require.NoError(t, err)
		require.Equal(t, want, string(got.Data))
		refused(t, fault.F1, next, frames[i]) // again
		srv = next
	}
}

func TestW1FrameSizeAndKind(t *testing.T) {
	_, srv := connected(t)
	good := encodeFrame(kindData, []byte("data"))
	for _, n := range []int{0, 1, MinFrameSize - 1, MaxFrameSize + 1} {
		refused(t, fault.W1, srv, make([]byte, n))
	}
	kind2 := bytes.Clone(good)
	kind2[0] = 2
	refused(t, fault.W1, srv, forgeFrame(srv.recv, kind2))
	beyond := bytes.Clone(good) // a length beyond the frame
	beyond[3] = 1
	refused(t, fault.W1, srv, forgeFrame(srv.recv, beyond))
	huge := bytes.Clone(good) // a length beyond all bounds
	huge[1] = 0xff
	refused(t, fault.W1, srv, forgeFrame(srv.recv, huge))
	_, got, err := srv.Open(forgeFrame(srv.recv, good), suite.Coins{})
	require.NoError(t, err)
	require.Equal(t, "data", string(got.Data))
}

func TestF2Padding(t *testing.T) {
	_, srv := connected(t)
	good := encodeFrame(kindData, []byte("data"))
	for i := frameHeader + 4; i < len(good); i++ {
		refused(t, fault.F2, srv, forgeFrame(srv.recv, flipped(good, i)))
	}
	// A bucket too large, one that is none, and one too small.
	refused(t, fault.F2, srv, forgeFrame(srv.recv, append(bytes.Clone(good), make([]byte, bucket(252)-len(good))...)))
	refused(t, fault.F2, srv, forgeFrame(srv.recv, append(bytes.Clone(good), 0)))
	big := encodeFrame(kindData, make([]byte, 260))
	require.Greater(t, len(big), frameHeader+260)
	refused(t, fault.F2, srv, forgeFrame(srv.recv, big[:frameHeader+260]))
	for _, plain := range [][]byte{good, big} {
		_, got, err := srv.Open(forgeFrame(srv.recv, plain), suite.Coins{})
		require.NoError(t, err)
		require.True(t, got.HasData)
	}
}

// Either side stops before its chain has lived its life, so that the handshake that
// replaces it still has room. How long the other goes on is no affair of its own.
func TestLifeOfAChain(t *testing.T) {
	cli, srv := connected(t)
	over := srv
	over.recv.n = MaxFrames
	_, frame, err := cli.Seal([]byte("data"))
	require.NoError(t, err)
	_, got, err := over.Open(frame, suite.Coins{})
	require.NoError(t, err)
	require.True(t, got.HasData)

	for _, c := range []Conn{cli, srv} {
		c.send.n = MaxFrames - reserved
		next, frame, err := c.Seal([]byte("data"))
		require.ErrorIs(t, err, ErrExhausted)
		misuse(t, err)
		require.Nil(t, frame)
		require.Equal(t, c, next)
		c.send.n--
		_, _, err = c.Seal([]byte("data"))
		require.NoError(t, err)
		c.send.n = MaxFrames
		_, _, err = c.sealed(kindHandshake, nil)
		require.ErrorIs(t, err, ErrExhausted)
	}

	// Both sides used up: the inner handshake fits, and data flows again.
	cli.send.n, srv.recv.n = MaxFrames-reserved, MaxFrames-reserved
	srv.send.n, cli.recv.n = MaxFrames-reserved, MaxFrames-reserved
	require.True(t, cli.NeedsRenewal())
	cli, srv = renew(t, cli, srv)
	require.False(t, cli.NeedsRenewal())
	cli, srv = pass(t, cli, srv, "up")
	pass(t, srv, cli, "down")
}

func TestNeedsRenewal(t *testing.T) {
	cli, srv := connected(t)
	require.False(t, cli.NeedsRenewal())
	for _, c := range []*chain{&cli.send, &cli.recv} {
		c.n = RenewAfter - 1
		require.False(t, cli.NeedsRenewal())
		c.n = RenewAfter
		require.True(t, cli.NeedsRenewal())
		next, _, err := cli.Renew(coins(alice, 3))
		require.NoError(t, err)
		require.False(t, next.NeedsRenewal(), "it is under way")
		c.n = 1
	}
	srv.send.n = RenewAfter
	require.False(t, srv.NeedsRenewal(), "a provider cannot renew")
}

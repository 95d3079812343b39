package channel

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

const (
	frameHeader = 1 + 4 // kind, length
	minBucket   = 256
	maxBucket   = 1<<20 + 1<<15 // of MaxPayload: a test compares
)

// kind says what a frame carries.
type kind uint8

const (
	kindData kind = iota
	kindHandshake
)

// bucket is the padded size of a frame's plaintext with a payload of n bytes.
func bucket(n int) int { return wire.Padme(max(frameHeader+n, minBucket)) }

// FrameSize is the size of a frame, as it is sent, with a payload of n bytes.
func FrameSize(n int) int { return bucket(n) + suite.TagSize }

// encodeFrame returns the plaintext of a frame: kind, length, payload, zeros.
func encodeFrame(k kind, payload []byte) []byte {
	size := bucket(len(payload))
	w := wire.NewWriter(size).U8(uint8(k)).Field(payload)
	return w.Bytes()[:size] // a new writer's room is all zeros
}

// decodeFrame reads the plaintext of a frame. It has one form: checks W1 (kind
// and length) and F2 (the bucket is that of the length, the padding zeros), so
// that padding carries nothing.
func decodeFrame(plain []byte) (kind, []byte, error) {
	r := wire.NewReader("frame", plain)
	k := kind(r.U8("kind"))
	if k > kindHandshake {
		r.Fail("kind", "%d is unknown", k)
	}
	payload := r.Bytes("payload", MaxPayload)
	padding := r.Rest("padding")
	if err := r.Done(); err != nil {
		return 0, nil, err
	}
	if len(plain) != bucket(len(payload)) {
		return 0, nil, fault.Refute(fault.F2, "payload of %d bytes in a bucket of %d", len(payload), len(plain))
	}
	for _, b := range padding {
		if b != 0 {
			return 0, nil, fault.Refute(fault.F2, "padding is not zeros")
		}
	}
	return k, payload, nil
}

// chain is one direction of a channel: the key from which the next frame's key
// comes, and how many frames there were.
type chain struct {
	key suite.Key
	n   uint32
}

// step returns the key of this frame and the chain after it. Neither leads back
// to the chain before.
func (c chain) step(s suite.Suite) (suite.Key, chain) {
	out := s.KDF("frame chain", 2*suite.KeySize, c.key[:])
	defer clear(out)
	return suite.Key(out[:suite.KeySize]), chain{suite.Key(out[suite.KeySize:]), c.n + 1}
}

// seal makes the next frame, and the chain after it.
func (c chain) seal(s suite.Suite, k kind, payload []byte) (chain, []byte, error) {
	if c.n >= MaxFrames {
		return c, nil, ErrExhausted
	}
	key, next := c.step(s)
	defer suite.Wipe(&key)
	plain := encodeFrame(k, payload)
	// The nonce is fixed: a frame key seals once.
	frame := s.Seal(make([]byte, 0, len(plain)+suite.TagSize), "frame", key, [suite.NonceSize]byte{}, plain)
	return next, frame, nil
}

// open opens the next frame: checks W1, F1 and F2.
func (c chain) open(s suite.Suite, frame []byte) (chain, kind, []byte, error) {
	if len(frame) < MinFrameSize || len(frame) > MaxFrameSize {
		return c, 0, nil, fault.Refute(fault.W1, "frame of %d bytes", len(frame))
	}
	key, next := c.step(s)
	defer suite.Wipe(&key)
	plain, ok := s.Open("frame", key, [suite.NonceSize]byte{}, frame)
	if !ok {
		return c, 0, nil, fault.Refute(fault.F1, "frame %d does not open: changed, repeated, lost or out of order", c.n)
	}
	k, payload, err := decodeFrame(plain)
	if err != nil {
		return c, 0, nil, err
	}
	return next, k, payload, nil
}

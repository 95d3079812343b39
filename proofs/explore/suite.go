package explore

import (
	"encoding/binary"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// order is the suite of exploration: that of cowpitest, without any security, made
// so that two orders of the same things lead to the same bytes.
//
// Coins do not depend on how many steps there were before, only on the seed, which
// the explorer derives from what the node has stored. The keys of frames are the
// same for ever: links between honest ends keep order, and of a link with a corrupt
// end the adversary has the keys, so that what the keys could tell is known.
type order struct{ suite.Suite }

var cheap suite.Suite = order{cowpitest.Cheap}

func (s order) Coins(seed suite.Seed, a suite.Scalar, _ uint64, purpose suite.Purpose, index uint32) suite.Coin {
	return s.Suite.Coins(seed, a, 0, purpose, index)
}

func (s order) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	if purpose == "frame chain" {
		return make([]byte, n)
	}
	return s.Suite.KDF(purpose, n, fields...)
}

const framePurpose suite.Purpose = "frame"

func (s order) Seal(dst []byte, purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, plain []byte, ad ...[]byte) []byte {
	if purpose == framePurpose {
		return append(append(dst, plain...), make([]byte, suite.TagSize)...)
	}
	return s.Suite.Seal(dst, purpose, key, nonce, plain, ad...)
}

func (s order) Open(purpose suite.Purpose, key suite.Key, nonce [suite.NonceSize]byte, sealed []byte, ad ...[]byte) ([]byte, bool) {
	if purpose == framePurpose && len(sealed) > suite.TagSize {
		return sealed[: len(sealed)-suite.TagSize : len(sealed)-suite.TagSize], true
	}
	return s.Suite.Open(purpose, key, nonce, sealed, ad...)
}

// frame puts a payload into a frame (SPEC.md, 5.2).
func frame(payload []byte) []byte {
	size := wire.Padme(max(5+len(payload), 256)) + suite.TagSize
	return wire.NewWriter(size).U8(0).Field(payload).Bytes()[:size]
}

// payload takes it out again. Only frames that a machine made come here.
func payload(frame []byte) []byte {
	n := binary.BigEndian.Uint32(frame[1:])
	return frame[5 : 5+n]
}

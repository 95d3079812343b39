package pair

import (
	"encoding/binary"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// The two forms of a block. Each is of constant size, whatever it carries:
//
//	start:     form 1 | kind 1, id 8 | X 32 | n 4 | seal(k_m 32, id 8, R 32)
//	continue:  form 1 | n 4 | seal(k_m 32)
const (
	formStart    = 1
	formContinue = 2

	refSize        = 1 + 8
	startHeader    = 1 + refSize + suite.KeySize + 4
	continueHeader = 1 + 4
	startPlain     = suite.KeySize + 8 + suite.KeySize
	continuePlain  = suite.KeySize

	// StartSize is the size of a block in the start form.
	StartSize = startHeader + startPlain + suite.TagSize // 134
	// ContinueSize is the size of a block in the continue form.
	ContinueSize = continueHeader + continuePlain + suite.TagSize // 53
)

// Header is the open part of a block. Ref and X are zero in the continue form.
type Header struct {
	Start bool // start form
	Ref   Ref  // the receive key of the recipient that the chain was started with
	X     suite.Point
	N     uint32 // position in the chain
}

// ParseHeader checks the form of a block, as far as that needs no secret: the
// providers do so too. The error is evidence under P1, or W3 where X is no
// usable key; the header is then zero.
func ParseHeader(s suite.Suite, block []byte) (Header, error) {
	h, err := parseForm(block)
	if err != nil {
		return Header{}, err
	}
	if h.Start {
		if err := s.CheckPoint(h.X); err != nil {
			return Header{}, &fault.Evidence{Check: fault.W3, What: "X of a block", Err: err}
		}
	}
	return h, nil
}

// parseForm is ParseHeader without the look at X.
func parseForm(block []byte) (Header, error) {
	switch {
	case len(block) == ContinueSize && block[0] == formContinue:
		return Header{N: binary.BigEndian.Uint32(block[1:])}, nil
	case len(block) == StartSize && block[0] == formStart:
	case len(block) == ContinueSize || len(block) == StartSize:
		return Header{}, fault.Refute(fault.P1, "form %d in a block of %d bytes", block[0], len(block))
	default:
		return Header{}, fault.Refute(fault.P1, "a block of %d bytes", len(block))
	}
	h := Header{
		Start: true,
		Ref:   Ref{Kind(block[1]), KeyID(block[2:])},
		X:     suite.Point(block[1+refSize:]),
		N:     binary.BigEndian.Uint32(block[startHeader-4:]),
	}
	if h.Ref.Kind != Prekey && h.Ref.Kind != Session {
		return Header{}, fault.Refute(fault.P1, "receive key of kind %d", h.Ref.Kind)
	}
	return h, nil
}

// size is the size of the header on the wire.
func (h Header) size() int {
	if h.Start {
		return startHeader
	}
	return continueHeader
}

// append appends the header in its wire form.
func (h Header) append(b []byte) []byte {
	if !h.Start {
		return binary.BigEndian.AppendUint32(append(b, formContinue), h.N)
	}
	b = append(b, formStart, byte(h.Ref.Kind))
	b = append(b, h.Ref.ID[:]...)
	b = append(b, h.X[:]...)
	return binary.BigEndian.AppendUint32(b, h.N)
}

// SizeOf is the size of a block, told by its first byte; 0 if there is no such form.
func SizeOf(form byte) int {
	switch form {
	case formStart:
		return StartSize
	case formContinue:
		return ContinueSize
	}
	return 0
}

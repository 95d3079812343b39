package pair

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Inside is what is sealed in a block: k_m, and in the start form the receive key
// that its author offers.
type Inside struct {
	Key     suite.Key
	Offered KeyID
	R       suite.Point
}

// MaxForward bounds how far [Forward] goes.
const MaxForward = 1 << 20

// Forward moves a chain key from one position to a later one. It is for those who
// hold a chain key outside of a pair's state; the error, under P3, is a position
// that lies behind, or more than MaxForward ahead.
func Forward(s suite.Suite, ck suite.Key, from, to uint32) (suite.Key, error) {
	if to < from || to-from > MaxForward {
		return suite.Key{}, fault.Refute(fault.P3, "n = %d from a chain key for %d", to, from)
	}
	for ; from < to; from++ {
		mk := step(s, &ck)
		suite.Wipe(&mk)
	}
	return ck, nil
}

// OpenUnder opens a block with the chain key of its own position, for those who
// hold it outside of a pair's state. What it returns is not judged: the rest of
// SPEC.md, section 7.3, needs the state of a pair. Errors are those of
// [ParseHeader], and P5.
func OpenUnder(s suite.Suite, ck suite.Key, author, recipient identity.Party, digest suite.Hash, block []byte) (Inside, error) {
	h, err := ParseHeader(s, block)
	if err != nil {
		return Inside{}, err
	}
	mk := step(s, &ck)
	defer suite.Wipe(&mk)
	defer suite.Wipe(&ck)
	seen := newShown(digest)
	seen.ad = [...][]byte{seen.digest[:], author.ID.Field(), author.Key[:], recipient.ID.Field(), recipient.Key[:], block[:h.size()]}
	return unseal(s, mk, seen, h, block)
}

// unseal opens a block with its message key.
func unseal(s suite.Suite, mk suite.Key, seen *shown, h Header, block []byte) (Inside, error) {
	plain, ok := s.Open("block", mk, nonce(seen.digest), block[h.size():], seen.ad[:]...)
	if !ok {
		return Inside{}, fault.Refute(fault.P5, "the block at n = %d does not open", h.N)
	}
	defer clear(plain)
	in := Inside{Key: suite.Key(plain[:suite.KeySize])}
	if h.Start {
		in.Offered = KeyID(plain[suite.KeySize:])
		in.R = suite.Point(plain[suite.KeySize+len(in.Offered):])
	}
	return in, nil
}

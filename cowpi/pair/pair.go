// Package pair is what two participants of a conversation share (SPEC.md,
// section 7): one chain of message keys in each direction, the receive keys that
// start new chains, and the blocks that carry k_m under them.
//
// [NewTerms] fixes who the two are; [Terms.Seal] and [Terms.Open] take a [State]
// and return the next one. A State is a plain value without pointers: a copy is a
// snapshot, an error leaves the old value as it was, and pairs can be worked on
// from several goroutines at once.
//
//	Send     no key ──key of the peer──▶ unused key ──Seal──▶ start form
//	         start form ──own upload accepted──▶ continue form
//	         any ──new key of the peer──▶ unused key (the old chain is gone with the next Seal)
//	Receive  holding keys ──block that names one──▶ chain, fewer keys
//
// Which keys to hand out, whose block to expect and whom to blame is the
// caller's part.
package pair

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

const (
	// MaxSkip bounds how many keys of a chain one block may skip. An author stops
	// before the recipient would have to skip more.
	MaxSkip = 1000
	// MaxSessions bounds the session keys of ours that the peer may still use.
	MaxSessions = 3
	// MaxMine bounds all our receive keys of a pair: one prekey and the session keys.
	MaxMine = 1 + MaxSessions

	// floorStep is by how much the known-accepted position must have moved before
	// it is written down: each change rewrites a record.
	floorStep = 256
	// maxN is the last position of a chain; the next one, 2^32-1, is never reached,
	// so that "n + 1" never wraps.
	maxN = 1<<32 - 2
)

// The conditions under which Seal refuses. Both are *fault.Misuse; nothing was
// sent and nothing changed.
var (
	// ErrNoKey: there is no receive key of the peer yet.
	ErrNoKey error = &fault.Misuse{Op: "seal block", What: "there is no receive key of the peer"}
	// ErrExhausted: too many blocks of this chain without one known to be accepted.
	// Only a new key from the peer, or a restart of one of the two, helps.
	ErrExhausted error = &fault.Misuse{Op: "seal block", What: "the chain is exhausted: 1,000 blocks without one known to be accepted"}
)

// Kind tells a prekey from a session key. It is one byte on the wire.
type Kind uint8

// The kinds of receive keys. None marks an empty place.
const (
	None    Kind = 0
	Prekey  Kind = 1 // registered with the providers, fetched or assigned
	Session Kind = 2 // offered inside a block
)

// KeyID names a receive key of one owner: 8 random bytes.
type KeyID [8]byte

// Ref is how a start form names a receive key of its recipient.
type Ref struct {
	Kind Kind
	ID   KeyID
}

// Theirs is the one receive key of the peer that we would use next. Once it is
// a session key it is also the last one taken from the peer.
type Theirs struct {
	Ref  Ref
	Y    suite.Point
	Used bool // a chain has been started with it
}

// SendChain is the chain from us to the peer.
type SendChain struct {
	Ref      Ref         // the receive key it was started with
	X        suite.Point // our one-time key; its secret half is gone
	CK       suite.Key
	N        uint32 // position of the next block
	Floor    uint32 // at most one above the last position known to be accepted
	Accepted bool   // the peer is sure to get X and R before what we write next
}

// Send is the sending half: no key of the peer if Theirs.Ref.Kind is None, no
// chain if Chain.Ref.Kind is None. The zero value has neither.
type Send struct {
	Theirs Theirs
	Chain  SendChain
}

// ReceiveChain is the chain from the peer to us.
type ReceiveChain struct {
	Ref Ref
	X   suite.Point
	CK  suite.Key
	N   uint32 // position of the next block that we would open
}

// Own is one of our receive keys. Y is stored beside the coins, so that opening
// costs no fixed-base multiplication.
type Own struct {
	Ref Ref
	ESK suite.Coin
	Y   suite.Point
}

// Receive is the receiving half. Mine holds the keys that the peer may still
// use, oldest first; unused places are zero and stand at the end.
type Receive struct {
	Chain ReceiveChain
	Mine  [MaxMine]Own
}

// State is the state of a pair: two halves that are stored as separate records,
// because most steps change only one of them. The zero value is a new pair.
type State struct {
	Send    Send
	Receive Receive
}

// Wipe overwrites all secrets of a state that is dropped: at removal, leaving,
// and stopping. Copies of the value are not reached.
func (st *State) Wipe() { *st = State{} }

// Assign gives a pair the prekey of the peer that was fetched or assigned for
// it. The error is a *fault.Misuse if the pair has a key already: a session key
// replaces the prekey for good, and there is never a second prekey.
func (s Send) Assign(id KeyID, y suite.Point) (Send, error) {
	if s.Theirs.Ref.Kind != None {
		return s, fault.Misusef("assign prekey", "the pair has a receive key of the peer")
	}
	s.Theirs = Theirs{Ref: Ref{Prekey, id}, Y: y}
	return s, nil
}

// Assign adds our prekey that the peer fetched or was assigned. The error is a
// *fault.Misuse if there is one already.
func (r Receive) Assign(id KeyID, esk suite.Coin, y suite.Point) (Receive, error) {
	n := r.Held()
	for _, own := range r.Mine[:n] {
		if own.Ref.Kind == Prekey {
			return r, fault.Misusef("assign prekey", "the pair holds a prekey of ours")
		}
	}
	if n == MaxMine { // MaxSessions session keys leave room for a prekey
		return r, fault.Bugf("pair: %d receive keys and none of them a prekey", n)
	}
	r.Mine[n] = Own{Ref{Prekey, id}, esk, y}
	return r, nil
}

// Held is the number of our receive keys that the peer may still use.
func (r Receive) Held() int {
	n := 0
	for n < MaxMine && r.Mine[n].Ref.Kind != None {
		n++
	}
	return n
}

// Holds says whether a block may start a chain with this key of ours.
func (r Receive) Holds(ref Ref) bool { return r.find(ref) >= 0 }

func (r *Receive) find(ref Ref) int {
	for i := range r.Mine {
		if ref.Kind != None && r.Mine[i].Ref == ref {
			return i
		}
	}
	return -1
}

// newest returns the position of our newest session key, or -1, and how many
// session keys there are.
func (r *Receive) newest() (at, count int) {
	at = -1
	for i := range r.Mine {
		if r.Mine[i].Ref.Kind == Session {
			at, count = i, count+1
		}
	}
	return at, count
}

// Terms is what does not change in a pair: who the two are, the conversation,
// and the epochs in which they joined. It is immutable and safe for concurrent
// use. It holds our long-term secret.
type Terms struct {
	suite              suite.Suite
	self               identity.Self
	peer               identity.Party
	sid                suite.Hash
	selfJoin, peerJoin uint32
	selfID, peerID     [identity.IDFieldSize]byte // the id fields, encoded once
}

// NewTerms returns the terms of the pair of self and peer in conversation sid.
// The peer's key must have been checked when it was received.
func NewTerms(s suite.Suite, self identity.Self, peer identity.Party, sid suite.Hash, selfJoin, peerJoin uint32) *Terms {
	t := &Terms{suite: s, self: self, peer: peer, sid: sid, selfJoin: selfJoin, peerJoin: peerJoin}
	copy(t.selfID[:], self.ID.Field())
	copy(t.peerID[:], peer.ID.Field())
	return t
}

// context is the NAXOS context of a chain: the conversation, the join epoch of
// its author, that of its recipient, and the receive key named.
func (t *Terms) context(authorJoin, recipientJoin uint32, ref Ref) []byte {
	const size = 4 + 5 + 4 + suite.KeySize + 8 + 8 + 4 + refSize
	w := wire.NewWriter(size).Field([]byte("chain")).Field(t.sid[:])
	w.U32(4).U32(authorJoin).U32(4).U32(recipientJoin)
	w.U32(refSize).U8(uint8(ref.Kind)).Fixed(ref.ID[:])
	return w.Bytes()
}

// shown is what a suite gets to see of one block. Whatever that is moves to the
// heap: here in one piece.
type shown struct {
	digest suite.Hash
	plain  [startPlain]byte
	ad     [6][]byte // the author's id and key, then the recipient's, between digest and header
}

func newShown(digest suite.Hash) *shown { return &shown{digest: digest} }

// step moves a chain on by one and returns the message key of the position left.
func step(s suite.Suite, ck *suite.Key) suite.Key {
	var old struct { // a copy: what is handed to a suite moves to the heap
		ck     suite.Key
		fields [1][]byte
	}
	old.ck = *ck
	old.fields[0] = old.ck[:]
	out := s.KDF("chain", 2*suite.KeySize, old.fields[:]...)
	mk := suite.Key(out[:suite.KeySize])
	*ck = suite.Key(out[suite.KeySize:])
	clear(out)
	suite.Wipe(&old.ck)
	return mk
}

// nonce is taken from the data block: a restored backup that comes to the same
// message key again has another data block, and so another nonce.
func nonce(digest suite.Hash) [suite.NonceSize]byte {
	return [suite.NonceSize]byte(digest[:suite.NonceSize])
}

package pair

import (
	"crypto/subtle"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
)

// Opened is what Open returns. The Receive half of State has always changed; the
// Send half only if SendChanged: a new receive key of the peer is in it.
type Opened struct {
	State       State
	Key         suite.Key // k_m
	SendChanged bool
}

// Open opens the peer's block for us under the data block with this digest.
// content says whether the type of the data block has content; if not, k_m must
// be zero. Keys are wiped only after the block has opened: the named session
// key, those older than it and the prekey, or the named prekey. SPEC.md,
// section 7.3.
//
// The error is evidence under P1 to P7 or W3; the state is then unchanged and
// the key zero. It costs at most 1,001 steps of a chain, and three variable-base
// multiplications where a chain starts, whatever the block says. Open is pure: it
// may run on several pairs at once.
func (t *Terms) Open(st State, digest suite.Hash, block []byte, content bool) (Opened, error) {
	next := st
	km, taken, err := t.open(&next, digest, block, content)
	if err != nil {
		next.Wipe()
		return Opened{State: st}, err
	}
	return Opened{next, km, taken}, nil
}

func (t *Terms) open(st *State, digest suite.Hash, block []byte, content bool) (km suite.Key, taken bool, err error) {
	h, err := ParseHeader(t.suite, block)
	if err != nil {
		return suite.Key{}, false, err
	}
	if err := t.find(&st.Receive, h); err != nil {
		return suite.Key{}, false, err
	}

	// find has bounded the way from the chain's position to n.
	chain := &st.Receive.Chain
	var mk suite.Key
	for ; chain.N <= h.N; chain.N++ {
		mk = step(t.suite, &chain.CK)
	}
	seen := newShown(digest)
	seen.ad = [...][]byte{seen.digest[:], t.peerID[:], t.peer.Key[:], t.selfID[:], t.self.Key[:], block[:h.size()]}
	in, err := unseal(t.suite, mk, seen, h, block)
	suite.Wipe(&mk)
	if err != nil {
		return suite.Key{}, false, err
	}
	km = in.Key
	suite.Wipe(&in.Key)
	if h.Start {
		if taken, err = t.take(&st.Send, in.Offered, in.R); err != nil {
			return suite.Key{}, false, err
		}
	}
	if zero := (suite.Key{}); !content && subtle.ConstantTimeCompare(km[:], zero[:]) != 1 {
		return suite.Key{}, false, fault.Refute(fault.P7, "k_m is not zero")
	}
	return km, taken, nil
}

// find makes the chain that a block belongs to the current one: the current one
// itself, or a new one to a key of ours, which is then wiped.
func (t *Terms) find(r *Receive, h Header) error {
	chain := &r.Chain
	has := chain.Ref.Kind != None
	switch {
	case has && (!h.Start || h.Ref == chain.Ref && h.X == chain.X):
		return checkN(h.N, chain.N)
	case !h.Start:
		return fault.Refute(fault.P4, "a continue form without a chain")
	}
	at := r.find(h.Ref)
	if at < 0 {
		return fault.Refute(fault.P2, "the key named, kind %d id %x, is not held", h.Ref.Kind, h.Ref.ID)
	}
	if err := checkN(h.N, 0); err != nil {
		return err
	}
	own := r.Mine[at]
	defer suite.Wipe(&own.ESK)
	peer := naxos.Peer{Party: t.peer, Ephemeral: h.X}
	ck, err := naxos.Respond(t.suite, t.self, naxos.Ephemeral{ESK: own.ESK}, own.Y, peer,
		t.context(t.peerJoin, t.selfJoin, h.Ref))
	if err != nil {
		return &fault.Evidence{Check: fault.W3, What: "X of a block", Err: err}
	}
	*chain = ReceiveChain{Ref: h.Ref, X: h.X, CK: ck}
	r.drop(at)
	return nil
}

// checkN is P3: n is not behind the position of the chain, nor too far ahead.
func checkN(n, next uint32) error {
	switch {
	case n < next:
		return fault.Refute(fault.P3, "n = %d, but the chain is at %d", n, next)
	case n-next > MaxSkip || n > maxN:
		return fault.Refute(fault.P3, "n = %d skips too many keys: the chain is at %d", n, next)
	}
	return nil
}

// drop wipes the key at a place that was named, and those that go with it. The
// prekey goes with any session key: whoever names one will never go back.
func (r *Receive) drop(at int) {
	session := r.Mine[at].Ref.Kind == Session
	var kept [MaxMine]Own
	n := 0
	for i, own := range r.Mine {
		goes := i == at || session && (i < at || own.Ref.Kind == Prekey)
		if !goes && own.Ref.Kind != None {
			kept[n] = own
			n++
		}
	}
	r.Mine = kept
}

// take looks at the receive key that a start form offers: P6. A new one replaces
// what we had, for good. The last one taken, offered again, changes nothing, also
// when it has been used; under its id nothing else may be offered.
func (t *Terms) take(s *Send, id KeyID, y suite.Point) (bool, error) {
	if err := t.suite.CheckPoint(y); err != nil {
		return false, &fault.Evidence{Check: fault.P6, What: "R of a block", Err: err}
	}
	ref := Ref{Session, id}
	if s.Theirs.Ref == ref {
		if s.Theirs.Y != y {
			return false, fault.Refute(fault.P6, "two keys under the id %x", id)
		}
		return false, nil
	}
	s.Theirs = Theirs{Ref: ref, Y: y}
	return true, nil
}

package pair

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
)

// Sealed is what Seal returns. The Send half of State has always changed; the
// Receive half only if ReceiveChanged: a new receive key of ours is in it.
type Sealed struct {
	State          State
	Block          []byte
	ReceiveChanged bool
}

// Seal makes our block for the peer: k_m (zero for types without content), bound
// to the data block with this digest. With an unused key of the peer it starts a
// chain, else it goes on with the one there is. The block has the start form
// until an upload with this chain has come back accepted (see [Send.Confirm]), so
// that no refused upload keeps X or R from the peer. SPEC.md, section 7.2.
//
// Where a chain starts, coins number index are drawn: "chain esk", "session esk",
// "session id". Seal is pure: it may run on several pairs at once, each with its
// own index. The error is [ErrNoKey], [ErrExhausted], or a *fault.Bug; the state
// is then unchanged and there is no block.
func (t *Terms) Seal(st State, digest suite.Hash, km suite.Key, coins suite.Coins, index uint32) (Sealed, error) {
	next := st
	block, made, err := t.seal(&next, digest, km, coins, index)
	if err != nil {
		next.Wipe()
		return Sealed{State: st}, err
	}
	return Sealed{next, block, made}, nil
}

func (t *Terms) seal(st *State, digest suite.Hash, km suite.Key, coins suite.Coins, index uint32) (block []byte, made bool, err error) {
	theirs, chain := &st.Send.Theirs, &st.Send.Chain
	starts := !theirs.Used
	switch {
	case theirs.Ref.Kind == None:
		return nil, false, ErrNoKey
	case starts:
		if err := t.start(&st.Send, coins, index); err != nil {
			return nil, false, err
		}
	case chain.Ref.Kind == None:
		return nil, false, fault.Bugf("pair: the peer's key is used, but there is no chain")
	case chain.N-chain.Floor >= MaxSkip || chain.N > maxN:
		return nil, false, ErrExhausted
	}

	// R. It may be gone while the chain is still in the start form: then a corrupt
	// router has shown the peer a block that was refused, and the peer has answered.
	h := Header{N: chain.N}
	size := ContinueSize
	in := newShown(digest)
	plain := append(in.plain[:0], km[:]...)
	if !chain.Accepted {
		at, outstanding := st.Receive.newest()
		if outstanding == 0 || starts && outstanding < MaxSessions {
			if at, err = t.offer(&st.Receive, coins, index); err != nil {
				return nil, false, err
			}
			made = true
		}
		r := &st.Receive.Mine[at]
		h = Header{Start: true, Ref: chain.Ref, X: chain.X, N: chain.N}
		size = StartSize
		plain = append(append(plain, r.Ref.ID[:]...), r.Y[:]...)
	}

	mk := step(t.suite, &chain.CK)
	chain.N++
	header := h.append(make([]byte, 0, size))
	in.ad = [...][]byte{in.digest[:], t.selfID[:], t.self.Key[:], t.peerID[:], t.peer.Key[:], header}
	block = t.suite.Seal(header, "block", mk, nonce(digest), plain, in.ad[:]...)
	suite.Wipe(&mk)
	clear(plain)
	return block, made, nil
}

// start replaces the sending chain by one to the unused key of the peer: one
// fixed-base and three variable-base multiplications.
func (t *Terms) start(s *Send, coins suite.Coins, index uint32) error {
	ref := s.Theirs.Ref
	coin := coins.Draw("chain esk", index)
	defer suite.Wipe(&coin)
	x, ck, err := t.Initiate(coin, ref, s.Theirs.Y)
	if err != nil { // both keys of the peer were checked when they were received
		return fault.Bugf("pair: a chain to unchecked keys: %v", err)
	}
	s.Theirs.Used = true
	s.Chain = SendChain{Ref: ref, X: x, CK: ck}
	return nil
}

// Initiate computes a chain from us to the peer that begins with the peer's receive
// key ref, y: X and CK_0, from the coins of X. The error is that of a key y that
// was not checked.
func (t *Terms) Initiate(esk suite.Coin, ref Ref, y suite.Point) (X suite.Point, ck suite.Key, err error) {
	peer := naxos.Peer{Party: t.peer, Ephemeral: y}
	return naxos.Initiate(t.suite, t.self, esk, peer, t.context(t.selfJoin, t.peerJoin, ref))
}

// offer makes a new session key and returns its place: one fixed-base
// multiplication. The caller has made sure that there is room.
func (t *Terms) offer(r *Receive, coins suite.Coins, index uint32) (int, error) {
	id := coins.Draw("session id", index)
	own := Own{Ref: Ref{Session, KeyID(id[:])}, ESK: coins.Draw("session esk", index)}
	at := r.Held()
	if at == MaxMine || r.Holds(own.Ref) {
		return 0, fault.Bugf("pair: no place for session key %x: coins drawn twice?", own.Ref.ID)
	}
	own.Y = naxos.Ephemeral{ESK: own.ESK}.Public(t.suite, t.self)
	r.Mine[at] = own
	suite.Wipe(&own.ESK)
	return at, nil
}

// Continues says whether the next block has the continue form: Seal then looks at
// no receiving half, and changes none.
func (s Send) Continues() bool { return s.Theirs.Used && s.Chain.Accepted }

// Confirm takes our own block that came back with an accepted upload, in the
// order of acceptance, and says whether anything changed. From the first accepted
// block of a chain on, the continue form is used: by the order, the peer has X and
// R before anything we write from now on. Blocks of older chains change nothing.
func (s Send) Confirm(block []byte) (Send, bool) {
	h, err := parseForm(block)
	c := &s.Chain
	if err != nil || c.Ref.Kind == None || h.N >= c.N {
		return s, false
	}
	// A continue form does not name its chain. But those of an older chain come
	// back before the first start form of this one, while it is not yet accepted.
	if h.Start && (h.Ref != c.Ref || h.X != c.X) || !h.Start && !c.Accepted {
		return s, false
	}
	if c.Accepted && (h.N < c.Floor || h.N+1-c.Floor < floorStep) {
		return s, false // near enough; not worth a record
	}
	c.Accepted, c.Floor = true, h.N+1
	return s, true
}

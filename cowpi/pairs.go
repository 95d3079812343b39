package cowpi

import (
	"encoding/binary"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// The two halves of a pair are records of their own: what changes only one of
// them writes only that.
const (
	halfSend    = 's'
	halfReceive = 'r'
)

// pairName is under which key a pair is stored: the pair itself, by join epochs
// and peer, or one made for an upload that is not accepted, by its serial.
type pairName []byte

func activePair(sid suite.Hash, selfJoin, peerJoin uint32, peer identity.ID) pairName {
	return appendActivePair(make([]byte, 0, 1+len(sid)+8+len(peer)+2), sid, selfJoin, peerJoin, peer)
}

func appendActivePair(k []byte, sid suite.Hash, selfJoin, peerJoin uint32, peer identity.ID) []byte {
	k = append(append(k, keyPair), sid[:]...)
	k = binary.BigEndian.AppendUint32(k, selfJoin)
	k = binary.BigEndian.AppendUint32(k, peerJoin)
	return append(append(k, peer...), 0, 0)
}

func pendingPair(sid suite.Hash, serial uint64, peer identity.ID) pairName {
	return appendPendingPair(make([]byte, 0, 1+len(sid)+8+len(peer)+2), sid, serial, peer)
}

func appendPendingPair(k []byte, sid suite.Hash, serial uint64, peer identity.ID) []byte {
	k = append(append(k, keyPending), sid[:]...)
	k = binary.BigEndian.AppendUint64(k, serial)
	return append(append(k, peer...), 0, 0)
}

// half is the key of one half of a pair: the name with its last byte set. It is
// valid until the other half is asked for; stores do not keep keys.
func (n pairName) half(h byte) []byte {
	n[len(n)-1] = h
	return n
}

func (s *step) loadSend(n pairName) (pair.Send, error) {
	raw, err := s.draft.Get(n.half(halfSend))
	if err != nil || raw == nil {
		return pair.Send{}, err
	}
	v, err := pair.ParseSend(raw)
	return v, stored(err)
}

func (s *step) loadReceive(n pairName) (pair.Receive, error) {
	raw, err := s.draft.Get(n.half(halfReceive))
	if err != nil || raw == nil {
		return pair.Receive{}, err
	}
	v, err := pair.ParseReceive(raw)
	return v, stored(err)
}

func (s *step) loadPair(n pairName) (st pair.State, err error) {
	if st.Send, err = s.loadSend(n); err == nil {
		st.Receive, err = s.loadReceive(n)
	}
	return st, err
}

func (s *step) saveSend(n pairName, v pair.Send) {
	s.draft.Put(n.half(halfSend), v.AppendRecord(make([]byte, 0, 128)))
}

func (s *step) saveReceive(n pairName, v pair.Receive) {
	s.draft.Put(n.half(halfReceive), v.AppendRecord(make([]byte, 0, 160)))
}

// peerOf returns the entry that counts for the pair with id in an entry, and our
// own join epoch: of the new roster where the pair is made afresh, else of the old
// one. fresh says which.
func (e entry) peerOf(self, id identity.ID) (peer conversation.Entry, selfJoin uint32, fresh bool) {
	p := conversation.PairsOf(e.before.Roster, e.d, self)
	me, peer, fresh := p.With(id)
	return peer, me.Joined, fresh
}

// open opens our own block of somebody else's entry (SPEC.md, 7.3) and checks
// that k_m fits com.
func (s *step) open(e *entry) error {
	if e.own {
		return nil
	}
	peer, selfJoin, fresh := e.peerOf(s.self.ID, e.author)
	name := activePair(e.m.Sid, selfJoin, peer.Joined, peer.ID)
	st, err := s.loadPair(name)
	if err != nil {
		return err
	}
	author := fault.Party{Role: fault.RoleAuthor, ID: string(e.author)}
	if fresh {
		if st, err = s.fromStock(e.m.Block); err != nil {
			return fault.Blame(err, author, "")
		}
	}
	terms := pair.NewTerms(s.suite, s.self, peer.Party, e.m.Sid, selfJoin, peer.Joined)
	opened, err := terms.Open(st, e.d.Hash(), e.m.Block, e.d.Type == conversation.MSG)
	if err == nil && e.d.Type == conversation.MSG {
		err = content.Fits(s.suite, e.d, opened.Key)
	}
	if err != nil {
		return fault.Blame(err, author, "")
	}
	e.km = opened.Key
	s.saveReceive(name, opened.State.Receive)
	if opened.SendChanged || fresh {
		s.saveSend(name, opened.State.Send)
	}
	return nil
}

// fromStock begins the pair that a block of a SETUP, or to one that is added or
// restarted, opens: it must name a prekey of our stock, which moves into the pair.
func (s *step) fromStock(block []byte) (pair.State, error) {
	h, err := pair.ParseHeader(s.suite, block)
	if err != nil {
		return pair.State{}, err
	}
	if !h.Start || h.Ref.Kind != pair.Prekey {
		return pair.State{}, fault.Refute(fault.P2, "the first block of a pair names no prekey")
	}
	k, ok, err := s.inStock(h.Ref.ID)
	if err != nil {
		return pair.State{}, err
	}
	if !ok {
		return pair.State{}, fault.Refute(fault.P2, "prekey %x is not in our stock", h.Ref.ID)
	}
	if err := s.wipePrekey(k.ID); err != nil {
		return pair.State{}, err
	}
	var st pair.State
	st.Receive, err = st.Receive.Assign(k.ID, k.ESK, k.Y)
	return st, err
}

// assign gives each pair the prekeys that the providers assigned to it: check D5.
func (s *step) assign(e *entry) error {
	var peers []identity.ID
	for _, n := range conversation.Assignments(e.d) {
		if n.Owner == s.self.ID {
			peers = n.Peers
		}
	}
	if len(peers) != len(e.m.Assigned) {
		return fault.Refute(fault.D5, "%d assigned prekeys for %d pairs", len(e.m.Assigned), len(peers))
	}
	for i, a := range e.m.Assigned {
		if a.Peer != peers[i] {
			return fault.Refute(fault.D5, "a prekey of %q where one of %q is due", a.Peer, peers[i])
		}
		k, ok, err := s.inStock(a.Mine)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Refute(fault.D5, "our prekey %x, assigned to %q, is not in our stock", a.Mine, a.Peer)
		}
		if err := s.wipePrekey(a.Mine); err != nil {
			return err
		}
		peer, selfJoin, _ := e.peerOf(s.self.ID, a.Peer)
		var st pair.State
		if st.Send, err = st.Send.Assign(a.Theirs.ID, a.Theirs.Y); err != nil {
			return err
		}
		if st.Receive, err = st.Receive.Assign(k.ID, k.ESK, k.Y); err != nil {
			return err
		}
		name := activePair(e.m.Sid, selfJoin, peer.Joined, peer.ID)
		s.saveSend(name, st.Send)
		s.saveReceive(name, st.Receive)
	}
	return nil
}

// wipeNamed wipes those of our prekeys that a delivery names or assigns.
func (s *step) wipeNamed(m exchange.Delivery) error {
	if m.Block != nil {
		if h, err := pair.ParseHeader(s.suite, m.Block); err == nil && h.Start && h.Ref.Kind == pair.Prekey {
			if err := s.wipePrekey(h.Ref.ID); err != nil {
				return err
			}
		}
	}
	for _, a := range m.Assigned {
		if err := s.wipePrekey(a.Mine); err != nil {
			return err
		}
	}
	return nil
}

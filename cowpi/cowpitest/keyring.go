package cowpitest

import (
	"encoding/binary"
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// Keyring is the independent model of SPEC.md, section 12: which secrets one
// participant should hold, by name. It sees only what is public: headers of blocks,
// rosters, deliveries, hand-out logs, and the events of the participant. What its
// machine really stores does not enter.
type Keyring struct {
	// Offered, if not nil, says which session key of an author (its number within the
	// pair; 0: none) a block of an upload of the author should offer to us. With that the model knows
	// when we must start a new chain, whatever we really do.
	Offered func(author identity.ID, data suite.Hash) int
	// Saw, if not nil, is told of each entry of others that we processed.
	Saw func(author identity.ID, d *conversation.DataBlock)

	self   identity.ID
	suite  suite.Suite
	stock  map[pair.KeyID]bool
	talks  map[suite.Hash]*talk
	batch  uint32
	logged uint64
	made   map[pair.KeyID]bool      // all prekeys that there ever were
	learnt map[pair.KeyID]bool      // all ids of session keys that were ever stored
	wrote  map[suite.Hash][]Written // blocks of our own uploads, by data block
	forked uint32                   // chains that there should be, and are not

	deliveries map[suite.Hash]map[uint64]exchange.Delivery // to this participant
	handouts   map[uint64]exchange.Handout                 // its log
}

// Held is an upload that is not resolved.
type Held struct {
	Data   *conversation.DataBlock
	Blocks [][]byte
}

// Progress is what the model has to know of one or more steps of a participant.
type Progress struct {
	Events  []cowpi.Event
	Gone    map[suite.Hash]uint64          // conversations that we are out of: last index
	Logged  uint64                         // position of the hand-out log
	Uploads map[suite.Hash]map[uint64]Held // by serial
}

// talk is a conversation of a keyring.
type talk struct {
	sid     suite.Hash
	roster  *conversation.Roster // nil: out of it
	pairs   map[string]*keys     // by pairName or pendingName
	uploads map[uint64]Held
	serial  uint64
	ended   bool
	last    uint64 // last index processed, or passed over
	texts   []string
}

// keys are the secrets of one pair, by name.
type keys struct {
	send, receive Chain
	meant         Chain      // the sending chain as it should be: send, if all is well
	mine          []pair.Ref // oldest first; an id of zeros is not known yet
	sessions      int        // session keys that were ever made
	taken         int        // number of the last session key taken from the peer
	must          bool       // it is unused: the next block starts a chain
}

// NewKeyring is the model of a participant that has nothing yet.
func NewKeyring(s suite.Suite, self identity.ID) *Keyring {
	return &Keyring{self: self, suite: s, stock: map[pair.KeyID]bool{}, talks: map[suite.Hash]*talk{},
		made: map[pair.KeyID]bool{}, learnt: map[pair.KeyID]bool{}, wrote: map[suite.Hash][]Written{},
		deliveries: map[suite.Hash]map[uint64]exchange.Delivery{}, handouts: map[uint64]exchange.Handout{}}
}

func (r *Keyring) talk(sid suite.Hash) *talk {
	if r.talks[sid] == nil {
		r.talks[sid] = &talk{sid: sid, pairs: map[string]*keys{}, uploads: map[uint64]Held{}}
	}
	return r.talks[sid]
}

// Told notes what a provider says to this participant.
func (r *Keyring) Told(m exchange.Message) {
	switch m := m.(type) {
	case exchange.Delivery:
		if r.deliveries[m.Sid] == nil {
			r.deliveries[m.Sid] = map[uint64]exchange.Delivery{}
		}
		r.deliveries[m.Sid][m.Index] = m
	case exchange.Handouts:
		for i, h := range m.List {
			r.handouts[m.First+uint64(i)] = h
		}
	}
}

// Follow moves the model on.
func (r *Keyring) Follow(now Progress) error {
	for _, e := range now.Events {
		var err error
		switch b := e.Body.(type) {
		case cowpi.RosterChanged:
			err = r.processed(b.Sid, b.Index)
		case cowpi.Acked:
			err = r.processed(b.Sid, b.Index)
		case cowpi.Shown:
			if b.Author == r.self {
				r.talk(b.Sid).took(string(b.Text.Text))
			}
		case cowpi.Discarded:
			for _, x := range b.Texts {
				r.talk(b.Sid).took(string(x.Text))
			}
		case cowpi.Ended:
			r.end(b)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Number, err)
		}
	}
	for sid, last := range now.Gone { // what we pass over uses up prekeys all the same
		t := r.talk(sid)
		for i := t.last + 1; i <= last; i++ {
			r.usedUp(sid, i)
		}
		t.last = max(t.last, last)
	}
	for i := r.logged + 1; i <= now.Logged; i++ {
		if h := r.handouts[i]; h.Kind == exchange.HandoutExpired || h.Kind == exchange.HandoutWithdrawn {
			delete(r.stock, h.Prekey)
		}
	}
	r.logged = now.Logged
	for sid, uploads := range now.Uploads {
		t := r.talk(sid)
		var fresh []uint64
		for serial := range uploads {
			if serial > t.serial {
				fresh = append(fresh, serial)
			}
		}
		slices.Sort(fresh)
		for _, serial := range fresh {
			if err := r.write(t, serial, uploads[serial]); err != nil {
				return fmt.Errorf("upload %d: %w", serial, err)
			}
		}
	}
	return nil
}

func (t *talk) took(text string) {
	if i := slices.Index(t.texts, text); i >= 0 {
		t.texts = slices.Delete(t.texts, i, i+1)
	}
}

func (r *Keyring) end(b cowpi.Ended) {
	t := r.talk(b.Sid)
	switch b.Reason {
	case cowpi.EndStopped:
		r.usedUp(b.Sid, b.Index+1)
	case cowpi.EndDeclined:
		r.usedUp(b.Sid, b.Index)
	}
	*t = talk{sid: b.Sid, pairs: map[string]*keys{}, uploads: map[uint64]Held{}, ended: true, last: b.Index}
}

// usedUp takes what an entry names or assigns from the stock.
func (r *Keyring) usedUp(sid suite.Hash, index uint64) {
	m, ok := r.deliveries[sid][index]
	if !ok {
		return
	}
	if h, err := pair.ParseHeader(r.suite, m.Block); err == nil && h.Start && h.Ref.Kind == pair.Prekey {
		delete(r.stock, h.Ref.ID)
	}
	for _, a := range m.Assigned {
		delete(r.stock, a.Mine)
	}
}

// fresh says whether the pair of two participants begins with a block.
func fresh(d *conversation.DataBlock, a, b identity.ID) (x, y conversation.Entry, is bool) {
	if d.Roster == nil {
		return x, y, false
	}
	x, inA := d.Roster.Find(a)
	y, inB := d.Roster.Find(b)
	return x, y, inA && inB && (x.Joined == d.NewEpoch() || y.Joined == d.NewEpoch())
}

// old is the name of the pair with a peer as the present roster has it.
func (r *Keyring) old(t *talk, peer identity.ID) string {
	x, _ := t.roster.Find(r.self)
	y, _ := t.roster.Find(peer)
	return pairName(t.sid, x.Joined, y.Joined, peer)
}

// processed is an index that the participant has processed.
func (r *Keyring) processed(sid suite.Hash, index uint64) error {
	t := r.talk(sid)
	if t.roster != nil && index <= t.last {
		return nil // another event of the same index
	}
	m, ok := r.deliveries[sid][index]
	if !ok {
		return fmt.Errorf("index %d was processed and never delivered", index)
	}
	d, err := conversation.Parse(r.suite, m.Data)
	if err != nil {
		return err
	}
	author := d.AuthorID
	if d.Roster == nil {
		author = d.AuthorIn(t.roster)
	}
	t.last, t.ended = index, false
	if author == r.self {
		err = r.accepted(t, d)
	} else {
		err = r.opened(t, d, author, m.Block)
		if r.Saw != nil {
			r.Saw(author, d)
		}
	}
	if err != nil {
		return fmt.Errorf("index %d: %w", index, err)
	}
	for _, a := range m.Assigned {
		x, y, _ := fresh(d, r.self, a.Peer)
		if !r.stock[a.Mine] {
			return fmt.Errorf("index %d: prekey %x was not in stock", index, a.Mine)
		}
		delete(r.stock, a.Mine)
		t.pairs[pairName(sid, x.Joined, y.Joined, a.Peer)] = &keys{mine: []pair.Ref{{Kind: pair.Prekey, ID: a.Mine}}}
	}
	if d.Roster == nil {
		return nil
	}
	if d.Roster.Position(r.self) < 0 {
		return nil // Ended follows
	}
	kept := map[string]bool{}
	self, _ := d.Roster.Find(r.self)
	for _, e := range d.Roster.Entries() {
		kept[pairName(sid, self.Joined, e.Joined, e.ID)] = true
	}
	for name := range t.pairs {
		if !kept[name] {
			delete(t.pairs, name)
		}
	}
	clear(t.uploads)
	t.roster = d.Roster
	return nil
}

// opened is a block of somebody else.
func (r *Keyring) opened(t *talk, d *conversation.DataBlock, author identity.ID, block []byte) error {
	h, err := pair.ParseHeader(r.suite, block)
	if err != nil {
		return err
	}
	var name string
	if x, y, is := fresh(d, r.self, author); is {
		if !r.stock[h.Ref.ID] {
			return fmt.Errorf("prekey %x was not in stock", h.Ref.ID)
		}
		delete(r.stock, h.Ref.ID)
		name = pairName(t.sid, x.Joined, y.Joined, author)
		t.pairs[name] = &keys{mine: []pair.Ref{h.Ref}}
	} else {
		name = r.old(t, author)
	}
	k := t.pairs[name]
	if k == nil {
		return fmt.Errorf("there is no %s", name)
	}
	if h.Start && (k.receive.Ref != h.Ref || k.receive.X != h.X) {
		at := slices.Index(k.mine, h.Ref)
		if at < 0 {
			return fmt.Errorf("%s does not hold %v", name, h.Ref)
		}
		// A session key goes with those made before it, and with the prekey.
		var left []pair.Ref
		for i, m := range k.mine {
			if i != at && (h.Ref.Kind == pair.Prekey || m.Kind == pair.Session && i > at) {
				left = append(left, m)
			}
		}
		k.mine, k.receive = left, Chain{Ref: h.Ref, X: h.X}
	}
	k.receive.N = h.N + 1
	if r.Offered != nil {
		if number := r.Offered(author, d.Hash()); number > k.taken {
			k.taken, k.must = number, true
		}
	}
	return nil
}

// write takes an upload of this participant.
func (r *Keyring) write(t *talk, serial uint64, u Held) error {
	t.serial, t.uploads[serial] = serial, u
	r.wrote[u.Data.Hash()] = nil
	for i, peer := range conversation.Recipients(t.roster, u.Data) {
		h, err := pair.ParseHeader(r.suite, u.Blocks[i])
		if err != nil {
			return err
		}
		name := pendingName(t.sid, serial, peer)
		if _, _, is := fresh(u.Data, r.self, peer); is {
			t.pairs[name] = &keys{}
		} else {
			name = r.old(t, peer)
		}
		k := t.pairs[name]
		if k == nil {
			return fmt.Errorf("there is no %s", name)
		}
		starts := h.Start && (k.send.Ref != h.Ref || k.send.X != h.X)
		if starts {
			k.send = Chain{Ref: h.Ref, X: h.X}
		}
		if h.N != k.send.N {
			return fmt.Errorf("%s: block at %d, the chain was at %d", name, h.N, k.send.N)
		}
		k.send.N++
		bent := k.must && !starts // it should have started one, and offered a new key
		if starts {
			k.meant = Chain{Ref: h.Ref, X: h.X}
		} else if bent {
			r.forked++
			k.meant = Chain{X: suite.Point(binary.BigEndian.AppendUint32(make([]byte, suite.KeySize-4), r.forked))}
		}
		k.must = false
		at := k.meant
		k.meant.N++
		open := 0
		for _, m := range k.mine {
			if m.Kind == pair.Session {
				open++
			}
		}
		if h.Start && (open == 0 || starts && open < pair.MaxSessions) {
			k.mine = append(k.mine, pair.Ref{Kind: pair.Session})
			k.sessions++
		} else if bent {
			k.sessions++
		}
		w := Written{To: peer, Chain: at}
		if h.Start || bent {
			w.offered = k.sessions
		}
		r.wrote[u.Data.Hash()] = append(r.wrote[u.Data.Hash()], w)
	}
	return nil
}

// accepted is an upload of this participant that came back.
func (r *Keyring) accepted(t *talk, d *conversation.DataBlock) error {
	for serial, u := range t.uploads {
		if u.Data.Hash() != d.Hash() {
			continue
		}
		for _, peer := range conversation.Recipients(t.roster, d) {
			if x, y, is := fresh(d, r.self, peer); is {
				made := pendingName(t.sid, serial, peer)
				t.pairs[pairName(t.sid, x.Joined, y.Joined, peer)] = t.pairs[made]
				delete(t.pairs, made)
			}
		}
		delete(t.uploads, serial)
		return nil
	}
	return fmt.Errorf("it was never written")
}

package game

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// lives are what the challenger knows of the keys of all users: which they should hold
// by SPEC.md, sections 7.5 and 12 (not: which they do), and who was read when. From
// that it computes whether a text is exposed.
type lives struct {
	suite suite.Suite
	of    map[identity.ID]*life
	last  identity.ID // whose step is not in the model yet; "": none
	reads []read
	forge string // somebody was taken for another whose state was read
	lost  error  // the first thing that the model could not follow: a machine that is not as specified
}

// life is one participant's.
type life struct {
	ring    *cowpitest.Keyring
	step    cowpitest.Progress // that is not in the model yet
	learn   []learned
	stock   map[pair.KeyID]suite.Point // all prekeys that it ever made
	foreign map[pair.KeyID]identity.ID // what it was told is a prekey of somebody's, and is not
}

// learned is the id of a session key that was stored.
type learned struct {
	record []byte
	id     pair.KeyID
}

// read is one reading of a participant.
type read struct {
	who identity.ID
	cowpitest.Holdings
}

func newLives(s suite.Suite) *lives { return &lives{suite: s, of: map[identity.ID]*life{}} }

// user is one participant's life.
func (l *lives) user(id identity.ID) *life {
	if l.of[id] == nil {
		l.enter(id, cowpitest.NewKeyring(l.suite, id))
	}
	return l.of[id]
}

func (l *lives) enter(id identity.ID, r *cowpitest.Keyring) {
	l.of[id] = &life{ring: r, stock: map[pair.KeyID]suite.Point{}, foreign: map[pair.KeyID]identity.ID{}}
	r.Offered = func(author identity.ID, data suite.Hash) int {
		return l.user(author).ring.Offers(data, id)
	}
	r.Saw = func(author identity.ID, d *conversation.DataBlock) {
		if _, made := l.user(author).ring.Blocks(d.Hash()); !made && l.wasRead(author) {
			l.forge = fmt.Sprintf("%s took for %s's what %s did not write", id, author, author)
		}
	}
}

// copied are the lives of a trial.
func (l *lives) copied() *lives {
	d := newLives(l.suite)
	for id, x := range l.of {
		d.enter(id, x.ring.Clone())
		d.of[id].stock, d.of[id].foreign = maps.Clone(x.stock), maps.Clone(x.foreign)
	}
	return d
}

// stepped takes a step of a participant: what it was told, and the records that it
// wrote. Of these only what is public counts, and ids.
func (l *lives) stepped(id identity.ID, told exchange.Message, records []store.Record) {
	l.flush()
	x := l.user(id)
	if told != nil {
		x.ring.Told(told)
		l.compare(x, told)
	}
	for _, r := range records {
		if r.Value != nil {
			l.note(x, r)
		}
	}
	l.last = id
}

// compare looks whether prekeys that somebody is told of are their owners'.
func (l *lives) compare(x *life, told exchange.Message) {
	look := func(owner identity.ID, k exchange.Prekey) {
		if l.user(owner).stock[k.ID] != k.Y {
			x.foreign[k.ID] = owner
		}
	}
	switch m := told.(type) {
	case exchange.Fetched:
		for _, k := range m.Keys {
			look(k.ID, k.Prekey)
		}
	case exchange.Delivery:
		for _, a := range m.Assigned {
			look(a.Peer, a.Theirs)
		}
	}
}

// note takes a record of a step: SPEC.md, 10.9.
func (l *lives) note(x *life, r store.Record) {
	v := r.Value
	switch r.Key[0] {
	case 'M':
		x.step.Logged = binary.BigEndian.Uint64(v[25:])
	case 'K':
		if id := pair.KeyID(v[1:]); !x.ring.Made(id) {
			x.ring.Stock(id)
			x.stock[id] = suite.Point(v[41:])
		}
	case 'l':
		if v[1] == 3 { // gone
			if x.step.Gone == nil {
				x.step.Gone = map[suite.Hash]uint64{}
			}
			x.step.Gone[suite.Hash(r.Key[1:])] = binary.BigEndian.Uint64(v[7:])
		}
	case 'p', 'q':
		if r.Key[len(r.Key)-1] != 'r' {
			return
		}
		half, err := pair.ParseReceive(v)
		if err != nil {
			return
		}
		for _, m := range half.Mine[:half.Held()] {
			if m.Ref.Kind == pair.Session {
				x.learn = append(x.learn, learned{slices.Clone(r.Key), m.Ref.ID})
			}
		}
	case 'b':
		l.wrote(x, r)
	}
}

// wrote takes an upload that was made.
func (l *lives) wrote(x *life, r store.Record) {
	b := wire.NewReader("body", r.Value[1:])
	d, err := conversation.Parse(l.suite, slices.Clone(b.Bytes("data", conversation.MaxDataBlock)))
	if err != nil {
		return
	}
	blocks, err := exchange.ReadBlocks(l.suite, b)
	if err != nil {
		return
	}
	sid := suite.Hash(r.Key[1:])
	if x.step.Uploads == nil {
		x.step.Uploads = map[suite.Hash]map[uint64]cowpitest.Held{}
	}
	if x.step.Uploads[sid] == nil {
		x.step.Uploads[sid] = map[uint64]cowpitest.Held{}
	}
	for i := range blocks {
		blocks[i] = slices.Clone(blocks[i])
	}
	x.step.Uploads[sid][binary.BigEndian.Uint64(r.Key[1+len(sid):])] = cowpitest.Held{Data: d, Blocks: blocks}
}

func (l *lives) committed(id identity.ID, events []cowpi.Event) {
	x := l.user(id)
	x.step.Events = append(x.step.Events, events...)
	l.last = id
}

// flush moves the model over the last step of anybody. It waits until the events of
// the step are there.
func (l *lives) flush() {
	id := l.last
	if id == "" {
		return
	}
	x := l.of[id]
	step, learn := x.step, x.learn
	l.last, x.step, x.learn = "", cowpitest.Progress{}, nil
	l.follow(id, x.ring, step)
	for _, k := range learn {
		x.ring.Learn(k.record, k.id)
	}
}

// follow moves a model on. A machine that does not do what it should can lead it
// astray, even out of its bounds.
func (l *lives) follow(id identity.ID, r *cowpitest.Keyring, step cowpitest.Progress) {
	lost := func(what any) {
		if what != nil && l.lost == nil {
			l.lost = fmt.Errorf("game: the keys of %s: %v", id, what)
		}
	}
	defer func() { lost(recover()) }()
	if err := r.Follow(step); err != nil {
		lost(err)
	}
}

func (l *lives) handed(id identity.ID, sid suite.Hash, text string) {
	l.flush()
	l.user(id).ring.HandedOver(sid, text)
}

// reading notes that a participant is read now.
func (l *lives) reading(id identity.ID) {
	l.flush()
	l.reads = append(l.reads, read{id, l.user(id).ring.Holds()})
}

func (l *lives) wasRead(id identity.ID) bool {
	return slices.ContainsFunc(l.reads, func(r read) bool { return r.who == id })
}

// exposed is the predicate of SPEC.md, 7.5, of one text: why it is exposed, or "".
// uploads are the data blocks of all uploads that were ever made for it; untrusted says
// that all providers may be corrupt, which excuses keys that they passed off.
func (l *lives) exposed(at place, text string, uploads []suite.Hash, untrusted bool) string {
	l.flush()
	for _, r := range l.reads {
		if r.who == at.author && slices.Contains(r.Texts[at.sid], text) {
			return fmt.Sprintf("it was in the outbox when %s was read", r.who)
		}
	}
	for _, u := range uploads {
		blocks, _ := l.user(at.author).ring.Blocks(u)
		for _, b := range blocks {
			foreign := untrusted && b.Chain.Ref.Kind == pair.Prekey && l.user(at.author).foreign[b.Chain.Ref.ID] == b.To
			for _, r := range l.reads {
				switch {
				case r.who == b.To && foreign:
					return fmt.Sprintf("its block to %s names a key that is not %s's, and %s was read", b.To, b.To, b.To)
				case (r.who == b.To || r.who == at.author) && r.Exposes(b.Chain, r.who == b.To):
					return fmt.Sprintf("what %s held when it was read opens its block to %s", r.who, b.To)
				}
			}
		}
	}
	return l.forge
}

package verify

import (
	"maps"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// talk is one conversation: its public state, in as many branches as providers
// made of it, and the indices that somebody has not acknowledged yet.
//
//	low                                   high
//	 |  version -- version -- version -- version   <- branch
//	 |                 \-- version -- version      <- branch, after a fork
type talk struct {
	sid      suite.Hash
	versions map[uint64][]*version // of the indices from low on
	low      uint64                // below it everybody has everything
	high     uint64                // one above the highest index
	branches []*branch
	rosters  map[suite.Hash]*conversation.Roster // of all branches, and of versions that are kept
	uploads  map[suite.Hash][]*upload            // by hash of the data block
	waiting  int
	forgot   bool                           // uploads were forgotten
	acks     map[identity.ID]map[int]uint64 // one above the last acknowledged index, by participant and provider
	ends     map[identity.ID]lastOne
	commits  map[identity.ID]map[uint64]suite.Hash // hash of the data block committed to a mirror
	passed   bool                                  // the index below low was one that is known
}

// lastOne is the last that a participant had processed, for its conversation code.
type lastOne struct {
	index uint64
	after suite.Hash
}

// version is what some provider delivered of an index after some past. Where all
// are honest, an index has one.
type version struct {
	index               uint64
	before, data, after suite.Hash
	d                   *conversation.DataBlock // nil if it does not parse
	pre                 conversation.State      // by which it is judged
	ok                  bool                    // valid: it has author and recipients, and a branch went on with it
	waits               bool                    // what is before it has not been delivered to anybody yet
	where               Subject                 // of the first delivery
	author              identity.ID
	recipients          []identity.ID
	uploads             []*upload
	first               map[identity.ID]identity.ID // by whom it was delivered: to whom first
	got                 map[identity.ID]uint32      // with whom it arrived, from which providers of the set
	assigned            map[[2]identity.ID]pair.KeyID

	parent *version
	lasts  *lasts // those before it, of its epoch
	pos    uint16
	last   conversation.Author // the author's, before it
	had    bool
}

// lasts is what the public state knows of the authors of an epoch, by position.
// Who is absent has written nothing: Head.First.
type lasts struct {
	m map[uint16]conversation.Author
}

// branch is where a conversation stands.
type branch struct {
	state conversation.State // Last means nothing
	lasts *lasts
	tip   *version
}

const (
	maxBranches = 16
	maxVersions = 8    // of one index
	maxAhead    = 4096 // how far an index may be ahead of all others
)

// talk returns a conversation; new ones begin with nothing.
func (v *verifier) talk(sid suite.Hash) *talk {
	t := v.talks[sid]
	if t == nil {
		t = &talk{sid: sid, versions: map[uint64][]*version{}, rosters: map[suite.Hash]*conversation.Roster{},
			uploads: map[suite.Hash][]*upload{}, acks: map[identity.ID]map[int]uint64{}, ends: map[identity.ID]lastOne{},
			commits: map[identity.ID]map[uint64]suite.Hash{}}
		v.talks[sid] = t
	}
	return t
}

// find returns the version that a delivery tells of, and makes and judges it if
// it is new. It is nil if there are too many.
func (v *verifier) find(t *talk, c *conn, m exchange.Delivery) *version {
	data := conversation.HashOf(v.suite, m.Data)
	for _, x := range t.versions[m.Index] {
		if x.before == m.Before && x.data == data {
			return x
		}
	}
	s := at(t.sid, m.Index).by(c.server).of(c.client)
	if joins := len(t.branches) == 0 && t.high == 0; m.Index > t.high && m.Index-t.high > maxAhead && !joins {
		v.fail(DigestChain, s, "it continues nothing that was delivered: the highest index so far is %d", t.high)
		return nil
	}
	if len(t.versions[m.Index]) >= maxVersions {
		v.fail(ProviderSame, s, "there are too many versions of this index to tell them apart")
		return nil
	}
	x := &version{index: m.Index, before: m.Before, data: data, first: map[identity.ID]identity.ID{},
		got: map[identity.ID]uint32{}, uploads: t.uploads[data]}
	x.after = conversation.NextDigestOf(v.suite, m.Before, data)
	s.Record = v.record
	x.where = s
	d, err := conversation.Parse(v.suite, m.Data)
	if err == nil && d.Sid == t.sid && len(t.branches) == 0 && m.Index > 0 {
		if d.Type != conversation.UPDATE || !d.AddsOrRestarts() {
			v.fail(DigestChain, s, "a conversation begins neither with its SETUP nor by adding somebody")
			return nil
		}
		t.low, t.high = m.Index, m.Index
	}
	t.versions[m.Index] = append(t.versions[m.Index], x)
	t.high = max(t.high, m.Index+1)
	v.judgeVersion(t, x, d, err)
	return x
}

// judgeVersion judges a data block where it stands.
func (v *verifier) judgeVersion(t *talk, x *version, d *conversation.DataBlock, err error) {
	s := x.where
	if err == nil && d.Sid != t.sid {
		v.fail(DataBlock, s, "the data block is of another conversation")
		return
	}
	if !v.judge(DataBlock, err == nil, s, "%v", err) {
		return
	}
	x.d = d
	if len(x.uploads) > 0 || !t.forgot {
		v.needs(Uploaded, len(x.uploads) > 0, s, "nobody uploaded this data block")
	}
	if x.index > 0 && len(t.branches) == 0 {
		v.cannot(DigestChain, s, "a conversation begins in its middle: what was before is believed")
		v.join(t, x)
		return
	}
	v.judgeHere(t, x)
}

// judgeHere judges a version by the public state before it, and then those that
// waited for it.
func (v *verifier) judgeHere(t *talk, x *version) {
	for queue := []*version{x}; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		if !v.past(t, x) {
			if x.waits = !t.known(x.index); !x.waits {
				v.needs(DigestChain, false, x.where, "it continues nothing that was delivered: h before it is another")
			}
			continue
		}
		v.ok(DigestChain)
		blocks := conversation.AnyBlocks
		if len(x.uploads) > 0 {
			blocks = len(x.uploads[0].blocks)
		}
		err := conversation.Valid(x.pre, x.d, blocks)
		if !v.judge(Valid, err == nil, x.where, "%v", err) {
			continue
		}
		v.apply(t, x)
		v.namedPrekeys(t, x)
		for _, o := range t.versions[x.index+1] {
			if o.waits && o.before == x.after {
				o.waits = false
				queue = append(queue, o)
			}
		}
	}
}

// known says whether the index before one was delivered to somebody. It need not
// have been: one who joins may be the only one who is connected.
func (t *talk) known(index uint64) bool {
	if index == 0 || index == t.low && t.passed {
		return true
	}
	for _, x := range t.versions[index-1] {
		if x.ok {
			return true
		}
	}
	return false
}

// past finds the public state that a version continues.
func (v *verifier) past(t *talk, x *version) bool {
	for _, b := range t.branches {
		if b.state.Next == x.index && b.state.Digest == x.before {
			x.pre, x.lasts, x.parent = b.state, b.lasts, b.tip
			return v.lastOf(x)
		}
	}
	for _, o := range t.versions[x.index] {
		if o != x && o.ok && o.before == x.before { // another one after the same past
			x.pre, x.parent = o.pre, o.parent
			x.lasts = &lasts{t.lastsBefore(o)}
			return v.lastOf(x)
		}
	}
	if x.index == 0 && x.before == (suite.Hash{}) {
		x.pre, x.lasts = conversation.Before(v.digest), &lasts{}
		return true
	}
	return false
}

// lastOf sets what the state knows of the author.
func (v *verifier) lastOf(x *version) bool {
	if x.d.Type == conversation.SETUP {
		return true
	}
	x.pos = x.d.Author
	if x.last, x.had = x.lasts.m[x.pos]; !x.had {
		x.last = x.pre.First()
	}
	x.pre.Last = x.last
	return true
}

// lastsBefore is what was known of the authors before a version, whose branch has
// gone on since: what came later in its epoch is undone.
func (t *talk) lastsBefore(x *version) map[uint16]conversation.Author {
	m := maps.Clone(x.lasts.m)
	for _, b := range t.branches {
		var later []*version // from the tip back to x
		o := b.tip
		for ; o != nil && o.index >= x.index; o = o.parent {
			later = append(later, o)
		}
		if len(later) == 0 || later[len(later)-1] != x {
			continue
		}
		for _, o := range later {
			if o.lasts != x.lasts || o.d.Roster != nil {
				continue
			}
			if o.had {
				m[o.pos] = o.last
			} else {
				delete(m, o.pos)
			}
		}
		return m
	}
	return m
}

// apply goes on with a valid version: along its branch, or on a new one.
func (v *verifier) apply(t *talk, x *version) {
	x.ok = true
	x.author = x.d.AuthorIn(x.pre.Roster)
	x.recipients = conversation.Recipients(x.pre.Roster, x.d)
	after := conversation.Apply(v.suite, x.pre, x.d)
	var b *branch
	for _, o := range t.branches {
		if o.state.Next == x.index && o.state.Digest == x.before {
			b = o
		}
	}
	if b == nil {
		if len(t.branches) >= maxBranches {
			v.fail(DigestChain, at(t.sid, x.index), "the conversation has too many branches to follow this one")
			return
		}
		b = &branch{lasts: x.lasts}
		t.branches = append(t.branches, b)
	}
	b.state, b.tip = after, x
	if x.d.Roster != nil {
		b.lasts = &lasts{}
		t.rosters[x.d.Roster.Digest()] = x.d.Roster
		return
	}
	if b.lasts.m == nil {
		b.lasts.m = map[uint16]conversation.Author{}
	}
	b.lasts.m[x.pos] = after.Last
}

// join begins a conversation with an UPDATE whose past is not in the transcript.
func (v *verifier) join(t *talk, x *version) {
	state := conversation.Join(v.suite, v.digest, x.index, x.before, x.d)
	t.branches = append(t.branches, &branch{state: state, lasts: &lasts{}, tip: x})
	t.rosters[x.d.Roster.Digest()] = x.d.Roster
	t.low = x.index
}

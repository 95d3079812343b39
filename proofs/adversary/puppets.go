package adversary

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
	"cowpi.example/proofs/game"
)

// puppets are all providers in one hand. They order nothing more of a conversation:
// what each participant is told of it is decided for each, and fits in everything that
// providers can make fit: indices, digests, assigned prekeys.
type puppets struct {
	o       *game.Oracles
	sid     suite.Hash
	said    []*said
	rosters map[suite.Hash]*conversation.Roster // by digest
	views   map[string]*view
	taken   map[identity.ID]int // prekeys assigned, from the end of a stock
	oneKey  bool                // whoever is made up has one and the same key
	made    byte                // keys made up so far
	answers []func() error      // to fetches
}

// said is an upload, as the router heard it.
type said struct {
	by       string
	upload   exchange.Upload
	block    *conversation.DataBlock
	assigned map[identity.ID][]exchange.Assigned
	told     bool
}

// view is how far somebody was told.
type view struct {
	next   uint64
	digest suite.Hash
}

// takeAll corrupts all providers, if the game allows that.
func takeAll(o *game.Oracles, sid suite.Hash, people ...string) (*puppets, error) {
	p := &puppets{o: o, sid: sid, rosters: map[suite.Hash]*conversation.Roster{}, views: map[string]*view{}, taken: map[identity.ID]int{}}
	for i := range o.Setting().Providers {
		s, err := o.Provider(i)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			s.Hear = p.hear
		}
	}
	for _, who := range people {
		h, _ := o.Head(who, sid)
		p.views[who] = &view{h.Next, h.Digest}
		r, _ := o.Roster(who, sid)
		p.rosters[r.Digest()] = r
	}
	return p, nil
}

// hear keeps the uploads of the conversation from the router, and fetches of those who
// are made up.
func (p *puppets) hear(from identity.ID, m exchange.Message) bool {
	if f, ok := m.(exchange.Fetch); ok {
		return !p.invent(from, f)
	}
	up, ok := m.(exchange.Upload)
	if !ok {
		return true
	}
	d, err := conversation.Parse(p.o.Suite(), up.Data)
	if err != nil || d.Sid != p.sid {
		return true
	}
	if slices.ContainsFunc(p.said, func(s *said) bool { return s.upload.Same(up) }) {
		return false
	}
	p.said = append(p.said, &said{by: string(from), upload: up, block: d})
	if d.Roster != nil {
		p.rosters[d.Roster.Digest()] = d.Roster
	}
	return false
}

// invent answers a fetch, if it is of somebody who does not exist.
func (p *puppets) invent(from identity.ID, f exchange.Fetch) bool {
	answer := exchange.Fetched{ID: f.ID}
	for _, id := range f.IDs {
		if _, exists := p.o.Party(string(id)); exists {
			return false
		}
		p.made++
		y := p.o.Suite().Public(suite.Scalar{p.made})
		key := y
		if p.oneKey {
			key = p.o.Suite().Public(suite.Scalar{100})
		}
		answer.Keys = append(answer.Keys, exchange.FetchedKey{Party: identity.Party{ID: id, Key: key},
			Prekey: exchange.Prekey{ID: pair.KeyID{p.made}, Y: y}})
	}
	p.answers = append(p.answers, func() error { return p.say(string(from), answer) })
	return true
}

// answer says what was made up. It is not said at once: a step is under way.
func (p *puppets) answer() error {
	list := p.answers
	p.answers = nil
	for _, f := range list {
		if err := f(); err != nil {
			return err
		}
	}
	return p.o.Settle()
}

// receipts lets what somebody said in its epoch, but texts, come next for another.
func (p *puppets) receipts(by, to string) func() error {
	return func() error {
		for _, s := range p.all(by, conversation.RCPT) {
			if s.block.Epoch == 0 {
				continue
			}
			if err := p.tell(s, to); err != nil {
				return err
			}
		}
		return nil
	}
}

// all lists, in their order, what somebody said of a type.
func (p *puppets) all(by string, t conversation.Type) (out []*said) {
	for _, s := range p.said {
		if s.by == by && s.block.Type == t {
			out = append(out, s)
		}
	}
	return out
}

// pass lets what somebody said last of a type come next for everybody named, if it was
// said.
func (p *puppets) pass(by string, t conversation.Type, to ...string) func() error {
	return func() error {
		list := p.all(by, t)
		if len(list) == 0 {
			return nil
		}
		return p.tell(list[len(list)-1], to...)
	}
}

// relay lets all that was said since and not told yet by some come next for these same.
func (p *puppets) relay(among ...string) func() error {
	return func() error {
		for _, s := range p.said {
			if !s.told && slices.Contains(among, s.by) {
				if err := p.tell(s, among...); err != nil {
					return err
				}
			}
		}
		return p.o.Settle()
	}
}

// tell gives everybody named the same thing as what comes next. One who was told
// nothing yet joins where its author is, if this is what brings it in.
func (p *puppets) tell(s *said, to ...string) error {
	s.told = true
	at := *p.views[s.by]
	for _, who := range to {
		if p.views[who] == nil && s.block.Roster != nil && s.block.Roster.Position(identity.ID(who)) >= 0 {
			v := at
			p.views[who] = &v
		}
	}
	for _, who := range to {
		if p.views[who] == nil {
			continue
		}
		m, err := p.delivery(s, who)
		if err != nil {
			return err
		}
		if err := p.give(who, m); err != nil {
			return err
		}
	}
	return nil
}

// delivery is what providers would say, if this came next for somebody.
func (p *puppets) delivery(s *said, who string) (exchange.Delivery, error) {
	v := p.views[who]
	m := exchange.Delivery{Sid: p.sid, Index: v.next, Head: v.next, Before: v.digest, Data: s.upload.Data}
	order := conversation.Recipients(p.rosters[s.block.RosterDigest], s.block)
	if i := slices.Index(order, identity.ID(who)); i >= 0 && i < len(s.upload.Blocks) {
		m.Block = s.upload.Blocks[i]
	}
	err := p.assign(s)
	m.Assigned = s.assigned[identity.ID(who)]
	return m, err
}

// give says a delivery through every provider.
func (p *puppets) give(who string, m exchange.Delivery) error {
	v := p.views[who]
	v.next, v.digest = m.Index+1, conversation.NextDigestOf(p.o.Suite(), m.Before, conversation.HashOf(p.o.Suite(), m.Data))
	return p.say(who, m)
}

// say says something through every provider.
func (p *puppets) say(who string, m exchange.Message) error {
	for i := range p.o.Setting().Providers {
		if err := p.o.SayAs(i, identity.ID(who), m); err != nil {
			return err
		}
	}
	return nil
}

// assign picks the prekeys that an entry needs, once.
func (p *puppets) assign(s *said) error {
	needs := conversation.Assignments(s.block)
	if s.assigned != nil || len(needs) == 0 {
		return nil
	}
	s.assigned = map[identity.ID][]exchange.Assigned{}
	router, err := p.o.Provider(0)
	if err != nil {
		return err
	}
	picks := map[[2]identity.ID]exchange.Prekey{}
	for _, n := range needs {
		stock, err := provider.UnsafeStock(router.Store, n.Owner)
		if err != nil {
			return err
		}
		for _, peer := range n.Peers {
			p.taken[n.Owner]++
			k := exchange.Prekey{Y: p.o.Suite().Public(suite.Scalar{99})} // of somebody made up
			if at := len(stock) - p.taken[n.Owner]; at >= 0 {
				k = stock[at]
			}
			picks[[2]identity.ID{n.Owner, peer}] = k
		}
	}
	for _, n := range needs {
		for _, peer := range n.Peers {
			s.assigned[n.Owner] = append(s.assigned[n.Owner], exchange.Assigned{Peer: peer,
				Theirs: picks[[2]identity.ID{peer, n.Owner}], Mine: picks[[2]identity.ID{n.Owner, peer}].ID})
		}
	}
	return nil
}

// refuse tells an author that what it said last of a type was not taken.
func (p *puppets) refuse(by string, t conversation.Type, r exchange.Reason) func() error {
	return func() error {
		list := p.all(by, t)
		if len(list) == 0 {
			return nil
		}
		return p.refuseThat(list[len(list)-1], r)
	}
}

func (p *puppets) refuseThat(s *said, r exchange.Reason) error {
	v := p.views[s.by]
	return p.o.SayAs(0, identity.ID(s.by), exchange.Refused{Sid: p.sid, Upload: s.upload.ID(p.o.Suite()), Seq: s.block.Seq,
		Index: v.next - 1, Epoch: s.block.Epoch, Reason: r, From: p.o.ProviderSet().At(0).ID})
}

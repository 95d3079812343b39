package game

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/integrity"
	"cowpi.example/cowpi/suite"
)

// Challenger is one trial under way: the world, and what the challenger knows of it.
// Games look into it, adversaries do not.
type Challenger struct {
	Setting Setting
	game    *Game
	net     *cowpitest.Net
	rand    *rand.Rand // the adversary's
	main    suite.Hash
	side    suite.Hash
	corrupt map[string]bool // users and providers
	texts   map[place][]string
	uploads map[place][]written
	changes map[place][]change
	asked   map[place][]wish // a wish to begin a conversation has no Sid
	said    int
	bit     int
	guess   int // none: not yet
	claimed []claim
	rewrote bool // the adversary has changed what was on wires

	began    uint64               // the clock when the trial began
	withdrew map[identity.ID]bool // who replaced its stock in it

	talk     *talk
	revealed map[identity.ID]bool // whose long-term secret the adversary has
	words    [32]byte             // from which the secrets are that people share
	runs     []*verification
	misled   []string
	dialled  int
	broken   []error  // by which handshakes that are made by hand ended
	misbound []string // ends of one channel who take each other for others
	// newcomers are honest, and nobody had met them when the trial began.
	newcomers map[identity.ID]bool
	narrowed  identity.ID // who gave up on some of the providers; "": nobody
	ears      *ears
	unequal   *Breach // what was found in the game of equality
}

// place is where an author writes.
type place struct {
	author identity.ID
	sid    suite.Hash
}

// written is one upload of a text: the same text may have had several.
type written struct {
	text  string
	id    content.TextID
	epoch uint32
	data  suite.Hash // of its data block
}

// claim is a text of the challenge.
type claim struct {
	place
	text  string
	known map[identity.ID]bool // the readers whom its author knew of, or released it to
}

// policy is every participant's: a small stock, so that setting up is cheap.
var policy = cowpi.Policy{Stock: 24, Floor: 8}

// newChallenger sets up the usual world. tap may be nil, s is the setting's suite or
// one around it.
func newChallenger(g *Game, st Setting, s suite.Suite, tap cowpitest.Tap) (*Challenger, error) {
	c := &Challenger{Setting: st, game: g, guess: None, corrupt: map[string]bool{}, texts: map[place][]string{}, uploads: map[place][]written{},
		changes: map[place][]change{}, asked: map[place][]wish{}, talk: newTalk(), revealed: map[identity.ID]bool{}, newcomers: map[identity.ID]bool{},
		withdrew: map[identity.ID]bool{}}
	var names []string
	for _, p := range People {
		names = append(names, string(p))
	}
	var err error
	c.ears = newEars(s, tap)
	c.net, err = cowpitest.New(cowpitest.Options{Seed: 1, Suite: c.ears, Providers: st.Providers, Users: names, Policy: policy, Limits: g.limits, Tap: c.ears})
	if err != nil {
		return nil, err
	}
	c.watchAll()
	if err := c.net.Settle(); err != nil {
		return nil, err
	}
	if c.side, err = c.create("eve", People[:4]...); err != nil {
		return nil, err
	}
	if c.main, err = c.create("alice", People[1:Insiders]...); err != nil {
		return nil, err
	}
	// Everybody says something, so that chains are under way in both directions.
	for range 2 {
		for _, p := range People {
			for i, sid := range []suite.Hash{c.side, c.main}[:1+b2i(slices.Contains(People[:Insiders], p))] {
				if err := c.say(string(p), sid, fmt.Sprintf("%s says %d to %d", p, c.said, i)); err != nil {
					return nil, err
				}
				if err := c.net.Settle(); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, sid := range []suite.Hash{c.side, c.main} {
		u := c.net.User("alice")
		r, ok, err := u.Machine.Roster(u.Store, sid)
		if err != nil || !ok {
			return nil, fmt.Errorf("game: alice is not in %x: %w", sid[:4], err)
		}
		c.talk.rosters[r.Digest()] = r
	}
	if g.prepare != nil {
		if err := g.prepare(c); err != nil {
			return nil, err
		}
	}
	c.ears.lives.flush()
	return c, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// watchAll notes under which epoch honest people write what, how they change rosters,
// and what is said on channels.
func (c *Challenger) watchAll() {
	for _, u := range c.net.Users {
		c.watch(u)
	}
	for _, p := range c.net.Providers {
		p.Word = c.listen(p.Self.ID)
	}
}

func (c *Challenger) watch(u *cowpitest.User) {
	u.Word = c.listen(u.Self.ID)
	var now content.Plain
	u.UnsafeText = func(_ suite.Hash, p content.Plain) content.Plain {
		now = p
		return p
	}
	u.UnsafeData = func(d *conversation.DataBlock) {
		at := place{u.Self.ID, d.Sid}
		switch d.Type {
		case conversation.MSG:
			c.uploads[at] = append(c.uploads[at], written{string(now.Text), now.ID, d.Epoch, d.Hash()})
		case conversation.SETUP, conversation.UPDATE:
			x := change{epoch: d.NewEpoch()}
			for _, e := range d.Roster.Entries() {
				x.members = append(x.members, cowpi.Member{ID: e.ID, Key: e.Key, Joined: e.Joined})
			}
			c.changes[at] = append(c.changes[at], x)
		}
	}
	u.Corrupt = c.ears.upload
}

// copied is a trial of a game that begins where c stands.
func (c *Challenger) copied(g *Game, seed uint64) (*Challenger, error) {
	ears := c.ears.copied(c.Setting.Suite, g.Powers.Read)
	net, err := c.net.CopyOver(seed, ears)
	if err != nil {
		return nil, err
	}
	net.Watch(ears)
	d := *c
	d.game, d.ears, ears.net, d.unequal = g, ears, net, nil
	d.net, d.corrupt = net, map[string]bool{}
	d.texts, d.uploads, d.changes, d.asked = clipped(c.texts), clipped(c.uploads), clipped(c.changes), clipped(c.asked)
	d.claimed = slices.Clip(c.claimed)
	d.began, d.withdrew = net.Now, map[identity.ID]bool{}
	d.talk, d.revealed, d.newcomers = c.talk.later(), map[identity.ID]bool{}, map[identity.ID]bool{}
	d.watchAll()
	return &d, nil
}

// clipped is a copy to which more can be added.
func clipped[T any](m map[place][]T) map[place][]T {
	out := make(map[place][]T, len(m))
	for k, v := range m {
		out[k] = slices.Clip(v)
	}
	return out
}

// create lets somebody begin a conversation.
func (c *Challenger) create(by string, with ...identity.ID) (suite.Hash, error) {
	u := c.net.User(by)
	before := len(u.Events)
	in := cowpi.Create{With: with}
	note := c.asks(u, in)
	if _, err := c.net.Do(by, in); err != nil {
		return suite.Hash{}, err
	}
	note()
	if err := c.settle(); err != nil {
		return suite.Hash{}, err
	}
	for _, e := range u.Events[before:] {
		if b, ok := e.Body.(cowpi.Created); ok {
			return b.Sid, nil
		}
	}
	return suite.Hash{}, nil // it failed; who is corrupt has to know why
}

// say lets somebody honest write.
func (c *Challenger) say(who string, sid suite.Hash, text string) error {
	if _, err := c.net.Do(who, cowpi.Send{Sid: sid, Text: []byte(text)}); err != nil {
		return err
	}
	c.said++
	if c.ears.lives != nil {
		c.ears.lives.handed(identity.ID(who), sid, text)
	}
	at := place{identity.ID(who), sid}
	c.texts[at] = append(c.texts[at], text)
	return nil
}

// enough steps of the network in one go; honest machines come to rest far sooner.
const enough = 20_000

// patience is how long honest machines need at most, in milliseconds, until they have
// tried again what was refused or lost, and some more.
const patience = 3000

// settle lets things happen until nothing can, or until it has gone on for so long
// that it never may: corrupt nodes can keep a network busy, by a connection that is
// made again every second.
func (c *Challenger) settle() error {
	end := c.net.Now + patience
	for range enough {
		more, err := c.net.Step()
		if f := c.honestly(err); f != nil {
			return f
		}
		if !more && err == nil {
			before := c.net.Now
			if f := c.honestly(c.net.Tick(2000)); f != nil || c.net.Now == before || c.net.Now >= end {
				return f
			}
		}
	}
	return nil
}

// failure is a step of somebody honest that went wrong.
type failure struct {
	who string
	err error
}

func (f *failure) Error() string { return fmt.Sprintf("game: honest %s: %v", f.who, f.err) }
func (f *failure) Unwrap() error { return f.err }

// honestly is an error of somebody honest. What becomes of the corrupt is their own
// affair.
func (c *Challenger) honestly(err error) error {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	if who := strings.TrimSuffix(c.net.Failed(), "*"); !c.corrupt[who] {
		return &failure{who, err}
	}
	return nil
}

// honest says whether a user is.
func (c *Challenger) honest(id identity.ID) bool {
	return !c.corrupt[string(id)] && c.net.User(string(id)) != nil
}

// users lists those who are honest.
func (c *Challenger) users() (out []*cowpitest.User) {
	for _, u := range c.net.Users {
		if c.honest(u.Self.ID) {
			out = append(out, u)
		}
	}
	return out
}

// sids lists all conversations that anybody honest was shown.
func (c *Challenger) sids() (out []suite.Hash) {
	for _, u := range c.users() {
		for _, sid := range u.Conversations() {
			if !slices.Contains(out, sid) {
				out = append(out, sid)
			}
		}
	}
	return out
}

// accounts is what the honest were shown of a conversation.
func (c *Challenger) accounts(sid suite.Hash) (out []integrity.Account) {
	for _, u := range c.users() {
		out = append(out, u.Account(sid))
	}
	return out
}

// wrote says whether, and as which of its texts, somebody honest wrote a text.
func (c *Challenger) wrote(author identity.ID, sid suite.Hash, text string) (uint64, bool) {
	i := slices.Index(c.texts[place{author, sid}], text)
	return uint64(i + 1), i >= 0
}

// everybodyVerified lets all compare safety numbers.
func everybodyVerified(c *Challenger) error {
	for _, u := range c.net.Users {
		for _, v := range c.net.Users {
			if u == v {
				continue
			}
			if _, err := c.net.Do(string(u.Self.ID), cowpi.MarkVerified{User: v.Self.ID, Key: v.Self.Key}); err != nil {
				return err
			}
		}
	}
	return c.net.Settle()
}

package cowpitest

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// Tamper is what a corrupt provider makes of a message for a user.
type Tamper func(to identity.ID, m exchange.Message) []exchange.Message

// tamper lets a provider say what it says, or what Corrupt makes of it.
func (p *Provider) tamper(to identity.ID, m exchange.Message) []exchange.Message {
	if p.Corrupt == nil {
		return []exchange.Message{m}
	}
	return p.Corrupt(to, m)
}

// Ear is what a corrupt provider makes of what a user says: false if it acts as if
// nothing had been said.
type Ear func(from identity.ID, m exchange.Message) bool

// hear lets a provider hear what users say, or what Hear lets through.
func (p *Provider) hear(from identity.ID, m exchange.Message) bool {
	return p.Hear == nil || p.Hear(from, m)
}

// write lets a provider write what it writes, or what Log makes of it.
func (p *Provider) write(message []byte) [][]byte {
	if p.Log == nil {
		return [][]byte{message}
	}
	return p.Log(message)
}

// told tells whoever asked what the provider says and hears.
func (p *Provider) told(peer identity.ID, w channel.Word) {
	if p.Word != nil {
		p.Word(peer, w)
	}
}

// Say lets a corrupt provider say something to a user out of turn.
func (n *Net) Say(p *Provider, to identity.ID, m exchange.Message) error {
	return n.stepProvider(p, provider.UnsafeSay{User: to, Message: m})
}

// Input gives a provider's machine an input of its operator.
func (n *Net) Input(p *Provider, in provider.Input) error { return n.stepProvider(p, in) }

// Write lets a corrupt provider write something into its log out of turn.
func (n *Net) Write(p *Provider, message []byte) error {
	return n.stepProvider(p, provider.UnsafeWrite{Message: message})
}

// Provider returns a provider by name, or nil.
func (n *Net) Provider(name string) *Provider {
	_, p := n.node(name)
	return p
}

// textFor takes m apart if it is the delivery of a text to one of these users
// that is not its author.
func textFor(s suite.Suite, users []identity.ID, to identity.ID, m exchange.Message) (exchange.Delivery, bool) {
	d, ok := m.(exchange.Delivery)
	if !ok || d.Block == nil || !slices.Contains(users, to) {
		return d, false
	}
	b, err := conversation.Parse(s, d.Data)
	return d, err == nil && b.Type == conversation.MSG
}

// AlterTexts changes the last bit of every text that is delivered to these users.
func AlterTexts(s suite.Suite, users ...identity.ID) Tamper {
	return func(to identity.ID, m exchange.Message) []exchange.Message {
		if d, ok := textFor(s, users, to, m); ok {
			d.Data = slices.Clone(d.Data)
			d.Data[len(d.Data)-1] ^= 1
			return []exchange.Message{d}
		}
		return []exchange.Message{m}
	}
}

// WithholdTexts delivers no texts to these users; at most the first max of them if
// that is positive.
func WithholdTexts(s suite.Suite, max int, users ...identity.ID) Tamper {
	withheld := map[identity.ID]int{}
	return func(to identity.ID, m exchange.Message) []exchange.Message {
		if _, ok := textFor(s, users, to, m); ok && (max <= 0 || withheld[to] < max) {
			withheld[to]++
			return nil
		}
		return []exchange.Message{m}
	}
}

// ReorderTexts exchanges the first two texts of a conversation that are delivered
// to each of these users: each comes under the index of the other.
func ReorderTexts(s suite.Suite, users ...identity.ID) Tamper {
	type place struct {
		to  identity.ID
		sid suite.Hash
	}
	held, done := map[place]exchange.Delivery{}, map[place]bool{}
	return func(to identity.ID, m exchange.Message) []exchange.Message {
		d, ok := textFor(s, users, to, m)
		at := place{to, d.Sid}
		if !ok || done[at] {
			return []exchange.Message{m}
		}
		first, ok := held[at]
		if !ok || first.Index == d.Index {
			held[at] = d
			return nil
		}
		done[at] = true
		delete(held, at)
		first.Data, d.Data = d.Data, first.Data
		first.Block, d.Block = d.Block, first.Block
		return []exchange.Message{first, d}
	}
}

// SubstituteKey answers one user's fetches with another key for somebody.
func SubstituteKey(to, about identity.ID, key suite.Point) Tamper {
	return func(user identity.ID, m exchange.Message) []exchange.Message {
		f, ok := m.(exchange.Fetched)
		if !ok || user != to {
			return []exchange.Message{m}
		}
		f.Keys = slices.Clone(f.Keys)
		for i := range f.Keys {
			if f.Keys[i].ID == about {
				f.Keys[i].Key = key
			}
		}
		return []exchange.Message{f}
	}
}

// Misdeeds is what a corrupt user does while it writes; see the fields of
// cowpi.Config of the same names. Each is honest while it is nil.
type Misdeeds struct {
	UnsafeText func(suite.Hash, content.Plain) content.Plain
	UnsafeData func(*conversation.DataBlock)
	UnsafeKey  func(*conversation.DataBlock, identity.ID, suite.Key) suite.Key
	repeat     func()
}

// misbehave lets a machine ask the user, each time, what to do.
func (u *User) misbehave(cfg *cowpi.Config) {
	cfg.UnsafeTamper = func(up exchange.Upload) exchange.Upload {
		if u.Corrupt == nil {
			return up
		}
		return u.Corrupt(up)
	}
	cfg.UnsafeWord = func(provider identity.ID, w channel.Word) {
		if u.Word != nil {
			u.Word(provider, w)
		}
	}
	cfg.UnsafeText = func(sid suite.Hash, p content.Plain) content.Plain {
		if u.UnsafeText == nil {
			return p
		}
		return u.UnsafeText(sid, p)
	}
	cfg.UnsafeData = func(d *conversation.DataBlock) {
		if u.UnsafeData != nil {
			u.UnsafeData(d)
		}
	}
	cfg.UnsafeKey = func(d *conversation.DataBlock, to identity.ID, km suite.Key) suite.Key {
		if u.UnsafeKey == nil {
			return km
		}
		return u.UnsafeKey(d, to, km)
	}
}

// SpoilBlock makes a user's next text carry a block that does not open for one
// recipient. Sent again, the upload is the same.
func (n *Net) SpoilBlock(u *User, recipient identity.ID) {
	var spoilt *conversation.DataBlock
	u.Corrupt = func(up exchange.Upload) exchange.Upload {
		d, err := conversation.Parse(n.suite, up.Data)
		if err != nil || d.Type != conversation.MSG || spoilt != nil && spoilt.Hash() != d.Hash() {
			return up
		}
		roster, ok, err := u.Machine.Roster(u.Store, d.Sid)
		if err != nil || !ok || roster.Digest() != d.RosterDigest {
			return up
		}
		i := slices.Index(conversation.Recipients(roster, d), recipient)
		if i < 0 {
			return up
		}
		spoilt = d
		up.Blocks = slices.Clone(up.Blocks)
		b := slices.Clone(up.Blocks[i])
		b[len(b)-1] ^= 1
		up.Blocks[i] = b
		return up
	}
}

// GiveOtherKey makes a user's next text carry, for one recipient, a k_m that does
// not fit the commitment: what an author would do to show it another text.
func (u *User) GiveOtherKey(recipient identity.ID) {
	done := false
	u.UnsafeKey = func(d *conversation.DataBlock, to identity.ID, km suite.Key) suite.Key {
		if done || d.Type != conversation.MSG || to != recipient {
			return km
		}
		done = true
		km[0] ^= 1
		return km
	}
}

// GarbleText makes a user's next text open for nobody.
func (n *Net) GarbleText(u *User) {
	done := false
	u.UnsafeData = func(d *conversation.DataBlock) {
		if !done && d.Type == conversation.MSG {
			done = true
			d.Sealed = slices.Clone(d.Sealed)
			d.Sealed[0] ^= 1
			d.Seal(n.suite)
		}
	}
}

// RecordTexts makes a user remember what it seals, for RepeatText.
func (u *User) RecordTexts() {
	last, again := map[suite.Hash]content.Plain{}, false
	u.UnsafeText = func(sid suite.Hash, p content.Plain) content.Plain {
		if old, ok := last[sid]; ok && again {
			again = false
			return old
		}
		last[sid] = p
		return p
	}
	u.repeat = func() { again = true }
}

// RepeatText makes a user's next text the last one again, under its old id.
func (u *User) RepeatText() {
	if u.repeat != nil {
		u.repeat()
	}
}

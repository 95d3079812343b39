// Package cowpi is Mobile CoWPI: end-to-end secure group messaging for phones
// with conversation integrity and deniability, after Schliep and Hopper. SPEC.md
// in this folder is the protocol; this package is its participant: the machine
// of one user, with conversations, outbox, receipts, trust and prekeys.
//
// A [Participant] does no I/O and reads no clock. [Participant.Step] takes the
// stored state, one input, fresh randomness and the time, and returns records to
// store, numbered events for the application, and effects. The caller commits
// records and events in one transaction, then performs the effects; a crash in
// between loses nothing and repeats nothing. An error leaves everything as it was.
//
// The other side, router and mirrors, is package provider. What both say to each
// other is package exchange; what they judge alike is package conversation.
// Sockets, clocks and databases are not here.
package cowpi

import (
	"maps"
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Time is milliseconds since the Unix epoch, by the caller's clock.
type Time uint64

// Policy is what an application may choose. The zero value means the defaults.
type Policy struct {
	Stock        int  // prekeys to have in stock; 0: 1,100
	Floor        int  // below this the stock is topped up; 0: 200
	ReceiptDelay Time // per participant, for groups above eight; 0: 1,000 (one second)
	Retry        Time // pause before a refused upload is sent again; 0: 1,000
}

func (p Policy) withDefaults() Policy {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&p.Stock, 1100)
	def(&p.Floor, 200)
	if p.ReceiptDelay == 0 {
		p.ReceiptDelay = 1000
	}
	if p.Retry == 0 {
		p.Retry = 1000
	}
	return p
}

// Config is who a participant is and with which providers it works.
type Config struct {
	Suite     suite.Suite // nil: suite.Default
	Self      identity.Self
	Providers identity.Providers
	Policy    Policy

	// UnsafeTamper, for tests and games, makes a corrupt participant: each upload
	// goes through it before it is authenticated and sent. nil: honest.
	UnsafeTamper func(exchange.Upload) exchange.Upload
	// UnsafeText, likewise, replaces what a MSG is sealed from, UnsafeData changes a
	// data block of any type before blocks are made for it (and then seals it anew),
	// and UnsafeKey replaces the k_m that one recipient is given.
	UnsafeText func(sid suite.Hash, p content.Plain) content.Plain
	UnsafeData func(d *conversation.DataBlock)
	UnsafeKey  func(d *conversation.DataBlock, to identity.ID, km suite.Key) suite.Key
	// UnsafeWord, for games, is told what is said to a provider, and what is heard and
	// believed to be from it. It changes nothing.
	UnsafeWord func(provider identity.ID, w channel.Word)
}

// Participant is the machine of one user. Its durable state is in the store that
// each step reads; what it holds itself (connections, deliveries that wait for
// the other providers) is gone after a crash and comes again. It is not safe for
// concurrent use.
type Participant struct {
	suite     suite.Suite
	self      identity.Self
	providers identity.Providers
	digest    suite.Hash // of the provider set
	policy    Policy
	tamper    func(exchange.Upload) exchange.Upload
	corrupt   corruption
	word      func(identity.ID, channel.Word)
	keep      conversation.Keeper
	vol       volatile
}

// corruption is what the Unsafe fields of Config ask for, beside UnsafeTamper.
type corruption struct {
	text func(suite.Hash, content.Plain) content.Plain
	data func(*conversation.DataBlock)
	key  func(*conversation.DataBlock, identity.ID, suite.Key) suite.Key
}

// New returns a participant that works on a store: an empty one, or one that
// holds its records from before. Errors are *fault.Misuse.
func New(cfg Config) (*Participant, error) {
	if cfg.Suite == nil {
		cfg.Suite = suite.Default
	}
	if !cfg.Self.ID.Valid() {
		return nil, fault.Misusef("new participant", "id %q is not valid", cfg.Self.ID)
	}
	if err := cfg.Suite.CheckPoint(cfg.Self.Key); err != nil {
		return nil, fault.Misusef("new participant", "own key: %v", err)
	}
	if cfg.Providers.Len() == 0 {
		return nil, fault.Misusef("new participant", "no providers")
	}
	p := &Participant{suite: cfg.Suite, self: cfg.Self, providers: cfg.Providers,
		digest: cfg.Providers.Digest(cfg.Suite), policy: cfg.Policy.withDefaults(), tamper: cfg.UnsafeTamper,
		corrupt: corruption{cfg.UnsafeText, cfg.UnsafeData, cfg.UnsafeKey}, word: cfg.UnsafeWord,
		keep: conversation.NewKeeper(cfg.Suite, keyPublic)}
	p.vol.links = make([]link, cfg.Providers.Len())
	return p, nil
}

// Output is what one step asks of the caller, in this order: store Records and
// Events together, then perform Effects.
type Output struct {
	Records []store.Record
	Events  []Event
	Effects []Effect
}

// Effect is something for the caller to do after the commit.
type Effect interface{ effect() }

// Transmit sends bytes, as one message, over the link to a provider. If the link
// is down by then, it is dropped.
type Transmit struct {
	Provider int
	Bytes    []byte
}

// Hangup ends the link to a provider; the caller may connect again later.
type Hangup struct{ Provider int }

// WakeAt asks for a Tick at a time or soon after. The earliest one counts.
type WakeAt struct{ At Time }

func (Transmit) effect() {}
func (Hangup) effect()   {}
func (WakeAt) effect()   {}

// volatile is what a participant holds outside its store.
type volatile struct {
	links    []link                             // by provider
	boxes    map[suite.Hash]*box                // deliveries and heads, by conversation
	fetched  map[exchange.FetchID][]fetchAnswer // by provider
	handouts []map[uint64]string                // by provider: log entries not yet compared
}

// step is one step under way: a draft of the store and of what is volatile.
type step struct {
	*Participant
	draft   *store.Draft
	coins   suite.Coins
	draws   uint32
	now     Time
	meta    meta
	links   []link
	boxes   map[suite.Hash]*box // touched in this step
	fetched map[exchange.FetchID][]fetchAnswer
	logs    []map[uint64]string
	out     Output
	wake    Time
	due     map[suite.Hash]bool // conversations to look at before the step ends
}

// Step takes one input. seed is 32 fresh random bytes; now must not go back by
// much. On error nothing has changed and nothing is to be stored or done: a
// *fault.Misuse is the caller's, a *fault.Bug ours, anything else the store's. What
// others do wrong is never an error of Step but an event.
func (p *Participant) Step(view store.View, in Input, seed suite.Seed, now Time) (Output, error) {
	s := &step{Participant: p, draft: store.NewDraft(view), now: now,
		links: slices.Clone(p.vol.links), boxes: map[suite.Hash]*box{}, due: map[suite.Hash]bool{}}
	if err := s.loadMeta(); err != nil {
		return Output{}, err
	}
	s.meta.Steps++
	s.coins = suite.NewCoins(p.suite, seed, p.self.Secret, s.meta.Steps)
	if in == nil {
		return Output{}, fault.Misusef("step", "no input")
	}
	if err := in.apply(s); err != nil {
		return Output{}, err
	}
	if err := s.settle(); err != nil {
		return Output{}, err
	}
	s.saveMeta()
	s.out.Records = s.draft.Records()
	if s.wake != 0 {
		s.out.Effects = append(s.out.Effects, WakeAt{s.wake})
	}
	p.install(s)
	return s.out, nil
}

// install makes what the step changed outside the store the participant's own.
func (p *Participant) install(s *step) {
	p.vol.links = s.links
	if p.vol.boxes == nil {
		p.vol.boxes = map[suite.Hash]*box{}
	}
	for sid, b := range s.boxes {
		if b == nil {
			delete(p.vol.boxes, sid)
		} else {
			p.vol.boxes[sid] = b
		}
	}
	if s.fetched != nil {
		p.vol.fetched = s.fetched
	}
	if s.logs != nil {
		p.vol.handouts = s.logs
	}
}

// settle works on every conversation that the input touched, in the order of
// their ids, until none is left: process what can be processed, then write what
// may be written.
func (s *step) settle() error {
	for len(s.due) > 0 {
		sids := slices.SortedFunc(maps.Keys(s.due), func(a, b suite.Hash) int { return slices.Compare(a[:], b[:]) })
		for _, sid := range sids {
			delete(s.due, sid)
			if err := s.advance(sid); err != nil {
				return err
			}
			if err := s.write(sid); err != nil {
				return err
			}
		}
	}
	return nil
}

// coin draws the next coin of this step.
func (s *step) coin(purpose suite.Purpose) suite.Coin {
	s.draws++
	return s.coins.Draw(purpose, s.draws)
}

func (s *step) wakeAt(t Time) {
	if s.wake == 0 || t < s.wake {
		s.wake = t
	}
}

// emit appends an event under its number.
func (s *step) emit(e EventBody) {
	s.meta.Events++
	s.out.Events = append(s.out.Events, Event{s.meta.Events, e})
}

// Head returns the public head of a conversation that the participant takes part
// in, from its store: the epoch, the next index, the digest.
func (p *Participant) Head(v store.View, sid suite.Hash) (conversation.Head, bool, error) {
	return p.keep.Head(v, sid)
}

// Code returns the conversation code of what was processed so far: 60 digits that
// people compare. Equal codes mean equal conversations even if every provider is
// corrupt. ok is false outside the conversation.
func (p *Participant) Code(v store.View, sid suite.Hash) (code identity.Code, ok bool, err error) {
	h, ok, err := p.keep.Head(v, sid)
	if !ok || err != nil {
		return code, false, err
	}
	return identity.ConversationCode(p.suite, h.Digest), true, nil
}

// Roster returns the present roster of a conversation that the participant takes
// part in.
func (p *Participant) Roster(v store.View, sid suite.Hash) (*conversation.Roster, bool, error) {
	st, ok, err := p.keep.Load(v, sid, 0)
	return st.Roster, ok, err
}

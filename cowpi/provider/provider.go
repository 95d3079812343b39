// Package provider is the router and the mirror (SPEC.md, sections 6 and 9):
// registration, the directory of prekeys, admission, proposing and committing
// what conversations consist of, and delivery.
//
// A [Provider] is a step machine without I/O, clock or randomness of its own:
//
//	(store, input, seed, time) -> (records, events, effects)
//
// The caller commits the records of a step in one transaction and then performs
// its effects. What must survive lies in the store; connections, the queue of
// waiting uploads and what was already pushed do not. So no effect is relied
// upon: after a crash a new Provider is made over the same store, users and
// router connect again, and whatever was not acknowledged is sent again.
//
//	user                 router                              mirror
//
//	Upload    ------->   waiting list
//	                     batch, reserve prekeys  Propose -->  judge, reserve
//	                                             <-- Verdict
//	                     apply the common prefix  Commit -->  apply, deliver
//	          <-------   deliver                     <-- ack
//
// A Provider is not safe for concurrent use.
package provider

import (
	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Limits bound what one user may ask of a provider; each has its own error.
// Zero fields take the defaults of DefaultLimits. SPEC.md, section 9.6.
type Limits struct {
	Window       int    // deliveries not yet acknowledged, per user and conversation
	InFlight     int    // uploads waiting or proposed, per user and conversation
	Waiting      int    // uploads waiting, per user
	WaitingBytes int    // their size, per user
	Fetches      int    // fetches with an unused prekey, per user
	Stock        int    // prekeys held of one owner
	LowStock     int    // an owner is told when fewer are left
	Batch        int    // entries in one proposal
	BatchBytes   int    // their size
	PrekeyLife   uint64 // ms until a fetched prekey that is not used expires
	Roster       int    // entries in a roster
	Rate         int    // uploads per user and second, on average
	Burst        int    // uploads per user at once
	Redial       uint64 // ms before the router dials a mirror again
	LinkWindow   int    // link messages sent and not acknowledged
}

// DefaultLimits are the limits of the specification.
func DefaultLimits() Limits {
	return Limits{
		Window: 64, InFlight: 40, Waiting: 1024, WaitingBytes: 16 << 20, Fetches: 64,
		Stock: 4096, LowStock: 200, Batch: 64, BatchBytes: 512 << 10,
		PrekeyLife: 30 * 24 * 3600 * 1000, Roster: 1024, Rate: 50, Burst: 500,
		Redial: 1000, LinkWindow: 64,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, p := range []struct{ v, d *int }{
		{&l.Window, &d.Window}, {&l.InFlight, &d.InFlight}, {&l.Waiting, &d.Waiting},
		{&l.WaitingBytes, &d.WaitingBytes}, {&l.Fetches, &d.Fetches}, {&l.Stock, &d.Stock},
		{&l.LowStock, &d.LowStock}, {&l.Batch, &d.Batch}, {&l.BatchBytes, &d.BatchBytes},
		{&l.Roster, &d.Roster}, {&l.Rate, &d.Rate}, {&l.Burst, &d.Burst}, {&l.LinkWindow, &d.LinkWindow},
	} {
		if *p.v == 0 {
			*p.v = *p.d
		}
	}
	if l.PrekeyLife == 0 {
		l.PrekeyLife = d.PrekeyLife
	}
	if l.Redial == 0 {
		l.Redial = d.Redial
	}
	return l
}

// Config is what a provider is made of.
type Config struct {
	Suite     suite.Suite
	Self      identity.Self
	Providers identity.Providers
	Limits    Limits

	// UnsafeAlone makes a corrupt router, for tests and games: it commits without
	// asking its mirrors, as a fork of the real one does.
	UnsafeAlone bool
	// UnsafeTamper, for tests and games, makes a corrupt provider: what it says to
	// a user goes through it first, and what comes out is said instead. nil: honest.
	UnsafeTamper func(to identity.ID, m exchange.Message) []exchange.Message
	// UnsafeLog, likewise, changes what it is about to write into its log for the
	// other providers. Numbers and digests are made for what comes out. nil: honest.
	UnsafeLog func(message []byte) [][]byte
	// UnsafeHear, likewise, is shown what a user says; where it returns false, that
	// was as good as not said. nil: honest.
	UnsafeHear func(from identity.ID, m exchange.Message) bool
	// UnsafeWord, for games, is told what is said to a user or another provider, and
	// what is heard and believed to be from it. It changes nothing.
	UnsafeWord func(peer identity.ID, w channel.Word)
}

// ConnID names a connection. The environment gives it and does not use it again.
type ConnID uint64

// Input is what a step takes: one of the types below.
type Input interface{ input() }

type (
	// Register is the operator's: User proved its key out of band. Repeating it
	// changes nothing. Another key for a known id is a misuse unless Replace is
	// set; the user must then show the new key, and withdraw the stock of the old.
	Register struct {
		User    identity.Party
		Replace bool
	}
	// Opened: somebody connected to us.
	Opened struct{ Conn ConnID }
	// LinkUp: the connection to a mirror, asked for by [Dial], is up.
	LinkUp struct {
		Mirror int
		Conn   ConnID
	}
	// LinkDown: the connection to a mirror could not be made.
	LinkDown struct{ Mirror int }
	// Received: one message, whole, from the other end of a connection. Messages
	// of connections that are gone are ignored.
	Received struct {
		Conn  ConnID
		Bytes []byte
	}
	// Closed: the connection is gone.
	Closed struct{ Conn ConnID }
	// Tick: time has passed. The first step of a provider should be a Tick.
	Tick struct{}
	// UnsafeSay, for tests and games, is what a corrupt provider says to a user out of
	// turn. It says nothing to one that is not connected.
	UnsafeSay struct {
		User    identity.ID
		Message exchange.Message
	}
	// UnsafeWrite, likewise, appends to the log for the other providers.
	UnsafeWrite struct{ Message []byte }
)

func (Register) input() {}
func (Opened) input()   {}
func (LinkUp) input()   {}
func (LinkDown) input() {}
func (Received) input() {}
func (Closed) input()   {}
func (Tick) input()     {}

func (UnsafeSay) input()   {}
func (UnsafeWrite) input() {}

// Effect is what the caller does after it has committed: one of the types below.
type Effect interface{ effect() }

type (
	// Send one message, whole and in order, to the other end.
	Send struct {
		Conn  ConnID
		Bytes []byte
	}
	// Close the connection, after what was sent before. No Closed need follow.
	Close struct{ Conn ConnID }
	// Dial connects to the mirror at this position of the provider set; LinkUp or
	// LinkDown follows.
	Dial struct{ Mirror int }
	// WakeAt asks for a Tick at this time, in ms. A later one replaces it.
	WakeAt struct{ Time uint64 }
)

func (Send) effect()   {}
func (Close) effect()  {}
func (Dial) effect()   {}
func (WakeAt) effect() {}

// Event is something that an operator may want to know: one of the types below.
type Event interface{ event() }

type (
	// UserSeen: a user has shown its key on a connection.
	UserSeen struct{ User identity.ID }
	// Committed: an index of a conversation is final.
	Committed struct {
		Sid   suite.Hash
		Index uint64
	}
	// Refused: an upload was refused to its author.
	Refused struct {
		User   identity.ID
		Sid    suite.Hash
		Reason string
		Err    error // evidence, if the upload broke a numbered check
	}
	// Fault: the other end of a connection broke a check, and the connection is
	// closed. Err is evidence; it says who.
	Fault struct{ Err error }
	// Linked: router and mirror have found each other's logs in agreement.
	Linked struct{ Mirror int }
	// Restored: the router found itself behind a mirror and has caught up.
	Restored struct{ Mirror int }
)

func (UserSeen) event()  {}
func (Committed) event() {}
func (Refused) event()   {}
func (Fault) event()     {}
func (Linked) event()    {}
func (Restored) event()  {}

// Output is what a step gives back.
type Output struct {
	Records []store.Record
	Events  []Event
	Effects []Effect
}

// Provider is a router or a mirror; see the package comment.
type Provider struct {
	cfg      Config
	position int // in the provider set
	digest   suite.Hash
	public   conversation.Keeper
	mem      memory
}

// NewRouter makes the router, position 0 of the provider set. A set without
// mirrors is for tests. The error is a *fault.Misuse.
func NewRouter(cfg Config) (*Provider, error) { return newProvider(cfg, true) }

// NewMirror makes a mirror. The error is a *fault.Misuse.
func NewMirror(cfg Config) (*Provider, error) { return newProvider(cfg, false) }

func newProvider(cfg Config, router bool) (*Provider, error) {
	if cfg.Suite == nil {
		return nil, fault.Misusef("new provider", "no suite")
	}
	i := cfg.Providers.Index(cfg.Self.ID)
	if i < 0 || cfg.Providers.At(i) != cfg.Self.Party() {
		return nil, fault.Misusef("new provider", "%q is not in the provider set with this key", cfg.Self.ID)
	}
	if router != (i == 0) {
		return nil, fault.Misusef("new provider", "%q is at position %d of the provider set; the router is at 0", cfg.Self.ID, i)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	p := &Provider{cfg: cfg, position: i, digest: cfg.Providers.Digest(cfg.Suite),
		public: conversation.NewKeeper(cfg.Suite, tabPublic), mem: newMemory()}
	p.mem.plain = newPlain(cfg.Providers.Len())
	p.mem.plain.synced = p.mirrors() == 0
	return p, nil
}

// Router says whether this is the router.
func (p *Provider) Router() bool { return p.position == 0 }

// Position is the place in the provider set.
func (p *Provider) Position() int { return p.position }

func (p *Provider) mirrors() int {
	if p.cfg.UnsafeAlone {
		return 0
	}
	return p.cfg.Providers.Len() - 1
}

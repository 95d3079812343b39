// Package verify recomputes from a transcript what a third party can, and says
// exactly what it did and did not establish. It holds the records against each
// other and against the protocol (cowpi/SPEC.md), by the library's own functions;
// it believes nobody's word but where it says so.
//
// [Run] reads a transcript once. Memory grows not with its length, but with what
// is open or under way in it:
//
//   - connections, and messages that were sent and have not arrived;
//   - per conversation its public state (a roster, two numbers per author), once
//     more for each version of it after a fork, and the indices that somebody has
//     not acknowledged to every provider yet, with their blocks: one who stays
//     offline holds them, here as at the providers ([Options.Window] bounds that);
//   - uploads that have no place yet;
//   - users and their keys, prekeys that were ever uploaded (some 150 bytes each),
//     fetches that were ever made (as much), and hand-outs that their owner has
//     not acknowledged.
//
// With [Secrets] it also checks what those open. A report whose Holds is true
// says that the records fit together. It does not say that anything in them ever
// happened: that is what deniability is.
package verify

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Options say how to verify. Zero values are sensible.
type Options struct {
	Suite   suite.Suite // nil: suite.Default
	Secrets *Secrets    // nil: public bytes only
	// Window bounds the indices of one conversation that are kept for those who
	// have not acknowledged them; 0: 100,000. What is delivered of older ones later
	// is not established.
	Window int
}

// ErrSuite: the transcript is of another suite than Options.Suite.
var ErrSuite = errors.New("verify: the transcript is of another suite")

// ErrHeader: the header names no usable provider set.
var ErrHeader = errors.New("verify: the header names no usable provider set")

// Run verifies a transcript. The error is ErrSuite, ErrHeader, or that of the
// source, a transcript that is malformed; there is no report then.
func Run(src transcript.Source, opt Options) (*Report, error) {
	if opt.Suite == nil {
		opt.Suite = suite.Default
	}
	if opt.Window <= 0 {
		opt.Window = 100_000
	}
	h := src.Header()
	if h.SuiteID != opt.Suite.ID() || h.Suite != opt.Suite.Name() {
		return nil, fmt.Errorf("%w: number %d, %q", ErrSuite, h.SuiteID, h.Suite)
	}
	set, err := identity.UnsafeProviders(opt.Suite, h.Providers...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	v := newVerifier(opt, set)
	for {
		r, err := src.Next()
		if errors.Is(err, io.EOF) {
			return v.finish(), nil
		}
		if err != nil {
			return nil, err
		}
		v.take(r)
	}
}

func newVerifier(opt Options, set identity.Providers) *verifier {
	v := &verifier{
		findings: newFindings(), suite: opt.Suite, set: set, digest: set.Digest(opt.Suite), window: uint64(opt.Window),
		conns: map[uint64]*conn{}, users: map[identity.ID]map[identity.ID]suite.Point{},
		talks: map[suite.Hash]*talk{}, stocks: map[identity.ID]*stock{}, fetches: map[fetchKey]*fetch{},
		views: map[identity.ID]*view{}, links: map[identity.ID]*link{}, routerLog: &sharedLog{},
	}
	v.secrets = newSecrets(v, opt.Secrets)
	return v
}

// verifier is a transcript under way.
type verifier struct {
	*findings
	suite  suite.Suite
	set    identity.Providers
	digest suite.Hash // of the set
	window uint64

	conns     map[uint64]*conn
	lastConn  uint64
	users     map[identity.ID]map[identity.ID]suite.Point // key of a user, by provider
	talks     map[suite.Hash]*talk
	stocks    map[identity.ID]*stock
	fetches   map[fetchKey]*fetch
	views     map[identity.ID]*view
	links     map[identity.ID]*link // by mirror
	routerLog *sharedLog
	secrets   *secrets
}

// take takes the next record.
func (v *verifier) take(r transcript.Record) {
	v.record++
	switch r := r.(type) {
	case transcript.Registered:
		v.registered(r)
	case transcript.Connected:
		v.connected(r)
	case transcript.Closed:
		if v.judge(ConnectionOpen, v.conns[r.Conn] != nil, Subject{Conn: r.Conn}, "it is closed, and was not open") {
			delete(v.conns, r.Conn)
		}
	case transcript.Sent:
		v.sent(r)
	case transcript.Delivered:
		v.delivered(r)
	case transcript.Saw:
		v.saw(r)
	}
}

// finish judges what can be judged only at the end.
func (v *verifier) finish() *Report {
	for _, user := range sortedKeys(v.users) {
		v.judgeRegistrations(user)
	}
	for _, sid := range sortedHashes(v.talks) {
		t := v.talks[sid]
		for t.low < t.high {
			v.settle(t)
		}
	}
	v.secrets.finish()
	r := v.report(v.secrets.given())
	r.Secrets = v.secrets.words()
	return r
}

// base is a provider's name without the star of a corrupt copy, and its place in
// the set, or -1.
func (v *verifier) base(p identity.ID) (identity.ID, int) {
	if i := v.set.Index(p); i >= 0 {
		return p, i
	}
	p = identity.ID(strings.TrimSuffix(string(p), "*"))
	return p, v.set.Index(p)
}

func (v *verifier) registered(r transcript.Registered) {
	if v.set.Index(r.Provider) < 0 {
		v.fail(RegistrationSame, Subject{Provider: r.Provider, Participant: r.User.ID}, "this provider is not in the set")
		return
	}
	if err := v.suite.CheckPoint(r.User.Key); err != nil {
		v.fail(RegistrationSame, Subject{Provider: r.Provider, Participant: r.User.ID}, "the key is no usable point: %v", err)
	}
	if v.users[r.User.ID] == nil {
		v.users[r.User.ID] = map[identity.ID]suite.Point{}
	}
	v.users[r.User.ID][r.Provider] = r.User.Key
	v.secrets.sawKey(r.User.ID, r.User.Key)
}

// judgeRegistrations waits for the end: a key may be replaced at one provider
// after the other.
func (v *verifier) judgeRegistrations(user identity.ID) {
	var first identity.ID
	for _, p := range sortedKeys(v.users[user]) {
		if first == "" {
			first = p
		}
		v.judge(RegistrationSame, v.users[user][p] == v.users[user][first], Subject{Provider: p, Participant: user},
			"%s has another key for this user than %s", p, first)
	}
}

// Package play runs a conversation script in a test network: the real library,
// router and mirrors, over real channels, in one process. It says what each
// participant saw, and whether everything went as the script says.
//
// A script without a single expect still expects something: every text that was
// handed over is shown, once, to everybody who takes part; nobody stops, nobody is
// accused; and what people saw agrees. Only what a script expects by name may be
// otherwise.
package play

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Options say how to play. The same script, seed and suite always play the same.
type Options struct {
	Seed  uint64        // of the schedule, and of all coins unless Coins is set
	Suite suite.Suite   // nil: suite.Default
	Tap   cowpitest.Tap // may be nil
	// Coins, Self and Stop are those of cowpitest.Options.
	Coins [32]byte
	Stop  func() error
	Self  func(id identity.ID, random [32]byte) (identity.Self, error)
	// Prepare may change the network before anything is played: let users misbehave,
	// for one. nil: it stays as it is.
	Prepare func(*cowpitest.Net)
}

// Report is what came of a script.
type Report struct {
	Conversations []Conversation
	Spent         []Spent
	Forked        bool      // the router forked, at some point
	Failures      []Failure // empty: everything went as the script says
}

// Conversation is one conversation, as each of its people saw it.
type Conversation struct {
	Name  string
	Begun bool
	Sid   suite.Hash
	Views []View // in the order of the script's users
}

// Spent is what a user spent: to get ready, that is to connect and to fill its
// stock of prekeys, and after that.
type Spent struct {
	User         string
	Ready, After cowpitest.Effort
}

// Failure is something that went otherwise than the script says. Line is 0 if it
// was found when all was over.
type Failure struct {
	Line int
	What string
}

func (f Failure) String() string {
	if f.Line == 0 {
		return "at the end: " + f.What
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.What)
}

// talk is a conversation under way.
type talk struct {
	name  string
	by    string // who began it
	since uint64 // the number of that user's last event before
	sid   suite.Hash
	known bool // sid is
	line  int
}

// said is a text that was handed over.
type said struct {
	script.Say
	line int
}

// player is a script under way.
type player struct {
	script  script.Script
	suite   suite.Suite
	net     *cowpitest.Net
	talks   map[string]*talk
	taken   map[suite.Hash]bool
	said    []said
	ready   map[string]cowpitest.Effort
	corrupt map[string]bool // users and providers that misbehave, now or before
	backup  *store.Memory   // of the router
	report  Report
	granted
}

// granted is what the script expected by name, so that it is no failure.
type granted struct {
	stops    map[[2]string]bool // user, conversation
	standing map[[2]string]script.Standing
	unseen   map[[3]string]bool // user, conversation, text
	forked   map[string]bool    // conversation
	failed   map[string]uint64  // user: events up to this number are accounted for
	accused  map[[2]string]bool // user, provider
}

// Play runs a script to its end, or to the first thing that leaves no way on.
func Play(s script.Script, opt Options) (Report, error) {
	if opt.Suite == nil {
		opt.Suite = suite.Default
	}
	stock, floor := stockOf(s)
	net, err := cowpitest.New(cowpitest.Options{Seed: opt.Seed, Suite: opt.Suite, Providers: s.Providers, Users: s.Users,
		Policy: cowpi.Policy{Stock: stock, Floor: floor}, Limits: provider.Limits{LowStock: floor}, Tap: opt.Tap,
		Coins: opt.Coins, Self: opt.Self, Stop: opt.Stop})
	if err != nil {
		return Report{}, err
	}
	p := &player{script: s, suite: opt.Suite, net: net, talks: map[string]*talk{}, taken: map[suite.Hash]bool{},
		ready: map[string]cowpitest.Effort{}, corrupt: map[string]bool{},
		granted: granted{map[[2]string]bool{}, map[[2]string]script.Standing{}, map[[3]string]bool{}, map[string]bool{},
			map[string]uint64{}, map[[2]string]bool{}}}
	if opt.Prepare != nil {
		opt.Prepare(net)
	}
	if err := net.Settle(); err != nil {
		return Report{}, err
	}
	for _, u := range net.Users {
		p.ready[string(u.Self.ID)] = u.Effort
	}
	p.watchRepeaters(s.Statements)
	if p.all(s.Statements, true) {
		p.judge()
	}
	p.tell()
	return p.report, nil
}

// stockOf says how many prekeys everybody has, and of how many it is told that they
// are few.
func stockOf(s script.Script) (stock, floor int) {
	stock = s.Stock
	if stock == 0 {
		stock = min(1000, 40+8*len(s.Users))
	}
	return stock, max(1, stock/4)
}

// all plays statements; each settles before the next if settle says so. It is
// false if there is no way on.
func (p *player) all(list []script.Statement, settle bool) bool {
	for _, st := range list {
		err := p.do(st)
		if err == nil && settle {
			err = p.settle()
		}
		if err == nil {
			continue
		}
		p.fail(st.Line, "%s: %v", script.Describe(st.Action), err)
		if misuse := new(fault.Misuse); !errors.As(err, &misuse) && !errors.Is(err, errNotAsSaid) {
			return false
		}
	}
	return true
}

// errNotAsSaid is an expectation that was not met. The script goes on.
var errNotAsSaid = errors.New("it is not so")

func notAsSaid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errNotAsSaid, fmt.Sprintf(format, args...))
}

func (p *player) fail(line int, format string, args ...any) {
	p.report.Failures = append(p.report.Failures, Failure{line, fmt.Sprintf(format, args...)})
}

func (p *player) settle() error {
	err := p.net.Settle()
	p.resolve()
	return err
}

// resolve finds the ids of conversations that have begun since.
func (p *player) resolve() {
	for _, name := range p.script.Conversations {
		t := p.talks[name]
		if t == nil || t.known {
			continue
		}
		for _, e := range p.net.User(t.by).Events {
			if c, ok := e.Body.(cowpi.Created); ok && e.Number > t.since && !p.taken[c.Sid] {
				t.sid, t.known, p.taken[c.Sid] = c.Sid, true, true
				break
			}
		}
	}
}

// sid is the id of a conversation.
func (p *player) sid(name string) (suite.Hash, error) {
	if t := p.talks[name]; t != nil && t.known {
		return t.sid, nil
	}
	return suite.Hash{}, notAsSaid("the conversation %s has not begun", name)
}

func lastEvent(u *cowpitest.User) uint64 {
	if len(u.Events) == 0 {
		return 0
	}
	return u.Events[len(u.Events)-1].Number
}

func ids(names []string) (out []identity.ID) {
	for _, n := range names {
		out = append(out, identity.ID(n))
	}
	return out
}

package judge

import (
	"fmt"
	"sync"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// Evidence is what a distinguisher gets. It must not be changed while it is used;
// several distinguishers may look at one at the same time.
type Evidence struct {
	// World has everybody's long-term secrets, and the suite. A judge who has fewer has
	// zeros in their place, and can tell less.
	World      simulator.World
	Transcript *transcript.Memory
	// State, for unlinkability, is one message that certainly was written by its
	// author, with the author's ephemeral state for it. nil: there is none.
	State *transcript.MessageState
	// More are further transcripts of the same origin, all real or all forged, for
	// those who count how often something happens.
	More []*transcript.Memory
	// Corrupt lists parties that did not keep to the protocol, as everybody knows. What
	// such a provider said proves nothing, nor does it that such an author wrote what
	// cannot be read, or wrote something twice.
	Corrupt []identity.ID
	// Beacon, if not nil, is a public source from which everybody in the transcript
	// is said to have drawn coins: who has a certain key, in a certain step, for a
	// purpose. Mobile CoWPI has none; what was drawn from one can be checked.
	Beacon func(key suite.Point, counter uint64, purpose suite.Purpose, index uint32) suite.Coin

	cache *cache
}

// cache is what several distinguishers would otherwise work out again.
type cache struct {
	once   sync.Once
	story  *story
	replay sync.Once
	people sync.Once
	folk   *people
	faults []string
	unsure string
}

// shared returns the evidence with a cache that all distinguishers share.
func (e Evidence) shared() Evidence {
	if e.cache == nil {
		e.cache = &cache{}
	}
	return e
}

func (e Evidence) suite() suite.Suite {
	if e.World.Suite != nil {
		return e.World.Suite
	}
	return suite.Default
}

// everybody lists all users and providers.
func (e Evidence) everybody() []identity.Self {
	return append(append([]identity.Self(nil), e.World.Providers...), e.World.Users...)
}

// known lists those whose long-term secrets the judge has: all, where a judge is to
// be as strong as can be. Zeros stand for a secret that it has not.
func (e Evidence) known() (out []identity.Self) {
	for _, s := range e.everybody() {
		if s.Secret != (suite.Scalar{}) {
			out = append(out, s)
		}
	}
	return out
}

func (e Evidence) story() *story {
	e = e.shared()
	e.cache.once.Do(func() { e.cache.story = read(e.suite(), e.Transcript) })
	return e.cache.story
}

// Answer is what a distinguisher believes.
type Answer int

// The answers.
const (
	CannotTell Answer = iota
	Real
	Simulated
)

func (a Answer) String() string { return [...]string{"cannot tell", "real", "simulated"}[a] }

// Opinion is an answer with its reason, in words.
type Opinion struct {
	Answer Answer
	Reason string
}

// Distinguisher tries to tell real transcripts from forged ones. It is safe for
// concurrent use, and gives the same evidence the same opinion.
type Distinguisher interface {
	// Name is one word.
	Name() string
	// What says in one sentence what it looks at.
	What() string
	Judge(Evidence) Opinion
}

// All lists all distinguishers.
func All() []Distinguisher {
	return []Distinguisher{
		analyst{"wires", "Order, sizes and numbers of everything on the wires, who shook hands with whom under which key, and whether all is encoded as it must be.", judgeWires},
		analyst{"providers", "Runs each provider's own program again on what it was told, and compares every byte that it said.", judgeProviders},
		analyst{"people", "What participants uploaded, fetched and acknowledged, held against what each of them had been delivered by then.", judgePeople},
		analyst{"views", "What each participant saw, event by event, held against what was delivered to it, and against what others saw.", judgeViews},
		analyst{"reuse", "Whether a value that should be fresh occurs in two places, or something hidden lies open elsewhere.", judgeReuse},
		analyst{"statistics", "Bits of every field that should be random: stuck ones, and too many or too few ones.", judgeStatistics},
		analyst{"secrets", "Combines the long-term secrets with every value in the transcript, and looks whether a one-time key or a key of a seal comes out.", judgeSecrets},
		analyst{"signatures", "Looks in texts and ids for signatures and tags that verify under somebody's long-term secret.", judgeSignatures},
		analyst{"commitments", "Looks in texts and ids for digests of the conversation.", judgeCommitments},
		analyst{"state", "Opens with one message's state all that it opens: the message, what comes after it in its chains, the answers to keys it offered.", judgeState},
	}
}

// analyst is a distinguisher made of a function.
type analyst struct {
	name, what string
	judge      func(Evidence) Opinion
}

func (a analyst) Name() string             { return a.name }
func (a analyst) What() string             { return a.what }
func (a analyst) Judge(e Evidence) Opinion { return a.judge(e.shared()) }

// Find returns the distinguisher with a name, or nil.
func Find(name string) Distinguisher {
	for _, d := range All() {
		if d.Name() == name {
			return d
		}
	}
	return nil
}

// Finding is what one distinguisher said.
type Finding struct {
	Distinguisher string
	What          string
	Opinion
}

// Examine asks all distinguishers about one transcript.
func Examine(e Evidence) []Finding {
	e = e.shared()
	var out []Finding
	for _, d := range All() {
		out = append(out, Finding{d.Name(), d.What(), d.Judge(e)})
	}
	return out
}

// Comparison is what one distinguisher said of two transcripts of which exactly
// one is said to be forged. Forged is 1 or 2, or 0 if it cannot tell.
type Comparison struct {
	Distinguisher string
	Forged        int
	Opinions      [2]Opinion
}

// Compare asks all distinguishers which of two transcripts is the forged one.
func Compare(a, b Evidence) []Comparison {
	var out []Comparison
	x, y := Examine(a), Examine(b)
	for i := range x {
		c := Comparison{Distinguisher: x[i].Distinguisher, Opinions: [2]Opinion{x[i].Opinion, y[i].Opinion}}
		switch p, q := x[i].Answer, y[i].Answer; {
		case p == q:
		case p == Simulated || q == Real:
			c.Forged = 1
		case q == Simulated || p == Real:
			c.Forged = 2
		}
		out = append(out, c)
	}
	return out
}

func cannotTell(format string, args ...any) Opinion {
	return Opinion{CannotTell, fmt.Sprintf(format, args...)}
}

func isReal(format string, args ...any) Opinion {
	return Opinion{Real, fmt.Sprintf(format, args...)}
}

func isSimulated(format string, args ...any) Opinion {
	return Opinion{Simulated, fmt.Sprintf(format, args...)}
}

// contradictions is the opinion of one who found these.
func contradictions(list []string) Opinion {
	switch len(list) {
	case 0:
		return cannotTell("no contradiction: an honest conversation could have gone just so")
	case 1:
		return isSimulated("a contradiction: %s", list[0])
	}
	return isSimulated("%d contradictions; the first: %s", len(list), list[0])
}

func (e Evidence) people() *people {
	e.cache.people.Do(func() { e.cache.folk = follow(e) })
	return e.cache.folk
}

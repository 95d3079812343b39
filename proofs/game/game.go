package game

import (
	"fmt"
	"slices"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator/judge"
)

// Game is one property.
type Game struct {
	Name      string // in one word
	Property  string // as the paper calls it
	Section   string // of the paper; all stand side by side in SPEC.md, 1.3
	Statement string // who wins when
	Excluded  []Exclusion
	Powers    Powers
	Worlds    bool // the challenger throws a coin, and the adversary guesses it

	// Settings are the worlds in which it is played; a trial draws one.
	Settings []Setting
	// limits are those of all providers; zero fields: the default.
	limits provider.Limits
	// prepare changes the setting's usual world; nil: it does not.
	prepare func(*Challenger) error
	// judge looks for a breach when the adversary is done; nil in games of two worlds.
	judge func(*Challenger) *Breach
	// trivial says why the adversary's answer does not count: it used what is
	// excluded. nil: what is excluded is refused as it is asked for.
	trivial func(*Challenger) string
	// experiment, of games of deniability, is the game as package judge plays it.
	experiment *judge.Experiment
}

// Exclusion is a win that would be trivial.
type Exclusion struct {
	What string
	Why  string
	Test string // a test that no more than that is excluded
}

// Powers are what an adversary may do, besides owning the network.
type Powers struct {
	Providers bool // corrupt those that the setting does not call honest
	Insiders  bool // corrupt participants of the conversation that counts
	Read      bool // read whole states of participants, without corrupting them
	Passive   bool // not even own the network: only watch it
	Keys      bool // learn long-term secrets of people who stay honest
	Overhear  bool // hear what is said to providers, and by them, who stay honest
}

// Breach is what a judge found.
type Breach struct {
	Kind string `json:"kind"` // in one word
	What string `json:"what"`
}

func (b *Breach) String() string { return b.Kind + ": " + b.What }

// Setting is the world of a trial: alice, bob and charlie in a conversation, Main; a
// second one, Side, with these and dave and eve. So everybody has met everybody. eve
// is the adversary's: she may be corrupted in every game.
type Setting struct {
	Providers int         // router and mirrors
	Honest    int         // the provider that may not be corrupted; none: all may
	Suite     suite.Suite // cowpitest.Cheap where no secret counts
}

// None is the honest provider of a setting in which all may be corrupted.
const None = -1

// People are the users of every setting; the first Insiders of them are in Main.
var People = []identity.ID{"alice", "bob", "charlie", "dave", "eve"}

// Insiders is how many are in Main.
const Insiders = 3

func (s Setting) String() string {
	honest := "none of them honest"
	if s.Honest != None {
		honest = fmt.Sprintf("%s honest", providerName(s.Honest))
	}
	return fmt.Sprintf("%d providers, %s, suite %s", s.Providers, honest, s.Suite.Name())
}

func providerName(i int) string {
	if i == 0 {
		return "router"
	}
	return fmt.Sprintf("mirror%d", i)
}

// anyTrust lists settings with one honest provider, each in turn. One trial in real
// is on the default suite.
func anyTrust() (out []Setting) {
	for n := 2; n <= 3; n++ {
		for honest := range n {
			out = append(out, both(Setting{n, honest, nil})...)
		}
	}
	return out
}

// noTrust lists settings in which all providers may be corrupted.
func noTrust() []Setting { return append(both(Setting{2, None, nil}), both(Setting{3, None, nil})...) }

// cheapOnes is how many trials are on the cheap suite for each one that is on the
// default suite, in games in which no secret counts.
const cheapOnes = 7

func both(s Setting) (out []Setting) {
	s.Suite = cowpitest.Cheap
	out = slices.Repeat([]Setting{s}, cheapOnes)
	s.Suite = suite.Default
	return append(out, s)
}

// onDefault lists settings on the default suite alone: where secrets count.
func onDefault(list []Setting) (out []Setting) {
	for _, s := range list {
		if s.Suite == suite.Default {
			out = append(out, s)
		}
	}
	return out
}

// Adversary attacks. It is a value without state of its own: what it remembers
// during a trial lives in Attack.
type Adversary struct {
	Name   string
	What   string   // what it does, in a sentence
	Source string   // where the attack is from
	Games  []string // which it plays
	// Attack does what it does. An error other than a *Refusal that it was given
	// means that it is broken, and ends the run.
	Attack func(*Oracles) error
	// Distinguisher is what plays games of deniability, in place of Attack.
	Distinguisher judge.Distinguisher
}

// Refusal is an oracle's answer to what a game does not allow.
type Refusal struct{ Oracle, Why string }

func (r *Refusal) Error() string { return "game: " + r.Oracle + ": " + r.Why }

func refuse(oracle, format string, args ...any) error {
	return &Refusal{oracle, fmt.Sprintf(format, args...)}
}

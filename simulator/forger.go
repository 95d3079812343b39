package simulator

import (
	"fmt"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/recorder"
)

// Public is what everybody knows: the long-term public keys. The providers are
// called as in every script, router, mirror1, mirror2 and so on.
type Public struct {
	Suite     suite.Suite // nil: suite.Default
	Providers []identity.Party
	Users     []identity.Party
}

// Outsider is a forger who has public keys and nothing else. It may never have
// met any of the people it puts words into the mouths of.
type Outsider struct{ Public }

// Participant is a forger who is one of the users: public keys, and its own secret.
type Participant struct {
	Public
	Self identity.Self
}

// Provider is a forger who is one of the providers.
type Provider struct {
	Public
	Self identity.Self
}

// Forger makes transcripts.
type Forger interface {
	// Forge makes the transcript of a conversation that goes as a script says. The
	// report is that of the script, as for a conversation that took place.
	Forge(Job) (play.Report, error)
}

// Job is one transcript to be forged.
type Job struct {
	Script   script.Script
	Schedule uint64   // decides in which order things happen that are under way at once
	Coins    [32]byte // secret randomness; whoever knows it knows the forgery
	// Open gets the header and returns where the transcript goes. See also To.
	Open func(transcript.Header) (transcript.Sink, error)
	// Timed puts times into the transcript.
	Timed bool
	// Tape, if not nil, is where coins and exponents come from in place of Coins,
	// which then only make the seeds of steps.
	Tape Tape
	// Place are real messages that must stand unchanged in the forged transcript. The
	// script must lead to each: its author writes something of its kind with the same
	// seq, in an epoch with the same number and roster, and has by then processed just
	// as much. What the author says there in the script is replaced.
	Place []transcript.MessageState

	// UnsafeProtocol, for negative controls, is another protocol than Mobile CoWPI that
	// everybody speaks, in a real run and in a forged one: one that cannot be denied.
	UnsafeProtocol *Unsafe

	begin []plan // if it is known where the messages belong
	dim   dark   // what nobody can know, to compare with a real run
}

// To lets a job write to memory.
func To(m *transcript.Memory) func(transcript.Header) (transcript.Sink, error) {
	return func(h transcript.Header) (transcript.Sink, error) {
		m.Head = h
		return m, nil
	}
}

// Unsafe changes the protocol that everybody speaks.
type Unsafe struct {
	Suite   func(suite.Suite) suite.Suite // nil: no change
	Prepare func(*cowpitest.Net)          // nil: no change
}

func (u *Unsafe) on(s suite.Suite) suite.Suite {
	if u == nil || u.Suite == nil {
		return s
	}
	return u.Suite(s)
}

func (u *Unsafe) prepare() func(*cowpitest.Net) {
	if u == nil {
		return nil
	}
	return u.Prepare
}

// Forge implements Forger.
func (o Outsider) Forge(j Job) (play.Report, error) { return o.forge(j) }

// Forge implements Forger.
func (p Participant) Forge(j Job) (play.Report, error) { return p.forge(j, p.Self) }

// Forge implements Forger.
func (p Provider) Forge(j Job) (play.Report, error) { return p.forge(j, p.Self) }

// forge runs a script with everybody's machine, on the suite of a forger with these
// secrets.
func (k Public) forge(j Job, own ...identity.Self) (play.Report, error) {
	if k.Suite == nil {
		k.Suite = suite.Default
	}
	if j.Tape == nil {
		j.Tape = FreshTape(k.Suite, j.Coins)
	}
	if len(j.Place) > 0 {
		return k.place(j, own)
	}
	f := newForging(k.Suite, j.Tape)
	report, err := k.play(j, f, f, own, func(identity.Self) {})
	if r, ok := j.Tape.(*Recording); ok && err == nil {
		err = r.Missed()
	}
	return report, err
}

// play lets everybody play their part on a suite s, which is or wraps f.
func (k Public) play(j Job, s suite.Suite, f *forging, own []identity.Self, knows func(identity.Self)) (play.Report, error) {
	rec := recorder.New(j.UnsafeProtocol.on(s), j.Open)
	rec.Timed = j.Timed
	report, err := play.Play(j.Script, play.Options{Seed: j.Schedule, Suite: rec, Tap: rec, Coins: j.Coins,
		Stop: f.failed, Prepare: j.UnsafeProtocol.prepare(), Self: func(id identity.ID, _ [32]byte) (identity.Self, error) {
			self, err := k.cast(id, f, own)
			knows(self)
			return self, err
		}})
	for _, e := range []error{f.failed(), err, rec.Close()} {
		if e != nil {
			return report, e
		}
	}
	return report, nil
}

// cast gives a party of a script its key: one's own, or the name of another's.
func (k Public) cast(id identity.ID, f *forging, own []identity.Self) (identity.Self, error) {
	for _, s := range own {
		if s.ID == id {
			return s, nil
		}
	}
	for _, list := range [][]identity.Party{k.Providers, k.Users} {
		for _, p := range list {
			if p.ID == id {
				return f.named(p), nil
			}
		}
	}
	return identity.Self{}, fmt.Errorf("simulator: no public key of %q is known", id)
}

package simulator

import (
	"fmt"

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
}

// To lets a job write to memory.
func To(m *transcript.Memory) func(transcript.Header) (transcript.Sink, error) {
	return func(h transcript.Header) (transcript.Sink, error) {
		m.Head = h
		return m, nil
	}
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
	base := k.Suite
	if base == nil {
		base = suite.Default
	}
	tape := j.Tape
	if tape == nil {
		tape = FreshTape(base, j.Coins)
	}
	f := newForging(base, tape)
	rec := recorder.New(f, j.Open)
	rec.Timed = j.Timed
	report, err := play.Play(j.Script, play.Options{Seed: j.Schedule, Suite: rec, Tap: rec, Coins: j.Coins, Self: k.cast(f, own)})
	for _, e := range []error{f.failed(), err, rec.Close()} {
		if e != nil {
			return report, e
		}
	}
	if r, ok := tape.(*Recording); ok {
		return report, r.Missed()
	}
	return report, nil
}

// cast gives each party of a script its key: one's own, or the name of another's.
func (k Public) cast(f *forging, own []identity.Self) func(identity.ID, [32]byte) (identity.Self, error) {
	return func(id identity.ID, _ [32]byte) (identity.Self, error) {
		for _, s := range own {
			if s.ID == id {
				return s, nil
			}
		}
		for _, p := range append(append([]identity.Party(nil), k.Providers...), k.Users...) {
			if p.ID == id {
				return f.named(p), nil
			}
		}
		return identity.Self{}, fmt.Errorf("simulator: no public key of %q is known", id)
	}
}

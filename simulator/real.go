package simulator

import (
	"fmt"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript/recorder"
)

// World is everybody with their long-term secrets: those who really talk, and what
// a distinguisher is given. A forger gets Public of it, and perhaps one secret.
type World struct {
	Suite     suite.Suite // nil: suite.Default
	Providers []identity.Self
	Users     []identity.Self
}

// NewWorld makes keys for the users and providers of a script, from 32 random bytes.
func NewWorld(s suite.Suite, sc script.Script, coins [32]byte) (World, error) {
	if s == nil {
		s = suite.Default
	}
	w := World{Suite: s}
	add := func(list *[]identity.Self, name string) error {
		self, err := identity.NewSelf(s, identity.ID(name), [32]byte(s.KDF("world", 32, coins[:], []byte(name))))
		*list = append(*list, self)
		return err
	}
	for i := range sc.Providers {
		name := "router"
		if i > 0 {
			name = fmt.Sprintf("mirror%d", i)
		}
		if err := add(&w.Providers, name); err != nil {
			return w, err
		}
	}
	for _, u := range sc.Users {
		if err := add(&w.Users, u); err != nil {
			return w, err
		}
	}
	return w, nil
}

// Public is the part of a world that everybody knows.
func (w World) Public() Public {
	p := Public{Suite: w.Suite}
	for _, s := range w.Providers {
		p.Providers = append(p.Providers, s.Party())
	}
	for _, s := range w.Users {
		p.Users = append(p.Users, s.Party())
	}
	return p
}

// Self returns the party with an id.
func (w World) Self(id identity.ID) (identity.Self, bool) {
	for _, s := range append(append([]identity.Self(nil), w.Providers...), w.Users...) {
		if s.ID == id {
			return s, true
		}
	}
	return identity.Self{}, false
}

// Observer is a suite that watches a run and wants to know whose secret is which:
// a [Recorder], a [Witness], or a Witness around a Recorder.
type Observer interface {
	suite.Suite
	Knows(identity.Self)
}

// Run lets a conversation really take place, and records it: what a job asks of a
// forger, done by everybody with their own secrets. Its Tape and Place are not
// used. The observer, on the world's suite, may be nil.
func (w World) Run(j Job, o Observer) (play.Report, error) {
	s := w.Suite
	if o != nil {
		s = o
	}
	rec := recorder.New(j.UnsafeProtocol.on(s), j.Open)
	rec.Timed = j.Timed
	report, err := play.Play(j.Script, play.Options{Seed: j.Schedule, Suite: rec, Tap: rec, Coins: j.Coins, Prepare: j.UnsafeProtocol.prepare(),
		Self: func(id identity.ID, _ [32]byte) (identity.Self, error) {
			self, ok := w.Self(id)
			if !ok {
				return self, fmt.Errorf("simulator: %q is not in this world", id)
			}
			if o != nil {
				o.Knows(self)
			}
			return self, nil
		}})
	if err == nil {
		err = rec.Close()
	}
	return report, err
}

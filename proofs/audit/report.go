package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cowpi.example/proofs/game"
	"cowpi.example/transcript/show"
)

// What a report in JSON is called. README.md of this folder describes each field; the
// version changes if one gets another meaning or is gone.
const (
	Form    = "cowpi-audit"
	Version = 1
)

// Report is what an audit found. Fields named after time and rates, and those of
// Made, differ from machine to machine; all others follow from the seed.
type Report struct {
	Report       string        `json:"report"`
	Version      int           `json:"version"`
	Passed       bool          `json:"passed"`
	Failures     []string      `json:"failures"` // why it did not pass, in words
	Note         string        `json:"note"`
	Seed         uint64        `json:"seed"`
	Repeat       string        `json:"repeat"`
	Properties   []Property    `json:"properties"`
	Unbroken     *Control      `json:"unbroken,omitempty"` // the library built with all mutants, none of them chosen
	Controls     []Control     `json:"controls"`
	Explorations []Exploration `json:"explorations"`
	Sought       []Sought      `json:"sought"` // mutants that an exploration has to find broken
	Totals       Totals        `json:"totals"`
	Made         Made          `json:"made"`
	Seconds      float64       `json:"seconds"`
}

// Property is one game, and how everybody did in it.
type Property struct {
	Game        string        `json:"game"`
	Property    string        `json:"property"`
	Section     string        `json:"section"`
	Statement   string        `json:"statement"`
	Worlds      bool          `json:"worlds"`
	Exclusions  []Exclusion   `json:"exclusions"`
	Powers      []string      `json:"powers"`
	Settings    []string      `json:"settings"`
	Source      []game.Source `json:"source"`
	Adversaries []Attempt     `json:"adversaries"`
	Trials      int           `json:"trials"`
	Won         int           `json:"won"` // by those in whose hands the property did not hold, in games of two worlds
	Held        bool          `json:"held"`
	Controls    int           `json:"controls"`
	Beaten      int           `json:"beaten"`
}

// Exclusion is a win that would be trivial, and does not count.
type Exclusion struct {
	What string `json:"what"`
	Why  string `json:"why"`
	Test string `json:"test"`
}

// Attempt is one adversary in one game.
type Attempt struct {
	game.Score
	What   string   `json:"what"`
	Source string   `json:"source"`
	Held   bool     `json:"held"`
	Beats  []string `json:"beats"`           // the controls that it beat
	Error  string   `json:"error,omitempty"` // why it could not be played to the end
	Repeat string   `json:"repeat"`
}

// Kinds of controls.
const (
	KindMutant = "mutant" // the library without one of its protections
	KindSystem = "system" // another system, or the library used as others are
)

// How an attack on a control came out.
const (
	OutcomeWon      = "won"      // by the breach that was declared
	OutcomeOther    = "other"    // won, but by another breach
	OutcomeSurvived = "survived" // nothing was won
	OutcomeHung     = "hung"     // it did not end, and was ended
	OutcomeFailed   = "failed"   // it could not be played
	OutcomeNeedless = "needless" // it is won without the mutant as well: by those beside it alone
)

// Control is something that has to be beaten, and what came of it.
type Control struct {
	Target
	Attack
	Beaten    bool         `json:"beaten"`
	Outcome   string       `json:"outcome"`
	Played    int          `json:"played"` // trials that were played
	Won       int          `json:"won"`
	Alone     int          `json:"alone,omitempty"` // trials that were lost with those beside it alone
	Advantage float64      `json:"advantage"`
	Low       float64      `json:"low"`
	High      float64      `json:"high"`
	First     *game.Won    `json:"first,omitempty"`
	Error     string       `json:"error,omitempty"`
	Repeat    string       `json:"repeat"`
	Drawing   show.Drawing `json:"drawing"` // of that trial; for package show only
	Also      []Also       `json:"also,omitempty"`

	transcript []byte
}

// Also is somebody else who has to beat a control, and what came of it.
type Also struct {
	Game      string    `json:"game"`
	Adversary string    `json:"adversary"`
	Breach    string    `json:"breach"`
	Beside    []string  `json:"beside,omitempty"`
	Beaten    bool      `json:"beaten"`
	Outcome   string    `json:"outcome"`
	Played    int       `json:"played"`
	Alone     int       `json:"alone,omitempty"`
	First     *game.Won `json:"first,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// Transcript is that of the trial that was won, if the plan was to keep it.
func (c Control) Transcript() []byte { return c.transcript }

// Exploration is one exhaustive search.
type Exploration struct {
	Bounds      string     `json:"bounds"`
	States      int        `json:"states"`
	Transitions int        `json:"transitions"`
	Depth       int        `json:"depth"`
	Complete    bool       `json:"complete"`
	Limit       int        `json:"limit"` // of states, at which it was to end; 0: it was to find all
	Violation   *Violation `json:"violation,omitempty"`
	Error       string     `json:"error,omitempty"`
	Repeat      string     `json:"repeat"`
	Seconds     float64    `json:"seconds"`
	Rate        float64    `json:"rate"` // states per second
}

// Done says whether it went as far as it was to go.
func (e Exploration) Done() bool { return e.Complete || e.Limit > 0 && e.States >= e.Limit }

// Violation is a shortest way to a state in which a property is broken.
type Violation struct {
	Property string   `json:"property"`
	What     string   `json:"what"`
	Trace    []string `json:"trace"`
}

// Totals are sums.
type Totals struct {
	Games       int `json:"games"`
	Held        int `json:"held"`
	Adversaries int `json:"adversaries"`
	Trials      int `json:"trials"` // of games; those against controls do not count
	Won         int `json:"won"`
	Controls    int `json:"controls"`
	Beaten      int `json:"beaten"`
	Mutants     int `json:"mutants"` // of these controls
	States      int `json:"states"`
}

// ControlsBeaten says whether all were, and the library with no mutant chosen was not.
func (r *Report) ControlsBeaten() bool {
	return !slices.ContainsFunc(r.Controls, func(c Control) bool { return !c.Beaten }) &&
		(r.Unbroken == nil || r.Unbroken.Outcome == OutcomeSurvived)
}

// Parse reads a report in JSON.
func Parse(b []byte) (*Report, error) {
	var r Report
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("audit: no report: %w", err)
	}
	if r.Report != Form || r.Version != Version {
		return nil, fmt.Errorf("audit: %q of version %d; only %q of version %d is known", r.Report, r.Version, Form, Version)
	}
	return &r, nil
}

// finish fills in what follows from the rest.
func (r *Report) finish(began time.Time) {
	r.Report, r.Version, r.Note = Form, Version, Note
	r.Failures = []string{}
	fail := func(what string) { r.Failures = append(r.Failures, what) }
	names := map[string]bool{}
	t := &r.Totals
	for i := range r.Properties {
		p := &r.Properties[i]
		p.Held = len(p.Adversaries) > 0
		if !p.Held {
			fail(p.Property + ": nobody attacks it")
		}
		for j := range p.Adversaries {
			a := &p.Adversaries[j]
			names[a.Adversary] = true
			p.Trials += a.Trials
			switch {
			case a.Error != "":
				fail(p.Property + ": " + a.Adversary + " could not be played: " + a.Error)
			case !a.Held:
				fail(p.Property + ": " + a.Adversary + " WINS; repeat it by: " + a.Repeat)
				p.Won += a.Won
			}
			p.Held = p.Held && a.Held && a.Error == ""
		}
		r.count(p)
		if p.Controls == 0 {
			fail(p.Property + ": there is no control, so nothing shows that its game can be won")
		}
		t.Games++
		t.Trials += p.Trials
		t.Won += p.Won
		if p.Held {
			t.Held++
		}
	}
	t.Adversaries = len(names)
	if u := r.Unbroken; u != nil && u.Outcome != OutcomeSurvived {
		fail("the library with no mutant chosen should be as the library is, but " + u.Adversary + " against it: " + u.Outcome + " " + u.Error)
	}
	for _, c := range r.Controls {
		t.Controls++
		if c.Kind == KindMutant {
			t.Mutants++
		}
		if c.Beaten {
			t.Beaten++
			continue
		}
		fail(c.Kind + " " + c.Name + " was not beaten by " + c.Adversary + ": " + c.Outcome + " " + c.Error)
	}
	if len(r.Explorations) == 0 {
		fail("nothing was explored")
	}
	for _, s := range r.Sought {
		if !s.Found {
			fail("exploration of mutant " + s.Mutant + " did not find a violation of " + s.Property + ": " + s.Exploration.Word() + " " + s.Error)
		}
	}
	for _, e := range r.Explorations {
		t.States += e.States
		switch {
		case e.Error != "":
			fail("exploration of " + e.Bounds + ": " + e.Error)
		case e.Violation != nil:
			fail("exploration of " + e.Bounds + " found a violation of " + e.Violation.Property)
		case !e.Done():
			fail("exploration of " + e.Bounds + " is not complete")
		}
	}
	r.Passed = len(r.Failures) == 0
	r.Seconds = time.Since(began).Seconds()
}

// count counts the controls of a property, and who beat them.
func (r *Report) count(p *Property) {
	beats := func(adversary, control string) {
		i := slices.IndexFunc(p.Adversaries, func(a Attempt) bool { return a.Adversary == adversary })
		if i >= 0 {
			p.Adversaries[i].Beats = append(p.Adversaries[i].Beats, control)
		}
	}
	for _, c := range r.Controls {
		for _, a := range c.Also {
			if a.Game == p.Game && a.Beaten {
				beats(a.Adversary, c.Name)
			}
		}
		if c.Game != p.Game {
			continue
		}
		p.Controls++
		if c.Beaten {
			p.Beaten++
			beats(c.Adversary, c.Name)
		}
	}
}

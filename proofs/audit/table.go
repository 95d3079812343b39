package audit

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"cowpi.example/cowpi/sheet"
)

// Table writes a report as a table for a terminal.
func (r *Report) Table(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "property\tadversaries\ttrials\twins\tadvantage (interval)\tcontrols beaten\t")
	for _, p := range r.Properties {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%d of %d\t%s\n", p.Property, len(p.Adversaries), thousands(p.Trials), p.Wins(), p.Interval(),
			p.Beaten, p.Controls, p.word())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, e := range r.Explorations {
		fmt.Fprintf(&b, "explored %s: %s states, depth %d, %s a second: %s\n", e.Bounds, thousands(e.States), e.Depth,
			thousands(int(e.Rate)), e.Word())
	}
	found := 0
	for _, s := range r.Sought {
		if s.Found {
			found++
		}
	}
	fmt.Fprintf(&b, "explorations found %d of the %d mutants that they have to find\n", found, len(r.Sought))
	to := r.Totals
	fmt.Fprintf(&b, "%d of %d properties held against %d adversaries in %s trials; %d of %d controls were beaten; %s states were explored. Seed %d, %.0f s.\n",
		to.Held, to.Games, to.Adversaries, thousands(to.Trials), to.Beaten, to.Controls, thousands(to.States), r.Seed, r.Seconds)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "!! %s\n", sheet.Safe(f))
	}
	fmt.Fprintf(&b, "%s %s\n", r.Verdict(), Note)
	_, err := io.WriteString(w, b.String())
	return err
}

// Verdict is the report in a word.
func (r *Report) Verdict() string {
	if r.Passed {
		return "PASSED."
	}
	return "NOT PASSED."
}

func (p Property) word() string {
	if p.Held {
		return ""
	}
	return "DOES NOT HOLD"
}

// Wins is how many trials were won; in a game of two worlds that says nothing.
func (p Property) Wins() string {
	if p.Worlds && p.Held {
		return "-"
	}
	return thousands(p.Won)
}

// Interval is the widest of the intervals of a game of two worlds, about the largest
// advantage; "-" in others.
func (p Property) Interval() string {
	if !p.Worlds || len(p.Adversaries) == 0 {
		return "-"
	}
	best, low, high := p.Adversaries[0].Advantage, 0.0, 0.0
	for _, a := range p.Adversaries {
		best, low, high = max(best, a.Advantage), min(low, a.Low), max(high, a.High)
	}
	return fmt.Sprintf("%+.3f (%+.3f to %+.3f)", best, low, high)
}

// Word says what came of an exploration.
func (e Exploration) Word() string {
	switch {
	case e.Error != "":
		return "COULD NOT BE DONE"
	case e.Violation != nil:
		return "VIOLATION of " + e.Violation.Property
	case !e.Done():
		return "NOT COMPLETE"
	case !e.Complete:
		return fmt.Sprintf("no violation within %d moves, which is as far as it was to go", e.Depth)
	}
	return "all of them, no violation"
}

// WriteControls writes a table of controls.
func WriteControls(w io.Writer, list []Control) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "control\tchecks\tgame\tadversary\ttrials\toutcome\tbreach\t")
	for _, c := range list {
		breach := c.Error
		if c.First != nil {
			breach = fmt.Sprintf("%s, seed %d", c.First.Breach.Kind, c.First.Seed)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t\n", strings.Join(c.alive(c.Attack), " beside "), strings.Join(c.Checks, " "), c.Game, c.Adversary, c.Played, c.Word(), sheet.Safe(breach))
	}
	return t.Flush()
}

// Word says what came of a control.
func (c Control) Word() string {
	if c.Beaten {
		return "beaten"
	}
	return "NOT BEATEN: " + c.Outcome
}

func thousands(n int) string { return sheet.Thousands(uint64(max(0, n))) }

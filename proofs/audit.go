package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/mutant"
	"cowpi.example/proofs/report"
)

// pageName is where the page goes if nothing else is said.
const pageName = "cowpi-audit.html"

// planner makes the plan of an audit.
type planner func(quick bool) (audit.Plan, error)

// auditing is what the command without a command is asked for.
type auditing struct {
	seed     uint64
	trials   int
	quick    bool
	json     bool
	page     string
	noReport bool
}

func (a *auditing) flags(c *cobra.Command) {
	f := c.Flags()
	f.Uint64Var(&a.seed, "seed", 0, "play other trials: the seed of the first one, everywhere")
	f.IntVar(&a.trials, "trials", 0, fmt.Sprintf("how many trials, over all games; 0: the default depth, %d", audit.DefaultTrials))
	f.BoolVar(&a.quick, "quick", false, "fewer trials, smaller explorations; all controls")
	f.BoolVar(&a.json, "json", false, "write the report as JSON instead of a table")
	f.StringVar(&a.page, "html", pageName, "where the report goes as a page")
	f.BoolVar(&a.noReport, "no-report", false, "write no page")
}

// run is the audit.
func (a *auditing) run(c *cobra.Command, plan planner) error {
	p, err := plan(a.quick)
	if err != nil {
		return err
	}
	if p.Build != nil { // say at once, and not after minutes, that mutants cannot be compiled here
		if _, err := mutant.Root(c.Context()); err != nil {
			return err
		}
	}
	p.Seed = a.seed
	switch {
	case a.trials < 0:
		return fmt.Errorf("--trials %d: there cannot be less than none", a.trials)
	case a.trials > 0:
		p.Trials = a.trials
	}
	progress, done := watch(c)
	r, err := audit.Run(c.Context(), p, progress)
	done()
	if err != nil {
		return err
	}
	r.Repeat = audit.Repeat(a.command())
	if !a.noReport {
		if err := written(c, a.page, func(w io.Writer) error { return report.Write(w, r) }); err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "the report is in %s\n", a.page)
	}
	if a.json {
		err = asJSON(c.OutOrStdout(), r)
	} else {
		err = r.Table(c.OutOrStdout())
	}
	if err == nil && !r.Passed {
		err = errNot
	}
	return err
}

// command is how this audit is repeated.
func (a *auditing) command() string {
	s := fmt.Sprintf("--seed %d", a.seed)
	if a.trials > 0 {
		s += fmt.Sprintf(" --trials %d", a.trials)
	}
	if a.quick {
		s += " --quick"
	}
	return s
}

// paged is what report says with --json.
type paged struct {
	Version int    `json:"version"`
	Out     string `json:"out"`
	Passed  bool   `json:"passed"`
}

func reportCommand() *cobra.Command {
	var out string
	var json bool
	c := &cobra.Command{
		Use:   "report FILE",
		Short: "Make the page of an audit from its report in JSON",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := whole(c, args[0])
			if err != nil {
				return err
			}
			r, err := audit.Parse(b)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if json && out == "-" {
				return errBothOnOutput
			}
			err = written(c, out, func(w io.Writer) error { return report.Write(w, r) })
			if err == nil && json {
				err = asJSON(c.OutOrStdout(), paged{audit.Version, out, r.Passed})
			}
			return err
		},
	}
	c.Flags().StringVarP(&out, "out", "o", pageName, "where the page goes")
	c.Flags().BoolVar(&json, "json", false, "say in JSON what was made")
	return c
}

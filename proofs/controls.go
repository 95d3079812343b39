package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cowpi.example/proofs/audit"
)

// beaten is what mutants and controls say with --json.
type beaten struct {
	Version  int             `json:"version"`
	Passed   bool            `json:"passed"`
	Unbroken *audit.Control  `json:"unbroken,omitempty"`
	Controls []audit.Control `json:"controls"`
	Note     string          `json:"note"`
}

func mutantsCommand() *cobra.Command {
	return controlCommand(&cobra.Command{
		Use:   "mutants [NAME...]",
		Short: "Let every broken variant of the library be attacked by who must beat it",
		Long: `mutants builds the library with all its mutants, each of which is without one
check, binding or other protection, and lets each be attacked by the adversary that
must beat it. With none of them chosen the library is as it is, and must not be beaten.

Exit status 1 says that one was not beaten, or that one was that should not.`,
	}, audit.KindMutant)
}

func controlsCommand() *cobra.Command {
	return controlCommand(&cobra.Command{
		Use:   "controls [NAME...]",
		Short: "Let other systems be attacked by who must beat them",
		Long: `controls lets other systems, small but real, be attacked by the adversaries that
must beat them.

Exit status 1 says that one was not beaten.`,
	}, audit.KindSystem)
}

func controlCommand(c *cobra.Command, kind string) *cobra.Command {
	var seed uint64
	var json bool
	var transcript, win string
	c.ValidArgsFunction = completed(func() []string { return controlNames(kind) })
	c.RunE = func(c *cobra.Command, names []string) error {
		p, err := audit.Default(false)
		if err != nil {
			return err
		}
		for _, n := range names {
			if !slices.Contains(controlNames(kind), n) {
				return fmt.Errorf("there is no %s %q; proofs list names them", kind, n)
			}
		}
		p = p.OnlyControls(kind, names...)
		switch {
		case (transcript != "" || win != "") && len(names) != 1:
			return errors.New("a transcript and a win are of one: say of which")
		case json && transcript == "-":
			return errBothOnOutput
		}
		p.Seed, p.Keep = seed, transcript != ""
		progress, done := watch(c)
		r, err := audit.Run(c.Context(), p, progress)
		done()
		if err != nil {
			return err
		}
		out := beaten{audit.Version, r.ControlsBeaten(), r.Unbroken, r.Controls, audit.Note}
		if err := keep(c, r.Controls, transcript, win); err != nil {
			return err
		}
		if json {
			err = asJSON(c.OutOrStdout(), out)
		} else {
			err = out.write(c.OutOrStdout())
		}
		if err == nil && !out.Passed {
			err = errNot
		}
		return err
	}
	f := c.Flags()
	f.Uint64Var(&seed, "seed", 0, "play other trials")
	f.BoolVar(&json, "json", false, "write JSON")
	f.StringVar(&transcript, "transcript", "", "of one: write the transcript of the trial that was won")
	if kind == audit.KindMutant {
		f.StringVar(&win, "win", "", "of one: keep the trial that was won in this file, for replay")
	}
	return c
}

// keep writes what was asked for of the only control, if it was won.
func keep(c *cobra.Command, list []audit.Control, transcript, win string) error {
	if len(list) != 1 {
		return nil
	}
	if t := list[0].Transcript(); transcript != "" && t != nil {
		if err := written(c, transcript, func(w io.Writer) error { _, err := w.Write(t); return err }); err != nil {
			return err
		}
	}
	if w := audit.WinOf(list[0]); win != "" && w != nil {
		return written(c, win, func(out io.Writer) error { return asJSON(out, w) })
	}
	return nil
}

func (b beaten) write(w io.Writer) error {
	if err := audit.WriteControls(w, b.Controls); err != nil {
		return err
	}
	word := "All were beaten."
	switch {
	case b.Unbroken != nil && b.Unbroken.Outcome != audit.OutcomeSurvived:
		word = "THE LIBRARY WITH NO MUTANT CHOSEN: " + b.Unbroken.Outcome + " " + b.Unbroken.Error
	case !b.Passed:
		word = "NOT ALL WERE BEATEN."
	}
	_, err := fmt.Fprintf(w, "%s %s\n", word, b.Note)
	return err
}

func controlNames(kind string) (out []string) {
	p, _ := audit.Default(false)
	if kind == audit.KindMutant {
		for _, m := range p.Mutants {
			out = append(out, m.Name)
		}
		return out
	}
	for _, s := range p.Systems {
		out = append(out, s.Name)
	}
	return out
}

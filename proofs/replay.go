package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/sheet"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
)

func replayCommand() *cobra.Command {
	var asJ bool
	var transcript, control string
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Play a trial that was won again",
		Long: `replay plays a trial again that was won and kept in a file, by --win of game or
mutants; or, with --control, one that an audit reported as JSON. A mutant is built anew.

Exit status 0 says that it came out the same, 1 that it did not.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := readWin(c, args[0], control)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if asJ && transcript == "-" {
				return errBothOnOutput
			}
			r, record, err := playAgain(c.Context(), w)
			if err != nil {
				return err
			}
			if transcript != "" {
				if err := written(c, transcript, func(out io.Writer) error { _, err := out.Write(record); return err }); err != nil {
					return err
				}
			}
			if asJ {
				err = asJSON(c.OutOrStdout(), r)
			} else {
				err = writeReplayed(c.OutOrStdout(), r)
			}
			if err == nil && !r.Same {
				err = errNot
			}
			return err
		},
	}
	f := c.Flags()
	f.BoolVar(&asJ, "json", false, "write JSON")
	f.StringVar(&transcript, "transcript", "", "write its transcript, which transcript show can draw")
	f.StringVar(&control, "control", "", "the file is the report of an audit; the trial is the one by which this mutant was beaten")
	return c
}

// readWin reads a win, or takes one from a report.
func readWin(c *cobra.Command, name, control string) (w audit.Win, err error) {
	b, err := whole(c, name)
	if err != nil {
		return w, err
	}
	if control != "" {
		r, err := audit.Parse(b)
		if err != nil {
			return w, err
		}
		for _, c := range r.Controls {
			if c.Name == control {
				if win := audit.WinOf(c); win != nil {
					return *win, nil
				}
				return w, fmt.Errorf("of %s no trial was kept that was won", control)
			}
		}
		return w, fmt.Errorf("there is nothing of %q in the report", control)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return w, err
	}
	if w.Version != audit.Version {
		return w, fmt.Errorf("version %d; only %d is known", w.Version, audit.Version)
	}
	return w, nil
}

// playAgain plays it, and records it.
func playAgain(ctx context.Context, w audit.Win) (r audit.Replayed, record []byte, err error) {
	g, err := findGame(w.Game)
	if err != nil {
		return r, nil, err
	}
	a, err := findAdversary(g, w.Adversary)
	if err != nil {
		return r, nil, err
	}
	if w.Mutant != audit.Chosen() {
		return audit.Again(ctx, w)
	}
	var b bytes.Buffer
	won, err := audit.PlayOne(game.Trial{Game: g, Adversary: a, Seed: w.Seed}, &b)
	return w.Replayed(won), b.Bytes(), err
}

func writeReplayed(w io.Writer, r audit.Replayed) error {
	s := "It came out the same"
	if !r.Same {
		s = "IT DID NOT COME OUT THE SAME: " + r.Differs
	}
	if r.Now != nil {
		s += ": " + r.Now.Breach.String()
	}
	_, err := fmt.Fprintf(w, "%s\n", sheet.Safe(s))
	return err
}

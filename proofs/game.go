package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/sheet"
	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
)

// gaming is what the command game is asked for.
type gaming struct {
	adversary       string
	trials          int
	seed            uint64
	transcript, win string
	untilWon, json  bool
}

func gameCommand() *cobra.Command {
	var g gaming
	c := &cobra.Command{
		Use:   "game NAME",
		Short: "Play one game",
		Long: `game lets adversaries play one game: one, or all that play it. Without --until-won
all trials are played. A trial follows from game, adversary and seed.

Exit status 0 says that the property held, which proves nothing: a better adversary
might win. 1 says that an adversary won.`,
		Example:           `  proofs game conversation-integrity --adversary fork --trials 5000`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completed(gameNames),
		RunE:              func(c *cobra.Command, args []string) error { return g.run(c, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&g.adversary, "adversary", "", "who plays; without it, all that play this game")
	f.IntVar(&g.trials, "trials", 1000, "how many trials each plays")
	f.Uint64Var(&g.seed, "seed", 0, "the seed of the first trial; the next has the next one")
	f.BoolVar(&g.untilWon, "until-won", false, "stop at the first breach")
	f.StringVar(&g.transcript, "transcript", "", "write the transcript of the first trial that was won, or else of the first one")
	f.StringVar(&g.win, "win", "", "keep the first trial that was won in this file, for replay")
	f.BoolVar(&g.json, "json", false, "write JSON")
	_ = c.RegisterFlagCompletionFunc("adversary", completed(adversaryNames))
	return c
}

func (g *gaming) run(c *cobra.Command, name string) error {
	played, err := findGame(name)
	if err != nil {
		return err
	}
	list := adversary.Against(played)
	if g.adversary != "" {
		a, err := findAdversary(played, g.adversary)
		if err != nil {
			return err
		}
		list = []game.Adversary{a}
	}
	switch {
	case g.trials < 1:
		return fmt.Errorf("--trials %d: at least one is played", g.trials)
	case len(list) == 0:
		return fmt.Errorf("nobody plays %s", name)
	case (g.transcript != "" || g.win != "") && len(list) > 1:
		return errors.New("a transcript and a win are of one adversary: say which by --adversary")
	case g.json && g.transcript == "-":
		return errBothOnOutput
	}
	progress, done := watch(c)
	progress.AllTrials.Store(int64(g.trials * len(list)))
	p, err := audit.Play(c.Context(), played, list, g.seed, g.trials, g.untilWon, func() { progress.Trials.Add(1) })
	done()
	if err != nil {
		return err
	}
	first := p.Scores[0].First
	if g.transcript != "" {
		t := game.Trial{Game: played, Adversary: list[0], Seed: g.seed}
		if first != nil {
			t.Seed = first.Seed
		}
		if err := record(c, t, g.transcript); err != nil {
			return err
		}
	}
	if g.win != "" && first != nil {
		w := audit.Win{Version: audit.Version, Game: name, Adversary: g.adversary, Mutant: audit.Chosen(), Seed: first.Seed, Setting: first.Setting, Breach: first.Breach}
		if err := written(c, g.win, func(out io.Writer) error { return asJSON(out, w) }); err != nil {
			return err
		}
	}
	if g.json {
		err = asJSON(c.OutOrStdout(), p)
	} else {
		err = writePlayed(c.OutOrStdout(), p, played.Worlds)
	}
	if err == nil && !p.Held {
		err = errNot
	}
	return err
}

// record writes the transcript of a trial.
func record(c *cobra.Command, t game.Trial, name string) error {
	return written(c, name, func(w io.Writer) error {
		_, err := audit.PlayOne(t, w)
		return err
	})
}

func writePlayed(w io.Writer, p audit.Played, worlds bool) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if worlds {
		fmt.Fprintln(t, "adversary\ttrials\tadvantage\tinterval\t")
	} else {
		fmt.Fprintln(t, "adversary\ttrials\twins\tfirst\t")
	}
	for _, s := range p.Scores {
		first := "-"
		if s.First != nil {
			first = fmt.Sprintf("seed %d: %s", s.First.Seed, sheet.Safe(s.First.Breach.String()))
		}
		if worlds {
			fmt.Fprintf(t, "%s\t%d\t%+.4f\t%+.4f to %+.4f\t\n", s.Adversary, s.Trials, s.Advantage, s.Low, s.High)
		} else {
			fmt.Fprintf(t, "%s\t%d\t%d\t%s\t\n", s.Adversary, s.Trials, s.Won, first)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	word := p.Property + " held."
	if !p.Held {
		word = p.Property + " DOES NOT HOLD."
	}
	fmt.Fprintf(&b, "%s %s\n", word, p.Note)
	_, err := w.Write(b.Bytes())
	return err
}

func findGame(name string) (*game.Game, error) {
	if g := game.Find(name); g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("there is no game %q; proofs list names them", name)
}

func findAdversary(g *game.Game, name string) (game.Adversary, error) {
	for _, a := range adversary.Against(g) {
		if a.Name == name {
			return a, nil
		}
	}
	if _, ok := adversary.Find(name); ok {
		return game.Adversary{}, fmt.Errorf("%s does not play %s; proofs list says who does", name, g.Name)
	}
	return game.Adversary{}, fmt.Errorf("there is no adversary %q; proofs list names them", name)
}

func gameNames() (out []string) {
	for _, g := range game.All() {
		out = append(out, g.Name)
	}
	return out
}

func adversaryNames() (out []string) {
	for _, a := range adversary.All() {
		out = append(out, a.Name)
	}
	return out
}

// completed completes from a list of names.
func completed(names func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names(), cobra.ShellCompDirectiveNoFileComp
	}
}

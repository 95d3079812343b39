package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/sheet"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/explore"
)

// exploredAll is what it says of several.
type exploredAll struct {
	Version      int                 `json:"version"`
	Passed       bool                `json:"passed"`
	Explorations []audit.Exploration `json:"explorations"`
}

func searchesOf(list []explore.Bounds) (out []audit.Search) {
	for _, b := range list {
		out = append(out, audit.SearchOf(b))
	}
	return out
}

func exploreCommand() *cobra.Command {
	var b explore.Bounds
	var json bool
	var mutant string
	var standard, full bool
	c := &cobra.Command{
		Use:   "explore",
		Short: "Explore a small conversation exhaustively",
		Long: `explore looks at every state that a small conversation can reach, within bounds: every
order in which things can happen, and every choice of corrupt providers. The machines
are the real ones, only cryptography is made cheap.

Exit status 0 says that all was explored, and in no state a property was broken. 1 says
that one was, or that the depth did not suffice.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			searches := []audit.Search{audit.SearchOf(b)}
			switch {
			case full:
				searches = searchesOf(explore.Full())
			case standard:
				searches = searchesOf(explore.Standard())
			}
			passed, list := true, []audit.Exploration{}
			for _, s := range searches {
				progress, done := watch(c)
				var e audit.Exploration
				var err error
				if mutant != "" {
					e, err = audit.ExploreMutant(c.Context(), mutant, b)
				} else {
					e, err = s.Run(c.Context(), func(states, _ int) { progress.States.Store(int64(states)) })
					e.Bounds, e.Repeat = s.Bounds, s.Repeat
				}
				done()
				if err == nil && !json {
					err = writeExplored(c.OutOrStdout(), e)
				}
				if err != nil {
					return err
				}
				passed, list = passed && e.Done() && e.Violation == nil, append(list, e)
			}
			var err error
			switch {
			case json && (full || standard):
				err = asJSON(c.OutOrStdout(), exploredAll{audit.Version, passed, list})
			case json:
				err = asJSON(c.OutOrStdout(), audit.Explored{Version: audit.Version, Passed: passed, Exploration: list[0]})
			}
			if err == nil && !passed {
				err = errNot
			}
			return err
		},
	}
	f := c.Flags()
	f.IntVar(&b.Participants, "participants", 3, "how many people")
	f.IntVar(&b.Providers, "providers", 2, "how many providers")
	f.IntVar(&b.Honest, "honest", 0, "the provider that is honest: 0 is the router, 1 the first mirror; -1: none")
	f.IntVar(&b.Corrupt, "corrupt", 0, "how many of the people are corrupt")
	f.IntVar(&b.Messages, "messages", 1, "texts that are written, by whoever")
	f.IntVar(&b.Changes, "changes", 0, "removals and departures, by whoever")
	f.IntVar(&b.Restarts, "restarts", 0, "restarts and additions, by whoever")
	f.IntVar(&b.Substitutions, "substitutions", 0, "deliveries of what the honest provider has not said")
	f.IntVar(&b.Refusals, "refusals", 0, "uploads that corrupt providers refuse")
	f.IntVar(&b.Depth, "depth", 0, "moves from the beginning; 0: any number")
	f.IntVar(&b.States, "states", 0, "end at a whole depth once there are so many states; 0: never")
	f.BoolVar(&b.All, "all", false, "make every move in every state: without reductions")
	f.StringVar(&mutant, "mutant", "", "explore this mutant of the library, which is compiled for it")
	f.BoolVar(&standard, "standard", false, "explore all that an audit does, one after the other")
	f.BoolVar(&full, "full", false, "explore what takes much longer, and up to twenty gigabytes of memory")
	c.MarkFlagsMutuallyExclusive("standard", "full", "mutant")
	f.BoolVar(&json, "json", false, "write JSON")
	return c
}

func writeExplored(w io.Writer, e audit.Exploration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n%s states, %s moves, depth %d, %.1f s, %s states a second: %s\n", e.Bounds, sheet.Thousands(uint64(e.States)),
		sheet.Thousands(uint64(e.Transitions)), e.Depth, e.Seconds, sheet.Thousands(uint64(e.Rate)), e.Word())
	if v := e.Violation; v != nil {
		fmt.Fprintf(&b, "%s\n", sheet.Safe(v.What))
		for i, s := range v.Trace {
			fmt.Fprintf(&b, "%4d. %s\n", i+1, sheet.Safe(s))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

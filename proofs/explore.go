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

// explored is what explore says with --json.
type explored struct {
	Version int  `json:"version"`
	Passed  bool `json:"passed"`
	audit.Exploration
}

func exploreCommand() *cobra.Command {
	var b explore.Bounds
	var json bool
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
			s := audit.SearchOf(b)
			progress, done := watch(c)
			e, err := s.Run(c.Context(), func(states, _ int) { progress.States.Store(int64(states)) })
			done()
			if err != nil {
				return err
			}
			e.Bounds, e.Repeat = s.Bounds, s.Repeat
			out := explored{audit.Version, e.Done() && e.Violation == nil, e}
			if json {
				err = asJSON(c.OutOrStdout(), out)
			} else {
				err = writeExplored(c.OutOrStdout(), e)
			}
			if err == nil && !out.Passed {
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
	f.BoolVar(&json, "json", false, "write JSON")
	return c
}

func writeExplored(w io.Writer, e audit.Exploration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n%s states, %s moves, depth %d, %s states a second: %s\n", e.Bounds, sheet.Thousands(uint64(e.States)),
		sheet.Thousands(uint64(e.Transitions)), e.Depth, sheet.Thousands(uint64(e.Rate)), e.Word())
	if v := e.Violation; v != nil {
		fmt.Fprintf(&b, "%s\n", sheet.Safe(v.What))
		for i, s := range v.Trace {
			fmt.Fprintf(&b, "%4d. %s\n", i+1, sheet.Safe(s))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

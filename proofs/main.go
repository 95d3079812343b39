// Command proofs is the door for auditors and researchers. Alone, it audits every
// security property: it plays each game against all adversaries, lets every mutant of
// the library be beaten, explores, and writes a report. Its commands do each of these
// alone; others forge transcripts of conversations that never took place, record those
// that do, and verify, compare and show them.
//
//	go run ./proofs
//	go run ./proofs help
//
// README.md in this folder leads through it.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"cowpi.example/proofs/audit"
)

// What a run may exit with.
const (
	exitHolds  = 0 // what was asked holds
	exitNot    = 1 // it does not
	exitMisuse = 2 // it could not be asked: a wrong command line, or a file that is none
)

// errNot is what a command returns if what was asked does not hold. It has been
// said already.
var errNot = errors.New("it does not hold")

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	return runPlanned(audit.Default, args, in, out, errOut)
}

// runPlanned is run with another plan for the audit.
func runPlanned(plan planner, args []string, in io.Reader, out, errOut io.Writer) int {
	buffered := bufio.NewWriter(out)
	root := command(plan)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(buffered)
	root.SetErr(errOut)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := root.ExecuteContext(ctx)
	if flushed := buffered.Flush(); err == nil {
		err = flushed
	}
	switch {
	case err == nil:
		return exitHolds
	case errors.Is(err, errNot):
		return exitNot
	}
	fmt.Fprintf(errOut, "proofs: %v\n", err)
	return exitMisuse
}

// command is the tree of commands.
func command(plan planner) *cobra.Command {
	var a auditing
	root := &cobra.Command{
		Use:   "proofs",
		Short: "Audit the security properties of Mobile CoWPI",
		Long: `proofs audits the security properties of Mobile CoWPI. Each is a game, played against
every adversary that there is; every mutant of the library, which is without one of its
protections, must be beaten by one of them; small conversations are explored
exhaustively. It prints a table and writes a page, in at most ten minutes on two cores.
Adversaries that lose prove nothing.

Exit status: 0 if what was asked holds, 1 if it does not, 2 if it could not be
asked. Files may be - for standard input or output. Transcripts are read in either
form, binary or JSON lines.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return a.run(c, plan) },
	}
	a.flags(root)
	root.AddCommand(gameCommand(), mutantsCommand(), controlsCommand(), exploreCommand(), listCommand(), replayCommand(), reportCommand(),
		keysCommand(), recordCommand(), forgeCommand(), transcriptCommand(), judgeCommand())
	return root
}

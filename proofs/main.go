// Command proofs is the door for auditors and researchers: it forges transcripts
// of conversations that never took place, records those that do, and verifies,
// compares and shows them.
//
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

	"github.com/spf13/cobra"
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
	buffered := bufio.NewWriter(out)
	root := command()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(buffered)
	root.SetErr(errOut)
	err := root.ExecuteContext(context.Background())
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
func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "proofs",
		Short: "Check the security properties of Mobile CoWPI",
		Long: `proofs checks the security properties of Mobile CoWPI by running what is claimed.

Exit status: 0 if what was asked holds, 1 if it does not, 2 if it could not be
asked. Files may be - for standard input or output. Transcripts are read in either
form, binary or JSON lines.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return errors.New("say which command; there is a list by: proofs help")
		},
	}
	root.AddCommand(keysCommand(), recordCommand(), forgeCommand(), transcriptCommand(), judgeCommand())
	return root
}

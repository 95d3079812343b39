// Command cowpi shows Mobile CoWPI at work.
//
//	go run ./cowpi/cmd/cowpi demo [--script FILE] [--json] [--seed N]
//
// demo runs a conversation script through the real library, router and mirrors,
// over real channels in one process, and prints what each participant saw.
// testdata/scripts/README.md describes scripts.
package main

import (
	"fmt"
	"io"
	"os"
)

const usage = `cowpi shows Mobile CoWPI at work.

usage:
  cowpi demo [--script FILE] [--json] [--seed N]
  cowpi help

demo runs a conversation script and prints what each participant saw, side by
side; without --script, the examples of the paper. See testdata/scripts/README.md.

  --script FILE   the script; - is standard input
  --json          one JSON object a line: what was seen, then how each one ended
  --seed N        decides all that is left to chance (default 1)

Exit status: 0 if everything went as the script says, 1 if something else
happened, 2 for a bad script or a wrong command line.
`

// What a run may exit with.
const (
	exitOK        = 0
	exitOtherwise = 1
	exitUsage     = 2
)

// env is all that a command needs of the world.
type env struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // out is one
	getenv   func(string) string
}

func main() {
	e := env{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	if st, err := os.Stdout.Stat(); err == nil {
		e.terminal = st.Mode()&os.ModeCharDevice != 0
	}
	os.Exit(run(os.Args[1:], e))
}

func run(args []string, e env) int {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	switch name {
	case "demo":
		return demo(args[1:], e)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(e.out, usage)
		return exitOK
	case "":
		fmt.Fprint(e.err, usage)
	default:
		fmt.Fprintf(e.err, "cowpi: there is no command %q\n\n%s", name, usage)
	}
	return exitUsage
}

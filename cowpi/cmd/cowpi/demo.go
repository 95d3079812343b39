package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/sheet"
	"cowpi.example/testdata/scripts"
)

// demo is the command of that name.
func demo(args []string, e env) int {
	flags := flag.NewFlagSet("cowpi demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := flags.String("script", "", "")
	asJSON := flags.Bool("json", false, "")
	seed := flags.Uint64("seed", 1, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(e.out, usage)
		return exitOK
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("what does %q mean here?", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(e.err, "cowpi demo: %v\n\n%s", err, usage)
		return exitUsage
	}
	name, text, err := readScript(*file, e.in)
	if err != nil {
		fmt.Fprintf(e.err, "cowpi demo: %v\n", err)
		return exitUsage
	}
	s, err := script.Parse(text)
	if err != nil {
		fmt.Fprintf(e.err, "cowpi demo: %s: %v\n", name, err)
		return exitUsage
	}
	r, err := play.Play(s, play.Options{Seed: *seed})
	if err != nil {
		fmt.Fprintf(e.err, "cowpi demo: %s: %v\n", name, err)
		return exitOtherwise
	}
	out := bufio.NewWriter(e.out)
	if *asJSON {
		err = writeJSON(out, r)
	} else {
		newPage(out, e).report(r)
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		fmt.Fprintf(e.err, "cowpi demo: %v\n", err)
		return exitOtherwise
	}
	for _, f := range r.Failures {
		fmt.Fprintf(e.err, "cowpi demo: %s: %s\n", name, sheet.Safe(f.String()))
	}
	if len(r.Failures) > 0 {
		return exitOtherwise
	}
	return exitOK
}

// readScript reads the script that was asked for, one byte more than is allowed
// at most.
func readScript(file string, in io.Reader) (name, text string, err error) {
	if file == "" {
		return "default script", scripts.Default(), nil
	}
	if file == "-" {
		file = "standard input"
	} else {
		f, err := os.Open(file)
		if err != nil {
			return "", "", err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, script.MaxSize+1))
	return file, string(b), err
}

// newPage says how wide the output is, and whether it may have colours.
func newPage(out io.Writer, e env) page {
	colour := e.terminal && e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"
	p := &sheet.Page{Out: out, Width: 100, Colour: colour, Sparse: true}
	if n, err := strconv.Atoi(e.getenv("COLUMNS")); err == nil && n > 0 {
		p.Width = min(max(n, 24), 1000)
	}
	return page{p}
}

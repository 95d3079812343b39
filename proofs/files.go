package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/sheet"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// maxFile bounds what is read into memory: keys, scripts, states of messages.
const maxFile = 64 << 20

// opened opens a file to be read; - is standard input.
func opened(c *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), nil
	}
	return os.Open(name)
}

// whole reads a file that must fit into memory.
func whole(c *cobra.Command, name string) ([]byte, error) {
	f, err := opened(c, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s: more than %d bytes", name, maxFile)
	}
	return b, err
}

// withTranscript lets f read a transcript.
func withTranscript(c *cobra.Command, name string, f func(transcript.Source) error) error {
	r, err := opened(c, name)
	if err != nil {
		return err
	}
	defer r.Close()
	src, err := transcript.Open(r)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return f(src)
}

// spoken refuses what is not of the suite that everything here is computed in.
func spoken(h transcript.Header) error {
	if s := suite.Default; h.SuiteID != s.ID() || h.Suite != s.Name() {
		return fmt.Errorf("a transcript of suite %q (%d); only %q (%d) is known here", h.Suite, h.SuiteID, s.Name(), s.ID())
	}
	return nil
}

// output is where something is written. A file appears under its name when all of
// it is there, or not at all.
type output struct {
	io.Writer
	file *os.File
	buf  *bufio.Writer
	name string
}

func create(c *cobra.Command, name string) (*output, error) {
	if name == "-" {
		return &output{Writer: c.OutOrStdout()}, nil
	}
	f, err := os.CreateTemp(dirOf(name), ".proofs-*")
	if err != nil {
		return nil, err
	}
	b := bufio.NewWriter(f)
	return &output{b, f, b, name}, nil
}

// done keeps what was written if err is nil.
func (o *output) done(err error) error {
	if o.file == nil {
		return err
	}
	if err == nil {
		err = o.buf.Flush()
	}
	if e := o.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(o.file.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(o.file.Name(), o.name)
	}
	if err != nil {
		_ = os.Remove(o.file.Name())
	}
	return err
}

// written lets f write to a file.
func written(c *cobra.Command, name string, f func(io.Writer) error) error {
	o, err := create(c, name)
	if err != nil {
		return err
	}
	return o.done(f(o))
}

// sink begins a transcript in the form that was asked for.
func sink(w io.Writer, h transcript.Header, form string) (transcript.Sink, error) {
	switch form {
	case "binary":
		return transcript.NewWriter(w, h)
	case "json":
		return transcript.NewJSONWriter(w, h)
	}
	return nil, fmt.Errorf("a transcript has the form binary or json, not %q", form)
}

// counted counts what is written.
type counted struct {
	transcript.Sink
	n *uint64
}

func (s counted) Write(r transcript.Record) error {
	*s.n++
	return s.Sink.Write(r)
}

// progress says from time to time, on a terminal, how far a transcript has come.
type progress struct {
	transcript.Sink
	what string
	to   io.Writer
	n    int
	last time.Time
	said bool
}

// watched wraps a sink, if somebody watches.
func watched(c *cobra.Command, what string, s transcript.Sink) transcript.Sink {
	f, ok := c.ErrOrStderr().(*os.File)
	if !ok {
		return s
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return s
	}
	return &progress{Sink: s, what: what, to: f, last: time.Now()}
}

func (p *progress) Write(r transcript.Record) error {
	p.n++
	if p.n%64 == 0 && time.Since(p.last) > 200*time.Millisecond {
		p.last, p.said = time.Now(), true
		fmt.Fprintf(p.to, "\r%s: %d records", p.what, p.n)
	}
	return p.Sink.Write(r)
}

func (p *progress) Close() error {
	if p.said {
		fmt.Fprintf(p.to, "\r%s: %d records\n", p.what, p.n)
	}
	return p.Sink.Close()
}

// asJSON writes one value. Names and texts in it may be anybody's.
func asJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = w.Write(append(sheet.SafeJSON(b), '\n'))
	}
	return err
}

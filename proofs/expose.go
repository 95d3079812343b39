package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// exposing is how the state of one message is written down while a conversation
// takes place. Its author throws all of that away.
type exposing struct{ out, said, variant string }

func (x exposing) run(c *cobra.Command, w simulator.World, j simulator.Job) (play.Report, error) {
	variant := simulator.FromStart
	switch x.variant {
	case "start":
	case "before":
		variant = simulator.JustBefore
	default:
		return play.Report{}, fmt.Errorf("the variant is start or before, not %q", x.variant)
	}
	seen := &transcript.Memory{}
	open := j.Open
	j.Open = func(h transcript.Header) (transcript.Sink, error) {
		seen.Head = h
		to, err := open(h)
		return both{to, seen}, err
	}
	witness := simulator.NewWitness(suite.Default)
	report, err := w.Run(j, witness)
	if err != nil {
		return report, err
	}
	for _, u := range simulator.Uploads(suite.Default, seen) {
		if text, ok := witness.Said(u.Bytes); !ok || string(text) != x.said {
			continue
		}
		st, err := witness.State(u.Author, u.Bytes, variant)
		if err != nil {
			return report, err
		}
		return report, written(c, x.out, func(w io.Writer) error { return transcript.WriteMessageState(w, st) })
	}
	return report, fmt.Errorf("nobody wrote %q", x.said)
}

// both is two sinks.
type both [2]transcript.Sink

func (b both) Write(r transcript.Record) error {
	for _, s := range b {
		if err := s.Write(r); err != nil {
			return err
		}
	}
	return nil
}

func (b both) Close() error {
	for _, s := range b {
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

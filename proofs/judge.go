package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/identity"
	"cowpi.example/simulator"
	"cowpi.example/simulator/judge"
	"cowpi.example/transcript"
	"cowpi.example/transcript/show"
)

// verdict is what judge says of one transcript.
type verdict struct {
	File     string          `json:"file"`
	Findings []judge.Finding `json:"findings"`
}

// verdicts is all that judge says. Forged is the number of the transcript that was
// found to be forged, from 1; 0: nobody could tell.
type verdicts struct {
	Told        bool               `json:"told"`
	Transcripts []verdict          `json:"transcripts"`
	Comparisons []judge.Comparison `json:"comparisons,omitempty"`
	Note        string             `json:"note"`
}

const nothingProved = "Distinguishers that cannot tell prove nothing: others might. That none can is argued in SPEC.md, section 15."

func judgeCommand() *cobra.Command {
	var keys, state string
	var json bool
	c := &cobra.Command{
		Use:   "judge FILE [FILE]",
		Short: "Try to tell forged transcripts from real ones, with every long-term secret",
		Long: `judge gives all distinguishers one transcript, or two of which one may be forged,
with all long-term secrets that the file of keys holds, and says what each of them
could tell and what not. Distinguishers that cannot tell prove nothing.

Exit status 0 says that nobody could tell; 1 that somebody could.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			var list []judge.Evidence
			for _, name := range args {
				e, err := evidence(c, name, keys, state)
				if err != nil {
					return err
				}
				list = append(list, e)
			}
			v := verdicts{Note: nothingProved}
			for i, e := range list {
				found := judge.Examine(e)
				v.Transcripts = append(v.Transcripts, verdict{args[i], found})
				for _, f := range found {
					v.Told = v.Told || f.Answer != judge.CannotTell
				}
			}
			if len(list) == 2 {
				v.Comparisons = judge.Compare(list[0], list[1])
			}
			var err error
			if json {
				err = asJSON(c.OutOrStdout(), v)
			} else {
				err = v.write(c.OutOrStdout())
			}
			if err == nil && v.Told {
				err = errNot
			}
			return err
		},
	}
	c.Flags().StringVar(&keys, "keys", "", "the file of long-term keys, with as many secrets as there are; without it, the public keys that the transcripts name")
	c.Flags().StringVar(&state, "state", "", "the state of one message that stands in the transcripts")
	c.Flags().BoolVar(&json, "json", false, "write JSON")
	return c
}

func evidence(c *cobra.Command, name, keys, state string) (e judge.Evidence, err error) {
	err = withTranscript(c, name, func(src transcript.Source) (err error) {
		if err = spoken(src.Header()); err == nil {
			e.Transcript, err = transcript.Load(src)
		}
		return err
	})
	if err == nil {
		e.World = named(e.Transcript)
	}
	if err == nil && keys != "" {
		var k knowledge
		if k, err = readKeys(c, keys); err == nil {
			e.World = k.secrets
		}
	}
	if err == nil && state != "" {
		e.State, err = readState(c, state)
	}
	return e, err
}

// named is the world that a transcript names itself: public keys, and no secrets.
func named(m *transcript.Memory) (w simulator.World) {
	for _, p := range m.Head.Providers {
		w.Providers = append(w.Providers, identity.Self{ID: p.ID, Key: p.Key})
	}
	for _, r := range m.Records {
		if r, ok := r.(transcript.Registered); ok {
			if _, known := w.Self(r.User.ID); !known {
				w.Users = append(w.Users, identity.Self{ID: r.User.ID, Key: r.User.Key})
			}
		}
	}
	return w
}

func (v verdicts) write(w io.Writer) error {
	for _, t := range v.Transcripts {
		if _, err := fmt.Fprintf(w, "%s\n", show.Safe(t.File)); err != nil {
			return err
		}
		for _, f := range t.Findings {
			if _, err := fmt.Fprintf(w, "  %-12s %-11s %s\n", f.Distinguisher, f.Answer, show.Safe(f.Reason)); err != nil {
				return err
			}
		}
	}
	for _, x := range v.Comparisons {
		if x.Forged > 0 {
			if _, err := fmt.Fprintf(w, "%s says that number %d is the forged one.\n", x.Distinguisher, x.Forged); err != nil {
				return err
			}
		}
	}
	word := "Nobody could tell."
	if v.Told {
		word = "SOMEBODY COULD TELL."
	}
	_, err := fmt.Fprintf(w, "%s %s\n", word, v.Note)
	return err
}

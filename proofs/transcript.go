package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/compare"
	"cowpi.example/transcript/show"
	"cowpi.example/transcript/verify"
)

func transcriptCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "transcript",
		Short: "Verify, compare, show and convert transcripts",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("say what to do with a transcript: verify, compare, show or convert")
		},
	}
	c.AddCommand(verifyCommand(), compareCommand(), showCommand(), convertCommand())
	return c
}

func verifyCommand() *cobra.Command {
	var keys string
	var states []string
	var json bool
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Recompute everything that a third party can, and say what is established",
		Long: `verify recomputes from a transcript everything that a third party can: encodings,
Valid at every index, digests, and whether every provider was consistent. With
secrets, it says what those open. It says exactly what was established and what was
not: above all, no transcript establishes that it happened.

Exit status 1 says that something in it does not fit together.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			secrets := &verify.Secrets{LongTerm: map[identity.ID]suite.Scalar{}}
			if keys != "" {
				k, err := readKeys(c, keys)
				if err != nil {
					return err
				}
				for _, s := range slices.Concat(k.secrets.Providers, k.secrets.Users) {
					secrets.LongTerm[s.ID] = s.Secret
				}
			}
			for _, name := range states {
				st, err := readState(c, name)
				if err != nil {
					return err
				}
				secrets.Messages = append(secrets.Messages, *st)
			}
			return withTranscript(c, args[0], func(src transcript.Source) error {
				report, err := verify.Run(src, verify.Options{Secrets: secrets})
				if err != nil {
					return err
				}
				write := report.Write
				if json {
					write = report.WriteJSON
				}
				if err := write(c.OutOrStdout()); err != nil || report.Holds() {
					return err
				}
				return errNot
			})
		},
	}
	c.Flags().StringVar(&keys, "keys", "", "a file of long-term keys: what the secrets in it open")
	c.Flags().StringArrayVar(&states, "state", nil, "the state of one message; may be given several times")
	c.Flags().BoolVar(&json, "json", false, "write JSON")
	return c
}

// comparison is what compare says.
type comparison struct {
	Holds   bool                   `json:"holds"`
	Views   []compare.Result       `json:"views"`
	Streams []compare.StreamResult `json:"streams"`
}

func compareCommand() *cobra.Command {
	var json bool
	var only []string
	c := &cobra.Command{
		Use:   "compare FILE [FILE]",
		Short: "Say where two views, or two providers' streams, part",
		Long: `compare holds the views of all participants against each other, and what all
providers delivered: within one transcript, or between two of them. It says where
they part first, and whether conversation integrity holds: from the later join or
restart on, of two views one is the beginning of the other.

Exit status 1 says that it does not hold, or that providers differ.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			views, streams, err := collect(c, args)
			if err != nil {
				return err
			}
			wanted := func(a, b identity.ID) bool {
				return len(only) == 0 || slices.Contains(only, string(a)) && slices.Contains(only, string(b))
			}
			r := comparison{Holds: true}
			pairs(views, func(a, b compare.View) {
				if a.Sid == b.Sid && wanted(a.Who, b.Who) {
					v := compare.Views(a, b)
					r.Views = append(r.Views, v)
					r.Holds = r.Holds && v.Holds
				}
			})
			pairs(streams, func(a, b compare.Stream) {
				if a.Sid == b.Sid && wanted(a.Provider, b.Provider) {
					v := compare.Streams(a, b)
					r.Streams = append(r.Streams, v)
					r.Holds = r.Holds && v.Same
				}
			})
			if len(r.Views)+len(r.Streams) == 0 {
				return errors.New("there is nothing to compare: no two views or streams of one conversation")
			}
			if json {
				err = asJSON(c.OutOrStdout(), r)
			} else {
				err = r.write(c.OutOrStdout())
			}
			if err == nil && !r.Holds {
				err = errNot
			}
			return err
		},
	}
	c.Flags().BoolVar(&json, "json", false, "write JSON")
	c.Flags().StringSliceVar(&only, "only", nil, "participants or providers to compare; without it, all")
	return c
}

func (r comparison) write(w io.Writer) error {
	var b strings.Builder
	for _, v := range r.Views {
		fmt.Fprintf(&b, "%s and %s, conversation %.8s: %s\n", show.Safe(string(v.One)), show.Safe(string(v.Other)), v.Sid, show.Safe(v.Words))
	}
	for _, s := range r.Streams {
		fmt.Fprintf(&b, "%s and %s, conversation %.8s: %s\n", show.Safe(string(s.One)), show.Safe(string(s.Other)), s.Sid, show.Safe(s.Words))
	}
	word := "All fits together."
	if !r.Holds {
		word = "IT DOES NOT FIT TOGETHER."
	}
	fmt.Fprintln(&b, word)
	_, err := io.WriteString(w, b.String())
	return err
}

// pairs calls f for each two in a list.
func pairs[T any](list []T, f func(a, b T)) {
	for i := range list {
		for j := range list[:i] {
			f(list[j], list[i])
		}
	}
}

// collect takes all views and streams from transcripts, in a fixed order.
func collect(c *cobra.Command, names []string) (views []compare.View, streams []compare.Stream, err error) {
	for _, name := range names {
		var m *transcript.Memory
		if err := withTranscript(c, name, func(src transcript.Source) (err error) {
			if err = spoken(src.Header()); err == nil {
				m, err = transcript.Load(src)
			}
			return err
		}); err != nil {
			return nil, nil, err
		}
		v, err := compare.Collect(m.Source())
		if err != nil {
			return nil, nil, err
		}
		s, err := compare.CollectStreams(m.Source(), suite.Default)
		if err != nil {
			return nil, nil, err
		}
		views, streams = append(views, flat(v)...), append(streams, flat(s)...)
	}
	return views, streams, nil
}

// flat lists what is under two keys, in their order.
func flat[V any](m map[identity.ID]map[suite.Hash]V) (out []V) {
	for _, id := range sorted(m, func(id identity.ID) string { return string(id) }) {
		for _, sid := range sorted(m[id], func(h suite.Hash) string { return string(h[:]) }) {
			out = append(out, m[id][sid])
		}
	}
	return out
}

func sorted[K comparable, V any](m map[K]V, name func(K) string) (out []K) {
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b K) int { return strings.Compare(name(a), name(b)) })
	return out
}

func showCommand() *cobra.Command {
	opt := show.Options{Suite: cowpitest.Cheap} // that of most trials of the games
	var html string
	var json bool
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Draw a transcript in the terminal, or as one HTML page, or in JSON",
		Long: `show draws who served whom with what, what each participant was shown, and above
all where these part. With --json, other programs get the same; the form is described
in transcript/README.md.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withTranscript(c, args[0], func(src transcript.Source) error {
				switch {
				case json:
					return show.JSON(c.OutOrStdout(), src, opt)
				case html == "":
					return show.Terminal(c.OutOrStdout(), src, opt)
				}
				if opt.Title == "" && args[0] != "-" {
					opt.Title = args[0]
				}
				return written(c, html, func(w io.Writer) error { return show.HTML(w, src, opt) })
			})
		},
	}
	c.Flags().StringVar(&html, "html", "", "write a page to this file, which needs nothing else")
	c.Flags().BoolVar(&json, "json", false, "write JSON")
	c.MarkFlagsMutuallyExclusive("html", "json")
	c.Flags().StringVar(&opt.Title, "title", "", "of the page; without it, the name of the file")
	c.Flags().IntVar(&opt.Rows, "rows", 0, "how many indices of each conversation are drawn; 0: 600")
	c.Flags().IntVar(&opt.Lanes, "lanes", 0, "how many participants of each conversation are drawn; 0: 12")
	c.Flags().IntVar(&opt.Width, "width", 0, "of the terminal, in columns; 0: 80")
	c.Flags().BoolVar(&opt.Colour, "colour", os.Getenv("NO_COLOR") == "" && isTerminal(os.Stdout), "use colours in the terminal")
	return c
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func convertCommand() *cobra.Command {
	var out, form string
	var json bool
	c := &cobra.Command{
		Use:   "convert FILE",
		Short: "Write a transcript in the other form",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if json && out == "-" {
				return errBothOnOutput
			}
			var records uint64
			err := withTranscript(c, args[0], func(src transcript.Source) error {
				return written(c, out, func(w io.Writer) error {
					s, err := sink(w, src.Header(), form)
					if err != nil {
						return err
					}
					return transcript.Copy(watched(c, "converting", counted{s, &records}), src)
				})
			})
			if err != nil || !json {
				return err
			}
			return asJSON(c.OutOrStdout(), made{Out: out, Records: records, Failures: []string{}})
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "where the transcript goes")
	c.Flags().StringVar(&form, "form", "json", "binary or json")
	c.Flags().BoolVar(&json, "json", false, "say in JSON what was written")
	_ = c.MarkFlagRequired("out")
	_ = c.RegisterFlagCompletionFunc("form", cobra.FixedCompletions([]string{"binary", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

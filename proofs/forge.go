package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

// making is what record and forge have in common.
type making struct {
	script, keys, out, form string
	seed, schedule          uint64
	timed, json             bool
}

// made is what record, forge and convert say with --json.
type made struct {
	Out      string   `json:"out"`
	Records  uint64   `json:"records"`
	Failures []string `json:"failures"` // what went otherwise than the script says
}

var errBothOnOutput = errors.New("with --json, what is made cannot go to standard output too")

func (m *making) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.script, "script", "", "the script; without it, the paper's examples")
	f.StringVar(&m.keys, "keys", "", "the file of long-term keys; without it, keys of nobody are made up")
	f.StringVarP(&m.out, "out", "o", "", "where the transcript goes")
	f.StringVar(&m.form, "form", "binary", "binary or json")
	f.Uint64Var(&m.schedule, "schedule", 1, "decides in which order things happen that are under way at once")
	f.Uint64Var(&m.seed, "seed", 0, "draw the same coins every time (for tests); 0: random")
	f.BoolVar(&m.json, "json", false, "say in JSON what was made")
	f.BoolVar(&m.timed, "timed", false, "put times into the transcript")
	_ = c.MarkFlagRequired("out")
	_ = c.RegisterFlagCompletionFunc("form", cobra.FixedCompletions([]string{"binary", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// make lets f make a transcript of a job, and says what came of it.
func (m *making) make(c *cobra.Command, what string, s script.Script, f func(simulator.Job) (play.Report, error)) error {
	if m.json && m.out == "-" {
		return errBothOnOutput
	}
	o, err := create(c, m.out)
	if err != nil {
		return err
	}
	var records uint64
	report, err := f(simulator.Job{Script: s, Schedule: m.schedule, Coins: coins(m.seed, "coins"), Timed: m.timed,
		Open: func(h transcript.Header) (transcript.Sink, error) {
			t, err := sink(o, h, m.form)
			if err != nil {
				return nil, err
			}
			return watched(c, what, counted{t, &records}), nil
		}})
	if err := o.done(err); err != nil {
		return err
	}
	said := made{Out: m.out, Records: records, Failures: []string{}}
	for _, f := range report.Failures {
		said.Failures = append(said.Failures, f.String())
		fmt.Fprintf(c.ErrOrStderr(), "%s\n", f)
	}
	if m.json {
		if err := asJSON(c.OutOrStdout(), said); err != nil {
			return err
		}
	}
	if len(report.Failures) > 0 {
		return errNot
	}
	return nil
}

// world is whose keys a script uses.
func (m *making) world(c *cobra.Command, s script.Script) (knowledge, error) {
	if m.keys != "" {
		return readKeys(c, m.keys)
	}
	w, err := simulator.NewWorld(suite.Default, s, coins(m.seed, "keys"))
	return knowledge{w.Public(), w}, err
}

func recordCommand() *cobra.Command {
	var m making
	var x exposing
	c := &cobra.Command{
		Use:   "record",
		Short: "Let a conversation take place, and write its transcript",
		Long: `record lets a conversation really take place, in a network within this process:
everybody with their own secrets. The file of keys must hold all of them.

Exit status 1 says that something went otherwise than the script says.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := readScript(c, m.script)
			if err != nil {
				return err
			}
			k, err := m.world(c, s)
			if err != nil {
				return err
			}
			if !k.all() {
				return fmt.Errorf("%s does not hold all secrets: a conversation needs everybody's own", m.keys)
			}
			return m.make(c, "recording", s, func(j simulator.Job) (play.Report, error) {
				if x.out == "" {
					return k.secrets.Run(j, nil)
				}
				return x.run(c, k.secrets, j)
			})
		},
	}
	m.flags(c)
	c.Flags().StringVar(&x.out, "state", "", "also write the state of one message to this file")
	c.Flags().StringVar(&x.said, "said", "", "with --state: the text of the message")
	c.Flags().StringVar(&x.variant, "variant", "start", "with --state: the chain keys at the start of the chains, or those just before the message")
	c.MarkFlagsRequiredTogether("state", "said")
	_ = c.RegisterFlagCompletionFunc("variant", cobra.FixedCompletions([]string{"start", "before"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func forgeCommand() *cobra.Command {
	var m making
	var as string
	var around []string
	c := &cobra.Command{
		Use:   "forge",
		Short: "Forge the transcript of a conversation that never took place",
		Long: `forge makes the whole transcript of a conversation that never took place: from
public keys alone, or as one of the users or providers, with that one secret.
Whoever holds all long-term secrets cannot tell it from a real one. What is in the
file of keys beyond that is not used.

With --around, a real message with its state stands in it unchanged; the script must
lead to it.`,
		Example: `  proofs forge --script testdata/scripts/default.cowpi -o forged.transcript
  proofs forge --script lunch.cowpi --keys public.json --as Alice -o forged.transcript`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := readScript(c, m.script)
			if err != nil {
				return err
			}
			k, err := m.world(c, s)
			if err != nil {
				return err
			}
			forger, err := k.forger(as)
			if err != nil {
				return err
			}
			var place []transcript.MessageState
			for _, name := range around {
				st, err := readState(c, name)
				if err != nil {
					return err
				}
				place = append(place, *st)
			}
			return m.make(c, "forging", s, func(j simulator.Job) (play.Report, error) {
				j.Place = place
				return forger.Forge(j)
			})
		},
	}
	m.flags(c)
	c.Flags().StringVar(&as, "as", "outsider", "outsider, or the user or provider who forges")
	c.Flags().StringArrayVar(&around, "around", nil, "the state of a real message that is to stand in the transcript; may be given several times")
	return c
}

// forger is who forges: with what it may know, and no more.
func (k knowledge) forger(as string) (simulator.Forger, error) {
	if as == "outsider" {
		return simulator.Outsider{Public: k.public}, nil
	}
	self, ok := k.secrets.Self(identity.ID(as))
	if !ok {
		return nil, fmt.Errorf("to forge as %q, its secret must be in the file of keys", as)
	}
	for _, p := range k.public.Providers {
		if p.ID == self.ID {
			return simulator.Provider{Public: k.public, Self: self}, nil
		}
	}
	return simulator.Participant{Public: k.public, Self: self}, nil
}

func readState(c *cobra.Command, name string) (*transcript.MessageState, error) {
	f, err := opened(c, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := transcript.ReadMessageState(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &st, nil
}

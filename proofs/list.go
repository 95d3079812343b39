package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
)

// listing is all that there is.
type listing struct {
	Version     int               `json:"version"`
	Games       []listedGame      `json:"games"`
	Adversaries []listedAdversary `json:"adversaries"`
	Mutants     []listedControl   `json:"mutants"`
	Controls    []listedControl   `json:"controls"`
	Searches    []string          `json:"explorations"`
}

type listedGame struct {
	Name        string   `json:"name"`
	Property    string   `json:"property"`
	Statement   string   `json:"statement"`
	Adversaries []string `json:"adversaries"`
}

type listedAdversary struct {
	Name   string   `json:"name"`
	What   string   `json:"what"`
	Source string   `json:"source"`
	Games  []string `json:"games"`
}

type listedControl struct {
	audit.Target
	audit.Attack
}

func listCommand() *cobra.Command {
	var json bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List games, adversaries, mutants, controls and explorations",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := audit.Default(false)
			if err != nil {
				return err
			}
			l := listAll(p)
			if json {
				return asJSON(c.OutOrStdout(), l)
			}
			return l.write(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&json, "json", false, "write JSON")
	return c
}

func listAll(p audit.Plan) listing {
	l := listing{Version: audit.Version, Games: []listedGame{}, Adversaries: []listedAdversary{}, Mutants: []listedControl{},
		Controls: []listedControl{}, Searches: []string{}}
	for _, g := range game.All() {
		e := listedGame{g.Name, g.Property, g.Statement, []string{}}
		for _, a := range adversary.Against(g) {
			e.Adversaries = append(e.Adversaries, a.Name)
		}
		l.Games = append(l.Games, e)
	}
	for _, a := range adversary.All() {
		l.Adversaries = append(l.Adversaries, listedAdversary{a.Name, a.What, a.Source, append([]string{}, a.Games...)})
	}
	for _, m := range p.Mutants {
		l.Mutants = append(l.Mutants, listedControl{m.Target, m.Attack})
	}
	for _, s := range p.Systems {
		l.Controls = append(l.Controls, listedControl{s.Target, s.Attack})
	}
	for _, s := range p.Explore {
		what := s.Bounds
		if s.Mutant != "" {
			what += ", of mutant " + s.Mutant + ": must find a violation of " + s.Property
		}
		l.Searches = append(l.Searches, what)
	}
	return l
}

func (l listing) write(w io.Writer) error {
	var b strings.Builder
	head := func(s string, n int) { fmt.Fprintf(&b, "%s (%d)\n", s, n) }
	head("Games", len(l.Games))
	for _, g := range l.Games {
		fmt.Fprintf(&b, "  %s: %s\n      played by %s\n", g.Name, g.Statement, orNobody(g.Adversaries))
	}
	head("Adversaries", len(l.Adversaries))
	for _, a := range l.Adversaries {
		fmt.Fprintf(&b, "  %s: %s\n      source: %s\n", a.Name, a.What, a.Source)
	}
	for _, k := range []struct {
		head string
		list []listedControl
	}{{"Mutants", l.Mutants}, {"Other systems, as controls", l.Controls}} {
		head(k.head, len(k.list))
		for _, c := range k.list {
			fmt.Fprintf(&b, "  %s: %s\n      must be beaten by %s in %s\n", c.Name, c.What, c.Adversary, c.Game)
		}
	}
	head("Explorations", len(l.Searches))
	for _, s := range l.Searches {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

// Package report writes the report of an audit as one page, which needs nothing else:
// no network, no other file, no scripts. It says what package audit found, the
// statement and the code of each game, draws how each control was beaten, and says how
// to repeat all of it.
package report

import (
	"bufio"
	_ "embed" // the template and its style
	"fmt"
	"html/template"
	"io"
	"strings"

	"cowpi.example/cowpi/sheet"
	"cowpi.example/proofs/audit"
	"cowpi.example/proofs/game"
	"cowpi.example/transcript/show"
)

//go:embed page.tmpl
var pageSource string

//go:embed style.css
var styleSource string

// Everything that a report says goes through safe, for it may come from a file.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"safe": sheet.Safe,
	"all":  func(list []string) string { return sheet.Safe(strings.Join(list, ", ")) },
	"n":    func(n int) string { return sheet.Thousands(uint64(max(0, n))) },
	"part": func(x float64) string { return fmt.Sprintf("%+.3f", x) },
	"rate": func(x float64) string { return sheet.Thousands(uint64(max(0, x))) },
	"code": code,
	"draw": show.Drawing.HTML,
	"of":   of,
	"name": name,
	"conf": func() string { return fmt.Sprintf("%.3f %%", 100*game.Confidence) },
}).Parse(pageSource))

// document is what the template draws.
type document struct {
	*audit.Report
	Style           template.CSS
	Mutants, Others []audit.Control
}

// Write writes a report as a page.
func Write(w io.Writer, r *audit.Report) error {
	d := document{Report: r, Style: show.Style("lanes") + "\n" + template.CSS(styleSource)}
	for _, c := range r.Controls {
		if c.Kind == audit.KindMutant {
			d.Mutants = append(d.Mutants, c)
		} else {
			d.Others = append(d.Others, c)
		}
	}
	out := bufio.NewWriter(w)
	if err := page.Execute(out, d); err != nil {
		return err
	}
	return out.Flush()
}

// code is source, one safe line after the other.
func code(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(sheet.Safe(strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    ")) + "\n")
	}
	return b.String()
}

// of lists the controls that attack a game.
func of(list []audit.Control, game string) (out []audit.Control) {
	for _, c := range list {
		if c.Game == game {
			out = append(out, c)
		}
	}
	return out
}

// name makes an element's name of one of ours.
func name(kind, s string) string { return kind + "-" + audit.Anchor(s) }

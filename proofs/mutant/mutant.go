package mutant

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Mutant is one way to break the library.
type Mutant struct {
	Name      string
	What      string   // what it breaks, in a sentence
	Breaks    []string // numbers of checks, or a binding or rule in words
	Section   string   // of SPEC.md
	Game      string   // that must be won against it
	Adversary string   // by whom
	Breach    string   // the kind of breach; "guess" in a game of two worlds
	Attack    string   // how
	Beside    []string // other mutants that are alive with it: see the package comment
	Also      []Attack // who else wins against it
	Edits     []Edit

	others []Mutant // that any of its attacks needs beside it
}

// Attack is who wins against a mutant in which game, by which breach, and where which
// others are alive beside it.
type Attack struct {
	Game, Adversary, Breach string
	Beside                  []string
}

// Edit is a change of one place in one file.
type Edit struct {
	File    string // from the root of the module, with slashes
	Find    string // stands there exactly once
	Replace string // holds Token
}

// Alive lists the names of the mutant and of those beside it.
func (m Mutant) Alive() []string { return append([]string{m.Name}, m.Beside...) }

// Token stands, in what an edit puts in place, for "this mutant is alive".
const Token = "MUTANT"

// FormatError says what is wrong with a description.
type FormatError struct {
	File string
	Line int // 0: of the whole
	What string
}

func (e *FormatError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("mutant: %s: %s", e.File, e.What)
	}
	return fmt.Sprintf("mutant: %s:%d: %s", e.File, e.Line, e.What)
}

//go:embed catalogue
var catalogue embed.FS

// Load reads the catalogue, sorted by name. The error is a *FormatError.
func Load() ([]Mutant, error) {
	sub, err := fs.Sub(catalogue, "catalogue")
	if err != nil {
		return nil, err
	}
	return Read(sub)
}

// Read reads all descriptions in a folder.
func Read(folder fs.FS) (out []Mutant, err error) {
	names, err := fs.Glob(folder, "*.mutant")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		m, err := Parse(name, string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	for i := range out {
		if err := out[i].resolve(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// resolve finds the mutants that are alive with this one.
func (m *Mutant) resolve(all []Mutant) error {
	beside := slices.Clone(m.Beside)
	for _, a := range m.Also {
		beside = append(beside, a.Beside...)
	}
	for _, name := range beside {
		i := slices.IndexFunc(all, func(o Mutant) bool { return o.Name == name })
		if i < 0 || name == m.Name {
			return &FormatError{m.Name, 0, fmt.Sprintf("beside %q: there is no such other mutant", name)}
		}
		m.others = append(m.others, all[i])
	}
	return nil
}

// Parse reads one description; its file's name is the mutant's.
func Parse(file, text string) (Mutant, error) {
	m := Mutant{Name: strings.TrimSuffix(path.Base(file), ".mutant")}
	p := &parser{file: file, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	breaks, beside, also := "", "", ""
	fields := map[string]*string{"what": &m.What, "breaks": &breaks, "section": &m.Section, "game": &m.Game,
		"adversary": &m.Adversary, "breach": &m.Breach, "attack": &m.Attack, "beside": &beside, "also": &also}
	for p.next() {
		line := p.line()
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.TrimSpace(line) == "":
		case ok && key == "file":
			e, err := p.edit(value)
			if err != nil {
				return m, err
			}
			m.Edits = append(m.Edits, e)
		case ok && fields[key] != nil && *fields[key] == "":
			*fields[key] = value + p.indented()
		default:
			return m, p.wrong("%q is no field, or stands there twice", key)
		}
	}
	m.Breaks, m.Beside = list(breaks), list(beside)
	var err error
	if m.Also, err = p.attacks(m.Game, also); err != nil {
		return m, err
	}
	optional := []string{"beside", "also"}
	for key, value := range fields {
		if *value == "" && !slices.Contains(optional, key) {
			return m, &FormatError{file, 0, key + " is missing"}
		}
	}
	if len(m.Edits) == 0 {
		return m, &FormatError{file, 0, "it changes nothing"}
	}
	return m, nil
}

// list is what stands between commas.
func list(s string) (out []string) {
	for _, v := range strings.Split(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// attacks are written "ADVERSARY BREACH"; then, if it is another one, "in GAME"; and,
// where others have to be alive beside it, "beside MUTANT MUTANT...".
func (p *parser) attacks(game, text string) (out []Attack, err error) {
	for _, words := range list(text) {
		a := Attack{Game: game}
		who, beside, others := strings.Cut(words, " beside ")
		if others {
			a.Beside = strings.Fields(beside)
		}
		switch w := strings.Fields(who); {
		case others && len(a.Beside) == 0:
			return nil, p.notAnAttack(words)
		case len(w) == 4 && w[2] == "in":
			a.Game = w[3]
			fallthrough
		case len(w) == 2:
			a.Adversary, a.Breach = w[0], w[1]
		default:
			return nil, p.notAnAttack(words)
		}
		out = append(out, a)
	}
	return out, nil
}

func (p *parser) notAnAttack(words string) error {
	return &FormatError{p.file, 0, fmt.Sprintf("also %q: it should be an adversary, a breach, and perhaps \"in\" and a game, and \"beside\" and mutants", words)}
}

// parser reads lines.
type parser struct {
	file  string
	lines []string
	at    int // of the line that line returned, from 1
}

func (p *parser) next() bool { return p.at < len(p.lines) }

func (p *parser) line() string {
	p.at++
	return p.lines[p.at-1]
}

func (p *parser) wrong(format string, args ...any) error {
	return &FormatError{p.file, p.at, fmt.Sprintf(format, args...)}
}

// indented is what goes on from the line above.
func (p *parser) indented() (more string) {
	for p.next() && strings.TrimLeft(p.lines[p.at], " \t") != p.lines[p.at] && strings.TrimSpace(p.lines[p.at]) != "" {
		more += " " + strings.TrimSpace(p.line())
	}
	return more
}

// edit reads what follows file.
func (p *parser) edit(file string) (Edit, error) {
	e := Edit{File: file}
	until := func(head, end string) (string, error) {
		if !p.next() || p.line() != head {
			return "", p.wrong("%q is missing", head)
		}
		var lines []string
		for p.next() && p.lines[p.at] != end {
			lines = append(lines, p.line())
		}
		if !p.next() || len(lines) == 0 {
			return "", p.wrong("%s has no lines, or no %q behind them", head, end)
		}
		return strings.Join(lines, "\n") + "\n", nil
	}
	var err error
	if e.Find, err = until("find:", "replace:"); err != nil {
		return e, err
	}
	if e.Replace, err = until("replace:", "end"); err != nil {
		return e, err
	}
	p.line()
	if !strings.Contains(e.Replace, Token) {
		return e, p.wrong("what is put in place does not hang on %s", Token)
	}
	return e, nil
}

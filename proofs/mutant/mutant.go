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
	Redundant string   // why no game can be won against it, if none can
	Edits     []Edit
}

// Edit is a change of one place in one file.
type Edit struct {
	File    string // from the root of the module, with slashes
	Find    string // stands there exactly once
	Replace string // holds Token
}

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
	return out, nil
}

// Parse reads one description; its file's name is the mutant's.
func Parse(file, text string) (Mutant, error) {
	m := Mutant{Name: strings.TrimSuffix(path.Base(file), ".mutant")}
	p := &parser{file: file, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	breaks := ""
	fields := map[string]*string{"what": &m.What, "breaks": &breaks, "section": &m.Section, "game": &m.Game,
		"adversary": &m.Adversary, "breach": &m.Breach, "attack": &m.Attack, "redundant": &m.Redundant}
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
	for _, b := range strings.Split(breaks, ",") {
		if b = strings.TrimSpace(b); b != "" {
			m.Breaks = append(m.Breaks, b)
		}
	}
	for key, value := range fields {
		if *value == "" && (m.Redundant == "" && key != "redundant" || key == "what" || key == "breaks") {
			return m, &FormatError{file, 0, key + " is missing"}
		}
	}
	if len(m.Edits) == 0 {
		return m, &FormatError{file, 0, "it changes nothing"}
	}
	return m, nil
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

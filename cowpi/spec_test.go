package cowpi_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// SPEC.md is held against the code: the table of checks, the labels, the sizes,
// and the sections that comments name. Each reading is a function that returns
// what is wrong, so that it can be given a wrong document as well.

func specText(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	return string(b)
}

// tableUnder returns the cells of the first table behind a heading.
func tableUnder(doc, heading string) (rows [][]string) {
	_, rest, found := strings.Cut(doc, "\n"+heading+"\n")
	if !found {
		return nil
	}
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			return rows
		case !strings.HasPrefix(line, "|"):
			if len(rows) > 0 {
				return rows[1:] // without its head
			}
			continue
		case strings.HasPrefix(line, "|---"):
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) > 0 {
		rows = rows[1:]
	}
	return rows
}

// source is the parsed code below this folder.
type source map[string]*ast.File

func parseSource(t *testing.T) source {
	t.Helper()
	src := source{}
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		src[path] = f
		return err
	}))
	return src
}

// functions returns the functions and methods of this name in a file.
func (s source) functions(path, name string) (out []*ast.FuncDecl) {
	if f := s[path]; f != nil {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == name {
				out = append(out, fn)
			}
		}
	}
	return out
}

// mentions says whether code contains fault.<check>.
func mentions(n ast.Node, check string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == check {
			x, ok := sel.X.(*ast.Ident)
			found = found || ok && x.Name == "fault"
		}
		return !found
	})
	return found
}

// checkConstants lists the constants of type Check, by the number that each stands
// for, which is also its name.
func (s source) checkConstants() (out []string) {
	ast.Inspect(s["fault/checks.go"], func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Check" {
				number, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if number != v.Names[0].Name {
					number = v.Names[0].Name + " = " + number
				}
				out = append(out, number)
			}
		}
		return true
	})
	return out
}

// checkTable compares section 11 with the code.
func checkTable(doc string, src source) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	known := src.checkConstants()
	listed := map[string]bool{}
	for _, row := range tableUnder(doc, "## 11. Checks") {
		if len(row) != 4 {
			say("row %v has %d cells", row, len(row))
			continue
		}
		check := row[0]
		if listed[check] {
			say("%s is listed twice", check)
		}
		listed[check] = true
		if !slices.Contains(known, check) {
			say("%s is no constant of fault/checks.go", check)
		}
		if row[1] == "" {
			say("%s says nothing", check)
		}
		for _, at := range places(row[2]) {
			if !src.implements(at, check) {
				say("%s: %s does not exist or does not check it", check, strings.Join(at[:], ":"))
			}
		}
		for _, at := range places(row[3]) {
			if !src.tests(at, check) {
				say("%s: there is no such test of it: %s", check, strings.Join(at[:], ":"))
			}
		}
	}
	for _, check := range known {
		if !listed[check] {
			say("%s is not in the table", check)
		}
	}
	return wrong
}

// places splits "path:Name, path:Name"; a dash is a place that does not exist.
func places(cell string) (out [][2]string) {
	for part := range strings.SplitSeq(cell, ",") {
		path, name, _ := strings.Cut(strings.TrimSpace(part), ":")
		out = append(out, [2]string{path, name})
	}
	return out
}

// implements: the function names the constant; or, where a broken check is not an
// error (C3, D6), its comment says that it is this check.
func (s source) implements(at [2]string, check string) bool {
	if strings.HasSuffix(at[0], "_test.go") {
		return false
	}
	says := regexp.MustCompile(`\bcheck ` + check + `\b`)
	return slices.ContainsFunc(s.functions(at[0], at[1]), func(fn *ast.FuncDecl) bool {
		return mentions(fn, check) || says.MatchString(strings.Join(strings.Fields(fn.Doc.Text()), " "))
	})
}

// tests: the test names the constant; or has the number in its own name, and
// leaves the comparing to a function of its file.
func (s source) tests(at [2]string, check string) bool {
	if !strings.HasSuffix(at[0], "_test.go") || !strings.HasPrefix(at[1], "Test") {
		return false
	}
	numbered := regexp.MustCompile(check + `([^0-9]|$)`).MatchString(at[1])
	return slices.ContainsFunc(s.functions(at[0], at[1]), func(fn *ast.FuncDecl) bool {
		return mentions(fn, check) || numbered && mentions(s[at[0]], check)
	})
}

func TestSpecChecksAreImplementedAndTested(t *testing.T) {
	src := parseSource(t)
	require.Greater(t, len(src.checkConstants()), 60)
	require.Empty(t, checkTable(specText(t), src))
}

// Each way in which the table can be wrong is noticed.
func TestSpecChecksNegativeControls(t *testing.T) {
	doc, src := specText(t), parseSource(t)
	honest := checkTable(doc, src)
	row := regexp.MustCompile(`(?m)^\| P3 \|.*\n`).FindString(doc)
	require.NotEmpty(t, row)
	for name, change := range map[string]string{
		"missing":            "",
		"twice":              row + row,
		"unknown":            row + strings.Replace(row, "P3", "P99", 1),
		"no such function":   strings.Replace(row, ":checkN", ":checkM", 1),
		"another function":   strings.Replace(row, ":checkN", ":take", 1),
		"no such file":       strings.Replace(row, "pair/receive.go", "pair/recieve.go", 1),
		"a test as code":     strings.Replace(row, "pair/receive.go:checkN", "pair/checks_test.go:TestP3Jumps", 1),
		"no such test":       strings.Replace(row, ":TestP3Jumps", ":TestP3Leaps", 1),
		"a test of another":  strings.Replace(row, ":TestP3Jumps", ":TestP4NoChain", 1),
		"a test not written": strings.Replace(row, "pair/checks_test.go:TestP3Jumps", "—", 1),
		"code as a test":     strings.Replace(row, "pair/checks_test.go:TestP3Jumps", "pair/receive.go:checkN", 1),
		"says nothing":       regexp.MustCompile(`^\| P3 \|[^|]*`).ReplaceAllString(row, "| P3 | "),
		"a cell less":        "| P3 | x | y |\n",
	} {
		require.NotEqual(t, row, change, name)
		require.Greater(t, len(checkTable(strings.Replace(doc, row, change, 1), src)), len(honest), name)
	}
}

// takesPurpose are the functions one of whose arguments is a suite.Purpose.
var takesPurpose = []string{"Hash", "KDF", "Seal", "Open", "Map", "Draw", "coin", "derive", "key", "newCode", "kdf"}

// purposesOf lists the purposes that a file names.
func purposesOf(f *ast.File) map[string]bool {
	out := map[string]bool{}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			out[s] = true
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch fun := n.Fun.(type) {
			case *ast.Ident:
				name = fun.Name
			case *ast.SelectorExpr:
				name = fun.Sel.Name
			}
			if slices.Contains(takesPurpose, name) {
				for _, arg := range n.Args {
					add(arg)
				}
			}
		case *ast.ValueSpec:
			if sel, ok := n.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Purpose" {
				for _, v := range n.Values {
					add(v)
				}
			}
		}
		return true
	})
	return out
}

// purposes compares section 2.5 with the code of the pure packages.
func purposes(doc string, src source) (wrong []string) {
	used := map[string]bool{}
	for path, f := range src {
		if pure(path) && !strings.HasSuffix(path, "_test.go") {
			maps.Copy(used, purposesOf(f))
		}
	}
	listed := map[string]bool{}
	for _, row := range tableUnder(doc, "### 2.5 All purposes") {
		listed[strings.Trim(row[0], "`")] = true
	}
	for p := range used {
		if !listed[p] {
			wrong = append(wrong, fmt.Sprintf("%q is used and not listed", p))
		}
	}
	for p := range listed {
		if !used[p] {
			wrong = append(wrong, fmt.Sprintf("%q is listed and not used", p))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestSpecListsEveryPurpose(t *testing.T) {
	doc, src := specText(t), parseSource(t)
	require.Empty(t, purposes(doc, src))

	// Negative controls: one missing, one renamed.
	require.Equal(t, []string{`"shown text" is used and not listed`},
		purposes(strings.Replace(doc, "| `shown text` | Hash | 8.3 |\n", "", 1), src))
	require.Len(t, purposes(strings.Replace(doc, "| `auth sid` |", "| `auth Sid` |", 1), src), 2)
}

var (
	citation = regexp.MustCompile(`SPEC\.md,? (?:sections? )?(\d+(?:\.\d+)?)(?: and (\d+(?:\.\d+)?))?`)
	numbered = regexp.MustCompile(`(?m)^##+ (\d+(?:\.\d+)?)\.? `)
)

// sections compares the sections that comments name with the headings.
func sections(doc string, src source) (wrong []string) {
	has := map[string]bool{}
	for _, m := range numbered.FindAllStringSubmatch(doc, -1) {
		has[m[1]] = true
	}
	for path, f := range src {
		for _, group := range f.Comments {
			text := strings.Join(strings.Fields(group.Text()), " ")
			for _, m := range citation.FindAllStringSubmatch(text, -1) {
				for _, n := range m[1:] {
					if n != "" && !has[n] {
						wrong = append(wrong, fmt.Sprintf("%s names section %s", path, n))
					}
				}
			}
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

func TestSpecHasEverySectionThatCommentsName(t *testing.T) {
	doc, src := specText(t), parseSource(t)
	require.Empty(t, sections(doc, src))
	require.NotEmpty(t, sections(strings.Replace(doc, "### 10.4 ", "### 10.44 ", 1), src)) // negative control
}

package cowpi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is one line of the table of checks in SPEC.md, section 11.
type row struct{ id, what, code, test string }

var rowPattern = regexp.MustCompile(`^\| ([A-Z]\d+) \| (.+) \| ([^|]+) \| ([^|]+) \|$`)

// specRows reads the table.
func specRows(spec string) (out []row) {
	_, section, _ := strings.Cut(spec, "\n## 11. ")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, line := range strings.Split(section, "\n") {
		if m := rowPattern.FindStringSubmatch(line); m != nil {
			out = append(out, row{m[1], m[2], m[3], m[4]})
		}
	}
	return out
}

// declaredChecks lists the constants of type Check in fault/checks.go.
func declaredChecks(t *testing.T) map[string]bool {
	src, err := os.ReadFile("fault/checks.go")
	require.NoError(t, err)
	out := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t([A-Z]\d+)\s+Check = "([A-Z]\d+)"`).FindAllStringSubmatch(string(src), -1) {
		require.Equal(t, m[1], m[2])
		out[m[1]] = true
	}
	return out
}

// place finds "file.go:Func" below this folder; it says what is wrong, or "".
func place(at, id string) string {
	file, fn, ok := strings.Cut(strings.TrimSpace(at), ":")
	if !ok {
		return at + " is not file:function"
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if !regexp.MustCompile(`\b(fault\.)?` + id + `\b`).Match(src) {
		return file + " does not mention " + id
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
	if err != nil {
		return err.Error()
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == fn {
			return ""
		}
	}
	return file + " has no function " + fn
}

// judge says what is wrong with the table.
func judge(rows []row, declared map[string]bool) (faults []string) {
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.id] {
			faults = append(faults, r.id+" stands twice")
		}
		seen[r.id] = true
		if !declared[r.id] {
			faults = append(faults, r.id+" is not declared")
		}
		for _, at := range append(strings.Split(r.code, ","), strings.Split(r.test, ",")...) {
			if bad := place(at, r.id); bad != "" {
				faults = append(faults, r.id+": "+bad)
			}
		}
		if !strings.Contains(r.test, "_test.go:") {
			faults = append(faults, r.id+" has no test")
		}
	}
	for id := range declared {
		if !seen[id] {
			faults = append(faults, id+" is not in the table")
		}
	}
	return faults
}

// Every check has a number, a line in SPEC.md, a place in the code and a test.
func TestTableOfChecks(t *testing.T) {
	spec, err := os.ReadFile("SPEC.md")
	require.NoError(t, err)
	rows, declared := specRows(string(spec)), declaredChecks(t)
	require.Greater(t, len(declared), 60)
	require.Empty(t, judge(rows, declared))
}

// The judge notices what could be wrong (negative control).
func TestTableOfChecksCanFail(t *testing.T) {
	good := []row{{"V9", "x", "conversation/valid.go:validUpdate", "conversation/checks_test.go:TestEveryCheckOfValid"}}
	only := map[string]bool{"V9": true}
	require.Empty(t, judge(good, only))
	for name, bad := range map[string]row{
		"no such file":     {"V9", "x", "conversation/nowhere.go:validUpdate", good[0].test},
		"no such function": {"V9", "x", "conversation/valid.go:nothing", good[0].test},
		"no mention":       {"V9", "x", "conversation/roster.go:NewRoster", good[0].test},
		"no test":          {"V9", "x", good[0].code, "—"},
		"unknown":          {"V99", "x", good[0].code, good[0].test},
	} {
		require.NotEmpty(t, judge([]row{bad}, only), name)
	}
	require.NotEmpty(t, judge(nil, only), "missing")
	require.NotEmpty(t, judge(append(good, good...), only), "twice")
}

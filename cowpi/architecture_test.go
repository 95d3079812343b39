package cowpi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "cowpi.example"

// floors is the house: a package imports only packages of lower floors. A new
// package of cowpi/ must be given a floor here.
var floors = map[string]int{
	"cowpi/fault":             0, // imports nothing of ours, and all may import it
	"cowpi/suite":             1,
	"cowpi/wire":              1,
	"cowpi/store":             1,
	"cowpi/identity":          2,
	"cowpi/naxos":             3,
	"cowpi/pair":              4,
	"cowpi/channel":           4,
	"cowpi/conversation":      4,
	"cowpi/content":           5,
	"cowpi/exchange":          5,
	"cowpi/integrity":         6, // the relation of views, for the test network and for transcripts
	"cowpi/provider":          6, // never meets the participant
	"cowpi":                   6,
	"cowpi/corpustest":        0, // reads fuzz corpora, for tests
	"cowpi/cowpitest":         7,
	"cowpi/sheet":             7, // tables for people, for all commands
	"cowpi/vectors":           7,
	"cowpi/script":            7,
	"cowpi/script/play":       8,
	"cowpi/script/scripttest": 8,
	"testdata/scripts":        0, // the demo's scripts, embedded
	"cowpi/cmd/cowpi":         9,
}

// tools may do more than the pure packages: tests, scripts, what is written for
// people, the command.
var tools = []string{"cowpitest", "corpustest", "vectors", "script", "sheet", "cmd", "client", "server"}

// pure says whether a file or folder, relative to cowpi/, is of a pure package: one
// without clock, I/O, goroutines and randomness of its own.
func pure(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !slices.Contains(tools, first)
}

// allowed is what pure packages import of the standard library. None of it does
// I/O, knows the time, or draws random numbers.
var allowed = []string{
	"bytes", "cmp", "crypto/cipher", "crypto/sha256", "crypto/subtle", "encoding", "encoding/binary",
	"errors", "fmt", "maps", "math", "math/bits", "slices", "sort", "strconv", "strings", "unicode/utf8",
}

// exceptions: who else may import what, and why.
var exceptions = map[string][]string{
	"cowpi":       {"runtime", "sync"}, // blocks.go makes the blocks of a large group on all cores
	"cowpi/suite": {"sync"},            // a pool of buffers for associated data, which is public
}

// outside are the modules that pure packages may import.
var outside = []string{"golang.org/x/crypto/", "github.com/cloudflare/circl/"}

// listed is a package as the go tool lists it.
type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func inModule(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, module+"/")
}

// siblings of cowpi/ import it, and each those before it. Their own rooms are
// theirs to order.
var siblings = []string{"transcript", "simulator", "proofs"}

// sibling is the place of a package's folder among them, or -1.
func sibling(name string) int {
	first, _, _ := strings.Cut(name, "/")
	return slices.Index(siblings, first)
}

// imports holds packages against the drawing of the house.
func imports(packages []listed) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, p := range packages {
		name, _ := inModule(p.ImportPath)
		if rank := sibling(name); rank >= 0 {
			for _, imp := range p.Imports {
				if other, ours := inModule(imp); ours && sibling(other) > rank {
					say("%s imports %s", name, other)
				}
			}
			continue
		}
		floor, known := floors[name]
		if !known {
			say("%s has no floor", name)
			continue
		}
		below, _ := strings.CutPrefix(name, "cowpi/")
		for _, imp := range p.Imports {
			if other, ours := inModule(imp); ours {
				if at, known := floors[other]; !known || at >= floor {
					say("%s imports %s", name, other)
				}
			} else if pure(below) && !slices.Contains(allowed, imp) && !slices.Contains(exceptions[name], imp) &&
				!slices.ContainsFunc(outside, func(m string) bool { return strings.HasPrefix(imp, m) }) {
				say("%s imports %s", name, imp)
			}
		}
	}
	return wrong
}

func listPackages(t *testing.T, args ...string) (out []listed) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Standard"}, args...)...)
	cmd.Dir = ".."
	raw, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("go list: %v\n%s", err, failed.Stderr)
	}
	require.NoError(t, err)
	for dec := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return out
		} else {
			require.NoError(t, err)
		}
		out = append(out, p)
	}
}

func TestImportsRunOneWay(t *testing.T) {
	packages := listPackages(t, "./...")
	require.Greater(t, len(packages), 10)
	require.Empty(t, imports(packages))
}

func TestImportsNegativeControls(t *testing.T) {
	for _, c := range []struct {
		name    string
		imports []string
	}{
		{"cowpi", []string{"cowpi.example/transcript"}},
		{"cowpi/provider", []string{"cowpi.example/simulator/forge"}},
		{"cowpi/cmd/cowpi", []string{"cowpi.example/proofs"}},
		{"cowpi/suite", []string{"cowpi.example/cowpi/identity"}},
		{"cowpi/pair", []string{"cowpi.example/cowpi/conversation"}},
		{"cowpi/provider", []string{"cowpi.example/cowpi"}},
		{"cowpi", []string{"cowpi.example/cowpi/provider"}},
		{"cowpi", []string{"cowpi.example/cowpi/cowpitest"}},
		{"cowpi/provider", []string{"cowpi.example/cowpi/sheet"}},
		{"cowpi", []string{"time"}},
		{"cowpi/pair", []string{"sync"}},
		{"cowpi/naxos", []string{"crypto/rand"}},
		{"cowpi/provider", []string{"net"}},
		{"cowpi/store", []string{"os"}},
		{"cowpi/content", []string{"math/rand/v2"}},
		{"cowpi/wire", []string{"example.com/other"}},
		{"cowpi/attic", nil},
		{"transcript", []string{"cowpi.example/simulator"}},
		{"simulator/forge", []string{"cowpi.example/proofs/game"}},
	} {
		bad := listed{ImportPath: module + "/" + c.name, Imports: c.imports}
		good := listed{ImportPath: bad.ImportPath, Imports: []string{"fmt"}}
		require.Len(t, imports([]listed{bad}), 1, "%v", bad)
		if bad.Imports != nil {
			require.Empty(t, imports([]listed{good}), "%v", good)
		}
	}
}

// foreign lists the packages, of these, that belong to a module which the pure
// packages are not to need, however indirectly.
func foreign(packages []listed) (out []string) {
	known := append([]string{module + "/", "golang.org/x/sys/"}, outside...)
	for _, p := range packages {
		if !p.Standard && !slices.ContainsFunc(known, func(m string) bool { return strings.HasPrefix(p.ImportPath+"/", m) }) {
			out = append(out, p.ImportPath)
		}
	}
	return out
}

// x/crypto and circl need x/sys; nothing else comes with the library.
func TestPurePackagesNeedFewModules(t *testing.T) {
	require.Empty(t, foreign(listPackages(t, "-deps", "./cowpi", "./cowpi/provider")))
	require.Equal(t, []string{"example.com/x"}, foreign([]listed{{ImportPath: "example.com/x"}, {ImportPath: "fmt", Standard: true}})) // negative control
}

// concurrency lists where a file starts goroutines: go statements, and calls of a
// method named Go.
func concurrency(name string, f *ast.File) (out []string) {
	for _, d := range f.Decls {
		where := name
		if fn, ok := d.(*ast.FuncDecl); ok {
			where += ":" + fn.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				out = append(out, where)
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" {
					out = append(out, where)
				}
			}
			return true
		})
	}
	return out
}

// The pure packages start goroutines at one place, which waits for them.
func TestOneFork(t *testing.T) {
	var found []string
	for name, f := range parseSource(t) {
		if pure(name) && !strings.HasSuffix(name, "_test.go") {
			found = append(found, concurrency(path.Clean(name), f)...)
		}
	}
	require.Equal(t, []string{"blocks.go:fork"}, found)

	for _, body := range []string{"go f()", "var wg sync.WaitGroup; wg.Go(f)", "func() { go f() }()"} { // negative controls
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; func bad() { "+body+" }", 0)
		require.NoError(t, err)
		require.Equal(t, []string{"x.go:bad"}, concurrency("x.go", f))
	}
}

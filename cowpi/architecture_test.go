package cowpi_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "cowpi.example"

// floors orders the packages: each imports only from floors below its own. The
// packages of the last two are not pure.
var floors = [][]string{
	{"cowpi/fault"},
	{"cowpi/suite", "cowpi/wire"},
	{"cowpi/identity", "cowpi/store"},
	{"cowpi/naxos"},
	{"cowpi/channel", "cowpi/pair", "cowpi/conversation"},
	{"cowpi/content", "cowpi/exchange"},
	{"cowpi", "cowpi/provider"},
	{"cowpi/cowpitest", "cowpi/script"},
	{"cowpi/script/play", "testdata/scripts", "cowpi/vectors", "cowpi/cmd/cowpi"},
	{"transcript"}, {"simulator"}, {"proofs"},
}

const pureFloors = 7

// forbidden is what pure packages must not import: clocks, I/O, randomness.
var forbidden = []string{"os", "net", "time", "io", "log", "syscall", "crypto/rand", "math/rand", "math/rand/v2",
	"bufio", "context", "database/sql", "embed", "runtime/debug", "unsafe", "testing"}

// allowedModules are what pure packages may import beside the standard library.
var allowedModules = []string{"golang.org/x/crypto/", "github.com/cloudflare/circl/"}

type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
	GoFiles    []string
	Standard   bool
}

func listPackages(t *testing.T, args ...string) (out []pkg) {
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = ".."
	data, err := cmd.Output()
	require.NoError(t, err)
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return out
		} else {
			require.NoError(t, err)
		}
		out = append(out, p)
	}
}

func floorOf(path string) int {
	short := strings.TrimPrefix(path, module+"/")
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, short) })
}

// badImports says which imports of a package point up, sideways, or out of what is
// pure.
func badImports(p pkg) (bad []string) {
	here := floorOf(p.ImportPath)
	if here < 0 {
		return []string{p.ImportPath + " stands on no floor"}
	}
	for _, imp := range p.Imports {
		switch {
		case strings.HasPrefix(imp, module+"/"):
			if there := floorOf(imp); there < 0 || there >= here {
				bad = append(bad, p.ImportPath+" imports "+imp+", which is not below it")
			}
		case here >= pureFloors:
		case strings.Contains(strings.SplitN(imp, "/", 2)[0], "."):
			if !slices.ContainsFunc(allowedModules, func(m string) bool { return strings.HasPrefix(imp, m) }) {
				bad = append(bad, p.ImportPath+" imports "+imp)
			}
		case slices.Contains(forbidden, imp):
			bad = append(bad, p.ImportPath+" imports "+imp+" and is meant to be pure")
		}
	}
	return bad
}

// goroutines finds go statements and calls of a WaitGroup's Go.
func goroutines(t *testing.T, name string, src any) (out []string) {
	f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
	require.NoError(t, err)
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				out = append(out, filepath.Base(name)+":"+fn.Name.Name)
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" {
					out = append(out, filepath.Base(name)+":"+fn.Name.Name)
				}
			}
			return true
		})
	}
	return out
}

func TestImportsRunOneWay(t *testing.T) {
	all := listPackages(t, "./...")
	require.Greater(t, len(all), 12)
	var forks []string
	for _, p := range all {
		require.Empty(t, badImports(p))
		if floorOf(p.ImportPath) < pureFloors {
			for _, f := range p.GoFiles {
				forks = append(forks, goroutines(t, filepath.Join(p.Dir, f), nil)...)
			}
		}
	}
	require.Equal(t, []string{"blocks.go:fork"}, forks, "the one use of goroutines in pure packages")
}

// The pure packages need no module but x/crypto and circl, and theirs.
func TestPurePackagesNeedFewModules(t *testing.T) {
	allowed := append([]string{module + "/", "golang.org/x/sys/"}, allowedModules...)
	for _, p := range listPackages(t, "-deps", "./cowpi", "./cowpi/provider") {
		if !p.Standard {
			require.True(t, slices.ContainsFunc(allowed, func(m string) bool { return strings.HasPrefix(p.ImportPath+"/", m) }),
				"%s is not allowed", p.ImportPath)
		}
	}
}

// The checks above can fail.
func TestImportRulesCanFail(t *testing.T) {
	ok := pkg{ImportPath: module + "/cowpi/pair", Imports: []string{module + "/cowpi/naxos", "encoding/binary", "golang.org/x/crypto/cryptobyte"}}
	require.Empty(t, badImports(ok))
	for _, imp := range []string{module + "/cowpi", module + "/cowpi/channel", module + "/transcript", module + "/cowpi/unheard", "os", "time",
		"math/rand/v2", "github.com/stretchr/testify/require"} {
		require.NotEmpty(t, badImports(pkg{ImportPath: ok.ImportPath, Imports: []string{imp}}), imp)
	}
	require.NotEmpty(t, badImports(pkg{ImportPath: module + "/cowpi/newcomer"}))
	require.Len(t, goroutines(t, "x.go", "package x\nfunc f() { go f() }\nfunc g() { var w W; w.Go(f) }"), 2)
}

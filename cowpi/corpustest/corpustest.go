// Package corpustest loads the committed inputs of fuzz targets, one raw file
// each, from testdata/fuzz at the top of the module, where tests of all packages
// find them alike.
package corpustest

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"testing"
)

// dir is where the inputs of a target lie, seen from the package that is tested,
// however deep it lies.
func dir(target string) string {
	top := "."
	for range 8 {
		if _, err := os.Stat(filepath.Join(top, "go.mod")); err == nil {
			break
		}
		top = filepath.Join(top, "..")
	}
	return filepath.Join(top, "testdata", "fuzz", target)
}

// Load returns the inputs of a target, such as "exchange.FuzzParse", in the order
// of their names. There must be some.
func Load(t testing.TB, target string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir(target), "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus of %s: %v", target, err)
	}
	sort.Strings(files)
	var out [][]byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// Add adds the inputs of a target whose only argument is bytes.
func Add(f *testing.F, target string) {
	f.Helper()
	for _, b := range Load(f, target) {
		f.Add(b)
	}
}

// Write replaces the inputs of a target.
func Write(t testing.TB, target string, inputs [][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir(target)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, b := range inputs {
		if err := os.WriteFile(filepath.Join(dir(target), fmt.Sprintf("%03d", i)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Package corpustest loads the committed inputs of fuzz targets from testdata/fuzz
// at the top of the module, where tests of all packages find them alike. A file is
// one input: in the form in which Go's fuzzer writes down what it finds, so that a
// finding can be moved there as it is; or, of a target of bytes, just these bytes.
package corpustest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// dir is where the inputs of a target lie, seen from a package of this module.
func dir(target string) string {
	up := ".."
	for range 5 {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			break
		}
		up = filepath.Join(up, "..")
	}
	return filepath.Join(up, "testdata", "fuzz", target)
}

// Load returns the files of a target, such as "exchange.FuzzParse", in the order
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

// Add adds the inputs of a target.
func Add(f *testing.F, target string) {
	f.Helper()
	for i, b := range Load(f, target) {
		args, err := Decode(b)
		if err != nil {
			f.Fatalf("%s, input %d: %v", target, i, err)
		}
		f.Add(args...)
	}
}

// header begins an input in the form of Go's fuzzer; one argument a line follows.
const header = "go test fuzz v1\n"

// Decode returns the arguments that a file stands for.
func Decode(file []byte) ([]any, error) {
	text, ok := bytes.CutPrefix(file, []byte(header))
	if !ok {
		return []any{file}, nil
	}
	var out []any
	for line := range strings.Lines(string(text)) {
		arg, err := decodeArg(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		out = append(out, arg)
	}
	return out, nil
}

func decodeArg(line string) (any, error) {
	kind, rest, ok := strings.Cut(line, "(")
	value, end := strings.CutSuffix(rest, ")")
	if !ok || !end {
		return nil, fmt.Errorf("not an argument: %q", line)
	}
	switch kind {
	case "[]byte":
		s, err := strconv.Unquote(value)
		return []byte(s), err
	case "string":
		return strconv.Unquote(value)
	case "bool":
		return strconv.ParseBool(value)
	case "byte", "uint8":
		if n, err := strconv.ParseUint(value, 0, 8); err == nil {
			return uint8(n), nil
		}
		value = strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'")
		r, _, tail, err := strconv.UnquoteChar(value, '\'')
		if err != nil || tail != "" || r > 255 {
			return nil, fmt.Errorf("not a byte: %q", line)
		}
		return uint8(r), nil
	}
	return nil, fmt.Errorf("arguments of type %q are not known", kind)
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

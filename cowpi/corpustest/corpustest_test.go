package corpustest

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	raw := []byte{1, 2, 3}
	args, err := Decode(raw)
	require.NoError(t, err)
	require.Equal(t, []any{raw}, args)
	args, err = Decode([]byte(header + "[]byte(\"a\\x00)(\\\"\")\nbool(true)\nbyte('\\x05')\nbyte('\\'')\nuint8(7)\nstring(\"é\\n\")\n"))
	require.NoError(t, err)
	require.Equal(t, []any{[]byte("a\x00)(\""), true, uint8(5), uint8('\''), uint8(7), "é\n"}, args)
	for _, bad := range []string{"int(5)", "byte('ab')", "bool(perhaps)", "[]byte(no quotes)", "string", ""} {
		_, err := Decode([]byte(header + bad + "\n"))
		require.Error(t, err, bad)
	}
}

var (
	aTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	anAdd   = regexp.MustCompile(`corpustest\.Add\(f, "([\w.]+)"\)`)
)

// targets finds the fuzz targets in a tree, and the corpora that they load.
func targets(t testing.TB, tree fs.FS) (are, load map[string]bool) {
	are, load = map[string]bool{}, map[string]bool{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		b, err := fs.ReadFile(tree, name)
		for _, m := range aTarget.FindAllSubmatch(b, -1) {
			pkg := "cowpi"
			if dir := filepath.Base(filepath.Dir(name)); dir != "." {
				pkg = dir
			}
			are[pkg+"."+string(m[1])] = true
		}
		for _, m := range anAdd.FindAllSubmatch(b, -1) {
			load[string(m[1])] = true
		}
		return err
	})
	require.NoError(t, err)
	return are, load
}

// Every fuzz target has a corpus and loads it, and every corpus has a target; in
// each is something that the decoder of inputs understands.
func TestEveryTargetHasACorpus(t *testing.T) {
	are, load := targets(t, os.DirFS("../.."))
	require.Greater(t, len(are), 20)
	require.Equal(t, slices.Sorted(maps.Keys(are)), slices.Sorted(maps.Keys(load)))
	dirs, err := os.ReadDir(dir(""))
	require.NoError(t, err)
	var found []string
	for _, d := range dirs {
		found = append(found, d.Name())
		inputs := Load(t, d.Name())
		require.GreaterOrEqual(t, len(inputs), 5, d.Name())
		for i, b := range inputs {
			_, err := Decode(b)
			require.NoError(t, err, "%s, input %d", d.Name(), i)
			require.False(t, i > 0 && bytes.Equal(b, inputs[i-1]), "%s, input %d is the one before", d.Name(), i)
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(are)), found)
}

package cowpi_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// README.md keeps its promises: these tests read it as people do.

func file(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", path))
	require.NoError(t, err)
	return string(b)
}

// fences returns the blocks of Go code of a document.
func fences(doc string) (out []string) {
	for _, m := range regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(doc, -1) {
		out = append(out, m[1])
	}
	return out
}

// The participant in README.md is example_test.go, which is compiled and run, but
// for its package clause; and it is short.
func TestReadmeExampleIsCompiled(t *testing.T) {
	blocks := fences(file(t, "README.md"))
	require.Len(t, blocks, 1)
	code := file(t, "cowpi/example_test.go")
	require.Equal(t, code, "package cowpi_test\n\n"+blocks[0])
	require.Less(t, strings.Count(code, "\n"), 60)

	require.NotEqual(t, blocks, fences("```go\nother\n```\n")) // negative control
}

// The commands that README.md promises, each alone on a line; .ci/run runs them.
func TestReadmeCommands(t *testing.T) {
	readme, ci := file(t, "README.md"), file(t, ".ci/run")
	for _, command := range []string{"go run ./proofs", "go run ./cowpi/cmd/cowpi demo", "go test ./..."} {
		require.Contains(t, readme, "\n    "+command+"\n")
		require.Regexp(t, regexp.MustCompile(`(?m)`+regexp.QuoteMeta(command)+`( |$)`), ci)
	}
}

var requirement = regexp.MustCompile(`(?m)^(?:require )?\s*(\S+) v\S+( // indirect)?$`)

// directly lists the direct requirements of a go.mod.
func directly(gomod string) (out []string) {
	for _, m := range requirement.FindAllStringSubmatch(gomod, -1) {
		if m[2] == "" {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return out
}

// The table of dependencies lists just the direct requirements, each with a reason.
func TestReadmeDependencies(t *testing.T) {
	_, section, found := strings.Cut(file(t, "README.md"), "\n## Dependencies\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\S+)` \\| (.+) \\|$").FindAllStringSubmatch(section, -1) {
		listed = append(listed, m[1])
		require.Greater(t, len(m[2]), 20, "a reason for %s", m[1])
	}
	slices.Sort(listed)
	require.Equal(t, directly(file(t, "go.mod")), listed)

	// Negative control: one more requirement shows, an indirect one does not.
	more := directly(file(t, "go.mod") + "\nrequire other.example/module v1.0.0\nrequire third.example/m v0.1.0 // indirect\n")
	require.Len(t, more, len(listed)+1)
	require.Contains(t, more, "other.example/module")
}

// What README.md links to exists.
func TestReadmeLinks(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(file(t, "README.md"), -1)
	require.NotEmpty(t, links)
	for _, m := range links {
		require.NotContains(t, m[1], "://")
		_, err := os.Stat(filepath.Join("..", m[1]))
		require.NoError(t, err)
	}
}

// strangers lists the names that do not belong at the top of the repository.
// What .gitignore names at its top may lie about.
func strangers(names, ignored []string) (out []string) {
	allowed := []string{"cowpi", "transcript", "simulator", "proofs", "testdata", "go.mod", "go.sum", "README.md", "LICENSE"}
	for _, name := range names {
		known := strings.HasPrefix(name, ".") || slices.Contains(allowed, name) ||
			slices.ContainsFunc(ignored, func(pattern string) bool {
				ok, err := filepath.Match(strings.TrimPrefix(pattern, "/"), name)
				return ok && err == nil
			})
		if !known {
			out = append(out, name)
		}
	}
	return out
}

// The top of the repository stays small.
func TestTopLevelEntries(t *testing.T) {
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Contains(t, names, "go.mod")
	require.Empty(t, strangers(names, strings.Fields(file(t, ".gitignore"))))

	some := []string{"docs", "cowpi", ".ci", "a.prof", "out.html"} // negative control
	require.Equal(t, []string{"docs"}, strangers(some, []string{"*.prof", "/out.html"}))
}

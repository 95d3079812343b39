package judge

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/transcript"
)

// never lists kinds that occur in no transcript, with the reason.
var never = map[string]string{
	"pair.None":       "it says that there is no key, and never stands in a block",
	"transcript.Dark": "it says that a message was not opened; a recorder opens all, and there is no field in it",
}

// constants reads from the source of a package the constants whose names begin
// with a prefix, or which are of a named type.
func constants(t *testing.T, dir, prefix, of string) map[string]uint64 {
	names, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	set := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		require.NoError(t, err)
		f, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, f)
	}
	// Imports are not resolved: constants need none.
	conf := types.Config{Error: func(error) {}, IgnoreFuncBodies: true}
	pkg, _ := conf.Check(dir, set, files, nil)
	out := map[string]uint64{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok {
			continue
		}
		named, _ := c.Type().(*types.Named)
		if of != "" && (named == nil || named.Obj().Name() != of) || of == "" && (named != nil || !strings.HasPrefix(name, prefix)) {
			continue
		}
		v, exact := constant.Uint64Val(constant.ToInt(c.Val()))
		require.True(t, exact, name)
		out[name] = v
	}
	require.NotEmpty(t, out, "%s%s in %s", prefix, of, dir)
	return out
}

// kinds lists, from the code, all kinds of messages, of what is in them, of records
// and of events; and how the fields of each begin in the table of TestOneWrongBit.
func kinds(t *testing.T) map[string][]string {
	out := map[string][]string{}
	add := func(pkg string, consts map[string]uint64, fields func(v uint64) []string) {
		for name, v := range consts {
			out[pkg+"."+name] = fields(v)
		}
	}
	typeOf := func(names map[int]string) func(uint64) []string {
		return func(v uint64) []string { return []string{names[int(v)] + " type"} }
	}
	add("exchange", constants(t, "cowpi/exchange", "tag", ""), typeOf(messageNames))
	add("provider", constants(t, "cowpi/provider", "tag", ""), typeOf(logNames))
	add("provider", constants(t, "cowpi/provider", "packet", ""), typeOf(packetNames))
	add("exchange", constants(t, "cowpi/exchange", "", "HandoutKind"), func(v uint64) []string {
		return []string{"Handouts " + handoutNames[exchange.HandoutKind(v)] + "prekey id"}
	})
	add("conversation", constants(t, "cowpi/conversation", "", "Type"), func(v uint64) []string {
		return []string{"Upload " + conversation.Type(v).String() + " type"}
	})
	add("pair", constants(t, "cowpi/pair", "", "Kind"), func(v uint64) []string {
		return []string{"Upload block " + map[uint64]string{1: "prekey", 2: "session key"}[v] + " id"}
	})
	add("transcript", constants(t, "transcript", "", "What"), func(v uint64) []string {
		return []string{"saw " + fmt.Sprint(transcript.What(v))}
	})
	add("transcript", constants(t, "transcript", "", "Kind"), func(v uint64) []string {
		return []string{map[transcript.Kind]string{transcript.Hello: "msg1 E_c", transcript.Handshake: "msg2 id",
			transcript.Data: "Upload type", transcript.Renewal: "renewal msg2 id"}[transcript.Kind(v)]}
	})
	for name := range constants(t, "transcript", "tag", "") {
		if name != "tagEnd" { // the end of the whole, by which both forms are checked
			out["transcript."+name] = []string{strings.ToLower(strings.TrimPrefix(name, "tag"))}
		}
	}
	for kind, fields := range out {
		for i, f := range fields {
			if f == "" || strings.HasPrefix(f, " ") {
				fields[i] = "no name of " + kind // a kind that the judge does not know
			}
		}
	}
	return out
}

// whole wants every byte of every message to belong to some field.
func whole(t *testing.T, st *story) {
	for _, m := range st.all {
		covered := map[layer]int{}
		for _, x := range dissect(m) {
			require.Equal(t, covered[x.in], x.from, "%s: something before %q", m, x.field)
			covered[x.in] = x.to
		}
		require.Equal(t, len(m.opened.Plain), covered[plain], "%s: something in it has no name", m)
		require.Equal(t, len(m.opened.Inner), covered[inner], "%s: something within has no name", m)
		require.Equal(t, min(256, len(m.bytes)), min(256, covered[onWire]), "%s: its bytes have no name", m)
	}
}

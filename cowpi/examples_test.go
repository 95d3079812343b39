package cowpi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// within are the exported functions that are no way into their package: parts that
// the packages above put together, and instruments of tests. They have no example.
var within = []string{
	"identity.ReadID", "identity.ReadPoint", "wire.Array8", "wire.Array16", "wire.Array32", // fields of other messages
	"exchange.ReadBlocks", "exchange.EncodeBlocks", "exchange.ParseHandout", // parts of messages, in records
	"pair.ParseSend", "pair.ParseReceive", "conversation.ParseRoster", // records
	"conversation.SetupPurpose", "naxos.InitiateWith", // a step of writing a SETUP; of the channel's handshake
	"identity.UnsafeProviders",                                                     // for tests
	"cowpitest.WithholdTexts", "cowpitest.ReorderTexts", "cowpitest.SubstituteKey", // as AlterTexts
	"cowpitest.NewActor", "cowpitest.NewRecorder", "cowpitest.Sound", "cowpitest.NewKeyring", "provider.UnsafeStock", // for games
	// What somebody who verifies a transcript recomputes, piece by piece.
	"channel.AuthKeyID", "channel.FrameSize", "channel.ReadMsg2", "channel.ReadMsg3", "content.SealedSize", "conversation.HashOf", "conversation.NextDigestOf", "conversation.PairsOf", "exchange.BlocksSize", "exchange.FromUser", "exchange.UploadID", "integrity.Agree", "pair.Forward", "pair.OpenUnder", "provider.BatchDigest", "provider.LogDigest", "provider.ParsePacket", "scripttest.Random",
	"corpustest.Add", "corpustest.Load", "corpustest.Decode", "corpustest.Write",
}

// undocumented lists exported functions without an example that calls them, and
// exported names without a doc comment.
func undocumented(t *testing.T, tree fs.FS) (noExample, noComment []string) {
	called := map[string]bool{}
	var functions []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		example := strings.HasPrefix(path.Base(name), "example") && strings.HasSuffix(name, "_test.go")
		if strings.HasSuffix(name, "_test.go") && !example {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
		require.NoError(t, err)
		if example {
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok {
						called[x.Name+"."+s.Sel.Name] = true
					}
				}
				return true
			})
			return nil
		}
		if file.Name.Name == "main" {
			return nil
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if !d.Name.IsExported() {
					continue
				}
				if d.Recv == nil {
					functions = append(functions, file.Name.Name+"."+d.Name.Name)
				}
				known := slices.Contains([]string{"String", "Error", "Unwrap"}, d.Name.Name)
				if d.Doc == nil && (d.Recv == nil || !known && exported(d.Recv.List[0].Type)) {
					noComment = append(noComment, file.Name.Name+"."+d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						noComment = append(noComment, file.Name.Name+"."+s.Name.Name)
					}
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	for _, f := range functions {
		if !called[f] {
			noExample = append(noExample, f)
		}
	}
	slices.Sort(noExample)
	return noExample, noComment
}

func exported(t ast.Expr) bool {
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	switch t := t.(type) {
	case *ast.Ident:
		return t.IsExported()
	case *ast.IndexListExpr:
		return exported(t.X)
	case *ast.IndexExpr:
		return exported(t.X)
	}
	return false
}

// Every way into a package has an example that runs, and everything exported says
// what it is.
func TestEntryPointsHaveExamples(t *testing.T) {
	noExample, noComment := undocumented(t, os.DirFS("."))
	require.Empty(t, noComment)
	want := slices.Clone(within)
	slices.Sort(want)
	require.Equal(t, want, noExample)

	noExample, noComment = undocumented(t, fstest.MapFS{ // negative control
		"p/p.go":            {Data: []byte("package p\n// A does.\nfunc A() {}\nfunc B() {}\ntype T int\nfunc (T) M() {}\nfunc (T) String() string { return \"\" }")},
		"p/example_test.go": {Data: []byte("package p_test\nimport \"m/p\"\nfunc Example() { p.A() }")},
		"p/other_test.go":   {Data: []byte("package p\nfunc TestB() { p.B() }")},
	})
	require.Equal(t, []string{"p.B"}, noExample)
	require.Equal(t, []string{"p.B", "p.T", "p.M"}, noComment)
}

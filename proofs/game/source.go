package game

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.go
var files embed.FS

// Source is a piece of the source of this package.
type Source struct {
	File string `json:"file"` // from the root of the repository
	Line int    `json:"line"`
	Text string `json:"text"`
}

// SourceOf is the source of a game, as it stands beside the paper, and of what it
// names: judges, settings, exclusions. It is what this very program was built from.
func SourceOf(g *Game) ([]Source, error) {
	all, err := declarations()
	if err != nil {
		return nil, err
	}
	var d *declaration
	for _, c := range all {
		if c.game == g.Name {
			d = c
		}
	}
	if d == nil {
		return nil, fmt.Errorf("game: %s is not declared in this package", g.Name)
	}
	list := []*declaration{d}
	seen := map[*declaration]bool{d: true}
	for i := 0; i < len(list); i++ {
		ast.Inspect(list[i].node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if other := all[id.Name]; other != nil && other.game == "" && !seen[other] {
					seen[other] = true
					list = append(list, other)
				}
			}
			return true
		})
	}
	var out []Source
	for _, d := range list {
		out = append(out, d.source)
	}
	return out, nil
}

// declaration is a function, or a variable or constant that is declared alone.
type declaration struct {
	node   ast.Node
	source Source
	game   string // the name of the game that it is, if it is one
}

var declarations = sync.OnceValues(func() (map[string]*declaration, error) {
	out := map[string]*declaration{}
	names, err := fs.Glob(files, "*.go")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			id, doc := declared(d)
			if id == "" {
				continue
			}
			from := d.Pos()
			if doc != nil {
				from = doc.Pos()
			}
			at := set.Position(from)
			out[id] = &declaration{d, Source{"proofs/game/" + name, at.Line, string(text[at.Offset:set.Position(d.End()).Offset])}, gameName(d)}
		}
	}
	return out, nil
})

// declared is what a declaration declares; "" if it is of no interest here.
func declared(d ast.Decl) (string, *ast.CommentGroup) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name, d.Doc
		}
	case *ast.GenDecl:
		if v, ok := d.Specs[0].(*ast.ValueSpec); ok && len(d.Specs) == 1 && len(v.Names) == 1 {
			return v.Names[0].Name, d.Doc
		}
	}
	return "", nil
}

// gameName is the name of the game that is declared; "" if it is none.
func gameName(d ast.Decl) (name string) {
	ast.Inspect(d, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if id, ok := lit.Type.(*ast.Ident); !ok || id.Name != "Game" {
			return true
		}
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, isName := kv.Key.(*ast.Ident)
			value, isText := kv.Value.(*ast.BasicLit)
			if isName && isText && key.Name == "Name" {
				name, _ = strconv.Unquote(value.Value)
			}
		}
		return false
	})
	return name
}

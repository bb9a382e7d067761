package sourcetest

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
	"testing"
)

// export is an exported name of a package at its top level.
type export struct {
	dir, name string
	position  token.Position
	siblings  []string // constants declared together: one used is all used
}

// TestExportsAreUsedElsewhere fails for names that only their own package uses. A
// type may also be part of what another exported declaration says.
func TestExportsAreUsedElsewhere(t *testing.T) {
	sources := readSources(t)
	used := usedNames(sources)
	for i := range sources {
		s := &sources[i]
		if !s.isTest() && strings.HasPrefix(s.dir(), "internal/") {
			addMentionedTypes(s, used)
		}
	}
	for i := range sources {
		s := &sources[i]
		if s.isTest() || !strings.HasPrefix(s.dir(), "internal/") {
			continue
		}
		for _, e := range exportsOf(s) {
			key := e.dir + "." + e.name
			isUsed := used[key]
			for _, name := range e.siblings {
				isUsed = isUsed || used[e.dir+"."+name]
			}
			if !isUsed {
				t.Errorf("%s:%d: only its own package uses %s", s.path, e.position.Line, e.name)
			}
		}
	}
}

// usedNames are the names that files use of packages they import: dir.Name.
func usedNames(sources []source) map[string]bool {
	used := map[string]bool{}
	for i := range sources {
		imports := map[string]string{} // name: dir
		for _, spec := range sources[i].file.Imports {
			importPath, _ := strconv.Unquote(spec.Path.Value)
			dir, ours := strings.CutPrefix(importPath, "prism/")
			name := path.Base(dir)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			if ours {
				imports[name] = dir
			}
		}
		ast.Inspect(sources[i].file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && imports[x.Name] != "" {
					used[imports[x.Name]+"."+sel.Sel.Name] = true
				}
			}
			return true
		})
	}
	return used
}

// exportsOf lists the exported names of a file, methods and fields left out.
func exportsOf(s *source) []export {
	var list []export
	add := func(id *ast.Ident, siblings []string) {
		if id.IsExported() {
			list = append(list, export{s.dir(), id.Name, s.fset.Position(id.Pos()), siblings})
		}
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name, nil)
			}
		case *ast.GenDecl:
			var values []*ast.Ident
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name, nil)
				case *ast.ValueSpec:
					values = append(values, spec.Names...)
				}
			}
			var names []string
			for _, v := range values {
				names = append(names, v.Name)
			}
			if d.Tok != token.CONST {
				names = nil
			}
			for _, v := range values {
				add(v, names)
			}
		}
	}
	return list
}

// addMentionedTypes marks the types that exported declarations of a file mention.
func addMentionedTypes(s *source, used map[string]bool) {
	mark := func(owner string, n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.IsExported() && id.Name != owner {
				used[s.dir()+"."+id.Name] = true
			}
			return true
		})
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				owner := d.Name.Name
				if d.Recv != nil {
					owner = "" // a method may have the name of the type that it returns
				}
				mark(owner, d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() {
						mark(spec.Name.Name, spec.Type)
					}
				case *ast.ValueSpec:
					if spec.Type != nil {
						mark("", spec.Type)
					}
				}
			}
		}
	}
}

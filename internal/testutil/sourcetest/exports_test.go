package sourcetest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// export is an exported name of a package of internal/ at its top level.
type export struct {
	name     string // status.View
	object   types.Object
	position string
	group    *ast.GenDecl // constants declared together: one used is all used
}

// allowedExports are names that no other package uses, with the reason.
var allowedExports = map[string]string{
	"server.ThinkAuto": "a value of Think",
	"server.ThinkOn":   "a value of Think",
	"server.ThinkOff":  "a value of Think",
}

// TestExportsAreUsedElsewhere fails for names that only their own package and its
// tests use. A type may also be part of what another exported name says.
// Methods and fields are left out.
func TestExportsAreUsedElsewhere(t *testing.T) {
	all := loadPackages(t)
	used := usedElsewhere(all)
	groups := map[*ast.GenDecl]bool{}
	exports := listExports(t, all)
	for _, e := range exports {
		if used[e.position] {
			groups[e.group] = true
		}
		addMentionedTypes(e, all[0].Fset, used)
	}
	listed := map[string]bool{}
	for _, e := range exports {
		isUsed := used[e.position] || e.group != nil && groups[e.group]
		listed[e.name] = true
		switch reason := allowedExports[e.name]; {
		case !isUsed && reason == "":
			t.Errorf("%s: only its own package uses %s", e.position, e.name)
		case isUsed && reason != "":
			t.Errorf("%s: %s is used elsewhere; take it off the allowed exports", e.position, e.name)
		}
	}
	for name := range allowedExports {
		if !listed[name] {
			t.Errorf("no export is called %s; take it off the allowed exports", name)
		}
	}
}

// loadPackages loads all packages of PRISM and their tests with types.
func loadPackages(t *testing.T) []*packages.Package {
	t.Helper()
	all, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo,
		Dir: root, Tests: true, Fset: token.NewFileSet(),
	}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	if packages.PrintErrors(all) > 0 {
		t.Fatal("the packages do not compile")
	}
	return all
}

// ownPath is the path of the package that p is or tests.
func ownPath(p *types.Package) string { return strings.TrimSuffix(p.Path(), "_test") }

// usedElsewhere are the positions of the objects that another package uses. One
// object has as many values as packages load it, but one position.
func usedElsewhere(all []*packages.Package) map[string]bool {
	used := map[string]bool{}
	for _, p := range all {
		for _, object := range p.TypesInfo.Uses {
			if object.Pkg() != nil && ownPath(object.Pkg()) != ownPath(p.Types) {
				used[positionOf(p.Fset, object)] = true
			}
		}
	}
	return used
}

// positionOf is file:line:column of an object's name.
func positionOf(fset *token.FileSet, object types.Object) string {
	return fset.Position(object.Pos()).String()
}

// listExports lists the exported names of internal/ outside test files, once each.
func listExports(t *testing.T, all []*packages.Package) []export {
	t.Helper()
	var list []export
	seen := map[string]bool{}
	for _, p := range all {
		if !strings.HasPrefix(p.PkgPath, "prism/internal/") {
			continue
		}
		groups := constantGroups(p)
		for id, object := range p.TypesInfo.Defs {
			position := p.Fset.Position(id.Pos())
			isTest := strings.HasSuffix(position.Filename, "_test.go")
			if object == nil || !object.Exported() || object.Parent() != p.Types.Scope() || isTest || seen[position.String()] {
				continue
			}
			seen[position.String()] = true
			name := strings.TrimPrefix(ownPath(p.Types), "prism/internal/") + "." + id.Name
			list = append(list, export{name, object, position.String(), groups[id]})
		}
	}
	if len(list) == 0 {
		t.Fatal("no exported names found")
	}
	slices.SortFunc(list, func(a, b export) int { return strings.Compare(a.position, b.position) })
	return list
}

// constantGroups tells which declaration each constant of a package belongs to.
func constantGroups(p *packages.Package) map[*ast.Ident]*ast.GenDecl {
	groups := map[*ast.Ident]*ast.GenDecl{}
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, spec := range d.Specs {
					for _, id := range spec.(*ast.ValueSpec).Names {
						groups[id] = d
					}
				}
			}
		}
	}
	return groups
}

// addMentionedTypes marks the types that e says to a caller: those of a value, a
// signature, exported fields and exported methods.
func addMentionedTypes(e export, fset *token.FileSet, used map[string]bool) {
	var mark func(types.Type)
	markEach := func(vars *types.Tuple) {
		for v := range vars.Variables() {
			mark(v.Type())
		}
	}
	mark = func(typ types.Type) {
		switch typ := typ.(type) {
		case *types.Named:
			used[positionOf(fset, typ.Obj())] = true
			for arg := range typ.TypeArgs().Types() {
				mark(arg)
			}
		case *types.Alias:
			used[positionOf(fset, typ.Obj())] = true
		case *types.Signature:
			markEach(typ.Params())
			markEach(typ.Results())
		case *types.Struct:
			for field := range typ.Fields() {
				if field.Exported() {
					mark(field.Type())
				}
			}
		case *types.Interface:
			for method := range typ.ExplicitMethods() {
				mark(method.Type())
			}
		case *types.Map:
			mark(typ.Key())
			mark(typ.Elem())
		case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
			mark(typ.Elem())
		}
	}
	if _, isType := e.object.(*types.TypeName); !isType {
		mark(e.object.Type())
		return
	}
	mark(e.object.Type().Underlying())
	if named, ok := e.object.Type().(*types.Named); ok {
		for method := range named.Methods() {
			if method.Exported() {
				mark(method.Type())
			}
		}
	}
}

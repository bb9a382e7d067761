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

// export is an exported name of a package of internal/ at its top level, or an exported
// method of one of its types.
type export struct {
	name     string // status.View, status.View.Active
	object   types.Object
	position string
	group    *ast.GenDecl // constants declared together: one used is all used
}

// allowedExports are names that no other package uses, with the reason.
var allowedExports = map[string]string{
	"server.ThinkAuto": "a value of Think",
	"server.ThinkOn":   "a value of Think",
	"server.ThinkOff":  "a value of Think",

	"cli.describeFlag.BeforeReset": "kong calls it",
	"report.grid.IsText":           "the template of the page calls it",
}

// TestExportsAreUsedElsewhere fails for names that only their own package and tests
// use. A type may also be part of what another exported name says, a method of an
// interface. Fields are left out.
func TestExportsAreUsedElsewhere(t *testing.T) {
	all := loadPackages(t)
	used := usedElsewhere(all)
	interfaces := listInterfaces(all)
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
		isUsed := used[e.position] || e.group != nil && groups[e.group] || isOfInterface(e.object, interfaces)
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

// usedElsewhere are the positions of the objects that another package uses, outside its
// tests, and of those of test support that others' tests use. One object has as many
// values as packages load it, but one position.
func usedElsewhere(all []*packages.Package) map[string]bool {
	used := map[string]bool{}
	for _, p := range all {
		for id, object := range p.TypesInfo.Uses {
			if object.Pkg() == nil || ownPath(object.Pkg()) == ownPath(p.Types) {
				continue
			}
			isTest := strings.HasSuffix(p.Fset.Position(id.Pos()).Filename, "_test.go")
			if !isTest || strings.HasPrefix(object.Pkg().Path(), "prism/internal/testutil") {
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
			if object == nil || !object.Exported() || isTest || seen[position.String()] {
				continue
			}
			name := id.Name
			if receiver := receiverOf(object); receiver != nil {
				name = receiver.Obj().Name() + "." + name
			} else if object.Parent() != p.Types.Scope() {
				continue
			}
			seen[position.String()] = true
			name = strings.TrimPrefix(ownPath(p.Types), "prism/internal/") + "." + name
			list = append(list, export{name, object, position.String(), groups[id]})
		}
	}
	if len(list) == 0 {
		t.Fatal("no exported names found")
	}
	slices.SortFunc(list, func(a, b export) int { return strings.Compare(a.position, b.position) })
	return list
}

// receiverOf is the type that an object is a method of, nil if it is none.
func receiverOf(object types.Object) *types.Named {
	f, ok := object.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return nil
	}
	typ := f.Signature().Recv().Type()
	if pointer, ok := typ.(*types.Pointer); ok {
		typ = pointer.Elem()
	}
	named, _ := typ.(*types.Named)
	return named
}

// listInterfaces lists the interfaces of all packages, those without a name too, and of what they
// import, by the names of their methods.
func listInterfaces(all []*packages.Package) map[string][]*types.Interface {
	byMethod := map[string][]*types.Interface{}
	add := func(typ types.Type) {
		if i, ok := typ.Underlying().(*types.Interface); ok {
			for method := range i.Methods() {
				byMethod[method.Name()] = append(byMethod[method.Name()], i)
			}
		}
	}
	add(types.Universe.Lookup("error").Type())
	seen := map[string]bool{}
	var visit func(*types.Package)
	visit = func(p *types.Package) {
		if seen[p.Path()] {
			return
		}
		seen[p.Path()] = true
		for _, name := range p.Scope().Names() {
			if typeName, ok := p.Scope().Lookup(name).(*types.TypeName); ok {
				add(typeName.Type())
			}
		}
		for _, imported := range p.Imports() {
			visit(imported)
		}
	}
	for _, p := range all {
		visit(p.Types)
		for expr, value := range p.TypesInfo.Types {
			if _, ok := expr.(*ast.InterfaceType); ok {
				add(value.Type)
			}
		}
	}
	return byMethod
}

// isOfInterface reports whether a method is one of an interface, or of one that its type
// implements. The standard library asks for Unwrap by interfaces within its functions.
func isOfInterface(object types.Object, byMethod map[string][]*types.Interface) bool {
	receiver := receiverOf(object)
	if receiver == nil || object.Name() == "Unwrap" || types.IsInterface(receiver) {
		return receiver != nil
	}
	return slices.ContainsFunc(byMethod[object.Name()], func(i *types.Interface) bool {
		return types.Implements(types.NewPointer(receiver), i)
	})
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

package sourcetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.."

// userScripts are the scripts that users run, with their parts, whose messages and flags are held to the docs.
var userScripts = []string{
	"scripts/prism-run", "scripts/prism-run-workers", "scripts/prism-run-outcomes", "scripts/prism-interactive", "scripts/prism-interactive-questions", "scripts/prism-tune",
	"scripts/prism-cascade", "scripts/prism-cascade-student", "scripts/prism-classify-runs", "scripts/prism-script",
}

// source is a parsed Go file.
type source struct {
	path string // from the root of the repository
	file *ast.File
	fset *token.FileSet
}

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// readSources parses all Go files under cmd and internal.
func readSources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, path := range listFiles(t, ".go", "cmd", "internal") {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(root, path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{path, file, fset})
	}
	return all
}

// listFiles lists the files under some folders whose names end in suffix.
func listFiles(t *testing.T, suffix string, folders ...string) []string {
	t.Helper()
	var paths []string
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, suffix) {
				path, err = filepath.Rel(root, path)
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// declaredFunctions calls visit for every function and method.
func declaredFunctions(sources []source, visit func(s *source, f *ast.FuncDecl)) {
	for i := range sources {
		for _, d := range sources[i].file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				visit(&sources[i], f)
			}
		}
	}
}

func TestFunctionsFitAScreen(t *testing.T) {
	const most = 60
	declaredFunctions(readSources(t), func(s *source, f *ast.FuncDecl) {
		lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
		if lines > most && !s.isTest() {
			t.Errorf("%s: %s has %d lines, want at most %d", s.path, f.Name.Name, lines, most)
		}
	})
}

// commonNames are those of entry points and of methods that interfaces of the
// standard library demand.
var commonNames = map[string]bool{
	"main": true, "TestMain": true, "Error": true, "String": true, "Write": true, "Read": true, "Close": true,
	"Len": true, "Less": true, "Swap": true,
	"Hint": true, // of errors, which the edge of every command asks for
}

// A name that stands for many things cannot be searched for. run is what main.go
// calls in every command.
func TestFunctionNamesAreFewThingsEach(t *testing.T) {
	const most = 6
	places := map[string][]string{}
	declaredFunctions(readSources(t), func(s *source, f *ast.FuncDecl) {
		name := f.Name.Name
		if commonNames[name] || name == "run" && f.Recv == nil && filepath.Base(s.path) == "main.go" {
			return
		}
		places[name] = append(places[name], s.path)
	})
	for name, in := range places {
		if len(in) > most {
			t.Errorf("%d functions are called %s, want at most %d: %s", len(in), name, most, strings.Join(in, ", "))
		}
	}
}

var isNo = regexp.MustCompile(`\b(there )?(?:is|are) no (longer )?[a-z]`)

// findIsNo returns the words of a text that say what something is not; "there is no", "there are no" and "is no
// longer" are as people speak.
func findIsNo(text string) string {
	for _, found := range isNo.FindAllStringSubmatch(strings.ToLower(text), -1) {
		if found[1] == "" && found[2] == "" {
			return found[0]
		}
	}
	return ""
}

func TestFindIsNo(t *testing.T) {
	for text, want := range map[string]string{
		"x is no number": "is no n", "cells that are no number": "are no n", "There are no rows": "", "there is no row": "", "it is no longer there": "",
		"they are no longer rows": "", "is not a number": "", "this no row": "",
	} {
		if got := findIsNo(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Messages say what is wrong in the usual words, not "x is no number".
func TestMessagesSayWhatIsWrong(t *testing.T) {
	for _, s := range readSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && findIsNo(text.Value) != "" && !s.isTest() {
				t.Errorf("%s: a message says %q", s.fset.Position(text.Pos()), findIsNo(text.Value))
			}
			return true
		})
	}
	for _, path := range listFiles(t, "", "scripts") {
		if strings.HasPrefix(filepath.ToSlash(path), "scripts/demo-model/phrases/") { // what customers say
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if found := findIsNo(line); found != "" {
				t.Errorf("%s:%d: says %q", path, i+1, found)
			}
		}
	}
}

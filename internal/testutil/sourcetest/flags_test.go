package sourcetest

import (
	"cmp"
	"go/ast"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var longFlag = regexp.MustCompile(`(^|[\s("'\x60|=,])--([a-z][a-z-]*[a-z])\b`)

// othersFlags are those of other programs that messages and pages mention.
var othersFlags = map[string]string{
	"csv": "mlr", "ifs": "mlr", "eta": "parallel", "joblog": "parallel", "keep-order": "parallel", "pipe": "parallel",
	"resume-failed": "parallel", "sshloginfile": "parallel", "termseq": "parallel", "will-cite": "parallel", "retry": "curl", "purge": "dpkg", "ignore-missing": "sha256sum", "formula": "brew",
	"max-model-len": "vllm", "port": "vllm", "arg": "jq", "argjson": "jq", "args": "jq", "slurpfile": "jq",
}

// readFlags collects the flags of the five tools, which are fields with a help text,
// and the options of the scripts.
func readFlags(t *testing.T) map[string]bool {
	t.Helper()
	flags := map[string]bool{"help": true}
	for _, s := range readSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && f.Tag != nil && len(f.Names) > 0 {
				text, err := strconv.Unquote(f.Tag.Value)
				if err != nil {
					t.Fatal(err)
				}
				tag := reflect.StructTag(text)
				if tag.Get("help") != "" {
					flags[kebabCase(f.Names[0].Name)] = true
				}
				flags[tag.Get("name")] = true
			}
			return true
		})
	}
	option := regexp.MustCompile(`(?m)^\s+(?:-[a-zA-Z] \| )?(--[a-z| -]+)(?: [A-Z]\S*)?(?:\)|  )`)
	for _, path := range listFiles(t, "", "scripts") {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range option.FindAllStringSubmatch(string(data), -1) {
			for _, flag := range strings.FieldsFunc(found[1], func(r rune) bool { return r == '|' || r == ' ' }) {
				flags[strings.TrimPrefix(flag, "--")] = true
			}
		}
	}
	return flags
}

// kebabCase is the name that kong gives the flag of a field: RunID is run-id.
func kebabCase(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		startsWord := unicode.IsUpper(r) && i > 0 && (unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if startsWord {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// TestFlagsThatAreNamedExist looks at the flags in messages, hints and docs.
func TestFlagsThatAreNamedExist(t *testing.T) {
	flags := readFlags(t)
	check := func(where, text string) {
		for _, found := range longFlag.FindAllStringSubmatch(text, -1) {
			if name := found[2]; !flags[name] && othersFlags[name] == "" {
				t.Errorf("%s names --%s, which no tool has", where, name)
			}
		}
	}
	for _, s := range readSources(t) {
		if s.isTest() || strings.Contains(s.path, "/testutil/") || strings.Contains(s.path, "/bench/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if e, ok := n.(*ast.BasicLit); ok {
				if text, ok := constantText(e); ok {
					check(s.fset.Position(e.Pos()).String(), text)
				}
			}
			return true
		})
	}
	for _, path := range slices.Concat(listFiles(t, ".md", "docs"), []string{"README.md", "SECURITY.md"}, userScripts) {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		check(path, string(data))
	}
}

// pageFlags are the flags of a tool that its page must name: those of its grammar, which --help shows.
type pageFlags struct {
	structs map[string]*ast.StructType // of all packages, by folder and name
	names   []string
}

// readStructs collects the structs of the tools and their packages.
func readStructs(t *testing.T) map[string]*ast.StructType {
	t.Helper()
	structs := map[string]*ast.StructType{}
	for _, s := range readSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && !s.isTest() {
				if fields, ok := spec.Type.(*ast.StructType); ok {
					structs[filepath.ToSlash(filepath.Dir(s.path))+"."+spec.Name.Name] = fields
				}
			}
			return true
		})
	}
	return structs
}

// addStruct adds the flags of a struct in a folder, with those of the structs that it embeds.
func (p *pageFlags) addStruct(folder, name string) {
	fields := p.structs[folder+"."+name]
	if fields == nil {
		return
	}
	for _, f := range fields.Fields.List {
		var tag reflect.StructTag
		if f.Tag != nil {
			text, _ := strconv.Unquote(f.Tag.Value)
			tag = reflect.StructTag(text)
		}
		if _, embeds := tag.Lookup("embed"); embeds || len(f.Names) == 0 {
			switch of := f.Type.(type) {
			case *ast.Ident:
				p.addStruct(folder, of.Name)
			case *ast.SelectorExpr:
				p.addStruct("internal/"+of.X.(*ast.Ident).Name, of.Sel.Name)
			}
			continue
		}
		_, isHidden := tag.Lookup("hidden")
		_, isArgument := tag.Lookup("arg")
		if tag.Get("help") != "" && tag.Get("kong") != "-" && !isHidden && !isArgument {
			p.names = append(p.names, cmp.Or(tag.Get("name"), kebabCase(f.Names[0].Name)))
		}
	}
}

// TestPagesNameEveryFlag: the page of a tool names each of its flags. Of a flag that has a letter too, such as -o of
// --output, the letter is enough.
func TestPagesNameEveryFlag(t *testing.T) {
	structs := readStructs(t)
	short := map[string]string{"output": "`-o"}
	for _, tool := range []string{"split", "classify", "merge", "stats", "status"} {
		p := pageFlags{structs: structs}
		p.addStruct("cmd/prism-"+tool, "flags")
		if !slices.Contains(p.names, "quiet") {
			t.Errorf("cmd/prism-%s: the grammar was not read to its end: it has the flags %q", tool, p.names)
		}
		page, err := os.ReadFile(filepath.Join(root, "docs", tool+".md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(p.names, "help") {
			isNamed := regexp.MustCompile(`--` + name + `([^a-z-]|$)`).Match(page)
			if letter := short[name]; !isNamed && (letter == "" || !strings.Contains(string(page), letter)) {
				t.Errorf("docs/%s.md does not name --%s", tool, name)
			}
		}
	}
}

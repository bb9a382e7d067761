package sourcetest

import (
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

// foreignFlags are those of other programs that messages and pages mention.
var foreignFlags = map[string]string{
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

// kebabCase is the name that kong gives the flag of a field.
func kebabCase(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
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
			if name := found[2]; !flags[name] && foreignFlags[name] == "" {
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

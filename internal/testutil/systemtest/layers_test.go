package systemtest

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers are the packages of docs/design.md in their order: each may import only
// those before it. never lists what a package must not import besides.
var layers = []struct {
	name  string
	never []string
}{
	{"rate", []string{kong, api, "os"}},
	{"term", []string{kong, api}},
	{"cli", nil},
	{"fsutil", []string{kong, api}},
	{"extsort", []string{kong, api}},
	{"rowid", []string{kong, api}},
	{"table", []string{kong, api}},
	{"job", []string{api}},
	{"prompt", []string{"net", "net/http", "os"}},
	{"reply", []string{"net", "net/http", "os"}},
	{"ollama", nil},
	{"checkpoint", []string{api}},
	{"status", []string{api}},
	{"calllog", []string{api}},
	{"classify", []string{kong, isatty}},
	{"merge", []string{kong, api}},
	{"stats", []string{"os", api}},
	{"report", []string{api}},
	{"dashboard", []string{kong, api}},
}

const (
	kong   = "github.com/alecthomas/kong"
	isatty = "github.com/mattn/go-isatty"
	api    = "github.com/ollama/ollama/api"
)

// support are packages beside the layers and those of them that may use them.
var support = map[string]bool{
	"testutil/ollamatest": true, "testutil/ollamatest/fake": true, "testutil/tinymodel": true, "testutil/tinymodel/write": true,
	"testutil/systemtest": true, "bench/classify": true,
}

func TestPackagesImportOnlyWhatIsAboveThem(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "prism/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		name, internal := strings.CutPrefix(path, "prism/internal/")
		place := layer(name)
		for _, imported := range strings.Fields(imports) {
			if imported == api && name != "ollama" && !support[name] {
				t.Errorf("%s imports %s, which is for internal/ollama alone", path, api)
			}
			below, ours := strings.CutPrefix(imported, "prism/internal/")
			if internal && place >= 0 && ours && layer(below) >= place {
				t.Errorf("internal/%s imports internal/%s, which is not above it", name, below)
			}
			if place >= 0 && slices.Contains(layers[place].never, imported) {
				t.Errorf("internal/%s imports %s", name, imported)
			}
		}
	}
}

func layer(name string) int {
	for i, l := range layers {
		if l.name == name {
			return i
		}
	}
	return -1
}

package sourcetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbidden lists what a package of the layers must not import besides.
var forbidden = map[string][]string{
	"rate": {kong, api, "os"}, "term": {kong, api}, "fsutil": {kong, api}, "extsort": {kong, api}, "rowid": {kong, api},
	"table": {kong, api}, "normalize": {kong, api}, "job": {api}, "prompt": {"net", "net/http", "os"}, "reply": {"net", "net/http", "os"},
	"checkpoint": {api}, "status": {api}, "calllog": {api}, "classify": {kong, isatty}, "merge": {kong, api},
	"stats": {"os", api}, "report": {api}, "dashboard": {kong, api},
}

const (
	kong   = "github.com/alecthomas/kong"
	isatty = "github.com/mattn/go-isatty"
	api    = "github.com/ollama/ollama/api"
)

// readLayers lists the packages in the table of docs/design.md, in its order: each
// may import only those before it.
func readLayers(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "docs/design.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(data), "\n## Packages\n")
	rows, _, _ = strings.Cut(rows, "\n## ")
	var layers []string
	for line := range strings.Lines(rows) {
		if name, isRow := strings.CutPrefix(line, "| `"); isRow {
			name, _, _ = strings.Cut(name, "`")
			layers = append(layers, name)
		}
	}
	return layers
}

func TestPackagesImportOnlyWhatIsAboveThem(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "prism/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	layers := readLayers(t)
	var found []string
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		name, internal := strings.CutPrefix(path, "prism/internal/")
		place := slices.Index(layers, name)
		if internal && !strings.Contains(name, "/") {
			found = append(found, name)
		}
		for _, imported := range strings.Fields(imports) {
			if imported == api && name != "server" {
				t.Errorf("%s imports %s, which is for internal/server alone", path, api)
			}
			below, ours := strings.CutPrefix(imported, "prism/internal/")
			if internal && place >= 0 && ours && slices.Index(layers, below) >= place {
				t.Errorf("internal/%s imports internal/%s, which is not above it", name, below)
			}
			if internal && place >= 0 && ours && !slices.Contains(layers, below) {
				t.Errorf("internal/%s imports internal/%s, which the table does not have", name, below)
			}
			if slices.Contains(forbidden[name], imported) {
				t.Errorf("internal/%s imports %s", name, imported)
			}
		}
	}
	slices.Sort(layers)
	if !slices.Equal(layers, found) {
		t.Errorf("docs/design.md has the packages %v, the code has %v", layers, found)
	}
}

package systemtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDependenciesHaveReasons: docs/design.md has a row for each module that
// go.mod requires directly, and for no other.
func TestDependenciesHaveReasons(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json", "../../../go.mod").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, ok := strings.Cut(string(data), "\n## Dependencies\n")
	if !ok {
		t.Fatal("docs/design.md has no section Dependencies")
	}
	rows, _, _ = strings.Cut(rows, "\n## ")
	required := map[string]bool{}
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		required[r.Path] = true
		if !strings.Contains(rows, "\n| `"+r.Path+"` | ") {
			t.Errorf("docs/design.md has no reason for %s", r.Path)
		}
	}
	for line := range strings.Lines(rows) {
		path, isRow := strings.CutPrefix(line, "| `")
		if path, _, _ = strings.Cut(path, "`"); isRow && !required[path] {
			t.Errorf("docs/design.md has a reason for %s, which go.mod does not require directly", path)
		}
	}
}

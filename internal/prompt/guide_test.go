package prompt

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every prompt schema that the docs show is one.
func TestSchemasOfDocs(t *testing.T) {
	block := regexp.MustCompile("(?s)```json\n(.*?)```")
	for name, least := range map[string]int{"prompts.md": 7, "classify.md": 1} {
		data, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		blocks := block.FindAllSubmatch(data, -1)
		if len(blocks) < least {
			t.Errorf("%s: %d prompt schemas, want %d", name, len(blocks), least)
		}
		for _, found := range blocks {
			s, err := Parse(found[1], name)
			if err != nil {
				t.Errorf("%v in\n%s", err, found[1])
				continue
			}
			for _, line := range s.Warnings() {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

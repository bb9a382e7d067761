package job

import (
	"strings"
	"testing"
)

func TestNestingIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 40_000), "braces": "a:\n  " + strings.Repeat("{a: ", 40_000),
		"lists on a line": strings.Repeat("- ", 20_000) + "a", "keys on a line": strings.Repeat("? ", 20_000) + "a",
	} {
		_, err := Parse([]byte(text), "job.yaml", DefaultSettings(), Overrides{Getenv: func(string) string { return "" }})
		if err == nil || !strings.Contains(err.Error(), "nested too deeply") {
			t.Errorf("%s: got %.100v, want nested too deeply", name, err)
		}
	}
}

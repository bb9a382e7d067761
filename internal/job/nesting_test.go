package job

import (
	"fmt"
	"strings"
	"testing"
)

// TestKeysAreBounded: a reader that takes time by the square of the keys is not given many.
// Lists of files are as long as they like, in YAML and in JSON.
func TestKeysAreBounded(t *testing.T) {
	many := func(format string) string {
		var b strings.Builder
		for i := range 60_000 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	tests := map[string]struct {
		text string
		line int // 0: good
	}{
		"keys":                 {many("k%d: 1\n"), 1001},
		"quoted keys":          {many("\"k%d\": 1\n"), 1001},
		"long keys":            {many("? k%d\n: 1\n"), 1001},
		"nested keys":          {"project:\n" + many("  k%d: 1\n"), 1002},
		"keys between lists":   {many("k%d:\n- a\n"), 2001},
		"keys around others":   {many("k%d:\n  a: 1\n"), 2001},
		"files":                {"input_queue:\n" + many("- path: %d.csv\n  label: a\n"), 0},
		"files of JSON":        {"{\n\"input_queue\": [\n" + many("{\n\"path\": \"%d.csv\",\n\"label\": \"a\"\n},\n") + "]}", 0},
		"files of pretty JSON": {"{\n  \"input_queue\": [\n" + many("    {\n      \"path\": \"%d.csv\",\n      \"label\": \"a\"\n    },\n") + "  ]\n}", 0},
	}
	for name, tt := range tests {
		if got := lineOfTooManyKeys([]byte(tt.text)); got != tt.line {
			t.Errorf("%s: got line %d, want %d", name, got, tt.line)
		}
	}
	_, err := Parse([]byte(many("k%d: 1\n")), "job.yaml", DefaultSettingsFile(), Overrides{Getenv: func(string) string { return "" }})
	if err == nil || !strings.HasPrefix(err.Error(), "job.yaml:1001:1: more than 1000 keys on one level") {
		t.Errorf("got %.100v", err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 40_000), "braces": "a:\n  " + strings.Repeat("{a: ", 40_000),
		"lists on a line": strings.Repeat("- ", 20_000) + "a", "keys on a line": strings.Repeat("? ", 20_000) + "a",
	} {
		_, err := Parse([]byte(text), "job.yaml", DefaultSettingsFile(), Overrides{Getenv: func(string) string { return "" }})
		if err == nil || !strings.Contains(err.Error(), "nested too deeply") {
			t.Errorf("%s: got %.100v, want nested too deeply", name, err)
		}
	}
}

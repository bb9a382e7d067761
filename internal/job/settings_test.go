package job

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeedSettings(t *testing.T) {
	got, err := ParseSettings(readFile(t, "../../../examples/job/config/settings.json"), "settings.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, DefaultSettingsFile()); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	folders := []string{"analytics", "checkpoints", "data", "data/inputs", "data/outputs", "logs", "logs/summaries", "logs/terminal_logs"}
	if diff := cmp.Diff(got.ProjectFolders(), folders); diff != "" {
		t.Errorf("folders (-got +want):\n%s", diff)
	}
}

func TestSettingsMistakes(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"unknown key", `{"retry_attempt": 3}`, `settings.json:1:2: unknown key "retry_attempt"; did you mean "retry_attempts"?`},
		{"a path", "{\n\t\"input_filename\": \"a/b.csv\"\n}", `settings.json:2:19: input_filename: invalid file name "a/b.csv" (want a name without a folder)`},
		{"outside", `{"project_structure": {"../x": []}}`, `settings.json:1:23: project_structure: invalid folder "../x" (want a path inside the project)`},
		{"version", `{"interactive_version": "v 1"}`, `settings.json:1:25: interactive_version: invalid name "v 1" (want letters, digits, _ . and -)`},
		{"switch", `{"log_settings": {"create_summaries": 1}}`, `settings.json:1:39: log_settings.create_summaries: want true or false, have a number`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseSettings([]byte(tt.file), "settings.json")
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestSeedModels(t *testing.T) {
	m, err := ParseModels(readFile(t, "../../../examples/job/config/models.json"), "models.json")
	if err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]int{"llama3.2": 1, "llama3.2:latest": 1, "qwen2.5:14b": 3, "qwen2.5": 0} {
		if got := m.ID(model); got != want {
			t.Errorf("ID of %s: got %d, want %d", model, got, want)
		}
	}
	for size, want := range map[int]float64{1: 1, 5: 5, 7: 7, 15: 15, 40: 15} {
		if got := m.speedOf(size); got != want {
			t.Errorf("speed of %d: got %g, want %g", size, got, want)
		}
	}
}

func TestModelsMistakes(t *testing.T) {
	_, err := ParseModels([]byte(`{"available_models": [{"id": 1, "name": "a"}, {"id": 1, "name": "a"}, {"name": "b"}],
"batch_sizes": [{"size": 5}, {"size": 5}]}`), "m.json")
	for _, want := range []string{
		`m.json:1:54: available_models[1].id: duplicate ID 1 (first in available_models[0])`,
		`m.json:1:65: available_models[1].name: duplicate name "a" (first in available_models[0])`,
		`m.json:1:71: available_models[2].id: missing`,
		`m.json:2:39: batch_sizes[1].size: duplicate size 5 (first in batch_sizes[0])`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s\nin %v", want, err)
		}
	}
}

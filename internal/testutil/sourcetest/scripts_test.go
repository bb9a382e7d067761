package sourcetest

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"prism/internal/job"
)

var runFileName = regexp.MustCompile(`run_manifest\.json|failed_ranges\.|failed_ranges_w|calls_w|worker_[0-9$]|pause\.flag|orchestrator\.(lock|pid)|workers\.lock|` +
	`prism-run\.log|(units|terminal|joblog)_\$|slurm_[a-z]+\.|/(stop|machines|slurm_jobs)\b`)

// Scripts take the paths of a run from prism-split --print-settings. Only their help and their comments name files.
func TestScriptsDoNotSpellPathsOfARun(t *testing.T) {
	for _, path := range append([]string{"scripts/prism-run-cluster"}, userScripts...) {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		isHelp := false
		for i, line := range strings.Split(string(data), "\n") {
			switch {
			case line == "  cat <<'END'":
				isHelp = true
			case line == "END":
				isHelp = false
			}
			name := runFileName.FindString(line)
			if name != "" && !isHelp && !strings.HasPrefix(strings.TrimSpace(line), "#") {
				t.Errorf("%s:%d: %s: internal/job makes the paths of a run, and prism-split --print-settings prints them", path, i+1, name)
			}
		}
	}
}

// The target of a student is a constant of internal/job. Help, which cannot use it, says the same.
func TestStudentTargetIsTheSameEverywhere(t *testing.T) {
	want := strconv.FormatFloat(job.StudentTarget, 'f', -1, 64)
	for path, text := range map[string]string{
		"internal/job/options.go":      "as a share [" + want + "]",
		"cmd/prism-stats/agreement.go": "that of the student [" + want + "]",
		"scripts/prism-cascade":        "agree with gold or the model [" + want + "]",
		"docs/job.md":                  "| `model.student_target` | " + want + " |",
	} {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), text) {
			t.Errorf("%s: want %q", path, text)
		}
	}
}

package job

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestPaths holds the names of a run's files: users, scripts and documents know them.
func TestPaths(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"manifest", ManifestPath("logs", "r"), "logs/r/run_manifest.json"},
		{"log", RunLogPath("logs", "r", 2), "logs/r/run_r_w2.log"},
		{"call log", CallLogPath(RunDir("logs", "r"), 2), "logs/r/calls_w2.jsonl"},
		{"failed rows", FailedRowsPath(RunDir("logs", "r"), 2), "logs/r/failed_ranges_w2.json"},
		{"failed ranges", FailedRangesPath("out"), "out/failed_ranges.json"},
		{"status", WorkerStatusPath(RunDir("status", "r"), 2), "status/r/worker_2.json"},
		{"pause flag", PauseFlagPath(RunDir("status", "r")), "status/r/pause.flag"},
		{"checkpoint", CheckpointPrefix(JobID("r", 2)), "checkpoint_r_w2"},
		{"output", OutputName("l", 2, "tsv"), "l_w2.tsv"},
		{"no folder", RunDir("", "r"), ""},
	} {
		if got := filepath.ToSlash(tt.got); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	for name, want := range map[string]bool{"logs/r/calls_w1.jsonl": true, "calls_w12.jsonl": true, "calls.jsonl": false, "calls_w1.json": false} {
		if got := IsCallLog(name); got != want {
			t.Errorf("%s is a call log: got %t, want %t", name, got, want)
		}
	}
	for name, want := range map[string]int{"worker_3.json": 3, "worker_03.json": 0, ".worker_3.json-1.tmp": 0, "worker_3.txt": 0, "worker_x.json": 0} {
		if got, ok := ParseWorkerStatusName(name); ok != (want > 0) || ok && got != want {
			t.Errorf("%s: got %d, %t, want %d", name, got, ok, want)
		}
	}
}

func TestRunExists(t *testing.T) {
	for name, path := range map[string]string{
		"logs": "logs/r/x", "status": "status/r/x", "checkpoint": "cp/checkpoint_r_w1.json",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if runExists("logs", "status", "cp", "r", 1) || runExists("", "", "", "r", 1) {
				t.Error("a run exists before anything does")
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o666); err != nil {
				t.Fatal(err)
			}
			if !runExists("logs", "status", "cp", "r", 1) {
				t.Errorf("%s is not noticed", path)
			}
			if runExists("logs", "status", "cp", "other", 1) {
				t.Error("another run exists")
			}
		})
	}
}

func TestRunID(t *testing.T) {
	now := time.Date(2025, 1, 27, 14, 30, 52, 0, time.UTC)
	tests := []struct {
		name, project, version, model string
		id                            int
		taken                         []string
		want                          string
	}{
		{"listed model", "sample", "v1", "llama3.2", 1, nil, "sample_v1_m1_20250127_143052"},
		{"other model", "sample", "v1", "qwen2.5:14b", 0, nil, "sample_v1_qwen2.5-14b_20250127_143052"},
		{"unsafe names", "q1 café/x", "../v", "hf.co/me/m:q4_K", 0, nil, "q1_caf__x___v_hf.co-me-m-q4-K_20250127_143052"},
		{"empty project", "", "v1", "m", 0, nil, "__v1_m_20250127_143052"},
		{"taken", "s", "v1", "m", 0, []string{"s_v1_m_20250127_143052", "s_v1_m_20250127_143052_2"}, "s_v1_m_20250127_143052_3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			taken := map[string]bool{}
			for _, id := range tt.taken {
				taken[id] = true
			}
			got := RunID(tt.project, tt.version, tt.model, tt.id, now, func(id string) bool { return taken[id] })
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestPathsOfAManifest holds the names of files that only runs with a manifest have.
func TestPathsOfAManifest(t *testing.T) {
	m := plan(t)
	m.dir = "."
	reports := []func() string{m.SummaryPath, m.AnalyticsPath, m.ReportPath}
	for i, want := range []string{"logs/r/summary_r.md", "logs/r/analytics_r.csv", "output/report_r.html"} {
		m.Settings.LogSettings.CreateSummaries, m.Settings.LogSettings.CreateAnalytics, m.Settings.LogSettings.CreateReports = true, true, true
		if got := filepath.ToSlash(reports[i]()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		m.Settings.LogSettings.CreateSummaries, m.Settings.LogSettings.CreateAnalytics, m.Settings.LogSettings.CreateReports = false, false, false
		if got := reports[i](); got != "" {
			t.Errorf("got %s, want none where the settings want none", got)
		}
	}
	for _, tt := range []struct{ name, got, want string }{
		{"checkpoint of a unit", m.JobID(2), "r_w2"},
		{"failed ranges", m.FailedRangesPath(), "logs/r/failed_ranges.json"},
		{"what prism-cascade did", m.CascadeReportPath("a"), "logs/r/cascade_a/report.json"},
		{"what it was made of", m.CascadeDonePath("a"), "logs/r/cascade_a/done"},
		{"calls for texts", m.TextsDir("a"), "logs/r/cascade_a/texts/logs/r"},
		{"lock of the workers", m.WorkersLockPath(), "logs/r/workers.lock"},
		{"lock of prism-run", m.OrchestratorLockPath(), "logs/r/orchestrator.lock"},
	} {
		if got := filepath.ToSlash(tt.got); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestFindFilesOfRuns finds what the other functions name, and nothing else.
func TestFindFilesOfRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{ManifestPath("logs", "a"), ManifestPath("logs", "b"), CallLogPath("logs/a", 2), "logs/a/calls.jsonl", "logs/c/other.json"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	manifests, err := FindManifests("logs")
	if want := []string{ManifestPath("logs", "a"), ManifestPath("logs", "b")}; err != nil || !slices.Equal(manifests, want) {
		t.Errorf("got %q, %v, want %q", manifests, err, want)
	}
	logs, err := FindCallLogs(RunDir("logs", "a"))
	if want := []string{CallLogPath(RunDir("logs", "a"), 2)}; err != nil || !slices.Equal(logs, want) {
		t.Errorf("got %q, %v, want %q", logs, err, want)
	}
}

func TestDescribeRunFile(t *testing.T) {
	for path, want := range map[string]string{
		"logs/r/run_manifest.json": "the manifest of a run", "status/r/worker_12.json": "a status file of a run", "pause.flag": "a status file of a run", "calls_w1.jsonl": "the call log of a run",
		"checkpoint_r_w1.json": "a file of a checkpoint", "checkpoint_r_w1_part0012.csv": "a file of a checkpoint", "checkpoint_r_w1.failed.jsonl": "a file of a checkpoint",
		"checkpoint_notes.csv": "", "checkpoint_r_w1_part12.csv": "", "worker_x.json": "", "labels.csv": "",
	} {
		if got := DescribeRunFile(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// TestReserveRun: of several processes that make the same run ID one has it, whatever folders
// they use.
func TestReserveRun(t *testing.T) {
	for _, c := range []struct {
		name, logs, status, checkpoints string
		again                           bool // of the same ID
	}{
		{"all folders", "logs", "status", "cp", false}, {"logs", "logs", "", "", false}, {"status files", "", "status", "", false}, {"no folder", "", "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			o := &Options{Monitoring: Monitoring{LogsDir: c.logs, StatusDir: c.status}, Output: Output{Checkpoints: Checkpoints{Directory: c.checkpoints}}}
			for _, try := range []struct {
				id   string
				want bool
			}{{"r", true}, {"r", c.again}, {"other", true}} {
				if got, err := o.ReserveRun(try.id, 1); err != nil || got != try.want {
					t.Errorf("%s: got %v, %v, want %v", try.id, got, err, try.want)
				}
			}
		})
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("logs", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := (&Options{Monitoring: Monitoring{LogsDir: "logs"}}).ReserveRun("r", 1); err == nil || got {
		t.Errorf("a file in the place of the folder: got %v, %v", got, err)
	}
}

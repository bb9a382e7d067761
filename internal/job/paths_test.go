package job

import (
	"os"
	"path/filepath"
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

package status

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"prism/internal/job"
)

var berlin = time.FixedZone("", 3600)

func clock(seconds float64) time.Time {
	return time.Date(2025, 1, 27, 14, 30, 52, 0, berlin).Add(time.Duration(seconds * float64(time.Second)))
}

func sampleWorker() Worker {
	return Worker{
		WorkerID: 1, RunID: "sample_v1_m1_20250127_143052", State: Running,
		StartedAt: At(clock(0)), UpdatedAt: At(clock(270)),
		RowStart: 1, RowEnd: 250, RowsProcessed: 150, TotalRows: 250, APICalls: 15,
		RowsPerSec: 0.8333, TokensPerSec: 245.51,
		Checkpoints: []string{"checkpoint_x_w1_part0001.csv"}, CheckpointCount: 1,
		PID: 4242, Host: "desk", Label: "q1", Tokens: 3600, PromptTokens: 12180, RowsFailed: 2,
	}
}

func TestWorkerFile(t *testing.T) {
	w := sampleWorker()
	dir := filepath.Join(t.TempDir(), "status", w.RunID)
	if err := w.WriteFile(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(job.WorkerStatusPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "worker_id": 1,
  "run_id": "sample_v1_m1_20250127_143052",
  "state": "running",
  "started_at": "2025-01-27T14:30:52.000+01:00",
  "updated_at": "2025-01-27T14:35:22.000+01:00",
  "row_start": 1,
  "row_end": 250,
  "rows_processed": 150,
  "total_rows": 250,
  "progress_pct": 60,
  "api_calls": 15,
  "rows_per_sec": 0.83,
  "tokens_per_sec": 245.5,
  "errors": 0,
  "eta_seconds": 121,
  "checkpoints": [
    "checkpoint_x_w1_part0001.csv"
  ],
  "checkpoint_count": 1,
  "pid": 4242,
  "host": "desk",
  "label": "q1",
  "tokens": 3600,
  "prompt_tokens": 12180,
  "rows_failed": 2,
  "rows_resumed": 0,
  "retries": 0
}
`
	if d := cmp.Diff(string(got), want); d != "" {
		t.Errorf("file (-got +want):\n%s", d)
	}
	back, err := ReadWorker(job.WorkerStatusPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	if back.RowsProcessed != 150 || !back.UpdatedAt.Equal(clock(270)) || back.PID != 4242 {
		t.Errorf("read back %+v", back)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v (%v), want one file", entries, err)
	}
}

func TestWriteRefusesStatesOfViews(t *testing.T) {
	for _, s := range []State{Dead, Slow, "", "idle"} {
		w := sampleWorker()
		w.State = s
		if err := w.WriteFile(t.TempDir()); err == nil {
			t.Errorf("state %q was written", s)
		}
	}
}

func TestProgressAndETA(t *testing.T) {
	for _, c := range []struct {
		name        string
		state       State
		done, total int64
		rate        float64
		pct         float64
		eta         string
	}{
		{"half", Running, 50, 100, 2, 50, "25"},
		{"never shows 100 before the end", Running, 99999, 100000, 1, 99.9, "1"},
		{"no rate yet", Running, 0, 100, 0, 0, "null"},
		{"total unknown", Running, 50, 0, 2, 0, "null"},
		{"completed stream", Completed, 50, 0, 2, 100, "0"},
		{"completed", Completed, 100, 100, 2, 100, "0"},
		{"stopped", Stopped, 50, 100, 2, 50, "null"},
		{"last row done, still running", Running, 100, 100, 0, 100, "0"},
		{"rate too small for a number", Running, 1, 1 << 60, 5e-324, 0, "null"},
	} {
		pct, eta := progressAndETA(c.state, c.done, c.total, c.rate)
		text, err := json.Marshal(eta)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if pct != c.pct || string(text) != c.eta {
			t.Errorf("%s: got %v%%, %s s, want %v%%, %s s", c.name, pct, text, c.pct, c.eta)
		}
	}
}

func TestTime(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"with offset", `"2025-01-27T14:30:52+01:00"`, `"2025-01-27T14:30:52.000+01:00"`},
		{"UTC with nanoseconds", `"2025-01-27T14:30:52.123456789Z"`, `"2025-01-27T14:30:52.123Z"`},
		{"null", `null`, `null`},
	} {
		var v Time
		if err := json.Unmarshal([]byte(c.in), &v); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := json.Marshal(v)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
	}
	var v Time
	if err := json.Unmarshal([]byte(`"2025-01-27T14:30:52"`), &v); err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2025, 1, 27, 14, 30, 52, 0, time.Local); !v.Equal(want) {
		t.Errorf("without offset: got %v, want %v", v, want)
	}
	if err := json.Unmarshal([]byte(`"yesterday"`), &v); err == nil {
		t.Error("yesterday was read")
	}
}

func TestTruncateText(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"}, {"abcdef", 3, "abc…"}, {"aäb", 2, "a…"},
	} {
		if got := truncateText(c.in, c.n); got != c.want {
			t.Errorf("truncateText(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	w := sampleWorker()
	data, err := w.marshal()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(data), string(data[:100]), "", "null", "{}", "[]",
		`{"state":"running","eta_seconds":1e400}`, `{"state":"running","started_at":"2025-01-27T14:30:52"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := parseWorker(data)
		if err != nil {
			return
		}
		again, err := w.marshal()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := parseWorker(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, again)
		}
		if back.WorkerID != w.WorkerID || back.RowsProcessed != w.RowsProcessed || back.State != w.State {
			t.Fatalf("%+v became %+v", w, back)
		}
		run := Run{ID: "r", Workers: []Worker{*w}}
		view := run.View(ViewOptions{Now: clock(0), ProcessAlive: func(int, string) bool { return false }, DeadAfter: deadAfter})
		if _, err := json.Marshal(view); err != nil {
			t.Fatalf("view has no JSON form: %v", err)
		}
	})
}

// TestCountsAreClampedWhereWritten: a count that a server made absurd does not make the
// file unreadable.
func TestCountsAreClampedWhereWritten(t *testing.T) {
	dir := t.TempDir()
	w := Worker{WorkerID: 1, RunID: "r", State: Running, Tokens: 1 << 62, PromptTokens: -5, RowsProcessed: 7}
	if err := w.WriteFile(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadWorker(job.WorkerStatusPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	if got.Tokens != maxCount || got.PromptTokens != 0 || got.RowsProcessed != 7 {
		t.Errorf("got tokens %d, prompt tokens %d, rows %d", got.Tokens, got.PromptTokens, got.RowsProcessed)
	}
	if w.Tokens != 1<<62 {
		t.Error("the worker itself changed")
	}
}

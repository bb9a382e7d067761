package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prism/internal/bench/measure"
)

func TestReadFigures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.jsonl")
	const lines = `{"time":"2025-01-27T14:30:52Z","rows":10,"row_ids":[],"outcome":"ok","labelled":10,"prompt_tokens":600,"tokens":200}
{"time":"2025-01-27T14:30:53Z","rows":10,"row_ids":[],"outcome":"partial","labelled":6,"prompt_tokens":500,"tokens":120}
{"time":"2025-01-27T14:30:54Z","rows":4,"row_ids":[],"outcome":"transient","labelled":0}
{"time":"2025-01-27T14:30:55Z","rows":4,"row_ids":[],"outcome":"ok","labelled":4,"prompt_tokens":100,"tokens":80}
`
	if err := os.WriteFile(path, []byte(lines), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := readFigures(path, 4*time.Second)
	if want := (figures{rowsPerSec: 5, calls: 4, tokens: 20, promptTokens: 60}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestMedian(t *testing.T) {
	if got := measure.MedianOf([]figures{{rowsPerSec: 3}, {rowsPerSec: 9}, {rowsPerSec: 1}}, func(f figures) float64 { return f.rowsPerSec }); got != 3 {
		t.Errorf("got %v, want 3", got)
	}
}

func TestRunWithoutFolder(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(nil, &out, &errOut); code != 2 || !strings.HasPrefix(errOut.String(), "error: ") {
		t.Errorf("exit code %d: %s", code, &errOut)
	}
}

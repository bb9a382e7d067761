package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	log := filepath.Join(t.TempDir(), "calls.jsonl")
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, []string{"--log", log, "--models", "a,b+", "--labels", "Mood=good|bad,Topic", "--faults", "busy:calls=2",
			"--latency", "1ms", "--slots", "2"}, out, io.Discard)
		out.Close()
	}()
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		t.Fatalf("no URL: %v", <-done)
	}
	url := lines.Text()
	body := `{"model":"b","stream":false,"messages":[{"role":"user","content":"Classify this mention.\n\nRowID: 7\n\nContent: x\n\n**RETURN:** One"}]}`
	for _, want := range []int{200, 503} {
		resp, err := http.Post(url+"/api/chat", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || want == 200 && !strings.Contains(string(text), `{\"RowID\":7,\"Mood\":\"`) {
			t.Errorf("got %d %s, %v, want %d", resp.StatusCode, text, err, want)
		}
	}
	cancel()
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "calls 2 rows 2 peak 1 loads 1 seconds ") {
		t.Errorf("got %q", lines.Text())
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(log)
	if want := "{\"call\":1,\"row_ids\":[7]}\n{\"call\":2,\"row_ids\":[7],\"fault\":\"busy\"}\n"; err != nil || string(got) != want {
		t.Errorf("got the log %s, %v", got, err)
	}
}

func TestServeRefuses(t *testing.T) {
	for _, args := range [][]string{{"--faults", "explode"}, {"--addr", "256.0.0.1:1"}, {"--log", filepath.Join(t.TempDir(), "no", "x")}} {
		if err := serve(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

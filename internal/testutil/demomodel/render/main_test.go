package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"prism/internal/prompt"
)

const examples = "../../../../examples"

// The messages are those that prism-classify --dry-run printed when the demo's model was
// made, which the system tests hold to.
func TestRenderWhatTheModelWasTrainedOn(t *testing.T) {
	rows := readSeedRows(t)
	for _, style := range []prompt.Style{prompt.Classic, prompt.Compact} {
		for _, count := range []int{1, 4} {
			in, err := json.Marshal(batch{style, rows[:count]})
			if err != nil {
				t.Fatal(err)
			}
			var out, stderr bytes.Buffer
			if code := run([]string{filepath.Join(examples, "feedback/prompt.json")}, bytes.NewReader(in), &out, &stderr); code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr.String())
			}
			var got messages
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(examples, fmt.Sprintf("demo-model/prompts/%s_%d.txt", style, count))
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			printed := fmt.Sprintf("── system message ──\n%s\n── user message ──\n%s\n── reply schema ──\n", got.System, got.User)
			if !strings.HasPrefix(string(want), printed) {
				t.Errorf("got\n%s\nwant the start of %s", printed, path)
			}
		}
	}
}

func readSeedRows(t *testing.T) (rows []prompt.Mention) {
	t.Helper()
	file, err := os.Open(filepath.Join(examples, "feedback/seed.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		id, err := strconv.ParseInt(r[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, prompt.Mention{RowID: id, Title: r[1], Message: r[2], Sentiment: r[3]})
	}
	return rows
}

func TestRenderFaults(t *testing.T) {
	schema := filepath.Join(examples, "feedback/prompt.json")
	for name, c := range map[string]struct {
		args     []string
		in, want string
		code     int
	}{
		"no schema":     {nil, "", "prompt schema", 2},
		"missing file":  {[]string{"missing.json"}, "", "missing.json", 2},
		"unknown style": {[]string{schema}, `{"style":"terse","rows":[{"RowID":1}]}`, `stdin:1: unknown style "terse"`, 1},
		"no rows":       {[]string{schema}, `{"style":"classic","rows":[]}`, "stdin:1: a batch without rows", 1},
		"cut line":      {[]string{schema}, `{"style":"cl`, "stdin:1: unexpected EOF", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			code := run(c.args, strings.NewReader(c.in), &out, &stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("got exit code %d and %q, want %d and %q", code, stderr.String(), c.code, c.want)
			}
		})
	}
}

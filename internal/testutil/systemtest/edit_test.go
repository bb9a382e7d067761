//go:build unix

package systemtest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// An input is edited while it is labelled: edits are the ways to do it, labellings
// the ways to label it. Whatever the moment, the result is that of one version of the
// input or there is none.

// edit changes the input at a path from one version to another.
type edit struct {
	name  string
	after func(rng *rand.Rand, before []byte) []byte // the version after the edit
	apply func(path string, after []byte) error
}

func edits() []edit {
	return []edit{
		{"shorter", makeShorter, rewriteInPlace},
		{"longer", makeLonger, rewriteInPlace},
		{"equal length", makeEqualLength, rewriteInPlace},
		{"truncated", makeTruncated, func(path string, after []byte) error { return os.Truncate(path, int64(len(after))) }},
		{"renamed", makeLonger, func(path string, after []byte) error {
			if err := os.WriteFile(path+".new", after, 0o666); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}},
	}
}

// rewriteInPlace writes the version piece by piece over what is there, as a program
// does that keeps the file.
func rewriteInPlace(path string, after []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	for piece := range slices.Chunk(after, 4<<10) {
		if _, err := f.Write(piece); err != nil {
			return err
		}
	}
	return f.Truncate(int64(len(after)))
}

// someRows says which of n rows an edit changes: all, one, or all from some row on.
func someRows(rng *rand.Rand, n int) func(i int) bool {
	from := rng.IntN(n)
	switch rng.IntN(3) {
	case 0:
		return func(int) bool { return true }
	case 1:
		return func(i int) bool { return i == from }
	}
	return func(i int) bool { return i >= from }
}

// editRows changes the messages of some rows, and the header with them now and then.
func editRows(rng *rand.Rand, before []byte, change func(message string) string) [][]string {
	records, err := parseTable(string(before))
	if err != nil {
		panic(err) // generated above
	}
	if rng.IntN(4) == 0 { // the same bytes are then other columns
		records[0][1], records[0][2] = records[0][2], records[0][1]
		if rng.IntN(2) == 0 {
			return records
		}
	}
	changes := someRows(rng, len(records)-1)
	for i, r := range records[1:] {
		if changes(i) {
			r[2] = change(r[2])
		}
	}
	return records
}

func encodeRows(records [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(records); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func makeShorter(rng *rand.Rand, before []byte) []byte {
	records := editRows(rng, before, func(m string) string { return strings.TrimSuffix(m, ")") })
	from := 1 + rng.IntN(len(records)-10)
	return encodeRows(slices.Delete(records, from, from+10))
}

func makeLonger(rng *rand.Rand, before []byte) []byte {
	records := editRows(rng, before, func(m string) string { return m + " Edited." })
	from := 1 + rng.IntN(len(records)-1)
	return encodeRows(slices.Insert(records, from, []string{"1", "Great app", "One more row.", ""}))
}

func makeEqualLength(rng *rand.Rand, before []byte) []byte {
	return encodeRows(editRows(rng, before, func(m string) string { return strings.Replace(m, "ticket", "TICKET", 1) }))
}

func makeTruncated(rng *rand.Rand, before []byte) []byte { return before[:rng.IntN(len(before))] }

// labelling labels dir/in.csv into dir/out.csv.
type labelling struct {
	name   string
	script string
	// refused says whether the script refused an input: its exit code and what it printed.
	refused func(code int, printed string) bool
}

func labellings() []labelling {
	return []labelling{
		{"process", `prism-classify $flags -o out.csv in.csv`, func(code int, _ string) bool { return code == 2 }},
		{"units", `prism-split --workers 4 --format args in.csv |
			xargs -r -P4 -L1 bash -c 'prism-classify '"$flags"' --output-dir out "$@" || { code=$?; echo "worker: exit $code" >&2; exit $code; }' worker
			prism-merge --sort-by none -o out.csv out/*.csv`,
			func(code int, printed string) bool {
				workers := strings.Count(printed, "worker: exit ")
				return code == 2 && workers == 0 || code == 123 && workers > 0 && workers == strings.Count(printed, "worker: exit 2\n")
			}},
		{"job", `prism-run job.yaml --run-id r`, func(code int, _ string) bool { return code == 2 }},
	}
}

const editJob = `project: {name: p}
model: {name: fake, batch_size: 10, parallel: 2, delay: 0}
input_queue: [{path: in.csv, label: out}]
parallelization: {workers: 4}
error_handling: {max_worker_retries: 0}
output: {directory: ., naming_pattern: "{label}"}
merge: {sort_by: none}
prompts: {config_file: prompt.json}
monitoring: {dashboard_refresh: 0.2}
`

// editCounts is how rounds ended.
type editCounts struct{ before, after, refused int }

// TestInputEditedWhileLabelled edits inputs at random moments. PRISM_TEST_LONG=1 makes
// fifty rounds of each edit and labelling.
func TestInputEditedWhileLabelled(t *testing.T) {
	rounds := 1
	if os.Getenv("PRISM_TEST_LONG") != "" {
		rounds = 50
	}
	for l, label := range labellings() {
		for e, edit := range edits() {
			t.Run(label.name+"/"+edit.name, func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(uint64(l), uint64(e)))
				var counts editCounts
				for range rounds {
					runEdited(t, rng, label, edit, &counts)
				}
				t.Logf("%d rounds: the result of the input before the edit %d, after it %d, refused %d",
					rounds, counts.before, counts.after, counts.refused)
			})
		}
	}
}

// runEdited labels an input that is edited meanwhile, and checks what comes out.
func runEdited(t *testing.T, rng *rand.Rand, label labelling, edit edit, counts *editCounts) {
	t.Helper()
	const rows = 1500 // some blocks of what a worker reads at a time
	dir := t.TempDir()
	path := filepath.Join(dir, "in.csv")
	writeRows(t, path, rows)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after := edit.after(rng, before)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(2*time.Millisecond))...)
	defer srv.Close()
	cmd, printed := startLabelling(t, dir, srv.URL, label)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	waitForCall(rng, srv, rows/10, done)
	if err := edit.apply(path, after); err != nil {
		t.Fatal(err)
	}
	<-done
	code := cmd.ProcessState.ExitCode()
	out, err := readTable(filepath.Join(dir, "out.csv"))
	switch {
	case code != 0 && !label.refused(code, printed.String()):
		t.Fatalf("exit code %d\n%s", code, printed)
	case code != 0 && !errors.Is(err, fs.ErrNotExist):
		t.Fatalf("exit code %d and an output (%v)\n%s", code, err, printed)
	case code != 0:
		counts.refused++
	case err != nil:
		t.Fatalf("exit code 0 and no output: %v\n%s", err, printed)
	default:
		schema := readSchema(t)
		errBefore := checkVersion(before, out, schema)
		errAfter := checkVersion(after, out, schema)
		switch {
		case errBefore == nil:
			counts.before++
		case errAfter == nil:
			counts.after++
		default:
			t.Fatalf("the output is of no version: before the edit: %v; after it: %v\n%s", errBefore, errAfter, printed)
		}
	}
}

func startLabelling(t *testing.T, dir, host string, label labelling) (*exec.Cmd, *syncBuffer) {
	t.Helper()
	schema, err := os.ReadFile(schemaPath(t))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "prompt.json"), schema, 0o666)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(editJob), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Abs("../../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", label.script)
	cmd.Dir = dir
	list := string(os.PathListSeparator)
	cmd.Env = append(os.Environ(), "OLLAMA_HOST="+host, "PATH="+bin+list+scripts+list+os.Getenv("PATH"),
		"flags=--quiet --model fake --prompts-config prompt.json --run-id r --checkpoint-dir cp --parallel 2 --delay 0")
	var printed syncBuffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &printed
}

// waitForCall waits for a random one of so many calls, or for a moment of the first
// milliseconds, in which the input is checked; or until the process ends.
func waitForCall(rng *rand.Rand, srv *ollamatest.Server, calls int, done chan error) {
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	moment := time.Now().Add(time.Duration(rng.IntN(60_000)) * time.Microsecond)
	want := rng.IntN(calls)
	if rng.IntN(2) > 0 {
		moment = time.Now().Add(patience)
	}
	for srv.Totals().Calls <= want && time.Now().Before(moment) {
		select {
		case err := <-done:
			done <- err
			return
		case <-tick.C:
		}
	}
}

// checkVersion checks that the output is that of a version of the input: all its
// rows in order, each with its own labels.
func checkVersion(version []byte, out [][]string, schema *prompt.Schema) error {
	in, err := parseTable(string(version))
	if err != nil {
		return err
	}
	if len(in) != len(out) {
		return fmt.Errorf("%d records, want %d", len(out), len(in))
	}
	for i := range in {
		if !slices.Equal(in[i], out[i][:len(in[i])]) {
			return fmt.Errorf("record %d is %q, want %q", i, out[i], in[i])
		}
		if i == 0 {
			continue
		}
		row := slices.Clone(in[i])
		if in[0][1] == "Message" {
			row[1], row[2] = row[2], row[1]
		}
		if err := checkLabelsOf(row, out[i], schema); err != nil {
			return err
		}
	}
	return nil
}

package classify

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/calllog"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

const promptFile = `{"system_prompt":"You label feedback.","columns_to_code":["Topic","Tone","Note"],
"validation_rules":{"valid_topic":["Product","Support","Billing","Shipping"],"valid_tone":["Good","Bad","Mixed"]},
"not_applicable_defaults":{"Tone":"-","Note":"-"}}`

// bothStyles are the styles of prompts.
var bothStyles = []string{"classic", "compact"}

// long turns on what takes more than a second or two.
func long() bool { return os.Getenv("PRISM_TEST_LONG") != "" }

func parsePrompt(t *testing.T) *prompt.Schema {
	t.Helper()
	schema, err := prompt.Parse([]byte(promptFile), "prompt.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// serve starts a fake server that knows the prompt's columns.
func serve(t *testing.T, options ...ollamatest.Option) *ollamatest.Server {
	t.Helper()
	for _, c := range parsePrompt(t).Columns {
		options = append(options, ollamatest.Column{Name: c.Name, Labels: c.Labels})
	}
	return ollamatest.Start(t, options...)
}

// bench is a job on rows that ollamatest makes, with all it may leave behind in
// one folder. It has a checkpoint, a status and logs.
type bench struct {
	t     *testing.T
	dir   string
	s     WorkerOptions
	rows  []ollamatest.Row
	in    []byte        // for stdin
	stdin io.Reader     // nil: in
	out   *bytes.Buffer // of the last run
	said  *messages     // of the last run
	sleep func(ctx context.Context, d time.Duration) error
	tick  func() // called before and after each call; nil: nothing

	progress func() // called several times a second; nil: nothing
}

func newBench(t *testing.T, rows int, hosts ...*ollamatest.Server) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), sleep: func(ctx context.Context, d time.Duration) error {
		if d == lastWrite { // a write that has begun ends, and is waited for as long as that takes
			<-t.Context().Done()
		}
		return ctx.Err()
	}}
	for n := 1; n <= rows; n++ {
		b.rows = append(b.rows, ollamatest.MakeRow(n))
	}
	b.s = WorkerOptions{
		Input: filepath.Join(b.dir, "in.csv"), OutputPath: "-", WorkerID: 1, RunID: "r",
		Options: job.Options{
			Model: job.CallOptions{
				Name: ollamatest.DefaultModel, Labels: "strict",
				BatchSize: 10, Parallel: 4, MaxParallel: 64, Retries: 2, Delay: job.Seconds(time.Second), Timeout: job.Seconds(time.Minute),
			},
			Prompts:    job.Prompts{ConfigFile: filepath.Join(b.dir, "prompt.json")},
			Output:     job.Output{Checkpoints: job.Checkpoints{Directory: filepath.Join(b.dir, "cp"), Interval: 7}},
			Monitoring: job.Monitoring{StatusDir: filepath.Join(b.dir, "status"), LogsDir: filepath.Join(b.dir, "logs")},
		},
		Command: []string{"prism-classify", "in.csv"},
	}
	for _, h := range hosts {
		b.s.Model.Hosts = append(b.s.Model.Hosts, h.URL)
	}
	b.writeFile("prompt.json", promptFile)
	b.writeRows()
	return b
}

func (b *bench) writeFile(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o666); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) writeRows() {
	b.t.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	must := func(err error) {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	must(w.Write([]string{"RowID", "Title", "Message", "Sentiment"}))
	for _, r := range b.rows {
		must(w.Write([]string{strconv.FormatInt(r.ID, 10), r.Title, r.Message, r.Sentiment}))
	}
	w.Flush()
	b.writeFile("in.csv", text.String())
}

// runJob does the job; what it prints is in out and said.
func (b *bench) runJob(ctx context.Context) (Result, error) {
	b.out = new(bytes.Buffer) // a run that was interrupted may still write to the old one
	return b.runTo(ctx, b.out)
}

func (b *bench) runTo(ctx context.Context, out io.Writer) (Result, error) {
	b.said = new(messages)
	streams := Streams{In: bytes.NewReader(b.in), Out: out, Messages: b.said, Now: b.now, Sleep: b.sleep}
	if b.stdin != nil {
		streams.In = b.stdin
	}
	if b.progress != nil {
		streams.Progress = func(p Progress) {
			if !p.Done {
				b.progress()
			}
		}
	}
	return Run(ctx, b.s, streams)
}

func (b *bench) now() time.Time {
	if b.tick != nil {
		b.tick()
	}
	return time.Now()
}

func (b *bench) mustRun() Result {
	b.t.Helper()
	r, err := b.runJob(context.Background())
	if err != nil {
		b.t.Fatalf("run: %v\n%s", err, b.said.text())
	}
	return r
}

// check fails the test unless the output has every row but those with the RowIDs
// given, in input order, each with its own labels.
func (b *bench) check(failed ...int64) {
	b.t.Helper()
	var want []ollamatest.Row
	for _, r := range b.rows {
		if !slices.Contains(failed, r.ID) {
			want = append(want, r)
		}
	}
	b.checkRows(want)
}

func (b *bench) checkRows(want []ollamatest.Row) {
	b.t.Helper()
	got := b.records()
	schema := parsePrompt(b.t)
	for i, r := range want {
		if i >= len(got) {
			b.t.Fatalf("the output has %d rows, want %d", len(got), len(want))
		}
		if err := rowProblem(got[i], r, schema); err != nil {
			b.t.Fatalf("row %d of the output: %v", i+1, err)
		}
	}
	if len(got) > len(want) {
		b.t.Fatalf("the output has %d rows, want %d", len(got), len(want))
	}
}

func (b *bench) records() [][]string {
	b.t.Helper()
	got, err := csv.NewReader(strings.NewReader(b.out.String())).ReadAll()
	if err != nil || len(got) == 0 {
		b.t.Fatalf("the output: %d records, %v", len(got), err)
	}
	return got[1:]
}

func rowProblem(got []string, r ollamatest.Row, schema *prompt.Schema) error {
	in := []string{strconv.FormatInt(r.ID, 10), r.Title, r.Message, r.Sentiment}
	if !slices.Equal(got[:len(in)], in) {
		return fmt.Errorf("what passed through is %q, was %q", got[:len(in)], in)
	}
	for i, c := range schema.Columns {
		if got, want := got[len(in)+i], ollamatest.Label(c.Name, r, c.Labels); got != want {
			return fmt.Errorf("RowID %d: %s is %q, want %q", r.ID, c.Name, got, want)
		}
	}
	return nil
}

// messages keeps what a job tells people.
type messages struct {
	mu    sync.Mutex
	lines []string
}

func (m *messages) record(kind, format string, args []any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, kind+fmt.Sprintf(format, args...))
}

func (m *messages) Infof(format string, args ...any)  { m.record("", format, args) }
func (m *messages) Warnf(format string, args ...any)  { m.record("warning: ", format, args) }
func (m *messages) Debugf(format string, args ...any) {}

func (m *messages) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.lines, "\n")
}

// callLog reads the job's call log.
func (b *bench) callLog() []calllog.Call {
	b.t.Helper()
	path := filepath.Join(b.s.Monitoring.LogsDir, "r", "calls_w1.jsonl")
	f, err := os.Open(path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	var list []calllog.Call
	for r := calllog.NewReader(f, path); ; {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			b.t.Fatal(err)
		}
		list = append(list, *c)
	}
}

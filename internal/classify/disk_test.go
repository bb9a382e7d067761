package classify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"prism/internal/checkpoint"
	"prism/internal/testutil/ollamatest"
)

// partPath is the path of the job's part with a number of four digits.
func (b *bench) partPath(digits string) string {
	return filepath.Join(b.s.Output.Checkpoints.Directory, "checkpoint_r_w1_part"+digits+".csv")
}

// TestCheckpointThatFails: when a part cannot be made, the work ends, the error is
// told once, nothing that is not saved goes out, and a resume goes on.
func TestCheckpointThatFails(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 100, srv)
	b.s.Output.Checkpoints.Interval = 10
	if err := os.MkdirAll(b.s.Output.Checkpoints.Directory, 0o777); err != nil {
		t.Fatal(err)
	}
	var block sync.Once
	b.tick = func() {
		if _, err := os.Stat(b.partPath("0001")); err == nil {
			block.Do(func() {
				if err := os.WriteFile(b.partPath("0004"), nil, 0o666); err != nil {
					t.Error(err)
				}
			})
		}
	}
	b.s.Model.Parallel = 1
	r, err := b.runJob(context.Background())
	if !errors.Is(err, os.ErrExist) || IsUsage(err) || IsServer(err) {
		t.Fatalf("got %v", err)
	}
	if n := strings.Count(err.Error(), "part0004"); n != 1 {
		t.Errorf("the error is told %d times: %v", n, err)
	}
	if got := len(b.records()); got > 30 || r.Rows != 30 {
		t.Errorf("%d rows written, %d finished, 30 are saved", got, r.Rows)
	}
	b.checkRows(b.rows[:len(b.records())])
	b.tick = nil
	if err := os.Remove(b.partPath("0004")); err != nil {
		t.Fatal(err)
	}
	b.mustRun()
	b.check()
}

// TestPartCutWhileRunning: rows of an earlier process that are lost meanwhile are
// damage, in every way to write, and not the end of the output.
func TestPartCutWhileRunning(t *testing.T) {
	for _, format := range []string{"csv", "jsonl"} {
		t.Run(format, func(t *testing.T) {
			srv := serve(t)
			b := newBench(t, 30, srv)
			b.s.Output.Format = format
			b.s.RowStart = 11
			b.mustRun()
			b.s.RowStart = 0
			calls := srv.Totals().Calls
			var cut sync.Once
			b.tick = func() {
				if srv.Totals().Calls > calls {
					cut.Do(func() {
						if err := os.Truncate(b.partPath("0001"), 60); err != nil {
							t.Error(err)
						}
					})
				}
			}
			_, err := b.runJob(context.Background())
			var damage *checkpoint.DamageError
			if !errors.As(err, &damage) || strings.Contains(err.Error(), "bug") {
				t.Errorf("got %v, want damage", err)
			}
		})
	}
}

// TestFailedRowsAmongEarlierOnes: rows that failed earlier stay out, and go where
// they belong when they are finished with --retry-failed.
func TestFailedRowsAmongEarlierOnes(t *testing.T) {
	bad := []int64{1001, 1013, 1014, 1030}
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.WrongLabel, Rows: bad})
	b := newBench(t, 30, srv)
	b.s.Output.Checkpoints.Interval = 4
	b.mustRun()
	b.check(bad...)
	b.s.Limit = 20
	b.mustRun() // nothing to do
	b.rows = b.rows[:20]
	b.check(bad...)
	b.s.Model.Hosts = []string{serve(t).URL}
	b.s.RetryFailed = true
	b.mustRun() // the last failed row is beyond the limit
	b.check()
	if f := b.failures(); len(f) != 1 || f[0].RowID != 1030 {
		t.Errorf("failed rows: %+v", f)
	}
}

// rowWriter tells when a whole row was written.
type rowWriter struct {
	bytes.Buffer
	lines chan string
}

func (w *rowWriter) Write(p []byte) (int, error) {
	w.Buffer.Write(p)
	for {
		line, err := w.Buffer.ReadString('\n')
		if err != nil {
			w.Buffer.WriteString(line)
			return len(p), nil
		}
		w.lines <- line
	}
}

// TestStreamShowsEachRowAtOnce: a reader of the output sees a row before the next one
// comes in, whatever the formats.
func TestStreamShowsEachRowAtOnce(t *testing.T) {
	inputs := map[string]func(n byte) string{
		"csv":   func(n byte) string { return string(n) + ",text\n" },
		"jsonl": func(n byte) string { return `{"RowID":` + string(n) + `,"Message":"text"}` + "\n" },
	}
	for form, input := range inputs {
		for _, out := range []string{"csv", "jsonl", "tsv"} {
			t.Run(form+" to "+out, func(t *testing.T) {
				b := newBench(t, 0, serve(t))
				from, to := io.Pipe()
				b.stdin, b.s.Input, b.s.InputFormat, b.s.Output.Format = from, "-", form, out
				b.s.Model.BatchSize = 1
				w := &rowWriter{lines: make(chan string, 10)}
				done := make(chan error, 1)
				go func() {
					_, err := b.runTo(context.Background(), w)
					done <- err
				}()
				if form == "csv" {
					io.WriteString(to, "RowID,Message\n")
				}
				for n := byte('1'); n <= '5'; n++ {
					io.WriteString(to, input(n))
					if n == '1' && out != "jsonl" {
						<-w.lines // the header
					}
					select {
					case line := <-w.lines:
						if !strings.Contains(line[:min(len(line), 12)], string(n)) {
							t.Errorf("row %c: got %q", n, line)
						}
					case err := <-done:
						t.Fatalf("row %c: the job ended: %v", n, err)
					}
				}
				to.Close()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestRangeBeyondTheInput ends at once, with any position.
func TestRangeBeyondTheInput(t *testing.T) {
	for _, start := range []int64{31, 1 << 60, 1<<63 - 1} {
		b := newBench(t, 30, serve(t))
		b.s.RowStart = start
		r, err := b.runJob(context.Background())
		if r.Rows != 0 || err != nil && !IsUsage(err) {
			t.Errorf("row %d: %d rows, %v", start, r.Rows, err)
		}
		b = newBench(t, 30, serve(t))
		b.s.RowEnd = start
		if r, err := b.runJob(context.Background()); r.Rows != 30 || err != nil {
			t.Errorf("until row %d: %d rows, %v", start, r.Rows, err)
		}
	}
}

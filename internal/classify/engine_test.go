package classify

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/table"
	"prism/internal/testutil/ollamatest"
)

// gateWriter blocks until it is opened.
type gateWriter struct {
	open chan struct{}
	b    bytes.Buffer
}

func (g *gateWriter) Write(p []byte) (int, error) {
	<-g.open
	return g.b.Write(p)
}

// TestHangingCallDelaysTheOutputAlone: while the first batch hangs, all others
// are finished and saved, and nothing is written.
func TestHangingCallDelaysTheOutputAlone(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.Hang, Rows: []int64{1001}, Times: 1})
	b := newBench(t, 300, srv)
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("seen enough")
	b.tick = func() {
		if srv.Totals().Calls == 30 && savedRows(t, b) == 290 {
			cancel(stop)
		}
	}
	b.progress = b.tick
	r, err := b.runJob(ctx)
	if !errors.Is(err, stop) || r.Rows != 290 {
		t.Errorf("%v, %d rows", err, r.Rows)
	}
	if len(b.records()) != 0 {
		t.Errorf("%d rows were written before the first", len(b.records()))
	}
	b.tick, b.progress = nil, nil
	b.mustRun()
	b.check()
	if n := srv.Totals().Rows; n != 310 {
		t.Errorf("%d rows sent, want the ten that hung twice", n)
	}
}

// TestWindowIsBounded: while a call hangs, others go on only until so many
// rows wait for it.
func TestWindowIsBounded(t *testing.T) {
	const calls = 20 // in the window
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.Hang, Rows: []int64{1001}, Times: 1}, ollamatest.CountOnly())
	b := newBench(t, 2000, srv)
	b.s.maxWindow = calls * leastCallBytes(t)
	ctx, cancel := context.WithCancel(context.Background())
	seen, still := 0, 0
	b.progress = func() {
		calls := srv.Totals().Calls
		if still++; calls != seen || calls == 0 {
			seen, still = calls, 0
		}
		if still == 3 {
			cancel()
		}
	}
	r, err := b.runJob(ctx)
	if !errors.Is(err, context.Canceled) || seen > calls+int(b.s.Model.Parallel)+1 || r.Rows != int64(10*(seen-1)) {
		t.Errorf("%v after %d calls, %d rows saved", err, seen, r.Rows)
	}
	if seen < calls/2 {
		t.Errorf("only %d calls, the window has room for more", seen)
	}
}

// leastCallBytes is what the rows of a call of ten take in the window, at least.
func leastCallBytes(t *testing.T) int {
	t.Helper()
	b := newBench(t, 50, serve(t))
	b.mustRun()
	rows := csv.NewReader(b.out)
	least, end := math.MaxInt, int64(0)
	for {
		if _, err := rows.Read(); errors.Is(err, io.EOF) {
			return 10 * (least + rowOverhead)
		} else if err != nil {
			t.Fatal(err)
		}
		least = min(least, int(rows.InputOffset()-end)) // a record may have line breaks
		end = rows.InputOffset()
	}
}

// savedRows counts the rows in the checkpoint's parts.
func savedRows(t *testing.T, b *bench) int {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(b.s.Output.Checkpoints.Directory, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range parts {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Error(err)
		}
		n += bytes.Count(data, []byte(",r\n"))
	}
	return n
}

// TestBlockedOutputHoldsCallsBack: when nobody reads the output, calls go on
// until the window is full, and no longer; without a checkpoint, too.
func TestBlockedOutputHoldsCallsBack(t *testing.T) {
	for _, kept := range []bool{true, false} {
		t.Run(fmt.Sprintf("checkpoint %v", kept), func(t *testing.T) {
			const rows, window = 4000, 20 // calls
			srv := serve(t, ollamatest.CountOnly())
			b := newBench(t, rows, srv)
			b.s.maxWindow = window * leastCallBytes(t)
			if !kept {
				b.s.Output.Checkpoints.Directory = ""
			}
			out := &gateWriter{open: make(chan struct{})}
			seen, still := 0, 0
			b.progress = func() { // the calls have stopped when none came for a while
				calls := srv.Totals().Calls
				switch {
				case still == 3: // it is open
				case calls != seen || calls == 0:
					seen, still = calls, 0
				default:
					if still++; still == 3 {
						close(out.open)
					}
				}
			}
			if _, err := b.runTo(context.Background(), out); err != nil {
				t.Fatal(err)
			}
			b.out = &out.b
			b.check()
			if most := window + 3*int(b.s.Model.Parallel); seen > most {
				t.Errorf("%d calls before the output was read, want at most %d", seen, most)
			}
		})
	}
}

// TestInterruptWhileStreamsBlock ends the work although neither a read nor a
// write returns.
func TestInterruptWhileStreamsBlock(t *testing.T) {
	stop := errors.New("interrupted")
	srv := serve(t)
	t.Run("output", func(t *testing.T) {
		b := newBench(t, 200, srv)
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		out := &gateWriter{open: make(chan struct{})}
		defer close(out.open)
		b.progress = func() { cancel(stop) }
		b.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // no patience with the blocked output
		if _, err := b.runTo(ctx, out); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("input", func(t *testing.T) {
		b := newBench(t, 15, srv)
		text, err := os.ReadFile(b.s.Input)
		if err != nil {
			t.Fatal(err)
		}
		from, to := io.Pipe()
		defer from.Close()
		go to.Write(text) // and then nothing, not even the end
		b.s.Input, b.stdin = "-", from
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		b.progress = func() {
			if savedRows(t, b) == 10 {
				cancel(stop)
			}
		}
		r, err := b.runJob(ctx)
		if !errors.Is(err, stop) || r.Rows != 10 {
			t.Errorf("%v, %d rows", err, r.Rows)
		}
	})
	t.Run("input before its header", func(t *testing.T) {
		b := newBench(t, 0, srv)
		from, _ := io.Pipe()
		defer from.Close()
		b.s.Input, b.stdin = "-", from
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(stop)
		if _, err := b.runJob(ctx); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
	})
}

// TestOutputThatFails ends the work with everything saved.
func TestOutputThatFails(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 100, srv)
	full := errors.New("no space left")
	_, err := b.runTo(context.Background(), failingWriter{full})
	if !errors.Is(err, full) || IsUsage(err) || IsServer(err) {
		t.Errorf("got %v", err)
	}
	if n := strings.Count(err.Error(), full.Error()); n != 1 {
		t.Errorf("the error is told %d times: %v", n, err)
	}
	b.mustRun()
	b.check()
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

// TestPausedWorker makes no call while the flag is there, goes on when it is
// gone, and ends at an interrupt.
func TestPausedWorker(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 40, srv)
	runDir := filepath.Join(b.s.Monitoring.StatusDir, "r")
	if err := os.MkdirAll(runDir, 0o777); err != nil {
		t.Fatal(err)
	}
	pause := func() {
		if err := status.Pause(runDir); err != nil {
			t.Fatal(err)
		}
	}
	pause()
	stop := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(context.Background())
	b.sleep = func(ctx context.Context, d time.Duration) error {
		if d == pausePoll {
			cancel(stop)
		}
		return ctx.Err()
	}
	if r, err := b.runJob(ctx); !errors.Is(err, stop) || r.Calls != 0 || srv.Totals().Calls != 0 {
		t.Errorf("%v after %d calls", err, srv.Totals().Calls)
	}

	var once sync.Once
	b.sleep = func(ctx context.Context, d time.Duration) error {
		once.Do(func() {
			if n := srv.Totals().Calls; n != 0 {
				t.Errorf("%d calls while it was paused", n)
			}
			if err := status.Resume(runDir); err != nil {
				t.Error(err)
			}
		})
		return ctx.Err()
	}
	b.mustRun()
	b.check()
}

// TestSecondWorkerOnTheJobIsRefused and does not disturb the first.
func TestSecondWorkerOnTheJobIsRefused(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 40, srv)
	var once sync.Once
	b.tick = func() {
		once.Do(func() {
			other := *b
			other.tick = nil
			_, err := other.runJob(context.Background())
			if !errors.Is(err, fsutil.ErrLocked) || !IsUsage(err) || !strings.Contains(Hint(err, ""), "another prism-classify") {
				t.Errorf("got %v", err)
			}
		})
	}
	b.mustRun()
	b.check()
	if n := srv.Totals().Rows; n != 40 {
		t.Errorf("%d rows sent, want 40", n)
	}
}

// TestBadRecordInAStream ends the work after the rows before it were saved.
func TestBadRecordInAStream(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 34, srv)
	good, err := os.ReadFile(b.s.Input)
	if err != nil {
		t.Fatal(err)
	}
	for i, tail := range []string{"1,2\n", "nine,a,b,c\n", "1003,again,b,c\n", "1,\"never closed\n"} {
		b.s.Input, b.s.RunID = "-", fmt.Sprintf("r%d", i)
		b.in = append(append([]byte(nil), good...), tail...)
		r, err := b.runJob(context.Background())
		var bad *table.Error
		if !errors.As(err, &bad) || !IsUsage(err) || r.Rows != 34 {
			t.Errorf("%q: %v, %d rows", tail, err, r.Rows)
		}
		b.check()
		before := srv.Totals().Rows
		b.in = good
		b.mustRun()
		b.check()
		if srv.Totals().Rows != before {
			t.Errorf("%q: rows were asked for again", tail)
		}
	}
}

// TestNoRowsOnDisk: without a checkpoint folder nothing of the rows is written but
// the output, while they wait for a call that hangs, too.
func TestNoRowsOnDisk(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.Hang, Rows: []int64{1001}, Times: 1})
	b := newBench(t, 100, srv)
	b.s.Output.Checkpoints.Directory, b.s.Model.Timeout = "", job.Seconds(time.Second)
	files := 0
	b.progress = func() {
		left, err := os.ReadDir(tmp)
		if err != nil {
			t.Error(err)
		}
		files += len(left)
		if open, err := filepath.Glob("/proc/self/fd/*"); err == nil {
			for _, fd := range open {
				if name, err := os.Readlink(fd); err == nil && strings.Contains(name, "prism-rows") {
					files++
				}
			}
		}
	}
	b.mustRun()
	b.check()
	if files != 0 {
		t.Errorf("temporary files were seen %d times", files)
	}
}

package classify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prism/internal/checkpoint"
	"prism/internal/table"
	"prism/internal/testutil/ollamatest"
)

// TestResumeWithAnotherRange: what an earlier process finished beyond the rows
// that are wanted now stays out, however its rows lie in the parts.
func TestResumeWithAnotherRange(t *testing.T) {
	type part struct{ start, end, limit int64 }
	tests := []struct {
		name          string
		before, after part
		want          [2]int // positions in the output
	}{
		{"less by --limit", part{}, part{limit: 25}, [2]int{1, 25}},
		{"more by --limit", part{limit: 25}, part{limit: 61}, [2]int{1, 61}},
		{"begins and ends within", part{start: 1, end: 70}, part{start: 5, end: 42}, [2]int{5, 42}},
		{"begins within, ends behind", part{start: 11, end: 40}, part{start: 38, end: 90}, [2]int{38, 90}},
		{"begins before, ends within", part{start: 31, end: 70}, part{start: 8, end: 50}, [2]int{8, 50}},
		{"nothing in common", part{start: 1, end: 10}, part{start: 50, end: 60}, [2]int{50, 60}},
		{"one row", part{}, part{start: 44, end: 44}, [2]int{44, 44}},
	}
	for _, tt := range tests {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stream %v", tt.name, stream), func(t *testing.T) {
				t.Parallel()
				srv := serve(t)
				b := newBench(t, 100, srv)
				b.s.Output.Checkpoints.Interval = 30
				if stream {
					b.useStdin()
				}
				b.s.RowStart, b.s.RowEnd, b.s.Limit = tt.before.start, tt.before.end, tt.before.limit
				b.mustRun()
				finished := map[int64]bool{}
				for id := range srv.Sent() {
					finished[id] = true
				}
				b.s.RowStart, b.s.RowEnd, b.s.Limit = tt.after.start, tt.after.end, tt.after.limit
				b.mustRun()
				b.checkRows(b.rows[tt.want[0]-1 : tt.want[1]])
				for id, times := range srv.Sent() {
					if times > 1 {
						t.Errorf("RowID %d was sent %d times", id, times)
					}
				}
			})
		}
	}
}

func (b *bench) useStdin() {
	b.t.Helper()
	text, err := os.ReadFile(b.s.Input)
	if err != nil {
		b.t.Fatal(err)
	}
	b.s.Input, b.in = "-", text
}

// TestInterruptedAgainAndAgain: whenever it is interrupted, no finished row is
// asked for again, and the end is complete.
func TestInterruptedAgainAndAgain(t *testing.T) {
	const rows = 400
	stop := errors.New("interrupted")
	rng := rand.New(rand.NewPCG(3, 3))
	srv := serve(t, ollamatest.CountOnly())
	b := newBench(t, rows, srv)
	b.sleep = func(ctx context.Context, _ time.Duration) error {
		if ctx.Done() == nil { // the end's patience with a blocked output: here it is none
			<-t.Context().Done()
		}
		return ctx.Err()
	}
	interrupts := 0
	for {
		ctx, cancel := context.WithCancelCause(context.Background())
		last := srv.Totals().Calls + 1 + rng.IntN(8)
		b.tick = func() {
			if srv.Totals().Calls >= last {
				cancel(stop)
			}
		}
		_, err := b.runJob(ctx)
		if err == nil {
			break
		}
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		interrupts++
		b.checkRows(b.rows[:len(b.records())]) // a prefix
	}
	b.check()
	if most := rows + interrupts*int(b.s.Model.Parallel)*b.s.Model.BatchSize; srv.Totals().Rows > most || interrupts < 5 {
		t.Errorf("%d rows sent after %d interrupts, want at most %d", srv.Totals().Rows, interrupts, most)
	}
}

// TestOtherConditionsAreRefused names what changed; --restart starts over.
func TestOtherConditionsAreRefused(t *testing.T) {
	srv := serve(t, ollamatest.Model{Name: "fake"}, ollamatest.Model{Name: "other"})
	tests := []struct {
		name   string
		change func(b *bench)
		want   string
	}{
		{"model", func(b *bench) { b.s.Model.Name = "other" }, "model was fake, is other"},
		{"model digest", func(b *bench) {
			b.s.Model.Hosts = []string{serve(b.t, ollamatest.Model{Name: "fake", Digest: strings.Repeat("ab", 32)}).URL}
		}, "model digest was"},
		{"prompt", func(b *bench) { b.writeFile("prompt.json", strings.Replace(promptFile, "feedback", "mail", 1)) }, "prompt was"},
		{"labels", func(b *bench) { b.s.Model.Labels = "" }, "labels was strict, is organic"},
		{"num_ctx", func(b *bench) { b.s.Model.NumCtx = 4000 }, "num_ctx was 8192, is 4000"},
		{"num_predict", func(b *bench) { b.s.Model.NumPredict = 999 }, "num_predict was from the schema, is 999"},
		{"temperature", func(b *bench) { b.s.Model.Temperature = 0.5 }, "temperature was 0, is 0.5"},
		{"seed", func(b *bench) { b.s.Model.Seed = 4 }, "seed was 0, is 4"},
		{"columns", func(b *bench) { b.s.Output.Drop = []string{"Title"} }, "the columns were"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 20, srv)
			b.s.Limit = 10
			b.mustRun()
			before := b.out.String()
			tt.change(b)
			_, err := b.runJob(context.Background())
			var mismatch *checkpoint.MismatchError
			if !errors.As(err, &mismatch) || !IsUsage(err) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(Hint(err, ""), "--restart") {
				t.Errorf("got %v", err)
			}
			b.s.Restart = true
			b.mustRun()
			if len(b.records()) != 10 || before == "" {
				t.Errorf("%d rows after --restart", len(b.records()))
			}
			aside, _ := filepath.Glob(filepath.Join(b.s.Output.Checkpoints.Directory, "*.aside1", "*_part0001.csv"))
			if len(aside) != 1 {
				t.Errorf("set aside: %q", aside)
			}
		})
	}
}

// TestOtherBatchSizeResumes: how many rows go into a call is not a condition.
func TestOtherBatchSizeResumes(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 50, srv)
	b.s.Limit = 20
	b.mustRun()
	b.s.Limit, b.s.Model.BatchSize, b.s.Model.Parallel = 0, 3, 2
	b.mustRun()
	b.check()
	sizes := map[string]int{}
	for _, r := range b.records() {
		sizes[r[len(r)-2]]++
	}
	if sizes["10"] != 20 || sizes["3"] != 30 {
		t.Errorf("batch sizes %v", sizes)
	}
}

func TestChangedStreamIsRefused(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 30, srv)
	b.useStdin()
	b.s.Limit = 15
	b.mustRun()
	b.s.Limit = 0
	b.in = []byte(strings.Replace(string(b.in), "ticket 12", "ticket 21", 1))
	_, err := b.runJob(context.Background())
	if !IsUsage(err) || !strings.Contains(err.Error(), "stdin: row 12 differs") {
		t.Errorf("got %v", err)
	}
}

// TestResumeCommand can be pasted into a shell.
func TestResumeCommand(t *testing.T) {
	tests := []struct {
		name    string
		command []string
		want    string
	}{
		{"plain", []string{"prism-classify", "in.csv"}, "prism-classify --run-id r in.csv"},
		{"run ID given", []string{"prism-classify", "--run-id", "r", "in.csv"}, "prism-classify --run-id r in.csv"},
		{"run ID joined", []string{"prism-classify", "--run-id=r", "in.csv"}, "prism-classify --run-id=r in.csv"},
		{"restart", []string{"prism-classify", "--restart", "in.csv", "--restart=true"}, "prism-classify --run-id r in.csv"},
		{"after --", []string{"prism-classify", "--", "-in.csv"}, "prism-classify --run-id r -- -in.csv"},
		{"to be quoted", []string{"prism-classify", "it's here/$x.csv", ""}, `prism-classify --run-id r 'it'\''s here/$x.csv' ''`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := worker{s: &WorkerOptions{RunID: "r", Command: tt.command}}
			w.s.Output.Checkpoints.Directory = "cp"
			if got := w.resume(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			w.s.Output.Checkpoints.Directory = ""
			if got := w.resume(); got != "" {
				t.Errorf("without a checkpoint: %s", got)
			}
		})
	}
}

// TestOutputFile is there whole or not at all, and leaves nothing beside it.
func TestOutputFile(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.NoModel, From: 3, To: 3})
	b := newBench(t, 40, srv)
	b.s.Model.Parallel = 1
	dir := filepath.Join(b.dir, "out")
	b.s.OutputPath = filepath.Join(dir, "labels.csv")
	if _, err := b.runJob(context.Background()); !IsServer(err) {
		t.Fatalf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	b.mustRun()
	text, err := os.ReadFile(b.s.OutputPath)
	if err != nil {
		t.Fatal(err)
	}
	b.out.Write(text)
	b.check()
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// TestUnits: offsets that do not fit the positions are refused.
func TestUnits(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 10, srv)
	b.writeFile("in.csv", "RowID,Message\n1,one\n2,two\n3,\"th\nree\"\n4,four\n")
	tests := []struct {
		name string
		rg   table.Range
		want string // error; empty: rows 2 and 3
	}{
		{"positions", table.Range{RowStart: 2, RowEnd: 3}, ""},
		{"with offsets", table.Range{RowStart: 2, RowEnd: 3, ByteStart: 20, ByteEnd: 37}, ""},
		{"within a record", table.Range{RowStart: 2, RowEnd: 3, ByteStart: 22, ByteEnd: 37}, "no record of"},
		{"too few bytes", table.Range{RowStart: 2, RowEnd: 3, ByteStart: 20, ByteEnd: 26}, "has 1 rows between bytes 20 and 26, not 2"},
		{"too many bytes", table.Range{RowStart: 2, RowEnd: 3, ByteStart: 20, ByteEnd: 44}, "has 3 rows or more between bytes 20 and 44, not 2"},
		{"behind the end", table.Range{RowStart: 2, RowEnd: 3, ByteStart: 20, ByteEnd: 400}, "bytes 20 to 400 are not in"},
		{"within the header", table.Range{RowStart: 2, RowEnd: 3, ByteStart: 5, ByteEnd: 37}, "no record of"},
		{"no rows", table.Range{RowStart: 9, RowEnd: 12}, "has no rows 9 to 12"},
		{"no rows, open", table.Range{RowStart: 9}, "has no rows from 9 on"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b.s.RunID = fmt.Sprint("r", i)
			b.s.RowStart, b.s.RowEnd, b.s.ByteStart, b.s.ByteEnd = tt.rg.RowStart, tt.rg.RowEnd, tt.rg.ByteStart, tt.rg.ByteEnd
			_, err := b.runJob(context.Background())
			if tt.want != "" {
				if err == nil || !IsUsage(err) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := b.records(); len(got) != 2 || got[0][1] != "two" || got[1][1] != "th\nree" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestOrganicLabels are kept, counted and warned of once each.
func TestOrganicLabels(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.WrongLabel, P: 1})
	b := newBench(t, 50, srv)
	b.s.Model.Labels = ""
	r := b.mustRun()
	if r.Organic != 5 || r.Rows != 50 || strings.Count(b.said.text(), ollamatest.WrongText) != 1 {
		t.Errorf("%+v\n%s", r, b.said.text())
	}
	got := 0
	for _, rec := range b.records() {
		if rec[4] == ollamatest.WrongText {
			got++
		}
	}
	if got != 5 {
		t.Errorf("%d organic labels in the output, want 5", got)
	}
}

// TestWrongSettingsAreRefused before anything is made or asked.
func TestWrongSettingsAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *WorkerOptions)
		want   string
	}{
		{"batch size", func(s *WorkerOptions) { s.Model.BatchSize = 0 }, "--batch-size 0"},
		{"parallel", func(s *WorkerOptions) { s.Model.Parallel = 0 }, "--parallel 0"},
		{"retries", func(s *WorkerOptions) { s.Model.Retries = -1 }, "--retries -1"},
		{"timeout", func(s *WorkerOptions) { s.Model.Timeout = 0 }, "--timeout 0s"},
		{"run ID", func(s *WorkerOptions) { s.RunID = "a/b" }, `--run-id "a/b"`},
		{"run ID of dots", func(s *WorkerOptions) { s.RunID = ".." }, `--run-id ".."`},
		{"range", func(s *WorkerOptions) { s.RowStart, s.RowEnd = 5, 4 }, "--row-end 4 is before --row-start 5"},
		{"bytes without rows", func(s *WorkerOptions) { s.ByteStart = 5 }, "--byte-start requires --row-start"},
		{"bytes of a stream", func(s *WorkerOptions) { s.Input = "-"; s.RowStart, s.ByteStart = 1, 5 }, "require a file"},
		{"retry without checkpoint", func(s *WorkerOptions) { s.Output.Checkpoints.Directory, s.RetryFailed = "", true }, "--retry-failed requires"},
		{"retry and restart", func(s *WorkerOptions) { s.RetryFailed, s.Restart = true, true }, "cannot be combined"},
		{"context of the model", func(s *WorkerOptions) { s.Model.NumCtx = 1 << 20 }, "--num-ctx 1048576 is more than"},
		{"keep alive", func(s *WorkerOptions) { s.Model.KeepAlive = "soon" }, "--keep-alive"},
		{"think", func(s *WorkerOptions) { s.Model.Think = "hard" }, "--think"},
		{"host", func(s *WorkerOptions) { s.Model.Hosts = []string{"ftp://x"} }, "ftp"},
		{"sum", func(s *WorkerOptions) { s.InputSum = "00" }, "changed since it was split"},
		{"drop", func(s *WorkerOptions) { s.Output.Drop = []string{"Titel"} }, `unknown column "Titel" to drop`},
		{"prompts", func(s *WorkerOptions) { s.Prompts.ConfigFile = "nowhere.json" }, "nowhere.json"},
		{"output is the input", func(s *WorkerOptions) { s.OutputPath = s.Input }, "is the input"},
		{"temperature", func(s *WorkerOptions) { s.Model.Temperature = -1 }, "--temperature -1"},
	}
	srv := serve(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 3, srv)
			tt.change(&b.s)
			_, err := b.runJob(context.Background())
			if err == nil || !IsUsage(err) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if made, _ := filepath.Glob(filepath.Join(b.dir, "*", "*")); len(made) != 0 || srv.Totals().Calls != 0 {
				t.Errorf("made %q and %d calls", made, srv.Totals().Calls)
			}
		})
	}
}

// TestFaultsInARange are named by line, those behind it are not looked at.
func TestFaultsInARange(t *testing.T) {
	srv := serve(t)
	text := "RowID,Message\n1,one\n2,two\n3,\"th\nree\"\n2,again\nx,five\n6,six,7\n"
	tests := []struct {
		name  string
		start int64
		end   int64
		bytes int64
		want  string // after the file's name; empty: fine
	}{
		{"before all faults", 1, 3, 0, ""},
		{"RowID twice", 2, 4, 0, ":6: duplicate RowID 2"},
		{"RowID twice, by offset", 2, 4, 20, ":6: duplicate RowID 2"},
		{"once in the range", 3, 4, 26, ""},
		{"no RowID", 3, 5, 26, ":7: "},
		{"too many fields", 6, 6, 0, ":8: the record has 3 fields, the header 2"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 0, srv)
			b.writeFile("in.csv", text)
			b.s.RunID = fmt.Sprint("r", i)
			b.s.RowStart, b.s.RowEnd, b.s.ByteStart = tt.start, tt.end, tt.bytes
			_, err := b.runJob(context.Background())
			if tt.want == "" && err != nil || tt.want != "" && (!IsUsage(err) || !strings.Contains(err.Error(), "in.csv"+tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

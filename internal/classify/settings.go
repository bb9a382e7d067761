package classify

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prism/internal/job"
	"prism/internal/ollama"
	"prism/internal/prompt"
	"prism/internal/table"
)

// Settings say what one worker does. The zero value of an optional one is its
// default.
type Settings struct {
	Model   string
	Prompts string // path of the prompt schema file
	Input   string // path; "-": the stream given to Run

	Range    table.Range // positions and bytes of the unit; zero: the whole input
	InputSum string      // that the split saw; empty: unchecked
	Limit    int64       // rows at most; 0: all

	WorkerID int
	Label    string // of the input file; empty: from its name
	RunID    string // empty: made

	InputFormat, OutputFormat table.Format // zero: by file name, else CSV
	Output                    string       // path; "-": the stream given to Run
	Drop                      []string     // input columns that do not pass through

	CheckpointDir string // empty: nothing resumes
	Interval      int    // rows a checkpoint part
	RetryFailed   bool
	Restart       bool
	StatusDir     string // empty: no status file
	LogsDir       string // empty: no logs

	BatchSize, Parallel, Retries int
	Delay, Timeout               time.Duration
	Hosts                        []string
	NumCtx, NumPredict           int // 0: default
	Temperature                  float64
	Seed                         int
	KeepAlive, Think             string
	Strict                       *bool // nil: as the prompt schema file says, else organic
	AllowTruncation              bool

	Command []string // as typed, for the hint that resumes

	backlog int // finished rows that may wait for an earlier one; 0: maxBacklog
}

// UsageError is a setting that cannot be.
type UsageError struct{ What, Hint string }

func (e *UsageError) Error() string { return e.What }

func (s *Settings) check() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, &UsageError{What: fmt.Sprintf(format, args...)})
		}
	}
	refuse(s.BatchSize < 1, "--batch-size %d: want at least 1", s.BatchSize)
	refuse(s.Parallel < 1, "--parallel %d: want at least 1", s.Parallel)
	refuse(s.Retries < 0, "--retries %d: want at least 0", s.Retries)
	refuse(s.Interval < 1, "--checkpoint-interval %d: want at least 1", s.Interval)
	refuse(s.WorkerID < 0, "--worker-id %d: want at least 0", s.WorkerID)
	refuse(s.Limit < 0, "--limit %d: want at least 0", s.Limit)
	refuse(s.NumCtx < 0, "--num-ctx %d: want at least 1", s.NumCtx)
	refuse(s.NumPredict < 0, "--num-predict %d: want at least 1", s.NumPredict)
	refuse(!(s.Temperature >= 0) || math.IsInf(s.Temperature, 0), "--temperature %g: want at least 0", s.Temperature)
	refuse(s.Timeout <= 0, "--timeout %s: want more than 0", s.Timeout)
	refuse(s.RunID != "" && !safeName(s.RunID), "--run-id %q: want a name that is safe in a path (letters, digits, . _ -)", s.RunID)
	r := s.Range
	refuse(r.RowStart < 0, "--row-start %d: positions begin at 1", r.RowStart)
	refuse(r.RowEnd < 0 || r.RowEnd > 0 && r.RowEnd < r.RowStart, "--row-end %d is before --row-start %d", r.RowEnd, r.RowStart)
	refuse(r.ByteStart > 0 && r.RowStart == 0, "--byte-start needs --row-start")
	refuse(s.Input == "-" && (r.ByteStart > 0 || r.ByteEnd > 0), "--byte-start and --byte-end need a file")
	refuse(s.RetryFailed && s.CheckpointDir == "", "--retry-failed needs --checkpoint-dir: without it nothing is remembered")
	refuse(s.Restart && s.CheckpointDir == "", "--restart needs --checkpoint-dir: without it nothing is remembered")
	refuse(s.RetryFailed && s.Restart, "--retry-failed and --restart exclude each other")
	return errors.Join(errs...)
}

// checkOutput refuses an output that cannot take the place of what is there.
func (s *Settings) checkOutput() error {
	info, err := os.Stat(s.Output)
	if s.Output == "-" || err != nil {
		return nil
	}
	if info.IsDir() {
		return &UsageError{What: fmt.Sprintf("the output %s is a folder", s.Output), Hint: "name a file, or use --output-dir"}
	}
	if prompts, err := os.Stat(s.Prompts); err == nil && os.SameFile(info, prompts) {
		return &UsageError{What: fmt.Sprintf("the output %s is the prompt schema", s.Output)}
	}
	return nil
}

func safeName(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == "" && strings.Trim(s, ".") != ""
}

func (s *Settings) loadPrompts() (*prompt.Schema, error) {
	data, err := os.ReadFile(s.Prompts)
	if err != nil {
		return nil, &UsageError{What: fmt.Sprintf("read the prompt schema: %v", err), Hint: "--prompts-config names it"}
	}
	schema, err := prompt.Parse(data, s.Prompts)
	if err != nil {
		return nil, &UsageError{What: err.Error()}
	}
	return schema, nil
}

func (s *Settings) strict(schema *prompt.Schema) bool {
	if s.Strict != nil {
		return *s.Strict
	}
	return schema.LabelPolicy == prompt.Strict
}

func (s *Settings) outputFormat() table.Format {
	if s.OutputFormat != 0 {
		return s.OutputFormat
	}
	if f, ok := table.FormatByName(s.Output); ok {
		return f
	}
	return table.CSV
}

func (s *Settings) label() string {
	switch {
	case s.Label != "":
		return s.Label
	case s.Input == "-":
		return "stdin"
	}
	base := filepath.Base(s.Input)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// numCtx is the context that all calls ask for, in tokens.
func (s *Settings) numCtx(m *ollama.Model) (int, error) {
	const usual = 8192
	switch {
	case s.NumCtx > 0 && m.ContextLength > 0 && s.NumCtx > m.ContextLength:
		return 0, &UsageError{
			What: fmt.Sprintf("--num-ctx %d is more than the %d tokens that %s can take", s.NumCtx, m.ContextLength, s.Model),
			Hint: fmt.Sprintf("leave it out, or use --num-ctx %d", m.ContextLength),
		}
	case s.NumCtx > 0:
		return s.NumCtx, nil
	case m.ContextLength > 0:
		return min(usual, m.ContextLength), nil
	}
	return usual, nil
}

// OutputName is the file name of the output where none is given.
func OutputName(s *Settings) string {
	ext := table.CSV
	if s.OutputFormat != 0 {
		ext = s.OutputFormat
	}
	return job.OutputName(job.SafeName(s.label(), '_'), s.WorkerID, ext.String())
}

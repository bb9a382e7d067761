// Package status is what a run tells of itself while it works: the status file
// that each worker replaces at every heartbeat, the log of its model calls, the
// flag that pauses a run, and the view of a whole run made from these. It knows
// the files and what they mean; when to write them is the engine's business and
// how they look is left to reports and terminals.
package status

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// HeartbeatEvery is how often a worker replaces its status file, also while a
// call hangs or the run is paused.
const HeartbeatEvery = time.Second

// State is what a worker or a run is doing.
type State string

// The states that a worker's file may hold. The last three are its end.
const (
	Starting  State = "starting"
	Running   State = "running"
	Paused    State = "paused"
	Completed State = "completed" // every row is finished; some may have failed
	Failed    State = "failed"    // ended by an error that the same command meets again
	Stopped   State = "stopped"   // ended early; the same command resumes
)

// The states that only a view gives, to a worker whose file says that it is at work.
const (
	Slow State = "slow" // no heartbeat, but its process is there or cannot be asked yet
	Dead State = "dead" // no heartbeat and no process
)

// Ended tells whether a worker in this state will do no more.
func (s State) Ended() bool {
	return s == Completed || s == Failed || s == Stopped || s == Dead
}

func (s State) reported() bool {
	switch s {
	case Starting, Running, Paused, Completed, Failed, Stopped:
		return true
	}
	return false
}

// Reason is why a worker stopped or failed.
type Reason string

// The reasons.
const (
	Interrupted Reason = "interrupted" // by a signal
	Unreachable Reason = "unreachable" // no Ollama, or the model is missing
	BadInput    Reason = "input"       // wrong usage, configuration or input
	Broken      Reason = "error"       // disk, damage, bug
)

// maxCheckpoints is how many part names a status file lists: it is rewritten
// every second and a worker can have many thousands of parts.
const maxCheckpoints = 16

const maxErrorBytes = 500

// maxCount is more than any worker can count, and little enough to be summed up.
const maxCount = 1 << 50

// Worker is what one worker tells of itself: its file
// status/{run_id}/worker_{id}.json. Counts of calls, tokens, errors and retries
// are of this process; rows include those taken over from checkpoints.
type Worker struct {
	WorkerID      int      `json:"worker_id"`
	RunID         string   `json:"run_id"`
	State         State    `json:"state"`
	StartedAt     Time     `json:"started_at"` // of this process
	UpdatedAt     Time     `json:"updated_at"` // the heartbeat
	RowStart      int64    `json:"row_start"`  // position; 0 for a stream
	RowEnd        int64    `json:"row_end"`    // position, inclusive; 0 for a stream
	RowsProcessed int64    `json:"rows_processed"`
	TotalRows     int64    `json:"total_rows"` // 0: not known (a pipe)
	ProgressPct   float64  `json:"progress_pct"`
	APICalls      int64    `json:"api_calls"`
	RowsPerSec    float64  `json:"rows_per_sec"`   // over the last half minute or so (a Meter)
	TokensPerSec  float64  `json:"tokens_per_sec"` // generated tokens, likewise
	Errors        int64    `json:"errors"`         // calls that gave no usable reply or only a part of one
	ETASeconds    *float64 `json:"eta_seconds"`    // nil: not known
	Checkpoints   []string `json:"checkpoints"`    // the newest names, oldest first; see AddCheckpoint

	CheckpointCount int    `json:"checkpoint_count"`
	PID             int    `json:"pid"`
	ProcessStart    string `json:"process_start,omitempty"` // when PID started, as its system counts; empty: not known
	Host            string `json:"host"`                    // machine the process runs on
	Label           string `json:"label"`
	Model           string `json:"model,omitempty"`
	Tokens          int64  `json:"tokens"`        // generated
	PromptTokens    int64  `json:"prompt_tokens"` // sent, those from the server's cache included
	RowsFailed      int64  `json:"rows_failed"`   // of RowsProcessed
	RowsResumed     int64  `json:"rows_resumed"`  // of RowsProcessed: taken over from checkpoints
	Retries         int64  `json:"retries"`       // calls that asked for the same rows again
	LastError       string `json:"last_error,omitempty"`
	StopReason      Reason `json:"stop_reason,omitempty"` // set with Failed and Stopped
	Log             string `json:"log,omitempty"`         // absolute path of the worker's log
	Resume          string `json:"resume,omitempty"`      // command line that resumes this worker
}

// AddCheckpoint counts a part and lists its name; of many only the newest stay listed.
func (w *Worker) AddCheckpoint(name string) {
	w.CheckpointCount++
	if len(w.Checkpoints) >= maxCheckpoints {
		w.Checkpoints = append(w.Checkpoints[:0], w.Checkpoints[len(w.Checkpoints)-maxCheckpoints+1:]...)
	}
	w.Checkpoints = append(w.Checkpoints, name)
}

// Write replaces the worker's file in its run's folder, which is made where it
// is missing. The file gets ProgressPct and ETASeconds from the rows and their
// rate; w itself stays as it is. Nothing is synced.
func (w *Worker) Write(runDir string) error {
	data, err := w.encode()
	if err != nil {
		return err
	}
	path := job.WorkerStatusPath(runDir, w.WorkerID)
	err = fsutil.Replace(path, data)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(runDir, 0o777); err == nil {
			err = fsutil.Replace(path, data)
		}
	}
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	return nil
}

func (w *Worker) encode() ([]byte, error) {
	if !w.State.reported() {
		return nil, fmt.Errorf("write status: state %q is none that a worker can have", w.State)
	}
	out := *w
	out.ProgressPct, out.ETASeconds = progress(w.State, w.RowsProcessed, w.TotalRows, w.RowsPerSec)
	out.RowsPerSec, out.TokensPerSec = round(w.RowsPerSec, 100), round(w.TokensPerSec, 10)
	out.LastError = clip(w.LastError, maxErrorBytes)
	if out.Checkpoints == nil {
		out.Checkpoints = []string{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(&out); err != nil {
		return nil, fmt.Errorf("write status: %w", err)
	}
	return b.Bytes(), nil
}

// progress returns percent done (one decimal) and the seconds left at rate
// rows/s, nil where they cannot be known.
func progress(s State, done, total int64, rate float64) (pct float64, eta *float64) {
	if total > 0 {
		pct = min(math.Floor(1000*float64(done)/float64(total))/10, 100)
	}
	var left float64
	switch {
	case s == Completed:
		if total == 0 {
			pct = 100
		}
	case total <= 0 || s.Ended() || rate <= 0 && done < total:
		return pct, nil
	case done < total:
		left = math.Ceil(float64(total-done) / rate)
	}
	if math.IsNaN(left) || math.IsInf(left, 0) {
		return pct, nil
	}
	return pct, &left
}

// round rounds to 1/unit and turns what JSON cannot hold into 0.
func round(v, unit float64) float64 {
	if v = math.Round(v*unit) / unit; math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// clip shortens s to about n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// Read reads a worker's file. Unknown fields are skipped, missing ones stay
// zero; the error names the path.
func Read(path string) (*Worker, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	w, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

func parse(data []byte) (*Worker, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("empty status file")
	}
	var w Worker
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("no status of a worker: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	switch {
	case !w.State.reported():
		return nil, fmt.Errorf("no status of a worker: state %q is unknown", w.State)
	case w.WorkerID < 0:
		return nil, errors.New("no status of a worker: negative worker ID")
	}
	for _, n := range []int64{
		w.RowsProcessed, w.TotalRows, w.RowsFailed, w.RowsResumed, w.APICalls, w.Errors, w.Retries, w.Tokens, w.PromptTokens,
	} {
		if n < 0 || n > maxCount {
			return nil, fmt.Errorf("no status of a worker: %d is no count", n)
		}
	}
	if w.RowsPerSec < 0 || w.TokensPerSec < 0 {
		return nil, errors.New("no status of a worker: negative rate")
	}
	w.CheckpointCount = max(w.CheckpointCount, len(w.Checkpoints))
	return &w, nil
}

// Time is an instant in a status file: written as RFC 3339 with milliseconds
// and offset; also read without an offset, as local time.
type Time struct{ time.Time }

// At returns the Time of t.
func At(t time.Time) Time { return Time{t} }

const (
	stampLayout = "2006-01-02T15:04:05.000Z07:00"
	localLayout = "2006-01-02T15:04:05"
)

// MarshalJSON writes null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.AppendFormat(nil, `"`+stampLayout+`"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes, any RFC 3339 time, and a time
// without an offset.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*t = Time{}
		return nil
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		v, err = time.ParseInLocation(localLayout, s, time.Local)
	}
	if err != nil {
		return fmt.Errorf("%q is no time", s)
	}
	t.Time = v
	return nil
}

// Package status is what a run reports of itself while it works: the status file
// that each worker replaces at every heartbeat, the flag that pauses a run, and
// the view of a whole run made from these. It knows the files and what they mean;
// when to write them is left to the engine, how they look to report and dashboard.
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

// HeartbeatEvery is how often a worker replaces its status file, even while a
// call hangs or the run is paused.
const HeartbeatEvery = time.Second

// State is what a worker or a run is doing.
type State string

// The states in a worker's file. The last three are final.
const (
	Starting  State = "starting"
	Running   State = "running"
	Paused    State = "paused"
	Completed State = "completed" // every row is finished; some may have failed
	Failed    State = "failed"    // ended by an error that would happen again
	Stopped   State = "stopped"   // ended early; the same command resumes
)

// The states that only a view has, where other facts contradict a worker's file.
const (
	Slow State = "slow" // no heartbeat, but the process exists or may exist
	Dead State = "dead" // no heartbeat and no process
	Lost State = "lost" // its file says completed, but its output is gone
)

// Ended reports whether a worker in this state has finished working.
func (s State) Ended() bool {
	return s == Completed || s == Failed || s == Stopped || s == Dead || s == Lost
}

// writable reports whether a worker may write this state to its file.
func (s State) writable() bool {
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
	Interrupted   Reason = "interrupted" // by a signal
	Unreachable   Reason = "unreachable" // no Ollama, or the model is missing
	BadInput      Reason = "input"       // wrong usage, configuration or input
	InternalError Reason = "error"       // disk, damage, bug
)

const maxErrorText = 500 // bytes

// maxCount is more than any worker can reach, and sums of it do not overflow.
const maxCount = 1 << 50

// Worker is the content of a worker's status file
// status/{run_id}/worker_{id}.json. Calls, tokens, errors and retries are those of
// this process; rows include those read from checkpoints.
type Worker struct {
	WorkerID      int      `json:"worker_id"`
	RunID         string   `json:"run_id"`
	State         State    `json:"state"`
	StartedAt     Time     `json:"started_at"` // of this process
	UpdatedAt     Time     `json:"updated_at"` // the heartbeat
	RowStart      int64    `json:"row_start"`  // first position; 0 for a stream
	RowEnd        int64    `json:"row_end"`    // last position; 0 for a stream
	RowsProcessed int64    `json:"rows_processed"`
	TotalRows     int64    `json:"total_rows"` // 0: unknown (a pipe)
	ProgressPct   float64  `json:"progress_pct"`
	APICalls      int64    `json:"api_calls"`
	RowsPerSec    float64  `json:"rows_per_sec"`   // over the last half minute or so (rate.Meter)
	TokensPerSec  float64  `json:"tokens_per_sec"` // generated tokens, over the same time
	Errors        int64    `json:"errors"`         // calls without a valid answer for every row
	ETASeconds    *float64 `json:"eta_seconds"`    // nil: unknown
	Checkpoints   []string `json:"checkpoints"`    // names of the newest parts, oldest first

	CheckpointCount       int      `json:"checkpoint_count"`
	PID                   int      `json:"pid"`
	ProcessStart          string   `json:"process_start,omitempty"` // when PID started, as its system counts; empty: unknown
	Host                  string   `json:"host"`                    // name of the machine of the process
	Label                 string   `json:"label"`
	Model                 string   `json:"model,omitempty"`
	Tokens                int64    `json:"tokens"`                // generated
	PromptTokens          int64    `json:"prompt_tokens"`         // sent, including those from the server's cache
	RowsFailed            int64    `json:"rows_failed"`           // of RowsProcessed
	RowsResumed           int64    `json:"rows_resumed"`          // of RowsProcessed: read from checkpoints
	RowsBlank             int64    `json:"rows_blank,omitempty"`  // of RowsProcessed: without text, not sent
	RowsCached            int64    `json:"rows_cached,omitempty"` // of RowsProcessed: labelled by this process without a call
	RowsWithoutConfidence int64    `json:"rows_untold,omitempty"` // of RowsProcessed: labelled by this process without a confidence that was asked for
	Parallel              int      `json:"parallel,omitempty"`    // calls in flight that --parallel auto found best so far
	Retries               int64    `json:"retries"`               // calls repeated after a transient error
	Servers               []Server `json:"servers,omitempty"`     // where there are several
	LastError             string   `json:"last_error,omitempty"`
	Hint                  string   `json:"hint,omitempty"`        // what helps against LastError, where that ended the worker
	StopReason            Reason   `json:"stop_reason,omitempty"` // set with Failed and Stopped
	Cause                 string   `json:"cause,omitempty"`       // with StopReason Unreachable: why the server did not serve (server.Cause)
	Permanent             bool     `json:"permanent,omitempty"`   // with StopReason Unreachable: waiting does not help, somebody must mend it
	Log                   string   `json:"log,omitempty"`         // absolute path of the worker's log
	Resume                string   `json:"resume,omitempty"`      // command that resumes this worker

	changed time.Time // when the file was written, by the clock of its file system; zero: unknown
}

// Server is what a worker's calls to one of several servers came to.
type Server struct {
	Host     string `json:"host"` // its URL
	Calls    int64  `json:"calls"`
	Errors   int64  `json:"errors"` // calls that failed
	InFlight int    `json:"in_flight"`
	Parallel int    `json:"parallel,omitempty"`  // calls in flight that --parallel auto found best so far
	SetAside bool   `json:"set_aside,omitempty"` // it failed, and is tried again now and then
}

// WriteFile replaces the worker's status file in the run's folder and creates the
// folder if needed. ProgressPct and ETASeconds in the file are computed; w itself
// does not change. Nothing is synced.
func (w *Worker) WriteFile(runDir string) error {
	data, err := w.marshal()
	if err != nil {
		return err
	}
	path := job.WorkerStatusPath(runDir, w.WorkerID)
	err = fsutil.ReplaceFileNoSync(path, data)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(runDir, 0o777); err == nil {
			err = fsutil.ReplaceFileNoSync(path, data)
		}
	}
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	return nil
}

func (w *Worker) marshal() ([]byte, error) {
	if !w.State.writable() {
		return nil, fmt.Errorf("write status: a worker cannot write state %q", w.State)
	}
	out := *w
	out.ProgressPct, out.ETASeconds = progressAndETA(w.State, w.RowsProcessed, w.TotalRows, w.RowsPerSec)
	out.RowsPerSec, out.TokensPerSec = roundTo(w.RowsPerSec, 100), roundTo(w.TokensPerSec, 10)
	out.LastError, out.Hint = truncateText(w.LastError, maxErrorText), truncateText(w.Hint, maxErrorText)
	for _, n := range out.counts() {
		*n = min(max(*n, 0), maxCount) // else nobody could read the file
	}
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

// progressAndETA returns the percentage done (one decimal) and the seconds left at
// rate rows/s, nil if unknown.
func progressAndETA(s State, done, total int64, rate float64) (pct float64, eta *float64) {
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

// roundTo rounds to 1/unit. NaN and infinity, which JSON lacks, become 0.
func roundTo(v, unit float64) float64 {
	if v = math.Round(v*unit) / unit; math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// truncateText shortens s to about n bytes without splitting a character.
func truncateText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// ReadWorker reads a worker's status file. Unknown fields are ignored, missing
// ones are zero. Errors name the path.
func ReadWorker(path string) (*Worker, error) {
	data, err := fsutil.ReadFile(path, fsutil.MaxConfig)
	if err != nil {
		return nil, err
	}
	w, err := parseWorker(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil {
		w.changed = info.ModTime()
	}
	return w, nil
}

func (w *Worker) counts() []*int64 {
	return []*int64{
		&w.RowsProcessed, &w.TotalRows, &w.RowsFailed, &w.RowsResumed, &w.RowsBlank, &w.RowsCached, &w.APICalls, &w.Errors, &w.Retries, &w.Tokens, &w.PromptTokens,
	}
}

func parseWorker(data []byte) (*Worker, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("empty status file")
	}
	var w Worker
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("invalid worker status: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	switch {
	case !w.State.writable():
		return nil, fmt.Errorf("invalid worker status: unknown state %q", w.State)
	case w.WorkerID < 0:
		return nil, errors.New("invalid worker status: negative worker ID")
	}
	for _, n := range w.counts() {
		if *n < 0 || *n > maxCount {
			return nil, fmt.Errorf("invalid worker status: invalid count %d", *n)
		}
	}
	if w.RowsPerSec < 0 || w.TokensPerSec < 0 {
		return nil, errors.New("invalid worker status: negative rate")
	}
	w.CheckpointCount = max(w.CheckpointCount, len(w.Checkpoints))
	return &w, nil
}

// Time is an instant in JSON: written as RFC 3339 with milliseconds and offset.
// A time without an offset is read as local time.
type Time struct{ time.Time }

// At returns the Time of t.
func At(t time.Time) Time { return Time{t} }

const (
	timeLayout      = "2006-01-02T15:04:05.000Z07:00"
	localTimeLayout = "2006-01-02T15:04:05"
)

// MarshalJSON writes null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes, any RFC 3339 time, and times without
// an offset.
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
		v, err = time.ParseInLocation(localTimeLayout, s, time.Local)
	}
	if err != nil {
		return fmt.Errorf("invalid time %q", s)
	}
	t.Time = v
	return nil
}

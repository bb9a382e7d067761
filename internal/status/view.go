package status

import (
	"math"
	"slices"
	"time"
)

// ViewSchema is the version of the JSON form of View. It grows when a field
// changes its meaning or goes; new fields leave it.
const ViewSchema = 1

// DeadAfter is the usual silence after which a worker is looked into.
const DeadAfter = 30 * time.Second

// goneAfter is the silence after which a worker on this machine whose process is
// gone counts as dead: until then it may have ended since its file was read.
const goneAfter = 3 * time.Second

// elsewherePatience is how many times longer a worker on another machine may be
// silent: its process cannot be asked, clocks differ, network folders lag.
const elsewherePatience = 4

// Look is what a view needs beside the files.
type Look struct {
	Now       time.Time
	Host      string                           // this machine, as workers on it call it
	Alive     func(pid int, start string) bool // asks this machine for a process
	DeadAfter time.Duration                    // silence after which a worker is slow or dead
	Units     int                              // of the plan; 0: not known
	Rows      int64                            // of the plan; 0: not known
}

// View is a run as it is seen at a moment; its JSON form is stable.
type View struct {
	Schema    int    `json:"schema"`
	RunID     string `json:"run_id"`
	State     State  `json:"state"`
	Over      bool   `json:"over"`   // no worker is at work and none is awaited; see over
	Paused    bool   `json:"paused"` // the pause flag is set
	Time      Time   `json:"time"`
	StartedAt Time   `json:"started_at"` // of the first worker
	UpdatedAt Time   `json:"updated_at"` // newest heartbeat
	Units     int    `json:"units"`      // of the plan; without a plan the workers seen

	States        map[State]int `json:"states"`         // workers by state
	RowsProcessed int64         `json:"rows_processed"` // failed and resumed ones included
	RowsFailed    int64         `json:"rows_failed"`
	RowsResumed   int64         `json:"rows_resumed"` // taken over from checkpoints
	TotalRows     int64         `json:"total_rows"`   // 0: not known
	ProgressPct   float64       `json:"progress_pct"`
	RowsPerSec    float64       `json:"rows_per_sec"`   // of workers that run; after the end the mean
	TokensPerSec  float64       `json:"tokens_per_sec"` // generated, likewise
	ETASeconds    *float64      `json:"eta_seconds"`    // nil: not known
	APICalls      int64         `json:"api_calls"`
	Errors        int64         `json:"errors"`
	Retries       int64         `json:"retries"`
	Tokens        int64         `json:"tokens"` // generated
	PromptTokens  int64         `json:"prompt_tokens"`

	Workers    []WorkerView `json:"workers"`
	Unreadable []string     `json:"unreadable"` // worker files, each with its fault
}

// WorkerView is a worker as it is seen. Its file's state is Reported. Its rates
// are 0 while it is paused or slow, and those of its whole work once it ended.
type WorkerView struct {
	Worker
	State         State   `json:"state"`
	Reported      State   `json:"reported_state"`
	SilentSeconds float64 `json:"silent_seconds"` // since the last heartbeat; 0 once ended
}

// View judges each worker and sums up the run.
func (r *Run) View(l Look) *View {
	v := &View{
		Schema: ViewSchema, RunID: r.ID, Paused: r.Paused, Time: At(l.Now),
		Units: max(l.Units, len(r.Workers)+len(r.Faults)), States: map[State]int{},
		Workers: make([]WorkerView, 0, len(r.Workers)), Unreadable: []string{},
	}
	for _, f := range r.Faults {
		v.Unreadable = append(v.Unreadable, f.Error())
	}
	totals := len(r.Faults) == 0
	for i := range r.Workers {
		w := l.judge(&r.Workers[i])
		v.add(&w)
		totals = totals && w.TotalRows > 0
		v.Workers = append(v.Workers, w)
	}
	switch {
	case l.Rows > 0:
		v.TotalRows = l.Rows
	case !totals || l.Units > len(r.Workers)+len(r.Faults):
		v.TotalRows = 0 // a part of the sum is not known
	}
	v.State = v.judge(len(r.Workers) + len(r.Faults))
	v.Over = v.over(l.DeadAfter)
	v.rates()
	return v
}

// judge tells what a worker is doing: what its file says, unless its heart
// stopped.
func (l *Look) judge(w *Worker) WorkerView {
	v := WorkerView{Worker: *w, State: w.State, Reported: w.State}
	if !w.State.Ended() {
		here := w.Host == l.Host
		silent := max(0, l.Now.Sub(w.UpdatedAt.Time))
		if here { // else a clock that is ahead is another machine's
			silent = silence(l.Now, w.UpdatedAt.Time, l.DeadAfter)
		}
		v.SilentSeconds = round(silent.Seconds(), 1000)
		switch {
		case here && silent >= min(goneAfter, l.DeadAfter) && !l.Alive(w.PID, w.ProcessStart):
			v.State = Dead
		case silent < l.DeadAfter:
		case here, silent < elsewherePatience*l.DeadAfter:
			v.State = Slow
		default:
			v.State = Dead
		}
	}
	switch v.State {
	case Running, Starting:
		v.RowsPerSec, v.TokensPerSec = round(w.RowsPerSec, 100), round(w.TokensPerSec, 10)
	case Paused, Slow: // what the file says is of another time
		v.RowsPerSec, v.TokensPerSec = 0, 0
	default:
		v.RowsPerSec, v.TokensPerSec = means(w, w.UpdatedAt.Sub(w.StartedAt.Time))
	}
	v.ProgressPct, v.ETASeconds = progress(v.State, w.RowsProcessed, w.TotalRows, v.RowsPerSec)
	if v.Checkpoints == nil {
		v.Checkpoints = []string{}
	}
	return v
}

// silence is the time since a heartbeat; patience where the clock was set back
// since, so that only the process can tell.
func silence(now, last time.Time, patience time.Duration) time.Duration {
	silent := now.Sub(last)
	if silent < -goneAfter {
		return patience
	}
	return max(0, silent)
}

func means(w *Worker, took time.Duration) (rows, tokens float64) {
	s := took.Seconds()
	if s <= 0 {
		return 0, 0
	}
	return round(float64(w.RowsProcessed-w.RowsResumed)/s, 100), round(float64(w.Tokens)/s, 10)
}

func (v *View) add(w *WorkerView) {
	v.States[w.State]++
	v.RowsProcessed += w.RowsProcessed
	v.RowsFailed += w.RowsFailed
	v.RowsResumed += w.RowsResumed
	v.TotalRows += w.TotalRows
	v.APICalls += w.APICalls
	v.Errors += w.Errors
	v.Retries += w.Retries
	v.Tokens += w.Tokens
	v.PromptTokens += w.PromptTokens
	if v.StartedAt.IsZero() || !w.StartedAt.IsZero() && w.StartedAt.Before(v.StartedAt.Time) {
		v.StartedAt = w.StartedAt
	}
	if w.UpdatedAt.After(v.UpdatedAt.Time) {
		v.UpdatedAt = w.UpdatedAt
	}
}

// judge gives the run the state of its liveliest worker, and once all have
// ended that of the worst end. seen counts workers with a file.
func (v *View) judge(seen int) State {
	for _, s := range []State{Running, Slow, Starting, Paused} {
		if v.States[s] > 0 {
			return s
		}
	}
	for _, s := range []State{Dead, Failed, Stopped} {
		if v.States[s] > 0 {
			return s
		}
	}
	if v.Units > seen || seen == 0 {
		return Starting
	}
	if len(v.Unreadable) > 0 {
		return Failed
	}
	return Completed
}

// over tells whether the run has ended: nobody is at work, and every unit has
// ended or, where the plan has more or a worker died, nobody took one up for
// patience. Without a plan a worker may still be to come.
func (v *View) over(patience time.Duration) bool {
	ended := len(v.Unreadable)
	for s, n := range v.States {
		if s.Ended() {
			ended += n
		}
	}
	if ended == 0 || ended < len(v.Workers)+len(v.Unreadable) {
		return false
	}
	silent := silence(v.Time.Time, v.UpdatedAt.Time, patience)
	return ended >= v.Units && v.States[Dead] == 0 || silent >= patience
}

// rates sums the rates of the workers at work. The time left is at least that
// of the slowest one, and that of all rows left at the rate of all. Rows of
// workers that died or stopped wait for a resume and are left out.
func (v *View) rates() {
	var slowest, left float64
	var seen int64
	for i := range v.Workers {
		w := &v.Workers[i]
		seen += w.TotalRows
		if w.State.Ended() {
			continue
		}
		v.RowsPerSec += w.RowsPerSec
		v.TokensPerSec += w.TokensPerSec
		left += float64(w.TotalRows - w.RowsProcessed)
		if w.ETASeconds != nil {
			slowest = max(slowest, *w.ETASeconds)
		}
	}
	if v.TotalRows > 0 {
		v.ProgressPct, _ = progress(v.State, v.RowsProcessed, v.TotalRows, 0)
	} else if v.State == Completed {
		v.ProgressPct = 100
	}
	if v.State.Ended() {
		v.meanRates()
		return
	}
	v.RowsPerSec, v.TokensPerSec = round(v.RowsPerSec, 100), round(v.TokensPerSec, 10)
	left += max(0, float64(v.TotalRows-seen)) // of units to come
	if v.TotalRows > 0 && v.RowsPerSec > 0 {
		eta := max(slowest, math.Ceil(left/v.RowsPerSec))
		v.ETASeconds = &eta
	}
}

func (v *View) meanRates() {
	all := Worker{RowsProcessed: v.RowsProcessed, RowsResumed: v.RowsResumed, Tokens: v.Tokens}
	v.RowsPerSec, v.TokensPerSec = means(&all, v.worked())
	if v.State == Completed {
		zero := 0.0
		v.ETASeconds = &zero
	}
}

// worked is the time in which at least one worker was at work.
func (v *View) worked() (took time.Duration) {
	workers := slices.Clone(v.Workers)
	slices.SortFunc(workers, func(a, b WorkerView) int { return a.StartedAt.Compare(b.StartedAt.Time) })
	var until time.Time
	for i := range workers {
		from, to := workers[i].StartedAt.Time, workers[i].UpdatedAt.Time
		if from.Before(until) {
			from = until
		}
		if to.After(from) {
			took += to.Sub(from)
			until = to
		}
	}
	return took
}

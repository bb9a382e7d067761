package status

import (
	"math"
	"slices"
	"strings"
	"time"
)

// viewSchema is the version of the JSON form of View. It grows when a field
// changes its meaning or goes; new fields leave it.
const viewSchema = 1

// processGoneAfter is the silence after which a worker on this machine without a
// process counts as dead. Before, it may have ended since its file was read.
const processGoneAfter = 3 * time.Second

// remotePatience is how many times longer a worker on another machine may be
// silent: its process cannot be checked, clocks differ, network folders lag.
const remotePatience = 4

// ViewOptions is what a view needs besides the files.
type ViewOptions struct {
	Now          time.Time
	Host         string                           // name of this machine in the status files
	ProcessAlive func(pid int, start string) bool // see ProcessAlive
	DeadAfter    time.Duration                    // silence after which a worker is slow or dead
	HasOutput    func(workerID int) bool          // whether a unit's output is there; nil: unknown
	Heartbeats   *Heartbeats                      // of earlier looks at the run; nil: this is the only one
	Units        int                              // planned; 0: unknown
	Rows         int64                            // planned; 0: unknown
}

// View is the state of a run at a moment. Its JSON form is stable.
type View struct {
	Schema    int    `json:"schema"`
	RunID     string `json:"run_id"`
	State     State  `json:"state"`
	Over      bool   `json:"over"`   // nobody works and nobody is expected; see isOver
	Paused    bool   `json:"paused"` // the pause flag exists
	Time      Time   `json:"time"`
	StartedAt Time   `json:"started_at"` // of the first worker
	UpdatedAt Time   `json:"updated_at"` // newest heartbeat
	Units     int    `json:"units"`      // planned; without a plan the workers seen

	States                map[State]int `json:"states"`         // workers by state
	RowsProcessed         int64         `json:"rows_processed"` // including failed and resumed rows
	RowsFailed            int64         `json:"rows_failed"`
	RowsResumed           int64         `json:"rows_resumed"`          // read from checkpoints
	RowsBlank             int64         `json:"rows_blank,omitempty"`  // without text, not sent
	RowsCached            int64         `json:"rows_cached,omitempty"` // labelled without a call, by the processes that work or worked last
	RowsWithoutConfidence int64         `json:"rows_untold,omitempty"` // labelled without a confidence that was asked for, by these processes
	Parallel              int           `json:"parallel,omitempty"`    // calls in flight that --parallel auto found best, of running workers together
	TotalRows             int64         `json:"total_rows"`            // 0: unknown
	ProgressPct           float64       `json:"progress_pct"`
	RowsPerSec            float64       `json:"rows_per_sec"`   // of running workers; after the end the mean
	TokensPerSec          float64       `json:"tokens_per_sec"` // generated, of the same workers
	ETASeconds            *float64      `json:"eta_seconds"`    // nil: unknown
	APICalls              int64         `json:"api_calls"`
	Errors                int64         `json:"errors"`
	Retries               int64         `json:"retries"`
	Tokens                int64         `json:"tokens"` // generated
	PromptTokens          int64         `json:"prompt_tokens"`

	Servers    []Server     `json:"servers,omitempty"` // sums over the workers, in order of their URLs
	Workers    []WorkerView `json:"workers"`
	Unreadable []string     `json:"unreadable"` // errors of worker files
}

// WorkerView is a worker in a view. Reported is the state in its file. Its rates
// are 0 while it is paused or slow, and means over its whole work once it ended.
type WorkerView struct {
	Worker
	State         State   `json:"state"`
	Reported      State   `json:"reported_state"`
	SilentSeconds float64 `json:"silent_seconds"` // since the last heartbeat; 0 once ended
}

// View derives the state of each worker and sums up the run.
func (r *Run) View(o ViewOptions) *View {
	started := len(r.Workers) + len(r.Unreadable)
	v := &View{
		Schema: viewSchema, RunID: r.ID, Paused: r.Paused, Time: At(o.Now),
		Units: max(o.Units, started), States: map[State]int{},
		Workers: make([]WorkerView, 0, len(r.Workers)), Unreadable: []string{},
	}
	for _, f := range r.Unreadable {
		v.Unreadable = append(v.Unreadable, f.Error())
	}
	totalsKnown := len(r.Unreadable) == 0
	for i := range r.Workers {
		w := o.viewWorker(&r.Workers[i])
		v.addWorker(&w)
		totalsKnown = totalsKnown && w.TotalRows > 0
		v.Workers = append(v.Workers, w)
	}
	switch {
	case o.Rows > 0:
		v.TotalRows = o.Rows
	case !totalsKnown || o.Units > started:
		v.TotalRows = 0 // part of the sum is unknown
	}
	v.State = v.runState(started)
	v.Over = v.isOver(o.DeadAfter)
	v.sumRates()
	return v
}

// viewWorker derives a worker's state and, from it, its rates and time left.
func (o *ViewOptions) viewWorker(w *Worker) WorkerView {
	v := WorkerView{Worker: *w, State: w.State, Reported: w.State}
	if !w.State.Ended() {
		local := w.Host == o.Host
		silent := o.Heartbeats.silence(w, o.Now)
		if o.Heartbeats == nil && w.isFarAhead(o.Now, o.DeadAfter) {
			silent = o.DeadAfter
		}
		if local { // a clock that is ahead is not another machine's
			silent = silenceSince(w.UpdatedAt.Time, o.Now, o.DeadAfter)
		}
		v.SilentSeconds = roundTo(silent.Seconds(), 1000)
		v.State = deriveState(w.State, silent, o.DeadAfter, local, local && o.ProcessAlive(w.PID, w.ProcessStart))
	}
	if v.State == Completed && o.HasOutput != nil && !o.HasOutput(w.WorkerID) {
		v.State = Lost
	}
	switch v.State {
	case Running, Starting:
		v.RowsPerSec, v.TokensPerSec = roundTo(w.RowsPerSec, 100), roundTo(w.TokensPerSec, 10)
	case Paused, Slow: // the rates in the file are outdated
		v.RowsPerSec, v.TokensPerSec = 0, 0
	default:
		v.RowsPerSec, v.TokensPerSec = meanRates(w, w.UpdatedAt.Sub(w.StartedAt.Time))
	}
	v.ProgressPct, v.ETASeconds = progressAndETA(v.State, w.RowsProcessed, w.TotalRows, v.RowsPerSec)
	if v.Checkpoints == nil {
		v.Checkpoints = []string{}
	}
	return v
}

// deriveState is the state of a worker whose file says that it is working:
//
//	machine  silent for                         process  state
//	this     under 3 s                          any      as reported
//	this     3 s or deadAfter, if that is less  gone     dead
//	this     under deadAfter                    exists   as reported
//	this     deadAfter or more                  exists   slow
//	another  under deadAfter                    unknown  as reported
//	another  under 4 × deadAfter                unknown  slow
//	another  4 × deadAfter or more              unknown  dead
func deriveState(reported State, silent, deadAfter time.Duration, local, processAlive bool) State {
	switch {
	case local && !processAlive && silent >= min(processGoneAfter, deadAfter):
		return Dead
	case silent < deadAfter:
		return reported
	case local || silent < remotePatience*deadAfter:
		return Slow
	}
	return Dead
}

// silenceSince is the time since the last heartbeat. It is deadAfter if the clock
// was set back since, so that only the process decides.
func silenceSince(last, now time.Time, deadAfter time.Duration) time.Duration {
	silent := now.Sub(last)
	if silent < -processGoneAfter {
		return deadAfter
	}
	return max(0, silent)
}

// meanRates is rows/s and tokens/s of a worker over its working time.
func meanRates(w *Worker, workTime time.Duration) (rows, tokens float64) {
	s := workTime.Seconds()
	if s <= 0 {
		return 0, 0
	}
	return roundTo(float64(w.RowsProcessed-w.RowsResumed)/s, 100), roundTo(float64(w.Tokens)/s, 10)
}

// addServers adds what a worker's calls came to. What is in flight counts while it works.
func (v *View) addServers(w *WorkerView) {
	for _, s := range w.Servers {
		if w.State != Running {
			s.InFlight, s.Parallel, s.SetAside = 0, 0, false
		}
		i, found := slices.BinarySearchFunc(v.Servers, s.Host, func(have Server, host string) int { return strings.Compare(have.Host, host) })
		if !found {
			v.Servers = slices.Insert(v.Servers, i, s)
			continue
		}
		have := &v.Servers[i]
		have.Calls += s.Calls
		have.Errors += s.Errors
		have.InFlight += s.InFlight
		have.Parallel += s.Parallel
		have.SetAside = have.SetAside || s.SetAside
	}
}

func (v *View) addWorker(w *WorkerView) {
	v.States[w.State]++
	v.RowsProcessed += w.RowsProcessed
	v.RowsFailed += w.RowsFailed
	v.RowsResumed += w.RowsResumed
	v.RowsBlank += w.RowsBlank
	v.RowsCached += w.RowsCached
	v.RowsWithoutConfidence += w.RowsWithoutConfidence
	if w.State == Running {
		v.Parallel += w.Parallel
	}
	v.addServers(w)
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

// runState is the state of the most active worker or, once all have ended, the
// worst end. started is the number of workers with a file.
func (v *View) runState(started int) State {
	for _, s := range []State{Running, Slow, Starting, Paused} {
		if v.States[s] > 0 {
			return s
		}
	}
	for _, s := range []State{Dead, Failed, Stopped, Lost} {
		if v.States[s] > 0 {
			return s
		}
	}
	if v.Units > started || started == 0 {
		return Starting
	}
	if len(v.Unreadable) > 0 {
		return Failed
	}
	return Completed
}

// isOver reports whether the run has ended: nobody works, and every unit has
// ended or, if units have not started or a worker died, nothing happened for
// deadAfter. Without a plan more workers may still start.
func (v *View) isOver(deadAfter time.Duration) bool {
	ended := len(v.Unreadable)
	for s, n := range v.States {
		if s.Ended() {
			ended += n
		}
	}
	if ended == 0 || ended < len(v.Workers)+len(v.Unreadable) {
		return false
	}
	silent := silenceSince(v.UpdatedAt.Time, v.Time.Time, deadAfter)
	return ended >= v.Units && v.States[Dead] == 0 || silent >= deadAfter
}

// Active reports whether a worker is active: starting, running, slow or paused.
func (v *View) Active() bool {
	for s, n := range v.States {
		if n > 0 && !s.Ended() {
			return true
		}
	}
	return false
}

// sumRates adds up the rates of the working workers. The time left is at least
// that of the slowest worker, and that of all remaining rows at the total rate.
// Rows of workers that died or stopped wait for a resume and do not count.
func (v *View) sumRates() {
	var slowest, left float64
	var known int64
	for i := range v.Workers {
		w := &v.Workers[i]
		known += w.TotalRows
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
		v.ProgressPct, _ = progressAndETA(v.State, v.RowsProcessed, v.TotalRows, 0)
	} else if v.State == Completed {
		v.ProgressPct = 100
	}
	if v.State.Ended() {
		v.setMeanRates()
		return
	}
	v.RowsPerSec, v.TokensPerSec = roundTo(v.RowsPerSec, 100), roundTo(v.TokensPerSec, 10)
	left += max(0, float64(v.TotalRows-known)) // of units that have not started
	if v.TotalRows > 0 && v.RowsPerSec > 0 {
		eta := max(slowest, math.Ceil(left/v.RowsPerSec))
		v.ETASeconds = &eta
	}
}

// setMeanRates sets the rates of a run that has ended.
func (v *View) setMeanRates() {
	all := Worker{RowsProcessed: v.RowsProcessed, RowsResumed: v.RowsResumed, Tokens: v.Tokens}
	v.RowsPerSec, v.TokensPerSec = meanRates(&all, v.workTime())
	if v.State == Completed {
		zero := 0.0
		v.ETASeconds = &zero
	}
}

// workTime is the time during which at least one worker was working.
func (v *View) workTime() (total time.Duration) {
	workers := slices.Clone(v.Workers)
	slices.SortFunc(workers, func(a, b WorkerView) int { return a.StartedAt.Compare(b.StartedAt.Time) })
	var until time.Time
	for i := range workers {
		from, to := workers[i].StartedAt.Time, workers[i].UpdatedAt.Time
		if from.Before(until) {
			from = until
		}
		if to.After(from) {
			total += to.Sub(from)
			until = to
		}
	}
	return total
}

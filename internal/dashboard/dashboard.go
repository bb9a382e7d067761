// Package dashboard is the live view of a run on a terminal: bars, rates, a
// sparkline of the throughput, what went wrong, and keys to pause the run and to
// read a worker's log. It knows how a run looks and which key does what; where
// the view of a run comes from and what a pause is, the command passes in.
package dashboard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"prism/internal/status"
	"prism/internal/term"
)

// Source is where a dashboard gets what it shows. Look and Pause are called once
// at a time, beside each other and Tail.
type Source struct {
	View     func() (v *status.View, over bool, err error) // the run as it is; over: nothing is to come
	Pause    func(on bool) error                           // sets or removes the run's pause flag
	Tail     func(path string) ([]string, error)           // the last lines of a log
	Interval time.Duration                                 // between two looks
	CanStop  bool                                          // the caller stops the run if the dashboard ends with Stop
}

// Result is how the run was when its dashboard ended.
type Result struct {
	View *status.View // the last one; nil: none was read
	Over bool         // nothing is to come
	Stop bool         // the user asked to stop the run
}

// Run shows the run until it is over, the user leaves or stops it, or ctx ends. The error
// of a look ends it too.
func Run(ctx context.Context, s Source, options ...tea.ProgramOption) (Result, error) {
	const framesPerSecond = 10
	options = append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond)}, options...)
	end, err := tea.NewProgram(newModel(s), options...).Run()
	m, ok := end.(*model)
	switch {
	case ctx.Err() != nil:
		return Result{}, context.Cause(ctx)
	case err != nil:
		return Result{}, err
	case !ok || m.err != nil:
		return Result{}, m.err
	}
	return Result{m.view, m.over, m.stop}, nil
}

// model is the state of the dashboard.
type model struct {
	source        Source
	keys          keyBindings
	width, height int // of the terminal, in cells
	view          *status.View
	over, stop    bool
	err           error // that ended it

	screen       screen
	selected     int // index of the worker that the cursor is on
	selectedID   int // its ID
	firstShown   int // index of the first worker shown
	shownWorkers int // workers on the screen
	log          viewport.Model
	keyError     string // what the last key could not do
	pausing      bool   // the flag is being set or removed

	rates    []float64 // rows/s, one a look
	warnings []warning
	warned   map[string]bool // warnings by text
}

type screen uint8

const (
	overview screen = iota
	helpScreen
	workerLog
)

type viewMsg struct {
	view *status.View
	over bool
	err  error
}

type (
	fetchMsg struct{}
	logMsg   struct {
		worker int // its ID
		lines  []string
	}
	pauseMsg struct{ err error }
)

func newModel(s Source) *model {
	m := &model{source: s, log: newLogView(), keys: newKeyBindings(s.CanStop)}
	m.resize(80, 24)
	return m
}

func (m *model) resize(width, height int) {
	m.width, m.height = width, height
	m.sizeLog()
}

// Init asks for the first look.
func (m *model) Init() tea.Cmd { return m.fetchView }

func (m *model) fetchView() tea.Msg {
	v, over, err := m.source.View()
	return viewMsg{v, over, err}
}

func (m *model) scheduleFetch() tea.Cmd {
	return tea.Tick(m.source.Interval, func(time.Time) tea.Msg { return fetchMsg{} })
}

// Update takes note of what happened.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		return m, m.handleKey(msg)
	case fetchMsg:
		return m, m.fetchView
	case viewMsg:
		if msg.err != nil {
			m.err = msg.err
			return m, tea.Quit
		}
		m.applyView(msg.view)
		if m.over = msg.over; m.over {
			return m, tea.Quit
		}
		if m.screen == workerLog {
			return m, tea.Batch(m.scheduleFetch(), m.readLog())
		}
		return m, m.scheduleFetch()
	case logMsg:
		if w := m.selectedWorker(); w != nil && w.WorkerID == msg.worker { // not an answer that comes too late
			m.showLog(msg.lines)
		}
	case pauseMsg:
		m.pausing = false
		if m.keyError = ""; msg.err != nil {
			m.keyError = msg.err.Error()
		}
	}
	return m, nil
}

// applyView takes note of a view.
func (m *model) applyView(v *status.View) {
	if !v.State.Ended() {
		if len(m.rates) == maxRates {
			m.rates = append(m.rates[:0], m.rates[maxRates/2:]...)
		}
		m.rates = append(m.rates, v.RowsPerSec)
	}
	m.collectWarnings(v)
	m.view = v
	if i := slices.IndexFunc(v.Workers, func(w status.WorkerView) bool { return w.WorkerID == m.selectedID }); i >= 0 {
		m.selected = i // others may have come before it
	}
	m.selectWorker(m.selected)
}

// maxRates bounds what the sparkline is drawn from: at a look a second about an hour.
const maxRates = 4096

// selectWorker puts the cursor on a worker, or on the nearest that there is.
func (m *model) selectWorker(i int) {
	m.selected = max(0, min(i, len(m.view.Workers)-1))
	if w := m.selectedWorker(); w != nil {
		m.selectedID = w.WorkerID
	}
}

func (m *model) togglePause() tea.Cmd {
	if m.view == nil || m.pausing {
		return nil
	}
	m.pausing = true
	on := !m.view.Paused
	m.view.Paused = on // shown at once; the next look says how it is
	return func() tea.Msg { return pauseMsg{m.source.Pause(on)} }
}

func (m *model) selectedWorker() *status.WorkerView {
	if m.view == nil || m.selected >= len(m.view.Workers) {
		return nil
	}
	return &m.view.Workers[m.selected]
}

// warning is something that needs attention, and when it was first seen.
type warning struct {
	at   time.Time
	text string
}

const (
	maxWarnings = 50
	maxWarned   = 1000
)

// collectWarnings takes note of what a view has that the views before had not.
func (m *model) collectWarnings(v *status.View) {
	if m.warned == nil || len(m.warned) > maxWarned {
		m.warned = map[string]bool{}
	}
	for _, f := range v.Unreadable {
		m.addWarning(v.Time.Time, "unreadable: "+f)
	}
	for i := range v.Workers {
		w := &v.Workers[i]
		who := fmt.Sprintf("worker %d", w.WorkerID)
		if w.LastError != "" {
			m.addWarning(v.Time.Time, who+": "+w.LastError)
		}
		switch w.State {
		case status.Dead:
			m.addWarning(v.Time.Time, fmt.Sprintf("%s is dead: process %d on %s is gone; the same command resumes", who, w.PID, w.Host))
		case status.Slow, status.Failed:
			m.addWarning(v.Time.Time, who+" is "+string(w.State))
		case status.Stopped:
			m.addWarning(v.Time.Time, fmt.Sprintf("%s stopped (%s); the same command resumes", who, w.StopReason))
		}
	}
}

func (m *model) addWarning(at time.Time, text string) {
	if m.warned[text] {
		return
	}
	m.warned[text] = true
	if len(m.warnings) == maxWarnings {
		m.warnings = append(m.warnings[:0], m.warnings[1:]...)
	}
	m.warnings = append(m.warnings, warning{at, term.Printable(text)})
}

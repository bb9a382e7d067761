package dashboard

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"prism/internal/status"
	"prism/internal/term"
)

// pressKey is a key as a terminal tells it.
func pressKey(m *model, name string) tea.Cmd {
	codes := map[string]rune{
		"up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	}
	k := tea.Key{Code: codes[name]}
	if k.Code == 0 {
		k = tea.Key{Code: []rune(name)[0], Text: name}
	}
	return m.handleKey(tea.KeyPressMsg(k))
}

func sampleView(workers int) *status.View {
	states := []status.State{status.Running, status.Dead, status.Completed, status.Paused, status.Failed, status.Slow, status.Stopped, status.Starting}
	eta := 93.0
	v := &status.View{RunID: "feedback_v1_m1_20260101_120000", State: status.Running, Units: workers + 3, States: map[status.State]int{},
		Time: status.At(time.Unix(1_700_000_100, 0)), StartedAt: status.At(time.Unix(1_700_000_000, 0)), RowsProcessed: 1_234_567, TotalRows: 5_000_000,
		ProgressPct: 24.6, RowsPerSec: 120, ETASeconds: &eta, Unreadable: []string{"worker_9.json: empty status file"}}
	for i := range workers {
		w := status.WorkerView{State: states[i%len(states)]}
		w.WorkerID, w.Label, w.TotalRows, w.RowsProcessed, w.ProgressPct = i+1, "a label \x1b[2J of many words 退款", 1_250_000, 123_456, 9.8
		w.LastError, w.Log, w.ETASeconds = strings.Repeat(fmt.Sprint("trouble ", i, "\n"), 30), "run.log", &eta
		v.Workers = append(v.Workers, w)
	}
	return v
}

func TestEveryScreenFits(t *testing.T) {
	for _, workers := range []int{0, 1, 4, 16, 200} {
		for _, size := range [][2]int{{80, 24}, {200, 50}, {40, 12}, {20, 5}, {10, 3}, {1, 1}, {79, 8}} {
			for _, s := range []screen{overview, helpScreen, workerLog} {
				m := newModel(Source{})
				m.resize(size[0], size[1])
				m.applyView(sampleView(workers))
				m.screen, m.selected = s, max(0, workers-1)
				m.showLog(strings.Split(strings.Repeat("a long line of a log with a tab\t and more words than fit\n", 99), "\n"))
				lines := m.screenLines()
				if len(lines) > size[1] {
					t.Errorf("%d workers, %v, screen %d: %d lines", workers, size, s, len(lines))
				}
				for _, l := range lines {
					if ansi.StringWidth(l) > size[0] || strings.Contains(l, "\n") || strings.Contains(ansi.Strip(l), "\x1b") {
						t.Errorf("%d workers, %v, screen %d: %q", workers, size, s, l)
					}
				}
			}
		}
	}
}

func TestTheCursorStaysOnTheScreen(t *testing.T) {
	m := newModel(Source{})
	m.applyView(sampleView(200))
	for _, key := range []string{"down", "end", "up", "pgup", "home", "pgdown", "G", "k", "g", "j"} {
		pressKey(m, key)
		text := ansi.Strip(strings.Join(m.screenLines(), "\n"))
		if !strings.Contains(text, fmt.Sprintf("▸ %3d", m.selected+1)) {
			t.Errorf("after %s worker %d is not shown:\n%s", key, m.selected+1, text)
		}
	}
	m.applyView(sampleView(200))
	pressKey(m, "home")
	pressKey(m, "down")
	v := sampleView(200)
	v.Workers = slices.Insert(v.Workers, 0, status.WorkerView{Worker: status.Worker{WorkerID: 0}})
	if m.applyView(v); m.selectedWorker().WorkerID != 2 {
		t.Errorf("another worker came, and the cursor is on worker %d", m.selectedWorker().WorkerID)
	}
	if m.applyView(sampleView(2)); m.selected > 1 {
		t.Errorf("the cursor is on worker %d of 2", m.selected+1)
	}
}

func TestLowScreensShowTheWorker(t *testing.T) {
	for height := 4; height < 14; height++ {
		for _, workers := range []int{1, 3, 40} {
			m := newModel(Source{})
			m.resize(40, height)
			m.applyView(sampleView(workers))
			pressKey(m, "end")
			text := ansi.Strip(strings.Join(m.screenLines(), "\n"))
			if !strings.Contains(strings.Join(strings.Fields(text), " "), fmt.Sprintf("▸ %d ", workers)) {
				t.Errorf("%d workers in %d lines: that of the cursor is not shown\n%s", workers, height, text)
			}
		}
	}
}

func TestWarningsComeOnceAndOnlyTheNewestStay(t *testing.T) {
	m := newModel(Source{})
	m.applyView(sampleView(4))
	n := len(m.warnings)
	m.applyView(sampleView(4))
	if n == 0 || len(m.warnings) != n {
		t.Errorf("%d warnings, then %d", n, len(m.warnings))
	}
	for i := range 5000 {
		m.addWarning(time.Time{}, fmt.Sprint(i))
		if i%100 == 0 {
			m.collectWarnings(sampleView(1))
		}
	}
	if len(m.warnings) != maxWarnings || len(m.warned) > maxWarned+10 {
		t.Errorf("%d warnings, %d remembered", len(m.warnings), len(m.warned))
	}
}

func TestSparkline(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		width  int
		want   string
	}{
		{"nothing", nil, 5, ""}, {"no room", []float64{1}, 0, ""}, {"still", []float64{0, 0}, 5, "▁▁"},
		{"growing", []float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, "▁▂▃▄▅▆▇█"}, {"averaged", []float64{0, 0, 7, 7}, 2, "▁█"},
		{"newest at the right", []float64{7, 0, 0}, 2, "█▁"},
	} {
		if got := sparkline(c.values, c.width); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// runDashboard runs a dashboard on keys, as a terminal would.
func runDashboard(t *testing.T, s Source, keys string) (Result, error) {
	t.Helper()
	in, w := io.Pipe()
	go io.WriteString(w, keys)
	return Run(t.Context(), s, tea.WithInput(in), tea.WithOutput(io.Discard), tea.WithWindowSize(80, 24), tea.WithEnvironment([]string{"TERM=xterm"}))
}

func TestRunEnds(t *testing.T) {
	broken := errors.New("no such run")
	for _, c := range []struct {
		name    string
		over    bool
		err     error
		canStop bool
		keys    string
		stop    bool
	}{
		{"with the run", true, nil, false, "", false},
		{"with an error", false, broken, false, "", false},
		{"by a key", false, nil, false, "q", false},
		{"by Ctrl-C", false, nil, false, "\x03", false},
		{"by a key, the run continues", false, nil, true, "q", false},
		{"by Ctrl-C, which stops the run", false, nil, true, "\x03", true},
	} {
		looks := 0
		s := Source{CanStop: c.canStop, Interval: time.Millisecond, View: func() (*status.View, bool, error) {
			looks++
			return sampleView(2), c.over && looks > 3, c.err
		}}
		r, err := runDashboard(t, s, c.keys)
		if !errors.Is(err, c.err) || r.Over != c.over || r.Stop != c.stop || c.over && (r.View == nil || looks != 4) {
			t.Errorf("%s: got %+v, %v after %d looks", c.name, r, err, looks)
		}
	}
}

func TestPauseKey(t *testing.T) {
	m := newModel(Source{})
	m.source.Pause = func(on bool) error { return fmt.Errorf("pause %v", on) }
	m.applyView(sampleView(1))
	for _, want := range []string{"pause true", "pause false"} {
		m.Update(pressKey(m, "p")())
		if m.keyError != want || !strings.Contains(ansi.Strip(m.footerLine()), term.Printable(want)) {
			t.Errorf("got %q, want %q", m.keyError, want)
		}
	}
}

func TestLogOfAWorker(t *testing.T) {
	m := newModel(Source{})
	m.source.Tail = func(path string) ([]string, error) {
		if path != "run.log" {
			return nil, errors.New("no file " + path)
		}
		return strings.Split(strings.Repeat("line\n", 100)+"the last", "\n"), nil
	}
	m.applyView(sampleView(2))
	m.Update(pressKey(m, "w")())
	if text := strings.Join(m.screenLines(), "\n"); !strings.Contains(text, "the last") {
		t.Errorf("the log's end is not shown:\n%s", text)
	}
	pressKey(m, "up")
	if text := strings.Join(m.screenLines(), "\n"); strings.Contains(text, "the last") {
		t.Error("the log does not scroll")
	}
	pressKey(m, "end")
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 10})
	m.showLog(strings.Split(strings.Repeat("line\n", 100)+"the very last", "\n"))
	if text := strings.Join(m.screenLines(), "\n"); !strings.Contains(text, "the very last") {
		t.Errorf("on a smaller screen the log's end is not followed:\n%s", text)
	}
	m.Update(logMsg{worker: 2, lines: []string{"of another worker"}})
	if text := strings.Join(m.screenLines(), "\n"); strings.Contains(text, "of another worker") {
		t.Error("the log of another worker is shown")
	}
	pressKey(m, "w")
	m.view.Workers[0].Log = "gone.log"
	m.Update(pressKey(m, "w")())
	if text := strings.Join(m.screenLines(), "\n"); !strings.Contains(text, "no file gone.log") {
		t.Errorf("the fault is not shown:\n%s", text)
	}
}

// What a key does to the run is on the screen before it is pressed.
func TestKeysThatEndTheDashboardAreNamed(t *testing.T) {
	for _, c := range []struct {
		canStop    bool
		foot, help string
	}{
		{false, "q leave  p pause", "quit; the workers keep running"},
		{true, "q leave, the run continues  ^C save and stop  p pause", "stop the run; the workers save first"},
	} {
		m := newModel(Source{CanStop: c.canStop})
		m.applyView(sampleView(1))
		if text := ansi.Strip(m.footerLine()); !strings.Contains(text, c.foot) {
			t.Errorf("can stop %v: the last line is %q, want %q", c.canStop, text, c.foot)
		}
		pressKey(m, "?")
		if text := ansi.Strip(strings.Join(m.screenLines(), "\n")); !strings.Contains(text, c.help) {
			t.Errorf("can stop %v: the help is\n%s\nwant %q", c.canStop, text, c.help)
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/status"
)

// monitor reads the status of a run, once or until it is over.
type monitor struct {
	dir          string
	plan         *runPlan
	runNamed     bool // the user named the run, so it may not have started yet
	follow, wait bool
	refresh      time.Duration
	options      status.ViewOptions
	writeMetrics func(text []byte) error // in Prometheus' format; nil: none are wanted
	now          func() time.Time
	print        func(*status.View) error
	warn         func(format string, args ...any)

	warned map[string]bool // warnings already printed
}

func (m *monitor) watch(ctx context.Context) error {
	began, ends := m.now(), 0
	for {
		v, err := m.readView(began)
		if err != nil {
			return err
		}
		if v.Over {
			ends++
		} else {
			ends = 0
		}
		if (m.follow || !m.wait) && ends < 2 { // the second read, to make sure, shows the same
			if err := m.print(v); err != nil {
				return err
			}
		}
		switch {
		case !m.follow && !m.wait:
			return nil
		case m.isOver(v, ends):
			return m.finish(v)
		}
		if err := sleep(ctx, m.refresh); err != nil {
			return m.showLast(began, err)
		}
	}
}

// How often --until-idle checks for workers: often at first, because many rounds
// are short.
const (
	firstIdleChecks = 10
	firstIdleCheck  = 200 * time.Millisecond
	laterIdleCheck  = time.Second
)

// watchUntilIdle shows the run at each refresh until no worker is active and
// prism-run is not starting any. If that is so at once, --watch prints nothing.
func (m *monitor) watchUntilIdle(ctx context.Context) error {
	var shown time.Time
	for checks := 1; ; checks++ {
		v, idle, err := m.readIdle()
		if err != nil {
			return err
		}
		due := v.Time.Sub(shown) >= m.refresh && !v.Over // what is over stays on the terminal: it is printed once
		if m.follow && (idle && !shown.IsZero() || !idle && due) {
			if err := m.print(v); err != nil {
				return err
			}
			shown = v.Time.Time
		}
		if idle {
			return m.finish(v)
		}
		pause := laterIdleCheck
		if checks < firstIdleChecks {
			pause = firstIdleCheck
		}
		if err := sleep(ctx, pause); err != nil {
			return m.showLast(m.now(), err)
		}
	}
}

// readIdle reads the run, and whether no worker is active and prism-run is not starting any.
func (m *monitor) readIdle() (v *status.View, idle bool, err error) {
	starting, err := m.plan.workersLockHeld() // before the read, which then has what the last worker wrote
	if err != nil {
		return nil, false, err
	}
	v, err = m.readView(m.now())
	return v, err == nil && !starting && !v.Active(), err
}

// showLast shows the run a last time when a signal ends --watch.
func (m *monitor) showLast(began time.Time, end error) error {
	if !m.follow {
		return end
	}
	if v, err := m.readView(began); err == nil {
		_ = m.print(v) // the cause of the end is reported
	}
	return end
}

// isOver reports whether the run has ended. Without a plan, a worker may still start
// after others ended (as with xargs), so it takes two reads to be sure.
func (m *monitor) isOver(v *status.View, ends int) bool {
	return ends > 1 || ends > 0 && m.options.Units > 0
}

func (m *monitor) readView(began time.Time) (*status.View, error) {
	m.options.Now = m.now()
	run, err := status.ReadRun(m.dir)
	if errors.Is(err, fs.ErrNotExist) {
		follows := m.follow || m.wait
		planned := m.plan.manifest != nil && !follows
		awaited := planned || m.runNamed && follows && m.options.Now.Sub(began) < m.options.DeadAfter
		if !awaited {
			return nil, cli.Fail(cli.Usage, fmt.Errorf("no run %q under %q", filepath.Base(m.dir), filepath.Dir(m.dir)),
				"--status-dir names the folder that prism-classify was given")
		}
		run, err = &status.Run{ID: filepath.Base(m.dir)}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, id := range m.plan.selectWorkers(run) {
		m.warnOnce(fmt.Sprintf("%s does not belong to a unit of the plan", job.WorkerStatusPath(m.dir, id)))
	}
	for _, f := range run.Unreadable {
		m.warnOnce(f.Error())
	}
	if m.plan.manifest == nil && len(run.Workers) == 0 && len(run.Unreadable) > 0 {
		return nil, fmt.Errorf("no status file of run %q can be read", run.ID)
	}
	v := run.View(m.options)
	if m.writeMetrics != nil {
		if err := m.writeMetrics(report.Prometheus(v)); err != nil {
			return nil, fmt.Errorf("write metrics: %w", err)
		}
	}
	return v, nil
}

func (m *monitor) warnOnce(text string) {
	if !m.warned[text] {
		m.warned[text] = true
		m.warn("%s", text)
	}
}

// finish prints the final view and returns the exit code of the run.
func (m *monitor) finish(v *status.View) error {
	if !m.wait {
		return nil
	}
	if !m.follow {
		if err := m.print(v); err != nil {
			return err
		}
	}
	if code := exitCode(v); code != cli.OK {
		return cli.Fail(code, nil, "")
	}
	return nil
}

// exitCode is the exit code for a run that is over.
func exitCode(v *status.View) int {
	completed, unreachable := 0, 0
	for i := range v.Workers {
		switch w := &v.Workers[i]; {
		case w.State == status.Completed && w.RowsFailed == 0:
			completed++
		case w.State == status.Stopped && w.StopReason == status.Unreachable:
			unreachable++
		}
	}
	switch {
	case completed == v.Units:
		return cli.OK
	case unreachable > 0 && completed+unreachable == len(v.Workers) && len(v.Unreadable) == 0:
		return cli.Unreachable
	}
	return cli.Partial
}

// sleep waits. A signal ends it with the signal's exit code.
func sleep(ctx context.Context, d time.Duration) error {
	err := cli.Sleep(ctx, d)
	if s := cli.Interruption(ctx); err != nil && s != nil {
		return cli.Fail(s.Code, nil, "")
	}
	return err
}

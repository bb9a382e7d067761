package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"prism/internal/cli"
	"prism/internal/dashboard"
	"prism/internal/fsutil"
	"prism/internal/status"
)

// runDashboard shows the run on a dashboard until it is over or the user quits.
func (m *monitor) runDashboard(ctx context.Context, std cli.Std) error {
	began, ends := m.now(), 0
	quiet := m.withoutWarnings()
	source := m.newSource(m.refresh, func() (*status.View, bool, error) {
		v, err := quiet.readView(began)
		if err != nil {
			return nil, false, err
		}
		if ends++; !v.Over {
			ends = 0
		}
		return v, quiet.isOver(v, ends), nil
	})
	r, err := dashboard.Run(ctx, source)
	if s := cli.Interruption(ctx); s != nil {
		return cli.Fail(s.Code, nil, "")
	}
	if err != nil || r.View == nil {
		return err
	}
	if _, err := std.Out.Write(runText(r.View)); err != nil || r.Over {
		return firstError(err, m.finish(r.View))
	}
	std.Infof("the run continues; prism-status --watch shows it again")
	return nil
}

// runManagedDashboard shows the run on a dashboard until no worker is active, for a
// program that goes on without it if the user leaves, and stops the run after Ctrl-C.
func (m *monitor) runManagedDashboard(ctx context.Context, std cli.Std) error {
	if _, idle, err := m.readIdle(); err != nil || idle {
		return err // before the dashboard would flash up
	}
	source := m.newSource(min(m.refresh, laterIdleCheck), m.withoutWarnings().readIdle)
	source.CanStop = true
	r, err := dashboard.Run(ctx, source)
	switch s := cli.Interruption(ctx); {
	case s != nil:
		return cli.Fail(s.Code, nil, "")
	case err != nil:
		return err
	case r.Stop:
		return cli.Fail(cli.Interrupted, nil, "")
	case !r.Over:
		return cli.Fail(cli.Partial, nil, "")
	case !r.View.Over: // there will be more to see
		return nil
	}
	_, err = std.Out.Write(runText(r.View))
	return err
}

// withoutWarnings is a monitor for a dashboard, which shows what cannot be read itself; a
// read may outlive the dashboard.
func (m *monitor) withoutWarnings() *monitor {
	quiet := *m
	quiet.warn, quiet.warned = func(string, ...any) {}, map[string]bool{}
	return &quiet
}

// newSource is a dashboard's source of the run.
func (m *monitor) newSource(interval time.Duration, view func() (*status.View, bool, error)) dashboard.Source {
	return dashboard.Source{
		Interval: interval, Tail: readLastLines, View: view,
		Pause: func(on bool) error {
			if on {
				return status.Pause(m.dir)
			}
			return status.Resume(m.dir)
		},
	}
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

const tailBytes = 64 << 10

// readLastLines returns the lines in the last tailBytes bytes of a file.
func readLastLines(path string) ([]string, error) {
	f, err := fsutil.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-tailBytes)
	text, err := io.ReadAll(io.NewSectionReader(f, from, tailBytes))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	if from > 0 && len(lines) > 1 {
		lines = lines[1:]
	}
	return lines, nil
}

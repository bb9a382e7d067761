package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"prism/internal/cli"
	"prism/internal/dashboard"
	"prism/internal/fsutil"
	"prism/internal/report"
	"prism/internal/status"
)

// runDashboard shows the run on a dashboard until it is over or the user quits.
func (m *monitor) runDashboard(ctx context.Context, std cli.Std) error {
	began, ends := m.now(), 0
	quiet := *m                                                           // a read may outlive the dashboard
	quiet.warn, quiet.warned = func(string, ...any) {}, map[string]bool{} // the dashboard shows what cannot be read
	source := dashboard.Source{
		Interval: m.refresh, Tail: readLastLines,
		Pause: func(on bool) error {
			if on {
				return status.Pause(m.dir)
			}
			return status.Resume(m.dir)
		},
		View: func() (*status.View, bool, error) {
			v, err := quiet.readView(began)
			if err != nil {
				return nil, false, err
			}
			if ends++; !v.Over {
				ends = 0
			}
			return v, quiet.isOver(v, ends), nil
		},
	}
	v, over, err := dashboard.Run(ctx, source)
	if s := cli.Interruption(ctx); s != nil {
		return cli.Fail(s.Code, nil, "")
	}
	if err != nil || v == nil {
		return err
	}
	if _, err := std.Out.Write(report.RunText(v)); err != nil || over {
		return firstError(err, m.finish(v))
	}
	std.Infof("the run continues; prism-status --watch shows it again")
	return nil
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

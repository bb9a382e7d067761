package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"prism/internal/cli"
	"prism/internal/dashboard"
	"prism/internal/report"
	"prism/internal/status"
)

// live shows the run on a dashboard until it is over or the user leaves.
func (m *monitor) runDashboard(ctx context.Context, std cli.Std) error {
	began, ends := m.now(), 0
	quiet := *m                                                           // a look may go on when the dashboard is gone
	quiet.warn, quiet.warned = func(string, ...any) {}, map[string]bool{} // the dashboard names what cannot be read
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
	std.Infof("the run goes on; prism-status --watch shows it again")
	return nil
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

const tailBytes = 64 << 10

// tailOf is the last lines of a file, of its last tailBytes bytes.
func readLastLines(path string) ([]string, error) {
	f, err := os.Open(path)
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

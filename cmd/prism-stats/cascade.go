package main

import (
	"context"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/stats"
)

// readCascades reads what prism-cascade reported: the files of --cascade, and of a run with a student a report for each
// file that is there.
func (g *flags) readCascades(ctx context.Context, m *job.Manifest) (cascades []stats.Cascade, err error) {
	add := func(path, name string) error {
		data, err := fsutil.ReadFileContext(ctx, path, fsutil.MaxConfig)
		if err != nil {
			return cli.Fail(cli.Usage, err, "")
		}
		c, err := stats.ParseCascade(data, name)
		if err != nil {
			return cli.Fail(cli.Usage, err, "report.json in the folder of prism-cascade (--dir) is one")
		}
		cascades = append(cascades, *c)
		return nil
	}
	for _, path := range g.Cascade {
		if err := add(path, path); err != nil {
			return nil, err
		}
	}
	if m == nil || !m.Config.Model.TrainsStudent() {
		return cascades, nil
	}
	for _, label := range m.Labels() {
		path := m.CascadeReportPath(label)
		if !fsutil.IsRegular(path) {
			continue
		}
		if err := add(path, label); err != nil {
			return nil, err
		}
	}
	return cascades, nil
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/stats"
	"prism/internal/table"
)

// readManifest reads from a manifest what to count: the merged outputs of its files,
// the outputs of the units of files that are not merged or are merged to workbooks or Parquet, all call logs, and the
// prompt schema.
func (g *flags) readManifest(ctx context.Context) (*job.Manifest, error) {
	if len(g.Files) > 0 {
		return nil, cli.Fail(cli.Usage, errors.New("FILE cannot be combined with --manifest"), "the manifest names the results and the call logs")
	}
	if err := errors.Join(
		cli.RefuseBeside(g.typed, "--manifest", "the manifest names the results and the call logs", "calls"),
		cli.RefuseBeside(g.typed, "--manifest", "the manifest says how its files are read", "id-column", "delimiter"),
	); err != nil {
		return nil, err
	}
	m, err := job.AwaitManifest(ctx, g.Manifest)
	switch {
	case errors.Is(err, job.ErrNoManifest), errors.Is(err, fs.ErrNotExist):
		return nil, cli.Fail(cli.Usage, err, "prism-split --job writes one")
	case err != nil:
		return nil, err
	}
	g.runTables, g.textColumns = map[string]table.Options{}, map[string]string{}
	addTable := func(label, path string) bool {
		if path == "" || !fsutil.IsRegular(path) {
			return false
		}
		g.Files = append(g.Files, path)
		g.runTables[path], g.textColumns[path] = m.OutputOptions(label, path), m.ColumnsOf(label).TextColumn
		return true
	}
	for _, f := range m.Files {
		if _, isText := table.FormatByName(f.MergedOutput); isText && addTable(f.Label, m.Path(f.MergedOutput)) {
			continue
		}
		for _, u := range m.UnitsOf(f.Label) {
			addTable(f.Label, m.UnitOutput(u))
		}
	}
	for _, u := range m.Units {
		for _, dir := range []string{m.RunDir(), m.TextsDir(u.Label)} {
			if path := job.CallLogPath(dir, u.Unit.Unit); fsutil.IsRegular(path) {
				g.Calls = append(g.Calls, path)
			}
		}
	}
	if path := m.Path(m.Paths.PromptsConfig); g.PromptsConfig == "" || g.PromptsConfig == os.Getenv("PRISM_PROMPTS_CONFIG") {
		g.PromptsConfig = path
	}
	if g.Save {
		g.Summary, g.Analytics = cmp.Or(g.Summary, m.SummaryPath()), cmp.Or(g.Analytics, m.AnalyticsPath())
		if g.HTML == "" {
			g.reportPath = m.ReportPath()
		}
	}
	return m, nil
}

func newRun(m *job.Manifest) *stats.Run {
	r := &stats.Run{
		ID: m.RunID, Project: m.Project, Version: m.Version, Model: m.ModelName, BatchSize: m.Config.Model.BatchSize,
		Units: len(m.Units), CreatedAt: m.CreatedAt.Format(time.RFC3339),
		Files: []stats.RunFile{}, Failed: []stats.FailedRow{},
	}
	missing := addFailedRows(r, m.FailedRangesPath())
	for _, f := range m.Files {
		r.Files = append(r.Files, stats.RunFile{
			Label: f.Label, Input: f.Original(), Status: string(f.Status), Rows: f.Rows, Missing: missing[f.Label], Output: f.MergedOutput,
		})
	}
	return r
}

// addFailedRows adds the failed rows from the list that the last merge wrote, and
// returns the number of missing rows of each file.
func addFailedRows(r *stats.Run, path string) (missing map[string]int64) {
	data, err := fsutil.ReadFile(path, job.MaxManifest)
	if err != nil {
		return nil
	}
	r.FailedRanges = path
	var list struct {
		Files []struct {
			Label   string            `json:"label"`
			Missing int64             `json:"missing_rows"`
			Rows    []stats.FailedRow `json:"rows"`
		} `json:"files"`
	}
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	missing = map[string]int64{}
	for _, f := range list.Files {
		missing[f.Label] = f.Missing
		r.FailedRows += int64(len(f.Rows))
		for _, row := range f.Rows[:min(len(f.Rows), stats.MaxFailed-len(r.Failed))] {
			row.File = f.Label
			r.Failed = append(r.Failed, row)
		}
	}
	return missing
}

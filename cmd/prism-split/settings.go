package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"prism/internal/cli"
	"prism/internal/job"
)

// printSettings prints what scripts need as assignments that a shell may
// evaluate: of settings.json and models.json, and with --job of the run. A run
// that exists has the settings of its manifest.
func (p *planner) printSettings(ctx context.Context) error {
	m, err := p.existing()
	if err != nil {
		return err
	}
	if m == nil && len(p.mistakes) > 0 { // then all of them, those that planning would find too
		return p.checkAll(ctx)
	}
	a := assignments{bufio.NewWriter(p.std.Out)}
	if m != nil {
		p.settings = m.Settings
	}
	p.general(a)
	if p.g.Job == "" {
		return a.w.Flush()
	}
	planned := m != nil
	if m == nil {
		now := time.Now()
		m = job.Plan(p.runID(now), p.config, p.settings, nil, now)
	}
	a.flag("planned", planned)
	a.flag("job_changed", planned && p.hashes.JobFile != "" && p.hashes.JobFile != m.Hashes.JobFile)
	p.run(a, m)
	return a.w.Flush()
}

// existing is the manifest of the run that --run-id names; nil: there is none.
func (p *planner) existing() (*job.Manifest, error) {
	if p.g.RunID == "" || p.config == nil {
		return nil, nil
	}
	m, err := job.ReadManifest(job.ManifestPath(p.config.Monitoring.LogsDir, p.g.RunID))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, job.ErrNoManifest):
		return nil, cli.Fail(cli.Usage, err, "")
	}
	return m, err
}

func (p *planner) general(a assignments) {
	s := p.settings
	a.text("input_filename", s.InputFilename)
	a.text("interactive_version", s.InteractiveVersion)
	a.flag("save_terminal_logs", s.LogSettings.SaveTerminalLogs)
	a.flag("create_summaries", s.LogSettings.CreateSummaries)
	a.flag("create_analytics", s.LogSettings.CreateAnalytics)
	a.number("checkpoint_interval", s.CheckpointInterval)
	a.number("retry_attempts", s.RetryAttempts)
	a.seconds("retry_delay", s.RetryDelay)
	a.list("required_columns", s.RequiredInputColumns)
	a.list("project_folders", s.ProjectFolders())
	var ids, names, descriptions, uses, sizes, sizeDescriptions []string
	for _, m := range p.models.Available {
		ids, names = append(ids, strconv.Itoa(m.ID)), append(names, m.Name)
		descriptions, uses = append(descriptions, m.Description), append(uses, m.RecommendedFor)
	}
	for _, b := range p.models.BatchSizes {
		sizes, sizeDescriptions = append(sizes, strconv.Itoa(b.Size)), append(sizeDescriptions, b.Description)
	}
	a.list("model_ids", ids)
	a.list("model_names", names)
	a.list("model_descriptions", descriptions)
	a.list("model_uses", uses)
	a.list("batch_sizes", sizes)
	a.list("batch_descriptions", sizeDescriptions)
}

func (p *planner) run(a assignments, m *job.Manifest) {
	c := m.Config
	a.text("run_id", m.RunID)
	a.text("manifest", job.ManifestPath(m.Path(m.Paths.LogsDir), m.RunID))
	a.text("run_dir", m.RunDir())
	a.text("status_dir", m.Path(m.Paths.StatusDir))
	a.text("run_status_dir", m.StatusDir())
	a.text("model", m.ModelName)
	a.text("prompts_config", m.Path(m.Paths.PromptsConfig))
	a.text("summary", m.SummaryPath())
	a.text("analytics", m.AnalyticsPath())
	a.text("failed_ranges", m.FailedRangesPath())
	a.list("labels", m.Labels())
	var outputs []string
	for _, label := range m.Labels() {
		outputs = append(outputs, m.Path(m.MergedName(label)))
	}
	a.list("outputs", outputs)
	workers := c.Workers()
	if p.g.Workers != nil {
		workers = *p.g.Workers
	}
	a.number("workers", workers)
	a.seconds("retry_delay", c.Model.Delay)
	a.number("max_worker_retries", c.ErrorHandling.MaxWorkerRetries)
	a.text("failure_strategy", c.ErrorHandling.Strategy)
	a.flag("prompt_on_failure", c.ErrorHandling.PromptOnFailure)
	a.flag("auto_merge", c.Merge.AutoMerge)
	a.text("merge_condition", c.Merge.Condition)
	a.seconds("dashboard_refresh", c.Monitoring.DashboardRefresh)
}

// assignments writes lines of a shell.
type assignments struct{ w *bufio.Writer }

func (a assignments) text(name, value string) {
	fmt.Fprintf(a.w, "%s=%s\n", name, job.QuoteShell(value))
}
func (a assignments) number(name string, n int) { fmt.Fprintf(a.w, "%s=%d\n", name, n) }

func (a assignments) seconds(name string, s job.Seconds) {
	fmt.Fprintf(a.w, "%s=%s\n", name, strconv.FormatFloat(time.Duration(s).Seconds(), 'f', -1, 64))
}

// flag is the text true or false.
func (a assignments) flag(name string, v bool) { fmt.Fprintf(a.w, "%s=%t\n", name, v) }

func (a assignments) list(name string, values []string) {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = job.QuoteShell(v)
	}
	fmt.Fprintf(a.w, "%s=(%s)\n", name, strings.Join(quoted, " "))
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/term"
)

// printSettings prints what scripts need as assignments that a shell may
// evaluate: of settings.json and models.json, and with --job of the run. A run
// that exists has the settings of its manifest.
func (p *planner) printSettings(ctx context.Context) error {
	m, err := p.findManifest()
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
	p.printGeneral(a)
	if p.g.Job == "" {
		return a.w.Flush()
	}
	planned := m != nil
	if planned {
		p.warnOfRun(m)
	}
	if m == nil {
		now := time.Now()
		m = job.Plan(p.chooseRunID(now), p.config, p.settings, nil, now)
	}
	a.setBool("planned", planned)
	p.printRun(a, m)
	return a.w.Flush()
}

// printSettingsOf prints the settings of a run that was just planned, or would be.
func (p *planner) printSettingsOf(m *job.Manifest) error {
	a := assignments{bufio.NewWriter(p.std.Out)}
	p.printGeneral(a)
	p.printRun(a, m)
	return a.w.Flush()
}

// warnOfRun tells what somebody who continues a run may not know.
func (p *planner) warnOfRun(m *job.Manifest) {
	if p.hashes.JobFile != "" && p.hashes.JobFile != m.Hashes.JobFile {
		p.std.Warnf("%s changed since the run was planned; the run continues as it was planned", p.g.Job)
	}
	if _, err := os.Lstat(job.PauseFlagPath(m.StatusDir())); err == nil {
		p.std.Warnf("the run is paused; prism-run --resume-run lets its workers continue")
	}
}

// findManifest returns the manifest of the run that --run-id names; nil: there is none.
func (p *planner) findManifest() (*job.Manifest, error) {
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
	if err == nil && m.RunID != p.g.RunID {
		path := job.ManifestPath(p.config.Monitoring.LogsDir, p.g.RunID)
		return nil, cli.Fail(cli.Usage, fmt.Errorf("%s is the manifest of run %q, not of %q", path, m.RunID, p.g.RunID),
			"--run-id "+term.QuoteShell(m.RunID)+" names that run; give another to plan a new one")
	}
	if err == nil {
		if bad := m.CheckPlaces(); bad != nil {
			return nil, cli.Fail(cli.Usage, bad, "")
		}
	}
	return m, err
}

func (p *planner) printGeneral(a assignments) {
	s := p.settings
	a.setText("manifest_name", filepath.Base(job.ManifestPath("", "")))
	a.setText("call_log_name", filepath.Base(job.CallLogPath("", 1)))
	a.setText("student_target", strconv.FormatFloat(job.StudentTarget, 'f', -1, 64))
	a.setText("input_filename", s.InputFilename)
	a.setText("interactive_version", s.InteractiveVersion)
	a.setBool("save_terminal_logs", s.LogSettings.SaveTerminalLogs)
	a.setBool("create_summaries", s.LogSettings.CreateSummaries)
	a.setBool("create_analytics", s.LogSettings.CreateAnalytics)
	a.setNumber("checkpoint_interval", s.CheckpointInterval)
	a.setNumber("retry_attempts", s.RetryAttempts)
	a.setSeconds("retry_delay", s.RetryDelay)
	a.setList("required_columns", s.RequiredInputColumns)
	a.setList("project_folders", s.ProjectFolders())
	var ids, names, descriptions, uses, sizes, sizeDescriptions []string
	for _, m := range p.models.Available {
		ids, names = append(ids, strconv.Itoa(m.ID)), append(names, m.Name)
		descriptions, uses = append(descriptions, m.Description), append(uses, m.RecommendedFor)
	}
	for _, b := range p.models.BatchSizes {
		sizes, sizeDescriptions = append(sizes, strconv.Itoa(b.Size)), append(sizeDescriptions, b.Description)
	}
	a.setList("model_ids", ids)
	a.setList("model_names", names)
	a.setList("model_descriptions", descriptions)
	a.setList("model_uses", uses)
	a.setList("batch_sizes", sizes)
	a.setList("batch_descriptions", sizeDescriptions)
}

func (p *planner) printRun(a assignments, m *job.Manifest) {
	c := m.Config
	a.setText("run_id", m.RunID)
	a.setText("manifest", job.ManifestPath(m.Path(m.Paths.LogsDir), m.RunID))
	a.setText("run_dir", m.RunDir())
	a.setText("status_dir", m.Path(m.Paths.StatusDir))
	a.setText("run_status_dir", m.StatusDir())
	a.setText("model", m.ModelName)
	a.setText("prompts_config", m.Path(m.Paths.PromptsConfig))
	a.setText("summary", m.SummaryPath())
	a.setText("analytics", m.AnalyticsPath())
	a.setText("failed_ranges", m.FailedRangesPath())
	a.setList("labels", m.Labels())
	a.setListOf("outputs", m.Labels(), func(label string) string { return m.Path(m.MergedName(label)) })
	printRunFiles(a, m)
	a.setNumber("unit_count", len(m.Units)) // 0 before the run is planned
	workers := c.Workers()
	if p.g.Workers != nil {
		workers = *p.g.Workers
	}
	a.setNumber("workers", workers)
	a.setText("program", job.UnitProgram(&c.Model))
	a.setText("api", c.Model.API)
	a.setSeconds("retry_delay", c.Model.Delay)
	a.setNumber("max_worker_retries", c.ErrorHandling.MaxWorkerRetries)
	a.setText("failure_strategy", c.ErrorHandling.Strategy)
	a.setBool("prompt_on_failure", c.ErrorHandling.PromptOnFailure)
	a.setBool("auto_merge", c.Merge.AutoMerge)
	a.setBool("group_readable", c.GroupReadable)
	a.setText("merge_condition", c.Merge.Condition)
	a.setSeconds("dashboard_refresh", c.Monitoring.DashboardRefresh)
}

// printRunFiles prints the files of the run that scripts write or read.
func printRunFiles(a assignments, m *job.Manifest) {
	a.setText("orchestrator_lock", m.OrchestratorLockPath())
	a.setText("orchestrator_pid", m.OrchestratorPIDPath())
	a.setText("workers_lock", m.WorkersLockPath())
	a.setText("stop_flag", m.StopFlagPath())
	a.setText("background_log", m.BackgroundLogPath())
	a.setText("machines", m.MachinesPath())
	a.setText("slurm_jobs", m.SlurmJobsPath())
	a.setText("slurm_units_script", m.SlurmScriptPath(job.SlurmUnits))
	a.setText("slurm_units_log", m.SlurmLogPath(job.SlurmUnits))
	a.setText("slurm_merge_script", m.SlurmScriptPath(job.SlurmMerge))
	a.setText("slurm_merge_log", m.SlurmLogPath(job.SlurmMerge))
	a.setListOf("unit_lists", m.Labels(), m.UnitListPath)
	a.setListOf("terminal_logs", m.Labels(), m.TerminalLogPath)
	a.setListOf("parallel_logs", m.Labels(), m.ParallelLogPath)
	a.setText("first_unit_log", job.RunLogPath(m.Path(m.Paths.LogsDir), m.RunID, 1))
	if labels := m.Labels(); len(labels) > 0 {
		a.setText("first_unit_output", m.FirstUnitOutput(labels[0]))
	}
}

// assignments writes lines of a shell.
type assignments struct{ w *bufio.Writer }

func (a assignments) setText(name, value string) {
	fmt.Fprintf(a.w, "%s=%s\n", name, term.QuoteShell(value))
}
func (a assignments) setNumber(name string, n int) { fmt.Fprintf(a.w, "%s=%d\n", name, n) }

func (a assignments) setSeconds(name string, s job.Seconds) {
	fmt.Fprintf(a.w, "%s=%s\n", name, strconv.FormatFloat(time.Duration(s).Seconds(), 'f', -1, 64))
}

// setBool writes the text true or false.
func (a assignments) setBool(name string, v bool) { fmt.Fprintf(a.w, "%s=%t\n", name, v) }

// setListOf sets a list to what path makes of each name.
func (a assignments) setListOf(name string, names []string, path func(string) string) {
	var values []string
	for _, n := range names {
		values = append(values, path(n))
	}
	a.setList(name, values)
}

func (a assignments) setList(name string, values []string) {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = term.QuoteShell(v)
	}
	fmt.Fprintf(a.w, "%s=(%s)\n", name, strings.Join(quoted, " "))
}

package job

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"prism/internal/fsutil"
	"prism/internal/term"
)

// The files of a run, by the folders that --logs-dir, --status-dir,
// --checkpoint-dir and --output-dir name. No other file knows these names.
//
//	logs_dir/{run_id}/run_manifest.json          the plan (ManifestPath)
//	logs_dir/{run_id}/run_{run_id}_w{id}.log     a worker's log (RunLogPath)
//	logs_dir/{run_id}/calls_w{id}.jsonl          its model calls (CallLogPath)
//	logs_dir/{run_id}/failed_ranges_w{id}.json   its failed rows (FailedRowsPath)
//	logs_dir/{run_id}/failed_ranges.json         rows that a merge misses (FailedRangesPath)
//	logs_dir/{run_id}/inputs/{label}.csv         an input in normal form (normalInputPath)
//	logs_dir/{run_id}/summary_{run_id}.md        statistics (SummaryPath, AnalyticsPath)
//	logs_dir/{run_id}/cascade_{label}/           what prism-cascade did with a file (Manifest.CascadeDir)
//	logs_dir/{run_id}/workers.lock               locked while prism-run's workers live (Manifest.WorkersLockPath)
//	logs_dir/{run_id}/orchestrator.lock          locked while a prism-run works (Manifest.OrchestratorLockPath)
//	status_dir/{run_id}/worker_{id}.json         a worker's status (WorkerStatusPath)
//	status_dir/{run_id}/pause.flag               makes workers wait (PauseFlagPath)
//	checkpoint_dir/checkpoint_{run_id}_w{id}…    finished rows (CheckpointPrefix)
//	output_dir/{run_id}_{label}_w{id}.csv        a unit's output (Manifest.UnitOutput)
//	output_dir/{naming_pattern}.csv              a merged output (Manifest.MergedName)
//	output_dir/report_{run_id}.html              the page for whoever asked (Manifest.ReportPath)
const (
	manifestName     = "run_manifest.json"
	failedRangesName = "failed_ranges.json"
	pauseFlagName    = "pause.flag"
	workersLockName  = "workers.lock"
	inputsName       = "inputs"
	cascadePrefix    = "cascade_"
	cascadeDoneName  = "done"
	cascadeReport    = "report.json"

	orchestratorLockName = "orchestrator.lock"

	callLogPattern = "calls_w*.jsonl"
)

// keptOfRun are how the names of files begin that workers, prism-merge and prism-run keep
// in a run's folder of logs.
var keptOfRun = []string{"run_", "calls_w", "failed_ranges", inputsName + string(filepath.Separator), "workers.", "orchestrator.", "terminal_", "units_", "joblog_", cascadePrefix}

// JobID names the work of one worker of a run, and so its checkpoint.
func JobID(runID string, worker int) string { return fmt.Sprintf("%s_w%d", runID, worker) }

// RunDir is a run's folder in logs_dir or in status_dir; empty if dir is.
func RunDir(dir, runID string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, runID)
}

// ManifestPath is the manifest of a run.
func ManifestPath(logsDir, runID string) string {
	return filepath.Join(RunDir(logsDir, runID), manifestName)
}

// FindManifests lists the manifests of all runs in a folder of logs.
func FindManifests(logsDir string) ([]string, error) {
	return filepath.Glob(filepath.Join(logsDir, "*", manifestName))
}

// RunLogPath is the log of a worker.
func RunLogPath(logsDir, runID string, worker int) string {
	return filepath.Join(RunDir(logsDir, runID), fmt.Sprintf("run_%s.log", JobID(runID, worker)))
}

// CallLogPath is the log of a worker's model calls, in the run's folder of logs.
func CallLogPath(runDir string, worker int) string {
	return filepath.Join(runDir, fmt.Sprintf("calls_w%d.jsonl", worker))
}

// FindCallLogs lists the call logs in a run's folder of logs.
func FindCallLogs(runDir string) ([]string, error) {
	return filepath.Glob(filepath.Join(runDir, callLogPattern))
}

// IsCallLog tells whether a file has the name of a call log.
func IsCallLog(path string) bool {
	ok, err := filepath.Match(callLogPattern, filepath.Base(path))
	return ok && err == nil
}

// FailedRowsPath is the list of a worker's failed rows, in the run's folder of logs.
func FailedRowsPath(runDir string, worker int) string {
	return filepath.Join(runDir, fmt.Sprintf("failed_ranges_w%d.json", worker))
}

// FailedRangesPath is the list of rows that a merge misses: in the run's folder
// of logs, or beside an output that belongs to no run.
func FailedRangesPath(dir string) string { return filepath.Join(dir, failedRangesName) }

// normalInputPath is the normal form of an input that a job normalized.
func normalInputPath(logsDir, runID, label string) string {
	return filepath.Join(RunDir(logsDir, runID), inputsName, label+".csv")
}

// WorkerStatusPath is the status file of a worker, in the run's folder of status files.
func WorkerStatusPath(runDir string, worker int) string {
	return filepath.Join(runDir, fmt.Sprintf("worker_%d.json", worker))
}

// ParseWorkerStatusName returns the worker whose status file has this name. It
// refuses all other names, those of files that are about to be renamed included.
func ParseWorkerStatusName(name string) (worker int, ok bool) {
	digits, ok := strings.CutPrefix(name, "worker_")
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, ".json"); !ok {
		return 0, false
	}
	id, err := strconv.ParseUint(digits, 10, 31)
	return int(id), err == nil && strconv.FormatUint(id, 10) == digits
}

// PauseFlagPath is the file that makes the workers of a run wait, in the run's
// folder of status files.
func PauseFlagPath(runDir string) string { return filepath.Join(runDir, pauseFlagName) }

// CheckpointPrefix begins the names of all files of a job's checkpoint.
func CheckpointPrefix(jobID string) string { return "checkpoint_" + jobID }

// runExists tells whether a worker of a run left anything in the folders of
// logs, status files and checkpoints; empty names are skipped.
func runExists(logsDir, statusDir, checkpointDir, runID string, worker int) bool {
	paths := []string{RunDir(logsDir, runID), RunDir(statusDir, runID)}
	if checkpointDir != "" {
		paths = append(paths, filepath.Join(checkpointDir, CheckpointPrefix(JobID(runID, worker))+".json"))
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	return false
}

// reserveRun makes the lock file of a worker's checkpoint, else the run's folder of
// logs or of status files. It returns false where it exists.
func reserveRun(logsDir, statusDir, checkpointDir, runID string, worker int) (bool, error) {
	dir, create := checkpointDir, func() error {
		path := filepath.Join(checkpointDir, CheckpointPrefix(JobID(runID, worker))+".lock")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		return f.Close()
	}
	if checkpointDir == "" {
		dir = cmp.Or(logsDir, statusDir)
		create = func() error { return os.Mkdir(RunDir(dir, runID), 0o777) }
	}
	if dir == "" {
		return true, nil
	}
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		err = create()
	}
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// checkWorkerPlaces makes sure that no link leads what a worker keeps out of its folders.
func checkWorkerPlaces(logsDir, statusDir, runID string, worker int) error {
	var errs []error
	check := func(dir string, paths ...string) {
		for _, path := range paths {
			errs = append(errs, fsutil.CheckInside(dir, path))
		}
	}
	if run := RunDir(logsDir, runID); run != "" {
		check(logsDir, run, RunLogPath(logsDir, runID, worker), CallLogPath(run, worker), FailedRowsPath(run, worker))
	}
	if run := RunDir(statusDir, runID); run != "" {
		check(statusDir, run, WorkerStatusPath(run, worker), PauseFlagPath(run))
	}
	return errors.Join(errs...)
}

// CheckPlaces makes sure that no link leads what the run keeps, or its outputs, out of their
// folders.
func (m *Manifest) CheckPlaces() error {
	out := m.Path(m.Paths.OutputDir)
	errs := []error{
		fsutil.CheckInside(m.Path(m.Paths.LogsDir), m.RunDir()), fsutil.CheckLinks(m.RunDir()), fsutil.CheckLinks(filepath.Join(m.RunDir(), inputsName)),
		fsutil.CheckInside(m.Path(m.Paths.StatusDir), m.StatusDir()), fsutil.CheckLinks(m.StatusDir()),
	}
	for _, u := range m.Units {
		errs = append(errs, fsutil.CheckInside(out, m.UnitOutput(u)))
	}
	for _, f := range m.Files {
		errs = append(errs, fsutil.CheckInside(out, m.Path(m.MergedName(f.Label))))
	}
	if page := m.ReportPath(); page != "" {
		errs = append(errs, fsutil.CheckInside(out, page))
	}
	return errors.Join(errs...)
}

// OutputName is the file name of a worker's output that belongs to no manifest.
func OutputName(label string, worker int, format string) string {
	return fmt.Sprintf("%s_w%d.%s", label, worker, format)
}

// unitOutputName is the file name of a unit's output.
func unitOutputName(runID string, u Unit, format string) string {
	return OutputName(runID+"_"+u.Label, u.Unit, format)
}

// JobID names the checkpoint of a unit.
func (m *Manifest) JobID(unit int) string { return JobID(m.RunID, unit) }

// DescribeRunFile says what a file is that a run keeps, by its name; empty if the name is none
// of these.
func DescribeRunFile(path string) string {
	name := filepath.Base(path)
	_, isStatus := ParseWorkerStatusName(name)
	switch {
	case name == manifestName:
		return "the manifest of a run"
	case isStatus, name == pauseFlagName:
		return "a status file of a run"
	case IsCallLog(path):
		return "the call log of a run"
	case checkpointName.MatchString(name):
		return "a file of a checkpoint"
	}
	return ""
}

// checkpointName matches the names of the files of a checkpoint.
var checkpointName = regexp.MustCompile(`^checkpoint_.+_w[0-9]+(\.json|\.sums|\.rowsums|\.stream|\.failed\.jsonl|\.lock|_part[0-9]{4,}\.csv)$`)

// UnitOutput is the path of a unit's output, from the current folder.
func (m *Manifest) UnitOutput(u UnitPlan) string {
	return m.Path(filepath.Join(m.Paths.OutputDir, u.OutputName))
}

// MergeCommand is the command that merges the outputs of a file's units to CSV.
func (m *Manifest) MergeCommand(label string) string {
	return "prism-merge -o NAME.csv " + term.QuoteShell(m.Path(filepath.Join(m.Paths.OutputDir, m.RunID+"_"+label))) + "_w*." + m.Config.Output.PartFormat()
}

// ResumeCommand is the command that resumes the run, as a shell takes it.
func (m *Manifest) ResumeCommand() string {
	path := m.Path(m.JobFile)
	if strings.HasPrefix(path, "-") { // else it reads as a flag
		path = "./" + path
	}
	return fmt.Sprintf("prism-run %s --resume --run-id %s", term.QuoteShell(path), term.QuoteShell(m.RunID))
}

// MergedName is the path of the merged output of a file, as the job file has paths.
func (m *Manifest) MergedName(label string) string {
	return filepath.Join(m.Paths.OutputDir, m.mergedName(label))
}

// mergedName is the name of the merged output of a file in its folder.
func (m *Manifest) mergedName(label string) string {
	name := strings.NewReplacer("{run_id}", m.RunID, "{label}", label, "{project}", m.Project, "{version}", m.Version,
		"{model}", modelName(m.ModelName, m.ModelID), "{timestamp}", m.CreatedAt.Format(timestamp),
	).Replace(m.Config.Output.NamingPattern)
	return name + "." + m.Config.Output.Format
}

// RunDir is the run's folder of manifest and logs, from the current folder.
func (m *Manifest) RunDir() string { return m.Path(RunDir(m.Paths.LogsDir, m.RunID)) }

// StatusDir is the run's folder of status files, from the current folder.
func (m *Manifest) StatusDir() string { return m.Path(RunDir(m.Paths.StatusDir, m.RunID)) }

// SummaryPath is the summary that prism-stats writes beside the manifest; empty
// if the settings want none.
func (m *Manifest) SummaryPath() string {
	if !m.Settings.LogSettings.CreateSummaries {
		return ""
	}
	return filepath.Join(m.RunDir(), "summary_"+m.RunID+".md")
}

// AnalyticsPath is the table of figures that prism-stats writes beside the
// manifest; empty if the settings want none.
func (m *Manifest) AnalyticsPath() string {
	if !m.Settings.LogSettings.CreateAnalytics {
		return ""
	}
	return filepath.Join(m.RunDir(), "analytics_"+m.RunID+".csv")
}

// ReportPath is the page that prism-stats writes beside the merged outputs; empty if the
// settings want none.
func (m *Manifest) ReportPath() string {
	if !m.Settings.LogSettings.CreateReports {
		return ""
	}
	return m.Path(filepath.Join(m.Paths.OutputDir, "report_"+m.RunID+".html"))
}

// CascadeDir is the folder in which prism-cascade keeps what it did with a file of a run with a
// student: its own checkpoints among it.
func (m *Manifest) CascadeDir(label string) string {
	return filepath.Join(m.RunDir(), cascadePrefix+label)
}

// CascadeDonePath is a file with the checksum of the unit that the output of prism-cascade was made of.
func (m *Manifest) CascadeDonePath(label string) string {
	return filepath.Join(m.CascadeDir(label), cascadeDoneName)
}

// CascadeReportPath is what prism-cascade reports of a file.
func (m *Manifest) CascadeReportPath(label string) string {
	return filepath.Join(m.CascadeDir(label), cascadeReport)
}

// TextsLogsDir is the folder of logs of the calls that write the texts of a student's rows.
func (m *Manifest) TextsLogsDir(label string) string {
	return filepath.Join(m.CascadeDir(label), "texts", "logs")
}

// WorkersLockPath is the file that prism-run, the program that starts workers for
// it and these workers keep locked. It holds the process group of that program.
func (m *Manifest) WorkersLockPath() string { return filepath.Join(m.RunDir(), workersLockName) }

// OrchestratorLockPath is the file that a prism-run keeps locked while it works on the
// run.
func (m *Manifest) OrchestratorLockPath() string {
	return filepath.Join(m.RunDir(), orchestratorLockName)
}

// FailedRangesPath is the list of the run's rows without labels.
func (m *Manifest) FailedRangesPath() string { return FailedRangesPath(m.RunDir()) }

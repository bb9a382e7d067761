package job

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The files of a run, by the folders that --logs-dir, --status-dir,
// --checkpoint-dir and --output-dir name. The functions of paths.go and runpaths.go make
// all these paths; scripts take them from prism-split --print-settings.
//
//	logs_dir/{run_id}/run_manifest.json          the plan (ManifestPath)
//	logs_dir/{run_id}/run_{run_id}_w{id}.log     a worker's log (RunLogPath)
//	logs_dir/{run_id}/calls_w{id}.jsonl          its model calls (CallLogPath)
//	logs_dir/{run_id}/failed_ranges_w{id}.json   its failed rows (FailedRowsPath)
//	logs_dir/{run_id}/failed_ranges.json         rows that a merge misses (FailedRangesPath)
//	logs_dir/{run_id}/inputs/{label}.csv         an input in normal form (normalInputPath)
//	logs_dir/{run_id}/summary_{run_id}.md        statistics (Manifest.SummaryPath)
//	logs_dir/{run_id}/analytics_{run_id}.csv     figures (Manifest.AnalyticsPath)
//	logs_dir/{run_id}/cascade_{label}/           what prism-cascade did with a file (Manifest.CascadeDir)
//	logs_dir/{run_id}/orchestrator.lock          locked while a prism-run works (Manifest.OrchestratorLockPath)
//	logs_dir/{run_id}/orchestrator.pid           its process ID (Manifest.OrchestratorPIDPath)
//	logs_dir/{run_id}/workers.lock               locked while prism-run's workers live (Manifest.WorkersLockPath)
//	logs_dir/{run_id}/stop                       makes prism-run start no more workers (Manifest.StopFlagPath)
//	logs_dir/{run_id}/prism-run.log              messages of a prism-run in the background (Manifest.BackgroundLogPath)
//	logs_dir/{run_id}/units_{label}              units that were started last (Manifest.UnitListPath)
//	logs_dir/{run_id}/terminal_{label}.log       what the workers of a file print (Manifest.TerminalLogPath)
//	logs_dir/{run_id}/joblog_{label}             what GNU parallel notes of them (Manifest.ParallelLogPath)
//	logs_dir/{run_id}/machines                   machines of --backend ssh (Manifest.MachinesPath)
//	logs_dir/{run_id}/slurm_jobs                 numbers of Slurm's jobs (Manifest.SlurmJobsPath)
//	logs_dir/{run_id}/slurm_{job}.sh             their scripts (Manifest.SlurmScriptPath)
//	logs_dir/{run_id}/slurm_units_{id}.log       what they print, with slurm_merge.log (Manifest.SlurmLogPath)
//	status_dir/{run_id}/worker_{id}.json         a worker's status (WorkerStatusPath)
//	status_dir/{run_id}/pause.flag               makes workers wait (PauseFlagPath)
//	checkpoint_dir/checkpoint_{run_id}_w{id}…    finished rows (CheckpointPrefix; package checkpoint lists them)
//	output_dir/{run_id}_{label}_w{id}.csv        a unit's output (Manifest.UnitOutput)
//	output_dir/{naming_pattern}.csv              a merged output (Manifest.MergedName)
//	output_dir/report_{run_id}.html              the page for whoever asked (Manifest.ReportPath)
const (
	manifestName     = "run_manifest.json"
	failedRangesName = "failed_ranges.json"
	pauseFlagName    = "pause.flag"
	inputsName       = "inputs"
	callLogPattern   = "calls_w*.jsonl"

	summaryPrefix   = "summary_"
	analyticsPrefix = "analytics_"
	reportPrefix    = "report_"

	cascadePrefix   = "cascade_"
	cascadeDoneName = "done"
	cascadeReport   = "report.json"

	orchestratorLockName = "orchestrator.lock"
	orchestratorPIDName  = "orchestrator.pid"
	workersLockName      = "workers.lock"
	stopFlagName         = "stop"
	backgroundLogName    = "prism-run.log"
	machinesName         = "machines"
	unitListPrefix       = "units_"
	terminalLogPrefix    = "terminal_"
	parallelLogPrefix    = "joblog_"
	slurmPrefix          = "slurm_"
)

// Jobs that Slurm is given.
const (
	SlurmUnits = "units"
	SlurmMerge = "merge"
)

// keptOfRun are how the names of files begin that workers, prism-merge and prism-run keep
// in a run's folder of logs, but those that stdout of a tool may be: prism-run.log and the logs of Slurm.
var keptOfRun = []string{
	"run_", "calls_w", "failed_ranges", inputsName + string(filepath.Separator), "workers.", "orchestrator.",
	unitListPrefix, terminalLogPrefix, parallelLogPrefix, cascadePrefix,
}

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

// IsCallLog reports whether a file has the name of a call log.
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

// What follows CheckpointPrefix in the names of a checkpoint's files, but its parts. Package checkpoint says
// what they hold.
const (
	CheckpointSidecar  = ".json"
	CheckpointLock     = ".lock"
	CheckpointSums     = ".sums"
	CheckpointRowSums  = ".rowsums"
	CheckpointFailures = ".failed.jsonl"
	CheckpointStream   = ".stream"
)

// CheckpointSuffixes lists them.
func CheckpointSuffixes() []string {
	return []string{CheckpointSidecar, CheckpointLock, CheckpointSums, CheckpointRowSums, CheckpointFailures, CheckpointStream}
}

// CheckpointPartName is the name of a part of a job's checkpoint; the first has the number 1.
func CheckpointPartName(jobID string, number int) string {
	return fmt.Sprintf("%s_part%04d.csv", CheckpointPrefix(jobID), number)
}

// ParseCheckpointPart returns the number of the part in whose name this follows CheckpointPrefix. It
// refuses all other names.
func ParseCheckpointPart(suffix string) (number int, ok bool) {
	digits, ok := strings.CutPrefix(suffix, "_part")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, ".csv")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && len(digits) >= 4
}

// checkpointOfWorker matches the names of a checkpoint's files; its group is what ParseCheckpointPart and
// CheckpointSuffixes tell.
var checkpointOfWorker = regexp.MustCompile(`^checkpoint_.+_w[0-9]+([._].*)$`)

// isCheckpointName reports whether a file has the name of one of a checkpoint.
func isCheckpointName(name string) bool {
	m := checkpointOfWorker.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	_, isPart := ParseCheckpointPart(m[1])
	return isPart || slices.Contains(CheckpointSuffixes(), m[1])
}

// OutputName is the file name of a worker's output that belongs to no manifest.
func OutputName(label string, worker int, format string) string {
	return fmt.Sprintf("%s_w%d.%s", label, worker, format)
}

// unitOutputName is the file name of a unit's output.
func unitOutputName(runID string, u Unit, format string) string {
	return OutputName(runID+"_"+u.Label, u.Unit, format)
}

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
	case isCheckpointName(name):
		return "a file of a checkpoint"
	}
	return ""
}

package job

import (
	"path/filepath"
	"strings"
)

// JobID names the checkpoint of a unit.
func (m *Manifest) JobID(unit int) string { return JobID(m.RunID, unit) }

// RunDir is the run's folder of manifest and logs, from the current folder.
func (m *Manifest) RunDir() string { return m.Path(RunDir(m.Paths.LogsDir, m.RunID)) }

// StatusDir is the run's folder of status files, from the current folder.
func (m *Manifest) StatusDir() string { return m.Path(RunDir(m.Paths.StatusDir, m.RunID)) }

// UnitOutput is the path of a unit's output, from the current folder.
func (m *Manifest) UnitOutput(u UnitPlan) string {
	return m.Path(filepath.Join(m.Paths.OutputDir, u.OutputName))
}

// FirstUnitOutput is the output of the first unit of a file, if that is the first of the run, also before its units
// are planned.
func (m *Manifest) FirstUnitOutput(label string) string {
	name := unitOutputName(m.RunID, Unit{Unit: 1, Label: label}, m.Config.Output.PartFormat())
	return m.Path(filepath.Join(m.Paths.OutputDir, name))
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

// SummaryPath is the summary that prism-stats writes beside the manifest; empty
// if the settings want none.
func (m *Manifest) SummaryPath() string {
	if !m.Settings.LogSettings.CreateSummaries {
		return ""
	}
	return filepath.Join(m.RunDir(), summaryPrefix+m.RunID+".md")
}

// AnalyticsPath is the table of figures that prism-stats writes beside the
// manifest; empty if the settings want none.
func (m *Manifest) AnalyticsPath() string {
	if !m.Settings.LogSettings.CreateAnalytics {
		return ""
	}
	return filepath.Join(m.RunDir(), analyticsPrefix+m.RunID+".csv")
}

// ReportPath is the page that prism-stats writes beside the merged outputs; empty if the
// settings want none.
func (m *Manifest) ReportPath() string {
	if !m.Settings.LogSettings.CreateReports {
		return ""
	}
	return m.Path(filepath.Join(m.Paths.OutputDir, reportPrefix+m.RunID+".html"))
}

// FailedRangesPath is the list of the run's rows without labels.
func (m *Manifest) FailedRangesPath() string { return FailedRangesPath(m.RunDir()) }

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

// TextsDir is the run's folder of logs of the calls that write the texts of a student's rows.
func (m *Manifest) TextsDir(label string) string {
	return RunDir(filepath.Join(m.CascadeDir(label), "texts", "logs"), m.RunID)
}

// WorkersLockPath is the file that prism-run, the program that starts workers for
// it and these workers keep locked. It holds the process group of that program.
func (m *Manifest) WorkersLockPath() string { return m.inRunDir(workersLockName) }

// OrchestratorLockPath is the file that a prism-run keeps locked while it works on the
// run.
func (m *Manifest) OrchestratorLockPath() string { return m.inRunDir(orchestratorLockName) }

// OrchestratorPIDPath holds the process ID of the prism-run that works on the run.
func (m *Manifest) OrchestratorPIDPath() string { return m.inRunDir(orchestratorPIDName) }

// StopFlagPath is the file that keeps a prism-run from starting more workers.
func (m *Manifest) StopFlagPath() string { return m.inRunDir(stopFlagName) }

// BackgroundLogPath has the messages of a prism-run that left its terminal.
func (m *Manifest) BackgroundLogPath() string { return m.inRunDir(backgroundLogName) }

// MachinesPath lists the machines of --ssh-hosts that can work, as GNU parallel reads it.
func (m *Manifest) MachinesPath() string { return m.inRunDir(machinesName) }

// UnitListPath lists the units of a file that were started last.
func (m *Manifest) UnitListPath(label string) string { return m.inRunDir(unitListPrefix + label) }

// TerminalLogPath is what the workers of a file print.
func (m *Manifest) TerminalLogPath(label string) string {
	return m.inRunDir(terminalLogPrefix + label + ".log")
}

// ParallelLogPath is what GNU parallel notes of the workers of a file.
func (m *Manifest) ParallelLogPath(label string) string {
	return m.inRunDir(parallelLogPrefix + label)
}

// SlurmJobsPath holds the numbers of the jobs that Slurm was given.
func (m *Manifest) SlurmJobsPath() string { return m.inRunDir(slurmPrefix + "jobs") }

// SlurmScriptPath is the script of a job that Slurm was given: units or merge.
func (m *Manifest) SlurmScriptPath(job string) string { return m.inRunDir(slurmPrefix + job + ".sh") }

// SlurmLogPath is what the jobs of that script print; Slurm puts the number of a unit for %a.
func (m *Manifest) SlurmLogPath(job string) string {
	if job == SlurmUnits {
		job += "_%a"
	}
	return m.inRunDir(slurmPrefix + job + ".log")
}

// inRunDir is a file in the run's folder of manifest and logs.
func (m *Manifest) inRunDir(name string) string { return filepath.Join(m.RunDir(), name) }

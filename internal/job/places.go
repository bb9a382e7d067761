package job

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"prism/internal/fsutil"
)

// runExists reports whether a worker of a run left anything in the folders of
// logs, status files and checkpoints; empty names are skipped.
func runExists(logsDir, statusDir, checkpointDir, runID string, worker int) bool {
	paths := []string{RunDir(logsDir, runID), RunDir(statusDir, runID)}
	if checkpointDir != "" {
		paths = append(paths, filepath.Join(checkpointDir, CheckpointPrefix(JobID(runID, worker))+CheckpointSidecar))
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
		path := filepath.Join(checkpointDir, CheckpointPrefix(JobID(runID, worker))+CheckpointLock)
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

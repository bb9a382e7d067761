package status

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"prism/internal/job"
)

// Run is what the folder of a run holds at a moment.
type Run struct {
	ID      string
	Workers []Worker // by worker ID
	Paused  bool     // its pause flag is there
	Faults  []Fault  // unreadable worker files
}

// Fault is a worker's file that cannot be read; the error names it.
type Fault struct {
	WorkerID int // by its name
	Err      error
}

func (f Fault) Error() string { return f.Err.Error() }

// ReadRun reads the folder of a run. Files that cannot be read or are half
// written become Faults; an error (fs.ErrNotExist among them) is about the
// folder itself.
func ReadRun(runDir string) (*Run, error) {
	entries, err := os.ReadDir(runDir)
	if err != nil {
		return nil, err
	}
	run := &Run{ID: filepath.Base(runDir)}
	for _, e := range entries {
		id, ok := job.ParseWorkerStatusName(e.Name())
		if !ok {
			continue
		}
		w, err := Read(filepath.Join(runDir, e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone since the folder was read
		case err != nil:
			run.Faults = append(run.Faults, Fault{id, err})
		case w.WorkerID != id:
			run.Faults = append(run.Faults, Fault{id, fmt.Errorf("%s: holds the status of worker %d",
				filepath.Join(runDir, e.Name()), w.WorkerID)})
		default:
			run.Workers = append(run.Workers, *w)
		}
	}
	slices.SortFunc(run.Workers, func(a, b Worker) int { return a.WorkerID - b.WorkerID })
	run.Paused, err = IsPaused(runDir)
	return run, err
}

// Latest returns the ID of the run under a status folder whose workers wrote
// last, and the errors of folders that it had to leave out. It returns an error
// that is fs.ErrNotExist where there is no run.
func Latest(statusDir string) (latest string, leftOut []error, err error) {
	dirs, err := os.ReadDir(statusDir)
	if err != nil {
		return "", nil, err
	}
	when := time.Time{}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(statusDir, d.Name()))
		if err != nil {
			leftOut = append(leftOut, err)
			continue
		}
		for _, f := range files {
			if _, ok := job.ParseWorkerStatusName(f.Name()); !ok {
				continue
			}
			info, err := f.Info()
			if err == nil && (latest == "" || !info.ModTime().Before(when)) {
				latest, when = d.Name(), info.ModTime()
			}
		}
	}
	if latest == "" {
		return "", leftOut, fmt.Errorf("%s holds no run: %w", statusDir, fs.ErrNotExist)
	}
	return latest, leftOut, nil
}

// Pause sets the flag that makes the workers of a run wait between calls. The
// folder of the run must be there. A run that is paused stays so.
func Pause(runDir string) error {
	f, err := os.OpenFile(job.PauseFlagPath(runDir), os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("pause the run: %w", err)
	}
	return f.Close()
}

// Resume removes the flag that Pause sets; without a flag it does nothing.
func Resume(runDir string) error {
	if err := os.Remove(job.PauseFlagPath(runDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("resume the run: %w", err)
	}
	return nil
}

// IsPaused tells whether the flag is set.
func IsPaused(runDir string) (bool, error) {
	_, err := os.Lstat(job.PauseFlagPath(runDir))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

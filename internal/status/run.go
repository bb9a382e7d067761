package status

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prism/internal/job"
)

// Run is what the folder of a run holds at a moment.
type Run struct {
	ID      string
	Workers []Worker // by worker ID
	Paused  bool     // the pause flag exists

	Unreadable []UnreadableFile
}

// UnreadableFile is a worker's status file that cannot be read; the error names it.
type UnreadableFile struct {
	WorkerID int // from the file name
	Err      error
}

func (f UnreadableFile) Error() string { return f.Err.Error() }

// ReadRun reads the folder of a run. Damaged worker files become
// UnreadableFiles; an error (fs.ErrNotExist among them) is about the folder itself.
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
		path := filepath.Join(runDir, e.Name())
		w, err := ReadWorker(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone since the folder was read
		case err != nil:
			run.Unreadable = append(run.Unreadable, UnreadableFile{id, err})
		case w.WorkerID != id:
			run.Unreadable = append(run.Unreadable, UnreadableFile{id, fmt.Errorf("%s: holds the status of worker %d", path, w.WorkerID)})
		case w.RunID != "" && w.RunID != run.ID:
			run.Unreadable = append(run.Unreadable, UnreadableFile{id, fmt.Errorf("%s: holds the status of run %q", path, w.RunID)})
		default:
			run.Workers = append(run.Workers, *w)
		}
	}
	slices.SortFunc(run.Workers, func(a, b Worker) int { return a.WorkerID - b.WorkerID })
	run.Paused, err = IsPaused(runDir)
	return run, err
}

// LatestRun returns the first of ListRuns, and the errors of folders that it skipped.
// Without a run the error is fs.ErrNotExist.
func LatestRun(statusDir string) (latest string, skipped []error, err error) {
	runs, skipped, err := ListRuns(statusDir)
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("no run in %s: %w", statusDir, fs.ErrNotExist)
	}
	if err != nil {
		return "", skipped, err
	}
	return runs[0], skipped, nil
}

// ListRuns returns the IDs of the runs under a status folder, those whose worker files are
// newest first, and the errors of folders that it skipped.
func ListRuns(statusDir string) (runs []string, skipped []error, err error) {
	dirs, err := os.ReadDir(statusDir)
	if err != nil {
		return nil, nil, err
	}
	newest := map[string]time.Time{}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(statusDir, d.Name()))
		if err != nil {
			skipped = append(skipped, err)
			continue
		}
		for _, f := range files {
			if _, ok := job.ParseWorkerStatusName(f.Name()); !ok {
				continue
			}
			info, err := f.Info()
			if at, seen := newest[d.Name()]; err == nil && (!seen || info.ModTime().After(at)) {
				newest[d.Name()] = info.ModTime()
			}
		}
	}
	runs = slices.SortedFunc(maps.Keys(newest), func(a, b string) int {
		return cmp.Or(newest[b].Compare(newest[a]), strings.Compare(b, a))
	})
	return runs, skipped, nil
}

// Pause creates the flag that makes the workers of a run wait between calls. The
// folder of the run must exist. Pausing a paused run does nothing.
func Pause(runDir string) error {
	f, err := os.OpenFile(job.PauseFlagPath(runDir), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) { // whatever it is: a named pipe is not opened, a link not followed
		return nil
	}
	if err != nil {
		return fmt.Errorf("pause the run: %w", err)
	}
	return f.Close()
}

// Resume removes the flag. Resuming a run that is not paused does nothing.
func Resume(runDir string) error {
	if err := os.Remove(job.PauseFlagPath(runDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("resume the run: %w", err)
	}
	return nil
}

// IsPaused reports whether the flag exists.
func IsPaused(runDir string) (bool, error) {
	_, err := os.Lstat(job.PauseFlagPath(runDir))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

package checkpoint

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// A new checkpoint is written in a folder with the suffix movingSuffix, and takes the
// place of the old one in steps that can be interrupted at any moment:
//
//  1. The folder, whole and synced, is renamed to movedSuffix: from now on it counts. Before,
//     it is removed at the next start.
//  2. Old parts with higher numbers than the new ones go.
//  3. The new files replace the old ones: the parts and the others first, the sums last.
//     While the sums are in the folder they tell how many parts there are.
//  4. The folder is removed.
//
// If the old checkpoint has labels that the new one has not, its files go into the
// folder oldFolder of the new one, which is set aside at the end.
//
// An interrupted swap is finished at the next start.
const (
	movingSuffix = ".moving"
	movedSuffix  = ".moved"
	oldFolder    = "old"
)

// keepOld makes the folder for the old files, if labels are lost with them.
func (s *Store) keepOld(c Changes) error {
	if c == (Changes{}) {
		return nil
	}
	return os.Mkdir(filepath.Join(s.path(movingSuffix), oldFolder), 0o777)
}

// isSwapping reports whether a new checkpoint has not wholly taken its place.
func (s *Store) isSwapping() bool {
	_, err := os.Lstat(s.path(movedSuffix))
	return err == nil
}

// swapError is what a reader that changes nothing can say of half a swap.
type swapError struct{ file string }

func (e *swapError) Error() string {
	return e.file + ": its worker was killed while it moved rows to new positions"
}

// Hint says what to do about it.
func (e *swapError) Hint() string {
	return "nothing is lost: start the worker again, or prism-run JOB_FILE --resume; it finishes that first"
}

func (s *Store) errSwapping() error { return &swapError{s.path(movedSuffix)} }

// finishSwap finishes what was begun, and removes what was not.
func (s *Store) finishSwap() error {
	if err := os.RemoveAll(s.path(movingSuffix)); err != nil {
		return err
	}
	if !s.isSwapping() {
		return nil
	}
	steps, err := s.swapSteps()
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// swapSteps are the steps after the first.
func (s *Store) swapSteps() ([]func() error, error) {
	from := s.path(movedSuffix)
	next := &Store{dir: from, job: s.job}
	var steps []func() error
	data, err := os.ReadFile(next.path(job.CheckpointSums))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if steps, err = s.replaceSteps(next, bytes.Count(data, []byte("\n"))); err != nil {
			return nil, err
		}
	}
	return append(steps,
		func() error { return fsutil.SyncDir(s.dir) },
		func() error { return s.setOldAside(filepath.Join(from, oldFolder)) },
		func() error { return os.RemoveAll(from) },
		func() error { return fsutil.SyncDir(s.dir) }), nil
}

// replaceSteps puts the files of next, which has so many parts, in the place of the old ones.
func (s *Store) replaceSteps(next *Store, parts int) ([]func() error, error) {
	old, err := s.partNumbers()
	if err != nil {
		return nil, err
	}
	var steps []func() error
	for _, n := range old {
		if n > parts {
			steps = append(steps, func() error { return removeOld(next.dir, s.partPath(n)) })
		}
	}
	files, err := os.ReadDir(next.dir)
	if err != nil {
		return nil, err
	}
	sums := filepath.Base(next.path(job.CheckpointSums))
	replace := func(name string) {
		path := filepath.Join(s.dir, name)
		steps = append(steps,
			func() error { return removeOld(next.dir, path) },
			func() error { return os.Rename(filepath.Join(next.dir, name), path) })
	}
	for _, f := range files {
		if f.Name() != sums && !f.IsDir() {
			replace(f.Name())
		}
	}
	steps = append(steps, func() error { return fsutil.SyncDir(s.dir) })
	replace(sums)
	return steps, nil
}

// removeOld removes a file of the old checkpoint, or moves it into the folder in dir
// that keeps them. It may be gone.
func removeOld(dir, path string) error {
	old := filepath.Join(dir, oldFolder)
	err := os.Rename(path, filepath.Join(old, filepath.Base(path)))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setOldAside gives the folder of the old files its name, if there is one.
func (s *Store) setOldAside(old string) error {
	if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.previous = s.nextAside()
	return os.Rename(old, s.previous)
}

// PreviousFolder is where Reconcile kept the checkpoint as it was before; empty if no labels were lost with it.
func (s *Store) PreviousFolder() string { return s.previous }

package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// NotePending remembers the file that the job's output is written to until it
// is whole. A process that is killed leaves it behind; the next Open removes it.
// A private store forgets it at once.
func (s *Store) NotePending(path string) error {
	if s.private {
		return nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path(".pending"), []byte(path+"\n"), 0o666); err != nil {
		return fmt.Errorf("note the pending output: %w", err)
	}
	return nil
}

// ForgetPending is called when the output has its place or is given up.
func (s *Store) ForgetPending() error {
	if s.private {
		return nil
	}
	return removeIfThere(s.path(".pending"))
}

// dropPending removes what a killed process left of its output. Names that no
// pending file has are left alone.
func (s *Store) dropPending() error {
	note := s.path(".pending")
	data, err := os.ReadFile(note)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	path, whole := strings.CutSuffix(string(data), "\n")
	if whole && filepath.IsAbs(path) && strings.HasPrefix(filepath.Base(path), ".") {
		if err := removeIfThere(path); err != nil {
			return fmt.Errorf("remove the pending output of a killed process: %w", err)
		}
	}
	return removeIfThere(note)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

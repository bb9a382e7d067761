package checkpoint

import (
	"errors"
	"io/fs"
	"os"
)

// The parts of a private store end at so many rows or bytes: one goes when its
// rows were read, and rows that wait for a slow one keep it.
const (
	privateRows  = 1 << 14
	privateBytes = 8 << 20
)

func (s *Store) openPrivate() error {
	s.private = true
	s.interval = privateRows
	var err error
	s.failures, err = privateFile()
	return err
}

// privateFile is a file that goes with the process, however that ends, where
// the system lets an open file be removed; else its name stays until closing.
func privateFile() (*os.File, error) {
	f, err := os.CreateTemp("", "prism-rows-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // fails where open files keep their names: closePrivate tries again
	return f, nil
}

func closePrivate(f *os.File) error {
	err := f.Close()
	if rerr := os.Remove(f.Name()); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

// dropIfRead gives up a private part that nobody will read again.
func (s *Store) dropIfRead(p *part) {
	if s.private && p.sealed && p.unread == 0 {
		if err := s.closePart(p); err != nil && s.err == nil {
			s.err = err
		}
	}
}

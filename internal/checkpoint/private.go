package checkpoint

import "prism/internal/fsutil"

// The parts of a private store end at so many rows or bytes: one goes when its
// rows were read, and rows that wait for a slow one keep it.
const (
	privateRows  = 1 << 14
	privateBytes = 8 << 20

	privatePattern = "prism-rows-*"
)

func (s *Store) openPrivate() error {
	s.private = true
	s.interval = privateRows
	var err error
	s.failures, err = fsutil.CreateTemp(privatePattern)
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

// Package checkpoint keeps the finished rows of one job on disk, so that no
// model call is ever paid for twice: append-only parts, sealed with a checksum
// every so many rows, a sidecar that says what the rows depend on, and a list
// of the rows that failed. It recovers a torn tail and refuses any other
// damage. It knows nothing of models; a row is a position and a CSV record.
//
// While a job runs its checkpoint is only written. What it held when the job
// started are the resumed rows, those that earlier processes finished. They are
// read when their turn comes.
//
// A part goes through these steps, so that one with a checksum is always whole:
//
//  1. Append writes records to the current part.
//  2. After so many rows the part is ended: nothing is added any more.
//  3. One goroutine seals ended parts, some at a time: it syncs them, then adds their
//     lines to the sums.
//  4. At the next start a sealed part must fit its checksum. Another may end in a
//     record that was never finished, which is dropped; then it is sealed.
//
// The files of a job in its folder:
//
//	checkpoint_{job_id}.json            what the rows depend on
//	checkpoint_{job_id}.lock            held while a process works on the job
//	checkpoint_{job_id}.sums            a line a sealed part: rows, bytes, checksum
//	checkpoint_{job_id}.rowsums         length and checksum of each row that is not in a sealed part
//	checkpoint_{job_id}.failed.jsonl    a line a failed row
//	checkpoint_{job_id}.stream          fingerprints of the rows of the input
//	checkpoint_{job_id}_part0001.csv …  Position and the columns of the output
//	checkpoint_{job_id}.moving/, .moved/  a new checkpoint that takes the place of the old one: swap.go
//	checkpoint_{job_id}.aside1/ …       parts that --restart set aside
package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/rowid"
	"prism/internal/table"
)

// positionColumn is the name of a part's first column: the 1-based position of the
// row in its input file.
const positionColumn = "Position"

// Options say how a job's checkpoint is opened.
type Options struct {
	Dir      string // folder of the parts; empty: no rows are kept
	Interval int    // rows a part, at least 1
	Restart  bool   // set old parts aside and start over
	Stream   bool   // the input can be read only once: a row that differs is refused
	IDColumn string // that identifies the rows; RowID if empty

	// OldInputSum is the checksum of the input as earlier versions made it, which kept no
	// fingerprints of files. nil: a stream.
	OldInputSum func() (string, error)

	MayChange func(Difference) bool // conditions that may differ from those of earlier rows; nil: none
	Assumed   map[string]string     // conditions of earlier rows whose sidecar does not name them
}

// Store is the checkpoint of one job. One goroutine may append rows and failures,
// one may ask for State and MatchOrRecord, and one may read resumed rows, at the same time.
type Store struct {
	dir, job     string
	interval     int
	lock         *fsutil.Lock
	partHeader   []byte // with the Position
	sums         *os.File
	fingerprints *fingerprints // nil: nothing is kept
	isStream     bool
	idColumn     string
	want         Sidecar
	inputProven  bool     // rows without a fingerprint are those of the input
	resumed      []extent // rows that earlier processes finished, by position; not changed after Open
	reader       extentReader
	rowSums      *os.File // of the parts that are not sealed
	dropped      int64    // rows of earlier processes that did not fit their checksums
	previous     string   // folder of the checkpoint before Reconcile, if it was kept
	buf          []byte   // of Append
	sumBuf       []byte   // of Append

	mu            sync.Mutex
	err           error // sticky: the disk failed
	count         int   // parts begun
	current       *part // being appended to; nil before the first row of a part
	finished      rowid.Set
	failed        rowid.Set
	retried       rowid.Set // failed earlier, to be asked for again by this process
	failures      *os.File  // nil: no row failed yet, and nothing is kept
	failuresDirty bool      // failures has lines that were not synced

	ended   chan *part // to the syncing goroutine, which seals them; nil: nothing is kept
	syncing sync.WaitGroup
}

// Open locks the job's checkpoint and reads what is there. It returns a
// *MismatchError if the rows there depend on something else than want says, a
// *DamageError if a file of it is damaged, an *OtherJobError if it belongs to another job, and fsutil.ErrLocked if another process
// works on the job.
func Open(o Options, want Sidecar) (*Store, error) {
	s := newStore(o, want)
	if o.Dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, fmt.Errorf("make the checkpoint folder: %w", err)
	}
	if err := s.checkLinks(); err != nil {
		return nil, err
	}
	lock, err := fsutil.AcquireLock(s.path(job.CheckpointLock))
	if err != nil {
		return nil, err
	}
	s.lock = lock
	err = s.checkJob()
	if err == nil {
		err = s.finishSwap()
	}
	if err == nil {
		err = s.load(o, want)
	}
	if err != nil {
		return nil, errors.Join(err, s.closeFiles(), s.lock.Release())
	}
	s.startSyncing()
	return s, nil
}

// checkLinks makes sure that no link leads a file of the checkpoint out of its folder. Parts are made
// only where nothing is.
func (s *Store) checkLinks() error {
	var errs []error
	for _, suffix := range append(job.CheckpointSuffixes(), movingSuffix, movedSuffix) {
		errs = append(errs, fsutil.CheckInside(s.dir, s.path(suffix)))
	}
	return errors.Join(errs...)
}

func newStore(o Options, want Sidecar) *Store {
	s := &Store{dir: o.Dir, job: want.JobID, interval: max(o.Interval, 1), want: want, isStream: o.Stream}
	s.idColumn = cmp.Or(o.IDColumn, table.RowID)
	s.partHeader = append([]byte(positionColumn), ',')
	s.partHeader = append(append(s.partHeader, want.outputHeader...), '\n')
	return s
}

func (s *Store) load(o Options, want Sidecar) error {
	if o.Restart {
		if err := s.setAside(); err != nil {
			return err
		}
	}
	if err := s.checkSidecar(want, o); err != nil {
		return err
	}
	if err := s.loadParts(); err != nil {
		return err
	}
	if err := errors.Join(s.openFingerprints(), s.openRowSums()); err != nil {
		return err
	}
	return s.openFailures()
}

func (s *Store) path(suffix string) string {
	return filepath.Join(s.dir, job.CheckpointPrefix(s.job)+suffix)
}

func (s *Store) partName(number int) string {
	return job.CheckpointPartName(s.job, number)
}

func (s *Store) partPath(number int) string { return filepath.Join(s.dir, s.partName(number)) }

// PartNames lists the newest parts, at most n, oldest first, and counts all.
func (s *Store) PartNames(n int) (names []string, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for number := max(s.count-n, 0) + 1; number <= s.count; number++ {
		names = append(names, s.partName(number))
	}
	return names, s.count
}

// DroppedRows is the number of rows at the end of parts that an earlier process
// finished, and that were damaged: they are unfinished.
func (s *Store) DroppedRows() int64 { return s.dropped }

// Close ends the current part, seals what is ended, syncs everything and releases the lock. The
// error is that of the disk, if it failed.
func (s *Store) Close() error {
	if s.current != nil {
		s.endCurrentPart()
	}
	if s.ended != nil {
		close(s.ended)
		s.syncing.Wait()
		s.keepError(s.syncFailures())
	}
	err := s.closeFiles()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Release())
	}
	if err != nil {
		return errors.Join(s.err, err)
	}
	return s.err
}

func (s *Store) closeFiles() error {
	var errs []error
	if s.failures != nil && s.dir == "" {
		errs = append(errs, fsutil.CloseTemp(s.failures))
		s.failures = nil
	}
	for _, f := range []*os.File{s.failures, s.sums, s.rowSums, s.reader.file} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if s.fingerprints != nil {
		errs = append(errs, s.fingerprints.flush(), s.fingerprints.f.Close())
	}
	s.failures, s.sums, s.rowSums, s.reader.file, s.fingerprints = nil, nil, nil, nil, nil
	return errors.Join(errs...)
}

// State says whether a row is still to be asked for.
type State uint8

// The states.
const (
	Unfinished State = iota // to be asked for
	Finished                // its record is in the checkpoint
	Failed                  // it has no labels
)

// State returns the state of the row at a position.
func (s *Store) State(pos int64) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.finished.Has(pos):
		return Finished
	case s.failed.Has(pos):
		return Failed
	}
	return Unfinished
}

// setAside moves all of the job's files, but the lock, into a folder of their own.
func (s *Store) setAside() error {
	old, err := filepath.Glob(globEscape(s.path("")) + "*")
	if err != nil {
		return err
	}
	var mine []string
	for _, path := range old {
		if s.isMine(path) {
			mine = append(mine, path)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	folder := s.nextAside()
	if err := os.Mkdir(folder, 0o777); err != nil {
		return err
	}
	for _, path := range mine {
		if err := os.Rename(path, filepath.Join(folder, filepath.Base(path))); err != nil {
			return err
		}
	}
	return fsutil.SyncDir(s.dir)
}

// nextAside is a free name for a folder of files that are no longer those of the
// job. The lock keeps it free.
func (s *Store) nextAside() string {
	for n := 1; ; n++ {
		folder := s.path(fmt.Sprintf(".aside%d", n))
		if _, err := os.Lstat(folder); err != nil {
			return folder
		}
	}
}

// isMine keeps job R_w1 from the files of job R_w10.
func (s *Store) isMine(path string) bool {
	rest := strings.TrimPrefix(path, s.path(""))
	_, isPart := job.ParseCheckpointPart(rest)
	return isPart || rest != job.CheckpointLock && slices.Contains(job.CheckpointSuffixes(), rest)
}

var globMeta = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func globEscape(path string) string { return globMeta.Replace(path) }

// Remove removes what a job left in dir, but for the folders in which --restart set
// parts aside. It returns fsutil.ErrLocked if a
// process works on the job.
func Remove(dir, jobID string) error {
	s := &Store{dir: dir, job: jobID}
	lock, err := fsutil.AcquireLock(s.path(job.CheckpointLock))
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(globEscape(s.path("")) + "*")
	errs := []error{err, os.RemoveAll(s.path(movingSuffix)), os.RemoveAll(s.path(movedSuffix))}
	for _, path := range paths {
		if s.isMine(path) {
			errs = append(errs, os.Remove(path))
		}
	}
	return errors.Join(append(errs, lock.Delete())...)
}

// Package checkpoint keeps the finished rows of one job on disk, so that no
// model call is ever paid for twice: append-only parts, sealed with a checksum
// every so many rows, a sidecar that says what the rows depend on, and a list
// of the rows that failed. It recovers a torn tail and refuses any other
// damage. It knows nothing of models; a row is a position and a CSV record.
//
// The files of a job in its folder:
//
//	checkpoint_{job_id}.json            what the rows depend on
//	checkpoint_{job_id}.lock            held while a process works on the job
//	checkpoint_{job_id}.sums            a line a sealed part: rows, bytes, checksum
//	checkpoint_{job_id}.failed.jsonl    a line a failed row
//	checkpoint_{job_id}.stream          fingerprints of the rows of a stream
//	checkpoint_{job_id}_part0001.csv …  Position and the columns of the output
package checkpoint

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// Position is the name of a part's first column: the 1-based position of the
// row in its input file.
const Position = "Position"

// syncEvery bounds what a power cut can take: rows are synced at least as often.
const syncEvery = time.Second

// Sealed parts wait for their sync together, which is cheaper: no longer than
// sealedSoon, and no more than manySealed of them. Append waits at maxUnsynced.
const (
	sealedSoon  = 100 * time.Millisecond
	manySealed  = 64
	maxUnsynced = 128
)

// Row is a finished row: its position and its CSV record without the Position
// and without a line end.
type Row struct {
	Pos    int64
	Record []byte
}

// Options say how a job's checkpoint is opened.
type Options struct {
	Dir      string // folder of the parts; empty: a private one that goes with the process
	Interval int    // rows a part, at least 1
	Restart  bool   // set old parts aside and begin anew
	Stream   bool   // the input has no sum: its rows are compared one by one

	MayChange []string // keys of Sidecar.DependsOn that may differ from those of earlier rows
}

// Store is the checkpoint of one job. Of those who use it, one goroutine may
// append, one may Meet and ask for SameRow, and one may Read, at the same time.
type Store struct {
	dir, job string
	interval int
	private  bool
	lock     *fsutil.Lock
	header   []byte

	mu        sync.Mutex
	grown     *sync.Cond // signalled when rows, failures or an error come
	err       error      // sticky: the disk failed
	count     int        // parts begun
	open      map[int]*part
	current   *part // being appended to; nil before the first row of a part
	done      positions
	failed    positions
	forgiven  positions        // failed once, to be asked again by this process
	resumed   []extent         // rows of earlier processes, by position
	fresh     map[int64]extent // rows of this process that were not yet read
	backlog   int              // weight of fresh
	met       int64            // the highest position that Meet saw
	awaited   int64            // position that Read waits for Meet to see; 0: none
	rows      int64
	buf       []byte
	unlisted  bool // failures has lines that were not synced
	failures  *os.File
	sums      *os.File
	readAhead window        // of Read
	stream    *fingerprints // nil: the input is a file, or nothing is kept

	unsynced []*part       // sealed, waiting for the syncing goroutine
	sealed   chan struct{} // tells it that there are many; closed at the end
	synced   sync.WaitGroup
}

// Open locks the job's checkpoint and reads what is there. It returns a
// *MismatchError if the rows there depend on something else than want says, a
// *DamageError if a part is damaged, and durable.ErrLocked if another process
// works on the job.
func Open(o Options, want Sidecar) (*Store, error) {
	s := newStore(o, want)
	if o.Dir == "" {
		return s, s.openPrivate()
	}
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, fmt.Errorf("make the checkpoint folder: %w", err)
	}
	lock, err := fsutil.AcquireLock(s.path(".lock"))
	if err != nil {
		return nil, err
	}
	s.lock = lock
	if err := s.load(o, want); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	s.startSyncing()
	return s, nil
}

func newStore(o Options, want Sidecar) *Store {
	s := &Store{
		dir: o.Dir, job: want.JobID, interval: max(o.Interval, 1),
		open: map[int]*part{}, fresh: map[int64]extent{},
	}
	s.grown = sync.NewCond(&s.mu)
	s.header = append([]byte(Position), ',')
	s.header = append(append(s.header, want.header...), '\n')
	return s
}

func (s *Store) load(o Options, want Sidecar) error {
	if o.Restart {
		if err := s.setAside(); err != nil {
			return err
		}
	}
	if err := s.checkSidecar(want, o.MayChange); err != nil {
		return err
	}
	if err := s.loadParts(); err != nil {
		return err
	}
	if o.Stream {
		if err := s.openStream(); err != nil {
			return err
		}
	}
	return s.openFailures()
}

func (s *Store) path(suffix string) string {
	return filepath.Join(s.dir, job.CheckpointPrefix(s.job)+suffix)
}

func (s *Store) partName(number int) string {
	return fmt.Sprintf("%s_part%04d.csv", job.CheckpointPrefix(s.job), number)
}

func (s *Store) partPath(number int) string { return filepath.Join(s.dir, s.partName(number)) }

// Append writes finished rows to the current part. When it returns nil they
// survive the end of the process; within a second they survive a power cut.
func (s *Store) Append(rows []Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.err == nil && len(s.unsynced) >= maxUnsynced {
		s.grown.Wait()
	}
	if s.err == nil {
		s.err = s.append(rows)
	}
	s.grown.Broadcast()
	return s.err
}

func (s *Store) append(rows []Row) error {
	buf := s.buf[:0]
	if s.current == nil {
		if err := s.newPart(); err != nil {
			return err
		}
		buf = append(buf, s.header...)
	}
	p := s.current
	extents := make([]extent, 0, 1)
	for _, r := range rows {
		start := len(buf)
		buf = strconv.AppendInt(buf, r.Pos, 10)
		buf = append(buf, ',')
		buf = append(buf, r.Record...)
		buf = append(buf, '\n')
		extents = extend(extents, extent{pos: r.Pos, off: p.size + int64(start), part: int32(p.number), rows: 1, bytes: int32(len(buf) - start)})
	}
	s.buf = buf
	if n, err := p.f.Write(buf); err != nil {
		if n > 0 { // best effort: a torn tail would be dropped at the next start anyway
			err = errors.Join(err, p.f.Truncate(p.size))
		}
		return fmt.Errorf("write checkpoint part %s: %w", p.name, err)
	}
	p.size += int64(len(buf))
	p.sum = crc32.Update(p.sum, castagnoli, buf)
	p.rows += len(rows)
	p.unread += len(rows)
	p.dirty = true
	s.rows += int64(len(rows))
	for _, r := range rows {
		s.done.add(r.Pos)
		s.failed.remove(r.Pos)
		s.forgiven.remove(r.Pos)
	}
	for _, e := range extents {
		s.fresh[e.pos] = e
		s.backlog += e.weight()
	}
	if p.rows >= s.interval || s.private && p.size >= privateBytes {
		s.seal()
	}
	return nil
}

func (s *Store) newPart() error {
	s.count++
	p := &part{number: s.count, name: s.partName(s.count)}
	var err error
	if s.private {
		p.f, err = fsutil.CreateTemp(privatePattern)
	} else {
		p.f, err = os.OpenFile(s.partPath(p.number), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return fmt.Errorf("begin checkpoint part: %w", err)
	}
	s.open[p.number] = p
	s.current = p
	return nil
}

// seal ends the current part; syncing and the line in the sums follow in the background.
func (s *Store) seal() {
	p := s.current
	s.current = nil
	p.sealed = true
	if s.private {
		s.dropIfRead(p)
		return
	}
	if s.unsynced = append(s.unsynced, p); len(s.unsynced) < manySealed {
		return
	}
	select {
	case s.sealed <- struct{}{}:
	default: // it was told already
	}
}

// Rows is the number of finished rows, those of earlier processes included.
func (s *Store) Rows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows
}

// PartNames lists the newest parts, at most n, oldest first, and counts all.
func (s *Store) PartNames(n int) (names []string, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.private {
		return nil, 0
	}
	for number := max(s.count-n, 0) + 1; number <= s.count; number++ {
		names = append(names, s.partName(number))
	}
	return names, s.count
}

// Close seals the current part, syncs everything and gives up the lock. A
// private store is removed. The error is that of the disk, if it failed.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.current != nil {
		s.seal()
	}
	s.mu.Unlock()
	if s.sealed != nil {
		close(s.sealed)
		s.synced.Wait()
		s.note(s.syncOpen())
	}
	return errors.Join(s.err, s.closeFiles())
}

func (s *Store) closeFiles() error {
	var errs []error
	for _, p := range s.open {
		errs = append(errs, s.closePart(p))
	}
	if s.failures != nil && s.private {
		errs = append(errs, fsutil.CloseTemp(s.failures))
		s.failures = nil
	}
	for _, f := range []*os.File{s.failures, s.sums, s.readAhead.f} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if s.stream != nil {
		errs = append(errs, s.stream.f.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Release())
	}
	return errors.Join(errs...)
}

// closePart closes a part's own file; what is in it stays readable by name,
// unless the store is private.
func (s *Store) closePart(p *part) error {
	delete(s.open, p.number)
	if s.private {
		return fsutil.CloseTemp(p.f)
	}
	return p.f.Close()
}

package checkpoint

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"

	"prism/internal/fsutil"
	"prism/internal/rowid"
)

// writeMoved writes the new checkpoint into its folder.
func (r *reconciliation) writeMoved() error {
	s := r.s
	dir := s.path(movingSuffix)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return fmt.Errorf("make the checkpoint folder: %w", err)
	}
	r.next = newStore(Options{Dir: dir, Interval: s.interval}, s.want)
	if err := r.next.load(Options{}, s.want); err != nil {
		return err
	}
	r.next.startSyncing()
	err := r.moveRows()
	if err == nil {
		err = r.next.syncFingerprints()
	}
	return cmp.Or(err, r.next.Close())
}

func (r *reconciliation) moveRows() error {
	s := r.s
	if _, err := r.rows(func(row InputRow) error {
		old := r.oldPosition(row.Record)
		if old == 0 || !r.claimed.Add(old) {
			return nil
		}
		return r.moveRow(old, row, fingerprintOf(row.Record))
	}); err != nil {
		return err
	}
	for _, set := range []*rowid.Set{&s.finished, &s.failed} {
		for pos := range set.All() {
			if r.isRead(pos) || r.claimed.Has(pos) {
				continue
			}
			p, err := s.knownFingerprint(pos)
			if err != nil {
				return err
			}
			if err := r.moveRow(pos, InputRow{Pos: pos}, p); err != nil {
				return err
			}
		}
	}
	if err := r.flushBatch(); err != nil {
		return err
	}
	return r.moveFailures()
}

// isRead reports whether this process reads the position, so that its row is known.
func (r *reconciliation) isRead(pos int64) bool {
	return pos >= r.first && (pos <= r.last || r.toEnd)
}

// moveRow gives the row at position old its place in the input.
func (r *reconciliation) moveRow(old int64, row InputRow, fp fingerprint) error {
	if err := r.next.fingerprints.write(row.Pos, fp); err != nil {
		return err
	}
	if !r.s.finished.Has(old) {
		row.Record = nil
		r.moved[old] = row
		return nil
	}
	records, err := r.s.ReadResumed(old, old)
	if err != nil {
		return err
	}
	r.batch = append(r.batch, Row{Pos: row.Pos, Record: bytes.Clone(bytes.TrimSuffix(records[0], []byte("\n")))})
	const most = 256
	if len(r.batch) < most {
		return nil
	}
	return r.flushBatch()
}

func (r *reconciliation) flushBatch() error {
	if len(r.batch) == 0 {
		return nil
	}
	err := r.next.Append(r.batch)
	r.batch = r.batch[:0]
	return err
}

func (r *reconciliation) moveFailures() error {
	return r.s.EachFailure(func(f Failure) error {
		row, ok := r.moved[f.Position]
		if !ok {
			return nil
		}
		f.Position = row.Pos
		if row.Line > 0 {
			f.Line = row.Line
		}
		return r.next.Fail(f)
	})
}

// countLost counts the finished rows that the input does not have as they were.
func (r *reconciliation) countLost() (Changes, error) {
	column := slices.Index(r.s.want.Columns, r.s.idColumn) - 1 // without the Position
	var lost, ids int64
	var lostIDs rowid.Set
	for pos := range r.s.finished.All() {
		if r.claimed.Has(pos) || !r.isRead(pos) {
			continue
		}
		lost++
		if column < 0 {
			continue
		}
		records, err := r.s.ReadResumed(pos, pos)
		if err != nil {
			return Changes{}, err
		}
		if id, err := rowid.Parse(keptText(records[0], column, r.s.want.InputFormat())); err == nil {
			lostIDs.Add(id)
			ids++
		}
	}
	changed := lost - ids
	if ids > 0 {
		if _, err := r.rows(func(row InputRow) error {
			if lostIDs.Has(row.RowID) {
				lostIDs.Remove(row.RowID)
				changed++
			}
			return nil
		}); err != nil {
			return Changes{}, err
		}
	}
	return Changes{Changed: changed, Gone: lost - changed}, nil
}

// takeMoved makes the new checkpoint the one of the job, and loads it.
func (s *Store) takeMoved() error {
	if err := fsutil.SyncDir(s.path(movingSuffix)); err != nil {
		return err
	}
	if err := os.Rename(s.path(movingSuffix), s.path(movedSuffix)); err != nil {
		return err
	}
	if err := s.closeFiles(); err != nil {
		return err
	}
	if err := s.finishSwap(); err != nil {
		return err
	}
	s.resumed, s.reader, s.finished, s.failed, s.retried = nil, extentReader{}, rowid.Set{}, rowid.Set{}, rowid.Set{}
	return s.load(Options{}, s.want)
}

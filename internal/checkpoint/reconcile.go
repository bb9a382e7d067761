package checkpoint

import (
	"bytes"
	"cmp"
	"slices"

	"prism/internal/job"
	"prism/internal/rowid"
	"prism/internal/table"
)

// InputRow is a row of the input as it is now. Record lives until the next one.
type InputRow struct {
	Pos, Line, RowID int64
	Record           []byte
}

// InputRows calls each with the rows to label in the order of the input. It tells
// whether they end where the input does. It can be called again.
type InputRows func(each func(InputRow) error) (toEnd bool, err error)

// Changes are finished rows that the input no longer has.
type Changes struct {
	Changed int64 // their RowID is there, with another record: they are to be asked again
	Gone    int64 // their RowID is not there
}

// reconciliation compares the input with the rows of earlier processes. A row is
// the same if its record has the same fingerprint, wherever it is.
//
//  1. Rows at equal positions are compared. If all that are finished or failed are
//     the same, that is all.
//  2. Else a new checkpoint is written in a folder beside: the rows whose record the
//     input has, at the positions which these have now, and those at positions
//     that this process does not read. That takes 16 bytes a row.
//  3. The new checkpoint takes the place of the old one: see swap.go.
type reconciliation struct {
	s     *Store
	rows  InputRows
	first int64 // position of the first row
	last  int64 // of the last row read
	toEnd bool

	known   []knownRow // by fingerprint
	claimed rowid.Set  // old positions of rows that the input has
	moved   map[int64]InputRow
	next    *Store
	batch   []Row
}

// knownRow is a finished or failed row.
type knownRow struct {
	fp  fingerprint
	pos int64
}

// Reconcile makes the finished and failed rows those of the input as it is now, whose
// rows begin at position first. It is called before any row is appended. Rows that
// changed, or that nothing is known of, become unfinished.
func (s *Store) Reconcile(first int64, rows InputRows) (Changes, error) {
	if s.fingerprints == nil || s.isStream || s.finished.Len()+s.failed.Len() == 0 {
		return Changes{}, nil
	}
	r := &reconciliation{s: s, rows: rows, first: first, moved: map[int64]InputRow{}}
	same, err := r.compareInPlace()
	if err != nil || same {
		return Changes{}, err
	}
	if err := r.collectKnown(); err != nil {
		return Changes{}, err
	}
	if err := r.writeMoved(); err != nil {
		return Changes{}, err
	}
	changes, err := r.countLost()
	if err != nil {
		return Changes{}, err
	}
	if err := s.keepOld(changes); err != nil {
		return Changes{}, err
	}
	return changes, s.takeMoved()
}

// compareInPlace reports whether all known rows are still at their positions. Of a
// checkpoint that was made before files had fingerprints the input is proven by its
// checksum; the fingerprints are added.
func (r *reconciliation) compareInPlace() (bool, error) {
	same, seen := true, int64(0)
	toEnd, err := r.rows(func(row InputRow) error {
		r.last = row.Pos
		if r.s.State(row.Pos) == Unfinished {
			return nil
		}
		seen++
		have, err := r.s.knownFingerprint(row.Pos)
		if err != nil {
			return err
		}
		now := fingerprintOf(row.Record)
		if have == 0 && r.s.inputProven {
			return r.s.fingerprints.write(row.Pos, now)
		}
		same = same && have == now
		return nil
	})
	if err != nil {
		return false, err
	}
	r.toEnd = toEnd
	if known := r.s.finished.Len() + r.s.failed.Len(); r.s.inputProven && same {
		return true, r.s.keepFingerprints(seen == known)
	}
	if toEnd {
		same = same && !isAfter(&r.s.finished, r.last) && !isAfter(&r.s.failed, r.last)
	}
	return same, nil
}

func isAfter(set *rowid.Set, pos int64) bool {
	for id := range set.All() {
		if id > pos {
			return true
		}
	}
	return false
}

// keepFingerprints makes the added fingerprints durable. If all rows have one the
// checksum of the input is no condition any more.
func (s *Store) keepFingerprints(all bool) error {
	if err := s.syncFingerprints(); err != nil || !all {
		return err
	}
	s.inputProven = false
	return s.want.save(s.path(job.CheckpointSidecar))
}

func (r *reconciliation) collectKnown() error {
	for _, set := range []*rowid.Set{&r.s.finished, &r.s.failed} {
		r.known = slices.Grow(r.known, int(set.Len()))
		for pos := range set.All() {
			p, err := r.s.knownFingerprint(pos)
			if err != nil {
				return err
			}
			if p != 0 {
				r.known = append(r.known, knownRow{p, pos})
			}
		}
	}
	slices.SortFunc(r.known, func(a, b knownRow) int { return cmp.Compare(a.fp, b.fp) })
	return nil
}

// oldPosition is where the row with this record was; 0 if it is not known.
func (r *reconciliation) oldPosition(record []byte) int64 {
	fp := fingerprintOf(record)
	i, found := slices.BinarySearchFunc(r.known, fp, func(k knownRow, p fingerprint) int { return cmp.Compare(k.fp, p) })
	if !found {
		return 0
	}
	return r.known[i].pos
}

// keptText is the text of a cell that passed through from an input of a format: a part has
// that of CSV with commas as it stands, of others the token as a text.
func keptText(record []byte, column int, form table.Format) []byte {
	text := fieldText(record, column)
	if form != table.CSV {
		text = table.AppendText(nil, form, text)
	}
	return text
}

// fieldText is the text of a field of a part's record.
func fieldText(record []byte, column int) []byte {
	record = bytes.TrimSuffix(record, []byte("\n"))
	for range column {
		end := table.FieldEnd(table.CSV, record)
		if end >= len(record) {
			return nil
		}
		record = record[end+1:]
	}
	return table.AppendText(nil, table.CSV, record[:table.FieldEnd(table.CSV, record)])
}

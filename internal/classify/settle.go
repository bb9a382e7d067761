package classify

import (
	"fmt"
	"slices"
	"strings"

	"prism/internal/checkpoint"
	"prism/internal/reply"
)

// settle saves the rows that a call finished and decides about the others.
func (e *engine) settle(r *result) error {
	if len(r.rows) > 0 {
		if err := e.commit(r.work.rows, r.rows); err != nil {
			return err
		}
	}
	if r.err != nil {
		return r.err
	}
	w := r.work
	if r.anew {
		if w.anew++; w.anew <= maxAnew {
			e.again(w)
			return nil
		}
		r.blamed, r.probed = true, true
	}
	e.tryRest(w.rest, r.blamed)
	switch {
	case len(r.rows) == len(w.rows):
		return nil
	case len(r.rows) > 0:
		e.again(&work{rows: without(w.rows, r.rows), suspect: w.suspect})
		return nil
	case r.blamed && len(w.rows) > 1:
		e.onTrial(w.rows)
		return nil
	case len(w.rows) > 1:
		half := len(w.rows) / 2
		e.again(&work{rows: w.rows[half:], suspect: w.suspect})
		e.again(&work{rows: w.rows[:half], suspect: w.suspect})
		return nil
	case r.probed && !w.suspect:
		e.again(&work{rows: w.rows, suspect: true})
		return nil
	}
	if w.tries++; w.tries < e.c.Retries && !r.final && !r.probed {
		e.again(w)
		return nil
	}
	return e.fail(w.rows[0], r)
}

// onTrial halves rows of which one at least goes wrong while the server is up. The
// first half tells about the second: if it is well the second is not, and need
// not be sent as it is.
func (e *engine) onTrial(rows []*row) {
	half := len(rows) / 2
	e.again(&work{rows: rows[:half], rest: rows[half:], suspect: true})
}

// tryRest goes on with the second half of rows on trial.
func (e *engine) tryRest(rest []*row, firstBlamed bool) {
	switch {
	case len(rest) == 0:
	case firstBlamed || len(rest) == 1:
		e.again(&work{rows: rest, suspect: true})
	default:
		e.onTrial(rest)
	}
}

func (e *engine) again(w *work) { e.waiting = append(e.waiting, w) }

// without returns the rows whose RowID is not among the labelled.
func without(rows []*row, labelled []reply.Row) []*row {
	var rest []*row
	for _, r := range rows {
		if !slices.ContainsFunc(labelled, func(l reply.Row) bool { return l.RowID == r.RowID }) {
			rest = append(rest, r)
		}
	}
	return rest
}

func (e *engine) commit(asked []*row, labelled []reply.Row) error {
	rows, buf := e.finished[:0], e.records[:0]
	organic := 0
	for _, l := range labelled {
		i := slices.IndexFunc(asked, func(r *row) bool { return r.RowID == l.RowID })
		if i < 0 {
			return fmt.Errorf("bug: the reply reader gave RowID %d, which was not asked for", l.RowID)
		}
		start := len(buf)
		buf = e.record(buf, asked[i], &l) // where it moves, the records before stay where they are
		rows = append(rows, checkpoint.Row{Pos: asked[i].pos, Record: buf[start:]})
		organic += len(l.Organic)
		e.warnOrganic(&l)
	}
	e.finished, e.records = rows, buf
	if err := e.store.Append(rows); err != nil {
		return err
	}
	e.meter.finish(len(rows), organic)
	return nil
}

func (e *engine) warnOrganic(l *reply.Row) {
	for _, o := range l.Organic {
		if e.organic[o] || len(e.organic) > maxWarnings {
			continue
		}
		e.organic[o] = true
		if len(e.organic) <= maxWarnings {
			e.c.Warn("organic label %q in %s (RowID %d)", o.Label, o.Column, l.RowID)
		} else {
			e.c.Warn("more organic labels follow, which are only counted; prism-stats lists them")
		}
	}
}

// fail gives a row up.
func (e *engine) fail(r *row, why *result) error {
	reason := why.why
	if reason == "" && len(why.fault) > 0 {
		reason = why.fault[0].Reason
	}
	f := checkpoint.Failure{
		Position: r.pos, RowID: r.RowID, Line: r.line, Reason: reason, Attempts: r.calls,
		Reply: strings.ToValidUTF8(why.text[:min(len(why.text), maxReply)], "�"),
	}
	if err := e.store.Fail(f); err != nil {
		return err
	}
	e.meter.fail(reason)
	tell := e.c.Warn
	if e.failed++; e.failed > maxWarnings && e.c.Lists {
		tell = e.c.Note
	}
	tell("%s failed after %s: %s", e.source.place(r), Plural(int64(r.calls), "call"), reason)
	if e.failed == maxWarnings && e.c.Lists {
		e.c.Warn("if more rows fail they are only listed")
	}
	return nil
}

func (s *source) place(r *row) string {
	if r.line > 0 {
		return fmt.Sprintf("%s:%d: RowID %d", s.file, r.line, r.RowID)
	}
	return fmt.Sprintf("%s: row %d: RowID %d", s.file, r.pos, r.RowID)
}

// Plural is a count with its noun.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package classify

import (
	"fmt"
	"slices"
	"strings"

	"prism/internal/checkpoint"
	"prism/internal/job"
	"prism/internal/reply"
	"prism/internal/term"
)

// settle saves the rows that a round labelled and does with the others what the
// policy says. Which object of the reply belongs to which row is decided before, by
// alignByRowID of package reply; here a labelled row is only looked up by its RowID.
func (e *engine) settle(r *round) error {
	if err := e.commitLabelled(r.batch, r.labelled); err != nil {
		return err
	}
	b := r.batch
	switch r.action {
	case stop:
		return r.err
	case newRound:
		b.history.newRounds++
		e.askNext(b)
		return nil
	}
	e.settleSecondHalf(b, r.outcome)
	bisecting := b.history.bisecting
	switch r.action {
	case askMissing:
		e.askNext(newBatch(withoutLabelled(b.rows, r.labelled), bisecting))
	case splitHalves:
		half := len(b.rows) / 2
		e.askNext(newBatch(b.rows[half:], bisecting))
		e.askNext(newBatch(b.rows[:half], bisecting))
	case bisect:
		e.bisectRows(b.rows)
	case retryRow:
		b.history.rowRetries++
		e.askNext(b)
	case confirmRow:
		e.askNext(newBatch(b.rows, true))
	case failRow:
		for _, row := range b.rows {
			if err := e.failRow(row, r.reason, r.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// bisectRows asks for the first half of rows and keeps the second until it is known
// what came of the first.
func (e *engine) bisectRows(rows []*row) {
	half := len(rows) / 2
	first := newBatch(rows[:half], true)
	first.secondHalf = rows[half:]
	e.askNext(first)
}

// settleSecondHalf goes on with the second half of bisected rows, if b is the first.
func (e *engine) settleSecondHalf(b *batch, first outcome) {
	rows := b.secondHalf
	b.secondHalf = nil
	switch {
	case len(rows) == 0:
	case bisectsSecondHalf(first, len(rows)):
		e.bisectRows(rows)
	default:
		e.askNext(newBatch(rows, true))
	}
}

// askNext puts a batch before all that wait, on the stack of those to ask for:
// rows that others wait for come first.
func (e *engine) askNext(b *batch) { e.queue = append(e.queue, b) }

// withoutLabelled returns the rows whose RowID is not among the labelled.
func withoutLabelled(rows []*row, labelled []reply.Row) []*row {
	var missing []*row
	for _, r := range rows {
		if !slices.ContainsFunc(labelled, func(l reply.Row) bool { return l.RowID == r.RowID }) {
			missing = append(missing, r)
		}
	}
	return missing
}

// commitLabelled saves the labelled rows of a batch, and lets them wait
// for their turn to go out.
func (e *engine) commitLabelled(b *batch, labelled []reply.Row) error {
	if len(labelled) == 0 {
		return nil
	}
	found := make([]*row, len(labelled))
	for i, l := range labelled {
		k := slices.IndexFunc(b.rows, func(r *row) bool { return r.RowID == l.RowID })
		if k < 0 {
			return fmt.Errorf("bug: the reply reader gave RowID %d, which was not asked for", l.RowID)
		}
		found[i] = b.rows[k]
	}
	if e.c.Options.Votes > 1 {
		if found, labelled = e.addVotes(b, found, labelled); len(found) == 0 {
			return nil
		}
	}
	if err := e.commit(found, labelled, e.c.Tail); err != nil {
		return err
	}
	e.meter.countFinished(len(labelled), e.countTraits(labelled))
	return e.shareAnswers(found, labelled)
}

// countTraits counts what the summary tells of labelled rows, and warns of the first organic labels.
func (e *engine) countTraits(labelled []reply.Row) rowTraits {
	t := rowTraits{noConfidence: e.countWithoutConfidence(labelled)}
	for i := range labelled {
		t.organic += len(labelled[i].Organic)
		if labelled[i].Gate {
			t.gated++
		}
		e.warnUnlisted(&labelled[i])
	}
	return t
}

// countWithoutConfidence counts the rows in which a confidence is missing that a server was asked for, and warns of the first one.
func (e *engine) countWithoutConfidence(labelled []reply.Row) (untold int) {
	if e.c.Confidence == nil {
		return 0
	}
	for i := range labelled {
		if !e.c.Layout.hasConfidence(&labelled[i]) {
			untold++
		}
	}
	if untold > 0 && !e.warnedConfidence {
		e.warnedConfidence = true
		e.c.Warn("some replies lack log-probabilities; their rows get no confidence")
	}
	return untold
}

// commit saves rows with their labels, and lets them wait for their turn to go out.
func (e *engine) commit(rows []*row, labelled []reply.Row, tail []byte) error {
	finished := e.finished[:0]
	buf := make([]byte, 0, e.recordsSize(rows, labelled))
	for i, r := range rows {
		start := len(buf)
		buf = append(e.c.Layout.appendRecord(buf, r, &labelled[i], tail), '\n') // where it moves, the records before stay where they are
		finished = append(finished, checkpoint.Row{Pos: r.pos, Record: buf[start : len(buf)-1]})
	}
	e.finished = finished
	if err := e.store.Append(finished); err != nil {
		return err
	}
	for _, r := range finished {
		e.reorder.addRecord(r.Pos, r.Record[:len(r.Record)+1])
	}
	return nil
}

// settleBlank finishes rows with neither text nor title, or fails them.
func (e *engine) settleBlank(rows []*row) error {
	if e.c.Blank == job.BlankFailed {
		for _, r := range rows {
			if err := e.failRow(r, "it has neither text nor title", ""); err != nil {
				return err
			}
		}
		return nil
	}
	if len(rows) == 0 {
		return nil
	}
	labelled := make([]reply.Row, len(rows))
	for i := range rows {
		labelled[i] = reply.Row{RowID: rows[i].RowID, Values: e.c.Prompt.NotApplicableValues(), Gate: true}
	}
	if err := e.commit(rows, labelled, e.c.BlankTail); err != nil {
		return err
	}
	e.meter.countBlank(len(rows))
	return nil
}

// recordsSize is about the bytes of the records of labelled rows. Those that wait in
// the window keep no more memory than it counts.
func (e *engine) recordsSize(rows []*row, labelled []reply.Row) int {
	size := len(labelled) * (len(e.c.Tail) + 2 + longestShare*(len(e.c.Layout.sure)+len(e.c.Layout.voted)))
	for _, r := range rows {
		size += len(r.kept)
	}
	for _, l := range labelled {
		for _, v := range l.Values {
			size += len(v) + 3
		}
	}
	return size
}

// warnUnlisted counts the organic labels of a row, and warns of the first ones.
func (e *engine) warnUnlisted(l *reply.Row) {
	for i, o := range l.Organic {
		if i == 0 || o.Column != l.Organic[i-1].Column {
			e.unlistedRows[o.Column]++
		}
		if e.organic[o] || len(e.organic) > maxWarnings {
			continue
		}
		e.organic[o] = true
		if len(e.organic) <= maxWarnings {
			e.c.Warn("organic label %q in column %s (RowID %d)", o.Label, o.Column, l.RowID)
		} else {
			e.c.Warn("more organic labels follow: they are only counted; prism-stats lists them")
		}
	}
}

// listUnlisted is which columns have organic labels, in the order of the schema.
func (e *engine) listUnlisted() (list []Unlisted) {
	for i := range e.c.Prompt.Columns {
		if name := e.c.Prompt.Columns[i].Name; e.unlistedRows[name] > 0 {
			list = append(list, Unlisted{name, e.unlistedRows[name]})
		}
	}
	return list
}

// failRow records that a row gets no labels, why, and the last reply for it.
func (e *engine) failRow(r *row, reason, text string) error {
	f := checkpoint.Failure{
		Position: r.pos, RowID: r.RowID, Line: r.line, Reason: reason, Calls: r.calls,
		Reply: strings.ToValidUTF8(text[:min(len(text), maxReply)], "�"),
	}
	if err := e.store.Fail(f); err != nil {
		return err
	}
	e.meter.countFailed(reason)
	e.askForWaiting(r)
	warn := e.c.Warn
	if e.failed++; e.failed > maxWarnings && e.c.Lists {
		warn = e.c.Note
	}
	if r.calls == 0 {
		warn("%s failed: %s", e.source.locate(r), reason)
	} else {
		warn("%s failed after %s: %s", e.source.locate(r), term.Plural(int64(r.calls), "call"), reason)
	}
	if e.failed == maxWarnings && e.c.Lists {
		e.c.Warn("further failed rows are only listed")
	}
	return nil
}

// locate says where a row is in the input.
func (s *source) locate(r *row) string {
	if r.line > 0 {
		return fmt.Sprintf("%s:%d: RowID %d", s.file, r.line, r.RowID)
	}
	return fmt.Sprintf("%s: row %d: RowID %d", s.file, r.pos, r.RowID)
}

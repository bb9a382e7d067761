package report

import (
	"time"

	"prism/internal/stats"
	"prism/internal/term"
)

// rowsToLookAt lists what somebody may want to look at: rows that failed, rows in which
// people and the result differ, labels that nobody listed.
func rowsToLookAt(r *stats.Result, d *PageData) (out []list) {
	for _, l := range []list{failedRows(r.Run, d), missedRows(d), organicLabels(r, d)} {
		if len(l.Lines) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// addMore says how many lines a list has beyond those that it shows.
func (l *list) addMore(all int64, what, command string) {
	if more := all - int64(len(l.Lines)); more > 0 {
		l.Note = "… and " + term.Count(more) + " more " + what
	}
	l.Command = command
}

func failedRows(run *stats.Run, d *PageData) list {
	l := list{ID: "failed", Name: "Rows that failed", Heads: []string{"file", "RowID", "position", "attempts", "reason"}}
	if run == nil {
		return l
	}
	for _, f := range run.Failed[:min(len(run.Failed), maxPageRows)] {
		l.Lines = append(l.Lines, []string{term.Printable(f.File), formatInt(f.RowID), formatInt(f.Position), formatInt(int64(f.Calls)), term.Printable(f.Reason)})
	}
	l.addMore(run.FailedRows, "rows", d.Commands.Failed)
	if l.Note != "" {
		l.Note += " in " + term.Printable(run.FailedRanges)
	}
	return l
}

func missedRows(d *PageData) list {
	l := list{ID: "misses", Name: "Rows in which people and the result differ", Heads: []string{"RowID", "column", "people say", "the result says", "text"}}
	for _, m := range d.Misses[:min(len(d.Misses), maxPageRows)] {
		text := ""
		if d.Examples != nil {
			text = term.Printable(d.Examples.Texts[m.RowID])
		}
		l.Lines = append(l.Lines, []string{formatInt(m.RowID), term.Printable(m.Column), labelOrEmpty(m.Gold), labelOrEmpty(m.Label), text})
	}
	l.addMore(d.AllMisses, "rows", d.Commands.Misses)
	return l
}

func organicLabels(r *stats.Result, d *PageData) list {
	l := list{ID: "organic", Name: "Organic labels", Heads: []string{"column", "label", "rows", "share", "a row with it"}}
	var all int64
	for i := range r.Columns {
		c := &r.Columns[i]
		for _, v := range c.Values {
			if v.Class != stats.Organic {
				continue
			}
			if all++; all > maxPageRows {
				continue
			}
			text := ""
			if rows := d.Examples.Of(c.Name, v.Value); len(rows) > 0 {
				text = term.Printable(rows[0].Text)
			}
			l.Lines = append(l.Lines, []string{term.Printable(c.Name), quoteBlanks(v.Value), term.Count(v.Count), term.Percent(v.Count, c.Rows), text})
		}
	}
	l.addMore(all, "labels", d.Commands.Organic)
	return l
}

// wrongCalls lists the calls that went wrong; nil if none did.
func wrongCalls(c *stats.Calls) *list {
	l := &list{ID: "wrong", Name: "Calls that went wrong", Heads: []string{"outcome", "message", "calls", "rows", "first", "last"}}
	for _, t := range c.ErrorGroups[:min(len(c.ErrorGroups), maxPageRows)] {
		l.Lines = append(l.Lines, []string{term.Printable(string(t.Outcome)), term.Printable(t.Error), term.Count(t.Calls), term.Count(t.Rows),
			t.First.Format(time.DateTime), t.Last.Format(time.DateTime)})
	}
	if len(l.Lines) == 0 {
		return nil
	}
	return l
}

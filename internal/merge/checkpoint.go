package merge

import (
	"bufio"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/prompt"
	"prism/internal/table"
)

// runColumns is how many columns a run adds after those to code.
const runColumns = 3

// Counts are the finished rows of a job.
type Counts struct {
	Rows     int64 // that the input has
	Outdated int64 // that it has no longer
}

// FromCheckpoint makes a part of the finished rows of a job that has no output:
// a temporary file that goes with Close. It has the format of the job's input, whose cells the
// checkpoint holds as they stood, and its byte order mark; o says how that is read, coded
// are the columns that the model filled. It also counts the rows, and those that it leaves
// out since the input has them no longer. A job that never began is fs.ErrNotExist.
func FromCheckpoint(dir, jobID string, records *checkpoint.InputRecords, o table.Options, coded []prompt.Column) (in Input, n Counts, err error) {
	side, err := checkpoint.ReadSidecar(dir, jobID)
	if err != nil {
		return in, n, err
	}
	tmp, err := fsutil.CreateTemp("prism-unit-*.tmp")
	if err != nil {
		return in, n, err
	}
	f := &table.File{File: tmp, Name: "checkpoint of " + jobID, Spooled: true}
	w := bufio.NewWriter(tmp)
	names, form := side.Columns[1:], side.InputFormat()
	if records != nil && records.Mark && form != table.JSONL {
		w.WriteString(table.ByteOrderMark) // Flush has its error
	}
	if form == table.CSV {
		n, err = writeCheckpointRows(w, dir, jobID, records, names)
	} else {
		n, err = decodeRows(w, dir, jobID, records, names, form, coded)
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		f.Size, err = tmp.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		return in, n, errors.Join(err, f.Close())
	}
	if o.Name = f.Name; form == table.JSONL {
		o.Format = form
	} else {
		o.Delimiter = byte(form)
	}
	return Input{File: f, Options: o}, n, nil
}

// writeCheckpointRows writes a job's rows as CSV, their cells as they stand.
func writeCheckpointRows(w io.Writer, dir, jobID string, records *checkpoint.InputRecords, names []string) (n Counts, err error) {
	line := table.NewEncoder(table.CSV, names).Header(nil)
	if _, err := w.Write(line); err != nil {
		return n, err
	}
	n.Outdated, err = checkpoint.EachRow(dir, jobID, records, func(_ int64, rec []byte) error {
		n.Rows++
		line = append(append(line[:0], rec...), '\n')
		_, err := w.Write(line)
		return err
	})
	return n, err
}

// decodeRows writes a job's rows in the format of its input: those of its cells
// that passed through are texts of the checkpoint.
func decodeRows(w io.Writer, dir, jobID string, records *checkpoint.InputRecords, names []string, form table.Format, coded []prompt.Column) (n Counts, err error) {
	pr, pw := io.Pipe()
	var g errgroup.Group
	g.Go(func() (err error) {
		n, err = writeCheckpointRows(pw, dir, jobID, records, names)
		pw.CloseWithError(err)
		return err
	})
	decodeErr := decode(w, pr, names, form, coded)
	pr.CloseWithError(decodeErr)
	err = errors.Join(decodeErr, g.Wait())
	return n, err
}

func decode(w io.Writer, rows io.Reader, names []string, form table.Format, coded []prompt.Column) error {
	kept := len(names) - len(coded) - runColumns
	r, err := table.NewReader(rows, table.Options{Name: "checkpoint", Format: table.CSV})
	if err != nil {
		return err
	}
	enc := table.NewEncoder(form, names)
	cells := make([]table.Cell, len(names))
	line := enc.Header(nil)
	var texts []byte
	for {
		if _, err := w.Write(line); err != nil {
			return err
		}
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		texts = texts[:0]
		for i := range cells {
			start := len(texts)
			if at := i - kept; form == table.JSONL && at >= 0 && at < len(coded) && coded[at].NeedsJSON() {
				texts = coded[at].AppendJSON(texts, string(rec.Text(nil, i)))
				cells[i] = table.Cell{Bytes: texts[start:], Form: form}
				continue
			}
			texts = rec.Text(texts, i)
			cells[i] = table.Cell{Bytes: texts[start:]}
			if i < kept {
				cells[i].Form = form
			}
			if i < kept && len(texts) == start { // the key was absent
				cells[i].Bytes = nil
			}
		}
		line = enc.Record(line[:0], cells)
	}
}

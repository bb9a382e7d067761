package merge

import (
	"bufio"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/table"
)

// runColumns is how many columns a run adds after those to code.
const runColumns = 3

// FromCheckpoint makes a part of the finished rows of a job that has no output:
// a temporary file that goes with Close. form is the format of the job's
// input, whose cells the checkpoint holds as they stood, and that of the part;
// coded is the number of columns to code. It also returns the number of rows. A job
// that never began is fs.ErrNotExist.
func FromCheckpoint(dir, jobID string, form table.Format, coded int) (in Input, rows int64, err error) {
	side, err := checkpoint.ReadSidecar(dir, jobID)
	if err != nil {
		return in, 0, err
	}
	tmp, err := fsutil.CreateTemp("prism-unit-*.tmp")
	if err != nil {
		return in, 0, err
	}
	f := &table.File{File: tmp, Name: "checkpoint of " + jobID, Spooled: true}
	w := bufio.NewWriter(tmp)
	names := side.Columns[1:]
	if form == table.CSV {
		rows, err = writeRows(w, dir, jobID, names)
	} else {
		rows, err = decodeRows(w, dir, jobID, names, form, coded)
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		f.Size, err = tmp.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		return in, 0, errors.Join(err, f.Close())
	}
	return Input{File: f, Options: table.Options{Name: f.Name, Format: form}}, rows, nil
}

// writeRows writes a job's rows as CSV, their cells as they stand.
func writeRows(w io.Writer, dir, jobID string, names []string) (rows int64, err error) {
	line := table.NewEncoder(table.CSV, names).Header(nil)
	if _, err := w.Write(line); err != nil {
		return 0, err
	}
	err = checkpoint.EachRow(dir, jobID, func(_ int64, rec []byte) error {
		rows++
		line = append(append(line[:0], rec...), '\n')
		_, err := w.Write(line)
		return err
	})
	return rows, err
}

// decodeRows writes a job's rows in the format of its input: those of its cells
// that passed through are texts of the checkpoint.
func decodeRows(w io.Writer, dir, jobID string, names []string, form table.Format, coded int) (rows int64, err error) {
	pr, pw := io.Pipe()
	var g errgroup.Group
	g.Go(func() (err error) {
		rows, err = writeRows(pw, dir, jobID, names)
		pw.CloseWithError(err)
		return err
	})
	decodeErr := decode(w, pr, names, form, len(names)-coded-runColumns)
	pr.CloseWithError(decodeErr)
	err = errors.Join(decodeErr, g.Wait())
	return rows, err
}

func decode(w io.Writer, rows io.Reader, names []string, form table.Format, kept int) error {
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

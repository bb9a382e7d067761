package classify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/record"
)

// input is the opened input of a job.
type input struct {
	name    string // for messages
	form    record.Format
	file    *os.File // nil: a stream
	size    int64
	sum     string // of the content; empty: a stream
	rows    int64  // to label, where it is known; -1: not
	records *record.Reader
}

func (in *input) close() error {
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

// openInput opens and checks the input: a whole regular file or a unit's range
// before anything else happens, a stream as it is read.
func (s *Settings) openInput(ctx context.Context, stdin io.Reader) (*input, error) {
	in := &input{name: s.Input, form: s.InputFormat, rows: -1}
	if in.form == 0 {
		in.form, _ = record.FormatByName(s.Input)
	}
	in.form = max(in.form, record.CSV)
	if s.Input == "-" {
		in.name = "stdin"
		return in, in.stream(newEndable(ctx, stdin), s.Range)
	}
	f, err := openFile(ctx, s.Input)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, f.Close())
	case info.IsDir():
		return nil, errors.Join(&UsageError{What: fmt.Sprintf("open the input: %s is a folder", s.Input)}, f.Close())
	case !info.Mode().IsRegular():
		in.file = f
		return in, in.stream(newEndable(ctx, f), s.Range)
	}
	if out, err := os.Stat(s.Output); s.Output != "-" && err == nil && os.SameFile(info, out) {
		return nil, errors.Join(&UsageError{What: fmt.Sprintf("the output %s is the input", s.Output)}, f.Close())
	}
	in.file, in.size = f, info.Size()
	if err := s.checkFile(ctx, in); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return in, nil
}

// openFile opens the input; a named pipe waits for its writer until ctx ends.
func openFile(ctx context.Context, path string) (*os.File, error) {
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, &UsageError{What: fmt.Sprintf("open the input: %v", o.err)}
		}
		return o.f, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// stream opens a stream at the first position of the range.
func (in *input) stream(r io.Reader, rg record.Range) error {
	records, err := record.NewReader(r, record.Options{Name: in.name, Format: in.form})
	if err != nil {
		return err
	}
	in.records = records
	for pos := int64(1); pos < rg.RowStart; pos++ {
		if _, err := records.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return &UsageError{What: fmt.Sprintf("%s ends before row %d", in.name, rg.RowStart)}
			}
			return err
		}
	}
	return nil
}

func (s *Settings) checkFile(ctx context.Context, in *input) error {
	sum, err := record.Sum(in.file, in.size)
	if err != nil {
		return err
	}
	if s.InputSum != "" && s.InputSum != sum {
		return &UsageError{
			What: fmt.Sprintf("%s is not the file that was split: its sum is %s, was %s", s.Input, sum, s.InputSum),
			Hint: "split it again with prism-split",
		}
	}
	in.sum = sum
	o := record.Options{Name: s.Input, Format: in.form}
	if s.Range == (record.Range{}) {
		found, err := record.Check(ctx, in.file, in.size, record.CheckOptions{Options: o})
		if err != nil {
			return err
		}
		in.rows = found.Rows
	} else if in.rows, err = s.checkRange(ctx, in, o); err != nil {
		return err
	}
	in.records, err = record.OpenRange(in.file, in.size, o, s.Range)
	if s.Limit > 0 {
		in.rows = min(in.rows, s.Limit)
	}
	return err
}

// checkRange reads the unit's range once; the rest of the file is the split's to
// check. So are its RowIDs, if the split's sum says that it is the same file.
func (s *Settings) checkRange(ctx context.Context, in *input, o record.Options) (rows int64, err error) {
	if err := in.checkStart(s.Range.ByteStart); err != nil {
		return 0, err
	}
	r, err := record.OpenRange(in.file, in.size, o, s.Range)
	if err != nil {
		return 0, err
	}
	id := r.Header().Index(record.RowID) // where it is missing newLayout says so
	var ids record.IDs
	var text []byte
	for ; ; rows++ {
		rec, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, s.checkCount(rows)
		case err != nil:
			return 0, err
		case rows%1024 == 0 && ctx.Err() != nil:
			return 0, context.Cause(ctx)
		}
		if id < 0 || s.InputSum != "" {
			continue
		}
		text = rec.Text(text[:0], id)
		if _, err := ids.Add(s.Input, rec.Line, text); err != nil {
			return 0, err
		}
	}
}

// checkStart refuses an offset that is not that of a line.
func (in *input) checkStart(at int64) error {
	if at == 0 || at > in.size {
		return nil // OpenRange says so
	}
	var before [1]byte
	if _, err := in.file.ReadAt(before[:], at-1); err != nil {
		return err
	}
	if before[0] != '\n' {
		return &UsageError{What: fmt.Sprintf("no record of %s starts at byte %d", in.name, at), Hint: "split it again with prism-split"}
	}
	return nil
}

// checkCount refuses a range without rows, and offsets that hold another number
// of rows than positions.
func (s *Settings) checkCount(rows int64) error {
	rg := s.Range
	switch want := rg.RowEnd - max(rg.RowStart, 1) + 1; {
	case rows == 0:
		return &UsageError{What: fmt.Sprintf("%s has no rows %s", s.Input, rowsOf(rg))}
	case rg.ByteEnd > 0 && rg.RowEnd > 0 && rows != want:
		return &UsageError{
			What: fmt.Sprintf("%s has %d rows between bytes %d and %d, not %d", s.Input, rows, rg.ByteStart, rg.ByteEnd, want),
			Hint: "split it again with prism-split",
		}
	}
	return nil
}

func rowsOf(rg record.Range) string {
	if rg.RowEnd == 0 {
		return fmt.Sprintf("from %d on", max(rg.RowStart, 1))
	}
	return fmt.Sprintf("%d to %d", max(rg.RowStart, 1), rg.RowEnd)
}

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
		return in, in.stream(stdin, s.Range)
	}
	f, err := os.Open(s.Input)
	if err != nil {
		return nil, &UsageError{What: fmt.Sprintf("open the input: %v", err)}
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, f.Close())
	case info.IsDir():
		return nil, errors.Join(&UsageError{What: fmt.Sprintf("open the input: %s is a folder", s.Input)}, f.Close())
	case !info.Mode().IsRegular():
		in.file = f
		return in, in.stream(f, s.Range)
	}
	in.file, in.size = f, info.Size()
	if err := s.checkFile(ctx, in); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return in, nil
}

func (in *input) stream(r io.Reader, rg record.Range) error {
	records, err := record.NewReader(r, record.Options{Name: in.name, Format: in.form})
	if err != nil {
		return err
	}
	in.records = records
	for pos := int64(1); pos < rg.RowStart; pos++ {
		if _, err := records.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
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

// checkRange reads the unit's range once; the rest of the file is the split's to check.
func (s *Settings) checkRange(ctx context.Context, in *input, o record.Options) (int64, error) {
	r, err := record.OpenRange(in.file, in.size, o, s.Range)
	if err != nil {
		return 0, err
	}
	id := r.Header().Index(record.RowID)
	var ids record.IDs
	var text []byte
	for rows := int64(0); ; rows++ {
		rec, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) && rows == 0:
			return 0, &UsageError{What: fmt.Sprintf("%s has no rows %d to %d", s.Input, s.Range.RowStart, s.Range.RowEnd)}
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return 0, err
		case rows%1024 == 0 && ctx.Err() != nil:
			return 0, context.Cause(ctx)
		}
		if id < 0 {
			continue // newLayout says so
		}
		text = rec.Text(text[:0], id)
		if _, err := ids.Add(s.Input, rec.Line, text); err != nil {
			return 0, err
		}
	}
}

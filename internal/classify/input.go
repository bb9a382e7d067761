package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/columns"
	"prism/internal/fsutil"
	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// input is the opened input of a job.
type input struct {
	name    string // for messages
	options table.Options
	form    table.Format // of its records; known once the header was read
	file    *os.File     // nil: a stream
	stable  *stableFile  // of file; nil: a stream
	size    int64
	rows    int64 // to label, where it is known; -1: not
	records *table.Reader

	layout   *layout
	warnings []string // of its columns
}

func (in *input) close() error {
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

// openInput opens and checks the input: a whole regular file or a unit's range
// before anything else happens, a stream as it is read.
func (s *WorkerOptions) openInput(ctx context.Context, stdin io.Reader, schema *prompt.Schema) (*input, error) {
	o, err := table.NewOptions(s.Input, s.InputFormat, s.Columns.Delimiter)
	if err != nil {
		return nil, &usageError{What: "--delimiter: " + err.Error()}
	}
	in := &input{name: s.Input, options: o, rows: -1}
	if s.Input == "-" {
		in.name, in.options.Name = "stdin", "stdin"
		return in, s.openStream(ctx, in, stdin, schema)
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
		return nil, errors.Join(&usageError{What: fmt.Sprintf("open the input: %s is a folder", s.Input)}, f.Close())
	case !info.Mode().IsRegular():
		in.file = f
		return in, s.openStream(ctx, in, f, schema)
	}
	in.file, in.size = f, info.Size()
	in.stable = newStableFile(f, in.size, in.name)
	err = s.checkFile(ctx, in, schema)
	if now, statErr := f.Stat(); statErr == nil && now.Size() != in.size {
		err = newInputChangedError(in.name) // it was opened while it was being written
	}
	if err != nil {
		return nil, errors.Join(onlyChange(err), f.Close())
	}
	return in, nil
}

// openFile opens the input; a named pipe waits for its writer until ctx ends.
func openFile(ctx context.Context, path string) (*os.File, error) {
	f, err := fsutil.Open(ctx, path)
	if err != nil && ctx.Err() == nil {
		return nil, &usageError{What: fmt.Sprintf("open the input: %v", err)}
	}
	return f, err
}

// openStream opens a stream at the first position of the range.
func (s *WorkerOptions) openStream(ctx context.Context, in *input, r io.Reader, schema *prompt.Schema) error {
	records, err := table.NewReader(fsutil.NewCancelReader(ctx, r), in.options)
	if err != nil {
		return err
	}
	found := columns.ExamineHeader(records.Header(), nil, s.neededColumns(in.options))
	if err := s.layOut(ctx, in, found, nil, nil, schema); err != nil {
		return err
	}
	in.records = records
	rg := s.rows()
	for pos := int64(1); pos < rg.RowStart; pos++ {
		if _, err := records.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return &usageError{What: fmt.Sprintf("%s ends before row %d", in.name, rg.RowStart)}
			}
			return err
		}
	}
	return nil
}

// checkFile reads the rows to label once, before anything else happens. They are
// read again to be labelled: from in.stable, which gives the same bytes then.
func (s *WorkerOptions) checkFile(ctx context.Context, in *input, schema *prompt.Schema) error {
	o := in.options
	found, err := columns.Examine(in.stable, in.size, s.neededColumns(o))
	if err != nil {
		return err
	}
	if found.CanScan() {
		if err = s.checkSum(in, found.Header); err == nil {
			err = s.checkRows(ctx, in, o, found)
		}
	}
	file := &table.File{File: in.file, Name: s.Input, Size: in.size}
	if err := s.layOut(ctx, in, found, file, err, schema); err != nil {
		return err
	}
	in.records, err = table.OpenRange(in.stable, in.size, o, s.rows())
	if s.Limit > 0 {
		in.rows = min(in.rows, s.Limit)
	}
	return err
}

// neededColumns are what a table must have.
func (s *WorkerOptions) neededColumns(o table.Options) columns.Options {
	return columns.Options{Table: o, Columns: s.Columns, NeedsText: true, Command: s.commandFor}
}

// layOut makes the layout of an input, whose check ended with an error or without. The
// error has all that is wrong with the table and with the output's columns.
func (s *WorkerOptions) layOut(ctx context.Context, in *input, found *columns.Findings, file *table.File, checked error, schema *prompt.Schema) error {
	if found.CanScan() {
		if err := s.checkStudentInputs(in.name, found.Header.Names); err != nil {
			return err
		}
		var wrong error
		in.form = found.Header.Format
		in.layout, wrong = newLayout(in.name, found.Header, in.form, schema, s.Output.Drop, &s.Columns, &s.Model)
		found.AddError(wrong)
		if s.student != nil {
			s.student.Inputs.Restrict(&in.layout.places)
		}
	}
	err := found.Explain(ctx, file, checked)
	if err == nil && file != nil {
		in.warnings = found.Warnings(file, file.Size)
	} else if err == nil {
		in.warnings = found.Warnings(nil, 0)
	}
	return err
}

// checkRows checks all that is read of the input. What prism-split gave a checksum
// it has checked.
func (s *WorkerOptions) checkRows(ctx context.Context, in *input, o table.Options, has *columns.Findings) (err error) {
	switch rg := s.rows(); {
	case s.InputSum != "" && rg.ByteEnd > 0 && rg.RowEnd > 0:
		in.rows = max(rg.RowEnd-max(rg.RowStart, 1)+1, 0)
	case rg == (table.Range{}):
		var found table.Summary
		found, err = table.Check(ctx, in.stable, in.size, table.CheckOptions{Options: o, IDColumn: s.Columns.ID(), NoIDs: !has.HasIDs(), NoSum: true})
		in.rows = found.Rows
	default:
		in.rows, err = s.checkRange(ctx, in, o, has)
	}
	return err
}

// checkSum refuses a range with another checksum than prism-split found, and one without
// a checksum that does not begin and end with a line.
func (s *WorkerOptions) checkSum(in *input, h *table.Header) error {
	rg := s.rows()
	switch {
	case s.InputSum == "":
		return in.checkBytes(rg)
	case rg.ByteEnd > in.size:
		return s.changedSinceSplit(fmt.Sprintf("it has %d bytes, had %d or more", in.size, rg.ByteEnd))
	}
	sum, err := in.stable.unitSum(h.Size, max(rg.ByteStart, h.Size), cmp.Or(rg.ByteEnd, in.size))
	if err == nil && sum != s.InputSum {
		return s.changedSinceSplit(fmt.Sprintf("the checksum of rows %s is %s, was %s", rangeText(rg), sum, s.InputSum))
	}
	return err
}

func (s *WorkerOptions) changedSinceSplit(how string) error {
	hint := "split it again with prism-split"
	if s.Label != "" { // the unit is one of a planned run
		hint = "prism-run JOB_FILE --resume --run-id " + term.QuoteShell(s.RunID) + " plans its units again; rows that did not change keep their labels"
	}
	return &usageError{What: fmt.Sprintf("%s changed since it was split: %s", s.Input, how), Hint: hint}
}

// checkRange reads the unit's range once; the rest of the file is the split's to
// check. So are its RowIDs, if the split's sum says that it is the same file.
func (s *WorkerOptions) checkRange(ctx context.Context, in *input, o table.Options, has *columns.Findings) (rows int64, err error) {
	rg := s.rows()
	if err := in.checkBytes(rg); err != nil {
		return 0, err
	}
	end := cmp.Or(rg.ByteEnd, in.size)
	scan := table.ScanOptions{Options: o, From: rg.ByteStart}
	checkIDs := has.HasIDs()
	if checkIDs {
		scan.Columns = []int{has.Places.ID}
	}
	first := int64(1) // position of the first row of the scan
	if rg.ByteStart > 0 {
		first = rg.RowStart
	}
	ids := table.UniqueIDs{Column: s.Columns.ID()}
	var text []byte
	err = table.Scan(ctx, in.stable, end, has.Header, scan, func(b *table.Block) error {
		for i := range b.Recs {
			switch pos := first + b.Pos - 1 + int64(i); {
			case pos < rg.RowStart:
				continue
			case rg.RowEnd > 0 && pos > rg.RowEnd:
				return errPastRange
			}
			rows++
			at := b.Offset + int64(b.Recs[i].From)
			if err := table.CheckText(s.Input, b.Data[b.Recs[i].From:b.Recs[i].End]); err != nil {
				return in.addLine(err, at)
			}
			if !checkIDs {
				continue
			}
			text = table.AppendText(text[:0], has.Header.Format, b.Token(b.Spans[i]))
			if _, err := ids.Add(s.Input, 0, text); err != nil {
				return in.addLine(err, at)
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errPastRange) && rg.ByteEnd > 0:
		rows++ // more than there should be
	case err != nil && !errors.Is(err, errPastRange):
		return 0, err
	}
	return rows, s.checkCount(rows)
}

var errPastRange = errors.New("past the range")

// addLine gives the error of a record the line at which the record starts.
func (in *input) addLine(err error, offset int64) error {
	var bad *table.Error
	if errors.As(err, &bad) {
		line, lerr := table.LineAt(in.stable, offset)
		if lerr != nil {
			return lerr
		}
		bad.Line = line + max(bad.Line-1, 0)
	}
	return err
}

// checkBytes refuses offsets that are not in the file, or not those of a line.
func (in *input) checkBytes(rg table.Range) error {
	switch {
	case rg.ByteStart > in.size || rg.ByteEnd > in.size || rg.ByteEnd > 0 && rg.ByteEnd < rg.ByteStart:
		return &usageError{What: fmt.Sprintf("bytes %d to %d are not in %s, which has %d", rg.ByteStart, rg.ByteEnd, in.name, in.size)}
	}
	for _, at := range []int64{rg.ByteStart, rg.ByteEnd} {
		if at == 0 || at == in.size {
			continue
		}
		var before [1]byte
		if _, err := in.stable.ReadAt(before[:], at-1); err != nil {
			return err
		}
		if before[0] != '\n' {
			return &usageError{What: fmt.Sprintf("no record of %s starts at byte %d", in.name, at), Hint: "split it again with prism-split"}
		}
	}
	return nil
}

// checkCount refuses a range without rows, and offsets that hold another number
// of rows than positions.
func (s *WorkerOptions) checkCount(rows int64) error {
	rg := s.rows()
	switch want := rg.RowEnd - max(rg.RowStart, 1) + 1; {
	case rows == 0 && rg.RowStart <= 1 && rg.RowEnd == 0: // a file without rows, as prism-split has it
		return nil
	case rows == 0:
		return &usageError{What: fmt.Sprintf("%s has no rows %s", s.Input, rangeText(rg))}
	case rg.ByteEnd > 0 && rg.RowEnd > 0 && rows != want:
		more := ""
		if rows > want {
			more = " or more"
		}
		return &usageError{
			What: fmt.Sprintf("%s has %d rows%s between bytes %d and %d, not %d", s.Input, rows, more, rg.ByteStart, rg.ByteEnd, want),
			Hint: "split it again with prism-split",
		}
	}
	return nil
}

func rangeText(rg table.Range) string {
	if rg.RowEnd == 0 {
		return fmt.Sprintf("from %d on", max(rg.RowStart, 1))
	}
	return fmt.Sprintf("%d to %d", max(rg.RowStart, 1), rg.RowEnd)
}

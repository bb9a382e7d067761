// Package export writes tables in the forms that other programs open: workbooks, Parquet,
// compressed text. What a form cannot hold is found before its first byte is written.
//
//  1. The table is written as text first, by whoever makes it.
//  2. For a workbook or Parquet all rows are read: which columns are numbers, and which
//     cells are too long (columns.go).
//  3. The rows are read again and written.
//
// A column is typed only where every cell reads back as the text that it was.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"prism/internal/parquet"
	"prism/internal/table"
	"prism/internal/xlsx"
)

// Form is how a table is written.
type Form uint8

// The forms.
const (
	PlainText Form = iota
	GzipText
	ZstdText
	Workbook
	Parquet
)

var endings = [...]struct {
	ending string
	form   Form
}{{".xlsx", Workbook}, {".parquet", Parquet}, {".gz", GzipText}, {".zst", ZstdText}}

// FormByName is the form that the ending of a name promises. The name of the text in it
// tells the text's format. A name that promises what is not written is a *table.Error.
func FormByName(name string) (form Form, text string, err error) {
	text = name
	for _, e := range endings {
		if strings.HasSuffix(strings.ToLower(name), e.ending) {
			form, text = e.form, name[:len(name)-len(e.ending)]
			break
		}
	}
	if form == Workbook || form == Parquet {
		return form, "", nil
	}
	written := table.TableEndings()
	if form == PlainText {
		for _, e := range endings {
			written = append(written, e.ending)
		}
	}
	err = table.CheckOutputName(text, written...)
	if e, ok := errors.AsType[*table.Error](err); ok {
		e.File = name
	}
	return form, text, err
}

// IsRowForm reports whether xlsx or parquet is named.
func IsRowForm(name string) bool {
	form, _, _ := FormByName("." + name)
	return form == Workbook || form == Parquet
}

// Source is a table as text.
type Source struct {
	Text     io.ReaderAt
	Size     int64
	Options  table.Options // CSV where the form is a workbook or Parquet
	Output   string        // name of what is written, for messages
	IDColumn string        // in messages; may be missing
	// Layout is how columns of a workbook are shown and filled in, by their names; nil: as they are.
	Layout map[string]xlsx.Column
	// Progress, if not nil, is told that so many more bytes were read.
	Progress func(bytes int64)
}

// Passes is how often Write reads the text.
func (f Form) Passes() int64 {
	if f == Workbook || f == Parquet {
		return 2
	}
	return 1
}

// Write writes a table in a form. What the form cannot hold is a *table.Error.
func Write(ctx context.Context, s Source, f Form, out io.Writer) error {
	switch f {
	case Workbook, Parquet:
		return s.writeRows(ctx, f, out)
	case GzipText:
		w, err := gzip.NewWriterLevel(out, gzip.DefaultCompression)
		if err != nil {
			return err
		}
		return errors.Join(s.copyText(ctx, w), w.Close())
	case ZstdText:
		w, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(4<<20))
		if err != nil {
			return err
		}
		return errors.Join(s.copyText(ctx, w), w.Close())
	}
	return s.copyText(ctx, out)
}

const copySize = 256 << 10

func (s *Source) copyText(ctx context.Context, w io.Writer) error {
	buf := make([]byte, copySize)
	for at := int64(0); at < s.Size; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := s.Text.ReadAt(buf[:min(copySize, s.Size-at)], at)
		if n == 0 {
			return fmt.Errorf("read the text of %s: %w", s.Output, err)
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		at += int64(n)
		s.addProgress(int64(n))
	}
	return nil
}

func (s *Source) addProgress(n int64) {
	if s.Progress != nil {
		s.Progress(n)
	}
}

// rowWriter is a workbook or Parquet.
type rowWriter interface {
	WriteRow(cells [][]byte) error
	Close() error
}

func (s *Source) writeRows(ctx context.Context, f Form, out io.Writer) error {
	if s.Size == 0 {
		return &table.Error{File: s.Output, Msg: "the table has no columns"}
	}
	found, err := s.inspectColumns(ctx, f)
	if err != nil {
		return err
	}
	w, err := found.newWriter(f, s, out)
	if err != nil {
		return err
	}
	if err := s.eachRow(ctx, func(_ *table.Record, cells [][]byte) error { return w.WriteRow(cells) }); err != nil {
		return err
	}
	return w.Close()
}

func (c *columnTypes) newWriter(f Form, s *Source, out io.Writer) (rowWriter, error) {
	if f == Parquet {
		columns := make([]parquet.Column, len(c.names))
		for i, name := range c.names {
			columns[i] = parquet.Column{Name: name, Type: c.types[i].parquetType()}
		}
		return parquet.NewWriter(out, columns), nil
	}
	columns := make([]xlsx.Column, len(c.names))
	for i, name := range c.names {
		columns[i] = s.Layout[name]
		takesText := columns[i].Input != nil && !columns[i].Input.Numbers
		columns[i].Name, columns[i].Numbers = name, !c.types[i].inexact && !takesText
	}
	if len(columns) > xlsx.MaxColumns {
		return nil, &table.Error{File: s.Output, Msg: fmt.Sprintf("%d columns; a sheet has at most %d", len(columns), xlsx.MaxColumns)}
	}
	return xlsx.NewWriter(out, columns)
}

// eachRow calls do with the text of each row's cells.
func (s *Source) eachRow(ctx context.Context, do func(rec *table.Record, cells [][]byte) error) error {
	r, err := s.openText()
	if err != nil {
		return err
	}
	var text []byte
	var ends []int
	cells := make([][]byte, len(r.Header().Names))
	read := r.Header().Size
	for count := 0; ; count++ {
		if count%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text, ends = text[:0], ends[:0]
		for i := range cells {
			text = rec.Text(text, i)
			ends = append(ends, len(text))
		}
		from := 0
		for i, to := range ends {
			cells[i] = text[from:to]
			from = to
		}
		s.addProgress(rec.Offset - read)
		read = rec.Offset
		if err := do(rec, cells); err != nil {
			return err
		}
	}
}

func (s *Source) openText() (*table.Reader, error) {
	return table.NewReader(io.NewSectionReader(s.Text, 0, s.Size), s.Options)
}

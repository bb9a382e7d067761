package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/table"
)

// writeNumberedPart writes the rows of a unit with a first column RowID, which holds
// their positions in the file that is split.
func (s *splitter) writeNumberedPart(ctx context.Context, in *table.File, o table.Options, p part, u *job.Unit) error {
	header, size, err := s.copyNumbered(ctx, in, o, p.file, u)
	if err == nil && u.InputSum != "" {
		var sum fsutil.Checksum
		sum, err = fsutil.SumRange(ctx, p.file.OSFile(), 0, size)
		u.InputSum = sum.String()
	}
	if _, bad := errors.AsType[*table.Error](err); err != nil && !bad {
		err = fmt.Errorf("write %s: %w", p.path, err)
	}
	u.Input, u.RowStart, u.RowEnd = p.path, 1, u.Rows
	u.InputSize, u.ByteStart, u.ByteEnd = size, header, size
	return err
}

// copyNumbered returns the bytes of the header and of all that was written.
func (s *splitter) copyNumbered(ctx context.Context, in *table.File, o table.Options, out io.Writer, u *job.Unit) (header, size int64, err error) {
	rg := table.Range{RowStart: u.RowStart, RowEnd: u.RowEnd, ByteStart: u.ByteStart, ByteEnd: u.ByteEnd}
	rows, err := table.OpenRange(in, in.Size, o, rg)
	if err != nil {
		return 0, 0, err
	}
	h := rows.Header()
	encoder := table.NewEncoder(h.Format, slices.Concat([]string{table.RowID}, h.Names))
	w := bufio.NewWriterSize(out, 256<<10)
	var line []byte
	if h.Mark && h.Format != table.JSONL {
		line = append(line, table.ByteOrderMark...)
	}
	line = encoder.Header(line)
	header = int64(len(line))
	cells := make([]table.Cell, 1+len(h.Names))
	var number []byte
	for n := u.Rows; ; n-- {
		if _, err := w.Write(line); err != nil || n == 0 {
			return header, size + int64(len(line)), errors.Join(err, w.Flush())
		}
		size += int64(len(line))
		if ctx.Err() != nil {
			return 0, 0, context.Cause(ctx)
		}
		rec, err := rows.Next()
		if err != nil {
			return 0, 0, err
		}
		number = strconv.AppendInt(number[:0], rec.Pos, 10)
		cells[0] = table.Cell{Bytes: number, Form: h.Format}
		for i := range h.Names {
			cells[1+i] = table.Cell{Bytes: rec.Field(i), Form: h.Format}
		}
		line = encoder.Record(line[:0], cells)
		s.steps.AddBytes(int64(len(rec.Raw())))
	}
}

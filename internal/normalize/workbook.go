package normalize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"prism/internal/table"
	"prism/internal/term"
	"prism/internal/xlsx"
)

// readWorkbook reads the rows of one sheet into a temporary file.
func (s *source) readWorkbook(ctx context.Context, o Options) (err error) {
	book, err := xlsx.Open(s.name, s.at, s.size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	sheet, err := s.chooseSheet(ctx, book, o)
	if err != nil {
		return err
	}
	if s.rows, err = newRowFile(); err != nil {
		return err
	}
	counts, err := book.ReadRows(ctx, sheet, func(r xlsx.Row) error { return s.rows.appendRow(r.Number, r.Cells) })
	if err != nil {
		return err
	}
	s.kind = table.Archive
	s.noteCounts(counts)
	return s.rows.flush()
}

// chooseSheet is the sheet that the options name, or the first visible one with cells.
func (s *source) chooseSheet(ctx context.Context, book *xlsx.Workbook, o Options) (xlsx.Sheet, error) {
	var names, others, visible []string
	var chosen *xlsx.Sheet
	for _, sheet := range book.Sheets() {
		names = append(names, fmt.Sprintf("%q", sheet.Name))
		if o.Sheet != "" {
			if sheet.Name == o.Sheet {
				chosen = &sheet
			}
			continue
		}
		has, err := book.HasCells(ctx, sheet)
		switch {
		case err != nil:
			return xlsx.Sheet{}, err
		case !has:
		case chosen == nil && !sheet.Hidden:
			chosen = &sheet
		case sheet.Hidden:
			others = append(others, fmt.Sprintf("%q (hidden)", sheet.Name))
		default:
			others, visible = append(others, fmt.Sprintf("%q", sheet.Name)), append(visible, sheet.Name)
		}
	}
	switch {
	case chosen == nil && o.Sheet != "":
		return xlsx.Sheet{}, &table.Error{File: s.name, Msg: fmt.Sprintf("there is no sheet %q (%s); the sheets are %s", o.Sheet, o.optionName("sheet"), strings.Join(names, ", "))}
	case chosen == nil && len(others) > 0:
		return xlsx.Sheet{}, &table.Error{File: s.name, Msg: fmt.Sprintf("only hidden sheets have cells: %s; %s names the one to read", strings.Join(others, ", "), o.optionName("sheet"))}
	case chosen == nil:
		return xlsx.Sheet{}, &table.Error{File: s.name, Msg: "the workbook has no sheet with cells"}
	}
	s.notes = append(s.notes, fmt.Sprintf("from sheet %q", chosen.Name))
	if len(others) > 0 {
		text := fmt.Sprintf("other sheets with cells are not read: %s (%s names one)", strings.Join(others, ", "), o.optionName("sheet"))
		s.doubts = append(s.doubts, Doubt{Text: text, Sheets: append([]string{chosen.Name}, visible...)})
	}
	return *chosen, nil
}

// noteCounts tells what of a sheet the text does not show.
func (s *source) noteCounts(c xlsx.Counts) {
	note := func(n int64, format string, args ...any) {
		if n > 0 {
			s.notes = append(s.notes, fmt.Sprintf(format, args...))
		}
	}
	note(c.Errors, "%s with an error, which is kept as text (%s)", term.Plural(c.Errors, "cell"), c.FirstError)
	note(c.Uncomputed, "%s without a stored value, which are empty: open and save the workbook in a spreadsheet program to have them", term.Plural(c.Uncomputed, "formula"))
	note(c.MergedRanges, "%s: the value is in the first cell alone", term.Plural(c.MergedRanges, "merged range"))
	note(c.HiddenRows, "%s kept", term.Plural(c.HiddenRows, "hidden row"))
}

// oleSignature begins the container that old workbooks and encrypted ones are in.
const oleSignature = "\xD0\xCF\x11\xE0"

// describeOLE tells an old workbook from one with a password: that has an entry of this
// name in the directory of its container. Offsets are those of [MS-CFB].
func (s *source) describeOLE(first []byte) string {
	const old = "an old workbook of Excel (.xls); save it as .xlsx or as CSV in UTF-8"
	if len(first) < 512 {
		return old
	}
	sector := int64(1) << min(binary.LittleEndian.Uint16(first[30:]), 16)
	directory := make([]byte, sector)
	n, _ := s.at.ReadAt(directory, (int64(binary.LittleEndian.Uint32(first[48:]))+1)*sector)
	var name []byte
	for _, c := range []byte("EncryptedPackage") {
		name = append(name, c, 0)
	}
	if bytes.Contains(directory[:n], name) {
		return "a workbook with a password; open it in a spreadsheet program and save it without one"
	}
	return old
}

// Package xlsx reads and writes the tables of workbooks (.xlsx, ECMA-376): sheets as
// streams of rows whose cells are text. It knows what a cell shows (numbers, dates,
// shared and rich text, the stored values of formulas) and nothing of what
// columns mean.
//
// Reading takes memory that does not grow with the sheet:
//
//  1. The workbook names its sheets and its date system, the styles say which
//     numbers are dates (workbook.go, numberformat.go).
//  2. Shared strings are read whole; what is more than sharedInMemory waits in a
//     temporary file (sharedstrings.go).
//  3. The sheet is read as it is unpacked, row by row (rows.go, cells.go). A part of the
//     archive that is cut or damaged is an error, never the end of the sheet.
//
// An archive may unpack to much more than it is: what it may have is bounded by its
// size, and so is every cell.
//
// Writing makes one sheet in one pass (writer.go). What the writer took the reader
// gives back, byte by byte. Columns may say what people may put into them (validation.go).
package xlsx

import (
	"fmt"
	"strings"
)

// The limits of a sheet.
const (
	MaxRows     = 1 << 20
	MaxColumns  = 1 << 14
	MaxCellText = 32767 // UTF-16 units, as spreadsheet programs count
)

// columnName is the letters of a column, counted from 0.
func columnName(column int) string {
	var name []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = append(name, byte('A'+(n-1)%26))
	}
	for i, j := 0, len(name)-1; i < j; i, j = i+1, j-1 {
		name[i], name[j] = name[j], name[i]
	}
	return string(name)
}

// CellName is the name of a cell, such as B7: column counted from 0, row from 1.
func CellName(column int, row int64) string { return fmt.Sprintf("%s%d", columnName(column), row) }

// parseCellName reads a name such as B7. The column is counted from 0.
func parseCellName(name []byte) (column int, row int64, ok bool) {
	i := 0
	for ; i < len(name) && name[i] >= 'A' && name[i] <= 'Z'; i++ {
		if column = column*26 + int(name[i]-'A') + 1; column > MaxColumns {
			return 0, 0, false
		}
	}
	if i == 0 || i == len(name) {
		return 0, 0, false
	}
	row, ok = parseRowNumber(name[i:])
	return column - 1, row, ok
}

// parseRowNumber reads the number of a row.
func parseRowNumber(digits []byte) (row int64, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		if row = row*10 + int64(c-'0'); row > MaxRows {
			return 0, false
		}
	}
	return row, row > 0
}

// fileKinds are archives that are no workbooks, by a part that each has.
var fileKinds = []struct{ part, what string }{
	{"xl/workbook.bin", "a binary workbook (.xlsb); save it as .xlsx"},
	{"content.xml", "an OpenDocument file (.ods); save it as .xlsx"},
	{"word/document.xml", "a document of a word processor (.docx); save its table as .xlsx or CSV"},
	{"ppt/presentation.xml", "a presentation (.pptx)"},
	{"Index/Document.iwa", "a workbook of Numbers; export it as .xlsx or CSV"},
}

// describeArchive says what an archive without a workbook is.
func describeArchive(names []string) string {
	for _, k := range fileKinds {
		for _, n := range names {
			if n == k.part {
				return "this is " + k.what
			}
		}
	}
	shown := names[:min(len(names), 3)]
	more := ""
	if len(names) > len(shown) {
		more = fmt.Sprintf(" and %d more", len(names)-len(shown))
	}
	return fmt.Sprintf("this is a ZIP archive without a workbook (it has %s%s); unpack it first", strings.Join(shown, ", "), more)
}

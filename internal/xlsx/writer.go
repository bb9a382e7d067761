package xlsx

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

// Column is a column to write.
type Column struct {
	Name    string
	Numbers bool   // cells whose text IsExactNumber are numbers; all others are text
	Wrap    bool   // long texts take several lines
	Input   *Input // what people may put into its cells; nil: anything
}

// Writer writes a workbook of one sheet, in memory that does not grow with the rows. The
// header is frozen and has a filter. The same rows give the same bytes.
type Writer struct {
	archive *zip.Writer
	sheet   *bufio.Writer
	columns []Column
	isForm  bool  // people read and fill it in: cells begin at the top of their rows
	rows    int64 // with the header
	first   bytes.Buffer
	widths  []int // characters
	line    []byte
}

// measuredRows is how many rows at the start decide the widths of the columns.
const measuredRows = 200

// NewWriter writes the header, of at most MaxColumns columns.
func NewWriter(out io.Writer, columns []Column) (*Writer, error) {
	archive := zip.NewWriter(out)
	archive.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 4) })
	w := &Writer{archive: archive, columns: columns, widths: make([]int, len(columns))}
	w.isForm = slices.ContainsFunc(columns, func(c Column) bool { return c.Wrap || c.Input != nil })
	part, err := archive.Create(sheetPart)
	if err != nil {
		return nil, err
	}
	w.sheet = bufio.NewWriterSize(part, 256<<10)
	cells := make([][]byte, len(columns))
	for i, c := range columns {
		cells[i] = []byte(c.Name)
	}
	return w, w.WriteRow(cells)
}

// WriteRow writes the text of the cells of a row, of at most MaxCellText. An empty text is
// an empty cell. With the header there may be MaxRows.
func (w *Writer) WriteRow(cells [][]byte) error {
	w.rows++
	w.line = fmt.Appendf(w.line[:0], `<row r="%d">`, w.rows)
	for i, text := range cells {
		if len(text) > 0 || w.rows > 1 && w.keepsText(i) {
			w.appendCell(i, text)
		}
	}
	w.line = append(w.line, "</row>\n"...)
	if w.rows > measuredRows {
		_, err := w.sheet.Write(w.line)
		return err
	}
	for i, text := range cells {
		w.widths[i] = max(w.widths[i], textWidth(text))
	}
	w.first.Write(w.line)
	if w.rows == measuredRows {
		return w.writeStart()
	}
	return nil
}

// appendCell appends a cell to the line. The styles are those of fixedParts.
func (w *Writer) appendCell(column int, text []byte) {
	b := append(w.line, `<c r="`...)
	b = append(b, columnName(column)...)
	b = append(strconv.AppendInt(b, w.rows, 10), '"')
	isNumber := w.rows > 1 && w.columns[column].Numbers && IsExactNumber(text)
	if style := w.styleOf(column, text, isNumber); style != plainStyle {
		b = append(strconv.AppendInt(append(b, ` s="`...), int64(style), 10), '"')
	}
	switch {
	case len(text) == 0:
		w.line = append(b, "/>"...)
		return
	case isNumber:
		b = append(append(b, "><v>"...), text...)
		w.line = append(b, "</v></c>"...)
		return
	}
	b = append(b, ` t="inlineStr"><is><t`...)
	if needsPreserve(text) {
		b = append(b, ` xml:space="preserve"`...)
	}
	b = appendEscaped(append(b, '>'), text)
	w.line = append(b, "</t></is></c>"...)
}

// keepsText reports whether what people type into a column stays the text that they typed.
func (w *Writer) keepsText(column int) bool {
	in := w.columns[column].Input
	return in != nil && !in.Numbers
}

// styleOf is the style of a cell, one of those of fixedParts.
func (w *Writer) styleOf(column int, text []byte, isNumber bool) int {
	wraps := w.columns[column].Wrap
	switch {
	case w.rows == 1:
		return headerStyle
	case !isNumber && w.keepsText(column) && wraps:
		return wrappedTextStyle
	case !isNumber && w.keepsText(column):
		return topTextStyle
	case !isNumber && needsTextStyle(text) && wraps:
		return wrappedQuotedStyle
	case !isNumber && needsTextStyle(text) && w.isForm:
		return topQuotedStyle
	case !isNumber && needsTextStyle(text):
		return quotedStyle
	case wraps:
		return wrappedStyle
	case w.isForm:
		return topStyle
	}
	return plainStyle
}

// needsTextStyle reports whether a program would take what it shows for something else
// when it is edited: a number, a date or a formula.
func needsTextStyle(text []byte) bool {
	c := text[0]
	return c >= '0' && c <= '9' || c == '=' || c == '+' || c == '-' || c == '@' || c == '\'' || c == '.'
}

// needsPreserve reports whether XML could lose blanks of a text.
func needsPreserve(text []byte) bool {
	first, last := text[0], text[len(text)-1]
	return first <= ' ' || last <= ' ' || bytes.IndexByte(text, '\n') >= 0 || bytes.Contains(text, []byte("  "))
}

// textWidth is the characters of the longest line of a text; wide ones count twice.
func textWidth(text []byte) (widest int) {
	const wide = 0x1100
	n := 0
	for _, c := range string(text[:min(len(text), 4*maxWidth)]) {
		switch {
		case c == '\n':
			n = 0
			continue
		case c >= wide && c != utf8.RuneError:
			n++
		}
		n++
		widest = max(widest, n)
	}
	return widest
}

// The widths of columns, in characters. The button of the filter has room too.
const (
	minWidth    = 8
	maxWidth    = 60
	filterWidth = 3
)

// writeStart writes what comes before the rows, and the first rows.
func (w *Writer) writeStart() error {
	s := w.sheet
	s.WriteString(xmlHead + `<worksheet xmlns="` + mainNamespace + `"><sheetViews><sheetView tabSelected="1" workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews>` +
		`<sheetFormatPr defaultRowHeight="15"/>`)
	if len(w.columns) > 0 {
		s.WriteString("<cols>")
		for i, n := range w.widths {
			fmt.Fprintf(s, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, min(max(n+filterWidth, minWidth), maxWidth))
		}
		s.WriteString("</cols>")
	}
	s.WriteString("<sheetData>\n")
	_, err := s.Write(w.first.Bytes()) // an error of the writes before stays
	w.first = bytes.Buffer{}
	return err
}

// Close writes what comes after the rows. It does not close what the workbook is
// written to.
func (w *Writer) Close() error {
	if w.rows < measuredRows {
		if err := w.writeStart(); err != nil {
			return err
		}
	}
	area := ""
	w.sheet.WriteString("</sheetData>")
	if n := len(w.columns); n > 0 {
		last := columnName(n - 1)
		area = fmt.Sprintf("$A$1:$%s$%d", last, w.rows)
		fmt.Fprintf(w.sheet, `<autoFilter ref="A1:%s%d"/>`, last, w.rows)
		w.writeValidations()
		fmt.Fprintf(w.sheet, `<ignoredErrors><ignoredError sqref="A1:%s%d" numberStoredAsText="1"/></ignoredErrors>`, last, w.rows)
	}
	w.sheet.WriteString("</worksheet>")
	if err := w.sheet.Flush(); err != nil {
		return err
	}
	for _, p := range fixedParts(area, w.choiceSheet()) {
		part, err := w.archive.Create(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, xmlHead+p.text); err != nil {
			return err
		}
	}
	return w.archive.Close()
}

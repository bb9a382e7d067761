package table

import (
	"io"
	"unicode/utf8"

	"prism/internal/term"
)

// FormulaGuard passes CSV or TSV on and puts an apostrophe before each cell, those of the header
// too, that a spreadsheet program may take for a formula: where it begins with = + - @, the wide
// forms of these, a tab or a line break, and is no number such as -5. All other bytes stay. What has the apostrophe already
// is not changed.
type FormulaGuard struct {
	out    io.Writer
	delim  byte
	state  guardState
	mark   int    // bytes of a byte order mark that came, which wait; len(ByteOrderMark): none can come
	cell   []byte // that begins with a sign, while it may be a number, or the first bytes of a wide sign
	quoted bool   // it is in quotes
	buf    []byte
}

// guardState is where in a record the next byte is.
type guardState uint8

const (
	cellStart    guardState = iota // the first byte of a cell, or its quote
	behindQuote                    // the first byte behind the quote
	textInQuotes                   // in quotes
	quoteInText                    // behind a quote in quotes: the end, or a quote of the text
	bareText                       // without quotes
	signedCell                     // in cell
	wideStart                      // in cell, which may begin with a wide sign
)

// NewFormulaGuard returns a guard of text of a format, which is not JSONL.
func NewFormulaGuard(out io.Writer, f Format) *FormulaGuard {
	return &FormulaGuard{out: out, delim: f.delimiter()}
}

// Write passes on all but the end of a cell that may be a number.
func (g *FormulaGuard) Write(b []byte) (int, error) {
	g.buf = g.buf[:0]
	for _, c := range b {
		if g.mark < len(ByteOrderMark) {
			if c == ByteOrderMark[g.mark] {
				if g.mark++; g.mark == len(ByteOrderMark) {
					g.buf = append(g.buf, ByteOrderMark...)
				}
				continue
			}
			g.endMark()
		}
		g.addByte(c)
	}
	if _, err := g.out.Write(g.buf); err != nil {
		return 0, err
	}
	return len(b), nil
}

// endMark takes what came of a byte order mark that is none for the beginning of the first cell.
func (g *FormulaGuard) endMark() {
	came := g.mark
	g.mark = len(ByteOrderMark)
	if came == len(ByteOrderMark) {
		return
	}
	for i := range came {
		g.addByte(ByteOrderMark[i])
	}
}

func (g *FormulaGuard) addByte(c byte) {
	switch g.state {
	case wideStart:
		if len(g.cell) < term.WideSize && c >= utf8.RuneSelf {
			g.cell = append(g.cell, c)
			return
		}
		g.endStart()
	case signedCell:
		if len(g.cell) <= term.LongestNumber && !g.isEnd(c, g.quoted) {
			g.cell = append(g.cell, c)
			return
		}
		g.endNumber()
	case cellStart, behindQuote:
		isQuoted := g.state == behindQuote
		switch {
		case !isQuoted && c == '"':
			g.state = behindQuote
			g.buf = append(g.buf, c)
			return
		case g.isEnd(c, isQuoted):
		case c == '+' || c == '-':
			g.state, g.quoted, g.cell = signedCell, isQuoted, append(g.cell[:0], c)
			return
		case c == term.WideLead:
			g.state, g.quoted, g.cell = wideStart, isQuoted, append(g.cell[:0], c)
			return
		case term.StartsFormula([]byte{c}):
			g.buf = append(g.buf, term.TextMark)
		}
		g.state = textState(isQuoted)
	}
	g.pass(c)
}

// textState is the state within the text of a cell.
func textState(isQuoted bool) guardState {
	if isQuoted {
		return textInQuotes
	}
	return bareText
}

// isEnd reports whether a byte ends a cell.
func (g *FormulaGuard) isEnd(c byte, isQuoted bool) bool {
	if isQuoted {
		return c == '"'
	}
	return c == g.delim || c == '\n' || c == '\r'
}

// endNumber passes on the cell that began with a sign.
func (g *FormulaGuard) endNumber() {
	if !term.IsPlainNumber(g.cell) {
		g.buf = append(g.buf, term.TextMark)
	}
	g.buf = append(g.buf, g.cell...)
	g.state = textState(g.quoted)
}

// endStart passes on the first bytes of a cell that may have begun with a wide sign.
func (g *FormulaGuard) endStart() {
	if term.StartsFormula(g.cell) {
		g.buf = append(g.buf, term.TextMark)
	}
	g.buf = append(g.buf, g.cell...)
	g.state = textState(g.quoted)
}

// pass passes on a byte within a cell.
func (g *FormulaGuard) pass(c byte) {
	g.buf = append(g.buf, c)
	switch {
	case g.state == textInQuotes && c == '"':
		g.state = quoteInText
	case g.state == quoteInText && c == '"':
		g.state = textInQuotes
	case g.state == textInQuotes:
	case g.isEnd(c, false): // a CR alone is a line ending to some programs
		g.state = cellStart
	}
}

// Flush passes on the rest, at the end of the text.
func (g *FormulaGuard) Flush() error {
	g.buf = g.buf[:0]
	g.endMark()
	switch g.state {
	case signedCell:
		g.endNumber()
	case wideStart:
		g.endStart()
	}
	_, err := g.out.Write(g.buf)
	return err
}

// Reset begins a new text.
func (g *FormulaGuard) Reset() { g.state, g.mark, g.cell = cellStart, 0, g.cell[:0] }

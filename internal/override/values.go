package override

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"prism/internal/prompt"
	"prism/internal/term"
)

// column is the overrides of one coded column.
type column struct {
	name   string // in the results
	given  int    // place in the table of overrides
	spec   *prompt.Column
	values []uint32 // by row: the number of a value in texts, 0: none
	texts  texts
	known  map[string]uint32 // typed texts, the first of them
	again  int64             // rows in which a value replaced that of an earlier file
	// kept is how many numbers are written in another way than in the result, which is kept.
	kept      int64
	firstKept string
}

// maxKnown is how many different typed texts of a column are looked for.
const maxKnown = 10_000

// valueOf is the number of the value of a row, 0 if the row has none.
func (c *column) valueOf(row int) uint32 {
	if row < len(c.values) {
		return c.values[row]
	}
	return 0
}

// setTyped takes what was typed in a row, which is not blank, without outer blanks.
func (c *column) setTyped(s *prompt.Schema, row int, text []byte, decimalComma bool) {
	number, known := c.known[string(text)]
	if !known {
		typed := string(text)
		cell, err := s.ParseTyped(c.spec, typed, decimalComma)
		switch {
		case err == nil:
			number = c.texts.addText(validValue, cell)
		case decimalComma:
			number = c.texts.addText(invalidComma, typed)
		default:
			number = c.texts.addText(invalidValue, typed)
		}
		if len(c.known) < maxKnown {
			if c.known == nil {
				c.known = map[string]uint32{}
			}
			c.known[typed] = number
		}
	}
	if grow := row + 1 - len(c.values); grow > 0 {
		c.values = append(c.values, make([]uint32, grow)...)
	}
	c.values[row] = number
}

// Kinds of values: those that the codebook has, and others, as they were typed.
const (
	validValue   = 'v'
	invalidValue = 'i'
	invalidComma = 'c' // invalid in a table with decimal commas
)

// texts holds texts, each with its kind, in pages, so that a million of them cost little
// more than their bytes. They have numbers from 1 on.
type texts struct {
	pages  [][]byte
	starts []uint64 // page and offset of each text: its length, kind and bytes
}

const pageSize = 1 << 20

func (t *texts) addText(kind byte, text string) uint32 {
	need := binary.MaxVarintLen64 + 1 + len(text)
	last := len(t.pages) - 1
	if last < 0 || cap(t.pages[last])-len(t.pages[last]) < need {
		size := pageSize
		if last < 0 {
			size = pageSize / 64 // most columns have few labels
		}
		t.pages = append(t.pages, make([]byte, 0, max(size, need)))
		last++
	}
	page := t.pages[last]
	t.starts = append(t.starts, uint64(last)<<32|uint64(len(page)))
	page = binary.AppendUvarint(page, uint64(len(text)))
	page = append(page, kind)
	t.pages[last] = append(page, text...)
	return uint32(len(t.starts))
}

// text is the text of a number, which lives as long as t.
func (t *texts) text(number uint32) (kind byte, text []byte) {
	start := t.starts[number-1]
	b := t.pages[start>>32][start&math.MaxUint32:]
	length, n := binary.Uvarint(b)
	return b[n], b[n+1 : n+1+int(length)]
}

// passedColumn is a column that overrides pass over and that the results have too.
type passedColumn struct {
	name        string
	given       int // place in the table of overrides
	hashes      []uint32
	edited      int64 // rows with another value than the result
	firstEdited int64
}

// hashSeed is that of all hashes of a process.
var hashSeed = maphash.MakeSeed()

// hashCell is equal for cells that a spreadsheet program may make of each other as it saves
// them; 0 for an empty cell.
func hashCell(cell []byte) uint32 {
	cell = term.WithoutTextMark(bytes.TrimSpace(cell))
	switch {
	case len(cell) == 0:
		return 0
	case len(cell) <= longestNumber:
		text := term.CanonicalName(asWindows1252(string(cell)))
		if text == "" {
			return 0
		}
		if c := text[0] | 0x20; c < 'a' || c > 'z' { // most labels begin with a letter
			if v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil {
				text = strconv.FormatFloat(v, 'g', 15, 64)
			}
		}
		return max(uint32(maphash.String(hashSeed, strings.ToLower(text))), 1)
	case isPlain(cell):
		return max(uint32(maphash.Bytes(hashSeed, cell)), 1)
	}
	text := asWindows1252(strings.ReplaceAll(string(cell), "\r\n", "\n"))
	return max(uint32(maphash.String(hashSeed, term.CanonicalName(text))), 1)
}

// longestNumber is the bytes of a text that programs may write as another number or boolean.
const longestNumber = 24

// isRewrittenNumber reports whether a text is only what a spreadsheet program makes of the present
// one, which it takes for a number: 7 for 007, 1.23457E+15 for 1234567890123456.
func isRewrittenNumber(c *prompt.Column, value, present string) bool {
	if c.Type != prompt.TypeText && c.Type != prompt.TypeLabel {
		return false
	}
	is, err := strconv.ParseFloat(strings.Replace(value, ",", ".", 1), 64)
	was, err2 := strconv.ParseFloat(strings.TrimSpace(present), 64)
	if err != nil || err2 != nil || math.IsNaN(is) || math.IsInf(is, 0) {
		return false
	}
	const shownDigits = 1e-5
	return is == was || strings.ContainsAny(value, "eE") && math.Abs(is-was) <= shownDigits*math.Abs(was)
}

// isPlain reports whether a text is ASCII without carriage returns.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf || c == '\r' {
			return false
		}
	}
	return true
}

// asWindows1252 makes of a text what a spreadsheet program saves as CSV in Windows-1252: a
// question mark for each character that this lacks, two beyond the basic plane.
func asWindows1252(text string) string {
	if term.IsASCII(text) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		switch _, ok := charmap.Windows1252.EncodeRune(c); {
		case ok:
			b.WriteRune(c)
		case c > 0xFFFF:
			b.WriteString("??")
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// isLossyCopy reports whether a value is only what a program that saves in Windows-1252 made
// of the present text: nobody typed it.
func isLossyCopy(value, present string) bool {
	return strings.Contains(value, "?") && value != present && value == asWindows1252(present)
}

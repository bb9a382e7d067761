package ollamatest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// replyText writes what the model says to the call: compact JSON, changed as
// the call's fault wants.
func (s *Server) replyText(dst []byte, c *chatCall) []byte {
	kind := c.kind()
	switch {
	case kind == FreeText:
		return append(dst, FreeReply...)
	case kind == Empty:
		return dst
	case c.contract != "":
		return append(dst, c.contract...)
	case len(c.rows) == 0:
		return append(dst, "Yes."...)
	}
	w := rowWriter{server: s, call: c, kind: kind}
	start := len(dst)
	rows := c.rows
	if kind == SwapRows {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	hit := c.hitRows()
	if c.array {
		dst = append(dst, '[')
	}
	for i := range rows {
		if kind == MissingRow && hit[rows[i].ID] {
			continue
		}
		dst = w.appendRow(dst, &rows[i], hit[rows[i].ID], 0)
	}
	if kind == TwiceRow {
		for i := range rows {
			if hit[rows[i].ID] {
				dst = w.appendRow(dst, &rows[i], true, 1)
			}
		}
	}
	if c.array {
		if kind == TrailingComma && w.written > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, ']')
	}
	before, after := wrapping(kind)
	for i := range c.values {
		c.values[i].start, c.values[i].end = c.values[i].start+len(before), c.values[i].end+len(before)
	}
	if before == "" && after == "" {
		return dst
	}
	return append(slices.Insert(dst, start, []byte(before)...), after...)
}

// wrapping is the text that a fault puts around the JSON of the reply.
func wrapping(kind Kind) (before, after string) {
	switch kind {
	case Prose:
		before, after = "Sure! Here are the labels you asked for [as JSON]:\n\n", "\n\nLet me know if {anything} is unclear."
	case Fence:
		before, after = "```json\n", "\n```"
	case Wrapped:
		before, after = `{"results": `, "}"
	case ThinkBlock:
		before = "<think>\nThe first one is [1] angry, {so} it is negative.\n</think>\n\n"
	}
	return before, after
}

// hitRows are the RowIDs that a fault of rows strikes.
func (c *chatCall) hitRows() map[int64]bool {
	switch c.kind() {
	case MissingRow, TwiceRow, OtherRow, WrongLabel, NullValue:
	default:
		return nil
	}
	hit := map[int64]bool{}
	for i := range c.rows {
		if c.fault.matchesRow(&c.rows[i]) {
			hit[c.rows[i].ID] = true
		}
	}
	if len(hit) == 0 {
		one := newHash(uint64(len(c.rows))).addNumber(uint64(c.rows[0].ID)).mix() % uint64(len(c.rows))
		hit[c.rows[one].ID] = true
	}
	return hit
}

// answeredRows are the RowIDs whose right labels the call's answer has, in the form that was asked
// for: whether a client finds them in another form is its own matter.
func (c *chatCall) answeredRows() (ids []int64) {
	switch c.kind() {
	case Loop, NoDone, FreeText, Empty, Prose, Fence, Wrapped, ThinkBlock, TrailingComma, TextID, OtherCase:
		return nil
	}
	if c.promptCut || c.replyCut {
		return nil
	}
	hit := c.hitRows()
	for i := range c.rows {
		if !hit[c.rows[i].ID] {
			ids = append(ids, c.rows[i].ID)
		}
	}
	return ids
}

type rowWriter struct {
	server  *Server
	call    *chatCall
	kind    Kind
	written int
}

// appendRow writes the object of a row, or its array; shift other than 0 takes other labels.
func (w *rowWriter) appendRow(dst []byte, r *Row, hit bool, shift int64) []byte {
	if w.written > 0 {
		dst = append(dst, ',')
	}
	w.written++
	name, open, end := r.ID, byte('{'), byte('}')
	if w.call.compact {
		name, open, end = r.Number, '[', ']'
	}
	if hit && w.kind == OtherRow {
		name += otherRowOffset
	}
	dst = w.appendKey(append(dst, open), "RowID")
	if w.kind == TextID {
		dst = append(strconv.AppendInt(append(dst, '"'), name, 10), '"')
	} else {
		dst = strconv.AppendInt(dst, name, 10)
	}
	other := *r
	other.ID += shift
	for i := range w.call.columns {
		c := &w.call.columns[i]
		dst = w.appendKey(append(dst, ','), c.Name)
		switch {
		case hit && i == 0 && w.kind == NullValue:
			dst = append(dst, "null"...)
		case hit && i == 0 && w.kind == WrongLabel:
			dst = appendJSON(dst, WrongText)
		default:
			start := len(dst)
			dst = c.appendValue(dst, other)
			w.call.noteValue(dst, start, c, other)
		}
	}
	if w.kind == TrailingComma {
		dst = append(dst, ',')
	}
	return append(dst, end)
}

// appendKey writes the key of a value, which an array lacks.
func (w *rowWriter) appendKey(dst []byte, name string) []byte {
	switch {
	case w.call.compact:
		return dst
	case w.kind == OtherCase:
		name = strings.ToLower(name)
	}
	return append(appendJSON(dst, name), ':')
}

// appendJSON appends s as a JSON string the way a model writes it.
func appendJSON(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // an error tells of bytes that are not UTF-8, which it replaces
	return dst
}

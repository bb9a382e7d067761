package ollamatest

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// replyText writes what the model says to the call: compact JSON, changed as
// the call's fault wants.
func (s *Server) replyText(dst []byte, c *chatCall) []byte {
	if len(c.rows) == 0 {
		return append(dst, "Yes."...)
	}
	kind := c.kind()
	if kind == Empty {
		return dst
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
		dst = w.row(dst, &rows[i], hit[rows[i].ID], 0)
	}
	if kind == TwiceRow {
		for i := range rows {
			if hit[rows[i].ID] {
				dst = w.row(dst, &rows[i], true, 1)
			}
		}
	}
	if c.array {
		if kind == TrailingComma && w.written > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, ']')
	}
	return around(dst, start, kind)
}

// around puts the fault's text around the JSON that begins at start.
func around(dst []byte, start int, kind Kind) []byte {
	var before, after string
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
	if before == "" && after == "" {
		return dst
	}
	return append(slices.Insert(dst, start, []byte(before)...), after...)
}

// hitRows are the RowIDs that a fault of rows strikes.
func (c *chatCall) hitRows() map[int64]bool {
	switch c.kind() {
	case MissingRow, TwiceRow, ForeignRow, WrongLabel, NullValue:
	default:
		return nil
	}
	hit := map[int64]bool{}
	for i := range c.rows {
		if c.fault.names(&c.rows[i]) {
			hit[c.rows[i].ID] = true
		}
	}
	if len(hit) == 0 {
		one := newHash(uint64(len(c.rows))).number(uint64(c.rows[0].ID)).mixed() % uint64(len(c.rows))
		hit[c.rows[one].ID] = true
	}
	return hit
}

type rowWriter struct {
	server  *Server
	call    *chatCall
	kind    Kind
	written int
}

// row writes the object of a row; shift other than 0 takes other labels.
func (w *rowWriter) row(dst []byte, r *Row, hit bool, shift int64) []byte {
	if w.written > 0 {
		dst = append(dst, ',')
	}
	w.written++
	id := r.ID
	if hit && w.kind == ForeignRow {
		id += ForeignOffset
	}
	dst = append(dst, '{')
	dst = append(w.key(dst, "RowID"), ':')
	if w.kind == TextID {
		dst = append(strconv.AppendInt(append(dst, '"'), id, 10), '"')
	} else {
		dst = strconv.AppendInt(dst, id, 10)
	}
	other := *r
	other.ID += shift
	for i := range w.call.columns {
		c := &w.call.columns[i]
		dst = append(w.key(append(dst, ','), c.name), ':')
		switch {
		case hit && i == 0 && w.kind == NullValue:
			dst = append(dst, "null"...)
		case hit && i == 0 && w.kind == WrongLabel:
			dst = appendJSON(dst, WrongText)
		default:
			dst = appendJSON(dst, w.label(c, other))
		}
	}
	if w.kind == TrailingComma {
		dst = append(dst, ',')
	}
	return append(dst, '}')
}

func (w *rowWriter) key(dst []byte, name string) []byte {
	if w.kind == OtherCase {
		name = strings.ToLower(name)
	}
	return appendJSON(dst, name)
}

func (w *rowWriter) label(c *shapeColumn, r Row) string {
	text := Label(c.name, r, c.labels)
	if c.maxLength > 0 && utf8.RuneCountInString(text) > c.maxLength {
		text = string([]rune(text)[:c.maxLength])
	}
	return text
}

// appendJSON appends s, which is UTF-8, as a JSON string the way a model writes it.
func appendJSON[T string | []byte](dst []byte, s T) []byte { return appendQuoted(dst, s, "") }

// appendHTML does so the way Ollama does, HTML's characters escaped.
func appendHTML[T string | []byte](dst []byte, s T) []byte { return appendQuoted(dst, s, "<>&") }

func appendQuoted[T string | []byte](dst []byte, s T, also string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && (also == "" || strings.IndexByte(also, c) < 0) {
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	return append(append(dst, s[start:]...), '"')
}

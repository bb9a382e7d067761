package table

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// candidates are the delimiters that are looked for; of ties the first wins.
const candidates = ",;\t|"

// maxDetect is how many bytes of a header are looked at for its delimiter.
const maxDetect = 1 << 20

// ParseDelimiter reads a delimiter of CSV: one ASCII character, or tab.
func ParseDelimiter(text string) (byte, error) {
	switch {
	case text == "tab" || text == `\t`:
		return '\t', nil
	case len(text) == 1 && (text[0] >= ' ' || text[0] == '\t') && text[0] < 0x7F && text[0] != '"':
		return text[0], nil
	}
	return 0, fmt.Errorf("invalid delimiter %q (want one ASCII character or tab)", text)
}

// DelimiterFlag is a delimiter as ParseDelimiter reads it.
func DelimiterFlag(d byte) string {
	if d == '\t' {
		return "tab"
	}
	return string(rune(d))
}

// DetectDelimiter is the most frequent delimiter outside quotes in the record that
// text starts with.
func DetectDelimiter(text []byte) byte {
	var r recordScan
	r.read(text)
	return r.mostFrequent()
}

// recordScan finds the end of the first record of a text, whatever its delimiter is,
// and counts the candidates outside quotes. Blank lines before it are skipped.
type recordScan struct {
	counts [len(candidates)]int
	at     int // bytes of the text that were read: where the record ends if it did

	begun, inField, quoted bool
}

// read goes on in the text, of which there may be more than at the last call, and
// reports whether the record ends in it.
func (r *recordScan) read(text []byte) (ended bool) {
	for ; r.at < len(text); r.at++ {
		c := text[r.at]
		switch {
		case c == '"' && (r.quoted || !r.inField):
			r.quoted = !r.quoted // a doubled quote closes and opens
			r.begun = true
			continue
		case r.quoted:
			continue
		case c == '\n' || c == '\r':
			if r.begun {
				return true
			}
			continue
		}
		which := strings.IndexByte(candidates, c)
		if which >= 0 {
			r.counts[which]++
		}
		r.begun, r.inField = true, which < 0
	}
	return false
}

func (r *recordScan) mostFrequent() byte {
	best := 0
	for i, n := range r.counts {
		if n > r.counts[best] {
			best = i
		}
	}
	return candidates[best]
}

// count is how often a delimiter was found; 0 of one that is no candidate.
func (r *recordScan) count(d byte) int {
	if i := strings.IndexByte(candidates, d); i >= 0 {
		return r.counts[i]
	}
	return 0
}

// A header is looked for below so many records of a title, in so many records.
const (
	titleRecords = 3
	shownRecords = 20
)

// shownRecord is a record of the beginning of a table.
type shownRecord struct {
	scan recordScan
	text []byte
	line int64
}

// HeaderBelowTitle is the line of what looks like the header below lines of a title, 0 if there is
// none. The title has no delimiters; the first record with some has three names or more, and those
// below it, two at least, have as many fields. The text is the beginning of a table, from the given
// line on, or the whole.
func HeaderBelowTitle(text []byte, line int64, whole bool) int64 {
	records := showRecords(text, line, whole)
	first := slices.IndexFunc(records, func(r shownRecord) bool { return r.scan.counts != [len(candidates)]int{} })
	if first < 1 || first > titleRecords || len(records) < first+3 {
		return 0
	}
	header := records[first]
	delimiter := header.scan.mostFrequent()
	fields := header.scan.count(delimiter) + 1
	differs := func(r shownRecord) bool { return r.scan.count(delimiter)+1 != fields }
	if fields < 3 || slices.ContainsFunc(records[first:], differs) || !hasNames(header.text, delimiter) {
		return 0
	}
	return header.line
}

// showRecords returns the first records that hold more than delimiters.
func showRecords(text []byte, line int64, whole bool) (records []shownRecord) {
	for len(records) < shownRecords {
		r := shownRecord{line: line}
		if !r.scan.read(text) && !(whole && r.scan.begun) {
			break
		}
		read := text[:r.scan.at]
		r.text = bytes.TrimLeft(read, "\r\n")
		r.line += int64(bytes.Count(read[:len(read)-len(r.text)], newline))
		line += int64(bytes.Count(read, newline))
		text = text[r.scan.at:]
		if len(bytes.Trim(r.text, candidates+" ")) > 0 {
			records = append(records, r)
		}
	}
	return records
}

// hasNames reports whether all cells of a record are texts, as in a header. A blank before a text
// is that of a sentence.
func hasNames(record []byte, delimiter byte) bool {
	s := csvSplitter{delim: delimiter}
	rec, bad := s.next(record, true)
	if bad != nil || rec == nil {
		return false
	}
	return !slices.ContainsFunc(rec.fields, func(f span) bool {
		cell := string(appendUnquoted(nil, record[f.from:f.to]))
		_, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
		return strings.TrimSpace(cell) == "" || err == nil || cell[0] == ' '
	})
}

// EndsInCR reports whether the record that text starts with ends in CR alone.
func EndsInCR(text []byte) bool {
	var r recordScan
	return r.read(text) && r.at+1 < len(text) && text[r.at] == '\r' && text[r.at+1] != '\n'
}

// scanHeader reads ahead to the end of the header, as far as maxDetect.
func (r *Reader) scanHeader() (recordScan, error) {
	var scan recordScan
	for {
		text := r.buf[r.start:r.end]
		if scan.read(text[:min(len(text), maxDetect)]) || r.eof || len(text) >= maxDetect {
			return scan, nil
		}
		if err := r.fillBuffer(); err != nil {
			return scan, err
		}
	}
}

// delimiterName is a delimiter in messages.
func delimiterName(d byte) string {
	if d == '\t' {
		return "tabs"
	}
	return fmt.Sprintf("%q", d)
}

// otherDelimiters are the delimiters in the header besides its own, for advice.
type otherDelimiters struct {
	likely byte   // what seems to separate the columns; 0: what does
	header []byte // its record, where it has others; else nil
	below  int64  // the line that looks like the header, where a title was taken for it; else 0
}

// noteOthers notes what of a header's text may separate its columns.
func (h *Header) noteOthers(scan *recordScan, text []byte) {
	own := h.Format.delimiter()
	if d := scan.mostFrequent(); scan.count(d) > scan.count(own) {
		h.others.likely = d
	}
	for i, n := range scan.counts {
		if n > 0 && candidates[i] != own {
			h.others.header = bytes.Clone(text)
			return
		}
	}
}

// withColumn is the delimiter that would make a column of this name; 0: none.
func (o *otherDelimiters) withColumn(name string) byte {
	if o.header == nil {
		return 0
	}
	for i := range len(candidates) {
		s := csvSplitter{delim: candidates[i]}
		rec, bad := s.next(o.header, true)
		if bad != nil || rec == nil || len(rec.fields) < 2 {
			continue
		}
		for _, f := range rec.fields {
			if string(appendUnquoted(nil, o.header[f.from:f.to])) == name {
				return candidates[i]
			}
		}
	}
	return 0
}

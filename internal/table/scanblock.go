package table

import (
	"bytes"
	"fmt"
)

// run finds the records that start in Data[i:limit]. It reads on after the
// limit, at most overrun bytes, until the last one ends.
func (s *blockScanner) run(b *Block, i, overrun int) (scanEnd, error) {
	if s.format == JSONL {
		return s.runLines(b, i, overrun)
	}
	quote := -1 // the next one from i on, or the end of Data
	for i < b.limit {
		lf := bytes.IndexByte(b.Data[i:], '\n')
		if quote < i {
			quote = nextByte(b.Data, i, '"')
		}
		if lf >= 0 && quote < i+lf {
			if next, ok := s.quoted(b, i, i+lf, &quote); ok {
				i = next
				continue
			}
		}
		if lf < 0 || quote < i+lf {
			next, end, err := s.careful(b, i, overrun)
			if end != scanDone || err != nil {
				return end, err
			}
			i, quote = next, min(quote, next-1)
			continue
		}
		end := trimCR(b.Data, i, i+lf)
		if end == i && !s.blank {
			i += lf + 1
			continue
		}
		text := b.Data[i:end]
		if n := bytes.Count(text, s.delim) + 1; n != s.names {
			b.bad = &blockFault{fieldCount(n, s.names), i, i}
			return scanFault, nil
		}
		b.Recs = append(b.Recs, Rec{uint32(i), uint32(end), uint32(i + lf + 1)})
		if len(s.columns) > 0 {
			s.cutPlain(b, text, i)
		}
		i += lf + 1
	}
	b.next = b.Offset + int64(i)
	return scanDone, nil
}

// cutPlain marks the wanted fields of a record without quotes, which starts at Data[at].
func (s *blockScanner) cutPlain(b *Block, text []byte, at int) {
	column, from := 0, 0
	for _, want := range s.columns {
		for ; column < want; column++ {
			from += bytes.IndexByte(text[from:], s.delim[0]) + 1
		}
		to := len(text)
		if want < s.names-1 {
			to = from + bytes.IndexByte(text[from:], s.delim[0])
		}
		b.Spans = append(b.Spans, Span{int32(at + from), int32(at + to)})
		column, from = want+1, to+1
	}
}

// quoted reads the record that starts at Data[i] and has quotes; lf is the
// first line feed after i and quote the first quote. It is quick for what is
// common and refuses the rest: faults, wanted fields that come after a quote,
// records that the bytes at hand do not end.
func (s *blockScanner) quoted(b *Block, i, lf int, quote *int) (next int, ok bool) {
	data, q := b.Data, *quote
	fields, plain, at, end := 1, 0, i, 0
	for end == 0 {
		for q < lf && q > at && data[q-1] != s.delim[0] {
			q = nextByte(data, q+1, '"') // within an unquoted field
		}
		if q > lf {
			fields += bytes.Count(data[at:lf], s.delim)
			end, next = trimCR(data, at, lf), lf+1
			break
		}
		fields += bytes.Count(data[at:q], s.delim)
		if plain == 0 {
			plain = fields
		}
		for q++; ; q++ {
			if q = nextByte(data, q, '"') + 1; q >= len(data) {
				return 0, false
			}
			if data[q] != '"' {
				break
			}
		}
		switch {
		case data[q] == s.delim[0]:
			fields++
			at = q + 1
			q, lf = nextByte(data, at, '"'), nextByte(data, at, '\n')
		case data[q] == '\n':
			end, next = q, q+1
		case data[q] == '\r' && q+1 < len(data) && data[q+1] == '\n':
			end, next = q, q+2
		default:
			return 0, false
		}
		if lf == len(data) {
			return 0, false
		}
	}
	if plain == 0 {
		plain = fields + 1
	}
	wanted := len(s.columns)
	if fields != s.names || wanted > 0 && s.columns[wanted-1] >= plain-1 {
		return 0, false
	}
	b.Recs = append(b.Recs, Rec{uint32(i), uint32(end), uint32(next)})
	if wanted > 0 {
		s.cutPlain(b, data[i:end], i)
	}
	*quote = q
	return next, true
}

// careful reads the one record that starts at Data[i], or skips a blank line.
func (s *blockScanner) careful(b *Block, i, overrun int) (next int, end scanEnd, err error) {
	s.cut.reset()
	s.cut.state = atField
	for {
		text, final := b.Data[i:], s.final(b)
		if n := lineEnding(text, final); n > 0 && !s.blank {
			return i + n, scanDone, nil
		}
		length, next, bad := s.cut.cut(text, final)
		if bad != nil {
			b.bad = &blockFault{bad.msg, i, i + bad.at}
			return 0, scanFault, nil
		}
		if next > 0 {
			if n := len(s.cut.fields); n != s.names {
				b.bad = &blockFault{fieldCount(n, s.names), i, i}
				return 0, scanFault, nil
			}
			b.Recs = append(b.Recs, Rec{uint32(i), uint32(i + length), uint32(i + next)})
			for _, c := range s.columns {
				f := s.cut.fields[c]
				b.Spans = append(b.Spans, Span{int32(i + f.from), int32(i + f.to)})
			}
			return i + next, scanDone, nil
		}
		if end, err := s.extend(b, i, overrun); end != scanDone || err != nil {
			return 0, end, err
		}
	}
}

// extend reads on, so that the record at Data[i] may end.
func (s *blockScanner) extend(b *Block, i, overrun int) (scanEnd, error) {
	over := len(b.Data) - b.limit
	if over >= overrun {
		if overrun < MaxSize {
			return scanShort, nil
		}
		b.bad = tooLong(s.cut.state == inQuotes, i, i+s.cut.start)
		return scanFault, nil
	}
	return scanDone, s.more(b, min(max(4<<10, over), overrun-over))
}

// tooLong is the fault of a record at start that has no end within MaxSize.
func tooLong(inQuotes bool, start, quote int) *blockFault {
	if inQuotes {
		return &blockFault{fmt.Sprintf("the quote that opens here does not close within %d MiB", MaxSize>>20), start, quote}
	}
	return &blockFault{fmt.Sprintf("the record is longer than %d MiB", MaxSize>>20), start, start}
}

// runLines is run for JSONL.
func (s *blockScanner) runLines(b *Block, i, overrun int) (scanEnd, error) {
	s.cut.reset()
	seen := i
	for i < b.limit {
		lf := bytes.IndexByte(b.Data[seen:], '\n')
		end, next := seen+lf, seen+lf+1
		if lf < 0 {
			if !s.final(b) {
				seen = len(b.Data)
				if end, err := s.extend(b, i, overrun); end != scanDone || err != nil {
					return end, err
				}
				continue
			}
			end, next = len(b.Data), len(b.Data)
		}
		end = trimCR(b.Data, i, end)
		line := b.Data[i:end]
		if len(bytes.TrimLeft(line, " \t\r")) > 0 {
			if bad := s.object.split(line); bad != nil {
				b.bad = &blockFault{bad.msg, i, i}
				return scanFault, nil
			}
			b.Recs = append(b.Recs, Rec{uint32(i), uint32(end), uint32(next)})
			for _, c := range s.columns {
				v := s.object.values[c]
				if v.from >= 0 {
					v = span{v.from + i, v.to + i}
				}
				b.Spans = append(b.Spans, Span{int32(v.from), int32(v.to)})
			}
		}
		i, seen = next, next
	}
	b.next = b.Offset + int64(i)
	return scanDone, nil
}

// lineAfter is the start of the line after the one that holds b[i], -1 if none ends.
func lineAfter(b []byte, i int) int {
	lf := bytes.IndexByte(b[i:], '\n')
	if lf < 0 {
		return -1
	}
	return i + lf + 1
}

// nextByte is the place of the first c in b[i:], or len(b).
func nextByte(b []byte, i int, c byte) int {
	if j := bytes.IndexByte(b[i:], c); j >= 0 {
		return i + j
	}
	return len(b)
}

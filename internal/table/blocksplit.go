package table

import "bytes"

type scanEnd uint8

const (
	scanDone  scanEnd = iota
	scanShort         // the bytes that may be read ended within a record
	scanFault
)

// findRecords finds the records that start in Data[i:limit]. It reads on after
// the limit, at most overrun bytes, until the last one ends.
func (s *blockScanner) findRecords(b *Block, i, overrun int) (scanEnd, error) {
	fast := fastSplitter{data: b.Data, delim: s.delim, last: s.lastColumn()}
	for i < b.limit {
		if s.delim != nil {
			rec := fast.next(i)
			if rec.next > 0 && rec.end == i && !s.keepBlank {
				i = rec.next
				continue
			}
			if rec.next > 0 && rec.fields == s.names {
				b.Recs = append(b.Recs, Rec{uint32(i), uint32(rec.end), uint32(rec.next)})
				s.cutColumns(b, i, rec.end)
				i = rec.next
				continue
			}
		}
		next, end, err := s.findRecord(b, i, overrun)
		if end != scanDone || err != nil {
			return end, err
		}
		fast = fastSplitter{data: b.Data, delim: s.delim, last: s.lastColumn()}
		i = next
	}
	b.next = b.Offset + int64(i)
	return scanDone, nil
}

// findRecord finds the one record that starts at Data[i], or skips a blank line.
func (s *blockScanner) findRecord(b *Block, i, overrun int) (next int, end scanEnd, err error) {
	s.splitter.reset()
	for {
		rec, bad := s.splitter.next(b.Data[i:], s.atEOF(b))
		switch {
		case bad != nil:
			b.bad = &blockFault{msg: bad.msg, start: i, at: i + bad.at}
			return 0, scanFault, nil
		case rec != nil && rec.blank:
			return i + rec.next, scanDone, nil
		case rec != nil:
			b.Recs = append(b.Recs, Rec{uint32(i), uint32(i + rec.end), uint32(i + rec.next)})
			for _, c := range s.columns {
				f := rec.fields[c]
				if f.from >= 0 {
					f = span{i + f.from, i + f.to}
				}
				b.Spans = append(b.Spans, Span{int32(f.from), int32(f.to)})
			}
			return i + rec.next, scanDone, nil
		}
		over := len(b.Data) - b.limit
		if over >= overrun {
			if overrun < maxSize {
				return 0, scanShort, nil
			}
			bad := s.splitter.tooLong()
			b.bad = &blockFault{msg: bad.msg, start: i, at: i + bad.at}
			return 0, scanFault, nil
		}
		if err := s.readMore(b, min(max(4<<10, over), overrun-over)); err != nil {
			return 0, 0, err
		}
	}
}

// lastColumn is the last wanted column, -1 if none is.
func (s *blockScanner) lastColumn() int {
	if n := len(s.columns); n > 0 {
		return s.columns[n-1]
	}
	return -1
}

// cutColumns notes the wanted fields of the record Data[from:end], before which
// it has no quoted field.
func (s *blockScanner) cutColumns(b *Block, from, end int) {
	column := 0
	for _, want := range s.columns {
		for ; column < want; column++ {
			from += bytes.IndexByte(b.Data[from:end], s.delim[0]) + 1
		}
		to := end
		if want < s.names-1 {
			to = from + bytes.IndexByte(b.Data[from:end], s.delim[0])
		}
		b.Spans = append(b.Spans, Span{int32(from), int32(to)})
		column, from = want+1, to+1
	}
}

// fastSplitter finds most records of a block in less time than csvSplitter: it
// jumps from quote to quote and counts the delimiters between them, many bytes at
// a time. It finds what csvSplitter finds, or nothing.
type fastSplitter struct {
	data  []byte
	delim []byte
	last  int // the last wanted column, -1 if none is: it must come before quoted fields
	quote int // not before it and after the record found last is a quote
}

// fastRecord is where a record ends in the data, and how many fields it has.
type fastRecord struct {
	end, next int // without and with the line ending; next 0: not found
	fields    int
}

// next finds the record that starts at data[i].
func (f *fastSplitter) next(i int) fastRecord {
	lf := nextByte(f.data, i, '\n')
	if f.quote <= i {
		f.quote = nextByte(f.data, i, '"')
	}
	switch {
	case lf == len(f.data):
		return fastRecord{}
	case f.quote < lf:
		return f.nextQuoted(i, lf)
	}
	end := trimCR(f.data, i, lf)
	n := bytes.Count(f.data[i:end], f.delim) + 1
	return fastRecord{end, lf + 1, n}
}

// nextQuoted finds the record that starts at data[i] and has a quote before
// data[lf], its first line feed. It gives up on faults, and on records that the
// data does not end.
func (f *fastSplitter) nextQuoted(i, lf int) fastRecord {
	data, delim, q := f.data, f.delim[0], f.quote
	fields, from, quoted := 1, i, false
	for {
		for q < lf && q > from && data[q-1] != delim {
			q = nextByte(data, q+1, '"') // within an unquoted field
		}
		if q > lf {
			f.quote = q
			fields += bytes.Count(data[from:lf], f.delim)
			return fastRecord{trimCR(data, from, lf), lf + 1, fields}
		}
		fields += bytes.Count(data[from:q], f.delim)
		if !quoted && fields-1 <= f.last {
			return fastRecord{} // the splitter cuts it
		}
		quoted = true
		for q++; ; q++ {
			if q = nextByte(data, q, '"') + 1; q >= len(data) {
				return fastRecord{}
			}
			if data[q] != '"' {
				break
			}
		}
		if data[q] != delim {
			n := lineEnding(data[q:], false)
			if n <= 0 {
				return fastRecord{}
			}
			f.quote = q
			return fastRecord{q, q + n, fields}
		}
		fields++
		from = q + 1
		q, lf = nextByte(data, from, '"'), nextByte(data, from, '\n')
		if lf == len(data) {
			return fastRecord{}
		}
	}
}

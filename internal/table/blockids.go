package table

// IDColumns are the columns that a scan must cut for Block.IDs: none where the
// IDs come first in CSV or TSV, which is quicker.
func IDColumns(column int, format Format) []int {
	if column > 0 || column == 0 && format == JSONL {
		return []int{column}
	}
	return nil
}

// IDs parses the integers of the j-th of the wanted columns of a block into
// dst; without wanted columns those of the first column (not for JSONL). Where
// one is none, the block fails there with a message that names the column.
func (b *Block) IDs(dst []int64, format Format, j, columns int, name string) []int64 {
	var text []byte
	for i := range b.Recs {
		var token []byte
		if columns == 0 {
			rec := b.Data[b.Recs[i].From:b.Recs[i].End]
			if v, ok := leadingID(rec, format.delimiter()); ok {
				dst = append(dst, v)
				continue
			}
			token = rec[:FieldEnd(format, rec)]
		} else {
			token = b.Token(b.Spans[i*columns+j])
		}
		v, err := ParseRowID(token)
		if err != nil {
			text = AppendText(text[:0], format, token)
			v, err = ParseRowID(text)
		}
		if err != nil {
			b.Fail(i, badID(name, text))
			return dst
		}
		dst = append(dst, v)
	}
	return dst
}

// leadingID reads the digits of a field that rec starts with, if there are
// nothing but digits and not too many.
func leadingID(rec []byte, delim byte) (v int64, ok bool) {
	for i, c := range rec {
		d := c - '0'
		if d > 9 {
			return v, c == delim && i > 0
		}
		if i == safeDigits {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	return v, len(rec) > 0
}

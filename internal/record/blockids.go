package record

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
			token = b.firstField(i, format)
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

// firstField is the raw token that record i of CSV or TSV starts with.
func (b *Block) firstField(i int, format Format) []byte {
	text := b.Data[b.Recs[i].From:b.Recs[i].End]
	n := 0
	for n < len(text) && (text[n]-'0' <= 9 || text[n] == '-') {
		n++
	}
	if n < len(text) && text[n] != format.delimiter() {
		n = FieldEnd(format, text)
	}
	return text[:n]
}

package table

// AppendCSV appends text as one field of a CSV record that has several.
func AppendCSV(dst, text []byte) []byte {
	e := Encoder{delim: ',', names: []string{"", ""}}
	return e.appendQuoted(dst, text)
}

// FieldEnd is the length of the raw token that the rest of a checked record of
// CSV or TSV starts with. A delimiter follows it, or nothing.
func FieldEnd(f Format, rest []byte) int {
	i := 0
	for i < len(rest) && rest[i] == '"' { // a doubled quote closes and opens
		i += 1 + nextByte(rest[i+1:], 0, '"') + 1
	}
	return nextByte(rest, min(i, len(rest)), f.delimiter())
}

package record

// AppendCSV appends text as one field of a CSV record that has several.
func AppendCSV(dst, text []byte) []byte {
	e := Encoder{delim: ',', names: []string{"", ""}}
	return e.appendQuoted(dst, text)
}

package table

import "io"

// FieldReader yields the records of CSV with any delimiter as they are: the
// header is a record like the others, and any number of fields is right. Blank
// lines are skipped. The grammar is that of the package.
type FieldReader struct{ r Reader }

// NewFieldReader returns a reader of src, whose first byte is on this line of the
// file called name.
func NewFieldReader(src io.Reader, name string, delimiter byte, line int64) *FieldReader {
	return &FieldReader{Reader{
		src: src, name: name, format: CSV, buf: make([]byte, bufferSize), line: line, pos: 1,
		splitter: &csvSplitter{delim: delimiter}, rec: Record{format: CSV},
	}}
}

// Next is Reader.Next.
func (f *FieldReader) Next() (*Record, error) { return f.r.Next() }

// KeepBlankLines makes records of blank lines from now on, as they are in a table with one column.
func (f *FieldReader) KeepBlankLines() { f.r.splitter.(*csvSplitter).keepBlank = true }

// Offset is how many bytes of the source come before the record that is next.
func (f *FieldReader) Offset() int64 { return f.r.base + int64(f.r.start) }

// BodyHeader is the header for a Scan of CSV whose records begin at an offset, below a header
// that names the columns in any way: more than once, or not at all.
func BodyHeader(names []string, delimiter byte, offset int64) *Header {
	return &Header{Names: names, Size: offset, Format: Format(delimiter)}
}

// Fields is how many fields a record has.
func (r *Record) Fields() int { return len(r.fields) }

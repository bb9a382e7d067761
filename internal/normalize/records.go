package normalize

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"prism/internal/table"
)

// openRecords reads the header and steps over the records to leave out.
func (s *source) openRecords(o Options) (recordReader, error) {
	r, err := s.openUnskipped(o)
	if err != nil {
		return nil, err
	}
	for range o.SkipRows {
		if _, err := r.nextRecord(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// openUnskipped reads the header.
func (s *source) openUnskipped(o Options) (recordReader, error) {
	if s.rows != nil {
		return s.openRows(o)
	}
	text, err := s.open()
	switch {
	case err != nil:
		return nil, err
	case s.kind == table.JSONObjects:
		return newObjectReader(text, s.name), nil
	}
	return s.openText(text, o)
}

// textReader yields the records of CSV.
type textReader struct {
	fields     *table.FieldReader
	delimiter  byte
	names      []string
	headerLine int64
	rec        record
	text       []byte
	ends       []int
}

func (s *source) openText(text *bufio.Reader, o Options) (*textReader, error) {
	line := int64(1)
	delimiter := o.Delimiter
	first, _ := text.Peek(len(`"sep=;"`))
	if d := table.SeparatorLine(first); d != 0 {
		if delimiter == 0 {
			delimiter = d
		}
		if err := s.discardLine(text); err != nil {
			return nil, &table.Error{File: s.name, Msg: "the file has only its sep= line"}
		}
		line++
	}
	line, err := s.findHeader(text, line, o)
	if err != nil {
		return nil, err
	}
	if delimiter == 0 {
		header, _ := text.Peek(text.Size() / 2)
		delimiter = table.DetectDelimiter(header)
	}
	if note := fmt.Sprintf("delimiter %q", delimiter); delimiter != ',' && !slices.Contains(s.notes, note) {
		s.notes = append(s.notes, note)
	}
	r := &textReader{fields: table.NewFieldReader(text, s.name, delimiter, line), delimiter: delimiter}
	header, err := r.nextRecord()
	if errors.Is(err, io.EOF) {
		return nil, &table.Error{File: s.name, Msg: "the file is empty; its first line must name the columns"}
	}
	if err != nil {
		return nil, err
	}
	r.headerLine = header.line
	for _, name := range header.cells {
		r.names = append(r.names, string(name))
	}
	if len(r.names) == 1 {
		r.fields.KeepBlankLines()
	}
	return r, nil
}

// findHeader steps over the lines before the header; blank lines too. It takes and
// returns the line that text is at.
func (s *source) findHeader(text *bufio.Reader, line int64, o Options) (int64, error) {
	for ; line < o.HeaderLine; line++ {
		if err := s.discardLine(text); err != nil {
			return 0, &table.Error{File: s.name, Msg: fmt.Sprintf("%s %d: the file has fewer lines", o.optionName("header-line"), o.HeaderLine)}
		}
	}
	for {
		b, _ := text.Peek(1)
		if len(b) == 0 || b[0] != '\n' && b[0] != '\r' {
			return line, nil
		}
		if err := s.discardLine(text); err != nil {
			return line, nil
		}
		line++
	}
}

// discardLine steps over a line of any length.
func (s *source) discardLine(text *bufio.Reader) error {
	for {
		b, err := text.ReadSlice('\n')
		s.headerAt += int64(len(b))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (r *textReader) columns() []string { return r.names }

func (r *textReader) nextRecord() (*record, error) {
	rec, err := r.fields.Next()
	if err != nil {
		return nil, err
	}
	r.text, r.ends, r.rec.cells, r.rec.line = r.text[:0], r.ends[:0], r.rec.cells[:0], rec.Line
	for i := range rec.Fields() {
		r.text = rec.Text(r.text, i)
		r.ends = append(r.ends, len(r.text))
	}
	from := 0
	for _, to := range r.ends {
		r.rec.cells = append(r.rec.cells, r.text[from:to])
		from = to
	}
	return &r.rec, nil
}

// objectReader yields JSON objects, in an array or one after the other.
type objectReader struct {
	decoder *jsontext.Decoder
	name    string
	names   []string
	index   map[string]int
	started bool
	isArray bool
	count   int64
	rec     record
}

// maxColumns is how many different keys the objects of a file may have.
const maxColumns = 16384

func newObjectReader(text io.Reader, name string) *objectReader {
	return &objectReader{decoder: jsontext.NewDecoder(text), name: name, index: map[string]int{}}
}

func (r *objectReader) columns() []string { return r.names }

func (r *objectReader) nextRecord() (*record, error) {
	if !r.started {
		r.started = true
		if r.isArray = r.decoder.PeekKind() == '['; r.isArray {
			if _, err := r.decoder.ReadToken(); err != nil {
				return nil, r.fault(err)
			}
		}
	}
	kind := r.decoder.PeekKind()
	if r.isArray && kind == ']' {
		if _, err := r.decoder.ReadToken(); err != nil {
			return nil, r.fault(err)
		}
		if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
			return nil, r.fault(errors.New("text after the array"))
		}
		return nil, io.EOF
	}
	r.count++
	token, err := r.decoder.ReadToken()
	if errors.Is(err, io.EOF) && !r.isArray {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.fault(err)
	}
	if token.Kind() != '{' {
		return nil, r.fault(errors.New("want an object"))
	}
	return r.readObject()
}

func (r *objectReader) readObject() (*record, error) {
	for i := range r.rec.cells {
		r.rec.cells[i] = r.rec.cells[i][:0]
	}
	for r.decoder.PeekKind() != '}' {
		key, err := r.decoder.ReadToken()
		if err != nil {
			return nil, r.fault(err)
		}
		i, known := r.index[key.String()]
		if !known {
			if i = len(r.names); i == maxColumns {
				return nil, r.fault(fmt.Errorf("more than %d different keys", maxColumns))
			}
			r.index[key.String()] = i
			r.names = append(r.names, key.String())
		}
		value, err := r.decoder.ReadValue()
		if err != nil {
			return nil, r.fault(err)
		}
		for len(r.rec.cells) <= i {
			r.rec.cells = append(r.rec.cells, nil)
		}
		r.rec.cells[i] = table.AppendText(r.rec.cells[i][:0], table.JSONL, value)
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return nil, r.fault(err)
	}
	return &r.rec, nil
}

// fault names the object where JSON is wrong.
func (r *objectReader) fault(err error) error {
	return &table.Error{File: r.name, Msg: fmt.Sprintf("bad JSON in object %d: %v", r.count, err)}
}

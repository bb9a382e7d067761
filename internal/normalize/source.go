package normalize

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"

	"prism/internal/fsutil"
	"prism/internal/table"
)

// source is a table that can be read again and again as UTF-8.
type source struct {
	name     string
	at       io.ReaderAt
	size     int64
	unpacked *os.File // temporary, of a compressed file
	utf8     *os.File // temporary, of text in another encoding
	rows     *rowFile // temporary, of a workbook or a Parquet file

	kind     table.Kind // table.PlainText, JSONObjects, Archive or Parquet
	encoding string     // other than UTF-8, of the text before it was decoded
	invalid  bool       // not all bytes were of that encoding: they are U+FFFD
	// mayBeUTF8 says of an encoding of one byte a character that bytes followed each other
	// as in a character of UTF-8.
	mayBeUTF8 bool
	notes     []string
	doubts    []Doubt

	headerAt int64 // bytes before the header, of the text that was opened last
	endsInCR bool
}

// openSource finds out what a file is.
func openSource(ctx context.Context, f *table.File, o Options) (*source, error) {
	s := &source{name: f.Name, at: f, size: f.Size}
	k, err := s.sniff()
	if err == nil && (k == table.Gzip || k == table.Zstd) {
		if err = s.unpack(ctx, k); err == nil {
			k, err = s.sniff()
		}
		if k == table.Gzip || k == table.Zstd {
			err = errors.Join(err, &table.Error{File: s.name, Msg: "this is compressed twice; unpack it first"})
		}
	}
	if err == nil {
		err = s.checkOptions(k, o)
	}
	switch {
	case err != nil:
	case k == table.Archive:
		err = s.readWorkbook(ctx, o)
	case k == table.Parquet:
		err = s.readParquet(ctx)
	default:
		if err = s.decodeText(ctx, k, o); err == nil {
			err = s.findFormat()
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.removeTemporary())
	}
	return s, nil
}

func (s *source) removeTemporary() error {
	var err error
	for _, tmp := range []*os.File{s.unpacked, s.utf8} {
		if tmp != nil {
			err = errors.Join(err, fsutil.CloseTemp(tmp))
		}
	}
	if s.rows != nil {
		err = errors.Join(err, s.rows.remove())
	}
	return err
}

// checkOptions refuses options that say nothing of files of a kind.
func (s *source) checkOptions(k table.Kind, o Options) error {
	var what string
	var wrong []string
	check := func(flag string, given bool) {
		if given {
			wrong = append(wrong, o.optionName(flag))
		}
	}
	switch k {
	case table.Archive, table.Parquet:
		what = "a workbook"
		check("encoding", o.Encoding != "")
		check("delimiter", o.Delimiter != 0)
		if k == table.Parquet {
			what = "a Parquet file"
			check("header-line", o.HeaderLine > 0)
			check("sheet", o.Sheet != "")
		}
	default:
		what = "text"
		check("sheet", o.Sheet != "")
	}
	if len(wrong) == 0 {
		return nil
	}
	return &table.Error{File: s.name, Msg: fmt.Sprintf("this is %s: leave out %s", what, strings.Join(wrong, " and "))}
}

// sniffed is how many bytes of a file are looked at.
const sniffed = 4096

// sniff looks at the first bytes.
func (s *source) sniff() (table.Kind, error) {
	b := make([]byte, min(sniffed, s.size))
	if _, err := s.at.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	k, refusal := table.DetectKind(b)
	if bytes.HasPrefix(b, []byte(oleSignature)) {
		refusal = s.describeOLE(b)
	}
	if refusal != "" {
		return 0, &table.Error{File: s.name, Msg: "this is " + refusal}
	}
	return k, nil
}

// maxWindow is the most memory that a zstd file may ask for.
const maxWindow = 32 << 20

// unpack puts the content of a compressed file into a temporary one.
func (s *source) unpack(ctx context.Context, k table.Kind) error {
	packed := io.NewSectionReader(s.at, 0, s.size)
	var r io.Reader
	what := "gzip"
	if k == table.Gzip {
		g, err := gzip.NewReader(packed)
		if err != nil {
			return &table.Error{File: s.name, Msg: "damaged gzip file: " + err.Error()}
		}
		r = g
	} else {
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return &table.Error{File: s.name, Msg: "damaged zstd file: " + err.Error()}
		}
		defer z.Close()
		r, what = z, "zstd"
	}
	tmp, err := fsutil.CreateTemp("prism-unpack-*.tmp")
	if err != nil {
		return err
	}
	s.unpacked, s.at, s.size = tmp, tmp, 0
	buf := make([]byte, 256<<10)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := r.Read(buf)
		if _, werr := tmp.Write(buf[:n]); werr != nil {
			return fmt.Errorf("unpack %s: %w", s.name, werr)
		}
		s.size += int64(n)
		if errors.Is(err, io.EOF) {
			s.notes = append(s.notes, "unpacked by "+what)
			return nil
		}
		if err != nil {
			return &table.Error{File: s.name, Msg: fmt.Sprintf("damaged %s file: %v", what, err)}
		}
	}
}

// open reads the text from its start, without a mark, its lines ending in LF or CRLF.
func (s *source) open() (*bufio.Reader, error) {
	s.headerAt = 0
	text := bufio.NewReaderSize(io.NewSectionReader(s.at, 0, s.size), 256<<10)
	if mark, _ := text.Peek(len(table.ByteOrderMark)); string(mark) == table.ByteOrderMark {
		if _, err := text.Discard(len(mark)); err != nil {
			return nil, err
		}
		s.headerAt = int64(len(mark))
	}
	first, err := text.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if s.endsInCR = table.EndsInCR(first); s.endsInCR {
		return bufio.NewReaderSize(crReader{text}, 256<<10), nil
	}
	return text, nil
}

// crReader makes line feeds of carriage returns.
type crReader struct{ io.Reader }

func (c crReader) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	for i := range b[:n] {
		if b[i] == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

// findFormat tells JSON from CSV.
func (s *source) findFormat() error {
	text, err := s.open()
	if err != nil {
		return err
	}
	first, err := text.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if table.LooksLikeJSON(first) {
		s.kind = table.JSONObjects
		s.notes = append(s.notes, "from JSON")
	}
	return nil
}

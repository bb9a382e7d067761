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
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"prism/internal/fsutil"
	"prism/internal/table"
)

// source is a table that can be read again and again as UTF-8.
type source struct {
	name     string
	at       io.ReaderAt
	size     int64
	unpacked *os.File // temporary, of a compressed file
	rows     *rowFile // temporary, of a workbook or a Parquet file

	kind     table.Kind // table.PlainText, JSONObjects, Archive or Parquet
	decoded  bool       // from another encoding
	encoding string
	decoder  encoding.Encoding
	notes    []string
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
		if err = s.findEncoding(ctx, k, o); err == nil {
			err = s.findFormat()
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *source) close() error {
	var err error
	if s.unpacked != nil {
		err = fsutil.CloseTemp(s.unpacked)
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

// findEncoding sets the decoder: by name, by the mark or zeros of UTF-16, or by
// all bytes of the file.
func (s *source) findEncoding(ctx context.Context, k table.Kind, o Options) error {
	switch name := o.Encoding; {
	case name != "":
		e, err := encodingByName(name, o.optionName("encoding"))
		if err != nil {
			return err
		}
		if e == unicode.UTF8 {
			return s.checkUTF8(ctx, true, o)
		}
		s.setDecoder(e, name)
	case k == table.UTF16LE:
		s.setDecoder(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16")
	case k == table.UTF16BE:
		s.setDecoder(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "UTF-16")
	default:
		return s.checkUTF8(ctx, false, o)
	}
	return nil
}

func (s *source) setDecoder(e encoding.Encoding, name string) {
	s.decoder, s.decoded, s.encoding = e, true, name
	s.notes = append(s.notes, "from "+name)
}

func encodingByName(name, option string) (encoding.Encoding, error) {
	if strings.EqualFold(name, "utf-16") || strings.EqualFold(name, "utf16") {
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		e, err = ianaindex.IANA.Encoding(name)
	}
	if err != nil || e == nil || e == encoding.Replacement {
		return nil, &table.Error{File: option, Msg: fmt.Sprintf("unknown encoding %q (want utf-8, utf-16, windows-1252, shift_jis or another IANA name)", name)}
	}
	return e, nil
}

// checkUTF8 reads all bytes. A file of UTF-8 needs no decoder; one whose bytes are
// never UTF-8 beyond ASCII is Windows-1252, unless it must be UTF-8; one that has
// both is an error that names lines and bytes.
func (s *source) checkUTF8(ctx context.Context, must bool, o Options) error {
	r := bufio.NewReaderSize(io.NewSectionReader(s.at, 0, s.size), 256<<10)
	multibyte, line := false, int64(1)
	var bad []string
	total := 0
	for {
		b, err := r.Peek(r.Size())
		if len(b) == 0 {
			if errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := 0
		for n < len(b) {
			c, size := utf8.DecodeRune(b[n:])
			if c == utf8.RuneError && size == 1 {
				if !utf8.FullRune(b[n:]) && err == nil && n > 0 {
					break // the rest of the character is in the next block
				}
				if total++; total <= maxFaults {
					bad = append(bad, fmt.Sprintf("line %d byte 0x%02X", line, b[n]))
				}
			}
			multibyte = multibyte || size > 1 && c != '\uFEFF'
			if c == '\n' {
				line++
			}
			n += size
		}
		if _, err := r.Discard(n); err != nil {
			return err
		}
	}
	switch {
	case total == 0:
	case multibyte || must:
		return &table.Error{File: s.name, Msg: fmt.Sprintf("not all of the text is UTF-8 (bytes that are not: %d): %s; mend these, or say by %s what the whole file is",
			total, strings.Join(bad, ", "), o.optionName("encoding"))}
	default:
		s.setDecoder(charmap.Windows1252, "Windows-1252")
	}
	return nil
}

// open reads the text from its start, without a mark, its lines ending in LF or CRLF.
func (s *source) open() (*bufio.Reader, error) {
	var r io.Reader = io.NewSectionReader(s.at, 0, s.size)
	if s.decoder != nil {
		r = transform.NewReader(r, s.decoder.NewDecoder())
	}
	text := bufio.NewReaderSize(r, 256<<10)
	if mark, _ := text.Peek(3); bytes.Equal(mark, []byte("\uFEFF")) {
		if _, err := text.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	first, err := text.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if table.EndsInCR(first) {
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

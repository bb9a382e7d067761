package normalize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"prism/internal/fsutil"
	"prism/internal/table"
)

// decodeText makes UTF-8 of the text: from the encoding of a name, of the mark or zeros of
// UTF-16, or what all bytes of the file tell.
func (s *source) decodeText(ctx context.Context, k table.Kind, o Options) error {
	switch name := o.Encoding; {
	case name != "":
		e, err := encodingByName(name, o.optionName("encoding"))
		if err != nil {
			return err
		}
		if e == unicode.UTF8 {
			return s.checkUTF8(ctx, true, o)
		}
		return s.decode(ctx, e, name)
	case k == table.UTF16LE:
		return s.decode(ctx, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16")
	case k == table.UTF16BE:
		return s.decode(ctx, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "UTF-16")
	}
	return s.checkUTF8(ctx, false, o)
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

// decode writes the text as UTF-8 into a temporary file.
func (s *source) decode(ctx context.Context, e encoding.Encoding, name string) error {
	s.encoding = name
	s.notes = append(s.notes, "from "+name)
	tmp, err := fsutil.CreateTemp("prism-text-*.tmp")
	if err != nil {
		return err
	}
	s.utf8 = tmp
	var r io.Reader = io.NewSectionReader(s.at, 0, s.size)
	var bytewise *byteDecoder
	if m, ok := e.(*charmap.Charmap); ok {
		bytewise = newByteDecoder(m)
	}
	if bytewise != nil {
		r = &byteReader{r: r, d: bytewise, in: make([]byte, 64<<10)}
	} else {
		r = transform.NewReader(r, e.NewDecoder())
	}
	size, err := s.writeDecoded(ctx, r, tmp)
	s.at, s.size = tmp, size
	return err
}

const decodeBuffer = 256 << 10

// writeDecoded copies text to a file while it is decoded on another goroutine, and returns
// its size.
func (s *source) writeDecoded(ctx context.Context, r io.Reader, out io.Writer) (size int64, err error) {
	free, full := make(chan []byte, 3), make(chan []byte)
	for range cap(free) {
		free <- make([]byte, decodeBuffer)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(full)
		for {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case buf := <-free:
				n, err := io.ReadFull(r, buf[:decodeBuffer])
				s.invalid = s.invalid || mayHaveReplacement(buf[:n])
				full <- buf[:n]
				if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
					return nil
				}
				if err != nil {
					return fmt.Errorf("read %s: %w", s.name, err)
				}
			}
		}
	})
	for text := range full {
		if err == nil {
			if _, err = out.Write(text); err != nil {
				err = fmt.Errorf("write a temporary file: %w", err)
			}
			size += int64(len(text))
		}
		free <- text
	}
	return size, errors.Join(err, g.Wait())
}

// mayHaveReplacement tells whether U+FFFD may be in a piece of a text, or begin at its end.
func mayHaveReplacement(b []byte) bool {
	return bytes.Contains(b, []byte("\xEF\xBF")) || len(b) > 0 && b[len(b)-1] == 0xEF
}

// byteDecoder is an encoding of one byte a character, in which ASCII is ASCII.
type byteDecoder struct {
	text [256][utf8.UTFMax]byte
	size [256]uint8
}

// newByteDecoder is nil for an encoding in which ASCII is something else.
func newByteDecoder(m *charmap.Charmap) *byteDecoder {
	d := &byteDecoder{}
	for i := range 256 {
		r := m.DecodeByte(byte(i))
		if i < utf8.RuneSelf && r != rune(i) {
			return nil
		}
		d.size[i] = uint8(utf8.EncodeRune(d.text[i][:], r))
	}
	return d
}

// byteReader reads UTF-8 of an encoding of one byte a character.
type byteReader struct {
	r   io.Reader
	d   *byteDecoder
	in  []byte
	out []byte // decoded, of the last read
	at  int    // of out, that is next
}

func (b *byteReader) Read(p []byte) (int, error) {
	if b.at == len(b.out) {
		n, err := b.r.Read(b.in)
		if n == 0 {
			return 0, err
		}
		b.out, b.at = b.d.appendDecoded(b.out[:0], b.in[:n]), 0
	}
	n := copy(p, b.out[b.at:])
	b.at += n
	return n, nil
}

func (d *byteDecoder) appendDecoded(dst, src []byte) []byte {
	for {
		n := asciiPrefix(src)
		dst = append(dst, src[:n]...)
		if src = src[n:]; len(src) == 0 {
			return dst
		}
		dst = append(dst, d.text[src[0]][:d.size[src[0]]]...)
		src = src[1:]
	}
}

// asciiPrefix is the number of bytes of ASCII that b begins with.
func asciiPrefix(b []byte) int {
	const high = 0x8080808080808080
	n := 0
	for ; n+32 <= len(b); n += 32 {
		eights := b[n : n+32]
		if (binary.LittleEndian.Uint64(eights)|binary.LittleEndian.Uint64(eights[8:])|
			binary.LittleEndian.Uint64(eights[16:])|binary.LittleEndian.Uint64(eights[24:]))&high != 0 {
			break
		}
	}
	for ; n+8 <= len(b) && binary.LittleEndian.Uint64(b[n:])&high == 0; n += 8 {
	}
	for n < len(b) && b[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// bytesFound is what the bytes of a text say of its encoding.
type bytesFound struct {
	multibyte bool     // there are characters of several bytes
	count     int64    // of bytes that are not UTF-8
	bad       []string // the first of them
	line      int64    // at the end of what was read
}

// checkUTF8 reads all bytes. A file of UTF-8 stays as it is; one whose bytes are never
// UTF-8 beyond ASCII is Windows-1252, unless it must be UTF-8; one that has both is an
// error that names lines and bytes.
func (s *source) checkUTF8(ctx context.Context, must bool, o Options) error {
	found := bytesFound{line: 1}
	buf := make([]byte, 256<<10)
	kept := 0 // bytes of a character that the block before began
	for at := int64(0); at < s.size || kept > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := s.at.ReadAt(buf[kept:kept+int(min(int64(len(buf)-kept), s.size-at))], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		at += int64(n)
		read := found.addBytes(buf[:kept+n], at >= s.size || n == 0)
		kept = copy(buf, buf[read:kept+n])
		if n == 0 {
			break
		}
	}
	switch {
	case found.count == 0:
	case found.multibyte || must:
		return &table.Error{File: s.name, Msg: fmt.Sprintf("not all of the text is UTF-8 (bytes that are not: %d): %s; mend these, or say by %s what the whole file is",
			found.count, strings.Join(found.bad, ", "), o.optionName("encoding"))}
	default:
		return s.decode(ctx, charmap.Windows1252, "Windows-1252")
	}
	return nil
}

// addBytes looks at the next bytes, but for those that begin a character whose rest is not
// there; at the end of the text it looks at all. It returns how many it looked at.
func (f *bytesFound) addBytes(b []byte, atEnd bool) int {
	counted := 0 // bytes whose lines are counted
	i := 0
	for {
		if i += asciiPrefix(b[i:]); i == len(b) {
			break
		}
		c, size := utf8.DecodeRune(b[i:])
		switch {
		case c != utf8.RuneError || size != 1:
			f.multibyte = f.multibyte || c != '\uFEFF'
		case !atEnd && !utf8.FullRune(b[i:]):
			f.line += int64(bytes.Count(b[counted:i], []byte{'\n'}))
			return i
		default:
			if f.count++; f.count <= maxFaults {
				f.line += int64(bytes.Count(b[counted:i], []byte{'\n'}))
				counted = i
				f.bad = append(f.bad, fmt.Sprintf("line %d byte 0x%02X", f.line, b[i]))
			}
		}
		i += size
	}
	if f.count < maxFaults { // later lines are not named
		f.line += int64(bytes.Count(b[counted:], []byte{'\n'}))
	}
	return len(b)
}

package normalize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/readahead"
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

// decode writes the text as UTF-8 into a temporary file, while more of it is decoded on another goroutine.
func (s *source) decode(ctx context.Context, e encoding.Encoding, name string) error {
	s.encoding = name
	s.notes = append(s.notes, "from "+name)
	tmp, err := fsutil.CreateTemp("prism-text-*.tmp")
	if err != nil {
		return err
	}
	s.utf8 = tmp
	raw := io.NewSectionReader(s.at, 0, s.size)
	decoder := io.Reader(transform.NewReader(raw, e.NewDecoder()))
	bytewise := newByteReader(raw, e)
	if bytewise != nil {
		decoder = bytewise
	}
	text, err := readahead.NewReaderSize(decoder, 3, 256<<10)
	if err != nil {
		return err
	}
	out := decodedText{ctx: ctx, file: tmp}
	_, err = io.Copy(&out, text)
	if err != nil && out.err == nil {
		err = fmt.Errorf("read %s: %w", s.name, err)
	}
	err = errors.Join(err, text.Close())
	s.at, s.size, s.invalid = tmp, out.size, out.invalid
	s.mayBeUTF8 = bytewise != nil && bytewise.mayBeUTF8
	return err
}

// decodedText is where decoded text is written.
type decodedText struct {
	ctx     context.Context
	file    *os.File
	size    int64
	invalid bool  // U+FFFD may be in it
	err     error // of the writing
}

func (t *decodedText) Write(b []byte) (int, error) {
	if t.ctx.Err() != nil {
		t.err = context.Cause(t.ctx)
		return 0, t.err
	}
	t.invalid = t.invalid || mayHaveReplacement(b)
	n, err := t.file.Write(b)
	if err != nil {
		t.err = fmt.Errorf("write a temporary file: %w", err)
	}
	t.size += int64(n)
	return n, t.err
}

// mayHaveReplacement reports whether U+FFFD may be in a piece of a text, or begin at its end.
func mayHaveReplacement(b []byte) bool {
	return bytes.Contains(b, []byte("\xEF\xBF")) || len(b) > 0 && b[len(b)-1] == 0xEF
}

// byteReader reads UTF-8 of an encoding of one byte a character, in which ASCII is ASCII.
type byteReader struct {
	r    io.Reader
	text [256][utf8.UTFMax]byte // of each byte
	size [256]uint8
	in   []byte
	out  []byte // decoded, of the last read
	at   int    // of out, that is next

	last      byte // that was decoded; 0 for ASCII
	mayBeUTF8 bool // bytes followed each other as in a character of UTF-8
}

// newByteReader is nil for other encodings.
func newByteReader(r io.Reader, e encoding.Encoding) *byteReader {
	m, ok := e.(*charmap.Charmap)
	if !ok {
		return nil
	}
	b := &byteReader{r: r, in: make([]byte, 64<<10)}
	for i := range 256 {
		r := m.DecodeByte(byte(i))
		if i < utf8.RuneSelf && r != rune(i) {
			return nil
		}
		b.size[i] = uint8(utf8.EncodeRune(b.text[i][:], r))
	}
	return b
}

func (b *byteReader) Read(p []byte) (int, error) {
	if b.at == len(b.out) {
		n, err := b.r.Read(b.in)
		if n == 0 {
			return 0, err
		}
		b.out, b.at = b.appendDecoded(b.out[:0], b.in[:n]), 0
	}
	n := copy(p, b.out[b.at:])
	b.at += n
	return n, nil
}

func (b *byteReader) appendDecoded(dst, src []byte) []byte {
	for {
		if n := asciiPrefix(src); n > 0 {
			dst = append(dst, src[:n]...)
			src, b.last = src[n:], 0
		}
		if len(src) == 0 {
			return dst
		}
		const firstOfTwo, lastOfMore = 0xC2, 0xBF // in UTF-8 the first byte of a character, and the greatest of those after it
		b.mayBeUTF8 = b.mayBeUTF8 || b.last >= firstOfTwo && src[0] <= lastOfMore
		b.last = src[0]
		dst = append(dst, b.text[src[0]][:b.size[src[0]]]...)
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

// checkUTF8 looks at all bytes. A file of UTF-8 stays as it is; one whose bytes are never
// UTF-8 beyond ASCII is Windows-1252, unless it must be UTF-8; one that has both is an
// error that names lines and bytes.
func (s *source) checkUTF8(ctx context.Context, must bool, o Options) error {
	raw := io.NewSectionReader(s.at, 0, s.size)
	found, err := s.lookAtBytes(ctx, raw, must)
	if err == nil && found.count > 0 && !found.multibyte && !must {
		if err = s.decode(ctx, charmap.Windows1252, "Windows-1252"); err == nil && s.mayBeUTF8 {
			found, err = s.lookAtBytes(ctx, raw, true)
		}
	}
	if err == nil && found.count > 0 && (found.multibyte || must) {
		return &table.Error{File: s.name, Msg: fmt.Sprintf("not all of the text is UTF-8 (bytes that are not: %d): %s; fix these, or name the encoding of the whole file by %s",
			found.count, strings.Join(found.bad, ", "), o.optionName("encoding"))}
	}
	return err
}

// lookAtBytes looks at the bytes of a text: at all of them, or up to the end of the block with the
// first that is not UTF-8, unless characters of several bytes came before it.
func (s *source) lookAtBytes(ctx context.Context, raw *io.SectionReader, all bool) (bytesFound, error) {
	found := bytesFound{line: 1}
	buf := make([]byte, 256<<10)
	kept := 0 // bytes of a character that the block before began
	for at := int64(0); (at < raw.Size() || kept > 0) && (all || found.count == 0 || found.multibyte); {
		if ctx.Err() != nil {
			return found, context.Cause(ctx)
		}
		n, err := raw.ReadAt(buf[kept:kept+int(min(int64(len(buf)-kept), raw.Size()-at))], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return found, fmt.Errorf("read %s: %w", s.name, err)
		}
		at += int64(n)
		read := found.addBytes(buf[:kept+n], at >= raw.Size() || n == 0)
		kept = copy(buf, buf[read:kept+n])
		if n == 0 {
			break
		}
	}
	return found, nil
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

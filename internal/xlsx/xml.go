package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// xmlScanner cuts XML into tags and texts. It takes the XML of workbooks: UTF-8,
// without a document type. Names lose their prefix. Its memory is bounded by the longest
// text of a cell.
type xmlScanner struct {
	r          io.Reader
	buf        []byte
	start, end int // buf[start:end] is read and not yet consumed
	eof        bool
	depth      int // of open elements
	elements   int64
	pendingEnd bool // the element at hand closed itself

	name  []byte // of a tag, until the next token
	attrs []byte // of a start tag
	text  []byte // raw
	cdata bool   // the text has no entities
}

type xmlToken uint8

const (
	endOfXML xmlToken = iota
	startTag
	endTag
	xmlText
)

const (
	xmlBuffer   = 64 << 10
	maxXMLToken = 16 << 20 // bytes of a tag or a text
)

func newXMLScanner(r io.Reader) *xmlScanner { return &xmlScanner{r: r, buf: make([]byte, xmlBuffer)} }

// nextToken returns the next token, endOfXML after the last one.
func (s *xmlScanner) nextToken() (xmlToken, error) {
	if s.pendingEnd {
		s.pendingEnd = false
		s.depth--
		return endTag, nil
	}
	for {
		if s.start == s.end {
			if err := s.fillBuffer(); err != nil {
				return 0, err
			}
			if s.start == s.end {
				return s.endXML()
			}
		}
		if s.buf[s.start] != '<' {
			n, err := s.findXML([]byte{'<'}, 0, true)
			if err != nil {
				return 0, err
			}
			s.text, s.cdata = s.buf[s.start:s.start+n], false
			s.start += n
			return xmlText, nil
		}
		token, skip, err := s.readMarkup()
		if err != nil || !skip {
			return token, err
		}
	}
}

func (s *xmlScanner) endXML() (xmlToken, error) {
	if s.depth != 0 || s.elements == 0 {
		return 0, errors.New("the XML ends too early")
	}
	return endOfXML, nil
}

// markup is what begins with < and is neither a tag nor text.
var markup = [...]struct{ open, close string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}}

// readMarkup reads what begins with <.
func (s *xmlScanner) readMarkup() (token xmlToken, skip bool, err error) {
	for s.end-s.start < len("<![CDATA[") && !s.eof {
		if err := s.fillBuffer(); err != nil {
			return 0, false, err
		}
	}
	if s.end-s.start > 1 && s.buf[s.start+1] != '!' && s.buf[s.start+1] != '?' {
		token, err = s.readTag()
		return token, false, err
	}
	for i, m := range markup {
		if !bytes.HasPrefix(s.buf[s.start:s.end], []byte(m.open)) {
			continue
		}
		n, err := s.findXML([]byte(m.close), len(m.open), false)
		if err != nil {
			return 0, false, err
		}
		s.text, s.cdata = s.buf[s.start+len(m.open):s.start+n], true
		s.start += n + len(m.close)
		return xmlText, i != 1, nil
	}
	if bytes.HasPrefix(s.buf[s.start:s.end], []byte("<!")) {
		return 0, false, errors.New("the XML has a document type")
	}
	token, err = s.readTag()
	return token, false, err
}

// readTag reads a start or end tag. Values of attributes may have >.
func (s *xmlScanner) readTag() (xmlToken, error) {
	n := 1
	for {
		var err error
		if n, err = s.findXML([]byte{'>'}, n, false); err != nil {
			return 0, err
		}
		if tag := s.buf[s.start : s.start+n]; bytes.Count(tag, []byte{'"'})%2 == 0 && (bytes.IndexByte(tag, '\'') < 0 || closesQuotes(tag)) {
			break
		}
		n++
	}
	tag := s.buf[s.start+1 : s.start+n]
	s.start += n + 1
	if len(tag) > 0 && tag[0] == '/' {
		if s.depth--; s.depth < 0 {
			return 0, errors.New("the XML closes an element that is not open")
		}
		s.name = localName(bytes.TrimRight(tag[1:], " \t\r\n"))
		return endTag, nil
	}
	if s.pendingEnd = bytes.HasSuffix(tag, []byte{'/'}); s.pendingEnd {
		tag = tag[:len(tag)-1]
	}
	s.depth++
	s.elements++
	i := 0
	for i < len(tag) && tag[i] > ' ' {
		i++
	}
	s.name, s.attrs = localName(tag[:i]), tag[i:]
	return startTag, nil
}

// closesQuotes reports whether a tag has no open quote.
func closesQuotes(tag []byte) bool {
	quote := byte(0)
	for _, c := range tag {
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	return quote == 0
}

func localName(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// findXML is where after from bytes of what is to be read sub is; the end of the
// XML, where that may be.
func (s *xmlScanner) findXML(sub []byte, from int, orEnd bool) (int, error) {
	for {
		var i int
		if data := s.buf[s.start+from : s.end]; len(sub) == 1 {
			i = bytes.IndexByte(data, sub[0])
		} else {
			i = bytes.Index(data, sub)
		}
		if i >= 0 {
			return from + i, nil
		}
		if s.eof && orEnd {
			return s.end - s.start, nil
		}
		if s.eof {
			return 0, errors.New("the XML ends too early")
		}
		from = max(from, s.end-s.start-len(sub)+1)
		if err := s.fillBuffer(); err != nil {
			return 0, err
		}
	}
}

// fillBuffer reads once, into a buffer that grows where a token fills it.
func (s *xmlScanner) fillBuffer() error {
	if s.start > 0 {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxXMLToken {
			return fmt.Errorf("a cell is longer than %d MiB", maxXMLToken>>20)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if errors.Is(err, io.EOF) {
			s.eof = true
			return nil
		}
		if err != nil || n > 0 {
			return err
		}
	}
	return io.ErrNoProgress
}

// attr is the raw value of an attribute of the start tag at hand; nil if there is none.
func (s *xmlScanner) attr(name string) []byte {
	rest := s.attrs
	for {
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return nil
		}
		key := localName(bytes.TrimSpace(rest[:eq]))
		rest = bytes.TrimSpace(rest[eq+1:])
		if len(rest) == 0 {
			return nil
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return rest[1 : 1+end : 1+end]
		}
		rest = rest[end+2:]
	}
}

// attrText is the text of an attribute.
func (s *xmlScanner) attrText(name string) (string, error) {
	text, err := appendXMLText(nil, s.attr(name))
	return string(text), err
}

// appendXMLText appends raw text with its entities replaced and its lines ending in LF.
func appendXMLText(dst, raw []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(raw, '&')
		if cr := bytes.IndexByte(raw, '\r'); cr >= 0 && (i < 0 || cr < i) {
			i = cr
		}
		if i < 0 {
			return append(dst, raw...), nil
		}
		dst = append(dst, raw[:i]...)
		if raw[i] == '\r' {
			if raw = raw[i+1:]; len(raw) == 0 || raw[0] != '\n' {
				dst = append(dst, '\n')
			}
			continue
		}
		end := bytes.IndexByte(raw[i:], ';')
		if end < 0 {
			return nil, errors.New("the XML has an entity without end")
		}
		r, ok := parseEntity(raw[i+1 : i+end])
		if !ok {
			return nil, fmt.Errorf("the XML has an unknown entity %.20q", raw[i:i+end+1])
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[i+end+1:]
	}
}

// parseEntity reads an entity without & and ;.
func parseEntity(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, isNumber := bytes.CutPrefix(name, []byte{'#'})
	base := rune(10)
	if rest, isHex := bytes.CutPrefix(digits, []byte{'x'}); isHex {
		digits, base = rest, 16
	}
	var r rune
	for _, c := range digits {
		d := hexDigit(c)
		if d < 0 || d >= base {
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, isNumber && len(digits) > 0 && utf8.ValidRune(r)
}

// hexDigit is the value of a hexadecimal digit, -1 if c is none.
func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

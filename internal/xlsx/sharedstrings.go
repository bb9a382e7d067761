package xlsx

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/fsutil"
)

// sharedStrings are the texts that cells name by their number. The first ones are in
// memory, the others in a temporary file.
type sharedStrings struct {
	ends   []int64 // of each text, as if all were one
	memory []byte
	spill  *os.File // what does not fit into memory; nil: all does
	w      *bufio.Writer
	buf    []byte // of the last text from the file
}

// sharedInMemory is how many bytes of shared strings are kept in memory.
const sharedInMemory = 32 << 20

func (s *sharedStrings) appendString(text []byte) error {
	end := int64(len(text))
	if n := len(s.ends); n > 0 {
		end += s.ends[n-1]
	}
	s.ends = append(s.ends, end)
	if s.spill == nil && len(s.memory)+len(text) <= sharedInMemory {
		s.memory = append(s.memory, text...)
		return nil
	}
	if s.spill == nil {
		f, err := fsutil.CreateTemp("prism-strings-*.tmp")
		if err != nil {
			return err
		}
		s.spill, s.w = f, bufio.NewWriterSize(f, 256<<10)
	}
	if _, err := s.w.Write(text); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	return nil
}

// flush ends the writing.
func (s *sharedStrings) flush() error {
	if s.w == nil {
		return nil
	}
	return s.w.Flush()
}

// lookup is the text of a number. It lives until the next call.
func (s *sharedStrings) lookup(number int) ([]byte, error) {
	from, to := int64(0), s.ends[number]
	if number > 0 {
		from = s.ends[number-1]
	}
	inMemory := int64(len(s.memory))
	if to <= inMemory {
		return s.memory[from:to], nil
	}
	n := int(to - from)
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	if _, err := s.spill.ReadAt(s.buf[:n], from-inMemory); err != nil {
		return nil, fmt.Errorf("read a temporary file: %w", err)
	}
	return s.buf[:n], nil
}

func (s *sharedStrings) removeSpill() error {
	if s.spill == nil {
		return nil
	}
	return fsutil.CloseTemp(s.spill)
}

// readSharedStrings reads the part with the shared strings.
func readSharedStrings(ctx context.Context, r io.Reader, s *sharedStrings) error {
	x := newXMLScanner(r)
	var text textCollector
	for count := 0; ; count++ {
		if count%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		token, err := x.nextToken()
		if err != nil || token == endOfXML {
			return errors.Join(err, s.flush())
		}
		if token == startTag && string(x.name) == "si" {
			text.reset()
		}
		if err := text.addToken(token, x); err != nil {
			return err
		}
		if token == endTag && string(x.name) == "si" {
			shown, err := text.shown()
			if err != nil {
				return err
			}
			if err := s.appendString(shown); err != nil {
				return err
			}
		}
	}
}

// textCollector joins the runs of a text: what stands in t, but not in rPh, which says
// how the text is spoken.
type textCollector struct {
	raw      []byte // entities replaced
	text     []byte
	inText   bool
	phonetic int // depth
}

func (c *textCollector) reset() { c.raw, c.inText, c.phonetic = c.raw[:0], false, 0 }

// addToken takes a token of the element whose text is collected.
func (c *textCollector) addToken(token xmlToken, x *xmlScanner) (err error) {
	switch token {
	case startTag:
		switch string(x.name) {
		case "t":
			c.inText = c.phonetic == 0
		case "rPh":
			c.phonetic++
		}
	case endTag:
		switch string(x.name) {
		case "t":
			c.inText = false
		case "rPh":
			c.phonetic--
		}
	case xmlText:
		if c.inText {
			return c.addText(x)
		}
	}
	return nil
}

// addText takes the text at hand.
func (c *textCollector) addText(x *xmlScanner) (err error) {
	if x.cdata {
		c.raw = append(c.raw, x.text...)
	} else {
		c.raw, err = appendXMLText(c.raw, x.text)
	}
	if len(c.raw) > maxXMLToken {
		return fmt.Errorf("a cell is longer than %d MiB", maxXMLToken>>20)
	}
	return err
}

// shown is the text as a cell shows it. It lives until the next call.
func (c *textCollector) shown() ([]byte, error) {
	c.text = appendUnescaped(c.text[:0], c.raw)
	return c.text, checkCellText(c.text)
}

package calllog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxCallLine is the longest line of a call log, in bytes, that is read.
const maxCallLine = 4 << 20

// LineError is a line of a call log that is no call. The reader goes on after it.
type LineError struct {
	File string
	Line int64 // 1-based
	Msg  string
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

// Reader reads a call log, a line at a time, in constant memory.
type Reader struct {
	name string
	r    *bufio.Reader
	line int64
	long []byte // a line that does not fit the buffer of r
	raw  wireCall
	call Call
}

// NewReader returns a reader of the call log r, which messages call name.
func NewReader(r io.Reader, name string) *Reader {
	return &Reader{name: name, r: bufio.NewReaderSize(r, 64<<10)}
}

// Next returns the next call, which lives until the next Next. A line that is
// no call (damaged, or torn at the end of the file) gives a *LineError, after
// which Next may be called again; io.EOF ends the log, any other error too.
func (r *Reader) Next() (*Call, error) {
	for {
		line, torn, err := r.readLine()
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 && !torn {
			continue
		}
		if err := r.parse(line); err != nil {
			msg := err.Error()
			if torn {
				msg = "torn line: " + msg
			}
			return nil, &LineError{File: r.name, Line: r.line, Msg: msg}
		}
		return &r.call, nil
	}
}

// readLine returns the next line without its line feed. torn: it lacks one, or
// was too long to keep. After the last line it returns io.EOF.
func (r *Reader) readLine() (line []byte, torn bool, err error) {
	r.line++
	line, err = r.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(r.long) <= maxCallLine {
				r.long = append(r.long, line...)
			}
			line, err = r.r.ReadSlice('\n')
		}
		line = append(r.long, line...)
		r.long = line
		if len(line) > maxCallLine {
			line, torn = nil, true
		}
	}
	if err != nil && (err != io.EOF || len(line) == 0 && !torn) {
		return nil, false, err
	}
	if err == io.EOF {
		return line, true, nil
	}
	return bytes.TrimSuffix(line, []byte{'\n'}), torn, nil
}

// wireCall is a line as JSON has it; a nil field was absent.
type wireCall struct {
	Time         time.Time `json:"time"`
	Worker       int       `json:"worker"`
	Host         string    `json:"host"`
	Call         int64     `json:"call"`
	Attempt      int       `json:"attempt"`
	Rows         int       `json:"rows"`
	RowIDs       []int64   `json:"row_ids"`
	Outcome      Outcome   `json:"outcome"`
	Error        string    `json:"error"`
	Labelled     int       `json:"labelled"`
	PromptTokens *int      `json:"prompt_tokens"`
	CachedTokens *int      `json:"cached_tokens"`
	Tokens       *int      `json:"tokens"`
	TotalMS      *float64  `json:"total_ms"`
	LoadMS       *float64  `json:"load_ms"`
	PromptMS     *float64  `json:"prompt_ms"`
	EvalMS       *float64  `json:"eval_ms"`
}

func (r *Reader) parse(line []byte) error {
	r.raw = wireCall{RowIDs: r.raw.RowIDs[:0]}
	w := &r.raw
	if err := json.Unmarshal(line, w); err != nil {
		return fmt.Errorf("no call: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if w.Outcome == "" || w.Time.IsZero() {
		return errors.New("no call: it lacks its time or outcome")
	}
	if y := w.Time.Year(); y < 1970 || y > 2200 { // nanoseconds of 64 bits
		return errors.New("no call: its time cannot be")
	}
	if w.Rows < 0 || w.Labelled < 0 || w.Labelled > w.Rows || w.Attempt < 0 {
		return errors.New("no call: its counts cannot be")
	}
	c := &r.call
	*c = Call{
		Time: w.Time, Worker: w.Worker, Host: w.Host, Call: w.Call, Attempt: w.Attempt,
		Rows: w.Rows, RowIDs: w.RowIDs, Outcome: w.Outcome, Error: w.Error, Labelled: w.Labelled,
	}
	for _, n := range []struct {
		dst *int
		src *int
	}{{&c.PromptTokens, w.PromptTokens}, {&c.CachedTokens, w.CachedTokens}, {&c.Tokens, w.Tokens}} {
		if *n.dst = NotSaid; n.src != nil {
			*n.dst = max(*n.src, NotSaid)
		}
	}
	for _, d := range []struct {
		dst *time.Duration
		src *float64
	}{{&c.Total, w.TotalMS}, {&c.Load, w.LoadMS}, {&c.Prompt, w.PromptMS}, {&c.Eval, w.EvalMS}} {
		if *d.dst = NotSaid; d.src != nil && *d.src >= 0 && *d.src < maxMillis {
			*d.dst = time.Duration(*d.src * float64(time.Millisecond))
		}
	}
	return nil
}

// maxMillis (ten years) keeps sums of durations far from overflow.
const maxMillis = 10 * 366 * 24 * 3600 * 1000

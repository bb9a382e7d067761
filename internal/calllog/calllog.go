// Package calllog is the call log of a worker: a line of JSON for each model
// call, written as it ends and read again line by line. What the calls of a run
// add up to is for package stats.
package calllog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// Outcome is how a model call ended.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"        // every row asked for got a valid answer
	Partial   Outcome = "partial"   // some rows did
	Bad       Outcome = "bad"       // a reply without a valid row
	Cut       Outcome = "cut"       // a reply cut by its length
	Overflow  Outcome = "overflow"  // the prompt does not fit the context
	Transient Outcome = "transient" // refused, reset, timeout, 5xx
	Probe     Outcome = "probe"     // a tiny call that asks whether the server works
	Permanent Outcome = "permanent" // missing model, bad option
)

// NotSaid is the value of a token count or a server's duration that the
// server's reply lacked; the call log leaves the field out.
const NotSaid = -1

// Call is one line of a call log calls_w{id}.jsonl: one model call.
type Call struct {
	Time     time.Time // when it was sent
	Worker   int
	Host     string // of Ollama, as a URL
	Call     int64  // 1-based number of the call in its worker
	Attempt  int    // 1-based; more than 1: the same rows again
	Rows     int    // asked for
	RowIDs   []int64
	Outcome  Outcome
	Error    string // why it was not OK
	Labelled int    // rows that got a valid answer

	PromptTokens int // those from the cache included; or NotSaid
	CachedTokens int // of PromptTokens; or NotSaid
	Tokens       int // generated; or NotSaid

	Total  time.Duration // from sending to the last byte, on the worker's clock
	Load   time.Duration // of the model, as the server says; negative: not said
	Prompt time.Duration // evaluating the prompt, likewise
	Eval   time.Duration // generating, likewise
}

// Append appends the call as one line of JSON with its line feed.
func (c *Call) Append(dst []byte) []byte {
	dst = append(dst, `{"time":"`...)
	dst = c.Time.AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","worker":`...)
	dst = strconv.AppendInt(dst, int64(c.Worker), 10)
	dst = append(dst, `,"host":`...)
	dst = appendString(dst, c.Host)
	dst = append(dst, `,"call":`...)
	dst = strconv.AppendInt(dst, c.Call, 10)
	dst = append(dst, `,"attempt":`...)
	dst = strconv.AppendInt(dst, int64(c.Attempt), 10)
	dst = append(dst, `,"rows":`...)
	dst = strconv.AppendInt(dst, int64(c.Rows), 10)
	dst = append(dst, `,"row_ids":[`...)
	for i, id := range c.RowIDs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, id, 10)
	}
	dst = append(dst, `],"outcome":`...)
	dst = appendString(dst, string(c.Outcome))
	if c.Error != "" {
		dst = append(dst, `,"error":`...)
		dst = appendString(dst, c.Error)
	}
	dst = append(dst, `,"labelled":`...)
	dst = strconv.AppendInt(dst, int64(c.Labelled), 10)
	dst = appendCount(dst, `,"prompt_tokens":`, c.PromptTokens)
	dst = appendCount(dst, `,"cached_tokens":`, c.CachedTokens)
	dst = appendCount(dst, `,"tokens":`, c.Tokens)
	dst = appendMillis(dst, `,"total_ms":`, c.Total)
	dst = appendMillis(dst, `,"load_ms":`, c.Load)
	dst = appendMillis(dst, `,"prompt_ms":`, c.Prompt)
	dst = appendMillis(dst, `,"eval_ms":`, c.Eval)
	return append(dst, "}\n"...)
}

func appendCount(dst []byte, key string, n int) []byte {
	if n < 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, key...), int64(n), 10)
}

// appendMillis writes milliseconds with up to three decimals.
func appendMillis(dst []byte, key string, d time.Duration) []byte {
	if d < 0 {
		return dst
	}
	us := d.Microseconds()
	dst = strconv.AppendInt(append(dst, key...), us/1000, 10)
	if us %= 1000; us != 0 {
		dst = append(dst, '.', byte('0'+us/100), byte('0'+us/10%10), byte('0'+us%10))
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // a string always has a JSON form
			return append(dst, text...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// Log appends calls to a file, one write each, so that lines stay whole
// when several goroutines log. It may be used from several goroutines.
type Log struct {
	mu   sync.Mutex
	f    *os.File
	line []byte
}

// Open opens a call log for appending, in a folder that is there. A
// line that a killed process left torn is closed, so that it spoils no other.
func Open(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	if err := closeTail(f); err != nil {
		return nil, errors.Join(fmt.Errorf("open call log %s: %w", path, err), f.Close())
	}
	return &Log{f: f}, nil
}

func closeTail(f *os.File) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], end-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = f.Write([]byte{'\n'})
	return err
}

// Append logs a call.
func (l *Log) Append(c *Call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = c.Append(l.line[:0])
	if _, err := l.f.Write(l.line); err != nil {
		return fmt.Errorf("append to call log: %w", err)
	}
	return nil
}

// Close closes the file.
func (l *Log) Close() error { return l.f.Close() }

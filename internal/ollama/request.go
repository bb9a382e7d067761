package ollama

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Request is one call of a model: a system and a user message, and how to
// answer. All calls of a run send the same Model, NumCtx and KeepAlive: another
// NumCtx makes the server load the model anew, for everybody.
type Request struct {
	Model       string
	System      string // empty: no system message, so the model's own if it has one
	User        []byte // text, not JSON; read until Chat returns
	Format      []byte // JSON Schema of the reply; empty: free text; read until Chat returns
	NumCtx      int    // tokens of prompt and reply together; 0: as the server is set
	NumPredict  int    // tokens of the reply at most; 0: as the server is set
	Temperature float64
	Seed        int
	Think       string // JSON value as Model.ThinkValue gives it; empty: left out
	KeepAlive   string // JSON value as ParseKeepAlive gives it; empty: left out
}

// ParseKeepAlive reads how long a model stays loaded after a call, a duration
// (5m) or a number of seconds, below 0 for ever, and returns it as the JSON
// value for Request.KeepAlive. Empty stays empty: as the server is set.
func ParseKeepAlive(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return strconv.FormatInt(n, 10), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return "", fmt.Errorf("keep alive %q: want a duration like 5m or a number of seconds", s)
	}
	return strconv.Quote(d.String()), nil
}

// Think is what the user wants of a model that can think before it answers.
type Think string

const (
	ThinkAuto Think = ""      // not to think, as far as the model can be told
	ThinkOn   Think = "true"  // to think
	ThinkOff  Think = "false" // the same as ThinkAuto
)

// ParseThink reads auto, true, false or a level that some models have: low,
// medium, high, max.
func ParseThink(s string) (Think, error) {
	switch s {
	case "", "auto":
		return ThinkAuto, nil
	case "true", "false", "low", "medium", "high", "max":
		return Think(s), nil
	}
	return "", fmt.Errorf("think %q: want auto, true, false, low, medium, high or max", s)
}

// repeatPenalty switches off what servers up to 0.24 do unasked: their 1.1 over
// the last 64 tokens makes a label less likely that a row before had, too.
const repeatPenalty = `"repeat_penalty":1`

// encodeRequest returns the body of a call of /api/chat. Servers that do not
// know truncate and shift (knowsTruncate false) do not get them. system is the
// system message as a JSON string with its quotes.
func encodeRequest(r *Request, system []byte, knowsTruncate bool) []byte {
	const others = 512 // bytes of all other fields, about
	dst := make([]byte, 0, len(system)+len(r.User)+len(r.User)/16+len(r.Format)+others)
	dst = append(dst, `{"model":`...)
	dst = appendString(dst, []byte(r.Model))
	dst = append(dst, `,"messages":[`...)
	if r.System != "" {
		dst = append(dst, `{"role":"system","content":`...)
		dst = append(dst, system...)
		dst = append(dst, `},`...)
	}
	dst = append(dst, `{"role":"user","content":`...)
	dst = appendString(dst, r.User)
	dst = append(dst, `}],"stream":false`...)
	if knowsTruncate {
		dst = append(dst, `,"truncate":false,"shift":false`...)
	}
	if len(r.Format) > 0 {
		dst = append(dst, `,"format":`...)
		dst = append(dst, r.Format...)
	}
	if r.Think != "" {
		dst = append(dst, `,"think":`...)
		dst = append(dst, r.Think...)
	}
	if r.KeepAlive != "" {
		dst = append(dst, `,"keep_alive":`...)
		dst = append(dst, r.KeepAlive...)
	}
	dst = append(dst, `,"options":{`+repeatPenalty+`,"temperature":`...)
	dst = strconv.AppendFloat(dst, r.Temperature, 'f', -1, 64)
	dst = append(dst, `,"seed":`...)
	dst = strconv.AppendInt(dst, int64(r.Seed), 10)
	if r.NumCtx > 0 {
		dst = append(dst, `,"num_ctx":`...)
		dst = strconv.AppendInt(dst, int64(r.NumCtx), 10)
	}
	if r.NumPredict > 0 {
		dst = append(dst, `,"num_predict":`...)
		dst = strconv.AppendInt(dst, int64(r.NumPredict), 10)
	}
	return append(dst, `}}`...)
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string with its quotes; bytes that are not
// UTF-8 become U+FFFD each, as encoding/json does.
func appendString(dst, s []byte) []byte {
	if !utf8.Valid(s) {
		s = []byte(string([]rune(string(s))))
	}
	dst = append(dst, '"')
	for {
		n := plain(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[n])
		s = s[n+1:]
	}
}

// plain is the number of bytes at the start of s that need no escape. It looks
// at eight at a time: in x-low a byte below 0x20 borrows into its top bit, and
// so does a byte in x^quote-ones that is a quote.
func plain(s []byte) int {
	const (
		ones  = 0x0101010101010101
		tops  = 0x80 * ones
		low   = 0x20 * ones
		quote = '"' * ones
		slash = '\\' * ones
	)
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		q, b := x^quote, x^slash
		if ((x-low)&^x|(q-ones)&^q|(b-ones)&^b)&tops != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// escapedSystem remembers the last system message as JSON: a run has one.
type escapedSystem struct {
	text string
	json []byte
}

func escapeSystem(text string) *escapedSystem {
	return &escapedSystem{text: text, json: appendString(nil, []byte(text))}
}

package ollamatest

import (
	"strconv"
	"strings"
	"time"
)

// body writes the JSON of the reply.
func (s *Server) body(dst []byte, c *chatCall) []byte {
	text := s.replyText(make([]byte, 0, 128+96*len(c.rows)), c)
	count := tokens(len(text))
	reason := "stop"
	most := max(c.numCtx()-c.promptTokens, 0)
	if n := c.Options.NumPredict; n > 0 {
		most = min(most, n)
	}
	switch c.kind() {
	case WhiteSpace:
		text = append(text[:min(len(text), 30)], strings.Repeat(" ", min(most, 1<<20)*bytesPerToken)...)
		count = tokens(len(text))
	case Loop:
		text = append(text[:len(text)/2], strings.Repeat(" \n", 32)...)
	case CutReply:
		text, reason = text[:len(text)/2], "length"
		count = tokens(len(text))
	}
	if count > most {
		count, reason = most, "length"
		text = text[:min(len(text), count*bytesPerToken)]
	}
	dst = append(dst, `{"model":`...)
	dst = appendHTML(dst, c.Model)
	dst = append(dst, `,"created_at":"2026-01-02T03:04:05.678901234Z",`...)
	if c.generate {
		dst = appendHTML(append(dst, `"response":`...), text)
	} else {
		dst = appendHTML(append(dst, `"message":{"role":"assistant","content":`...), text)
		if c.model.Thinks && string(c.Think) != "false" {
			dst = append(dst, `,"thinking":"The mention is about {\"RowID\": 0}, I think."`...)
			count += 12
		}
		dst = append(dst, '}')
	}
	if k := c.kind(); k == NoDone || k == Loop {
		return append(dst, `,"done":false}`...)
	}
	dst = append(dst, `,"done":true,"done_reason":"`...)
	dst = append(append(dst, reason...), '"')
	if c.kind() != NoMetrics {
		dst = s.metrics(dst, c, count)
	}
	return append(dst, '}')
}

// metrics writes counts and times that fit each other: a prompt token takes
// 0.1 ms and a generated one 2 ms, scaled to Latency where there is one.
func (s *Server) metrics(dst []byte, c *chatCall, count int) []byte {
	load := 3 * time.Millisecond
	if c.loads {
		load = 1200 * time.Millisecond
	}
	cached := 0
	if s.since(0, 30, 0) && c.number > 1 {
		cached = tokens(len(c.system))
	}
	prompt := time.Duration(c.promptTokens-cached) * 100 * time.Microsecond
	eval := time.Duration(count) * 2 * time.Millisecond
	if s.latency > 0 {
		scale := float64(s.latency) / float64(prompt+eval+1)
		prompt, eval = time.Duration(scale*float64(prompt)), time.Duration(scale*float64(eval))
	}
	number := func(name string, n int64) {
		dst = append(append(append(dst, `,"`...), name...), `":`...)
		dst = strconv.AppendInt(dst, n, 10)
	}
	number("total_duration", int64(load+prompt+eval))
	number("load_duration", int64(load))
	number("prompt_eval_count", int64(c.promptTokens))
	if s.since(0, 30, 0) {
		number("prompt_eval_cached_count", int64(cached))
	}
	number("prompt_eval_duration", int64(prompt))
	number("eval_count", int64(count))
	number("eval_duration", int64(eval))
	return dst
}

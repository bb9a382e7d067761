package ollamatest

import (
	"encoding/json"
	"strings"
	"time"
)

// chatResponse is the body of an answer of /api/chat, with Message, or of
// /api/generate, with Response.
type chatResponse struct {
	Model      string        `json:"model"`
	CreatedAt  string        `json:"created_at"`
	Message    *message      `json:"message,omitempty"`
	Response   *string       `json:"response,omitempty"`
	RemoteHost string        `json:"remote_host,omitempty"`
	Done       bool          `json:"done"`
	DoneReason string        `json:"done_reason,omitempty"`
	LogProbs   []tokenChance `json:"logprobs,omitempty"`
	*metrics
}

type message struct {
	Role     string `json:"role"`
	Content  string `json:"content"`
	Thinking string `json:"thinking,omitempty"`
}

// metrics are tokens and nanoseconds.
type metrics struct {
	Total        int64 `json:"total_duration"`
	Load         int64 `json:"load_duration"`
	PromptTokens int   `json:"prompt_eval_count"`
	CachedTokens *int  `json:"prompt_eval_cached_count,omitempty"`
	PromptEval   int64 `json:"prompt_eval_duration"`
	Tokens       int   `json:"eval_count"`
	Eval         int64 `json:"eval_duration"`
}

// encodeReply returns the JSON of the reply.
func (s *Server) encodeReply(c *chatCall) []byte {
	if c.kindOfAPI == callsCompletions {
		return s.encodeCompletion(c)
	}
	thinking := 0
	if c.kind() == Think {
		thinking = c.fault.Tokens
	}
	text, count, reason := s.limitedText(c, thinking)
	c.replyCut = reason == "length"
	r := chatResponse{Model: c.Model, CreatedAt: "2026-01-02T03:04:05.678901234Z", Done: true, DoneReason: reason, RemoteHost: c.model.RemoteHost}
	if c.kindOfAPI == callsGenerate {
		r.Response = &text
	} else {
		r.Message = &message{Role: "assistant", Content: text}
		if thinking > 0 {
			r.Message.Thinking = strings.Repeat("hm, ", thinking)
		} else if c.model.Thinks && string(c.Think) != "false" {
			r.Message.Thinking = `The mention is about {"RowID": 0}, I think.`
			count += 12
		}
	}
	r.LogProbs = s.chances(c, text)
	switch c.kind() {
	case NoDone, Loop:
		r.Done, r.DoneReason = false, ""
	case NoMetrics:
	default:
		r.metrics = s.metricsOf(c, count)
	}
	body, _ := json.Marshal(&r) // strings and numbers always have a JSON form
	return body
}

// limitedText returns what the model says within num_predict and the context after
// some tokens of thinking, all its tokens and why it ended.
func (s *Server) limitedText(c *chatCall, thinking int) (text string, count int, reason string) {
	text = string(s.replyText(make([]byte, 0, 128+96*len(c.rows)), c))
	count, reason = tokens(len(text)), "stop"
	most := max(c.numCtx()-c.promptTokens, 0)
	if c.promptCut && (c.Shift == nil || *c.Shift) {
		most = c.numCtx() // the reply pushes more of the prompt out
	}
	if n := c.Options.NumPredict; n > 0 {
		most = min(most, n)
	}
	if thinking > 0 {
		left := max(most-thinking, 0)
		if count > left {
			return text[:min(len(text), left*bytesPerToken)], most, "length"
		}
		return text, count + thinking, reason
	}
	switch c.kind() {
	case WhiteSpace:
		text = text[:min(len(text), 30)] + strings.Repeat(" ", min(most, 1<<20)*bytesPerToken)
		count = tokens(len(text))
	case Loop:
		text = text[:len(text)/2] + strings.Repeat(" \n", 32)
	case CutReply:
		text, reason = text[:len(text)/2], "length"
		count = tokens(len(text))
	}
	if count > most {
		count, reason = most, "length"
		text = text[:min(len(text), count*bytesPerToken)]
	}
	return text, count, reason
}

// metricsOf returns counts and times that fit each other: a prompt token takes
// 0.1 ms and a generated one 2 ms, scaled to Latency where there is one.
func (s *Server) metricsOf(c *chatCall, count int) *metrics {
	load := 3 * time.Millisecond
	if c.loads {
		load = 1200 * time.Millisecond
	}
	m := &metrics{Load: int64(load), PromptTokens: c.promptTokens, Tokens: count}
	cached := 0
	if s.atLeast(0, 30, 0) {
		if c.number > 1 {
			cached = tokens(len(c.system))
		}
		m.CachedTokens = &cached
	}
	prompt := time.Duration(c.promptTokens-cached) * 100 * time.Microsecond
	eval := time.Duration(count) * 2 * time.Millisecond
	if s.latency > 0 {
		scale := float64(s.latency) / float64(prompt+eval+1)
		prompt, eval = time.Duration(scale*float64(prompt)), time.Duration(scale*float64(eval))
	}
	m.Total, m.PromptEval, m.Eval = int64(load+prompt+eval), int64(prompt), int64(eval)
	return m
}

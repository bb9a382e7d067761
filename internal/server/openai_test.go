package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeCompletion(t *testing.T) {
	format := `{"type":"object"}`
	for _, c := range []struct {
		name string
		r    Request
		want string
	}{
		{"all", Request{Model: "m", System: "s", User: []byte("u<\"é"), Format: []byte(format), NumCtx: 100, NumPredict: 7, Temperature: 0.5, Seed: 3, KeepAlive: `"5m0s"`},
			`{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u<\"é"}],"stream":false,"temperature":0.5,"seed":3,"max_tokens":7,"repetition_penalty":1,"repeat_penalty":1,` +
				`"response_format":{"type":"json_schema","json_schema":{"name":"labels","strict":true,"schema":{"type":"object"}}}}`},
		{"free text", Request{Model: "m", User: []byte("u")},
			`{"model":"m","messages":[{"role":"user","content":"u"}],"stream":false,"temperature":0,"seed":0,"repetition_penalty":1,"repeat_penalty":1}`},
		{"a reply as long as the context", Request{Model: "m", User: []byte("u"), NumCtx: 100, NumPredict: 100},
			`{"model":"m","messages":[{"role":"user","content":"u"}],"stream":false,"temperature":0,"seed":0,"repetition_penalty":1,"repeat_penalty":1}`},
		{"not to think", Request{Model: "m", User: []byte("u"), Think: "false"},
			`{"model":"m","messages":[{"role":"user","content":"u"}],"stream":false,"temperature":0,"seed":0,"repetition_penalty":1,"repeat_penalty":1,"chat_template_kwargs":{"enable_thinking":false}}`},
		{"to think", Request{Model: "m", User: []byte("u"), Think: "true"},
			`{"model":"m","messages":[{"role":"user","content":"u"}],"stream":false,"temperature":0,"seed":0,"repetition_penalty":1,"repeat_penalty":1,"chat_template_kwargs":{"enable_thinking":true}}`},
		{"to think a little", Request{Model: "m", User: []byte("u"), Think: `"low"`},
			`{"model":"m","messages":[{"role":"user","content":"u"}],"stream":false,"temperature":0,"seed":0,"repetition_penalty":1,"repeat_penalty":1,"reasoning_effort":"low"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := openAI{}.encodeCall(nil, &c.r)
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(got) || strings.TrimSpace(string(got)) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if _, err := (openAI{}).encodeCall(nil, &Request{Format: []byte(`[1]`)}); err == nil {
		t.Error("a format that is not an object is taken")
	}
}

func TestReadCompletion(t *testing.T) {
	none := Reply{Host: "h", PromptTokens: -1, CachedTokens: -1, Tokens: -1, Total: -1, Load: -1, PromptEval: -1, Eval: -1}
	with := func(change func(*Reply)) Reply {
		r := none
		change(&r)
		return r
	}
	for _, c := range []struct {
		name, body string
		want       Reply
	}{
		{"all fields", `{"choices":[{"message":{"content":"[1]","reasoning_content":"hm"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":8}}}`,
			with(func(r *Reply) {
				r.Text, r.DoneReason, r.Thought, r.PromptTokens, r.Tokens, r.CachedTokens = "[1]", Stop, true, 12, 3, 8
			})},
		{"no counts", `{"choices":[{"message":{"content":"a"},"finish_reason":"length"}]}`, with(func(r *Reply) { r.Text, r.DoneReason = "a", Length })},
		{"no text", `{"choices":[{"message":{"content":null},"finish_reason":"stop"}],"usage":null}`, with(func(r *Reply) { r.DoneReason = Stop })},
		{"no details", `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens_details":null}}`,
			with(func(r *Reply) { r.Text, r.DoneReason = "a", Stop })},
		{"other types", `{"choices":[{"message":{"content":7},"finish_reason":"stop"}]}`, with(func(r *Reply) { r.DoneReason = Stop })},
		{"an answer taken for thinking", `{"choices":[{"message":{"content":"","reasoning_content":"[1]"},"finish_reason":"stop"}]}`,
			with(func(r *Reply) { r.Text, r.DoneReason, r.Thought = "[1]", Stop, true })},
		{"thinking and no answer", `{"choices":[{"message":{"content":"","reasoning":"well, [1]"},"finish_reason":"stop"}]}`,
			with(func(r *Reply) { r.DoneReason, r.Thought = Stop, true })},
		{"thinking in the text", `{"choices":[{"message":{"content":"<think>so"},"finish_reason":"length"}]}`,
			with(func(r *Reply) { r.Text, r.DoneReason, r.Thought = "<think>so", Length, true })},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := openAI{}.readReply("h", "m", http.StatusOK, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadFailedCompletion(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   Class
	}{
		{"vLLM's overlong prompt", 400, `{"object":"error","message":"x","error":{"message":"This model's maximum context length is 2048 tokens. However, you requested 4000 tokens"}}`, Overflow},
		{"vLLM's overlong prompt, newer", 400, `{"error":{"message":"Input length (9000) exceeds model's maximum context length (8192)."}}`, Overflow},
		{"vLLM's overlong prompt of the decoder", 400, `{"error":{"message":"The decoder prompt (length 9000) is longer than the maximum model length of 8192."}}`, Overflow},
		{"LM Studio's overlong prompt", 400, `{"error":"Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens"}`, Overflow},
		{"LM Studio's crashed model", 400, `{"error":"The model has crashed without additional information."}`, Transient},
		{"llama.cpp's shared context", 500, `{"error":{"code":500,"message":"Context size has been exceeded."}}`, Busy},
		{"vLLM's missing model", 404, "{\"error\":{\"message\":\"The model `x` does not exist.\"}}", MissingModel},
		{"llama.cpp's overlong prompt", 400, `{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}`, Overflow},
		{"bad request", 400, `{"error":{"message":"Invalid grammar"}}`, BadRequest},
		{"no key", 401, `{"error":"Unauthorized"}`, Denied},
		{"no model", 404, `{"error":{"message":"The model x does not exist: model not found"}}`, MissingModel},
		{"loading", 503, `{"error":{"message":"Loading model"}}`, Busy},
		{"error in 200", 200, `{"error":{"message":"engine died"}}`, Transient},
		{"empty", 200, ` `, Transient},
		{"HTML", 200, `<html>`, Transient},
		{"no choices", 200, `{"choices":[]}`, Transient},
		{"no reason", 200, `{"choices":[{"message":{"content":"a"},"finish_reason":null}]}`, Transient},
	} {
		t.Run(c.name, func(t *testing.T) {
			if reply, err := (openAI{}).readReply("h", "m", c.status, []byte(c.body)); ClassOf(err) != c.want {
				t.Errorf("got %v, %v (class %v), want class %v", reply, err, ClassOf(err), c.want)
			}
		})
	}
}

func FuzzReadCompletion(f *testing.F) {
	f.Add(200, []byte(`{"choices":[{"message":{"content":"[1]"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1e99}}`))
	f.Add(400, []byte(`{"error":{"message":"{\"error\":\"x\"}"}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		reply, err := openAI{}.readReply("h", "m", status, body)
		if (reply == nil) == (err == nil) {
			t.Fatalf("reply %v, error %v", reply, err)
		}
		if err != nil && ClassOf(err) == 0 {
			t.Fatalf("error without a class: %v", err)
		}
		if err == nil && (reply.PromptTokens < -1 || reply.PromptTokens > maxTokens) {
			t.Fatalf("%d tokens", reply.PromptTokens)
		}
	})
}

// Every number is a token of its own at least, so the prompt has as many as asked for.
func TestOverlongPromptHasDistinctNumbers(t *testing.T) {
	if n := len(strings.Fields(string(overlongPrompt(1000)))); n != 1000 {
		t.Errorf("%d numbers, want 1000", n)
	}
}

func TestContextOfModelList(t *testing.T) {
	for _, c := range []struct {
		length, meta string
		want         int
	}{
		{"32768", "", 32768}, {"32768.0", "", 32768}, {"null", `{"n_ctx":4096,"n_ctx_train":131072}`, 4096}, {"", "", 0}, {"1e30", "", 0},
		{"1099511627776", "", 0}, {"-1", "", 0}, {`"x"`, `"y"`, 0}, {"0", `{"n_ctx":"z"}`, 0},
	} {
		if got := contextOf(json.RawMessage(c.length), json.RawMessage(c.meta)); got != c.want {
			t.Errorf("%s, %s: got %d, want %d", c.length, c.meta, got, c.want)
		}
	}
}

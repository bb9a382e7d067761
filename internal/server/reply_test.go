package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const full = `{"model":"m","created_at":"2026-01-02T03:04:05Z","message":{"role":"assistant","content":"[{\"RowID\":1,\"x\":\"\u003cé\ud83d\ude41\"}]","thinking":"hm","tool_calls":[{"a":{}}]},"done":true,"done_reason":"stop","total_duration":5000,"load_duration":1,"prompt_eval_count":812,"prompt_eval_cached_count":0,"prompt_eval_duration":2,"eval_count":240,"eval_duration":3}`

func TestReadReply(t *testing.T) {
	none := *newChatResponse().reply("h")
	with := func(change func(*Reply)) Reply {
		r := none
		change(&r)
		return r
	}
	said := func(text, reason string) Reply {
		return with(func(r *Reply) { r.Text, r.DoneReason = text, reason })
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   Reply
	}{
		{"all fields", 200, full, Reply{Text: `[{"RowID":1,"x":"<é🙁"}]`, Thought: true, DoneReason: "stop", Host: "h", PromptTokens: 812,
			CachedTokens: 0, Tokens: 240, Total: 5 * time.Microsecond, Load: 1, PromptEval: 2, Eval: 3}},
		{"no metrics", 200, `{"message":{"content":"a"},"done":true}`, said("a", "")},
		{"other types", 200, `{"message":{"content":7},"done":true,"done_reason":null,"eval_count":"x","total_duration":-5}`, said("", "")},
		{"no message", 200, `{"done":true,"message":[1,2]}`, said("", "")},
		{"floats", 200, ` { "message" : { "content" : "a" } , "done" : true , "eval_count" : 2.5e1 } `,
			with(func(r *Reply) { r.Text, r.Tokens = "a", 25 })},
		{"absurd counts", 200, `{"message":{"content":"a"},"done":true,"eval_count":4e18,"prompt_eval_count":1e30}`,
			with(func(r *Reply) { r.Text, r.Tokens = "a", maxTokens })},
		{"empty text", 200, `{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}`, said("", "stop")},
		{"length", 200, `{"message":{"content":"[{"},"done":true,"done_reason":"length"}`, said("[{", "length")},
		{"streamed though told not to", 200, "{\"message\":{\"content\":\"[1\"},\"done\":false}\n{\"message\":{\"content\":\",2]\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n",
			said("[1,2]", "stop")},
		{"broken characters", 200, "{\"message\":{\"content\":\"a\xff\\ud800b\\ud800\\u0041\"},\"done\":true}", said("a\uFFFD\uFFFDb\uFFFDA", "")},
		{"escaped key", 200, `{"m\u0065ssage":{"content":"a"},"done":true}`, said("a", "")},
		{"no error", 200, `{"error":null,"message":{"content":"a"},"done":true}`, said("a", "")},
		{"given up in a run of white space", 200, `{"message":{"content":"[{` + strings.Repeat(`\n `, 16) + `"},"done":false}`,
			said("[{"+strings.Repeat("\n ", 16), Repeat)},
		{"given up in a run of a word", 200, `{"message":{"content":"[{` + strings.Repeat(` very`, 31) + `"},"done":false}`,
			said("[{"+strings.Repeat(" very", 31), Repeat)},
		{"given up, as from 0.30", 500, `{"error":"prediction aborted, token repeat limit reached"}`, said("", Repeat)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readReply("h", "m", c.status, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&c.want, got); d != "" {
				t.Errorf("want and got differ:\n%s", d)
			}
		})
	}
}

func TestReadReplyErrors(t *testing.T) {
	const deep = 100_000
	for _, c := range []struct {
		name   string
		status int
		body   string
		class  Class
		want   string
	}{
		{"empty body", 200, "", Transient, "chat at h: the reply is empty"},
		{"page", 200, "<html>\n  hi</html>", Transient, `chat at h: the reply is not JSON: invalid character '<' looking for beginning of value: "<html> hi</html>"`},
		{"cut JSON", 200, full[:60], Transient, "the reply is not JSON: unexpected EOF"},
		{"deep JSON", 200, `{"x":` + strings.Repeat("[", deep), Transient, "exceeded max depth"},
		{"no done", 200, `{"message":{"content":"[{}]"},"done":false}`, Transient, "chat at h: the reply ends without done"},
		{"only loaded", 200, `{"message":{"content":""},"done":true,"done_reason":"load"}`, Transient, `chat at h: the server did not ask the model (done_reason "load")`},
		{"error in 200", 200, `{"error":"boom"}`, Transient, "chat at h: boom"},
		{"error after parts in 200", 200, "{\"message\":{\"content\":\"[1\"},\"done\":false}\n{\"error\":\"boom\"}", Transient, "chat at h: boom"},
		{"overflow in 200", 200, `{"error":"the input length exceeds the context length"}`, Overflow, "chat at h: the input length exceeds the context length"},
		{"500", 500, `{"error":"model runner has unexpectedly stopped"}`, Transient, "chat at h: status 500: model runner has unexpectedly stopped"},
		{"refused schema, to 0.24", 500, `{"error":"invalid JSON schema in format"}`, BadRequest, "invalid JSON schema"},
		{"refused option, to 0.24", 500, `{"error":"option \"num_ctx\" must be of type integer"}`, BadRequest, "must be of type"},
		{"500, empty", 500, "", Transient, "chat at h: status 500 Internal Server Error"},
		{"502 of a gateway", 502, "<html>Bad Gateway</html>", Transient, "status 502: <html>Bad Gateway</html>"},
		{"503", 503, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`, Busy, "status 503: server busy, please try again. maximum pending requests exceeded"},
		{"504", 504, "", Transient, "status 504 Gateway Timeout"},
		{"429", 429, "", Busy, "status 429 Too Many Requests"},
		{"408", 408, "", Transient, "status 408"},
		{"499", 499, `{"error":"request canceled"}`, Transient, "status 499: request canceled"},
		{"overflow, 0.12 to 0.24", 400, `{"error":"the input length exceeds the context length"}`, Overflow, "status 400: the input length exceeds the context length"},
		{"overflow, llama-server", 400, `{"error":"{\"error\":{\"code\":400,\"message\":\"request (302 tokens) exceeds the available context size (256 tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":302,\"n_ctx\":256}}"}`,
			Overflow, "chat at h: status 400: request (302 tokens) exceeds the available context size (256 tokens), try increasing it"},
		{"overflow, no shift", 400, `{"error":"the prompt is longer than the context length currently available to the model; shorten the prompt"}`, Overflow, "longer than"},
		{"overflow, MLX", 500, `{"error":"input length (9000 tokens) exceeds the model's maximum context length (4096 tokens)"}`, Overflow, "status 500"},
		{"overflow, gateway", 400, `{"error":{"message":"Prompt is too long","type":"invalid_request_error"}}`, Overflow, "status 400: Prompt is too long"},
		{"overflow, body too large", 413, "", Overflow, "status 413 Request Entity Too Large"},
		{"deadline in the server", 500, `{"error":"context deadline exceeded"}`, Transient, "status 500: context deadline exceeded"},
		{"missing model", 404, `{"error":"model 'm' not found"}`, MissingModel, `model "m" not found on h`},
		{"missing model, older", 404, `{"error":"model \"m\" not found, try pulling it first"}`, MissingModel, `model "m" not found on h`},
		{"other 404", 404, "404 page not found", NotOllama, "the server at h is not Ollama: status 404: 404 page not found"},
		{"405", 405, "", NotOllama, "the server at h is not Ollama: status 405 Method Not Allowed"},
		{"301", 301, "redirect to http://x/", NotOllama, "is not Ollama: status 301: redirect to http://x/"},
		{"400", 400, `{"error":"invalid option"}`, BadRequest, "chat at h: status 400: invalid option"},
		{"400, TLS port", 400, "Client sent an HTTP request to an HTTPS server.\n", BadRequest, "status 400: Client sent an HTTP request to an HTTPS server."},
		{"401", 401, `{"error":"unauthorized"}`, Denied, "status 401: unauthorized"},
		{"403", 403, "", Denied, "status 403 Forbidden"},
		{"error is an odd value", 500, `{"error":[1]}`, Transient, "status 500: [1]"},
		{"error is long", 500, `{"error":"` + strings.Repeat("é", 1000) + `"}`, Transient, strings.Repeat("é", 150) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readReply("h", "m", c.status, []byte(c.body))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Class != c.class || e.Status != c.status || e.Host != "h" || e.Model != "m" || e.Op != "chat" {
				t.Errorf("got class %v of %+v, want class %v", e.Class, e, c.class)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
		})
	}
}

func TestBodyIsBounded(t *testing.T) {
	const most = 1000
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with the end": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{0, 1, most - 1, most, most + 1, 3 * most} {
				text := strings.Repeat("x", size)
				body := &boundedBody{ReadCloser: io.NopCloser(wrap(strings.NewReader(text))), left: most}
				if size > most {
					if _, err := io.ReadAll(body); !errors.Is(err, errTooLarge) {
						t.Errorf("%d bytes: got %v, want %v", size, err, errTooLarge)
					}
					continue
				}
				var got bytes.Buffer
				got.WriteString("a") // what a buffer has stays in front
				if _, err := got.ReadFrom(body); err != nil || got.String() != "a"+text {
					t.Errorf("got %d bytes, %v, want %d", got.Len(), err, 1+size)
				}
			}
		})
	}
}

// decodeChat takes exactly what encoding/json takes, an object or several, and
// sees the same in it.
func FuzzDecodeChat(f *testing.F) {
	f.Add([]byte(full))
	for _, s := range []string{`{}`, ` {"a":[1,-0.5e+3,{"b":null}],"done":true}`, `{"message":{"content":"\ud83d\ude41\uD800\u0041"}}`,
		`{"error":"x"}`, `{"done":tru}`, "{\"message\":{\"content\":\"\xff\"}}", `{"a":01}`, `{"a":1.}`, `{"":"\/\b\f"}`, `{"eval_count":1e2}`, `{"message":{},}`,
		`[{"done":true}]`, `{"done":"x","eval_count":[],"error":{}}`, `"x"`, `{"eval_count":1e400}`, "null", `{"message":{"content":"a"}} {"message":{"content":"b"},"done":true}`,
		`{"Message":{"CONTENT":"a","content":"b"},"done":true,"done":3}`, `{"message":{"content":"a"},"message":{"content":null},"do\u006ee":true}`, `{"done":true} x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeChat(body)
		done, content, ok := slowDecodeChat(body)
		if ok != (err == nil) {
			t.Fatalf("got %v, encoding/json takes it: %v", err, ok)
		}
		if !ok {
			return
		}
		if got.Done != done {
			t.Errorf("done: got %v, want %v", got.Done, done)
		}
		if got.Message.Content != content {
			t.Errorf("content: got %q, want %q", got.Message.Content, content)
		}
	})
}

// slowDecodeChat reads the fields of a body one by one.
func slowDecodeChat(body []byte) (done bool, content string, ok bool) {
	for d := json.NewDecoder(bytes.NewReader(body)); ; {
		var part json.RawMessage
		switch err := d.Decode(&part); {
		case err == io.EOF:
			return done, content, true
		case err != nil, part[0] != '{' && string(part) != "null":
			return false, "", false
		}
		text := ""
		eachField(part, func(key string, value json.RawMessage) {
			switch {
			case strings.EqualFold(key, "done"):
				_ = json.Unmarshal(value, &done) // another type changes nothing
			case strings.EqualFold(key, "message"):
				eachField(value, func(key string, value json.RawMessage) {
					if strings.EqualFold(key, "content") {
						_ = json.Unmarshal(value, &text)
					}
				})
			}
		})
		content += text
	}
}

// eachField calls f with the fields of valid JSON, if it is an object.
func eachField(object json.RawMessage, f func(key string, value json.RawMessage)) {
	d := json.NewDecoder(bytes.NewReader(object))
	if start, _ := d.Token(); start != json.Delim('{') {
		return
	}
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err = errors.Join(err, d.Decode(&value)); err != nil {
			panic(err)
		}
		f(key.(string), value)
	}
}

// BenchmarkDecode is the share of the reply.
func BenchmarkDecode(b *testing.B) {
	row := `{\"RowID\":1234,\"Sentiment\":\"Negative\",\"Topic\":\"Delivery\",\"Urgency\":\"High\",\"Reason\":\"it came late\"},`
	body := []byte(full[:len(`{"model":"m","created_at":"2026-01-02T03:04:05Z","message":{"role":"assistant","content":"`)])
	body = append(body, bytes.Repeat([]byte(row), 10)...)
	body = append(body, full[bytes.Index([]byte(full), []byte(`","thinking"`)):]...)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := readReply("h", "m", 200, body); err != nil {
			b.Fatal(err)
		}
	}
}

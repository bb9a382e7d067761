package server

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/ollama/ollama/api"
)

// The server's own types read what is sent.
func TestEncodeRequest(t *testing.T) {
	no := false
	tests := []struct {
		name string
		req  Request
		old  bool
		want api.ChatRequest
	}{
		{
			name: "everything",
			req: Request{Model: "m:1", System: "be \"good\"", User: []byte("line\nRowID: 1 ═ é\x00"),
				Format: []byte(`{"type":"object"}`), NumCtx: 8192, NumPredict: 100, Temperature: 0.25, Seed: 7,
				Think: "false", KeepAlive: `"5m0s"`},
			want: api.ChatRequest{Model: "m:1",
				Messages: []api.Message{{Role: "system", Content: "be \"good\""}, {Role: "user", Content: "line\nRowID: 1 ═ é\x00"}},
				Stream:   &no, Truncate: &no, Shift: &no, Format: json.RawMessage(`{"type":"object"}`),
				KeepAlive: &api.Duration{Duration: 300e9}, Think: &api.ThinkValue{Value: false},
				Options: map[string]any{"repeat_penalty": 1.0, "temperature": 0.25, "seed": 7.0, "num_ctx": 8192.0, "num_predict": 100.0}},
		},
		{
			name: "as little as possible, to an old server",
			req:  Request{Model: "m"},
			old:  true,
			want: api.ChatRequest{Model: "m", Messages: []api.Message{{Role: "user"}}, Stream: &no,
				Options: map[string]any{"repeat_penalty": 1.0, "temperature": 0.0, "seed": 0.0}},
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			body, err := encodeRequest(&c.req, !c.old)
			if err != nil {
				t.Fatal(err)
			}
			var got api.ChatRequest
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("want and got differ:\n%s", d)
			}
		})
	}
}

// Whatever the messages hold, the server reads it.
func FuzzEncodeRequest(f *testing.F) {
	for _, s := range []string{"", "plain", "q\"\\\n\t\r\x01\x7f", "é═🙁", "\xff\xc3", "\xed\xa0\x80", "<&>\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		body, err := encodeRequest(&Request{Model: "m", System: s, User: []byte(s)}, true)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var got api.ChatRequest
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		want := s
		if !utf8.ValidString(s) {
			want = string([]rune(s))
		}
		for _, m := range got.Messages {
			if m.Content != want {
				t.Errorf("%s: got %q, want %q", m.Role, m.Content, want)
			}
		}
	})
}

// A format reaches the server as it is; one that is cut is never sent.
func TestEncodeRequestFormat(t *testing.T) {
	body, err := encodeRequest(&Request{Model: "m", Format: []byte(`{"enum": ["<a> & \u00e9"]}`)}, true)
	if want := `"format":{"enum": ["<a> & \u00e9"]}`; err != nil || !strings.Contains(string(body), want) {
		t.Errorf("got %s, %v, want %s in it", body, err, want)
	}
	for _, format := range []string{`{"enum":`, `"enum":{}}`, `json`} {
		if body, err := encodeRequest(&Request{Model: "m", Format: []byte(format)}, true); err == nil {
			t.Errorf("%s: got %s", format, body)
		}
	}
}

func TestParseKeepAlive(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"5m", `"5m0s"`}, {"-1", "-1"}, {"0", "0"}, {"300", "300"}, {"-1s", `"-1s"`},
	} {
		got, err := ParseKeepAlive(c.in)
		if err != nil || got != c.want {
			t.Errorf("%q: got %s, %v, want %s", c.in, got, err, c.want)
		}
	}
	if _, err := ParseKeepAlive("long"); err == nil {
		t.Error("long was taken")
	}
}

func TestThinkValue(t *testing.T) {
	thinks := &Model{Thinks: true, thinkOff: "false"}
	levels := &Model{Thinks: true, thinkOff: `"low"`}
	plain := &Model{thinkOff: "false"}
	for _, c := range []struct {
		name, flag string
		model      *Model
		want       string
	}{
		{"auto, model thinks", "auto", thinks, "false"},
		{"false, model thinks", "false", thinks, "false"},
		{"true, model thinks", "true", thinks, "true"},
		{"level", "high", levels, `"high"`},
		{"auto, model cannot but think", "", levels, `"low"`},
		{"auto, model does not", "auto", plain, ""},
		{"false, model does not", "false", plain, ""},
		{"true, model does not: the server says so", "true", plain, "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			think, err := ParseThink(c.flag)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.model.ThinkValue(think); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if _, err := ParseThink("yes"); err == nil || !strings.Contains(err.Error(), `"yes"`) {
		t.Errorf("got %v", err)
	}
}

// BenchmarkEncode is the share of a request of ten rows in BenchmarkChat.
func BenchmarkEncode(b *testing.B) {
	r := &Request{Model: "m", System: string(bytes.Repeat([]byte("s"), 2500)),
		User:   bytes.Repeat([]byte("═══ She said: \"no\" — and left.\n"), 130),
		Format: []byte(`{"prefixItems":[` + string(bytes.Repeat([]byte(`{"type":"string","maxLength":300},`), 100)) + "{}]}"), NumCtx: 8192}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encodeRequest(r, true); err != nil {
			b.Fatal(err)
		}
	}
}

func TestModelOfAnyLevels(t *testing.T) {
	var shown api.ShowResponse
	if err := json.Unmarshal([]byte(`{"capabilities": ["thinking"], "thinking": {"values": ["a\u0007\"b"], "default": "a\u0007\"b"}}`), &shown); err != nil {
		t.Fatal(err)
	}
	if got := modelOf(&shown).ThinkValue(ThinkAuto); got != `"a\u0007\"b"` {
		t.Errorf("got %s, want the level as JSON", got)
	}
}

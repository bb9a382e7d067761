package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// slipIn is what ExplainJSONError says of text that is not JSON.
func slipIn(data string) (line int, what string) {
	err := json.Unmarshal([]byte(data), new(any))
	at := int64(len(data))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && !strings.Contains(err.Error(), "unexpected end") {
		at = syntax.Offset - 1
	}
	return ExplainJSONError([]byte(data), at, err.Error())
}

func TestDescribeSlip(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		line       int
		what       string // part of it; empty: nothing
	}{
		{"comma missing between keys", "{\n \"a\": 1\n\n \"b\": 2}", 2, "a comma is missing"},
		{"comma missing in a list", `["a" "b"]`, 1, "a comma is missing"},
		{"comma too many in an object", "{\"a\": 1,\n}", 1, "leave out the comma"},
		{"comma too many in a list", `{"a": [1, 2,]}`, 1, "leave out the comma"},
		{"curly quotes around a key", "{\n“a”: 1}", 2, "curly"},
		{"curly quotes around a value", `{"a": “x”}`, 1, "curly"},
		{"a curly quote at the end of a key", "{\"a”: \"x\",\n \"b\": 1}", 1, "curly"},
		{"a curly quote at the end of a value", "{\"a\": \"x”,\n \"b\": 1}", 1, "curly"},
		{"German quotes", `{„a“: 1}`, 1, "curly"},
		{"single quotes", `{'a': 1}`, 1, "single"},
		{"Python's true", `{"a": True}`, 1, "JSON writes true"},
		{"Python's false", `{"a": [False]}`, 1, "JSON writes false"},
		{"Python's None", "{\"a\":\nNone}", 2, "JSON writes null"},
		{"a comment", "{\"a\": 1, // one\n \"b\": 2}", 1, "does not allow comments"},
		{"a comment of a shell", "# what it is\n{}", 1, "does not allow comments"},
		{"colon missing", `{"a" 1}`, 1, "a colon is missing"},
		{"a line break in a text", "{\"a\": \"x\ny\"}", 1, "a quote is missing"},
		{"a quote inside a text", "{\"a\":\n\"say \"yes\" now\"}", 2, `is written \"`},
		{"a quote inside a text of a list", `["say "yes" now"]`, 1, `is written \"`},
		{"a quote inside a key", `{"the "first" one": 1}`, 1, `is written \"`},
		{"a quoted slip inside a text", `{"a": "say "None" then"}`, 1, `is written \"`},
		{"cut", "{\"a\": 1,\n\"b\"", 2, "the end is missing"},
		{"empty", "", 1, "the file is empty"},
		{"another bracket", `{"a": [1}`, 1, "another kind of bracket"},
		{"a bracket too many", `{}}`, 1, ""},
		{"a word", `{"a": yes}`, 1, ""},
	} {
		line, what := slipIn(tt.data)
		if line != tt.line || !strings.Contains(what, tt.what) || (what == "") != (tt.what == "") {
			t.Errorf("%s: got line %d, %q, want line %d, %q", tt.name, line, what, tt.line, tt.what)
		}
	}
}

func FuzzDescribeSlip(f *testing.F) {
	for _, s := range []string{`{"a": True,}`, "{“a”: 'x'}", "{\"a\"\n1 //", "[\xe2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if json.Valid([]byte(data)) {
			return
		}
		if line, _ := slipIn(data); line < 1 || line > 1+strings.Count(data, "\n") {
			t.Fatalf("%q: line %d", data, line)
		}
	})
}

func TestCheckJSON(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"no key twice", `{"a": {"b": 1}, "b": [{"a": 1}, {"a": 2}]}`, ""},
		{"twice", "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", `f.json:3: duplicate key "a"`},
		{"twice below", "{\"units\": [{\"unit\": 1},\n{\"unit\": 2, \"unit\": 3}]}", `f.json:2: duplicate key "unit"`},
		{"twice, with an escape", `{"run_id": "r", "run\u005fid": "s"}`, `f.json:1: duplicate key "run_id"`},
		{"not UTF-8", "{\"a\": 1,\n \"b\": \"caf\xe9\"}", `f.json:2: not UTF-8 text`},
		{"not JSON", `{"a": `, ""},
		{"empty", ``, ""},
	} {
		got := ""
		if err := CheckJSON([]byte(tt.data), "f.json"); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What CheckJSON refuses of UTF-8 has a key twice, so a colon; the rest is not UTF-8.
func FuzzCheckJSON(f *testing.F) {
	f.Add([]byte(`{"a": 1, "a": 2}`))
	f.Add([]byte("{\"a\": \"caf\xe9\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := CheckJSON(data, "f")
		twice := err != nil && strings.Contains(err.Error(), "duplicate key ")
		if err != nil && !twice && utf8.Valid(data) || twice && !bytes.Contains(data, []byte(":")) {
			t.Errorf("%q: %v", data, err)
		}
	})
}

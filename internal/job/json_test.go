package job

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

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

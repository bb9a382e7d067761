package table

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestEncoder(t *testing.T) {
	names := []string{"RowID", "T,x", "Batch_Size"}
	text := func(s ...string) []Cell {
		var c []Cell
		for _, s := range s {
			c = append(c, Cell{Bytes: []byte(s)})
		}
		return c
	}
	raw := func(f Format, s ...string) []Cell {
		c := text(s...)
		for i := range c {
			c[i].Form = f
		}
		return c
	}
	tests := []struct {
		name   string
		format Format
		cells  []Cell
		want   string
	}{
		{"text to csv", CSV, text("1", "a,\"b\"\nc\r", "5\t"), "RowID,\"T,x\",Batch_Size\n1,\"a,\"\"b\"\"\nc\r\",5\t\n"},
		{"text to tsv", TSV, text("1", "a,b", "x\ty"), "RowID\tT,x\tBatch_Size\n1\ta,b\t\"x\ty\"\n"},
		{"text to jsonl", JSONL, text("007", "a\"\\\n\x01\xff", "x"), `{"RowID":"007","T,x":"a\"\\\n\u0001` + "\uFFFD" + `","Batch_Size":"x"}` + "\n"},
		{"IDs keep their text", JSONL, text("17.0", "", "-0"), `{"RowID":17.0,"T,x":"","Batch_Size":-0}` + "\n"},
		{"no JSON numbers", JSONL, text("-07", "", "00.0"), `{"RowID":"-07","T,x":"","Batch_Size":"00.0"}` + "\n"},
		{"semicolons to csv", CSV, raw(';', "1", `a,b"c`, `"x;y"`), "RowID,\"T,x\",Batch_Size\n1,\"a,b\"\"c\",\"x;y\"\n"},
		{"csv to semicolons", ';', raw(CSV, `"1"`, "a;b", `5" x`), "RowID;T,x;Batch_Size\n\"1\";\"a;b\";\"5\"\" x\"\n"},
		{"csv to csv keeps bytes", CSV, raw(CSV, `"1"`, `5" x`, ""), "RowID,\"T,x\",Batch_Size\n\"1\",5\" x,\n"},
		{"a cr moves to the end", CSV, raw(CSV, "1", "a", "b\r"), "RowID,\"T,x\",Batch_Size\n1,a,\"b\r\"\n"},
		{"csv to tsv", TSV, raw(CSV, "1", `"a,""b"`, "x\ty"), "RowID\tT,x\tBatch_Size\n1\t\"a,\"\"b\"\t\"x\ty\"\n"},
		{"csv to jsonl", JSONL, raw(CSV, `"1"`, `"a""b"`, "10"), `{"RowID":1,"T,x":"a\"b","Batch_Size":10}` + "\n"},
		{"jsonl to jsonl", JSONL, []Cell{{[]byte("1"), JSONL}, {nil, JSONL}, {[]byte(`[1, 2]`), JSONL}},
			`{"RowID":1,"T,x":null,"Batch_Size":[1, 2]}` + "\n"},
		{"jsonl to csv", CSV, raw(JSONL, "1", `"a\u00e9\ud83d\ude00\ud800,"`, `{"a":"b"}`),
			"RowID,\"T,x\",Batch_Size\n1,\"aé😀\uFFFD,\",\"{\"\"a\"\":\"\"b\"\"}\"\n"},
		{"null to csv", CSV, []Cell{{nil, JSONL}, {[]byte("null"), JSONL}, {[]byte("true"), JSONL}}, "RowID,\"T,x\",Batch_Size\n,,true\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := NewEncoder(tt.format, names)
			if got := string(e.Record(e.Header(nil), tt.cells)); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestHeaderTellsTheDelimiter: whatever the names are, a reader finds the delimiter of what
// was written, and names without other delimiters keep their form.
func TestHeaderTellsTheDelimiter(t *testing.T) {
	for _, f := range []Format{CSV, ';', TSV, '|'} {
		for _, tt := range []struct {
			names  []string
			quoted bool
		}{
			{[]string{"RowID", "Message"}, false},
			{[]string{"RowID", "Message; text"}, f == TSV || f == '|'},
			{[]string{"RowID", "Which? (a; b; c; d)", "Or, say, which, of|these|three|lines"}, true},
			{[]string{"a;b,c|d\te"}, true},
			{[]string{"x"}, false},
		} {
			text := NewEncoder(f, tt.names).Header(nil)
			h, err := ReadHeader(bytes.NewReader(text), int64(len(text)), Options{})
			if err != nil || !slices.Equal(h.Names, tt.names) || len(tt.names) > 1 && h.Format != f {
				t.Errorf("%q: got %+v, %v", text, h, err)
			}
			if bytes.Contains(text, []byte{'"'}) != tt.quoted && len(tt.names) != 2 {
				t.Errorf("%q: quoted %v, want %v", text, !tt.quoted, tt.quoted)
			}
		}
	}
}

func TestEncoderOneColumn(t *testing.T) {
	e := NewEncoder(CSV, []string{"x"})
	for _, c := range []Cell{{}, {Form: CSV}, {Form: JSONL}} {
		if got := string(e.Record(nil, []Cell{c})); got != "\"\"\n" {
			t.Errorf("empty field: got %q, want quotes, as a blank line may be skipped", got)
		}
	}
}

// Whatever the text, each format gives it back.
func FuzzEncodeDecode(f *testing.F) {
	f.Add("a", "b", "c")
	f.Add("", "\r", "x\r")
	f.Add("\"", "a,b\tc", "l1\r\nl2\n")
	f.Add("é\u2028", "\x00\x1f\x7f", "\\u0041")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		texts := []string{strings.ToValidUTF8(a, "\uFFFD"), strings.ToValidUTF8(b, "\uFFFD"), strings.ToValidUTF8(c, "\uFFFD")}
		formats := []Format{CSV, TSV, JSONL, ';', '|'}
		for _, in := range formats {
			var cells []Cell
			for _, s := range texts {
				cells = append(cells, Cell{Bytes: []byte(s)})
			}
			line := encodeOne(in, cells)
			for _, out := range formats {
				rec := decodeOne(t, in, line)
				for i := range cells {
					cells[i] = Cell{rec.Field((i + 1) % 3), in}
				}
				rec = decodeOne(t, out, encodeOne(out, cells))
				for i := range texts {
					if got, want := string(rec.Text(nil, i)), texts[(i+1)%3]; got != want {
						t.Errorf("%v to %v: got %q, want %q", in, out, got, want)
					}
				}
			}
		}
	})
}

func encodeOne(f Format, cells []Cell) []byte {
	e := NewEncoder(f, []string{"x", "y", "z"})
	return e.Record(e.Header(nil), cells)
}

func decodeOne(t *testing.T, f Format, b []byte) *Record {
	t.Helper()
	r, err := newReader(bytes.NewReader(b), Options{Format: f}, 64)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.Next()
	if err != nil {
		t.Fatalf("%v: %v in %q", f, err, b)
	}
	return rec
}

// A line is taken exactly if encoding/json takes it for an object without a
// key twice, and the texts are the same.
func FuzzJSONObject(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":1}`, ` { "a" : [ 1 , { "b" : null } , [ ] , { } ] , "c" : -0.5e+10 } `, `{"a":"\u0041\ud83d\ude00\n"}`,
		`{"a":01}`, `{"a":1,}`, `{"a"}`, `[1]`, `{"a":tru}`, `{"a":"` + "\x01" + `"}`, `{"a":{"b":[}}`, `{"a":1} x`, `{"a":[1 2]}`, `{"\ud800":1}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := map[string]string{}
		twice := false
		parser := newObjectParser()
		bad := parser.parseObject([]byte(line), func(key []byte, value span) *fault {
			k := string(appendJSONText(nil, key))
			_, ok := got[k]
			twice = twice || ok
			got[k] = string(appendJSONText(nil, []byte(line[value.from:value.to])))
			return nil
		})
		var want map[string]json.RawMessage
		err := json.Unmarshal([]byte(line), &want)
		if strings.TrimSpace(line) == "null" {
			return
		}
		if (bad == nil) != (err == nil) {
			t.Fatalf("%q: got %v, encoding/json %v", line, bad, err)
		}
		if bad != nil || twice || strings.ToValidUTF8(line, "") != line {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: got %v, encoding/json %v", line, got, want)
		}
		for k, v := range want {
			text := string(v)
			if v[0] == '"' {
				_ = json.Unmarshal(v, &text)
			} else if text == "null" {
				text = ""
			}
			if got[k] != text {
				t.Errorf("%q: %q is %q, want %q", line, k, got[k], text)
			}
		}
	})
}

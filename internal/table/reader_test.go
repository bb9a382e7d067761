package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readAll renders each record as pos:line:offset field|field.
func readAll(r *Reader) ([]string, error) {
	var got []string
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		fields := make([]string, len(rec.fields))
		for i := range fields {
			fields[i] = string(rec.Text(nil, i))
		}
		got = append(got, fmt.Sprintf("%d:%d:%d %s", rec.Pos, rec.Line, rec.Offset, strings.Join(fields, "|")))
	}
}

func TestReader(t *testing.T) {
	tests := []struct {
		name, in string
		format   Format
		want     []string
		err      string
	}{
		{name: "plain", in: "a,b\n1,2\n3,4\n", want: []string{"1:2:4 1|2", "2:3:8 3|4"}},
		{name: "no final newline", in: "a,b\n1,2\n3,", want: []string{"1:2:4 1|2", "2:3:8 3|"}},
		{name: "crlf", in: "a,b\r\n1,2\r\n3,4\r\n", want: []string{"1:2:5 1|2", "2:3:10 3|4"}},
		{name: "ByteOrderMark", in: ByteOrderMark + "a,b\n1,2\n", want: []string{"1:2:7 1|2"}},
		{name: "blank lines", in: "\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n", want: []string{"1:5:8 1|2", "2:8:15 3|4"}},
		{name: "blank line of one column", in: "a\n\nx\n", want: []string{"1:2:2 ", "2:3:3 x"}},
		{name: "quotes", in: "a,b\n\"1,\"\"x\"\"\",\"l1\nl2\r\nl3\"\n5,6\n", want: []string{"1:2:4 1,\"x\"|l1\nl2\r\nl3", "2:5:26 5|6"}},
		{name: "bare quotes", in: "a,b\n5\" screen,x\ny\"y,z\"\n", want: []string{"1:2:4 5\" screen|x", "2:3:16 y\"y|z\""}},
		{name: "lone cr is a character", in: "a,b\nx\ry,z\r\r\n", want: []string{"1:2:4 x\ry|z\r"}},
		{name: "cr at the end", in: "a,b\n1,2\r", want: []string{"1:2:4 1|2"}},
		{name: "quoted last without newline", in: "a,b\n1,\"2\"", want: []string{"1:2:4 1|2"}},
		{name: "tsv", in: "a\tb\n1,5\t\"x\ty\"\n", format: TSV, want: []string{"1:2:4 1,5|x\ty"}},
		{name: "header only", in: "a,b"},
		{name: "empty", in: "", err: "f:1: the file is empty; its first line must name the columns"},
		{name: "ragged", in: "a,b\n1,\"x\ny\"\n3\n", want: []string{"1:2:4 1|x\ny"}, err: "f:4: the record has 1 field, the header 2"},
		{name: "open quote", in: "a,b\n1,\"x\ny\n", err: "f:2: the quote that opens here never closes"},
		{name: "text after a quote", in: "a,b\n1,\"x\ny\"z\n", err: "f:3: a closing quote must be followed by the delimiter or the end of the line"},
		{name: "column twice", in: "a,b,a\n", err: `f:1: duplicate column "a" in the header (columns 1 and 3)`},
		{name: "all names at once", in: "a,,a,a\n", err: `f:1: column 2 of the header has no name; duplicate column "a" in the header (columns 1 and 3); duplicate column "a" in the header (columns 1 and 4)`},
		{name: "many names", in: "a,,,,,,,,\n", err: `f:1: column 2 of the header has no name; column 3 of the header has no name; column 4 of the header has no name; column 5 of the header has no name; column 6 of the header has no name; 3 more columns like these`},
		{name: "column without a name", in: "a,,b\n", err: "f:1: column 2 of the header has no name"},
		{name: "cr alone", in: "a,b\r1,2\r3,4\r", err: `f:1: its lines end in CR alone; LF or CRLF is required`},
		{name: "gzip", in: "\x1F\x8B\x08\x00\n", err: "f:1: this is compressed by gzip"},
		{name: "workbook", in: "PK\x03\x04\x14\x00", err: "f:1: this is a ZIP archive, as workbooks are (.xlsx)"},
		{name: "utf-16", in: "\xFF\xFEa\x00", err: "f:1: this is UTF-16, not UTF-8"},
		{
			name: "jsonl", format: JSONL,
			in:   "{\"a\":1,\"b\":\"x\\ny\"}\n\n {\"b\":null} \r\n{\"b\":[1, {\"c\":\"}\"}],\"\\u0061\":true}",
			want: []string{"1:1:0 1|x\ny", "2:3:20 |", "3:4:34 true|[1, {\"c\":\"}\"}]"},
		},
		{name: "jsonl empty", in: "\n", format: JSONL},
		{name: "jsonl new key", in: "{\"a\":1}\n{\"c\":1}\n", format: JSONL, want: []string{"1:1:0 1"},
			err: `f:2: unknown key "c" (the keys of the first object are the columns)`},
		{name: "jsonl key twice", in: "{\"a\":1}\n{\"a\":1,\"a\":2}\n", format: JSONL, want: []string{"1:1:0 1"}, err: `f:2: duplicate key "a"`},
		{name: "jsonl torn", in: "{\"a\":1}\n{\"a\":\"x", format: JSONL, want: []string{"1:1:0 1"},
			err: "f:2: bad JSON: the line ends before the object does"},
		{name: "jsonl array", in: "[1]\n", format: JSONL, err: "f:1: bad JSON: want an object, not an array"},
		{name: "jsonl number", in: "1\n", format: JSONL, err: "f:1: bad JSON: want an object"},
	}
	for _, tt := range tests {
		sources := map[string]io.Reader{
			"whole": strings.NewReader(tt.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
			"data with eof": iotest.DataErrReader(strings.NewReader(tt.in)),
		}
		for how, src := range sources {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				var got []string
				r, err := newReader(src, Options{Name: "f", Format: tt.format}, 4)
				if err == nil {
					got, err = readAll(r)
				}
				if diff := cmp.Diff(got, tt.want); diff != "" {
					t.Errorf("records (-got +want):\n%s", diff)
				}
				msg := ""
				if err != nil {
					msg = err.Error()
				}
				if msg != tt.err {
					t.Errorf("error %q, want %q", msg, tt.err)
				}
			})
		}
	}
}

func TestReaderAllocatesNothingPerRecord(t *testing.T) {
	row := "12,\"a \"\"quoted\"\"\ntext\",plain,\r\n"
	r, err := NewReader(strings.NewReader("a,b,c,d\n"+strings.Repeat(row, 3000)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	var text []byte
	n := testing.AllocsPerRun(2000, func() {
		rec, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		text = rec.Text(text[:0], 1)
	})
	if n != 0 {
		t.Errorf("%v allocations a record, want 0", n)
	}
}

func TestReaderError(t *testing.T) {
	want := errors.New("disk")
	r, err := NewReader(io.MultiReader(strings.NewReader("a\nx\ny"), iotest.ErrReader(want)), Options{Name: "-"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, want) || err.Error() != "read stdin: disk" {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestOpenRange(t *testing.T) {
	in := "id,x\n1,a\n2,\"b\nb\"\n3,c\n4,d\n"
	tests := []struct {
		name string
		in   string
		rg   Range
		want []string
		err  string
	}{
		{name: "whole", rg: Range{}, want: []string{"1:2:5 1|a", "2:3:9 2|b\nb", "3:5:17 3|c", "4:6:21 4|d"}},
		{name: "rows", rg: Range{RowStart: 2, RowEnd: 3}, want: []string{"2:3:9 2|b\nb", "3:5:17 3|c"}},
		{name: "rows beyond the end", rg: Range{RowStart: 9, RowEnd: 12}},
		{name: "bytes", rg: Range{RowStart: 2, RowEnd: 3, ByteStart: 9, ByteEnd: 21}, want: []string{"2:0:9 2|b\nb", "3:0:17 3|c"}},
		{name: "byte start", rg: Range{RowStart: 3, ByteStart: 17}, want: []string{"3:0:17 3|c", "4:0:21 4|d"}},
		{name: "byte start and last row", rg: Range{RowStart: 3, RowEnd: 3, ByteStart: 17}, want: []string{"3:0:17 3|c"}},
		{name: "outside", rg: Range{ByteStart: 99}, err: "f: bytes 99 to 0 are not in the file, which has 25"},
		{name: "in the header", rg: Range{ByteStart: 2}, err: "f: byte 2 is within the header"},
		{name: "line of an error", in: in + "5\n", rg: Range{RowStart: 4, ByteStart: 21},
			want: []string{"4:0:21 4|d"}, err: "f:7: the record has 1 field, the header 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.in
			if text == "" {
				text = in
			}
			var got []string
			r, err := OpenRange(strings.NewReader(text), int64(len(text)), Options{Name: "f"}, tt.rg)
			if err == nil {
				got, err = readAll(r)
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("records (-got +want):\n%s", diff)
			}
			if msg := fmt.Sprint(err); msg != tt.err && (err != nil || tt.err != "") {
				t.Errorf("error %q, want %q", msg, tt.err)
			}
		})
	}
}

func TestReaderRefusesAnEndlessQuote(t *testing.T) {
	in := io.MultiReader(strings.NewReader("a,b\n1,2\n3,\"x\n"), io.LimitReader(repeated{[]byte("text\n")}, 3*maxSize))
	r, err := NewReader(in, Options{Name: "f"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	_, err = r.Next()
	if want := "f:3: the quote that opens here does not close within 64 MiB"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

type repeated struct{ b []byte }

func (r repeated) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], r.b)
	}
	return len(p), nil
}

func BenchmarkReader(b *testing.B) {
	row := "1234567,A title of some length,\"a message, with a \"\"quote\"\" and text for a while, as people write\",Positive\n" +
		"1234568,A title of some length,a message of the plain kind and text for a while as people write,Negative\n"
	data := append([]byte("RowID,Title,Message,Sentiment\n"), bytes.Repeat([]byte(row), 5000)...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(data), Options{})
		for err == nil {
			_, err = r.Next()
		}
	}
}

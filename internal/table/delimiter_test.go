package table

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDelimiterOfHeader(t *testing.T) {
	long := strings.Repeat("x", 3*headerBuffer)
	for _, tt := range []struct {
		name, in string
		want     byte
		names    []string
	}{
		{"commas", "RowID,Message\n", ',', []string{"RowID", "Message"}},
		{"semicolons", "RowID;Message\n", ';', []string{"RowID", "Message"}},
		{"tabs", "RowID\tMessage\n", '\t', []string{"RowID", "Message"}},
		{"pipes", "RowID|Message\r\n", '|', []string{"RowID", "Message"}},
		{"one column", "Message\n1;2\n", ',', []string{"Message"}},
		{"a tie is a comma", "a,b;c\n", ',', []string{"a", "b;c"}},
		{"a tie is a semicolon", "a;b|c\td\n", ';', []string{"a", "b|c\td"}},
		{"within quotes", "RowID,\"Message; text; more\"\n", ',', []string{"RowID", "Message; text; more"}},
		{"doubled quotes", "a;\"b \"\"x,y,z\"\" c\";d\n", ';', []string{"a", "b \"x,y,z\" c", "d"}},
		{"a quote in a name", "5\" screen;b,c;d\n", ';', []string{"5\" screen", "b,c", "d"}},
		{"a line break in a name", "a;\"b\n,,,\n\";c\n", ';', []string{"a", "b\n,,,\n", "c"}},
		{"the rows do not count", "a;b\n,,,;\n", ';', []string{"a", "b"}},
		{"mark and blank lines", ByteOrderMark + "\n\r\na|b\n", '|', []string{"a", "b"}},
		{"a long header", "a," + long + ";b;c;d\n", ';', []string{"a," + long, "b", "c", "d"}},
		{"no line end", "a;b", ';', []string{"a", "b"}},
	} {
		for how, src := range map[string]io.Reader{
			"whole": strings.NewReader(tt.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)), "with eof": iotest.DataErrReader(strings.NewReader(tt.in)),
		} {
			r, err := newReader(src, Options{}, 4)
			if err != nil || r.header.Format != Format(tt.want) || !slices.Equal(r.header.Names, tt.names) {
				t.Errorf("%s, %s: got %v, want %q", tt.name, how, err, tt.want)
			}
		}
		if got := DetectDelimiter([]byte(strings.TrimPrefix(tt.in, ByteOrderMark))); got != tt.want {
			t.Errorf("%s: DetectDelimiter gives %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestDelimiterIsNotGuessed: a format that names its delimiter has that one.
func TestDelimiterIsNotGuessed(t *testing.T) {
	for _, tt := range []struct {
		o     Options
		want  Format
		names int
	}{
		{Options{}, ';', 3}, {Options{Format: AnyCSV}, ';', 3}, {Options{Format: CSV}, CSV, 2}, {Options{Format: TSV}, TSV, 1},
		{Options{Delimiter: ','}, CSV, 2}, {Options{Format: TSV, Delimiter: '|'}, '|', 2}, {Options{Delimiter: '^'}, '^', 1},
	} {
		in := "a;b,c;d|e\n"
		h, err := ReadHeader(strings.NewReader(in), int64(len(in)), tt.o)
		if err != nil || h.Format != tt.want || len(h.Names) != tt.names {
			t.Errorf("%+v: got %+v, %v", tt.o, h, err)
		}
	}
}

// TestDetectReadsNoEndlessHeader: a quote that never closes does not make it read the file.
func TestDetectReadsNoEndlessHeader(t *testing.T) {
	f := io.NewSectionReader(endless{"a;b;\"c", "x"}, 0, 3*maxSize)
	r := &Reader{src: f, buf: make([]byte, 4)}
	scan, err := r.scanHeader()
	at, _ := f.Seek(0, io.SeekCurrent)
	if err != nil || scan.mostFrequent() != ';' || at > 4*maxDetect {
		t.Errorf("got %q, %v after %d bytes", scan.mostFrequent(), err, at)
	}
}

func TestParseDelimiter(t *testing.T) {
	for text, want := range map[string]byte{",": ',', ";": ';', "tab": '\t', `\t`: '\t', "\t": '\t', "|": '|', "^": '^', " ": ' '} {
		if got, err := ParseDelimiter(text); err != nil || got != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ";;", "\"", "\n", "\r", "\x00", "\x01", "é", "\x7f", "TAB"} {
		if got, err := ParseDelimiter(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}

func TestNewOptions(t *testing.T) {
	for _, tt := range []struct {
		name, format, delimiter string
		want                    Format
	}{
		{"a.csv", "", "", AnyCSV}, {"a", "", "", AnyCSV}, {"a.tsv", "", "", TSV}, {"a.tsv", "csv", "", AnyCSV}, {"a.csv", "tsv", "", TSV},
		{"a.csv", "", ";", ';'}, {"a.tsv", "", ";", ';'}, {"a.jsonl", "", ";", JSONL}, {"a", "jsonl", "", JSONL}, {"a.csv", "", "tab", TSV},
	} {
		if o, err := NewOptions(tt.name, tt.format, tt.delimiter); err != nil || o.format() != tt.want || o.Name != tt.name {
			t.Errorf("%+v: got %+v, %v", tt, o, err)
		}
	}
	for _, bad := range [][2]string{{"xml", ""}, {"", ";;"}} {
		if _, err := NewOptions("a", bad[0], bad[1]); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// FuzzDelimiter: the delimiter of a header does not depend on how its bytes come.
func FuzzDelimiter(f *testing.F) {
	for _, s := range []string{"a,b\n", "a;\"b,\n\";c", "\n\r\n\"a\"\"|\"|b\r\n", "a\"b;c,\"d;e\"\n", ",;\t|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var whole, pieces recordScan
		whole.read([]byte(in))
		for i := range len(in) + 1 {
			if pieces.read([]byte(in[:i])) {
				break
			}
		}
		if whole != pieces {
			t.Errorf("%q: got %+v and %+v", in, whole, pieces)
		}
	})
}

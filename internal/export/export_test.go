package export

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"prism/internal/normalize"
	"prism/internal/table"
	"prism/internal/xlsx"
)

// writeForm writes CSV in a form.
func writeForm(t testing.TB, text string, f Form) (string, error) {
	t.Helper()
	var out bytes.Buffer
	s := Source{Text: strings.NewReader(text), Size: int64(len(text)), Options: table.Options{Name: "out", Format: table.CSV}, Output: "out", IDColumn: table.RowID}
	err := Write(t.Context(), s, f, &out)
	return out.String(), err
}

// normalForm is what prism-split --normalize makes of a file.
func normalForm(t testing.TB, data string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	if err := normalize.Convert(t.Context(), f, &out, normalize.Options{Note: func(string, ...any) {}}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// encode is a table in normal form.
func encode(rows ...[]string) string {
	encoder := table.NewEncoder(table.CSV, rows[0])
	text := encoder.Header(nil)
	for _, row := range rows[1:] {
		cells := make([]table.Cell, len(row))
		for i, c := range row {
			cells[i].Bytes = []byte(c)
		}
		text = append(text, encoder.Record(nil, cells)...)
	}
	return string(text)
}

var hardTexts = []string{
	"007", "0", "-0", "1.50", "12345678901234567890", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "0.1", "1e5", "1E400", "+1", "NaN", "Inf", "true", "false", "TRUE",
	"2026-11-28", "28.11.2026", "=1+1", "@cmd", "-x", " before", "after ", "", " ", "line\nbreak", "both\r\nof them", "\r", "emoji \U0001F600", "日本語",
	"_x0001_", "_x005F_", "\x00\x01\x1f", "\uFFFE\uFFFF", "a<b>&amp;\"'", `["json"]`, `{"a":1}`, strings.Repeat("x", xlsx.MaxCellText), strings.Repeat("\U0001F600", xlsx.MaxCellText/2),
}

func TestRoundTrips(t *testing.T) {
	all := [][]string{{"RowID", "Text"}}
	for i, text := range hardTexts {
		all = append(all, []string{fmt.Sprint(i + 1), text})
	}
	tables := map[string]string{
		"hard texts": encode(all...),
		"no rows":    encode([]string{"RowID", "A"}),
		"types": encode([]string{"RowID", "Integer", "Number", "Boolean", "Zeros", "Long", "Empty", "Name \"with\", comma"},
			[]string{"7", "1", "1", "true", "007", "12345678901234567890", "", "x"}, []string{"-8", "", "2.5", "", "1", "1", "", ""}, []string{"9223372036854775807", "-3", "", "false", "", "", "", "y"}),
	}
	for _, text := range hardTexts { // each alone decides the type of its column
		if text != "" {
			tables[fmt.Sprintf("only %.20q", text)] = encode([]string{"RowID", "Text", "End"}, []string{"1", text, "x"}, []string{"2", "", "y"})
		}
	}
	for name, text := range tables {
		for _, form := range []Form{Workbook, Parquet, GzipText, ZstdText} {
			data, err := writeForm(t, text, form)
			if err != nil {
				t.Fatalf("%s, form %d: %v", name, form, err)
			}
			if got := normalForm(t, data); got != text {
				t.Errorf("%s, form %d: got %.300q, want %.300q", name, form, got, text)
			}
			if again, _ := writeForm(t, text, form); again != data {
				t.Errorf("%s, form %d: other bytes the second time", name, form)
			}
		}
	}
}

func TestCompressedText(t *testing.T) {
	const text = "RowID;a\r\n1;x"
	data, err := writeForm(t, text, GzipText)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(g); string(got) != text {
		t.Errorf("gzip: got %q, %v", got, err)
	}
	if data, err = writeForm(t, text, ZstdText); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if got, err := io.ReadAll(z); string(got) != text {
		t.Errorf("zstd: got %q, %v", got, err)
	}
}

func TestWhatAWorkbookCannotHold(t *testing.T) {
	long := strings.Repeat("\U0001F600", xlsx.MaxCellText/2+1)
	var wide []string
	for i := range xlsx.MaxColumns + 1 {
		wide = append(wide, fmt.Sprint("c", i))
	}
	for _, tt := range []struct{ name, text, want string }{
		{"long cell", "RowID,Text\n5,x\n6," + long + "\n", `out: cell B3 (column "Text", RowID 6) has 32,768 characters; a cell of a workbook holds 32,767`},
		{"long cell without RowID", "Key,Text\n5,x\n6," + long + "\n", `out: cell B3 (column "Text") has 32,768`},
		{"many long cells", "Text\n" + strings.Repeat(long+"\n", maxFaults+2), "2 more cells like these"},
		{"many rows", "A\n" + strings.Repeat("1\n", xlsx.MaxRows), "out: 1,048,576 rows; a sheet has at most 1,048,575 rows"},
		{"many columns", strings.Join(wide, ",") + "\n", "16385 columns; a sheet has at most 16384"},
		{"nothing", "", "no columns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := writeForm(t, tt.text, Workbook)
			if _, ok := errors.AsType[*table.Error](err); !ok || !strings.Contains(err.Error(), tt.want) || data != "" {
				t.Errorf("got %.300v, want %s and no output", err, tt.want)
			}
		})
	}
}

func TestFormByName(t *testing.T) {
	for _, tt := range []struct {
		name string
		form Form
		text string
		bad  bool
	}{
		{"a.csv", PlainText, "a.csv", false},
		{"a", PlainText, "a", false},
		{"a.csv.gz", GzipText, "a.csv", false},
		{"a.JSONL.ZST", ZstdText, "a.JSONL", false},
		{"a.gz", GzipText, "a", false},
		{"a.xlsx", Workbook, "", false},
		{"a.Parquet", Parquet, "", false},
		{"a.xlsx.gz", GzipText, "a.xlsx", true},
		{"a.csv.gz.gz", GzipText, "a.csv.gz", true},
		{"a.json", PlainText, "a.json", true},
		{"a.ods", PlainText, "a.ods", true},
		{"a.avro.zst", ZstdText, "a.avro", true},
	} {
		form, text, err := FormByName(tt.name)
		if form != tt.form || text != tt.text || (err != nil) != tt.bad {
			t.Errorf("%s: got %v, %s, %v", tt.name, form, text, err)
		}
	}
}

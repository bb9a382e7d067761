package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/term"
)

func TestFormulaGuard(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format Format
		in     string
		want   string
	}{
		{"formulas", CSV, "RowID,Message\n1,=1+1\n2,@SUM(A1)\n3,+x\n4,-x\n", "RowID,Message\n1,'=1+1\n2,'@SUM(A1)\n3,'+x\n4,'-x\n"},
		{"numbers", CSV, "-5,+5,-1.5e3,-12%\n-5,-\"5\n", "-5,+5,-1.5e3,-12%\n-5,'-\"5\n"},
		{"quoted", CSV, "a,\"=1,2\"\n\"-\",\"\tx\"\n\"\r=x\",\"-1,5\"\n", "a,\"'=1,2\"\n\"'-\",\"'\tx\"\n\"'\r=x\",\"-1,5\"\n"},
		{"header and mark", CSV, ByteOrderMark + "=a,b\r\n=c,d", ByteOrderMark + "'=a,b\r\n'=c,d"},
		{"marked", CSV, "'=a,''=b,'c\n", "'=a,''=b,'c\n"},
		{"inside a cell", CSV, "a=b,\"c\n=d\",\"e\"\"=f\"\n", "a=b,\"c\n=d\",\"e\"\"=f\"\n"},
		{"empty cells", CSV, ",\"\",\n,,=\n", ",\"\",\n,,'=\n"},
		{"a return that is a line to others", CSV, "a\r=b,c\n", "a\r'=b,c\n"},
		{"a sign at the end", CSV, "a,-", "a,'-"},
		{"a number at the end", CSV, "a,-7", "a,-7"},
		{"a long number", CSV, "-" + strings.Repeat("1", 70) + ",b\n", "'-" + strings.Repeat("1", 70) + ",b\n"},
		{"wide signs", CSV, "＝1+1,＋1,\"－5\",＠a\n，=,x＝,ｘ\n", "'＝1+1,'＋1,\"'－5\",'＠a\n，=,x＝,ｘ\n"},
		{"a wide sign at the very beginning", CSV, "＝1,\xEF\xBB", "'＝1,\xEF\xBB"},
		{"a wide sign behind the mark", CSV, ByteOrderMark + "＠1\n\xEF,\xEF=\n\"\xEF\"\n", ByteOrderMark + "'＠1\n\xEF,\xEF=\n\"\xEF\"\n"},
		{"a piece of a mark alone", CSV, "\xEF\xBB", "\xEF\xBB"},
		{"tabs", TSV, "a\t=b,=c\t-\n", "a\t'=b,=c\t'-\n"},
		{"semicolons", Format(';'), "a;=b,=c;-1,5\n", "a;'=b,=c;-1,5\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, piece := range []int{1, 3, len(tt.in)} {
				if got := guardIn(t, tt.in, tt.format, piece); got != tt.want {
					t.Errorf("in pieces of %d bytes: got %q, want %q", piece, got, tt.want)
				}
				if again := guardIn(t, tt.want, tt.format, piece); again != tt.want {
					t.Errorf("guarded again: got %q, want %q", again, tt.want)
				}
			}
		})
	}
}

// guardIn writes a text to a guard in pieces.
func guardIn(t *testing.T, text string, f Format, piece int) string {
	t.Helper()
	var b bytes.Buffer
	g := NewFormulaGuard(&b, f)
	if _, err := io.WriteString(g, "=rewound,-"); err != nil {
		t.Fatal(err)
	}
	g.Reset()
	b.Reset()
	for len(text) > 0 {
		n := min(piece, len(text))
		if _, err := io.WriteString(g, text[:n]); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	if err := g.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// No cell of guarded CSV begins like a formula, and but for the apostrophe each is what it was.
func FuzzFormulaGuard(f *testing.F) {
	for _, seed := range []string{"＝a,\"＠\"\n－5,\xEF\n", "a,=b\n-1,-x\n", "\"=a\",\"\"\"\"\n", "\"\ta\",b\r\n+,-\n", ByteOrderMark + "=a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		before, err := readAllCSV(text)
		if err != nil || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			t.Skip("not CSV, or with returns that encoding/csv reads in its own way")
		}
		after, err := readAllCSV(guardIn(t, text, CSV, 2))
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range before {
			for i, cell := range record {
				if term.StartsFormula(cell) && !term.IsPlainNumber([]byte(cell)) {
					record[i] = "'" + cell
				}
			}
		}
		if diff := cmp.Diff(after, before); diff != "" {
			t.Errorf("after, before:\n%s", diff)
		}
	})
}

func readAllCSV(text string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, ByteOrderMark)))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if len(records) == 0 && err == nil {
		err = errors.New("no records")
	}
	return records, err
}

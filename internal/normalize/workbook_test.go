package normalize

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbook makes a workbook of sheets; each row begins in column A.
func workbook(t testing.TB, sheets map[string][][]any, order ...string) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, name := range order {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for j, row := range sheets[name] {
			cell, _ := excelize.CoordinatesToCellName(1, j+1)
			if err := f.SetSheetRow(name, cell, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWorkbooks(t *testing.T) {
	rows := [][]any{{"RowID", "Message"}, {7, "late, \"again\""}, {8, "two\nlines"}}
	const want = "RowID,Message\n7,\"late, \"\"again\"\"\"\n8,\"two\nlines\"\n"
	two := workbook(t, map[string][][]any{"Notes": {{"read me"}}, "Data": rows, "More": {{"x"}}}, "Empty", "Data", "Notes", "More")
	report := append([][]any{{"Report of 2026"}, {nil}}, rows...)
	for _, tt := range []struct {
		name, data  string
		o           Options
		want, notes string
	}{
		{"first sheet with cells", two, Options{}, want, `in: from sheet "Data"` + "\n" + `in: other sheets with cells are not read: "Notes", "More" (--sheet names one)` + "\n"},
		{"named sheet", two, Options{Sheet: "Notes"}, "RowID,read me\n", `from sheet "Notes"`},
		{"header line", workbook(t, map[string][][]any{"S": report}, "S"), Options{HeaderLine: 3}, want, `from sheet "S"`},
		{"skipped rows", workbook(t, map[string][][]any{"S": append([][]any{rows[0], {"What?"}}, rows[1:]...)}, "S"), Options{SkipRows: 1}, want, ""},
		{"blank row", workbook(t, map[string][][]any{"S": {{"A"}, {"x"}, {nil}, {"y"}, {nil}}}, "S"), Options{}, "RowID,A\n1,x\n2,\n3,y\n", "1 blank row between others kept"},
		{"nameless column", workbook(t, map[string][][]any{"S": {{"A"}, {"x", "y"}}}, "S"), Options{}, "RowID,A,column_2\n1,x,y\n", "column 2 named column_2"},
		{"ID column", workbook(t, map[string][][]any{"S": {{"Key", "A"}, {5, "x"}}}, "S"), Options{IDColumn: "Key"}, "RowID,Key,A\n5,5,x\n", `the values of "Key"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, notes, err := convert(t, tt.data, tt.o)
			if err != nil || got != tt.want || !strings.Contains(notes, tt.notes) {
				t.Errorf("got %q, %v, notes %q; want %q, notes with %q", got, err, notes, tt.want, tt.notes)
			}
		})
	}
}

func TestFaultyWorkbooks(t *testing.T) {
	book := workbook(t, map[string][][]any{"Data": {{"A"}, {"x"}}}, "Data")
	for _, tt := range []struct {
		name, data string
		o          Options
		want       string
	}{
		{"no such sheet", book, Options{Sheet: "data"}, `in: there is no sheet "data" (--sheet); the sheets are "Data"`},
		{"no cells", workbook(t, nil, "S"), Options{}, "no sheet with cells"},
		{"empty sheet", workbook(t, nil, "S"), Options{Sheet: "S"}, "the table is empty"},
		{"header line after the end", book, Options{HeaderLine: 9}, "--header-line 9: the table has fewer rows"},
		{"options of text", book, Options{Encoding: "utf-8", Delimiter: ';'}, "this is a workbook: leave out --encoding and --delimiter"},
		{"cut", book[:len(book)-100], Options{}, "truncated or damaged"},
		{"missing ID column", book, Options{IDColumn: "K"}, `missing column "K"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := convert(t, tt.data, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != "" {
				t.Errorf("got %q, %v, want %q and no output", got, err, tt.want)
			}
		})
	}
}

// TestEncryptedWorkbook: a workbook with a password is told from an old one.
func TestEncryptedWorkbook(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := convert(t, b.String(), Options{}); err == nil || !strings.Contains(err.Error(), "a workbook with a password") {
		t.Errorf("got %v", err)
	}
}

package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"prism/internal/table"
)

// writeBook writes rows, of which the first is the header.
func writeBook(t testing.TB, numbers bool, rows ...[]string) []byte {
	t.Helper()
	var columns []Column
	for _, name := range rows[0] {
		columns = append(columns, Column{Name: name, Numbers: numbers})
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, columns)
	for _, row := range rows[1:] {
		var cells [][]byte
		for _, c := range row {
			cells = append(cells, []byte(c))
		}
		err = errors.Join(err, w.WriteRow(cells))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readBook reads the rows of a sheet, with the number of each in front.
func readBook(t testing.TB, data []byte, sheet string) (rows [][]string, counts Counts, err error) {
	t.Helper()
	w, err := Open("in", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, counts, err
	}
	defer w.Close()
	for _, s := range w.Sheets() {
		if sheet != "" && s.Name != sheet {
			continue
		}
		counts, err = w.ReadRows(t.Context(), s, func(r Row) error {
			row := []string{fmt.Sprint(r.Number)}
			for _, c := range r.Cells {
				row = append(row, string(c))
			}
			rows = append(rows, row)
			return nil
		})
	}
	return rows, counts, err
}

// hardCells are texts that a workbook could change.
var hardCells = []string{
	"plain", "007", "0", "-1", "1.5", "1.50", "12345678901234567890", "123456789012345", "1234567890123456", "0.1", ".5", "1e5", "1E400", "-0", "+1",
	"=1+1", "@cmd", "-x", "'quoted", "2026-11-28", "28.11.2026", "TRUE", "true", "#N/A", "50%", "NaN", "Inf",
	" before", "after ", "two  blanks", "\ttab\t", "line\nbreak", "carriage\rreturn", "both\r\nof them", "\n", "\r", " ",
	"a<b>&amp;\"'", "]]>", "<![CDATA[x]]>", "_x0001_", "_x005F_x0001_", "_x005f_", "_xD83D_", "__x0041__", "_x0000\x01", "_x0041_x0042_", "x_x0009_y", "\x01\x1f\x0b", "\x7f\u0085\u2028",
	"\uFFFE\uFFFF", "\uFEFFmark", "emoji \U0001F600\u200D", "日本語", "e\u0301", strings.Repeat("x", MaxCellText), strings.Repeat("\U0001F600", MaxCellText/2),
}

func TestWrittenCellsComeBack(t *testing.T) {
	for _, numbers := range []bool{true, false} {
		rows := [][]string{{"A", "B"}}
		for i, c := range hardCells {
			rows = append(rows, []string{fmt.Sprint(i), c})
		}
		data := writeBook(t, numbers, rows...)
		got, _, err := readBook(t, data, "")
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if want := append([]string{fmt.Sprint(i + 1)}, row...); !slices.Equal(got[i], want) {
				t.Errorf("numbers %v: got %.60q, want %.60q", numbers, got[i], want)
			}
		}
	}
}

// TestExcelizeReadsWhatWeWrite: another author's reader sees the same texts, numbers
// where they are exact, the frozen header and the filter.
func TestExcelizeReadsWhatWeWrite(t *testing.T) {
	rows := [][]string{{"RowID", "Text"}}
	for i, c := range hardCells {
		if strings.ContainsRune(c, '\uFFFE') || strings.Contains(c, "xD83D") { // excelize decodes what it cannot
			continue
		}
		rows = append(rows, []string{fmt.Sprint(i), c})
	}
	f, err := excelize.OpenReader(bytes.NewReader(writeBook(t, true, rows...)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, row := range rows {
		for j, want := range row {
			cell := CellName(j, int64(i+1))
			got, err := f.GetCellValue("Sheet1", cell, excelize.Options{RawCellValue: true})
			if err != nil || got != want {
				t.Errorf("%s: got %.60q, %v, want %.60q", cell, got, err, want)
			}
			if formula, _ := f.GetCellFormula("Sheet1", cell); formula != "" {
				t.Errorf("%s is the formula %s", cell, formula)
			}
			kind, _ := f.GetCellType("Sheet1", cell)
			if isNumber := kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber; isNumber != (i > 0 && IsExactNumber([]byte(want))) {
				t.Errorf("%s: %.60q has type %v", cell, want, kind)
			}
		}
	}
	panes, err := f.GetPanes("Sheet1")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	if names := f.GetDefinedName(); len(names) != 1 || names[0].RefersTo != fmt.Sprintf("Sheet1!$A$1:$B$%d", len(rows)) {
		t.Errorf("defined names %+v", names)
	}
}

// excelizeBook lets another author's writer make a workbook.
func excelizeBook(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := fill(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCellsOfExcelize(t *testing.T) {
	for _, tt := range []struct {
		name   string
		value  any
		format string
		want   string
	}{
		{"text", "hello", "", "hello"},
		{"integer", 42, "", "42"},
		{"long integer", int64(1234567890123456789), "", "1234567890123456789"},
		{"fraction", 0.1, "", "0.1"},
		{"sum", 0.1 + 0.2, "", "0.3"},
		{"large", 1.5e15, "", "1500000000000000"},
		{"tiny", 1e-12, "", "1E-12"},
		{"true", true, "", "true"},
		{"false", false, "", "false"},
		{"date", 46354.0, "yyyy-mm-dd", "2026-11-28"},
		{"date in words", 46354.0, `[$-409]dddd, mmmm d, yyyy;@`, "2026-11-28"},
		{"date and time", 46354.604166666664, "dd.mm.yyyy hh:mm", "2026-11-28T14:30:00"},
		{"hidden time", 46354.5, "d/m/yy", "2026-11-28T12:00:00"},
		{"midnight", 46354.0, "m/d/yy h:mm", "2026-11-28T00:00:00"},
		{"time", 0.604166666666667, "h:mm AM/PM", "14:30:00"},
		{"minutes", 0.0104282407, "mm:ss", "00:15:01"},
		{"elapsed", 1.5, "[h]:mm:ss", "36:00:00"},
		{"milliseconds", 0.5000001157, "hh:mm:ss.000", "12:00:00.010"},
		{"before the leap day that never was", 59.0, "yyyy-mm-dd", "1900-02-28"},
		{"that day", 60.0, "yyyy-mm-dd", "1900-02-29"},
		{"after it", 61.0, "yyyy-mm-dd", "1900-03-01"},
		{"negative date", -1.0, "yyyy-mm-dd", "-1"},
		{"currency", 12.5, `"day" #,##0.00 [$€-407]`, "12.5"},
		{"red", 12.5, `[Red]0.00`, "12.5"},
		{"percent", 0.25, "0%", "0.25"},
		{"zip code", 1234, "00000", "01234"},
		{"scientific", 1234.5, "0.00E+00", "1234.5"},
		{"blanks", "  x ", "", "  x "},
		{"line break", "a\nb", "", "a\nb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := excelizeBook(t, func(f *excelize.File) error {
				if tt.format != "" {
					style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &tt.format})
					if err != nil {
						return err
					}
					if err := f.SetCellStyle("Sheet1", "A1", "A1", style); err != nil {
						return err
					}
				}
				return f.SetCellValue("Sheet1", "A1", tt.value)
			})
			rows, _, err := readBook(t, data, "")
			if err != nil || len(rows) != 1 || !slices.Equal(rows[0], []string{"1", tt.want}) {
				t.Errorf("got %q, %v, want %q", rows, err, tt.want)
			}
		})
	}
}

func TestSheetsOfExcelize(t *testing.T) {
	data := excelizeBook(t, func(f *excelize.File) error {
		_, err := f.NewSheet("Zwei & mehr")
		_, err2 := f.NewSheet("Hidden")
		return errors.Join(err, err2, f.SetSheetVisible("Hidden", false),
			f.SetSheetRow("Zwei & mehr", "B3", &[]any{"x", nil, "y", nil}),
			f.SetSheetRow("Zwei & mehr", "A7", &[]any{"z"}),
			f.SetSheetRow("Zwei & mehr", "A9", &[]any{""}),
			f.MergeCell("Zwei & mehr", "A7", "C8"),
			f.SetRowVisible("Zwei & mehr", 7, false),
			f.SetCellFormula("Zwei & mehr", "E3", "1/0"),
			f.SetCellRichText("Zwei & mehr", "F3", []excelize.RichTextRun{{Text: "bold "}, {Text: "and not"}}))
	})
	w, err := Open("in", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var got []string
	for _, s := range w.Sheets() {
		has, err := w.HasCells(t.Context(), s)
		got = append(got, fmt.Sprintln(s.Name, s.Hidden, has, err))
	}
	if want := []string{"Sheet1 false false <nil>\n", "Zwei & mehr false true <nil>\n", "Hidden true false <nil>\n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	rows, counts, err := readBook(t, data, "Zwei & mehr")
	want := [][]string{{"3", "", "x", "", "y", "", "bold and not"}, {"7", "z"}}
	if err != nil || !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("got %q, %v, want %q", rows, err, want)
	}
	if counts != (Counts{Uncomputed: 1, MergedRanges: 1, HiddenRows: 1}) {
		t.Errorf("got %+v", counts)
	}
}

func TestDates1904(t *testing.T) {
	data := excelizeBook(t, func(f *excelize.File) error {
		code, yes := "yyyy-mm-dd", true
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		return errors.Join(err, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}),
			f.SetSheetRow("Sheet1", "A1", &[]any{0, 1, 44892}), f.SetCellStyle("Sheet1", "A1", "C1", style))
	})
	rows, _, err := readBook(t, data, "")
	if err != nil || !slices.Equal(rows[0], []string{"1", "1904-01-01", "1904-01-02", "2026-11-28"}) {
		t.Errorf("got %q, %v", rows, err)
	}
}

func TestExactNumbers(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "7": true, "-7": true, "123456789012345": true, "1234567890123456": false, "007": false, "-0": false, "1.5": true, "1.50": false,
		"0.1": true, "-0.001": true, ".5": false, "5.": false, "1e5": false, "+1": false, "": false, "-": false, " 1": false, "1,5": false, "0.00000000001": false,
		"12345678.1234567": true, "1234567890.1234567": false, "0x10": false, "Inf": false, "-Inf": false,
	} {
		if got := IsExactNumber([]byte(text)); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestTextUnits(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 1, "日本": 2, "\U0001F600": 2} {
		if got := TextUnits([]byte(text)); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestCellNames(t *testing.T) {
	for column, want := range map[int]string{0: "A1", 25: "Z1", 26: "AA1", 701: "ZZ1", 702: "AAA1", MaxColumns - 1: "XFD1"} {
		if got := CellName(column, 1); got != want {
			t.Errorf("%d: got %s, want %s", column, got, want)
		}
		if c, r, ok := parseCellName([]byte(want)); c != column || r != 1 || !ok {
			t.Errorf("%s: got %d, %d, %v", want, c, r, ok)
		}
	}
	for _, bad := range []string{"", "A", "1", "XFE1", "A0", "A1048577", "a1", "$A$1", "A1B"} {
		if _, _, ok := parseCellName([]byte(bad)); ok {
			t.Errorf("%q is a name", bad)
		}
	}
}

// TestFloatsOfWriters: what programs write of a number is what people typed.
func TestFloatsOfWriters(t *testing.T) {
	for raw, want := range map[string]string{
		"0.30000000000000004": "0.3", "1.23456789012346E+19": "12345678901234600000", "1E-3": "0.001", "-1.5E2": "-150", "12345678901234567890": "12345678901234567890",
		"1E+2": "100", "1E+300": "1E+300", "-0": "0", "1.0": "1", "99.99": "99.99", "3.1415926535897931": "3.14159265358979",
	} {
		got, err := appendNumber(nil, []byte(raw), numberFormat{}, false)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", raw, got, err, want)
		}
	}
	for _, bad := range []string{"x", "NaN", "1e999", "1 2"} {
		if got, err := appendNumber(nil, []byte(bad), numberFormat{}, false); err == nil {
			t.Errorf("%s is the number %s", bad, got)
		}
	}
	if got := appendFloat(nil, math.MaxInt32+0.5); string(got) != "2147483647.5" {
		t.Errorf("got %s", got)
	}
}

func TestDamagedBooks(t *testing.T) {
	whole := writeBook(t, true, []string{"A"}, []string{"x"})
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut", whole[:len(whole)/2], "truncated or damaged"},
		{"only the start", []byte("PK\x03\x04"), "truncated or damaged"},
		{"flipped", flip(whole), "damaged"},
	} {
		_, _, err := readBook(t, tt.data, "")
		if e, ok := errors.AsType[*table.Error](err); !ok || !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// flip changes a byte of the sheet's compressed data.
func flip(data []byte) []byte {
	data = bytes.Clone(data)
	data[bytes.Index(data, []byte(sheetPart))+len(sheetPart)+60] ^= 0x55
	return data
}

func TestCutSheets(t *testing.T) {
	for _, tt := range []struct{ name, xml, want string }{
		{"cut in a row", `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c>`, "ends too early"},
		{"cut in a tag", `<worksheet><sheetData><row r="1`, "ends too early"},
		{"no data", `<worksheet></worksheet>`, "no sheet data"},
		{"rows out of order", `<worksheet><sheetData><row r="2"/><row r="1"/></sheetData></worksheet>`, `row "1" after row 2`},
		{"cells out of order", `<worksheet><sheetData><row r="1"><c r="B1"/><c r="A1"/></row></sheetData></worksheet>`, `cell "A1"`},
		{"cell twice", `<worksheet><sheetData><row r="1"><c r="A1"/><c r="A1"/></row></sheetData></worksheet>`, `cell "A1"`},
		{"cell of another row", `<worksheet><sheetData><row r="1"><c r="A2"/></row></sheetData></worksheet>`, `cell "A2"`},
		{"shared string that is not there", `<worksheet><sheetData><row><c t="s"><v>9</v></c></row></sheetData></worksheet>`, "no shared string"},
		{"bad number", `<worksheet><sheetData><row><c><v>x</v></c></row></sheetData></worksheet>`, "A1"},
		{"bad boolean", `<worksheet><sheetData><row><c t="b"><v>7</v></c></row></sheetData></worksheet>`, "boolean \"7\""},
		{"unknown type", `<worksheet><sheetData><row><c t="q"><v>7</v></c></row></sheetData></worksheet>`, "unknown type"},
		{"document type", `<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>`, "document type"},
		{"unknown entity", `<worksheet><sheetData><row><c t="str"><v>&x;</v></c></row></sheetData></worksheet>`, "unknown entity"},
		{"not UTF-8", "<worksheet><sheetData><row><c t=\"str\"><v>\xff</v></c></row></sheetData></worksheet>", "not UTF-8"},
		{"closed too often", `<worksheet></worksheet></worksheet>`, "not open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readSheetXML(t, tt.xml); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// readSheetXML reads the rows of a sheet that is given as XML.
func readSheetXML(t testing.TB, xml string) (rows []string, err error) {
	s := sheetReader{w: &Workbook{name: "in", strings: &sharedStrings{}, limit: 1 << 30}, x: newXMLScanner(strings.NewReader(xml))}
	err = s.readSheet(t.Context(), func(r Row) error {
		rows = append(rows, fmt.Sprintf("%d%q", r.Number, r.Cells))
		return nil
	})
	return rows, err
}

func TestSheetsOfOtherWriters(t *testing.T) {
	for _, tt := range []struct{ name, xml, want string }{
		{"prefixes", `<?xml version="1.0"?><x:worksheet xmlns:x="m"><x:sheetData><x:row r="2"><x:c r="B2" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>`, `2["" "a"]`},
		{"no names", `<worksheet><sheetData><row><c><v>1</v></c><c/><c t='str'><v>b</v></c></row><row><c><v>2</v></c></row></sheetData></worksheet>`, `1["1" "" "b"] 2["2"]`},
		{"CDATA, comments", `<worksheet><sheetData><row><c t="str"><v>a<!-- > -->b<![CDATA[<c>]]>d</v></c></row></sheetData></worksheet>`, `1["ab<c>d"]`},
		{"entities", `<worksheet><sheetData><row><c t="str"><v>&lt;&#65;&#x1F600;&amp;amp;&#13;</v></c></row></sheetData></worksheet>`, "1[\"<A\U0001F600&amp;\\r\"]"},
		{"line ends", "<worksheet><sheetData><row><c t=\"str\"><v>a\r\nb\rc</v></c></row></sheetData></worksheet>", `1["a\nb\nc"]`},
		{"phonetic", `<worksheet><sheetData><row><c t="inlineStr"><is><r><t>a</t></r><rPh><t>no</t></rPh><r><t>b</t></r></is></c></row></sheetData></worksheet>`, `1["ab"]`},
		{"error", `<worksheet><sheetData><row><c t="e"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData></worksheet>`, `1["#DIV/0!"]`},
		{"formula with a value", `<worksheet><sheetData><row><c><f>A1&gt;B1</f><v>7</v></c><c t="str"><f>x</f><v></v></c></row></sheetData></worksheet>`, `1["7"]`},
		{"ISO date", `<worksheet><sheetData><row><c t="d"><v>2026-11-28</v></c></row></sheetData></worksheet>`, `1["2026-11-28"]`},
		{"attributes with >", `<worksheet><sheetData><row note="a>b" r='3'><c x="'>'" r="A3"><v>1</v></c></row></sheetData></worksheet>`, `3["1"]`},
		{"empty rows", `<worksheet><sheetData><row r="5"><c r="A5" s="1"/></row></sheetData></worksheet>`, ""},
		{"surrogates", `<worksheet><sheetData><row><c t="str"><v>_xD83D__xDE00_</v></c></row></sheetData></worksheet>`, "1[\"\U0001F600\"]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := readSheetXML(t, tt.xml)
			if got := strings.Join(rows, " "); err != nil || got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestSharedStringsSpill(t *testing.T) {
	s := &sharedStrings{}
	defer s.removeSpill()
	long := strings.Repeat("x", sharedInMemory/4)
	for i := range 7 {
		if err := s.appendString([]byte(fmt.Sprint(i, long))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	if s.spill == nil || len(s.memory) > sharedInMemory {
		t.Errorf("%d bytes in memory", len(s.memory))
	}
	for i := range 7 {
		if got, err := s.lookup(i); err != nil || string(got) != fmt.Sprint(i, long) {
			t.Errorf("%d: got %.10q, %v", i, got, err)
		}
	}
}

// TestBombs: an archive may not unpack to far more than its size, nor may a long text
// come again and again.
func TestBombs(t *testing.T) {
	data := writeBook(t, false, []string{"A"}, []string{strings.Repeat("x", 1000)})
	w, err := Open("in", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	w.limit = w.unpacked + 2500
	if _, err := w.ReadRows(t.Context(), w.Sheets()[0], func(Row) error { return nil }); err == nil || !strings.Contains(err.Error(), "unpacks to far more") {
		t.Errorf("got %v", err)
	}
	if _, err := readSheetXML(t, "<worksheet><sheetData><row><c><v>"+strings.Repeat("1", maxXMLToken+1)); err == nil || !strings.Contains(err.Error(), "longer than 16 MiB") {
		t.Errorf("got %v", err)
	}
}

// FuzzReadSheet checks that a sheet gives rows in order or an error, whatever it holds.
func FuzzReadSheet(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a_x0041_</t></is></c><c><v>1.5</v></c></row></sheetData></worksheet>`)
	f.Add(`<a><!-- x --><![CDATA[y]]><?z?><sheetData><row hidden='1'/></sheetData></a>`)
	f.Fuzz(func(t *testing.T, xml string) {
		last := int64(0)
		s := sheetReader{w: &Workbook{name: "in", strings: &sharedStrings{}, limit: 1 << 30}, x: newXMLScanner(strings.NewReader(xml))}
		_ = s.readSheet(t.Context(), func(r Row) error {
			if r.Number <= last || len(r.Cells) == 0 {
				t.Fatalf("row %d after %d: %q", r.Number, last, r.Cells)
			}
			last = r.Number
			return nil
		})
	})
}

// FuzzCells checks that every text comes back.
func FuzzCells(f *testing.F) {
	for _, c := range hardCells {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		if TextUnits([]byte(text)) > MaxCellText {
			return
		}
		rows, _, err := readBook(t, writeBook(t, true, []string{"A", "B"}, []string{text, "end"}), "")
		if err != nil || len(rows) != 2 || rows[1][1] != text {
			t.Fatalf("got %q, %v, want %q", rows, err, text)
		}
	})
}

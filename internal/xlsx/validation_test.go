package xlsx

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestInputsAreOffered reads what people may put into columns with another program.
func TestInputsAreOffered(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	long := []string{strings.Repeat("a", 200), strings.Repeat("b", 200), "c"}
	columns := []Column{
		{Name: "RowID", Numbers: true},
		{Name: "Message", Wrap: true},
		{Name: "Topic", Input: &Input{Choices: []string{"Billing", "Köln & <x>"}, Prompt: "what it is \"about\""}},
		{Name: "Commas", Input: &Input{Choices: []string{"Shipping, late", "Product"}}},
		{Name: "Areas", Input: &Input{Choices: []string{"App", "Web"}, Others: true, Prompt: "one\n|" + strings.Repeat("😀", 130)}},
		{Name: "Long", Input: &Input{Choices: long}},
		{Name: "Severity", Numbers: true, Input: &Input{Numbers: true, Whole: true, Minimum: number(-5), Maximum: number(500)}},
		{Name: "Score", Numbers: true, Input: &Input{Numbers: true, Minimum: number(0.5)}},
		{Name: "Count", Numbers: true, Input: &Input{Numbers: true, Whole: true}},
		{Name: "Note", Wrap: true, Input: &Input{Others: true}},
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, columns)
	if err != nil {
		t.Fatal(err)
	}
	row := strings.Split("7|a long text|Billing|Product|App,Web|c|3|1.5||1-2", "|")
	for range 3 {
		cells := make([][]byte, len(row))
		for i, text := range row {
			cells[i] = []byte(text)
		}
		if err := w.WriteRow(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found, err := f.GetDataValidations("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*excelize.DataValidation{}
	for _, v := range found {
		got[v.Sqref] = v
	}
	for _, c := range []struct {
		area, kind, first, second string
		isStrict                  bool
	}{
		{"C2:C4", "list", `"Billing,Köln & <x>"`, "", true},
		{"D2:D4", "list", "Labels!$A$1:$A$2", "", true},
		{"E2:E4", "list", `"App,Web"`, "", false},
		{"F2:F4", "list", "Labels!$B$1:$B$3", "", true},
		{"G2:G4", "whole", "-5", "500", true},
		{"H2:H4", "decimal", "0.5", "", true},
		{"I2:I4", "whole", "-9007199254740992", "9007199254740992", true},
	} {
		v := got[c.area]
		if v == nil {
			t.Errorf("%s accepts anything", c.area)
			continue
		}
		if v.Type != c.kind || v.Formula1 != c.first || v.Formula2 != c.second || v.ShowErrorMessage != c.isStrict || !v.AllowBlank {
			t.Errorf("%s: got %s %s %s, strict %v, want %s %s %s, strict %v", c.area, v.Type, v.Formula1, v.Formula2, v.ShowErrorMessage, c.kind, c.first, c.second, c.isStrict)
		}
	}
	if len(got) != 7 {
		t.Errorf("got %d validations", len(got))
	}
	if v := got["C2:C4"]; v != nil && (v.Prompt == nil || *v.Prompt != `what it is "about"`) {
		t.Errorf("got prompt %v", v.Prompt)
	}
	if v, want := got["E2:E4"], "one\n|"+strings.Repeat("😀", 124)+"…"; v != nil && (v.Prompt == nil || *v.Prompt != want) { // 254 units of UTF-16
		t.Errorf("got prompt %v, want %q", v.Prompt, want)
	}
	choices, err := f.GetCols("Labels")
	if err != nil || len(choices) != 2 || choices[0][0] != "Shipping, late" || choices[1][1] != long[1] {
		t.Errorf("got choices %q, %v", choices, err)
	}
	if visible, err := f.GetSheetVisible("Labels"); err != nil || visible {
		t.Errorf("the sheet of choices is visible: %v, %v", visible, err)
	}
	if text, err := f.GetCellValue("Sheet1", "J2"); err != nil || text != "1-2" {
		t.Errorf("got %q, %v", text, err)
	}
	checkRows(t, out.Bytes(), row)
}

// checkRows reads a workbook back: all its rows below the header are the same.
func checkRows(t *testing.T, workbook []byte, want []string) {
	t.Helper()
	book, err := Open("f.xlsx", bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	_, err = book.ReadRows(t.Context(), book.Sheets()[0], func(r Row) error {
		for i, cell := range r.Cells {
			if r.Number > 1 && string(cell) != want[i] {
				t.Errorf("row %d: got %q, want %q", r.Number, cell, want[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

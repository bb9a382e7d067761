package systemtest

import (
	"encoding/csv"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
)

// cmdWorkbook: workbook FILE.xlsx SHEET=TABLE.csv… writes a workbook as people make them: its cells are
// numbers and dates where the texts of the table are, and empty where these are.
func cmdWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	f := excelize.NewFile()
	for i, arg := range args[1:] {
		name, table, _ := strings.Cut(arg, "=")
		var err error
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		ts.Check(err)
		r := csv.NewReader(strings.NewReader(ts.ReadFile(table)))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		ts.Check(err)
		for y, row := range rows {
			for x, text := range row {
				cell, err := excelize.CoordinatesToCellName(x+1, y+1)
				ts.Check(errors.Join(err, f.SetCellValue(name, cell, cellValue(text))))
			}
		}
	}
	ts.Check(f.SaveAs(ts.MkAbs(args[0])))
	ts.Check(f.Close())
}

// cellValue is what somebody who types the text has in the cell; nil: nothing.
func cellValue(text string) any {
	if text == "" {
		return nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	if day, err := time.Parse(time.DateTime, text); err == nil {
		return day
	}
	return text
}

package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"prism/internal/parquet"
	"prism/internal/table"
	"prism/internal/term"
	"prism/internal/xlsx"
)

// columnTypes is what the columns of a table may be written as.
type columnTypes struct {
	names  []string
	types  []cellTypes
	rows   int64
	id     int // column that identifies rows, -1: none
	faults []error
	more   int64 // faults that are not listed
}

// cellTypes is what all cells of a column may be; empty ones may be everything.
type cellTypes struct {
	hasValue bool
	unfit    [parquet.Boolean + 1]bool // by type: some cell would not read back as its text
	inexact  bool                      // some cell is a number that a workbook would change
}

// maxFaults is how many cells that are too long are listed.
const maxFaults = 10

// inspectColumns reads all rows.
func (s *Source) inspectColumns(ctx context.Context, f Form) (*columnTypes, error) {
	r, err := s.openText()
	if err != nil {
		return nil, err
	}
	c := &columnTypes{names: r.Header().Names, types: make([]cellTypes, len(r.Header().Names))}
	c.id = slices.Index(c.names, s.IDColumn)
	err = s.eachRow(ctx, func(_ *table.Record, cells [][]byte) error {
		c.rows++
		for i, cell := range cells {
			c.types[i].addCell(cell, f)
			if f == Workbook && len(cell) > xlsx.MaxCellText {
				c.checkLength(s.Output, i, cells)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f == Workbook && c.rows >= xlsx.MaxRows {
		c.faults = append(c.faults, &table.Error{File: s.Output, Msg: fmt.Sprintf("%s; a sheet has at most %s and its header: write CSV or Parquet (-o NAME.csv, -o NAME.parquet)",
			term.Plural(c.rows, "row"), term.Plural(xlsx.MaxRows-1, "row"))})
	}
	if c.more > 0 {
		c.faults = append(c.faults, &table.Error{File: s.Output, Msg: fmt.Sprintf("%d more cells like these", c.more)})
	}
	return c, errors.Join(c.faults...)
}

// checkLength lists a cell that has more characters than a workbook can hold.
func (c *columnTypes) checkLength(output string, column int, cells [][]byte) {
	n := xlsx.TextUnits(cells[column])
	if n <= xlsx.MaxCellText {
		return
	}
	if len(c.faults) == maxFaults {
		c.more++
		return
	}
	row := ""
	if c.id >= 0 {
		row = fmt.Sprintf(", %s %.40s", c.names[c.id], cells[c.id])
	}
	c.faults = append(c.faults, &table.Error{File: output, Msg: fmt.Sprintf("cell %s (column %q%s) has %s characters; a cell of a workbook holds %s: write CSV or Parquet (-o NAME.csv, -o NAME.parquet)",
		xlsx.CellName(column, c.rows+1), c.names[column], row, term.Count(int64(n)), term.Count(xlsx.MaxCellText))})
}

// addCell takes one more cell of the column.
func (t *cellTypes) addCell(cell []byte, f Form) {
	if len(cell) == 0 {
		return
	}
	t.hasValue = true
	if f == Workbook {
		t.inexact = t.inexact || isNumber(cell) && !xlsx.IsExactNumber(cell)
		return
	}
	for p := parquet.Integer; p <= parquet.Boolean; p++ {
		t.unfit[p] = t.unfit[p] || !p.Fits(cell)
	}
}

// parquetType is the first type that all cells fit.
func (t *cellTypes) parquetType() parquet.Type {
	for p := parquet.Integer; t.hasValue && p <= parquet.Boolean; p++ {
		if !t.unfit[p] {
			return p
		}
	}
	return parquet.Text
}

// isNumber reports whether programs take a text for a number, such as 007 and 1.50.
func isNumber(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c|0x20 != 'e' {
			return false
		}
	}
	_, err := strconv.ParseFloat(string(text), 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

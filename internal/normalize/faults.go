package normalize

import (
	"errors"
	"fmt"
	"strings"

	"prism/internal/table"
)

// maxFaults is how many faulty records are listed.
const maxFaults = 10

// recordFaults are the faulty records of a table, the first of them one by one.
type recordFaults struct {
	src  *source
	o    Options
	list []error
	more int
}

// checkRecord looks at a record: false if it is faulty.
func (f *recordFaults) checkRecord(rec *record, columns int) bool {
	msg := f.faultOf(rec, columns)
	switch {
	case msg == "":
	case len(f.list) < maxFaults:
		f.list = append(f.list, &table.Error{File: f.src.name, Line: rec.line, Msg: msg})
	default:
		f.more++
	}
	return msg == ""
}

// joinBefore lists the faults before an error that ended the reading.
func (f *recordFaults) joinBefore(err error) error { return errors.Join(errors.Join(f.list...), err) }

// joinAll lists the faults of the whole table; nil if there are none.
func (f *recordFaults) joinAll() error {
	if f.more > 0 {
		return f.joinBefore(&table.Error{File: f.src.name, Msg: fmt.Sprintf("%d more records like these", f.more)})
	}
	return errors.Join(f.list...)
}

// adviseHeader says which line looks like the header where the one that was read has fewer columns
// than a record.
func (f *recordFaults) adviseHeader(rec *record, columns int) string {
	if columns == 1 {
		line, err := f.src.headerBelowTitle(f.o)
		if err == nil && line > 0 { // what cannot be read again is told of where it is read
			return "; " + f.o.LikeHeader(fmt.Sprintf("line %d", line), line)
		}
	}
	if n := len(rec.cells); n > 2*columns && countNames(rec.cells) == n {
		return "; " + f.o.LikeHeader("this line", rec.line)
	}
	return ""
}

// faultOf says what is wrong with a record, "" if nothing.
func (f *recordFaults) faultOf(rec *record, columns int) string {
	if n := len(rec.cells); f.src.kind == table.PlainText && n != columns {
		what := fmt.Sprintf("the record has %d fields, the header %d", n, columns)
		if len(f.list) == 0 {
			what += f.adviseHeader(rec, columns)
		}
		return what
	}
	if !f.src.invalid {
		return ""
	}
	for _, cell := range rec.cells {
		if strings.Contains(string(cell), "\uFFFD") {
			return fmt.Sprintf("bytes that are not valid %s (%s names another encoding)", f.src.encoding, f.o.optionName("encoding"))
		}
	}
	return ""
}

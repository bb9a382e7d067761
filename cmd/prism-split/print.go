package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

// printUnits writes a line a unit.
func printUnits(out io.Writer, format, inputFormat string, units []job.Unit) error {
	w := bufio.NewWriter(out)
	var err error
	switch format {
	case "args":
		err = printArgs(w, inputFormat, units)
	case "tsv":
		err = printTSV(w, inputFormat, units)
	default:
		err = printJSONL(w, units)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

func printJSONL(w io.Writer, units []job.Unit) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range units {
		if err := e.Encode(&units[i]); err != nil {
			return err
		}
	}
	return nil
}

var unitColumns = []string{
	"unit", "label", "input", "row_start", "row_end", "rows", "byte_start", "byte_end", "input_size", "input_sum",
}

// printTSV writes the units as a table, with a column for the flags if there are any.
func printTSV(w io.Writer, inputFormat string, units []job.Unit) error {
	columns := unitColumns
	hasFlags := slices.ContainsFunc(units, func(u job.Unit) bool { return u.Columns != nil })
	if hasFlags {
		columns = append(slices.Clone(columns), "flags")
	}
	e := table.NewEncoder(table.TSV, columns)
	line := e.Header(nil)
	for _, u := range units {
		cells := []table.Cell{{}, {Bytes: []byte(u.Label)}, {Bytes: []byte(u.Input)}, {}, {}, {}, {}, {}, {}, {Bytes: []byte(u.InputSum)}}
		for i, n := range map[int]int64{
			0: int64(u.Unit), 3: u.RowStart, 4: u.RowEnd, 5: u.Rows, 6: u.ByteStart, 7: u.ByteEnd, 8: u.InputSize,
		} {
			cells[i].Bytes = strconv.AppendInt(nil, n, 10)
		}
		if hasFlags {
			cells = append(cells, table.Cell{Bytes: []byte(unitFlags(inputFormat, &u))})
		}
		line = e.Record(line, cells)
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	_, err := w.Write(line)
	return err
}

// printArgs writes the flags of prism-classify for each unit, quoted as xargs
// reads them.
func printArgs(w io.Writer, inputFormat string, units []job.Unit) error {
	for _, u := range units {
		input := u.Input
		if strings.ContainsAny(input, "\n\r\x00") {
			return cli.Fail(cli.Usage, fmt.Errorf("%q has a line break in its name, which xargs cannot read", input), "use --format jsonl")
		}
		if strings.HasPrefix(input, "-") {
			input = "./" + input
		}
		line := fmt.Sprintf("--worker-id %d --input-file %s --row-start %d --row-end %d --byte-start %d --byte-end %d",
			u.Unit, term.QuoteXargs(input), u.RowStart, u.RowEnd, u.ByteStart, u.ByteEnd)
		if u.InputSum != "" {
			line += " --input-sum " + u.InputSum
		}
		line += " --output-name " + term.QuoteXargs(job.OutputName(u.Label, u.Unit, table.CSV.String()))
		if flags := unitFlags(inputFormat, &u); flags != "" {
			line += " " + flags
		}
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// unitFlags are the flags with which prism-classify reads a unit as it was checked, quoted
// for xargs.
func unitFlags(inputFormat string, u *job.Unit) string {
	var flags []string
	if inputFormat != "" {
		flags = append(flags, "--input-format", inputFormat)
	}
	if u.Columns != nil {
		flags = append(flags, u.Columns.Args()...)
	}
	return strings.Join(flags, " ")
}

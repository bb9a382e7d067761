package main

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"prism/internal/cli"
	"prism/internal/export"
	"prism/internal/fsutil"
	"prism/internal/prompt"
	"prism/internal/stats"
	"prism/internal/table"
	"prism/internal/xlsx"
)

// writeRows writes rows for people to stdout as CSV, or to the file of -o in the form that
// its name says. A workbook offers the values of the codebook.
func (g *flags) writeRows(ctx context.Context, s *prompt.Schema, std cli.Std, write func(out io.Writer, form table.Format) error) (err error) {
	if g.Output == "" || g.Output == "-" {
		return writeText(std.Out, table.CSV, g.SafeCSV, func(out io.Writer) error { return write(out, table.CSV) })
	}
	form, name, err := export.FormByName(g.Output)
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	format, ok := table.FormatByName(name)
	if !ok || format == table.AnyCSV {
		format = table.CSV
	}
	tmp, err := fsutil.CreateTemp("prism-rows-*.tmp")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fsutil.CloseTemp(tmp)) }()
	isTyped := form == export.Workbook || form == export.Parquet // no cell is a formula
	if err := writeText(tmp, format, g.SafeCSV && !isTyped, func(out io.Writer) error { return write(out, format) }); err != nil {
		return err
	}
	size, err := tmp.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	source := export.Source{Text: tmp, Size: size, Options: table.Options{Name: g.Output, Format: format}, Output: g.Output, IDColumn: g.idColumn()}
	if form == export.Workbook {
		h, err := table.ReadHeader(tmp, size, source.Options)
		if err != nil {
			return err
		}
		source.Layout = sheetLayout(s, h.Names, g.idColumn())
	}
	out, err := fsutil.CreateAtomicContext(ctx, g.Output)
	if err != nil {
		return err
	}
	defer out.Abort()
	if err := export.Write(ctx, source, form, out); err != nil {
		return inputError(err)
	}
	return keepFilledIn(out, g.Output, std)
}

// keepFilledIn commits a sheet for people. What was there is moved aside, unless it is the same:
// somebody may have filled it in.
func keepFilledIn(out *fsutil.AtomicFile, path string, std cli.Std) error {
	sum, err := out.Checksum()
	if err != nil {
		return err
	}
	backup, err := out.CommitWithBackup(sum, func(fsutil.Checksum) bool { return false })
	if backup != "" {
		std.Warnf("%s existed and may be filled in; moved to %s", path, backup)
	}
	return err
}

func (g *flags) idColumn() string {
	if g.IDColumn == "" {
		return table.RowID
	}
	return g.IDColumn
}

// sheetLayout is how columns are shown to people and what these may put into those of the
// codebook.
func sheetLayout(s *prompt.Schema, names []string, id string) map[string]xlsx.Column {
	layout := map[string]xlsx.Column{}
	for _, name := range names {
		var c *prompt.Column
		if s != nil {
			c = s.FindOutput(name, names)
		}
		switch {
		case c != nil:
			layout[name] = xlsx.Column{Input: inputOf(s, c), Wrap: c.Type == prompt.TypeText}
		case name != id && name != stats.InclusionProbability:
			layout[name] = xlsx.Column{Wrap: true}
		}
	}
	return layout
}

// maxScale is how many numbers are offered one by one.
const maxScale = 50

// inputOf is what people may put into a column of the codebook.
func inputOf(s *prompt.Schema, c *prompt.Column) *xlsx.Input {
	in := &xlsx.Input{Prompt: c.Description}
	isGate := s.Gate != prompt.NoGate && c == &s.Columns[s.Gate]
	switch c.Type {
	case prompt.TypeLabel:
		in.Choices = slices.Clone(c.Labels)
	case prompt.TypeLabels:
		in.Choices = append(slices.Clone(c.Labels), "[]")
		in.Others = true
		in.Prompt = strings.TrimSpace(in.Prompt + "\nSeveral labels are joined by | and [] is none.")
	case prompt.TypeInteger, prompt.TypeNumber:
		in.Numbers, in.Whole = true, c.Type == prompt.TypeInteger
		in.Minimum, in.Maximum = c.Minimum, c.Maximum
		in.Choices = scaleOf(c)
	case prompt.TypeBoolean:
		in.Choices = []string{"true", "false"}
	default:
		in.Others = true
		return in
	}
	var markers []string
	if isGate {
		markers = append(markers, prompt.NotApplicable)
	} else if s.Gate != prompt.NoGate {
		markers = append(markers, c.Default)
	}
	if c.Optional {
		markers = append(markers, "null")
	}
	for _, marker := range markers {
		switch {
		case marker == "" || slices.Contains(in.Choices, marker):
		case in.Choices != nil:
			in.Choices = append(in.Choices, marker)
		default:
			in.Others = true // of a number without a list
		}
	}
	return in
}

// scaleOf lists the numbers of a scale; nil if they are too many.
func scaleOf(c *prompt.Column) (numbers []string) {
	if c.Type != prompt.TypeInteger || c.Minimum == nil || c.Maximum == nil || *c.Maximum-*c.Minimum >= maxScale || math.Abs(*c.Minimum) > 1e9 {
		return nil
	}
	for v := int64(*c.Minimum); v <= int64(*c.Maximum); v++ {
		numbers = append(numbers, strconv.FormatInt(v, 10))
	}
	return numbers
}

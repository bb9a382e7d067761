package main

import (
	"bufio"
	"context"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/normalize"
	"prism/internal/table"
)

// printColumns prints what scripts need to ask for the columns of a table, as
// assignments that a shell may evaluate.
func (s *splitter) printColumns(ctx context.Context) error {
	files, _, err := s.g.listInputs()
	if err != nil {
		return err
	}
	if err := cli.RefuseBeside(s.g.typed, "--print-columns", "", "job", "print-settings", "write", "workers", "rows", "ranges"); err != nil {
		return err
	}
	if len(files) > 1 || files[0] == "-" {
		return cli.Usagef("--print-columns requires a single FILE, not stdin")
	}
	f, err := table.Open(ctx, files[0], nil)
	if err != nil {
		return exitError(ctx, err)
	}
	defer f.Close()
	o, err := table.NewOptions(f.Name, s.g.InputFormat, s.g.Delimiter)
	if err != nil {
		return cli.Usagef("%w", err)
	}
	c := job.InputColumns{InputForm: job.InputForm{Sheet: s.g.Sheet, HeaderLine: s.g.HeaderLine}}
	sum, err := s.checkText(ctx, f, o)
	form := ""
	var doubts []normalize.Doubt
	if p := columns.Look(f, f.Size, o); columns.NeedsNormalizing(err) || hasTextIDs(p) || c.NeedsNormalForm() {
		n, err := s.normalizeInput(ctx, f, c)
		if err != nil {
			return exitError(ctx, err)
		}
		defer n.Close()
		doubts = n.doubts
		f, o, form = n.File, table.Options{Name: n.Name, Format: table.CSV}, n.describe()
		if sum, err = s.checkText(ctx, f, o); err != nil {
			return exitError(ctx, err)
		}
	} else if err != nil {
		return exitError(ctx, err)
	}
	a := assignments{bufio.NewWriter(s.std.Out)}
	a.setText("table_form", form)
	a.setNumber("table_rows", int(sum.Rows))
	a.setDoubts(doubts)
	if err := s.printPreview(ctx, a, f, o); err != nil {
		return exitError(ctx, err)
	}
	s.steps.Clear()
	return a.w.Flush()
}

// setDoubts prints the sheets to choose from, if there are several, and the line that looks
// like the header, 0 where it is the one that was read.
func (a assignments) setDoubts(doubts []normalize.Doubt) {
	var sheets []string
	var line int64
	for _, d := range doubts {
		sheets, line = append(sheets, d.Sheets...), max(line, d.HeaderLine)
	}
	a.setList("sheet_names", sheets)
	a.setNumber("likely_header", int(line))
}

// hasTextIDs reports whether a table has a column RowID of texts.
func hasTextIDs(p *columns.Preview) bool {
	i := slices.Index(p.Names, table.RowID)
	return i >= 0 && p.HasTexts(i)
}

// checkText checks a table but for its IDs.
func (s *splitter) checkText(ctx context.Context, f *table.File, o table.Options) (table.Summary, error) {
	s.steps.StartStep("checking "+f.Name, f.Size)
	return table.Check(ctx, f, f.Size, table.CheckOptions{Options: o, NoIDs: true, NoSum: true, Progress: s.steps.AddBytes})
}

// printPreview prints the columns of a table.
func (s *splitter) printPreview(ctx context.Context, a assignments, f *table.File, o table.Options) error {
	p := columns.Look(f, f.Size, o)
	var names, values []string // without RowID, which is neither text nor context
	for i, v := range p.Values {
		if p.Names[i] != table.RowID {
			names, values = append(names, p.Names[i]), append(values, shortenValue(v))
		}
	}
	likely := ""
	if p.LikelyText >= 0 {
		likely = p.Names[p.LikelyText]
	}
	candidates, err := s.findIDs(ctx, f, o, p)
	if err != nil {
		return err
	}
	a.setBool("has_ids", slices.Contains(candidates, table.RowID))
	a.setBool("has_text", slices.Contains(p.Names, job.DefaultText))
	a.setText("likely_text", likely)
	a.setList("id_candidates", candidates)
	a.setList("column_names", names)
	a.setList("column_samples", values)
	return nil
}

// maxCandidates bounds the columns of which all rows are read for their IDs.
const maxCandidates = 4

// findIDs lists the columns that identify rows: they have another integer in each. A
// RowID that does not is an error.
func (s *splitter) findIDs(ctx context.Context, f *table.File, o table.Options, p *columns.Preview) (names []string, err error) {
	tried := 0
	for i, name := range p.Names {
		if name != table.RowID && (!p.HasIntegers(i) || tried == maxCandidates) {
			continue
		}
		tried++
		_, err := table.Check(ctx, f, f.Size, table.CheckOptions{Options: o, IDColumn: name, NoSum: true})
		switch {
		case err == nil:
			names = append(names, name)
		case name == table.RowID || !isTableError(err):
			return nil, err
		}
	}
	return names, nil
}

// maxValue is how many characters of a value are shown.
const maxValue = 60

// shortenValue makes one line of a value, as short as it is shown.
func shortenValue(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxValue {
		return string(r[:maxValue-1]) + "…"
	}
	return text
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
	"prism/internal/xlsx"
)

// checkInputs checks every file of the queue and cuts it. A fault of a file is
// a mistake like others; an error ends the work.
func (p *planner) checkInputs(ctx context.Context) error {
	for _, in := range p.config.InputQueue {
		if in.Path == "" {
			continue
		}
		err := p.checkInput(ctx, in)
		if _, bad := errors.AsType[*table.Error](err); bad {
			p.addMistake(p.nameInHints(err, in.Path))
		} else if err != nil {
			return err
		}
	}
	return nil
}

// nameInHints puts the name of a file of several before its hints: they are printed
// after the errors of all files.
func (p *planner) nameInHints(err error, file string) error {
	hinted, ok := err.(interface{ Hint() string })
	if !ok || hinted.Hint() == "" || len(p.config.InputQueue) == 1 {
		return err
	}
	return cli.Fail(cli.Usage, err, file+": "+strings.ReplaceAll(hinted.Hint(), "\n", "\n"+file+": "))
}

// checkInput checks a file of the queue and cuts it. A file that workers do not read as
// it is, or for which a key of the job file wants it, is normalized first.
func (p *planner) checkInput(ctx context.Context, in job.Input) error {
	o, err := table.NewOptions(in.Path, in.Format, in.Delimiter)
	if err != nil {
		return nil // a mistake of the job file, which was reported there
	}
	f, err := table.Open(ctx, in.Path, nil)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Spooled {
		return &table.Error{File: in.Path, Msg: "not a regular file, so workers cannot read it again"}
	}
	if !in.NeedsNormalForm() {
		err := p.checkTable(ctx, f, in.Label, columns.Options{Table: o, Columns: in.InputColumns})
		if !columns.NeedsNormalizing(err) && !columns.AreTextIDs(err) {
			return err
		}
	}
	n, err := p.normalizeInput(ctx, f, in.Keys())
	if err != nil {
		return err
	}
	p.normal[in.Label] = n
	if !p.g.DryRun {
		p.std.Infof("%s is normalized: %s", in.Path, n.describe())
	}
	in.IDColumn, in.NumberRows = "", false // RowID is there now
	want := columns.Options{Table: table.Options{Name: n.Name, Format: table.CSV}, Columns: in.InputColumns}
	for _, d := range n.doubts {
		want.Doubts = append(want.Doubts, d.Text)
	}
	return p.checkTable(ctx, n.File, in.Label, want)
}

// checkTable checks what workers will read of a file, and cuts it.
func (p *planner) checkTable(ctx context.Context, f *table.File, label string, want columns.Options) error {
	p.steps.StartStep("checking "+f.Name, f.Size)
	want.Required, want.NeedsText, want.Keys = p.settings.RequiredInputColumns, true, true
	o, c := want.Table, want.Columns
	sum, err := p.checkFile(ctx, f, want, table.CheckOptions{})
	if err != nil {
		return err
	}
	p.checkColumns(f.Name, sum.Header, c)
	if p.g.DryRun {
		if err := p.notePlan(f, label, o, c); err != nil {
			return err
		}
	}
	p.cutting = p.config.Cutting()
	p.warnRanges(f.Name, sum.Rows)
	units, err := job.Cut(ctx, f, sum, o, label, p.cutting, len(p.units)+1, true)
	if err != nil {
		return err
	}
	if n := countRows(units); p.config.Output.Format == "xlsx" && n >= xlsx.MaxRows {
		p.addMistake(fmt.Errorf("output.format: %s has %s; a sheet of a workbook has at most %s: use csv or parquet",
			f.Name, term.Plural(n, "row"), term.Plural(xlsx.MaxRows-1, "row")))
	}
	p.units = append(p.units, units...)
	for _, u := range units {
		p.load.Rows = append(p.load.Rows, u.Rows)
		p.load.Bytes += u.ByteEnd - u.ByteStart
	}
	return nil
}

// checkSortBy reports a merge.sort_by that the output will not have.
func (p *planner) checkSortBy(name string, h *table.Header, c job.InputColumns) {
	by := p.config.Merge.SortBy
	if by == table.RowID { // the default: the ID column, whatever its name is
		by = c.ID()
	}
	if by == job.Unsorted || p.prompt == nil {
		return
	}
	written, drop := p.prompt.WrittenColumns(h.Names, p.config.Output.Drop)
	columns := slices.DeleteFunc(slices.Clone(h.Names), func(n string) bool { return slices.Contains(drop, n) })
	for _, i := range written {
		columns = append(columns, p.prompt.Columns[i].OutputName(h.Names))
	}
	columns = append(columns, prompt.RunColumns()...)
	if !slices.Contains(columns, by) {
		p.addMistake(fmt.Errorf("merge.sort_by: in the output of %s: %s", name, table.MissingColumn(columns, by)))
	}
}

// checkColumns reports a column to sort by, and those to drop, that the input does not have.
func (p *planner) checkColumns(name string, h *table.Header, c job.InputColumns) {
	if len(h.Names) == 0 {
		return // JSONL without records
	}
	if p.config.Model.TrainsStudent() && h.Index(override.LabelledBy) >= 0 {
		p.addMistake(fmt.Errorf("model.student: %s:1: the table has a column %s, which the result adds", name, override.LabelledBy))
	}
	p.checkSortBy(name, h, c)
	drop := p.config.Output.Drop
	if p.prompt != nil {
		_, drop = p.prompt.WrittenColumns(h.Names, drop)
	}
	for _, d := range drop {
		switch {
		case h.Index(d) < 0:
			p.addMistake(fmt.Errorf("%s:1: unknown column %q to drop; the columns are %s", name, d, strings.Join(h.Names, ", ")))
		case d == c.ID():
			p.addMistake(fmt.Errorf("output.drop: cannot drop %s: the merge requires it to identify the rows of %s", d, name))
		}
	}
}

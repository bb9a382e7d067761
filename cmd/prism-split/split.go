package main

import (
	"context"
	"errors"
	"fmt"

	"prism/internal/cli"
	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

// splitter holds what the files of one call have given so far.
type splitter struct {
	g       *flags
	std     cli.Std
	steps   *term.Steps
	cutting job.Cutting
	units   []job.Unit
	parts   []part
}

// splitFile checks one file and cuts it.
func (s *splitter) splitFile(ctx context.Context, name, label string) error {
	if s.g.Write == "" && name == "-" {
		return cli.Fail(cli.Usage, errors.New("stdin cannot be read again by workers"), "name a file, or write parts with --write DIR")
	}
	o, err := table.NewOptions(name, s.g.InputFormat, s.g.Delimiter)
	if err != nil {
		return err
	}
	f, err := table.Open(ctx, name, s.std.In)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := refuseStdout(s.std.Out, f.File); err != nil {
		return err
	}
	if s.g.Write == "" && f.Spooled {
		return cli.Fail(cli.Usage, fmt.Errorf("%s is not a regular file, so workers cannot read it again", name), "write parts with --write DIR")
	}
	s.steps.StartStep("checking "+name, f.Size)
	sum, err := s.checkFile(ctx, f, columns.Options{Table: o, Columns: s.g.InputColumns, NoIDs: s.g.NoCheck, Command: s.g.commandFor}, table.CheckOptions{
		NoSum: s.g.NoCheck, NoText: s.g.NoCheck, Ranges: s.cutting.TableRanges(),
	})
	if err != nil {
		return err
	}
	s.warnRanges(name, sum.Rows)
	units, err := job.Cut(ctx, f, sum, o, label, s.cutting, len(s.units)+1, !s.g.NoCheck)
	if err != nil {
		return err
	}
	if s.g.Write != "" {
		s.steps.StartStep("writing parts of "+name, f.Size)
		if err := s.writeParts(ctx, f, sum, o, units); err != nil {
			return err
		}
	}
	for i, c := 0, s.g.unitColumns(sum.Header); i < len(units); i++ {
		units[i].Columns = c
	}
	s.units = append(s.units, units...)
	return nil
}

// checkFile checks a file and its columns. The error says all that is wrong at once.
func (s *splitter) checkFile(ctx context.Context, f *table.File, want columns.Options, check table.CheckOptions) (table.Summary, error) {
	found, err := columns.Examine(f, f.Size, want)
	if err != nil {
		return table.Summary{}, err
	}
	var sum table.Summary
	if found.CanScan() {
		check.Options, check.IDColumn, check.NoIDs, check.Progress = want.Table, want.Columns.ID(), !found.HasIDs(), s.steps.AddBytes
		sum, err = table.Check(ctx, f, f.Size, check)
	}
	err = found.Explain(ctx, f, err)
	for _, line := range found.Warnings(f, f.Size) {
		s.std.Warnf("%s", line)
	}
	if err == nil {
		err = f.CheckSize()
	}
	return sum, err
}

func (s *splitter) warnRanges(name string, rows int64) {
	for _, r := range s.cutting.Ranges {
		if r.Start > rows {
			s.std.Warnf("%s has %d rows, none in %s", name, rows, r)
		} else if r.End > rows {
			s.std.Warnf("%s has %d rows: range %s ends at the last one", name, rows, r)
		}
	}
}

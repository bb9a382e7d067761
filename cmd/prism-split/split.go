package main

import (
	"context"
	"errors"
	"fmt"
	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

// splitter holds what the files of one call have given so far.
type splitter struct {
	g       *grammar
	std     cli.Std
	steps   *term.Steps
	cutting job.Cutting
	units   []job.Unit
	parts   []part
}

// inputColumns are those that prism-classify shows to the model.
var inputColumns = []string{"Title", "Sentiment", "Message"}

// splitFile checks one file and cuts it.
func (s *splitter) splitFile(ctx context.Context, name, label string) error {
	if s.g.Write == "" && name == "-" {
		return cli.Fail(cli.Usage, errors.New("stdin cannot be read again by workers"), "name a file, or write parts with --write DIR")
	}
	o := s.g.tableOptions(name)
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
	sum, err := table.Check(ctx, f, f.Size, table.CheckOptions{
		Options: o, NoIDs: s.g.NoCheck, NoSum: s.g.NoCheck, Ranges: s.cutting.TableRanges(), Progress: s.steps.AddBytes,
	})
	if err == nil {
		err = f.CheckSize()
	}
	if err != nil {
		return err
	}
	for _, line := range sum.Header.NearMisses(name, inputColumns...) {
		s.std.Warnf("%s", line)
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
	s.units = append(s.units, units...)
	return nil
}

func (s *splitter) warnRanges(name string, rows int64) {
	for _, r := range s.cutting.Ranges {
		if r.Start > rows {
			s.std.Warnf("%s has %d rows, none in %s", name, rows, r)
		} else if r.End > rows {
			s.std.Warnf("%s has %d rows: %s ends there", name, rows, r)
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"prism/internal/checkpoint"
	"prism/internal/job"
	"prism/internal/merge"
	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// fileParts are the parts of a file: the outputs of its units, and of units without one,
// or with one whose rows changed since, what their checkpoints hold of the rows of today.
type fileParts struct {
	r         *runMerger
	file      *job.File
	inputs    []merge.Input
	completed int   // units with an output, or all rows in their checkpoint
	without   []int // the others

	in *merge.Input // of the file, as it was split; nil: not opened yet
}

func (p *fileParts) closeInputs() {
	for _, in := range p.inputs {
		in.File.Close()
	}
	if p.in != nil {
		p.in.File.Close()
	}
}

// splitInput opens the input of the file, once.
func (p *fileParts) splitInput(ctx context.Context) (merge.Input, error) {
	if p.in != nil {
		return *p.in, nil
	}
	in, err := p.r.openSplitInput(ctx, p.file)
	if err == nil {
		p.in = &in
	}
	return in, err
}

// openUnits opens the parts of a file.
func (r *runMerger) openUnits(ctx context.Context, f *job.File, units []job.UnitPlan) (*fileParts, error) {
	p := &fileParts{r: r, file: f}
	for _, u := range units {
		name := r.m.UnitOutput(u)
		_, err := os.Lstat(name)
		unfit := ""
		switch {
		case err != nil: // it is not there, or the opening says why
		case !checkpoint.IsCurrentOutput(r.m, u):
			unfit = fmt.Sprintf("the rows of unit %d changed since it was written", u.Unit.Unit)
		case !checkpoint.HasWholeOutput(r.m, u):
			unfit = fmt.Sprintf("it has fewer rows than unit %d wrote", u.Unit.Unit)
		}
		if errors.Is(err, fs.ErrNotExist) || unfit != "" {
			if err := p.addCheckpoint(ctx, u, unfit); err != nil {
				return p, err
			}
			continue
		}
		in, err := r.openOutput(ctx, f.Label, name)
		if err != nil {
			return p, err
		}
		p.inputs = append(p.inputs, in)
		p.completed++
	}
	return p, nil
}

// addCheckpoint adds the finished rows of a unit that the input has today. unfit is why its
// output, if it is there, is not taken.
func (p *fileParts) addCheckpoint(ctx context.Context, u job.UnitPlan, unfit string) error {
	r, id := p.r, u.Unit.Unit
	dir := r.m.Path(r.m.Paths.CheckpointDir)
	if _, err := checkpoint.ReadSidecar(dir, r.m.JobID(id)); errors.Is(err, fs.ErrNotExist) {
		if unfit != "" {
			r.std.Warnf("%s is left out: %s", r.m.UnitOutput(u), unfit)
		}
		p.without = append(p.without, id)
		return nil
	}
	records, header, err := p.inputRecords(ctx, u)
	if err != nil {
		return err
	}
	var coded []prompt.Column
	written, _ := r.schema.WrittenColumns(header, r.m.Config.Output.Drop)
	for _, i := range written {
		coded = append(coded, r.schema.Columns[i])
	}
	in, n, err := merge.FromCheckpoint(dir, r.m.JobID(id), records, r.m.InputOptions(p.file.Label), coded)
	if err != nil {
		return err
	}
	if n.Outdated > 0 {
		r.std.Warnf("unit %d: left out %s (changed in the input, or no longer in the unit)", id, term.Plural(n.Outdated, "finished row"))
	}
	p.inputs = append(p.inputs, in)
	if n.Rows == u.Rows {
		p.completed++
	} else {
		p.without = append(p.without, id)
	}
	return nil
}

// inputRecords reads the records that a unit has today. It returns them and the columns of
// the input.
func (p *fileParts) inputRecords(ctx context.Context, u job.UnitPlan) (*checkpoint.InputRecords, []string, error) {
	in, err := p.splitInput(ctx)
	if err != nil {
		return nil, nil, err
	}
	rg := table.Range{RowStart: u.RowStart, RowEnd: u.RowEnd, ByteStart: u.ByteStart, ByteEnd: u.ByteEnd}
	rows, err := table.OpenRange(in.File, in.File.Size, in.Options, rg)
	if err != nil {
		return nil, nil, err
	}
	columns := rows.Header().Names
	if rows.Header().Format == table.JSONL {
		columns = nil
	}
	records := checkpoint.NewInputRecords(columns)
	records.Mark = rows.Header().Mark
	for u.Rows > 0 && ctx.Err() == nil {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return records, rows.Header().Names, nil
		}
		if err != nil {
			return nil, nil, err
		}
		records.AddRecord(rec.Raw())
	}
	return records, rows.Header().Names, context.Cause(ctx)
}

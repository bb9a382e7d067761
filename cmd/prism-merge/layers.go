package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/merge"
	"prism/internal/table"
	"prism/internal/term"
)

// checkLayers makes sure that the flags of --labelled-by go together.
func (g *flags) checkLayers() error {
	names := g.LabelledBy
	if len(names) == 0 {
		return nil
	}
	const hint = "--labelled-by takes each row from the last part that has it, in the order of --expect"
	if err := cli.RefuseBeside(g.typed, "--labelled-by", hint, "manifest", "overrides", "sort-by", "on-duplicate"); err != nil {
		return err
	}
	switch {
	case g.Expect == "":
		return cli.Usagef("--labelled-by requires --expect: the table whose rows the parts labelled, for their order")
	case len(names) != len(g.Parts):
		return cli.Usagef("--labelled-by must be given once for each part: have %s, %s", term.Plural(int64(len(names)), "name"), term.Plural(int64(len(g.Parts)), "part"))
	case slices.Contains(names, ""):
		return cli.Usagef("--labelled-by must not be empty")
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return cli.Usagef("duplicate --labelled-by %s", name)
		}
	}
	return nil
}

// mergeLayers writes the rows of the expected table from the parts, each of which labelled some of the rows of
// those before it, and lists the rows that nobody labelled.
func (m *merger) mergeLayers(ctx context.Context, expected merge.Input) error {
	m.steps.StartStep("checking "+expected.Options.Name, expected.File.Size)
	sum, err := table.Check(ctx, expected.File, expected.File.Size, table.CheckOptions{
		Options: expected.Options, IDColumn: m.g.IDColumn, NoSum: true, Progress: m.steps.AddBytes,
	})
	if err != nil {
		return err
	}
	missing, list, err := m.newMissingList(expected.Options.Name)
	if err != nil {
		return err
	}
	defer missing.abort()
	r, err := m.writeLayers(ctx, expected, list.Add)
	if err != nil {
		return err
	}
	if err := missing.end(list, r.Missing, sum.Rows); err != nil {
		return err
	}
	return missing.commit()
}

// writeLayers writes the rows to the output, none with --check, and tells of those that no part has.
func (m *merger) writeLayers(ctx context.Context, expected merge.Input, missing func(pos, id int64) error) (merge.LayersResult, error) {
	layers := make([]merge.Layer, len(m.inputs))
	for i, in := range m.inputs {
		layers[i] = merge.Layer{Input: in, Name: m.g.LabelledBy[i]}
	}
	write := func(o merge.Options, out merge.Output, missing func(pos, id int64) error) (merge.LayersResult, error) {
		m.steps.StartStep("merging", expected.File.Size)
		return merge.WriteLayers(ctx, layers, expected, o, out, missing)
	}
	if m.g.Check {
		r, err := write(m.o, merge.Output{Writer: io.Discard}, missing)
		if err == nil {
			m.printLayers("checked", r)
		}
		return r, err
	}
	out, err := createOutput(ctx, m.g.Output, m.std.Out)
	if err != nil {
		return merge.LayersResult{}, err
	}
	defer out.abort()
	if out.Rewind == nil { // what went out would stay
		if r, err := write(m.o, merge.Output{Writer: io.Discard}, func(int64, int64) error { return nil }); err != nil {
			return r, err
		}
	}
	r, err := write(out.optionsFor(m.o), out.Output, missing)
	if err != nil {
		return r, err
	}
	format := m.o.Format
	if format == 0 {
		format = table.CSV
	}
	if err := m.writeForm(ctx, out, format, m.o.ID()); err != nil {
		return r, err
	}
	if err := out.commit(); err != nil {
		return r, err
	}
	m.steps.Clear()
	m.printLayers("merged", r)
	return r, nil
}

func (m *merger) printLayers(what string, r merge.LayersResult) {
	var of []string
	for i, n := range r.Of {
		of = append(of, fmt.Sprintf("%s of %s", term.Count(n), term.Printable(m.g.LabelledBy[i])))
	}
	m.std.Infof("%s %s: %s", what, term.Plural(r.Rows, "row"), strings.Join(of, ", "))
}

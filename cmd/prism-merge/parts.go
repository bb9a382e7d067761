package main

import (
	"context"
	"fmt"
	"path/filepath"

	"prism/internal/cli"
	"prism/internal/extsort"
	"prism/internal/merge"
	"prism/internal/override"
	"prism/internal/table"
	"prism/internal/term"
)

// mergeParts merges the parts that the command line names, or stdin.
func (m *merger) mergeParts(ctx context.Context) error {
	if err := m.openParts(ctx); err != nil {
		return err
	}
	var expected *merge.Input
	if m.g.Expect != "" {
		in, err := m.openInput(ctx, m.g.Expect)
		if err != nil {
			return err
		}
		defer in.File.Close()
		expected = &in
	}
	if err := m.refuseLoops(expected); err != nil {
		return err
	}
	if err := m.readPartsSchema(ctx); err != nil {
		return err
	}
	var err error
	if m.inputs, err = m.correctInputs(ctx, m.inputs, expected, override.Options{Schema: m.o.Schema, IDColumn: m.o.ID(), Result: m.partsName()}); err != nil {
		return err
	}
	if len(m.g.LabelledBy) > 0 {
		return m.mergeLayers(ctx, *expected)
	}
	var list *missingList
	if expected != nil { // before the first byte goes out
		if list, err = m.listMissing(ctx, *expected); err != nil {
			return err
		}
		defer list.abort()
	}
	if m.g.Check {
		if err := m.checkParts(ctx); err != nil {
			return err
		}
	} else if err := m.writeParts(ctx); err != nil {
		return err
	}
	return list.commit()
}

// openParts opens the parts, each of which may be named once.
func (m *merger) openParts(ctx context.Context) error {
	names := m.g.Parts
	if len(names) == 0 {
		names = []string{"-"}
	}
	seen := map[string]bool{}
	for _, name := range names {
		if clean := filepath.Clean(name); seen[clean] {
			return cli.Usagef("duplicate part %s", name)
		} else {
			seen[clean] = true
		}
		in, err := m.openInput(ctx, name)
		if err != nil {
			return err
		}
		m.inputs = append(m.inputs, in)
		m.bytes += in.File.Size
	}
	return nil
}

func (m *merger) openInput(ctx context.Context, name string) (merge.Input, error) {
	o, err := table.NewOptions(name, m.g.InputFormat, m.g.Delimiter)
	if err != nil {
		return merge.Input{}, err
	}
	f, err := table.Open(ctx, name, m.std.In)
	return merge.Input{File: f, Options: o}, err
}

func (m *merger) closeParts() {
	for _, in := range m.inputs {
		in.File.Close()
	}
}

// checkParts reads everything and writes nothing.
func (m *merger) checkParts(ctx context.Context) error {
	m.steps.StartStep("checking", m.bytes)
	r, err := merge.Check(ctx, m.inputs, m.o)
	if err != nil {
		return err
	}
	m.printResult("checked", r)
	return nil
}

func (m *merger) writeParts(ctx context.Context) error {
	out, err := createOutput(ctx, m.g.Output, m.std.Out)
	if err != nil {
		return err
	}
	defer out.abort()
	if out.Rewind == nil && m.o.OnDuplicate == extsort.Refuse { // what went out would stay
		m.steps.StartStep("looking for duplicates", m.bytes)
		if _, err := merge.Check(ctx, m.inputs, m.o); err != nil {
			return err
		}
	}
	m.steps.StartStep("merging", m.bytes)
	r, err := merge.Write(ctx, m.inputs, out.optionsFor(m.o), out.Output)
	if err != nil {
		return err
	}
	if err := m.writeForm(ctx, out, m.o.Format, m.o.ID()); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	m.steps.Clear()
	m.printResult("merged", r)
	return nil
}

func (m *merger) printResult(what string, r merge.Result) {
	dropped := ""
	if r.Dropped > 0 {
		dropped = fmt.Sprintf(", %d with a duplicate %s left out", r.Dropped, m.o.ID())
	}
	m.std.Infof("%s %s of %s%s", what, term.Plural(r.Rows, "row"), term.Plural(int64(r.Parts), "part"), dropped)
}

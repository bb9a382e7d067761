package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"prism/internal/cli"
	"prism/internal/export"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/merge"
	"prism/internal/table"
)

// output is where the joined rows go: a file that appears whole, or a stream.
type output struct {
	merge.Output
	path string
	form export.Form
	file *fsutil.AtomicFile // nil: stdout
	text *os.File           // temporary, where the file is not plain text
}

func createOutput(ctx context.Context, path string, stdout io.Writer) (*output, error) {
	if path == "" || path == "-" {
		return &output{Output: merge.Output{Writer: stdout}}, nil
	}
	form, _, err := export.FormByName(path)
	if err != nil {
		return nil, err
	}
	f, err := fsutil.CreateAtomicContext(ctx, path)
	if err != nil {
		return nil, err
	}
	out := &output{path: path, form: form, file: f}
	switch {
	case form != export.PlainText:
		if out.text, err = fsutil.CreateTemp("prism-merge-*.tmp"); err != nil {
			return nil, errors.Join(err, f.Abort())
		}
		out.Output = rewindable(out.text)
	case f.IsStream():
		out.Output = merge.Output{Writer: f}
	default:
		out.Output = rewindable(f.OSFile())
	}
	return out, nil
}

// optionsFor are the options of the rows' text: in a workbook and in Parquet nothing is a formula.
func (o *output) optionsFor(m merge.Options) merge.Options {
	m.SafeCSV = m.SafeCSV && o.form != export.Workbook && o.form != export.Parquet
	return m
}

// rewindable is a file as an output that can be written again.
func rewindable(tmp *os.File) merge.Output {
	again := func() error {
		if _, err := tmp.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return tmp.Truncate(0)
	}
	return merge.Output{Writer: tmp, Rewind: again, Wrote: writeback(tmp)}
}

// writeForm makes of the joined rows what the name of the output promises, where that
// is not plain text. The rows are text of this format.
func (m *merger) writeForm(ctx context.Context, o *output, format table.Format, idColumn string) error {
	if o.text == nil {
		return nil
	}
	info, err := o.text.Stat()
	if err != nil {
		return err
	}
	m.steps.StartStep("writing "+filepath.Base(o.path), o.form.Passes()*info.Size())
	return export.Write(ctx, export.Source{
		Text: o.text, Size: info.Size(), Options: table.Options{Name: o.path, Format: format}, Output: o.path, IDColumn: idColumn, Progress: m.steps.AddBytes,
	}, o.form, o.file)
}

// writebackPiece is how many bytes are written between calls of StartWriteback.
const writebackPiece = 16 << 20

// writeback lets the disk begin while there is still more to write: commit
// syncs the file.
func writeback(f *os.File) func(end int64) {
	begun := int64(0)
	return func(end int64) {
		if end < begun {
			begun = 0 // the file is written again
		}
		if end-begun >= writebackPiece {
			fsutil.StartWriteback(f, begun, end-begun)
			begun = end
		}
	}
}

func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	return o.file.Commit()
}

func (o *output) abort() {
	if o.file != nil {
		o.file.Abort()
	}
	if o.text != nil {
		fsutil.CloseTemp(o.text)
	}
}

// refuseLoops makes sure that no input is the output, which takes its place.
func (m *merger) refuseLoops(expected *merge.Input) error {
	var guard fsutil.Guard
	for _, in := range m.inputs {
		guard.ProtectOpen("an input", in.File.File)
	}
	if expected != nil {
		guard.ProtectOpen("an input", expected.File.File)
	}
	m.guardOverrides(&guard)
	var errs []error
	switch f, isFile := m.std.Out.(*os.File); {
	case m.g.Check:
	case m.g.Output != "" && m.g.Output != "-":
		if what := job.DescribeRunFile(m.g.Output); what != "" { // no input tells whose it is
			guard.Protect(what, m.g.Output)
		}
		errs = append(errs, guard.Check(m.g.Output))
	case isFile:
		errs = append(errs, guard.CheckOpen("stdout", f))
	}
	if expected != nil {
		errs = append(errs, guard.Check(m.missingListPath()))
	}
	if err := errors.Join(errs...); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}

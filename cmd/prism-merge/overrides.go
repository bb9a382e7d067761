package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/merge"
	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// checkOverrides makes sure that the flags of overrides go together.
func (g *flags) checkOverrides() error {
	isTyped := g.typed["prompts-config"]
	switch {
	case g.Manifest != "" && isTyped:
		return cli.Usagef("--prompts-config cannot be combined with --manifest, which names the prompt schema")
	case len(g.Overrides) == 0 || g.Manifest != "":
	case g.PromptsConfig == "":
		return cli.Usagef("--overrides requires --prompts-config: the prompt schema says which values are valid")
	}
	seen := map[string]bool{}
	for _, name := range g.Overrides {
		if clean := filepath.Clean(name); seen[clean] {
			return cli.Usagef("duplicate --overrides %s", name)
		} else {
			seen[clean] = true
		}
	}
	readsStdin := len(g.Parts) == 0 || slices.Contains(g.Parts, "-") || g.Expect == "-"
	if seen["-"] && readsStdin && g.Manifest == "" {
		return cli.Usagef("cannot read stdin twice: --overrides and another input are -")
	}
	return nil
}

// readPartsSchema reads the prompt schema of parts, where the command line names one. That of the
// environment matters to overrides alone.
func (m *merger) readPartsSchema(ctx context.Context) (err error) {
	if len(m.g.Overrides) == 0 && !m.g.typed["prompts-config"] {
		return nil
	}
	if m.o.Schema, err = prompt.ReadFile(ctx, m.g.PromptsConfig); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}

// partsName is what messages call all parts.
func (m *merger) partsName() string {
	if len(m.inputs) == 1 {
		return m.inputs[0].File.Name
	}
	return "the parts"
}

// guardOverrides keeps the files of overrides from being an output.
func (m *merger) guardOverrides(guard *fsutil.Guard) {
	for _, name := range m.g.Overrides {
		if name == "-" {
			if f, ok := m.std.In.(*os.File); ok {
				guard.ProtectOpen("an input", f)
			}
			continue
		}
		guard.Protect("an input", name)
	}
	if len(m.g.Overrides) > 0 && m.g.Manifest == "" {
		guard.Protect("an input", m.g.PromptsConfig)
	}
}

// correctInputs rewrites inputs with the values of overrides, each in a temporary file, and
// closes the inputs. Rows of source, which may be nil, that no input has are added where overrides give
// them labels. Nothing is written where a value is not valid.
func (m *merger) correctInputs(ctx context.Context, inputs []merge.Input, source *merge.Input, o override.Options) ([]merge.Input, error) {
	if len(m.g.Overrides) == 0 {
		return inputs, nil
	}
	o.Note = m.std.Debugf
	all, err := m.readOverrides(ctx, inputs, o)
	if err != nil {
		return inputs, err
	}
	corrected := slices.Clone(inputs)
	for i, in := range inputs {
		if corrected[i], err = m.correctInput(ctx, in, all); err != nil {
			return corrected, err
		}
	}
	added := int64(0)
	if source != nil {
		var rows merge.Input
		if rows, added, err = m.addRows(ctx, corrected, *source, all); err != nil {
			return corrected, err
		}
		if added > 0 {
			corrected = append(corrected, rows)
		}
	}
	var errs []error
	for _, o := range all {
		errs = append(errs, o.Err())
	}
	if err := errors.Join(errs...); err != nil {
		return corrected, cli.Fail(cli.Usage, err, "correct them in the file, or add labels to the prompt schema; nothing was written")
	}
	for _, o := range all {
		s := o.Summary()
		m.std.Infof("%s: %s, %s of %s replaced", s.Name, term.Plural(s.Rows, "row"), term.Plural(s.Values, "value"), term.Plural(s.Replaced, "row"))
		for _, note := range s.Notes {
			m.std.Warnf("%s", note)
		}
	}
	if added > 0 {
		m.std.Infof("%s without labels added", term.Plural(added, "row"))
	}
	return corrected, nil
}

// addRows makes an input of the rows of source that no other input has and that overrides
// give labels.
func (m *merger) addRows(ctx context.Context, inputs []merge.Input, source merge.Input, all []*override.Overrides) (in merge.Input, added int64, err error) {
	var h *table.Header
	for _, other := range inputs {
		if h, err = table.ReadHeader(other.File, other.File.Size, other.Options); err != nil {
			return in, 0, err
		}
		if len(h.Names) > 0 {
			break
		}
	}
	if h == nil || len(h.Names) == 0 {
		return in, 0, nil
	}
	tmp, err := fsutil.CreateTemp("prism-added-*.tmp")
	if err != nil {
		return in, 0, err
	}
	const name = "rows that overrides add"
	in = merge.Input{File: &table.File{File: tmp, Name: name, Spooled: true}, Options: table.Options{Name: name, Format: h.Format}}
	added, err = override.AddRows(ctx, all, source.File, source.File.Size, source.Options, h.Names, h.Format, tmp)
	if err == nil {
		in.File.Size, err = tmp.Seek(0, io.SeekCurrent)
	}
	if err != nil || added == 0 {
		return in, 0, errors.Join(err, in.File.Close())
	}
	return in, added, nil
}

// readOverrides reads the tables of overrides for rows with the columns of inputs.
func (m *merger) readOverrides(ctx context.Context, inputs []merge.Input, o override.Options) ([]*override.Overrides, error) {
	for _, in := range inputs {
		h, err := table.ReadHeader(in.File, in.File.Size, in.Options)
		if err != nil {
			return nil, err
		}
		if len(h.Names) > 0 { // JSONL without objects has no columns
			o.Columns = h.Names
			break
		}
	}
	var all []*override.Overrides
	var errs []error
	for _, name := range m.g.Overrides {
		f, err := table.Open(ctx, name, m.std.In)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m.steps.StartStep("reading "+filepath.Base(name), f.Size)
		read, err := override.Read(ctx, f, o)
		all, errs = append(all, read), append(errs, err, f.Close())
	}
	m.steps.Clear()
	return all, errors.Join(errs...)
}

// correctInput rewrites one input in a temporary file.
func (m *merger) correctInput(ctx context.Context, in merge.Input, all []*override.Overrides) (merge.Input, error) {
	tmp, err := fsutil.CreateTemp("prism-corrected-*.tmp")
	if err != nil {
		return in, err
	}
	out := merge.Input{File: &table.File{File: tmp, Name: in.File.Name, Spooled: true}, Options: in.Options}
	m.steps.StartStep("correcting "+filepath.Base(in.Options.Name), in.File.Size)
	err = override.Apply(ctx, all, in.File, in.File.Size, in.Options, tmp)
	m.steps.Clear()
	if err == nil {
		var info os.FileInfo
		if info, err = tmp.Stat(); err == nil {
			out.File.Size = info.Size()
		}
	}
	if err != nil {
		return in, errors.Join(err, out.File.Close())
	}
	return out, in.File.Close()
}

// checkCorrected makes sure that the overrides of a run are for one file of it: RowIDs are
// unique in each file alone.
func (r *runMerger) checkCorrected(labels []string) error {
	if len(r.g.Overrides) == 0 {
		return nil
	}
	if len(labels) != 1 {
		return cli.Usagef("--overrides requires a single file: --label names one of %q", labels)
	}
	var guard fsutil.Guard
	r.guardOverrides(&guard)
	if err := guard.Check(r.m.Path(r.m.MergedName(labels[0]))); err != nil {
		return cli.Fail(cli.Usage, err, "copy it, and name the copy")
	}
	return nil
}

// overridePaths are the absolute paths of the overrides.
func (r *runMerger) overridePaths() ([]string, error) {
	var paths []string
	for _, name := range r.g.Overrides {
		path, err := filepath.Abs(name)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", name, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// lostOverrides are the overrides that the last merge of a file had and this one has not.
func lostOverrides(before *job.File, now []string) (lost []string) {
	for _, path := range before.Overrides {
		if !slices.Contains(now, path) {
			lost = append(lost, path)
		}
	}
	return lost
}

// warnOfBackup says why an output of an earlier merge is kept beside the new one.
func (r *runMerger) warnOfBackup(path, backup string, lost []string) {
	switch {
	case backup == "":
	case len(lost) > 0:
		r.std.Warnf("%s had corrections of %s, which this merge does not apply; moved to %s (to apply them: --overrides)", path, strings.Join(lost, ", "), backup)
	default:
		r.std.Warnf("%s was not written by this run, was edited since or has more rows; moved to %s", path, backup)
	}
}

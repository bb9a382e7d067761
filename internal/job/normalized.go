package job

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"prism/internal/table"
)

// Source is the file that an input of a run was normalized from.
type Source struct {
	Path string   `json:"path"`
	Size int64    `json:"size"` // bytes
	Hash string   `json:"hash"` // SHA-256 of its bytes, in hex
	Done []string `json:"done"` // what was done to it
}

// Original is the path that the job file has for the file.
func (f *File) Original() string {
	if f.NormalizedFrom != nil {
		return f.NormalizedFrom.Path
	}
	return f.InputFile
}

// SetNormalized makes the normal form of a file, which is in the folder of the run, its
// input.
func (m *Manifest) SetNormalized(label string, from Source) {
	f := m.File(label)
	f.NormalizedFrom, f.Format = &from, ""
	f.InputFile = filepath.ToSlash(normalInputPath(m.Paths.LogsDir, m.RunID, label))
	for i := range m.Units {
		if m.Units[i].Label == label {
			m.Units[i].Input = f.InputFile
		}
	}
}

// KeysOf says how the job file wants a file to be read.
func (m *Manifest) KeysOf(label string) InputColumns {
	for _, in := range m.Config.InputQueue {
		if in.Label == label {
			return in.Keys()
		}
	}
	return InputColumns{}
}

// Keys say how the file is to be read. The delimiter of TSV is a tab, also if the header
// has more of another one.
func (in *Input) Keys() InputColumns {
	c := in.InputColumns
	name := in.Path
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".gz" || ext == ".zst" {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	format, _ := table.FormatByName(name)
	if in.Format != "" {
		format, _ = table.ParseFormat(in.Format)
	}
	if c.Delimiter == "" && format == table.TSV {
		c.Delimiter = "tab"
	}
	return c
}

// ColumnsOf says what the columns are for of what the workers of a file read. The normal
// form has the values of the ID column, or the positions, as RowID.
func (m *Manifest) ColumnsOf(label string) InputColumns {
	c := m.KeysOf(label)
	if m.File(label).NormalizedFrom != nil {
		c.IDColumn, c.NumberRows, c.Delimiter, c.InputForm = "", false, "", InputForm{}
	}
	c.BlankRows = cmp.Or(c.BlankRows, "na") // a run of an earlier version
	return c
}

// removeInputs removes the normal forms of the inputs of a run that was not planned, and
// its folders where nothing else is in them.
func (m *Manifest) removeInputs() error {
	var errs []error
	for _, f := range m.Files {
		if f.NormalizedFrom == nil {
			continue
		}
		if err := os.Remove(m.Path(f.InputFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	os.Remove(filepath.Join(m.RunDir(), inputsName)) // fails where it has other files
	return errors.Join(errs...)
}

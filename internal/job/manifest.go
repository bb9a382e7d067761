package job

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unicode/utf8"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/table"
)

// manifestSchema grows when a field changes its meaning or goes.
const manifestSchema = 1

// Manifest is a run as it was planned. It is written once; prism-merge later
// changes the Status and MergedOutput of its files. Paths in it are as the job
// file has them; Path makes them paths from the current folder.
type Manifest struct {
	Schema    int        `json:"schema"`
	RunID     string     `json:"run_id"`
	Project   string     `json:"project"`
	Version   string     `json:"version"`
	ModelName string     `json:"model_name"`
	ModelID   int        `json:"model_id,omitempty"` // of models.json; 0: not listed
	CreatedAt time.Time  `json:"created_at"`
	JobFile   string     `json:"job_file"`
	Base      string     `json:"base"` // the folder that relative paths begin at, from that of the manifest
	Hashes    Hashes     `json:"hashes"`
	Config    *Config    `json:"config_snapshot"`   // with what flags, environment and settings.json gave
	Settings  *Settings  `json:"settings_snapshot"` // settings.json
	Paths     Paths      `json:"paths"`
	Files     []File     `json:"files"` // in the order of the queue
	Units     []UnitPlan `json:"units"` // by number, from 1

	// ReportSums are the checksums that the report may have: of the last one that was written,
	// and of one that was about to replace it.
	ReportSums []string `json:"report_sums,omitempty"`

	dir string // of the manifest
}

// Hashes are SHA-256, in hex.
type Hashes struct {
	JobFile string `json:"job_file"` // of its bytes
	Prompts string `json:"prompts"`  // of what the prompt schema says
}

// Paths are the places of a run.
type Paths struct {
	OutputDir     string `json:"output_dir"`
	CheckpointDir string `json:"checkpoint_dir"`
	StatusDir     string `json:"status_dir"` // of all runs
	LogsDir       string `json:"logs_dir"`   // of all runs
	PromptsConfig string `json:"prompts_config"`
}

// FileStatus says what became of a file.
type FileStatus string

// The statuses of a file. A merge changes them.
const (
	Planned   FileStatus = "planned"   // not merged
	Completed FileStatus = "completed" // merged, every row is there
	Partial   FileStatus = "partial"   // merged, rows are missing
	Unmerged  FileStatus = "failed"    // the condition of the merge does not hold
)

// File is a file of the queue.
type File struct {
	Label        string      `json:"label"`
	InputFile    string      `json:"input_file"`
	Status       FileStatus  `json:"status"`
	Rows         int64       `json:"rows"`
	InputSize    int64       `json:"input_size"`
	InputSum     string      `json:"input_sum"`
	Format       string      `json:"format"`
	RowRanges    []FileRange `json:"row_ranges"`            // of its units
	MergedOutput string      `json:"merged_output"`         // empty: not merged
	MergedSum    string      `json:"merged_sum,omitempty"`  // of the merged output as it was written, see fsutil.Checksum
	MergedRows   int64       `json:"merged_rows,omitempty"` // of it
	PendingSum   string      `json:"pending_sum,omitempty"` // of a merged output that was about to replace it
	PendingRows  int64       `json:"pending_rows,omitempty"`
	// Overrides are the absolute paths of the tables whose values replaced labels of the merged output.
	Overrides []string `json:"overrides,omitempty"`
	// Copies are copies of the merged output in other forms, with the checksums that each
	// may have: of the last one, and of one that was about to replace it.
	Copies map[string][]string `json:"copies,omitempty"`

	NormalizedFrom *Source `json:"normalized_from,omitempty"` // nil: the input is as the job file names it
}

// UnitPlan is a unit and the name of its output in the output folder.
type UnitPlan struct {
	Unit
	OutputName string `json:"output_name"`
	Replanned  bool   `json:"replanned,omitempty"` // its rows changed after an output of it may have been made
}

// Plan makes the manifest of a run. The units are in the order of the queue.
func Plan(runID string, c *Config, s *Settings, units []Unit, now time.Time) *Manifest {
	m := &Manifest{
		Schema: manifestSchema, RunID: runID, Project: c.Project.Name, Version: c.Project.Version,
		ModelName: c.Model.ModelName(), CreatedAt: now, Config: c, Settings: s,
		Paths: Paths{
			OutputDir: c.Output.Directory, CheckpointDir: c.Output.Checkpoints.Directory,
			StatusDir: c.Monitoring.StatusDir, LogsDir: c.Monitoring.LogsDir, PromptsConfig: c.Prompts.ConfigFile,
		},
		Files: []File{}, Units: []UnitPlan{},
	}
	for _, in := range c.InputQueue {
		f := File{Label: in.Label, InputFile: in.Path, Status: Planned, Format: in.Format, RowRanges: []FileRange{}}
		for _, u := range units {
			if u.Label == in.Label {
				f.Rows += u.Rows
				f.InputSize, f.InputSum = u.InputSize, u.FileSum
				f.RowRanges = append(f.RowRanges, FileRange{u.RowStart, u.RowEnd})
			}
		}
		m.Files = append(m.Files, f)
	}
	for _, u := range units {
		m.Units = append(m.Units, UnitPlan{Unit: u, OutputName: unitOutputName(runID, u, c.Output.PartFormat())})
	}
	return m
}

// ReplaceUnits gives a file other units, of the same number and in the same order.
// What a merge recorded of the file is forgotten, but for what it wrote.
func (m *Manifest) ReplaceUnits(label string, units []Unit) {
	f := m.File(label)
	f.Status, f.Rows, f.RowRanges = Planned, 0, []FileRange{}
	for _, u := range units {
		plan := &m.Units[u.Unit-1]
		plan.Replanned = plan.Replanned || plan.InputSum != u.InputSum
		plan.Unit = u
		f.Rows += u.Rows
		f.InputSize, f.InputSum = u.InputSize, u.FileSum
		f.RowRanges = append(f.RowRanges, FileRange{u.RowStart, u.RowEnd})
	}
}

// Write writes the manifest of a new run to its path, from where its relative
// paths begin at the current folder. A run that exists is not overwritten: the
// error is fs.ErrExist. Of several processes one writes it. Before, placeInputs puts the
// normal forms of inputs in their places; nil: there are none.
func (m *Manifest) Write(placeInputs func() error) (path string, err error) {
	path = ManifestPath(m.Paths.LogsDir, m.RunID)
	m.dir = filepath.Dir(path)
	if m.Base, err = pathToWorkDir(m.dir); err == nil {
		err = m.checkPaths()
	}
	if err == nil {
		err = m.validate() // or nobody could read it
	}
	if err != nil {
		return path, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return path, err
	}
	lock, err := fsutil.AcquireLock(path + ".lock")
	if errors.Is(err, fsutil.ErrLocked) {
		return path, fmt.Errorf("run %q exists: %w", m.RunID, os.ErrExist)
	}
	if err != nil {
		return path, err
	}
	defer lock.Release()
	if _, err := os.Lstat(path); err == nil {
		return path, fmt.Errorf("run %q exists: %w", m.RunID, os.ErrExist)
	}
	if placeInputs != nil {
		err = placeInputs()
	}
	if err == nil {
		err = m.saveFile(path)
	}
	if err != nil {
		err = errors.Join(err, m.removeInputs())
	}
	return path, err
}

// ErrNotUTF8 says that a manifest cannot hold a path, since JSON has no place for its bytes.
var ErrNotUTF8 = errors.New("not UTF-8: a manifest cannot hold this path")

// checkPaths names every path of the manifest that is not UTF-8.
func (m *Manifest) checkPaths() error {
	p := m.Paths
	paths := []string{m.Base, m.JobFile, p.OutputDir, p.CheckpointDir, p.StatusDir, p.LogsDir, p.PromptsConfig, m.Config.Model.Cache, m.Config.Model.Name}
	for _, f := range m.Files {
		paths = append(paths, f.InputFile)
	}
	var errs []error
	for _, path := range paths {
		if !utf8.ValidString(path) {
			errs = append(errs, fmt.Errorf("%q: %w", path, ErrNotUTF8))
		}
	}
	return errors.Join(errs...)
}

// pathToWorkDir is the path from a folder to the current one.
func pathToWorkDir(dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		if back, err := filepath.Rel(dir, "."); err == nil {
			return filepath.ToSlash(back), nil
		}
	}
	return os.Getwd()
}

func (m *Manifest) saveFile(path string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return fsutil.ReplaceFile(path, b.Bytes())
}

// MaxManifest is the most bytes of a manifest, or of another file that has some lines a
// unit: a million units.
const MaxManifest = 512 << 20

// ErrNoManifest says that a file is not a manifest.
var ErrNoManifest = errors.New("not a manifest")

// ReadManifest reads a manifest. A file with other content is an ErrNoManifest.
func ReadManifest(path string) (*Manifest, error) {
	data, err := fsutil.ReadFile(path, MaxManifest)
	if _, unfit := errors.AsType[*fsutil.UnfitError](err); unfit {
		return nil, fmt.Errorf("%w: %w", ErrNoManifest, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return parseManifest(data, path)
}

// AwaitManifest is ReadManifest for a file that the user names: it waits for a pipe of the
// shell until ctx ends.
func AwaitManifest(ctx context.Context, path string) (*Manifest, error) {
	return fsutil.Await(ctx, func() (*Manifest, error) { return ReadManifest(path) }, nil)
}

func parseManifest(data []byte, path string) (*Manifest, error) {
	if err := CheckJSON(data, path); err != nil {
		return nil, fmt.Errorf("%w (%w)", err, ErrNoManifest)
	}
	m := &Manifest{dir: filepath.Dir(path)}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrNoManifest, err)
	}
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrNoManifest, err)
	}
	return m, nil
}

func (m *Manifest) validate() error {
	switch {
	case m.RunID == "":
		return errors.New("missing run_id")
	case !IsRunID(m.RunID):
		return fmt.Errorf("invalid run_id %q", m.RunID)
	case m.Schema > manifestSchema:
		return fmt.Errorf("schema %d is newer than this program, which knows %d", m.Schema, manifestSchema)
	case m.Config == nil || m.Settings == nil:
		return errors.New("missing config_snapshot or settings_snapshot")
	}
	if err := m.checkFileNames(); err != nil {
		return err
	}
	for i, u := range m.Units {
		if u.Unit.Unit != i+1 || u.RowStart < 1 || u.Rows < 0 || !isFileName(u.OutputName) {
			return fmt.Errorf("invalid units[%d]", i)
		}
		if m.File(u.Label) == nil {
			return fmt.Errorf("unit %d has an unknown label", u.Unit.Unit)
		}
	}
	return nil
}

// checkFileNames makes sure that what becomes the name of a file stays in its folder.
func (m *Manifest) checkFileNames() error {
	for i, f := range m.Files {
		name := m.mergedName(f.Label)
		switch {
		case !isFileName(f.Label):
			return fmt.Errorf("files[%d]: invalid label %q", i, f.Label)
		case !isFileName(name) && name != ".": // which a run without merged outputs has
			return fmt.Errorf("files[%d]: invalid name %q of its output", i, name)
		case f.NormalizedFrom == nil:
			continue
		}
		if normal := filepath.ToSlash(normalInputPath(m.Paths.LogsDir, m.RunID, f.Label)); f.InputFile != normal {
			return fmt.Errorf("files[%d]: the normal form of %s is %q, want %q", i, f.NormalizedFrom.Path, f.InputFile, normal)
		}
	}
	return nil
}

// manifestWait is how long LockManifest waits for others, who change the files
// beside a manifest in milliseconds.
const manifestWait = 30 * time.Second

// LockManifest takes the lock under which the manifest at path, and the list of the
// run's missing rows, are read, changed and written.
func LockManifest(ctx context.Context, path string) (*fsutil.Lock, error) {
	return fsutil.WaitForLock(ctx, path+".lock", manifestWait, cli.Sleep)
}

// UpdateManifest reads the manifest at path, lets change alter it and writes
// it, while no other process does the same.
func UpdateManifest(ctx context.Context, path string, change func(*Manifest)) error {
	lock, err := LockManifest(ctx, path)
	if err != nil {
		return err
	}
	m, err := ReadManifest(path)
	if err == nil {
		change(m)
		err = m.saveFile(path)
	}
	return errors.Join(err, lock.Release())
}

// Path turns a path of the manifest into one from the current folder.
func (m *Manifest) Path(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if filepath.IsAbs(m.Base) {
		return filepath.Join(m.Base, path)
	}
	return filepath.Join(m.dir, m.Base, path)
}

// File returns the file with a label; nil if no file has it.
func (m *Manifest) File(label string) *File {
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Label == label })
	if i < 0 {
		return nil
	}
	return &m.Files[i]
}

// InputOptions say how the input of a file is read.
func (m *Manifest) InputOptions(label string) table.Options {
	f := m.File(label)
	o, _ := table.NewOptions(m.Path(f.InputFile), f.Format, m.ColumnsOf(label).Delimiter) // checked when it was planned
	return o
}

// OutputOptions say how an output is read that the run made of a file. CSV made of CSV has
// its delimiter, which the header tells if a program may have chosen it.
func (m *Manifest) OutputOptions(label, path string) table.Options {
	o, _ := table.NewOptions(path, "", "")
	if in := m.InputOptions(label); in.Format == table.AnyCSV && o.Format == table.AnyCSV {
		o.Delimiter = in.Delimiter
	}
	return o
}

// Labels returns the labels of the files, in the order of the queue.
func (m *Manifest) Labels() []string {
	labels := make([]string, len(m.Files))
	for i, f := range m.Files {
		labels[i] = f.Label
	}
	return labels
}

// UnitsOf returns the units of the file with a label.
func (m *Manifest) UnitsOf(label string) []UnitPlan {
	var out []UnitPlan
	for _, u := range m.Units {
		if u.Label == label {
			out = append(out, u)
		}
	}
	return out
}

// Hash is the SHA-256 of data, in hex.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

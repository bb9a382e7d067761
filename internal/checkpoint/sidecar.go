package checkpoint

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/table"
)

// Sidecar is what a job's rows depend on. Rows of another sidecar are never mixed.
type Sidecar struct {
	JobID        string            `json:"job_id"`
	Columns      []string          `json:"columns"`                  // of a part, Position first
	InputColumns []string          `json:"input_columns,omitempty"`  // of the input's header; nil: its records name their own
	DependsOn    map[string]string `json:"depends_on"`               // prompt, model digest and options
	Contract     []string          `json:"contract,omitempty"`       // servers that were found to keep to the reply schema, by the last process
	Output       *Output           `json:"output,omitempty"`         // what the job wrote last; nil: nothing, or to a stream
	Pending      *Output           `json:"pending_output,omitempty"` // what it was about to write in its place
	outputHeader []byte            // without the Position
}

// NewSidecar describes a job whose rows have the named columns (without Position).
func NewSidecar(jobID string, columns []string, dependsOn map[string]string) Sidecar {
	header := table.NewEncoder(table.CSV, columns).Header(nil)
	return Sidecar{
		JobID:        jobID,
		Columns:      append([]string{positionColumn}, columns...),
		DependsOn:    dependsOn,
		outputHeader: bytes.TrimSuffix(header, []byte("\n")),
	}
}

// FormatCondition is the format of the input, as table.Format describes itself.
const FormatCondition = "input format"

// InputFormat is the format of the cells that passed through from the input.
func (c *Sidecar) InputFormat() table.Format {
	if f, err := table.ParseDescription(c.DependsOn[FormatCondition]); err == nil {
		return f
	}
	return table.CSV
}

// MismatchError says that the rows on disk were made under other conditions.
type MismatchError struct {
	File        string
	Differences []Difference
}

// Difference is a condition that changed.
type Difference struct{ What, Was, Is string }

// OtherJobError says that the checkpoint under the name of a job is that of another one: the
// file system takes names for the same that differ in case, or files were renamed.
type OtherJobError struct{ File, JobID string }

func (e *OtherJobError) Error() string {
	return fmt.Sprintf("%s is the checkpoint of job %q", e.File, e.JobID)
}

// Hint says what to do about it.
func (e *OtherJobError) Hint() string {
	return "choose another --run-id: this one and that one give the same file names"
}

// checkJob returns an *OtherJobError if the checkpoint is that of another job. It is called
// before anything changes.
func (s *Store) checkJob() error {
	side, err := ReadSidecar(s.dir, s.job)
	if err == nil && side.JobID != "" && side.JobID != s.job {
		return &OtherJobError{s.path(job.CheckpointSidecar), side.JobID}
	}
	return nil // what else is wrong with it, checkSidecar says
}

const (
	columnsCondition = "the columns"

	// inputCondition is that of earlier versions: a checksum, or streamInput.
	inputCondition = "input"
	streamInput    = "a stream"
)

func (d Difference) String() string {
	if d.What == columnsCondition {
		return fmt.Sprintf("%s were %s, are %s", d.What, d.Was, d.Is)
	}
	return fmt.Sprintf("%s was %s, is %s", d.What, d.Was, d.Is)
}

func (e *MismatchError) Error() string {
	texts := make([]string, len(e.Differences))
	for i, d := range e.Differences {
		texts[i] = d.String()
	}
	return fmt.Sprintf("%s was made with other settings: %s", e.File, strings.Join(texts, "; "))
}

// Only reports whether nothing changed but what may.
func (e *MismatchError) Only(may func(Difference) bool) bool {
	return !slices.ContainsFunc(e.Differences, func(d Difference) bool { return !may(d) })
}

// checkSidecar compares the sidecar with want, or writes it where there is none
// or where it differs in nothing but what may change.
//
// Earlier versions kept the checksum of a file among the conditions, and no fingerprints. Where it is
// still that of the input it stays, until all rows have a fingerprint.
func (s *Store) checkSidecar(want Sidecar, o Options) error {
	path := s.path(job.CheckpointSidecar)
	data, err := fsutil.ReadFile(path, fsutil.MaxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		if numbers, err := s.partNumbers(); err != nil || len(numbers) > 0 {
			return errors.Join(err, &DamageError{File: path, What: "it is missing, but its parts exist"})
		}
		return want.save(path)
	}
	if err != nil {
		return err
	}
	var have Sidecar
	if err := job.CheckJSON(data, path); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &have); err != nil {
		return &DamageError{File: path, What: err.Error()}
	}
	switch old := have.DependsOn[inputCondition]; old {
	case "", streamInput: // its rows have fingerprints
		delete(have.DependsOn, inputCondition)
	default:
		now := streamInput
		if o.OldInputSum != nil {
			if now, err = o.OldInputSum(); err != nil {
				return err
			}
		}
		s.inputProven = old == now
		want.DependsOn = maps.Clone(want.DependsOn)
		want.DependsOn[inputCondition] = now
	}
	for what, was := range o.Assumed {
		if _, known := have.DependsOn[what]; !known && have.DependsOn != nil {
			have.DependsOn[what] = was
		}
	}
	d := differences(have, want)
	if e := (&MismatchError{File: path, Differences: d}); len(d) > 0 && (o.MayChange == nil || !e.Only(o.MayChange)) {
		return e
	}
	want.Output, want.Pending, want.Contract = have.Output, have.Pending, have.Contract
	s.want.Output, s.want.Pending, s.want.Contract = have.Output, have.Pending, have.Contract
	if len(d) == 0 && (have.InputColumns != nil || want.InputColumns == nil) {
		return nil
	}
	return want.save(path) // the conditions of today, or the header, which earlier versions did not keep
}

func (c Sidecar) save(path string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return fsutil.ReplaceFile(path, append(data, '\n'))
}

func differences(have, want Sidecar) []Difference {
	var d []Difference
	keys := map[string]string{}
	maps.Copy(keys, have.DependsOn)
	maps.Copy(keys, want.DependsOn)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if a, b := have.DependsOn[k], want.DependsOn[k]; a != b {
			d = append(d, Difference{k, shorten(a), shorten(b)})
		}
	}
	if !slices.Equal(have.Columns, want.Columns) {
		d = append(d, Difference{columnsCondition, strings.Join(have.Columns, ","), strings.Join(want.Columns, ",")})
	} else if have.InputColumns != nil && want.InputColumns != nil {
		d = append(d, headerDifferences(have.InputColumns, want.InputColumns)...)
	}
	return d
}

// headerDifferences is the first column of the input's header that has another name. Rows
// whose records are as they were are others then.
func headerDifferences(have, want []string) []Difference {
	for i := range max(len(have), len(want)) {
		var was, is string
		if i < len(have) {
			was = have[i]
		}
		if i < len(want) {
			is = want[i]
		}
		if was != is {
			return []Difference{{fmt.Sprintf("column %d of the input", i+1), shorten(was), shorten(is)}}
		}
	}
	return nil
}

// shorten is a value for people, who need not read all of a hash.
func shorten(s string) string {
	const longHash, start = 32, 12
	if s == "" {
		return "not set"
	}
	if _, err := hex.DecodeString(s); err == nil && len(s) >= longHash {
		return s[:start] + "…"
	}
	return s
}

// ReadSidecar says what a job's rows depend on. A job that never began is
// fs.ErrNotExist.
func ReadSidecar(dir, jobID string) (*Sidecar, error) {
	s := &Store{dir: dir, job: jobID}
	data, err := fsutil.ReadFile(s.path(job.CheckpointSidecar), fsutil.MaxConfig)
	if err != nil {
		return nil, err
	}
	var side Sidecar
	if err := json.Unmarshal(data, &side); err != nil {
		return nil, &DamageError{File: s.path(job.CheckpointSidecar), What: err.Error()}
	}
	if len(side.Columns) == 0 || side.Columns[0] != positionColumn {
		return nil, &DamageError{File: s.path(job.CheckpointSidecar), What: "it does not name the columns of a part"}
	}
	return &side, nil
}

// RecordContract notes in the sidecar which servers keep to the reply schema.
func (s *Store) RecordContract(hosts []string) error {
	return s.changeSidecar(func(side *Sidecar) { side.Contract = hosts })
}

func (s *Store) changeSidecar(change func(*Sidecar)) error {
	if s.dir == "" {
		return nil
	}
	side, err := ReadSidecar(s.dir, s.job)
	if err != nil {
		return err
	}
	change(side)
	return side.save(s.path(job.CheckpointSidecar))
}

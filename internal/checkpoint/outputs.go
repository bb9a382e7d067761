package checkpoint

import (
	"fmt"
	"io"
	"os"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/table"
)

// Output is what is known of a file that the job wrote.
type Output struct {
	Sum  string `json:"sum"` // of its content, see fsutil.Checksum
	Rows int64  `json:"rows"`
	Size int64  `json:"size,omitempty"` // bytes; 0: not known

	InputSum string `json:"input_sum,omitempty"` // of the unit, as prism-split gave it; empty: none
}

// Outputs are what earlier processes wrote as the output of the job, or were about to write.
func (s *Store) Outputs() (outputs []Output, err error) {
	if s.dir == "" {
		return nil, nil
	}
	side, err := ReadSidecar(s.dir, s.job)
	if err != nil {
		return nil, err
	}
	for _, o := range []*Output{side.Output, side.Pending} {
		if o != nil {
			outputs = append(outputs, *o)
		}
	}
	return outputs, nil
}

// IsCurrentOutput reports whether the output of a unit was made from the rows that it has
// now. Where nothing is known of the output, it was, unless the unit was planned again since.
// With a student the last step of prism-cascade notes it.
func IsCurrentOutput(m *job.Manifest, u job.UnitPlan) bool {
	if m.Config.Model.TrainsStudent() {
		sum, _ := cascadeDone(m, u.Label)
		return sum == u.InputSum && sum != ""
	}
	side, err := ReadSidecar(m.Path(m.Paths.CheckpointDir), m.JobID(u.Unit.Unit))
	if err != nil || side.Output == nil {
		return !u.Replanned
	}
	return side.Output.InputSum == u.InputSum
}

// cascadeDone is what prism-cascade noted of its output of a file: the checksum of the unit that it was made of, and its bytes.
func cascadeDone(m *job.Manifest, label string) (sum string, size int64) {
	text, err := fsutil.ReadFile(m.CascadeDonePath(label), fsutil.MaxConfig)
	if err != nil {
		return "", 0
	}
	if _, err := fmt.Sscan(string(text), &sum, &size); err != nil {
		return "", 0
	}
	return sum, size
}

// HasWholeOutput reports whether the output of a unit has as many rows as the job wrote. One
// that is not smaller than what was written is not read. Where nothing is known of the
// output it has, unless it is empty, as no output is.
func HasWholeOutput(m *job.Manifest, u job.UnitPlan) bool {
	path := m.UnitOutput(u)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return true // it is not there, or that it is not a file is told by who reads it
	}
	if m.Config.Model.TrainsStudent() {
		_, size := cascadeDone(m, u.Label)
		return info.Size() > 0 && info.Size() >= size
	}
	side, err := ReadSidecar(m.Path(m.Paths.CheckpointDir), m.JobID(u.Unit.Unit))
	if err != nil || side.Output == nil || info.Size() >= side.Output.Size {
		return info.Size() > 0
	}
	rows, err := countRecords(path, m.OutputOptions(u.Label, path))
	return err == nil && rows >= side.Output.Rows
}

// countRecords counts the records of a table.
func countRecords(path string, o table.Options) (n int64, err error) {
	f, err := fsutil.OpenRegular(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := table.NewReader(f, o)
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	if err != io.EOF {
		return 0, err
	}
	return n - 1, nil
}

// RecordPending notes in the sidecar what is about to be written as the output of the job,
// so that it is known if the process is killed before RecordOutput.
func (s *Store) RecordPending(o Output) error {
	return s.changeSidecar(func(side *Sidecar) { side.Pending = &o })
}

// RecordOutput notes in the sidecar what was written as the output of the job.
func (s *Store) RecordOutput(o Output) error {
	return s.changeSidecar(func(side *Sidecar) { side.Output, side.Pending = &o, nil })
}

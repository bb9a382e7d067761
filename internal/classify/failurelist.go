package classify

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/job"
)

// failuresPath is the list of the worker's failed rows; empty without logs.
func (w *worker) failuresPath() string {
	if w.s.Monitoring.LogsDir == "" {
		return ""
	}
	return job.FailedRowsPath(job.RunDir(w.s.Monitoring.LogsDir, w.s.RunID), w.s.WorkerID)
}

// positionRange is consecutive positions of failed rows.
type positionRange struct {
	Start int64 `json:"start"` // position
	End   int64 `json:"end"`   // position, inclusive
}

// writeFailures lists the failed rows in the run's logs; without any the list goes.
func (w *worker) writeFailures() error {
	path := w.failuresPath()
	if path == "" {
		return nil
	}
	if w.store.FailedRows() == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the list of failed rows: %w", err)
		}
		return nil
	}
	f, err := fsutil.CreateAtomic(path)
	if err != nil {
		return fmt.Errorf("list failed rows: %w", err)
	}
	defer f.Abort()
	b := bufio.NewWriterSize(f, 64<<10)
	if err := w.writeFailureList(b); err != nil {
		return fmt.Errorf("list failed rows: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("list failed rows: %w", err)
	}
	return f.Commit()
}

// writeFailureList writes failed_ranges_w{id}.json a row at a time: the replies of
// many failed rows do not fit into memory.
func (w *worker) writeFailureList(b *bufio.Writer) error {
	var ranges []positionRange
	err := w.store.EachFailure(func(f checkpoint.Failure) error {
		if n := len(ranges); n > 0 && ranges[n-1].End+1 == f.Position {
			ranges[n-1].End = f.Position
		} else {
			ranges = append(ranges, positionRange{f.Position, f.Position})
		}
		return nil
	})
	if err != nil {
		return err
	}
	fields := []struct {
		key   string
		value any
	}{{"run_id", w.s.RunID}, {"worker_id", w.s.WorkerID}, {"input_file", w.s.Input}, {"ranges", ranges}}
	b.WriteString("{\n")
	for _, f := range fields {
		data, err := json.MarshalIndent(f.value, "  ", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "  %q: %s,\n", f.key, data)
	}
	b.WriteString(`  "rows": [`)
	separator := "\n    "
	err = w.store.EachFailure(func(f checkpoint.Failure) error {
		data, err := json.MarshalIndent(f, "    ", "  ")
		if err != nil {
			return err
		}
		b.WriteString(separator)
		separator = ",\n    "
		_, err = b.Write(data)
		return err
	})
	b.WriteString("\n  ]\n}\n")
	return err
}

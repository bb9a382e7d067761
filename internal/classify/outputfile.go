package classify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/job"
)

// openOutput opens what the labelled rows go to: the stream, or a file that has
// its name only when it is whole.
func (w *worker) openOutput(ctx context.Context) (io.Writer, error) {
	if w.s.OutputPath == "-" {
		return &cancelWriter{ctx: ctx, dst: w.io.Out, sleep: w.io.Sleep}, nil
	}
	f, err := fsutil.Await(ctx, w.createOutput, func(f *fsutil.AtomicFile) { f.Abort() }) // a named pipe waits for its reader
	if err != nil {
		return nil, fmt.Errorf("open the output: %w", err)
	}
	w.out = f
	if f.IsStream() {
		return &cancelWriter{ctx: ctx, dst: f, sleep: w.io.Sleep}, nil
	}
	return f, nil
}

// createOutput makes the pending output. The lock of the checkpoint lets a job
// have one name for it, so that those killed leave no more than one.
func (w *worker) createOutput() (*fsutil.AtomicFile, error) {
	if w.s.Output.Checkpoints.Directory == "" {
		return fsutil.CreateAtomic(w.s.OutputPath)
	}
	name, err := pendingName(job.JobID(w.s.RunID, w.s.WorkerID), w.s.Output.Checkpoints.Directory)
	if err != nil {
		return nil, err
	}
	return fsutil.CreateAtomicAs(w.s.OutputPath, name)
}

// pendingName is a name that only jobs with this checkpoint use: another folder of
// checkpoints may have a job of the same name, and so may another machine.
func pendingName(jobID, checkpointDir string) (string, error) {
	host, err := os.Hostname()
	if err == nil {
		checkpointDir, err = filepath.Abs(checkpointDir)
	}
	if err == nil {
		checkpointDir, err = filepath.EvalSymlinks(checkpointDir)
	}
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(host + "\x00" + checkpointDir))
	return fmt.Sprintf(".%s-%x.tmp", jobID, sum[:8]), nil
}

// closeOutput gives the output its name if it is whole; else it goes.
func (w *worker) closeOutput(whole bool) error {
	if w.out == nil {
		return nil
	}
	var err error
	if whole {
		err = w.commitOutput()
	}
	return errors.Join(err, w.out.Abort())
}

// commitOutput replaces the output of an earlier process. A file that somebody
// edited, that another command wrote or that has more rows is kept beside it.
func (w *worker) commitOutput() error {
	if w.out.IsStream() {
		return w.out.Commit()
	}
	sum, err := w.out.Checksum()
	if err != nil {
		return err
	}
	next := checkpoint.Output{Sum: sum.String(), Rows: w.counts().Rows, Size: sum.Len(), InputSum: w.s.InputSum}
	before, err := w.store.Outputs()
	if err != nil {
		return err
	}
	if err := w.store.RecordPending(next); err != nil {
		return err
	}
	backup, err := w.out.CommitWithBackup(sum, func(old fsutil.Checksum) bool {
		return slices.ContainsFunc(before, func(o checkpoint.Output) bool { return o.Sum == old.String() && o.Rows <= next.Rows })
	})
	if err != nil {
		return err
	}
	if backup != "" {
		w.warn("%s was not written by this run, was edited since or has more rows; moved to %s", w.s.OutputPath, backup)
	}
	return w.store.RecordOutput(next)
}

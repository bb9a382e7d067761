package classify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/student"
)

// studentBatch is how many rows a student labels together.
const studentBatch = 256

// loadStudent reads the student that is to label the rows, and sets what follows from it.
func (s *WorkerOptions) loadStudent(ctx context.Context, schema *prompt.Schema, messages Messages) error {
	path := s.Model.Name
	st, err := student.Load(ctx, path, schema)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, fs.ErrNotExist):
		return &usageError{What: fmt.Sprintf("read the student: %v", err), Hint: "with --api student --model names a file that prism-stats --train-student wrote"}
	case err != nil:
		return err
	}
	if other := st.Inputs.Apply(&s.Columns); len(other) > 0 {
		return &usageError{
			What: fmt.Sprintf("%s: the student learned from other columns than %s names", path, strings.Join(other, " and ")),
			Hint: "the student's file names its columns: leave the flags out, or train a student with these columns",
		}
	}
	if aside := asideColumns(st); len(aside) > 0 {
		messages.Warnf("%s: %s set aside when the student was trained: too many labels may be wrong", path, strings.Join(aside, ", "))
	}
	s.student = st
	s.Model.Name = s.Model.ModelName()
	s.Model.BatchSize, s.Model.Parallel, s.Model.Cache = studentBatch, job.Calls(runtime.GOMAXPROCS(0)), ""
	return nil
}

// asideColumns are the columns that the student gives, and that its training found to be of no use.
func asideColumns(st *student.Student) (names []string) {
	for i := range st.Columns {
		if c := &st.Columns[i]; len(c.Cells) > 0 && !c.Usable {
			names = append(names, c.Name)
		}
	}
	return names
}

// checkStudentInputs refuses a table without the columns that the student reads.
func (s *WorkerOptions) checkStudentInputs(file string, names []string) error {
	if s.student == nil {
		return nil
	}
	missing := s.student.Inputs.Missing(names)
	if len(missing) == 0 {
		return nil
	}
	return &columnError{file, "missing column " + strings.Join(missing, ", ") + ", from which the student learned; the columns are " + strings.Join(names, ", "),
		"a student reads the columns of its training, by their names"}
}

// labelByStudent returns what labels the rows of a batch without a call.
func (e *engine) labelByStudent(st *student.Student) func(context.Context, *batch) *round {
	labellers := sync.Pool{New: func() any { return st.NewLabeller(e.c.Prompt.Schema) }}
	return func(ctx context.Context, b *batch) *round {
		r := &round{batch: b, outcome: allLabelled, action: finish}
		if err := e.waitWhilePaused(ctx); err != nil {
			return r.stopped(err)
		}
		l := labellers.Get().(*student.Labeller)
		defer labellers.Put(l)
		r.labelled = make([]reply.Row, len(b.rows))
		for i, row := range b.rows {
			r.labelled[i] = l.Label(&row.Mention)
		}
		return r
	}
}

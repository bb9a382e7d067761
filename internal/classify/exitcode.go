package classify

import (
	"errors"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/server"
	"prism/internal/student"
	"prism/internal/table"
)

// mayChange tells of a condition that decides which rows are answered, and not how: rows
// that failed may be asked for again under another.
func mayChange(d checkpoint.Difference) bool {
	return d.What == "num_ctx" || d.What == "num_predict" || d.What == job.BlankCondition && d.Was == job.BlankFailed
}

// IsUsage tells errors of wrong usage, configuration or input from others.
func IsUsage(err error) bool {
	var (
		usage    *usageError
		column   *columnError
		changed  *changedError
		bad      *table.Error
		mismatch *checkpoint.MismatchError
		other    *checkpoint.OtherJobError
		guard    *fsutil.GuardError
		outside  *fsutil.OutsideError
		said     *server.Error
		codebook *student.OtherCodebookError
	)
	switch {
	case errors.As(err, &said):
		return said.Class == server.BadRequest
	case errors.As(err, &usage), errors.As(err, &column), errors.As(err, &changed), errors.As(err, &bad),
		errors.As(err, &mismatch), errors.As(err, &other), errors.As(err, &guard), errors.As(err, &outside), errors.As(err, &codebook), errors.Is(err, fsutil.ErrLocked):
		return true
	}
	return false
}

// IsServer tells errors of a server that is down, is not Ollama or lacks the model,
// and of a model whose replies are of no use.
func IsServer(err error) bool {
	var said *server.Error
	var unusable *unusableError
	return errors.As(err, &unusable) || errors.As(err, &said) && said.Class != server.BadRequest
}

// IsPermanent tells of an error of a server whether the same job would end with it
// again until somebody mends its cause: a model that is missing, a sign-in, a wrong
// address. A server that is down may come back by itself.
func IsPermanent(err error) bool {
	var said *server.Error
	if !errors.As(err, &said) {
		return IsServer(err)
	}
	return !said.Class.Retryable()
}

// ServerCause names why a server did not serve; empty for other errors.
func ServerCause(err error) string {
	var said *server.Error
	if !errors.As(err, &said) {
		return ""
	}
	return said.Cause().String()
}

// Hint says what the user can do about an error of a job with this model; empty
// where nothing is known.
func Hint(err error, model string) string {
	var (
		hinted   interface{ Hint() string }
		usage    *usageError
		mismatch *checkpoint.MismatchError
		damage   *checkpoint.DamageError
		said     *server.Error
	)
	switch {
	case errors.As(err, &usage):
		return usage.Hint
	case errors.As(err, &hinted):
		return hinted.Hint()
	case errors.As(err, &mismatch) && mismatch.Only(mayChange):
		return "restore the previous settings, or start over with --restart; with --retry-failed these may change"
	case errors.As(err, &mismatch):
		return "restore the previous settings, or start over with --restart (the old parts are set aside)"
	case errors.As(err, &damage):
		return "restore the file, or start over with --restart (the old parts are set aside)"
	case errors.Is(err, fsutil.ErrLocked):
		return "another prism-classify works on this job; wait for it, or give this one its own --run-id or --worker-id"
	case errors.As(err, &said):
		return serverHint(said, model)
	}
	return ""
}

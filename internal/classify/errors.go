package classify

import (
	"errors"
	"fmt"
	"strings"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/ollama"
	"prism/internal/table"
)

// sizeConditions decide which rows can be answered, and not how: rows that failed
// may be asked for again under others.
var sizeConditions = []string{"num_ctx", "num_predict"}

// IsUsage tells errors of wrong usage, configuration or input from others.
func IsUsage(err error) bool {
	var (
		usage    *usageError
		column   *columnError
		changed  *changedError
		bad      *table.Error
		mismatch *checkpoint.MismatchError
		server   *ollama.Error
	)
	switch {
	case errors.As(err, &server):
		return server.Class == ollama.BadRequest
	case errors.As(err, &usage), errors.As(err, &column), errors.As(err, &changed), errors.As(err, &bad),
		errors.As(err, &mismatch), errors.Is(err, fsutil.ErrLocked):
		return true
	}
	return false
}

// IsServer tells errors of a server that is down, is not Ollama or lacks the model.
func IsServer(err error) bool {
	var server *ollama.Error
	return errors.As(err, &server) && server.Class != ollama.BadRequest
}

// Hint says what the user can do about an error of a job with this model; empty
// where nothing is known.
func Hint(err error, model string) string {
	var (
		hinted   interface{ Hint() string }
		usage    *usageError
		mismatch *checkpoint.MismatchError
		damage   *checkpoint.DamageError
		server   *ollama.Error
	)
	switch {
	case errors.As(err, &usage):
		return usage.Hint
	case errors.As(err, &hinted):
		return hinted.Hint()
	case errors.As(err, &mismatch) && mismatch.Only(sizeConditions...):
		return "restore the previous settings, or start over with --restart; with --retry-failed these may change"
	case errors.As(err, &mismatch):
		return "restore the previous settings, or start over with --restart (the old parts are set aside)"
	case errors.As(err, &damage):
		return "restore the file, or start over with --restart (the old parts are set aside)"
	case errors.Is(err, fsutil.ErrLocked):
		return "another prism-classify works on this job; wait for it, or give this one its own --run-id or --worker-id"
	case errors.As(err, &server):
		return serverHint(server, model)
	}
	return ""
}

func serverHint(e *ollama.Error, model string) string {
	switch e.Class {
	case ollama.Unreachable, ollama.Busy, ollama.Transient:
		return fmt.Sprintf("start the server (ollama serve), or name another with --host or OLLAMA_HOST (now %s)", e.Host)
	case ollama.MissingModel:
		hint := "get the model with: ollama pull " + model
		if len(e.Have) > 0 {
			hint += "\nthe server has " + strings.Join(e.Have, ", ")
		}
		return hint
	case ollama.OldServer:
		return "update Ollama, or accept silently cut prompts with --allow-truncation"
	case ollama.NotOllama:
		return "is --host or OLLAMA_HOST right?"
	case ollama.Mismatch:
		return "pull the same model on every host, or use one host"
	}
	return ""
}
